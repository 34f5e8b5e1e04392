"""What stands beside the evidence of a made-up landing, as the engine tells it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
TERMINAL = "terminal:13812345678"


def explanation(pier_id: str, other: str, lon: float, lat: float, since: str) -> Json:
    """Of a landing that two lorries met, one of which may have been for another pier."""

    def node(kind: str, name: str) -> Json:
        return {"kind": kind, "name": name, "lon": lon, "lat": lat}

    def edge(to: int, kind: str, probability: float, lag_min: int, *others: Json) -> Json:
        sensor = {"berthed_at": "radar", "seen_by": "camera"}.get(kind, "vehicles")
        return {
            "from": 0, "to": to, "kind": kind, "probability": probability, "lag_min": lag_min,
            "since": since, "until": None, "sensor": sensor, "source": None,
            "alternatives": list(others),
        }  # fmt: skip

    visit = {"visit": "radar:R1:3", "since": since}
    return {
        "chain": {
            "nodes": [
                node("landing", "berthed"),
                {**node("track", "radar:R1:17"), "lon": lon + 0.001},
                node("camera", "D1"),
                {**node("vehicle", "plate:浙B9YQM3"), "lon": lon - 0.008},
                {**node("vehicle", TERMINAL), "lon": lon - 0.006},
            ],
            "edges": [
                edge(1, "berthed_at", 1.0, 0),
                edge(2, "seen_by", 0.93, 4),
                edge(3, "met_by", 0.87, -12),
                edge(4, "met_by", 0.44, 18, {"pier_id": other}, visit),
            ],
        },
        "readings": [
            {
                "code": "fishing_boat_home", "nats": -2.1, "probability": 0.61,
                "fits": ["short_stay"], "against": ["dark", "several_trucks"],
                "confirm": ["ask_home_port", "look_at_catch"], "refute": ["trucks_load"],
            },
            {
                "code": "engine_trouble", "nats": -3.0, "probability": 0.2, "fits": [],
                "against": [], "confirm": ["ask_distress"], "refute": ["hear_again"],
            },
        ],
        "next": [
            {"code": "next_boat_leaves", "params": {"in_min": 19}},
            {"code": "next_trucks_road", "params": {"cameras": ["K3", "K7"]}},
            {"code": "next_nights", "params": {"nights": ["2026-03-02", "2026-03-03"]}},
            {"code": "next_piers", "params": {"piers": [other]}},
        ],
        "earlier": [
            {
                "pier_id": pier_id, "at": since, "days": 2.0, "here": True, "outcome": "confirmed",
            },
            {"pier_id": other, "at": since, "days": 9.1, "here": False, "outcome": None},
        ],
    }  # fmt: skip

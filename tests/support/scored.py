"""Small scored nights by hand: piers on a line 200 m apart, times as minutes from midnight.

Night 0 is 2026-03-01, from noon to noon in Beijing time. Minute 0 is 00:00 local of 2 March.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from geo.plane import MetricPlane
from geo.site import Site, parse_site
from simulate.scoring.judging import Judged
from simulate.scoring.scores import judge_bytes

MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
PIERS_EAST_M = {"P1": 0.0, "P2": 200.0, "P3": 400.0, "FAR": 5_000.0, "EDGE": 5_300.0}
PLANE = MetricPlane(121.9, 29.2)


def at(minute: float, night: int = 0) -> str:
    """A time as the files have it: minutes from a night's local midnight."""
    when = MIDNIGHT + timedelta(days=night, minutes=minute)
    return when.isoformat().replace("+00:00", "Z")


def lon_lat(east_m: float) -> tuple[float, float]:
    lon, lat = PLANE.to_deg(east_m, 0.0)
    return float(lon), float(lat)


def site(piers: dict[str, float] | None = None) -> Site:
    features = []
    for pier_id, east_m in (PIERS_EAST_M if piers is None else piers).items():
        x, y = PLANE.to_deg(
            [east_m - 10, east_m + 10, east_m + 10, east_m - 10, east_m - 10],
            [-10.0, -10.0, 10.0, 10.0, -10.0],
        )
        ring = [[float(a), float(b)] for a, b in zip(x, y, strict=True)]
        properties = {"pier_id": pier_id, "township": "North" if pier_id == "FAR" else "South"}
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    collection = {"type": "FeatureCollection", "features": features}
    return parse_site(
        {"site.toml": b'name = "cove"', "piers.geojson": json.dumps(collection).encode()}
    )


def landing(
    pier_id: str | None = "P1", begins: float = 0, ends: float = 90, *, night: int = 0, **other: Any
) -> dict[str, Any]:
    return {
        "landing_id": f"{pier_id}/{night}/{begins}", "gang": "G1", "variant": "dark",
        "pier_id": pier_id, "lon": 121.9, "lat": 29.2, "berth_from": at(begins, night),
        "berth_to": at(ends, night), "vessels": [], "trucks": [], "scout": None,
        "covered_by": ["ais"], **other,
    }  # fmt: skip


def nuisance(
    kind: str, pier_id: str | None, begins: float, ends: float, *, night: int = 0, **other: Any
) -> dict[str, Any]:
    span = {"from": at(begins, night), "to": at(ends, night)}
    return {"kind": kind, "pier_id": pier_id, **span, **other}


def alert(
    alert_id: str, pier_id: str | None = "P1", begins: float | None = 0, ends: float | None = None,
    *, issued: float | None = None, posterior: float = 0.5, night: int = 0, revision: int = 1,
    status: str = "new", **other: Any,
) -> dict[str, Any]:  # fmt: skip
    """One revision; issued five minutes after its berthing where nothing else is said."""
    issued = (begins or 0) + 5 if issued is None else issued
    return {
        "alert_id": alert_id, "revision": revision, "status": status, "kind": "night_landing",
        "issued_at": at(issued, night), "level": "watch", "posterior": posterior,
        "prior_nats": -7.29, "severity": 0.5, "exercise": True, "pier_id": pier_id,
        "lon": 121.9, "lat": 29.2,
        "berth_from": None if begins is None else at(begins, night),
        "berth_to": None if ends is None else at(ends, night),
        "targets": ["mmsi:412000001"], "vehicles": [], "evidence": [], "not_covered": [], **other,
    }  # fmt: skip


def alerts_file(*rows: dict[str, Any]) -> bytes:
    """The lines in the order of issue, as the contract wants them."""
    ordered = sorted(rows, key=lambda row: str(row.get("issued_at", row.get("evening"))))
    return "".join(json.dumps(row) + "\n" for row in ordered).encode()


def truth_file(
    landings: list[dict[str, Any]], nuisances: list[dict[str, Any]] | None = None, nights: int = 1
) -> bytes:
    truth = {"landings": landings, "nuisance": nuisances or [], "nights": nights, "seed": 7}
    return json.dumps(truth).encode()


def scored(
    alerts: list[dict[str, Any]],
    landings: list[dict[str, Any]],
    nuisances: list[dict[str, Any]] | None = None,
    *,
    nights: int = 1,
    place: Site | None = None,
    reports: list[dict[str, Any]] | None = None,
) -> Judged:
    start = MIDNIGHT - timedelta(hours=9)  # 15:00 local
    end = MIDNIGHT + timedelta(days=nights - 1, hours=9)
    truth = truth_file(landings, nuisances, nights)
    told = None if reports is None else alerts_file(*reports)
    return judge_bytes(alerts_file(*alerts), truth, place or site(), start, end, "cove", told)


def report(
    night: int, p: dict[str, float | None], calibrated_by: int | None = 999, not_judged: int = 0
) -> dict[str, Any]:
    """A night as `night_reports.jsonl` has it: p by pier, all idle in calm weather."""
    rows = [
        {"pier_id": pier, "p": one, "pier_class": one and "idle", "regime": one and "calm"}
        for pier, one in p.items()
    ]
    strata = [{"among": ["idle/calm", "low/calm"], "calibrated_by": calibrated_by}]
    return {
        "evening": f"2026-03-{night + 1:02}", "pier_nights": rows,
        "not_judged": not_judged, **({"strata": strata} if calibrated_by else {}),
    }  # fmt: skip


def verdicts(judged: Judged) -> dict[str, str]:
    return {outcome.alert.alert_id: outcome.verdict for outcome in judged.outcomes}


def matches(judged: Judged) -> dict[str, str]:
    """Landing by the alert that matched it."""
    return {
        judged.outcomes[row].alert.alert_id: judged.landings[i].landing_id
        for i, row in enumerate(judged.matched)
        if row is not None
    }

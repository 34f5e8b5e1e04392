"""What stands beside the evidence of an alert: the chain, the nearest innocent readings, what is
likely next, and what was like it before. Codes and parameters only; none of it is evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from core.times import utc_text
from engine.labels import Labels
from engine.place import Place
from models.landings.graph import graph
from models.landings.links import BERTHED_AT
from models.landings.schema import TRUCK_PASS, Landing
from models.risk.innocent_readings import innocent_readings
from models.risk.landing_facts import LandingFacts
from models.risk.outlook import earlier, next_steps
from models.tracks.positions import SECOND_US

Json = dict[str, Any]
#: Innocent readings that are told of a landing.
READINGS: Final = 3
#: Links that are told of a landing, beside those of its tracks: the likeliest, and those that stood
#: there before those that were read on a road nearby. Of each, so many others that it may be for.
MOST_LINKS: Final = 8
MOST_OTHERS: Final = 3
_PIER: Final = "pier:"


def explanation(
    landing: Landing,
    facts: LandingFacts,
    begun_us: int,
    suspicious: pl.DataFrame,
    labels: Labels,
    place: Place,
    *,
    tick_s: int,
) -> Json:
    """The envelope's `explanation` of a landing at a tick.

    Parameters
    ----------
    suspicious
        `models.baseline.bursts.SUSPICIOUS`, as of the last noon.
    labels
        What officers said of earlier landings: it counts from its tick on.

    Returns
    -------
    `chain` (`nodes` and `edges`), `readings` (the nearest first), `next`, `earlier`; `regimes`,
    the kinds that were declared for the time, where there were any.
    """
    near = place.neighbours[landing.pier]
    began = datetime.fromtimestamp(begun_us // SECOND_US, UTC).astimezone(place.zone)
    known = labels.outcomes(place, tick_s, suspicious, [landing.pier, *near])
    before = earlier(suspicious, landing.pier, near, begun_us, known) if len(suspicious) else ()
    steps = next_steps(
        place.likelihoods,
        facts,
        (began - timedelta(hours=12)).date(),
        () if place.outlook is None else place.outlook.recurrence.by_night,
        place.road_cameras[landing.pier],
        place.unused_nearby[landing.pier],
    )
    readings = innocent_readings(place.likelihoods, facts)[:READINGS]
    declared = place.regimes_at(begun_us)
    return {
        **({"regimes": declared} if declared else {}),
        "chain": chain(landing, place),
        "readings": [reading.as_dict() for reading in readings],
        "next": [step.as_dict() for step in steps],
        "earlier": [
            {
                "pier_id": place.pier_rows[one.pier]["pier_id"],
                "at": utc_text(one.at_us),
                "days": one.days,
                "here": one.here,
                "outcome": one.outcome,
            }
            for one in before
        ],
    }


def chain(landing: Landing, place: Place) -> Json:
    """The landing's graph as an alert carries it.

    Nodes are told apart by their place in the list, so that masking a plate cannot make two of
    them one; times are UTC texts, lags whole minutes, and what has a place on a map has it: a
    track where it was last seen, a vehicle and a bar where the road reaches the pier, all else at
    the pier.
    """
    pier = place.pier_rows[landing.pier]
    drawn = graph(landing, pier["pier_id"])
    edges = _told(drawn["edges"])
    used = {end for edge in edges for end in (edge["from"], edge["to"])}
    nodes = [node for node in drawn["nodes"] if node["id"] in used]
    number = {node["id"]: at for at, node in enumerate(nodes)}
    last = {call["track"]: [call["lon"], call["lat"]] for call in landing.calls}
    return {
        "nodes": [_node(node, pier, last) for node in nodes],
        "edges": [_edge(edge, number, place) for edge in edges],
    }


def _told(edges: list[Json]) -> list[Json]:
    """All edges of tracks, and the likeliest of the others; in their order."""
    ranked = sorted(
        (at for at, edge in enumerate(edges) if edge["kind"] not in ("at", "of", BERTHED_AT)),
        key=lambda at: (edges[at]["fact"] == TRUCK_PASS, -edges[at]["probability"], at),
    )
    left_out = set(ranked[MOST_LINKS:])
    return [edge for at, edge in enumerate(edges) if at not in left_out]


def _node(node: Mapping[str, Any], pier: Mapping[str, Any], last: Mapping[str, Any]) -> Json:
    kind, (_, _, name) = node["kind"], node["id"].partition(":")
    quay = [pier["lon"], pier["lat"]]
    road = quay if pier["access_lon"] is None else [pier["access_lon"], pier["access_lat"]]
    lon, lat = {"track": last.get(name, quay), "vehicle": road, "bar": road}.get(kind, quay)
    told = {"kind": kind, "name": name, "lon": round(lon, 6), "lat": round(lat, 6)}
    if kind == "landing":
        told |= {"name": node["stage"], "coverage": node["coverage"]}
    return told


def _edge(edge: Mapping[str, Any], number: Mapping[str, int], place: Place) -> Json:
    told: Json = {"from": number[edge["from"]], "to": number[edge["to"]], "kind": edge["kind"]}
    told["probability"] = round(edge["probability"], 2)
    if "lag_s" not in edge:
        return told
    others = edge["alternatives"]
    return {
        **told,
        "lag_min": round(edge["lag_s"] / 60),
        "since": utc_text(edge["from_us"]),
        "until": None if edge["to_us"] is None else utc_text(edge["to_us"]),
        "sensor": edge["sensor"],
        "source": edge["source"],
        "fact": edge["fact"],
        "alternatives": [_alternative(name, place) for name in others[:MOST_OTHERS]],
        "more": max(len(others) - MOST_OTHERS, 0),
    }


def _alternative(name: str, place: Place) -> Json:
    """Another pier that it may have been for, or another visit of this one."""
    if name.startswith(_PIER):
        return {"pier_id": place.pier_rows[int(name.removeprefix(_PIER))]["pier_id"]}
    subject, _, since_s = name.rpartition("@")
    return {"visit": subject, "since": utc_text(int(since_s) * SECOND_US)}

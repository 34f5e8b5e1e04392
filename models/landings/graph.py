"""A landing as a graph of who met whom where, and as GeoJSON for a map.

Both are plain values, to be written as JSON. Words are made on the screen; goods vehicles are
named by what was claimed, and shown at the access only, never on their way (design, decision 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from geo.piers import Piers
from models.landings.links import (
    BARRED_BY,
    BERTHED_AT,
    LEFT_WITH,
    MET_BY,
    NOT_SEEN_BY,
    REASONS,
    SEEN_BY,
)
from models.landings.prism import LonLat
from models.landings.schema import Landing, Link

Json = dict[str, Any]
#: What stands at the far end of each kind of edge.
_KINDS: Final[Mapping[str, str]] = {
    BERTHED_AT: "track",
    SEEN_BY: "camera",
    MET_BY: "vehicle",
    LEFT_WITH: "vehicle",
    BARRED_BY: "bar",
    NOT_SEEN_BY: "sensor",
}
LANDING: Final = "landing"


def graph(landing: Landing, pier_id: str) -> Json:
    """The landing as nodes and edges.

    Returns
    -------
    `nodes`: `id`, `kind` (`landing`, `pier`, `vessel`, `track`, `camera`, `vehicle`, `bar`,
    `sensor`), and what is known of each; `edges`: `from`, `to`, `kind`, `probability`, `lag_s`,
    `from_us`, `to_us`, `sensor`, `source`, `fact` (its kind), `alternatives`. Both in an order that
    is always the same; every end of an edge is a node.
    """
    root = f"{LANDING}:{pier_id}:{landing.subject}@{landing.from_us}"
    nodes: dict[str, Json] = {
        root: {
            "kind": LANDING,
            "stage": landing.stage,
            "berth_from_us": landing.berth_from_us,
            "berth_to_us": landing.berth_to_us,
            "over": landing.over,
            "lost": landing.lost,
            "coverage": sorted(landing.coverage),
        }
    }
    pier = f"pier:{pier_id}"
    nodes[pier] = {"kind": "pier"}
    edges = [_plain(root, pier, "at")]
    if landing.vessel is not None or landing.targets:
        vessel = f"vessel:{landing.vessel or landing.targets[0]}"
        nodes[vessel] = {"kind": "vessel", "targets": list(landing.targets)}
        edges.append(_plain(root, vessel, "of"))
    for link in landing.links:
        far = node_id(link)
        nodes.setdefault(far, {"kind": _KINDS.get(link.kind, LANDING), "target": link.target})
        near = pier if link.kind in (SEEN_BY, BARRED_BY) else root
        edges.append(_edge(near, far, link))
    return {"nodes": [{"id": name, **told} for name, told in nodes.items()], "edges": edges}


def node_id(link: Link) -> str:
    """The name of what a link leads to; a vehicle has one, whether it waits or is read."""
    kind = _KINDS.get(link.kind, LANDING)
    if kind == "vehicle":
        return f"vehicle:{link.target or link.object}"
    return f"{kind}:{link.object}"


def _plain(near: str, far: str, kind: str) -> Json:
    return {"from": near, "to": far, "kind": kind, "probability": 1.0}


def _edge(near: str, far: str, link: Link) -> Json:
    return {
        "from": near,
        "to": far,
        "kind": link.kind,
        "probability": link.probability,
        "lag_s": link.lag_s,
        "from_us": link.from_us,
        "to_us": link.to_us,
        "sensor": link.sensor,
        "source": link.source,
        "fact": link.detail.get("fact"),
        "alternatives": list(link.alternatives),
    }


def geojson(landing: Landing, piers: Piers, ways: Mapping[str, Iterable[LonLat]] = {}) -> Json:
    """The landing as a GeoJSON feature collection (RFC 7946; longitude first).

    Parameters
    ----------
    ways
        By track, the places that it went by, in order: a line each. A track without any is a
        point where its call was last seen.

    Returns
    -------
    The pier's polygon with what is known of the landing; its tracks; one point at the pier's
    access for every vehicle, and at the pier for what else saw it.
    """
    row = piers.table.row(landing.pier, named=True)
    quay = [row["lon"], row["lat"]]
    access = quay if row["access_lon"] is None else [row["access_lon"], row["access_lat"]]
    whole = piers.polygons[landing.pier].__geo_interface__
    told = {
        "role": "pier",
        "pier_id": row["pier_id"],
        "stage": landing.stage,
        "subject": landing.subject,
        "targets": list(landing.targets),
        "berth_from_us": landing.berth_from_us,
        "berth_to_us": landing.berth_to_us,
    }
    features = [_feature(whole["type"], whole["coordinates"], told)]
    for call in landing.calls:
        role = {"role": "track", "track": call["track"], "target": call["target"]}
        way = [list(place) for place in ways.get(call["track"], ())]
        if len(way) > 1:
            features.append(_feature("LineString", way, role))
        else:
            features.append(_feature("Point", [call["lon"], call["lat"]], role))
    for link in landing.links:
        if link.kind == BERTHED_AT or link.kind in REASONS:
            continue
        place = access if _KINDS[link.kind] == "vehicle" else quay
        role = {
            "role": _KINDS[link.kind],
            "kind": link.kind,
            "object": node_id(link),
            "probability": link.probability,
            "lag_s": link.lag_s,
        }
        features.append(_feature("Point", place, role))
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, coordinates: Any, properties: Json) -> Json:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}

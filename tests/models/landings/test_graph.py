"""A landing as a graph and as GeoJSON."""

from __future__ import annotations

import json

from landing_scenes import IDLE, call, fact, last, link, piers, told, truck
from shapely.geometry import shape

from models.landings.graph import geojson, graph
from models.landings.schema import Landing

DARK, AIS = "radar:R1:17", "mmsi:412000001"


def scene() -> Landing:
    links = [link(AIS, "V", -120), link(DARK, "V", -100), link(AIS, "V", -60, "left")]
    calls = [call(DARK, IDLE, 60), call(DARK, IDLE, 60, "left", 150)]
    facts = [*truck("plate:A", IDLE, 40, 160), fact("barrier", "bar:1", IDLE, 50)]
    facts += [fact("truck_pass", "plate:A", IDLE, 35, 35), fact("camera_boat", "C1", IDLE, 70, 80)]
    return last(told(calls, links, facts)[0])[IDLE, DARK]


def test_every_end_of_an_edge_is_a_node_and_a_truck_is_one_node_however_it_was_seen() -> None:
    drawn = graph(scene(), "P1")
    ids = [node["id"] for node in drawn["nodes"]]
    assert len(ids) == len(set(ids))
    assert {end for edge in drawn["edges"] for end in (edge["from"], edge["to"])} <= set(ids)
    assert [node["kind"] for node in drawn["nodes"]].count("vehicle") == 1
    assert sorted({edge["kind"] for edge in drawn["edges"]}) == [
        "at", "barred_by", "berthed_at", "left_with", "met_by", "of", "seen_by",
    ]  # fmt: skip
    (vessel,) = [node for node in drawn["nodes"] if node["kind"] == "vessel"]
    assert vessel["targets"] == [AIS, DARK]
    assert json.loads(json.dumps(drawn)) == drawn


def test_the_map_has_the_pier_the_boat_and_its_trucks_at_the_access() -> None:
    landing = scene()
    drawn = geojson(landing, piers(), {DARK: [(121.95, 29.25), (121.9, 29.2)]})
    roles = [feature["properties"]["role"] for feature in drawn["features"]]
    assert roles == ["pier", "track", "camera", *["vehicle"] * 3, "bar"]
    assert all(shape(feature["geometry"]).is_valid for feature in drawn["features"])
    assert drawn["features"][1]["geometry"]["type"] == "LineString"
    placed = geojson(landing, piers())["features"][1]["geometry"]
    assert placed == {"type": "Point", "coordinates": [121.9, 29.2]}
    assert json.loads(json.dumps(drawn))["features"][0]["properties"]["targets"] == [AIS, DARK]


def test_a_withdrawn_landing_is_drawn_with_its_reason() -> None:
    said, _ = told([call(AIS, IDLE, 90)], [], truck("plate:A", IDLE, 60, 120), until=300)
    gone = last(said)[IDLE, "land:plate:A"]
    drawn = graph(gone, "P1")
    assert "explained_by" in {edge["kind"] for edge in drawn["edges"]}
    assert len(geojson(gone, piers())["features"]) == 1 + len(
        [one for one in gone.links if one.kind == "met_by"]
    )

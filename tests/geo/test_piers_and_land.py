"""Zones and shores, against plain geometry one point at a time."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.land import Land
from geo.piers import PIER, Piers
from geo.plane import MetricPlane

PLANE = MetricPlane(121.9, 29.2)
RNG = np.random.default_rng(20260301)
CORNERS = np.stack([RNG.uniform(121.6, 122.2, 60), RNG.uniform(28.9, 29.5, 60)], axis=1)
BOXES = shapely.box(CORNERS[:, 0], CORNERS[:, 1], CORNERS[:, 0] + 0.0012, CORNERS[:, 1] + 0.0007)
PIERS = Piers(pl.DataFrame({"pier_id": [f"P{i:03}" for i in range(60)]}), BOXES, PLANE)


def plainly(lon: float, lat: float) -> list[float]:
    """Metres to each pier, by Shapely on single objects."""
    x, y = PLANE.to_m(lon, lat)
    return [
        shapely.Point(x, y).distance(
            shapely.Polygon([PLANE.to_m(*corner) for corner in box.exterior.coords])
        )
        for box in BOXES
    ]


NEAR = st.tuples(st.integers(0, 59), st.floats(-0.006, 0.006), st.floats(-0.005, 0.005)).map(
    lambda v: (CORNERS[v[0]][0] + v[1], CORNERS[v[0]][1] + v[2])
)


@given(st.lists(NEAR, min_size=1, max_size=8), st.sampled_from([0.0, 150.0, 250.0, 5000.0]))
@settings(max_examples=60, deadline=None)
def test_nearest_and_pairs_find_what_plain_geometry_finds(
    points: list[tuple[float, float]], within_m: float
) -> None:
    lon, lat = np.array(points).T
    index, metres = PIERS.nearest(lon, lat, within_m)
    row, pier, between = PIERS.pairs(lon, lat, within_m)
    for i in range(len(points)):
        exact = np.array(plainly(*points[i]))
        np.testing.assert_array_equal(pier[row == i], np.flatnonzero(exact <= within_m))
        np.testing.assert_allclose(between[row == i], exact[exact <= within_m], atol=1e-6)
        if (exact <= within_m).any():
            assert index[i] == exact.argmin()
            assert metres[i] == pytest.approx(exact.min(), abs=1e-6)
        else:
            assert (index[i], metres[i]) == (-1, np.inf)


@given(st.integers(0, 59), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_inside_a_pier_the_distance_is_nought(i: int, across: float, up: float) -> None:
    lon, lat = CORNERS[i][0] + 0.0012 * across, CORNERS[i][1] + 0.0007 * up
    _, metres = PIERS.nearest([lon], [lat], 10.0)
    assert metres[0] == 0.0


def test_a_point_s_pier_does_not_depend_on_its_batch() -> None:
    lon, lat = RNG.uniform(121.6, 122.2, 3000), RNG.uniform(28.9, 29.5, 3000)
    index, metres = PIERS.nearest(lon, lat, 2000.0)
    assert (index >= 0).sum() > 100
    parts = [
        PIERS.nearest(a, b, 2000.0)
        for a, b in zip(np.split(lon, 10), np.split(lat, 10), strict=True)
    ]
    assert np.concatenate([p[0] for p in parts]).tobytes() == index.tobytes()
    assert np.concatenate([p[1] for p in parts]).tobytes() == metres.tobytes()


def test_nowhere_is_near_nothing_and_no_piers_are_near_anything() -> None:
    index, metres = PIERS.nearest([np.nan, 0.0, -400.0], [29.2, np.nan, 1e9], 500.0)
    assert index.tolist() == [-1, -1, -1]
    assert np.isinf(metres).all()
    none = Piers(pl.DataFrame(schema=PIER), [], PLANE)
    assert none.nearest([121.9], [29.2], 1e6)[0].tolist() == [-1]
    assert len(none) == 0
    assert len(PIERS.pairs([], [], 100.0)[0]) == 0


def test_of_two_piers_equally_near_the_first_is_taken() -> None:
    box = shapely.box(121.9, 29.2, 121.901, 29.201)
    twins = Piers(pl.DataFrame({"pier_id": ["a", "b"]}), [box, box], PLANE)
    assert twins.nearest([121.9005], [29.2005], 10.0)[0].tolist() == [0]
    assert twins.pairs([121.9005], [29.2005], 10.0)[1].tolist() == [0, 1]


def test_piers_and_land_survive_being_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(PIERS))
    assert sent.nearest([121.9], [29.2], 1e5)[1] == PIERS.nearest([121.9], [29.2], 1e5)[1]
    land = pickle.loads(pickle.dumps(Land(BOXES, PLANE)))
    assert land.contains([CORNERS[0][0] + 1e-4], [CORNERS[0][1] + 1e-4]).tolist() == [True]


def test_land_is_told_from_water_and_the_way_to_it_measured() -> None:
    island = shapely.Polygon(
        [(121.8, 29.1), (122.0, 29.1), (122.0, 29.3), (121.8, 29.3)],
        [[(121.88, 29.18), (121.92, 29.18), (121.92, 29.22), (121.88, 29.22)]],
    )
    land = Land([island], PLANE)
    lon, lat = [121.85, 121.9, 122.1, np.nan], [29.2, 29.2, 29.2, 29.2]
    assert land.contains(lon, lat).tolist() == [True, False, False, False]
    metres = land.distance_m(lon, lat)
    assert metres[0] == 0.0
    assert metres[1] == pytest.approx(1945, abs=15)  # the lagoon's shore, not the island's
    assert metres[2] == pytest.approx(9724, abs=15)
    assert np.isnan(metres[3])


def test_without_land_nothing_is_ashore_and_the_shore_infinitely_far() -> None:
    land = Land([], PLANE)
    assert land.contains([121.9], [29.2]).tolist() == [False]
    assert land.distance_m([121.9], [29.2]).tolist() == [np.inf]


@pytest.mark.shared
def test_on_the_real_coast_land_agrees_with_geometry_point_by_point(shared_data: Path) -> None:
    content = json.loads((shared_data / "land" / "land.geojson").read_text(encoding="utf-8"))
    polygons = [shapely.geometry.shape(item["geometry"]) for item in content["features"]]
    land = Land(polygons, PLANE)
    whole = shapely.union_all(polygons)
    lon, lat = RNG.uniform(121.5, 122.3, 300), RNG.uniform(28.8, 29.6, 300)
    on_land = land.contains(lon, lat)
    assert 0.1 < on_land.mean() < 0.9
    points = zip(lon, lat, strict=True)
    assert on_land.tolist() == [whole.intersects(shapely.Point(p)) for p in points]
    assert ((land.distance_m(lon, lat) == 0.0) == on_land).all()

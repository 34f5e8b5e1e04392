"""The water as a grid, on coasts small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.land import Land
from geo.plane import MetricPlane
from simulate.waters import CELL_M, graph, routes_to, survey

PLANE = MetricPlane(122.0, 29.0)


def land(*boxes: tuple[float, float, float, float]) -> Land:
    """Rectangles in metres as land."""
    polygons = []
    for west, south, east, north in boxes:
        x, y = np.array([[west, east, east, west], [south, south, north, north]])
        lon, lat = PLANE.to_deg(x, y)
        polygons.append(shapely.Polygon(np.stack([lon, lat], axis=1)))
    return Land(polygons, PLANE)


def test_the_grid_knows_the_distance_from_land_within_a_cell() -> None:
    shore = land((-1_000, -1_000, 0, 1_000))
    waters = survey(shore, (-3_000, -3_000), (3_000, 3_000))
    dice = np.random.Generator(np.random.PCG64(1))
    x, y = dice.uniform(-2_900, 2_900, (2, 2_000))
    exact = shore.distance_m(*PLANE.to_deg(x, y))
    assert np.abs(waters.distance_m(x, y) - exact).max() < 1.5 * CELL_M


def test_a_route_goes_round_a_wall_and_keeps_off_it() -> None:
    wall = land((-100, -5_000, 100, 2_000))
    waters = survey(wall, (-5_000, -5_000), (5_000, 5_000))
    start, hub = waters.node(-3_000, -3_000), waters.node(3_000, -3_000)
    path = routes_to(waters, graph(waters), hub).path(start)
    lon, lat = PLANE.to_deg(*path.T)
    line = shapely.LineString(path)
    assert path[0] == pytest.approx(waters.point([start])[0])
    assert path[-1] == pytest.approx(waters.point([hub])[0])
    assert line.distance(shapely.box(-100, -5_000, 100, 2_000)) > 50.0
    assert line.length < 1.25 * (2 * np.hypot(3_000, 5_100))
    assert wall.distance_m(lon, lat).min() > 50.0


def test_a_lagoon_without_an_outlet_is_no_part_of_the_sea() -> None:
    ring = land((-900, -900, 900, -500), (-900, 500, 900, 900), (-900, -500, -500, 500),
                (500, -500, 900, 500))  # fmt: skip
    waters = survey(ring, (-4_000, -4_000), (4_000, 4_000))
    node = waters.node(0.0, 0.0)
    x, y = waters.point([node])[0]
    assert max(abs(x), abs(y)) > 900.0


def test_without_land_all_is_sea() -> None:
    waters = survey(Land([], PLANE), (0, 0), (3_000, 3_000))
    assert waters.open_sea.all()
    assert waters.clear(np.array([100.0, 100.0]), np.array([2_900.0, 2_900.0]))

"""Ways over water: round land, never shorter than straight."""

from __future__ import annotations

import numpy as np
from made_fixes import EAST_DEG_M, LAT, LON, NORTH_DEG_M, site

from geo.site import Site
from geo.waterways import waterways


def metres(where: Site, *points: tuple[float, float]) -> list[float]:
    east, north = (np.array(part, float) for part in zip(*points, strict=True))
    lon, lat = LON + east / EAST_DEG_M, LAT + north / NORTH_DEG_M
    pier = np.zeros(len(points), np.int64)
    return [float(v) for v in waterways(where).distance_m(lon, lat, pier)]


def test_over_open_water_the_way_is_about_straight() -> None:
    where = site((("P1", 0.0, 0.0),), ((-300.0, 20.0, 300.0, 400.0),))
    for bearing in np.arange(90.0, 271.0, 15.0):
        east, north = 8000 * np.sin(np.deg2rad(bearing)), 8000 * np.cos(np.deg2rad(bearing))
        assert 7900 <= metres(where, (east, north))[0] <= 8900


def test_it_leads_round_a_headland() -> None:
    """A wall of 10 km north of the pier: from behind it, the way is round one of its ends."""
    where = site((("P1", 0.0, -100.0),), ((-5000.0, 0.0, 5000.0, 1500.0),))
    behind, beside = metres(where, (0.0, 3000.0), (-7000.0, 3000.0))
    assert 11_000 < behind < 14_000
    assert 7_500 < beside < 9_000


def test_a_lake_has_no_way_to_the_sea() -> None:
    lake = ((5000.0, 0.0, 11_000.0, 2000.0), (5000.0, 6000.0, 11_000.0, 8000.0))
    banks = ((5000.0, 2000.0, 7000.0, 6000.0), (9000.0, 2000.0, 11_000.0, 6000.0))
    where = site((("P1", 0.0, -100.0),), (*lake, *banks))
    assert metres(where, (8000.0, 4000.0)) == [np.inf]


def test_without_land_and_beyond_the_grid_it_is_straight() -> None:
    assert abs(metres(site((("P1", -10.0, -10.0),)), (3000.0, 4000.0))[0] - 5000) < 10
    where = site((("P1", -10.0, -10.0),), ((-5000.0, 100.0, 5000.0, 1500.0),))
    assert abs(metres(where, (0.0, 40_000.0))[0] - 40_000) < 100


def test_what_is_computed_of_a_point_does_not_depend_on_its_company() -> None:
    where = site((("P1", 0.0, -100.0),), ((-5000.0, 0.0, 5000.0, 1500.0),))
    rng = np.random.default_rng(1)
    points = [(float(a), float(b)) for a, b in rng.uniform(-9000, 9000, (50, 2))]
    together = metres(where, *points)
    assert together == [metres(where, point)[0] for point in points]


def test_ways_that_are_laid_one_after_the_other_are_those_that_are_laid_together() -> None:
    piers = (("P1", -3000.0, -100.0), ("P2", 0.0, -100.0), ("P3", 3000.0, -100.0))
    land = ((-5000.0, 0.0, 5000.0, 1500.0),)
    lon, lat = LON + np.linspace(-0.05, 0.05, 9), np.full(9, LAT + 0.03)
    pier = np.arange(9) % 3
    together = waterways(site(piers, land)).distance_m(lon, lat, pier)
    ways = waterways(site(piers, (*land, (50_000.0, 0.0, 50_001.0, 1.0))))
    apart = [ways.distance_m(lon[[i]], lat[[i]], pier[[i]])[0] for i in range(9)]
    assert apart == together.tolist()

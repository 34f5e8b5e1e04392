"""What a radar can see over land, and that asking costs little."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import shapely

from geo.land import Land
from geo.plane import MetricPlane, moved
from geo.visibility import Horizon, Lookout

LON, LAT = 121.9, 29.2


def place(east_m: float, north_m: float) -> tuple[float, float]:
    lon, lat = moved(LON, LAT, east_m, north_m)
    return float(lon), float(lat)


def block(west_m: float, south_m: float, east_m: float, north_m: float) -> shapely.Polygon:
    return shapely.box(*place(west_m, south_m), *place(east_m, north_m))


def horizon(*polygons: shapely.Polygon) -> Horizon:
    return Horizon(LON, LAT, 20_000.0, Land(polygons, MetricPlane(LON, LAT)))


def sees(seer: Horizon, east_m: float, north_m: float) -> bool:
    return bool(seer.sees(*place(east_m, north_m)))


def test_what_is_beyond_the_range_is_not_seen() -> None:
    seer = horizon()
    assert sees(seer, 19_800, 0)
    assert not sees(seer, 20_200, 0)
    assert not sees(seer, 15_000, 15_000)


def test_an_island_hides_what_is_behind_it_and_only_that() -> None:
    seer = horizon(block(8_000, -500, 9_000, 500))
    assert sees(seer, 7_000, 0)
    assert not sees(seer, 12_000, 0)
    assert not sees(seer, 15_000, 600)
    assert sees(seer, 12_000, 1_500)
    assert sees(seer, -12_000, 0)


def test_a_skerry_hides_nothing_but_itself() -> None:
    seer = horizon(block(8_000, -80, 8_150, 80))
    assert sees(seer, 9_000, 0)
    assert not sees(seer, 8_070, 0)


def test_a_radar_looks_over_the_land_at_its_feet() -> None:
    seer = horizon(block(-1_000, -1_000, 1_000, 1_000))
    assert sees(seer, 5_000, 0)
    assert not sees(seer, 500, 0)


def test_the_shore_drowns_what_lies_at_it() -> None:
    seer = horizon(block(8_000, -5_000, 20_000, 5_000))
    assert not sees(seer, 7_960, 0)
    assert sees(seer, 7_700, 0)


def test_without_land_only_the_range_counts() -> None:
    assert sees(Horizon(LON, LAT, 20_000.0), 19_800, 0)
    assert not sees(Horizon(LON, LAT, 20_000.0), 0, 20_200)


def test_nowhere_is_not_seen() -> None:
    nowhere = [np.nan, np.inf, 1e300, 300.0]
    assert not horizon().sees(nowhere, nowhere).any()


def test_a_lookout_counts_the_antennas_that_watch() -> None:
    points = pl.DataFrame(
        {
            "radar_id": ["R1", "R2"],
            "lon": [LON, place(10_000, 0)[0]],
            "lat": [LAT, LAT],
            "range_m": [8_000.0, None],
        }
    )
    seen = Lookout.of(points).watching(*np.transpose([place(5_000, 0), place(-5_000, 0)]))
    assert seen.tolist() == [2, 2]
    assert Lookout.of(points).watching(*place(60_000, 0)) == 0


def test_a_hundred_thousand_points_cost_milliseconds() -> None:
    seer = horizon(block(8_000, -500, 9_000, 500))
    dice = np.random.default_rng(0)
    lon, lat = (
        dice.uniform(LON - 0.3, LON + 0.3, 100_000),
        dice.uniform(LAT - 0.3, LAT + 0.3, 100_000),
    )
    seer.sees(lon, lat)  # makes the raster
    begun = time.process_time()
    seen = seer.sees(lon, lat)
    assert time.process_time() - begun < 0.05
    assert 0.1 < seen.mean() < 0.9
    assert (seen[:10] == [seer.sees(x, y) for x, y in zip(lon[:10], lat[:10], strict=True)]).all()

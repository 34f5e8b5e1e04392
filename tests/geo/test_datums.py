"""GCJ-02 and BD-09."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.datums import (
    bd09_to_wgs84,
    gcj02_to_wgs84,
    outside_china,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geo.plane import distance_m

LON, LAT = st.floats(73, 137), st.floats(2, 55)


@given(LON, LAT)
def test_there_and_back_closes_to_less_than_a_millimetre(lon: float, lat: float) -> None:
    for there, back in ((wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)):
        again = back(*there([lon], [lat]))
        assert float(distance_m(lon, lat, *again)[0]) < 1e-3
        once_more = there(*back([lon], [lat]))
        assert float(distance_m(lon, lat, *once_more)[0]) < 1e-3


@given(st.floats(100, 125), st.floats(20, 45))
def test_within_the_country_gcj02_shifts_by_50_to_1000_metres(lon: float, lat: float) -> None:
    assert 50 < float(distance_m(lon, lat, *wgs84_to_gcj02([lon], [lat]))[0]) < 1000


def test_on_this_coast_the_shift_is_about_half_a_kilometre() -> None:
    assert float(distance_m(121.9, 29.2, *wgs84_to_gcj02(121.9, 29.2))) == pytest.approx(501, abs=2)


def test_known_points_of_beijing_come_out_as_published() -> None:
    # The pair that the well-known converters document: 116.404, 39.915.
    assert np.round(wgs84_to_gcj02(116.404, 39.915), 8).tolist() == [116.41024450, 39.91640428]
    assert np.round(wgs84_to_bd09(116.404, 39.915), 8).tolist() == [116.41662724, 39.92269955]


@given(LON, LAT)
def test_bd09_by_rotation_is_bd09_by_angles(lon: float, lat: float) -> None:
    x, y = (float(v) for v in wgs84_to_gcj02(lon, lat))
    k = math.pi * 3000.0 / 180.0
    z = math.hypot(x, y) + 0.00002 * math.sin(y * k)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * k)
    u, v = wgs84_to_bd09(lon, lat)
    assert float(u) == pytest.approx(z * math.cos(theta) + 0.0065, abs=1e-10)
    assert float(v) == pytest.approx(z * math.sin(theta) + 0.006, abs=1e-10)


def test_outside_china_nothing_moves() -> None:
    lon, lat = np.array([2.35, -74.0, 151.2]), np.array([48.86, 40.7, -33.9])
    assert outside_china(lon, lat).all()
    for turn in (wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84):
        x, y = turn(lon, lat)
        assert x.tolist() == lon.tolist()
        assert y.tolist() == lat.tolist()


def test_a_point_s_answer_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(73, 137, 501), rng.uniform(2, 55, 501)
    whole = np.stack(bd09_to_wgs84(lon, lat), axis=1)
    alone = np.array([bd09_to_wgs84(x, y) for x, y in zip(lon, lat, strict=True)])
    assert whole.tobytes() == alone.tobytes()

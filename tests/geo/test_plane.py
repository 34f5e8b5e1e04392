"""The plane and distances, against PROJ's geodesic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.plane import MetricPlane, distance_m

GEOD = Geod(ellps="WGS84")
LON = st.floats(-180, 180)
LAT = st.floats(-60, 60)


@given(LON, LAT, st.floats(-90_000, 90_000), st.floats(-90_000, 90_000))
def test_metres_and_degrees_go_both_ways(lon0: float, lat0: float, x: float, y: float) -> None:
    plane = MetricPlane(lon0, lat0)
    u, v = plane.to_m(*plane.to_deg([x], [y]))
    assert abs(u[0] - x) < 1e-3
    assert abs(v[0] - y) < 1e-3


@given(LON, LAT, st.floats(0, 360), st.floats(1, 200_000))
def test_a_distance_is_within_half_a_percent_of_the_geodesic(
    lon: float, lat: float, azimuth_deg: float, metres: float
) -> None:
    lon2, lat2, _ = GEOD.fwd(lon, lat, azimuth_deg, metres)
    if abs(lat2) <= 60:
        assert float(distance_m(lon, lat, lon2, lat2)) == pytest.approx(metres, rel=5e-3)


@given(LON, LAT, LON, LAT)
def test_a_distance_is_the_same_both_ways_to_the_bit(
    lon1: float, lat1: float, lon2: float, lat2: float
) -> None:
    there, back = distance_m(lon1, lat1, lon2, lat2), distance_m(lon2, lat2, lon1, lat1)
    assert there.tobytes() == back.tobytes()


def test_a_point_s_distance_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(7)
    a = [rng.uniform(121, 123, 1001), rng.uniform(28, 30, 1001)]
    b = [v + rng.normal(0, 0.1, 1001) for v in a]
    whole = distance_m(*a, *b)
    alone = np.array([float(distance_m(*(v[i] for v in (*a, *b)))) for i in range(1001)])
    assert whole.tobytes() == alone.tobytes()


def test_the_plane_near_its_centre_agrees_with_the_geodesic() -> None:
    plane = MetricPlane(121.9, 29.2)
    x, y = plane.to_m([121.95, 121.96], [29.25, 29.26])
    geodesic = GEOD.inv(121.95, 29.25, 121.96, 29.26)[2]
    assert float(np.hypot(x[1] - x[0], y[1] - y[0])) == pytest.approx(geodesic, rel=1e-5)


def test_what_is_not_a_place_is_nan() -> None:
    x, y = MetricPlane(121.9, 29.2).to_m([np.nan, 121.9], [29.2, 29.2])
    assert np.isnan(x[0])
    assert np.isnan(y[0])
    assert (x[1], y[1]) == (0.0, 0.0)
    assert np.isnan(distance_m(np.nan, 0, 0, 0))

"""Loops along the fixes of a batch, from one to the next of the same boat, compiled.

They do what a handful of array operations at each instant would, and the same arithmetic as
`geo.plane.distance_m`.
"""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Final

import numpy as np

from core.compiled import compiled
from geo.plane import WGS84_A_M, WGS84_E2
from models.events.instants import Bool, Float, Int

_RAD: Final = pi / 180.0


@compiled
def metres_apart(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres between two points; NaN where a coordinate is.

    >>> round(metres_apart(121.9, 29.2, 122.0, 29.2), 1)
    9725.1
    """
    cos_mid = cos((lat1 + lat2) * (0.5 * _RAD))
    w2 = 1.0 - WGS84_E2 * (1.0 - cos_mid * cos_mid)
    w = sqrt(w2)
    turn = lon2 - lon1
    turn = turn - 360.0 * np.rint(turn / 360.0)
    east = (WGS84_A_M / w) * cos_mid * (turn * _RAD)
    north = (WGS84_A_M * (1.0 - WGS84_E2) / (w2 * w)) * ((lat2 - lat1) * _RAD)
    return float(sqrt(east * east + north * north))


@compiled
def swung(
    who: Int, lon: Float, lat: Float, new: Bool, last_lon: Float, last_lat: Float, swing_m: float
) -> Bool:
    """Which fixes lie more than `swing_m` from the last such fix of their boat.

    Parameters
    ----------
    who, lon, lat, new
        One a fix, in order; before a new one what was known of its boat is forgotten.
    last_lon, last_lat
        By boat, NaN where unknown; brought on.
    """
    out = np.zeros(len(who), np.bool_)
    for i in range(len(who)):
        boat = who[i]
        if new[i]:
            last_lon[boat] = np.nan
        if not metres_apart(last_lon[boat], last_lat[boat], lon[i], lat[i]) <= swing_m:
            last_lon[boat], last_lat[boat] = lon[i], lat[i]
            out[i] = True
    return out


@compiled
def path_points(
    who: Int,
    clock_s: Int,
    place: tuple[Float, Float],
    new: Bool,
    lies: Bool,
    last: tuple[Float, Float, Int, Bool],
    rules: tuple[float, int, int, int],
) -> tuple[Bool, Bool]:
    """Fixes that are points of their boat's path, and those at which it came to a pier.

    Parameters
    ----------
    who, clock_s, place, new, lies
        One a fix, in order: its longitude and latitude, whether what was known of its boat is
        forgotten before it, whether it lies at a pier.
    last
        By boat, brought on: longitude, latitude and tick of the last point, whether it lay at a
        pier when that was looked at last.
    rules
        Metres and seconds from point to point, ticks between looks, and the tick of no point.
    """
    lon, lat = place
    last_lon, last_lat, last_s, arrived = last
    far_m, far_s, step_s, never_s = rules
    points, comes = np.zeros(len(who), np.bool_), np.zeros(len(who), np.bool_)
    for i in range(len(who)):
        boat, tick_s = who[i], clock_s[i]
        if new[i]:
            last_lon[boat], last_s[boat], arrived[boat] = np.nan, never_s, False
        away_m = metres_apart(last_lon[boat], last_lat[boat], lon[i], lat[i])
        far = not away_m < far_m or last_s[boat] <= tick_s - far_s
        if tick_s % step_s == 0:
            comes[i] = lies[i] and not arrived[boat]
            arrived[boat] = lies[i]
            far = far or comes[i]
        if far:
            points[i] = True
            last_lon[boat], last_lat[boat], last_s[boat] = lon[i], lat[i], tick_s
    return points, comes

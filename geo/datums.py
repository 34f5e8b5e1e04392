"""Chinese map datums: GCJ-02 and BD-09, to and from WGS 84, on arrays.

Map services in mainland China shift their coordinates: GCJ-02 by 100 to 700 m, BD-09 a little more
on top. The shift is a published smooth function; its inverse is found by fixed-point steps, always
the same number of them, so that a point's answer does not depend on its neighbours. Only `+ * sqrt
sin cos` are used, whose bits do not depend on the processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
Degrees = tuple[Float, Float]

_A_M = 6378245.0  # Krasovsky 1940, on which GCJ-02 is defined
_E2 = 0.00669342162296594323
_STEPS = 8  # each gains a factor of 100 or more: the last is far below a micrometre
_BD_LON, _BD_LAT, _BD_R, _BD_ANGLE = 0.0065, 0.006, 0.00002, 0.000003


def outside_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """True outside the box in which GCJ-02 shifts anything (and for NaN).

    >>> outside_china([121.9, 2.35], [29.2, 48.86])
    array([False,  True])
    """
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return np.asarray(~((x >= 72.004) & (x <= 137.8347) & (y >= 0.8293) & (y <= 55.8271)))


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Degrees:
    """GCJ-02 degrees of WGS 84 degrees; unchanged outside China.

    >>> [v.round(6).tolist() for v in wgs84_to_gcj02([121.9, 2.35], [29.2, 48.86])]
    [[121.903947, 2.35], [29.197102, 48.86]]
    """
    x, y = _arrays(lon, lat)
    east, north = _shift(x, y)
    away = outside_china(x, y)
    return np.where(away, x, x + east), np.where(away, y, y + north)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Degrees:
    """WGS 84 degrees of GCJ-02 degrees, to less than 1 mm; unchanged outside China."""
    x, y = _arrays(lon, lat)
    u, v = x, y
    for _ in range(_STEPS):
        east, north = _shift(u, v)
        u, v = x - east, y - north
    away = outside_china(x, y)
    return np.where(away, x, u), np.where(away, y, v)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Degrees:
    """BD-09 degrees of WGS 84 degrees; unchanged outside China."""
    x, y = _arrays(lon, lat)
    u, v = _gcj02_to_bd09(*wgs84_to_gcj02(x, y))
    away = outside_china(x, y)
    return np.where(away, x, u), np.where(away, y, v)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Degrees:
    """WGS 84 degrees of BD-09 degrees, to less than 1 mm; unchanged outside China."""
    x, y = _arrays(lon, lat)
    u, v = x - _BD_LON, y - _BD_LAT
    for _ in range(_STEPS):
        p, q = _gcj02_to_bd09(u, v)
        u, v = u + (x - p), v + (y - q)
    u, v = gcj02_to_wgs84(u, v)
    away = outside_china(x, y)
    return np.where(away, x, u), np.where(away, y, v)


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Degrees:
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return x, y


def _shift(lon: Float, lat: Float) -> Degrees:
    """What GCJ-02 adds to WGS 84, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root, xy, pi = np.sqrt(np.abs(x)), x * y, np.pi
    common = 20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * xy + 0.2 * root
    north += (common + 20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * xy + 0.1 * root
    east += (common + 20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat * (pi / 180.0)
    sine = np.sin(phi)
    w2 = 1.0 - _E2 * sine * sine
    w = np.sqrt(w2)
    return (
        east * 180.0 / (_A_M / w * np.cos(phi) * pi),
        north * 180.0 / (_A_M * (1.0 - _E2) / (w2 * w) * pi),
    )


def _gcj02_to_bd09(lon: Float, lat: Float) -> Degrees:
    """BD-09 turns and stretches GCJ-02 a little about 0°, 0° and moves it.

    Written as a rotation; the usual text takes `atan2` and back.
    """
    k = np.pi * 3000.0 / 180.0
    r = np.sqrt(lon * lon + lat * lat)
    stretch = 1.0 + _BD_R * np.sin(lat * k) / np.where(r > 0.0, r, 1.0)
    angle = _BD_ANGLE * np.cos(lon * k)
    cos, sin = np.cos(angle), np.sin(angle)
    return (
        stretch * (lon * cos - lat * sin) + _BD_LON,
        stretch * (lat * cos + lon * sin) + _BD_LAT,
    )

"""Where the sun stands, and whether it is night: per place and moment, on arrays.

Formulas of the NOAA solar calculator (after Meeus, Astronomical Algorithms, 1998, ch. 12 and 25):
within 0.02° of `astral` from 1990 to 2040. Night is judged at the place, never by the hour.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Sun below this at night (civil twilight's end; standards: night is the sun under -6°).
NIGHT_BELOW_DEG = -6.0

_J2000_US = np.datetime64("2000-01-01T12:00:00", "us")
_DAY_US = 86_400_000_000
_RAD = np.pi / 180.0


def sun_elevation_deg(lon: ArrayLike, lat: ArrayLike, times: ArrayLike) -> NDArray[np.float64]:
    """Elevation of the sun's centre above the horizon in degrees, without refraction.

    Parameters
    ----------
    lon, lat
        Degrees; scalars or arrays that broadcast with the times.
    times
        `datetime64` in UTC.

    Returns
    -------
    Rounded to 0.01°, so that the last bits of `arcsin`, which depend on the processor, do not
    matter. NaN where a coordinate or a time is missing.

    >>> sun_elevation_deg(121.9, 29.2, np.array(["2026-06-21T04:00", "2026-06-21T16:00"], "M8[us]"))
    array([ 84.09, -37.34])
    """
    at = np.asarray(times, "datetime64[us]")
    since = (at - _J2000_US).astype(np.int64)
    days = np.where(np.isnat(at), np.nan, since / _DAY_US)
    century = days / 36525.0
    mean_lon = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = (357.52911 + century * (35999.05029 - 0.0001537 * century)) * _RAD
    ascent = (125.04 - 1934.136 * century) * _RAD
    centre = (
        np.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + np.sin(2.0 * anomaly) * (0.019993 - 0.000101 * century)
        + np.sin(3.0 * anomaly) * 0.000289
    )
    apparent = (mean_lon + centre - 0.00569 - 0.00478 * np.sin(ascent)) * _RAD
    tilt = (23.4392911 - 0.0130042 * century + 0.00256 * np.cos(ascent)) * _RAD
    # The sun's direction turned by the local sidereal time (Meeus 12.4): no arctan is needed.
    east, north = np.cos(tilt) * np.sin(apparent), np.sin(tilt) * np.sin(apparent)
    local = (280.46061837 + 360.98564736629 * days + np.asarray(lon, np.float64)) * _RAD
    meridian = np.cos(apparent) * np.cos(local) + east * np.sin(local)  # cos(declination) cos(h)
    phi = np.asarray(lat, np.float64) * _RAD
    height = np.clip(np.sin(phi) * north + np.cos(phi) * meridian, -1.0, 1.0)
    return np.asarray(np.round(np.arcsin(height) / _RAD, 2), np.float64)


def is_night(
    lon: ArrayLike, lat: ArrayLike, times: ArrayLike, below_deg: float = NIGHT_BELOW_DEG
) -> NDArray[np.bool_]:
    """True where the sun stands lower than `below_deg`; False where it is not known.

    >>> is_night(121.9, 29.2, np.array(["2026-06-21T04:00", "2026-06-21T16:00"], "M8[us]"))
    array([False,  True])
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(sun_elevation_deg(lon, lat, times) < below_deg, np.bool_)


@lru_cache(maxsize=1 << 14)
def night_at(lon: float, lat: float, at_us: int) -> bool:
    """Whether it is night at one place and moment (microseconds since 1970)."""
    return bool(is_night(lon, lat, np.datetime64(at_us, "us")))

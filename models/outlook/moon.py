"""Where the moon stands and how much of it is lit: enough to say whether a night is dark.

The short series of the Astronomical Almanac (page D22; about 0.3° in longitude, 0.2° in latitude),
with the parallax of the horizon. The shadow of the hills is not looked at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

_J2000_US = np.datetime64("2000-01-01T12:00:00", "us")
_DAY_US = 86_400_000_000
_RAD = np.pi / 180.0

#: Amplitude in degrees, phase in degrees, degrees a century.
_LONGITUDE = (
    (6.29, 135.0, 477198.87), (-1.27, 259.3, -413335.36), (0.66, 235.7, 890534.22),
    (0.21, 269.9, 954397.74), (-0.19, 357.5, 35999.05), (-0.11, 186.5, 966404.03),
)  # fmt: skip
_LATITUDE = (
    (5.13, 93.3, 483202.02), (0.28, 228.2, 960400.89), (-0.28, 318.3, 6003.15),
    (-0.17, 217.6, -407332.21),
)  # fmt: skip
_PARALLAX_DEG = 0.95


def moon(lon: float, lat: float, times: ArrayLike) -> tuple[Float, Float]:
    """Elevation of the moon in degrees, and the lit share of its disc.

    Parameters
    ----------
    lon, lat
        Degrees.
    times
        `datetime64` in UTC, shape (n,); none missing.

    Returns
    -------
    Shape (n,) each, rounded to 0.1° and 0.01.

    >>> full, new = np.array(["2026-03-03T16:00", "2026-03-19T04:00"], "M8[us]")
    >>> [share.tolist() for share in moon(121.9, 29.2, np.array([full, new]))]
    [[65.4, 62.0], [1.0, 0.0]]
    """
    at = np.asarray(times, "datetime64[us]")
    days = (at - _J2000_US).astype(np.int64) / _DAY_US
    century = days / 36525.0
    along = 218.32 + 481267.881 * century + _series(_LONGITUDE, century)
    across = _series(_LATITUDE, century) * _RAD
    anomaly = (357.528 + 0.9856003 * days) * _RAD
    sun = 280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly)
    lit = (1.0 - np.cos(across) * np.cos((along - sun) * _RAD)) / 2.0
    tilt = 23.439 * _RAD
    flat = np.cos(across)
    x = flat * np.cos(along * _RAD)
    y = np.cos(tilt) * flat * np.sin(along * _RAD) - np.sin(tilt) * np.sin(across)
    z = np.sin(tilt) * flat * np.sin(along * _RAD) + np.cos(tilt) * np.sin(across)
    local = (280.46061837 + 360.98564736629 * days + lon) * _RAD
    toward = x * np.cos(local) + y * np.sin(local)
    sine = np.clip(np.sin(lat * _RAD) * z + np.cos(lat * _RAD) * toward, -1.0, 1.0)
    high = np.arcsin(sine)
    return np.round(high / _RAD - _PARALLAX_DEG * np.cos(high), 1), np.round(lit, 2) + 0.0


def _series(terms: tuple[tuple[float, float, float], ...], century: Float) -> Float:
    total = np.zeros(len(century))
    for amplitude, phase, rate in terms:
        total += amplitude * np.sin((phase + rate * century) * _RAD)
    return total

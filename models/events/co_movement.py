"""Lagged co-movement: one boat goes another's way, some time ahead of it (methods 1.6).

A convoy moves together; a scout goes before. So paths are laid over each other without their times,
and the time between the two at each place is the lag. A loop over candidates, never over points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.plane import east_north_m

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: What lies farther away is no nearer than this: one bad stretch does not decide.
FARTHEST_M: Final = 1000.0
#: What lies closer is as close as helmsmen steer and sensors tell.
NEAREST_M: Final = 125.0
#: The lag may change by so much along the way: the two need not be equally fast.
LAG_SPREAD_S: Final = 1200


@dataclass(frozen=True)
class Path:
    """Places in the order of time: seconds, degrees."""

    t_s: Int
    lon: Float
    lat: Float

    @staticmethod
    def of(points: pl.DataFrame) -> Path:
        """From a frame with `clock_s`, `lon`, `lat`."""
        lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
        return Path(points["clock_s"].to_numpy(), lon, lat)

    def back(self, metres: float) -> int:
        """The first place of the last so many metres of the way."""
        east, north = east_north_m(self.lon[:-1], self.lat[:-1], self.lon[1:], self.lat[1:])
        steps = np.sqrt(east * east + north * north)[::-1]
        return len(self.t_s) - 1 - int(np.searchsorted(np.cumsum(steps), metres, side="right"))

    def last(self, metres: float) -> Path:
        """The last so many metres of the way."""
        first = self.back(metres)
        return Path(self.t_s[first:], self.lon[first:], self.lat[first:])


@dataclass(frozen=True)
class Match:
    """How well one path goes ahead along another."""

    share: float  # of the way, within reach at one lag
    lag_s: int
    apart_m: int  # summed over the way; the smaller, the better
    from_s: int  # when the one ahead began to go along it


def along(way: Path, ahead: Path, reach_m: float) -> Match | None:
    """How far a path goes along a way, whenever that was; None where nothing is within reach."""
    if len(ahead.t_s) < 2 or len(way.t_s) < 2:
        return None
    lon0, lat0 = way.lon[-1], way.lat[-1]
    x, y = east_north_m(lon0, lat0, way.lon, way.lat)
    ax, ay = east_north_m(lon0, lat0, ahead.lon, ahead.lat)
    ux, uy = ax[1:] - ax[:-1], ay[1:] - ay[:-1]
    length2 = np.maximum(ux * ux + uy * uy, 1e-6)
    dx, dy = x[:, None] - ax[:-1], y[:, None] - ay[:-1]
    part = np.clip((dx * ux + dy * uy) / length2, 0.0, 1.0)
    ox, oy = dx - part * ux, dy - part * uy
    wx, wy = np.append(x[1:] - x[:-1], 0.0), np.append(y[1:] - y[:-1], 0.0)
    wx[-1], wy[-1] = wx[-2], wy[-2]
    same = wx[:, None] * ux + wy[:, None] * uy > 0.0  # on its way back it goes the other way
    off2 = np.where(same, ox * ox + oy * oy, np.inf)
    nearest = np.argmin(off2, axis=1)
    rows = np.arange(len(x))
    off_m = np.sqrt(off2[rows, nearest])
    took = (ahead.t_s[1:] - ahead.t_s[:-1])[nearest]
    when = ahead.t_s[:-1][nearest] + np.rint(part[rows, nearest] * took).astype(np.int64)
    lag = way.t_s - when
    near = off_m <= reach_m
    if not near.any():
        return None
    lags = np.sort(lag[near])
    lag_s = int(lags[len(lags) // 2])
    hit = near & (np.abs(lag - lag_s) <= LAG_SPREAD_S)
    apart = np.where(hit, np.clip(off_m, NEAREST_M, FARTHEST_M), FARTHEST_M)
    share = int(hit.sum()) / len(hit)
    return Match(share, lag_s, int(np.rint(apart).astype(np.int64).sum()), int(when[hit].min()))


def p_value(better: int, surrogates: int) -> float:
    """How often chance does as well (methods 1.6).

    >>> p_value(0, 99), p_value(4, 14)
    (0.01, 0.3333)
    """
    return round((1 + better) / (surrogates + 1), 4)

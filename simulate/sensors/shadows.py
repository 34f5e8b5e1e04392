"""How much land lies between an antenna and a place on the water.

A table of rays: the square around the antenna has four sides, each cut into bins of equal slope,
so that the ray of a place is found by one division and no angle.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulate.place import Place
from simulate.waters import CELL_M, Waters

Float = NDArray[np.float64]

_BINS = 1024  # rays on each side of the square
_SHORT = 2  # cells before a place that do not count: the shore that it lies at
_OWN_LAND_M = 3_000.0  # around an antenna, which stands on a height


class Shadows:
    """Land along the rays of one antenna.

    Parameters
    ----------
    waters
        Where land is: at 0 m from it.
    xy_m
        The antenna.
    range_m
        As far as the rays go.
    """

    def __init__(self, waters: Waters, xy_m: Float, range_m: float) -> None:
        self._xy_m = xy_m
        rings = int(range_m / CELL_M) + 1
        ahead = (np.arange(rings) + 0.5) * CELL_M
        slope = (np.arange(_BINS) + 0.5) * (2.0 / _BINS) - 1.0
        aside = slope[:, None] * ahead
        ahead = np.broadcast_to(ahead, aside.shape)
        stretch = np.sqrt(1.0 + slope * slope)[:, None]
        table = np.empty((4, _BINS, rings), np.float32)
        for side, (x, y) in enumerate(
            ((ahead, aside), (aside, ahead), (-ahead, aside), (aside, -ahead))
        ):
            land = _is_land(waters, self._xy_m[0] + x, self._xy_m[1] + y)
            land &= ahead * stretch > _OWN_LAND_M
            table[side] = np.cumsum(land, axis=1) * (CELL_M * stretch)
        self._table = table.ravel()
        self._rings = rings

    def land_m(self, xy_m: Float) -> Float:
        """Shape (n,): metres of land between the antenna and places of shape (n, 2)."""
        dx, dy = xy_m[:, 0] - self._xy_m[0], xy_m[:, 1] - self._xy_m[1]
        wide = np.abs(dx) >= np.abs(dy)
        ahead, aside = np.where(wide, dx, dy), np.where(wide, dy, dx)
        side = np.where(wide, 0, 1) + np.where(ahead < 0, 2, 0)
        far = np.abs(ahead)
        slope = aside / np.maximum(far, 1.0)
        bin_ = np.clip((slope + 1.0) * (_BINS / 2), 0, _BINS - 1).astype(np.int64)
        ring = np.clip(far / CELL_M - _SHORT, 0, self._rings - 1).astype(np.int64)
        found = self._table[(side * _BINS + bin_) * self._rings + ring]
        return np.asarray(found, np.float64)


def _is_land(waters: Waters, x: Float, y: Float) -> NDArray[np.bool_]:
    rows, columns = waters.off_m.shape
    row = np.rint((y - waters.origin_m[1]) / CELL_M).astype(np.int64)
    column = np.rint((x - waters.origin_m[0]) / CELL_M).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    off = waters.off_m[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
    return np.asarray(inside & (off == 0.0), np.bool_)


@lru_cache(maxsize=16)
def shadows_of(place: Place, lon: float, lat: float, range_m: float) -> Shadows:
    """The shadows of an antenna at a place's sea."""
    x, y = place.plane.to_m(lon, lat)
    return Shadows(place.waters, np.array([float(x), float(y)]), range_m)

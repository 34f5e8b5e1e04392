"""What a radar can see: within its range, not behind land, off the shore's own echo.

"Not seen" and "not looked" differ: nothing is concluded from what a radar does not show where it
cannot look. Heights are not known, so land counts by its extent: a skerry or a spit hides nothing,
an island does, and a radar looks over the land at its own feet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from geo.land import Land
from geo.plane import distance_m, east_north_m

Bool = NDArray[np.bool_]
Int = NDArray[np.int64]
Float = NDArray[np.float64]

CELL_M: Final = 100.0
FARTHEST_M: Final = 100_000.0  # no coastal radar sees boats beyond; bounds the rasters
DEFAULT_RANGE_M: Final = 37_000.0  # 20 nautical miles, where the site gives none (methods 7.1)
_RAYS: Final = 2048


@dataclass(frozen=True, eq=False)
class Horizon:
    """What one antenna sees, as a raster of cells of 100 m around it, made when first asked.

    Parameters
    ----------
    lon, lat, range_m
        The antenna; ranges beyond 100 km are cut.
    land
        None: nothing but the range counts.
    shore_m
        What is nearer to land is lost in its echo.
    blocking_m
        So much land along the ray hides what is behind it.
    own_land_m
        Land that near to the antenna hides nothing.

    >>> Horizon(121.9, 29.2, 10_000.0).sees([121.95, 122.1, float("nan")], [29.2] * 3).tolist()
    [True, False, False]
    """

    lon: float
    lat: float
    range_m: float = DEFAULT_RANGE_M
    land: Land | None = None
    shore_m: float = 100.0
    blocking_m: float = 200.0
    own_land_m: float = 2_000.0

    def sees(self, lon: ArrayLike, lat: ArrayLike) -> Bool:
        """Which points lie in sight; any shape, NaN is never."""
        x, y = (np.asarray(v, np.float64) for v in (lon, lat))
        half, per_lon, per_lat = self._grid
        column, row = (x - self.lon) * per_lon + half, (y - self.lat) * per_lat + half
        inside = (column >= 0) & (column < 2 * half) & (row >= 0) & (row < 2 * half)
        at = tuple(np.where(inside, v, 0.0).astype(np.int64) for v in (row, column))
        if self.land is None:
            lon, lat = self._middle(*at)  # no raster: only the range counts
            return np.asarray(inside & (self._away_m(lon, lat) <= self._most_m), np.bool_)
        return np.asarray(inside & self._open[at], np.bool_)

    def reaches(self, lon: float, lat: float, share: float = 1.0) -> bool:
        """Whether a point lies within a share of the range, whatever is in between."""
        return bool(distance_m(self.lon, self.lat, lon, lat) <= share * self._most_m)

    @cached_property
    def _grid(self) -> tuple[int, float, float]:
        """Cells from the middle to the edge; cells a degree of longitude and of latitude."""
        east, _ = east_north_m(self.lon, self.lat, self.lon + 1.0, self.lat)
        _, north = east_north_m(self.lon, self.lat, self.lon, self.lat + 1.0)
        half = int(self._most_m / CELL_M) + 2
        return half, float(east) / CELL_M, float(north) / CELL_M

    @property
    def _most_m(self) -> float:
        return min(self.range_m, FARTHEST_M)

    def _middle(self, row: Int, column: Int) -> tuple[Float, Float]:
        """The middles of cells."""
        half, per_lon, per_lat = self._grid
        east, north = column - half + 0.5, row - half + 0.5
        return np.asarray(self.lon + east / per_lon), np.asarray(self.lat + north / per_lat)

    def _away_m(self, lon: Float, lat: Float) -> Float:
        east, north = east_north_m(self.lon, self.lat, lon, lat)
        return np.asarray(np.sqrt(east * east + north * north), np.float64)

    @cached_property
    def _open(self) -> Bool:
        """Cells that are in sight, by latitude and longitude."""
        assert self.land is not None
        half = self._grid[0]
        lon, lat = self._middle(*np.ogrid[: 2 * half, : 2 * half])
        east, north = east_north_m(self.lon, self.lat, lon, lat)
        away_m = np.sqrt(east * east + north * north)
        near = away_m <= self._most_m
        dry = self.land.contains(lon, lat)
        off_m = ndimage.distance_transform_edt(~dry) * CELL_M if dry.any() else np.inf
        between = self._land_before(dry, half)
        ray = np.rint(np.arctan2(east, north) * (_RAYS / (2 * np.pi))).astype(np.int64) % _RAYS
        ring = np.clip(away_m / CELL_M, 0, between.shape[1] - 1).astype(np.int64)
        clear = between[ray, ring] <= self.blocking_m
        return np.asarray(near & clear & (off_m > self.shore_m), np.bool_)

    def _land_before(self, dry: Bool, half: int) -> NDArray[np.float64]:
        """Metres of land on each ray before each ring."""
        angle = np.arange(_RAYS)[:, None] * (2 * np.pi / _RAYS)
        ring = np.arange(int(half * 1.42) + 1) + 0.5
        row, column = (
            np.floor(ring * turned + half).astype(np.int64)
            for turned in (np.cos(angle), np.sin(angle))
        )
        inside = (row >= 0) & (row < 2 * half) & (column >= 0) & (column < 2 * half)
        last = 2 * half - 1
        land = inside & dry[np.clip(row, 0, last), np.clip(column, 0, last)]
        land &= ring * CELL_M > self.own_land_m
        return np.asarray((np.cumsum(land, axis=1) - land) * CELL_M, np.float64)


@dataclass(frozen=True, eq=False)
class Lookout:
    """The antennas of a site by name, each with its horizon.

    Parameters
    ----------
    points
        `radar_id` or `station_id` first, `lon`, `lat`, `range_m`.
    land
        None where nothing hides anything: of AIS stations only the range counts, what hills take
        is learned from what is heard.
    """

    horizons: Mapping[str, Horizon] = field(default_factory=dict)

    @staticmethod
    def of(points: pl.DataFrame, land: Land | None = None, shore_m: float = 100.0) -> Lookout:
        """From a table of the site."""
        rows = points.select(points.columns[0], "lon", "lat", "range_m").iter_rows()
        return Lookout(
            {
                str(name): Horizon(lon, lat, range_m or DEFAULT_RANGE_M, land, shore_m)
                for name, lon, lat, range_m in rows
            }
        )

    def watching(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
        """How many antennas have each point in sight.

        >>> Lookout({"R1": Horizon(121.9, 29.2, 10_000.0)}).watching([121.9, 123.0], [29.2, 29.2])
        array([1, 0])
        """
        shape = np.broadcast_shapes(np.shape(lon), np.shape(lat))
        n = np.zeros(shape, np.int64)
        for horizon in self.horizons.values():
            n = n + horizon.sees(lon, lat)
        return np.asarray(n, np.int64)

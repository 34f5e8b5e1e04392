"""Piers: the zones that vessels call at, and which of them is near."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo.plane import MetricPlane

Int = NDArray[np.int64]
Float = NDArray[np.float64]

PIER_KINDS = ("pier", "jetty", "ramp", "beach", "mudflat")
PIER_STATUSES = ("active", "low", "idle", "unknown")

#: Columns of `Piers.table`; a site's further properties stand behind them.
PIER = pl.Schema(
    {
        "pier_id": pl.String(),
        "name": pl.String(),
        "aliases": pl.List(pl.String()),
        "kind": pl.String(),
        "status": pl.String(),
        "township": pl.String(),
        "depth_m": pl.Float64(),  # chart datum: negative where it dries
        "access_lon": pl.Float64(),
        "access_lat": pl.Float64(),
        "lon": pl.Float64(),  # of the centroid
        "lat": pl.Float64(),
    }
)

_CELL_DEG = 0.005  # of the sieve; about 500 m
_SIEVES_KEPT = 16  # one a reach; callers use a handful of settings


@dataclass(frozen=True, eq=False)
class Piers:
    """The piers of a site, in the order of `table`; an index is a row number of it.

    Parameters
    ----------
    table
        Columns of `PIER`, then whatever the site adds; one row a pier.
    polygons
        Their polygons in degrees (WGS 84), in the same order.
    plane
        The site's metric plane, in which distances are taken.
    """

    table: pl.DataFrame
    polygons: NDArray[np.object_]
    plane: MetricPlane
    _flat: NDArray[np.object_] = field(init=False, repr=False)
    _tree: shapely.STRtree = field(init=False, repr=False)
    _sieves: dict[float, _Sieve] = field(init=False, repr=False)

    def __init__(
        self, table: pl.DataFrame, polygons: Iterable[BaseGeometry], plane: MetricPlane
    ) -> None:
        held = np.array([*polygons, None], object)[:-1]  # one polygon alone stays an object
        flat = shapely.transform(held, lambda xy: np.stack(plane.to_m(xy[:, 0], xy[:, 1]), axis=1))
        for name, value in (
            ("table", table),
            ("polygons", held),
            ("plane", plane),
            ("_flat", np.asarray(flat, object)),
            ("_tree", shapely.STRtree(flat)),
            ("_sieves", {}),
        ):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.polygons)

    def wkb(self) -> list[bytes]:
        """The polygons in degrees as well-known binary, in the order of `table`."""
        return [bytes(shapely.to_wkb(polygon)) for polygon in self.polygons]

    def pairs(self, lon: ArrayLike, lat: ArrayLike, within_m: float) -> tuple[Int, Int, Float]:
        """Every point with every pier within reach of it.

        Parameters
        ----------
        lon, lat
            Shape (n,), degrees; NaN is near nothing.
        within_m
            The reach in metres, edge included.

        Returns
        -------
        row, index, distance_m
            The point's row, the pier's index and the metres between, 0 inside the polygon;
            sorted by row, then index.
        """
        x, y = (np.atleast_1d(np.asarray(v, np.float64)) for v in (lon, lat))
        if not len(self) or not len(x):
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64)
        near = self._sieve(within_m).passes(x, y)
        points = np.asarray(shapely.points(*self.plane.to_m(x[near], y[near])), object)
        hit, index = self._tree.query(points, predicate="dwithin", distance=within_m)
        metres = np.asarray(shapely.distance(points[hit], self._flat[index]), np.float64)
        order = np.lexsort((index, hit))
        return near[hit[order]], index[order].astype(np.int64), metres[order]

    def nearest(self, lon: ArrayLike, lat: ArrayLike, within_m: float) -> tuple[Int, Float]:
        """The nearest pier within reach of each point.

        Parameters
        ----------
        lon, lat
            Shape (n,), degrees; NaN is near nothing.
        within_m
            The reach in metres, edge included.

        Returns
        -------
        index, distance_m
            Shape (n,): the pier's index (-1 for none; the lower one of two equally near) and the
            metres to it (0 inside, inf for none).
        """
        n = len(np.atleast_1d(np.asarray(lon)))
        found, distance = np.full(n, -1, np.int64), np.full(n, np.inf)
        row, index, metres = self.pairs(lon, lat, within_m)
        order = np.lexsort((index, metres, row))
        row, first = np.unique(row[order], return_index=True)
        found[row], distance[row] = index[order][first], metres[order][first]
        return found, distance

    def _sieve(self, within_m: float) -> _Sieve:
        if within_m not in self._sieves:
            if len(self._sieves) >= _SIEVES_KEPT:
                self._sieves.clear()
            self._sieves[within_m] = _Sieve.of(self.polygons, within_m)
        return self._sieves[within_m]


@dataclass(frozen=True)
class _Sieve:
    """A coarse raster that is true wherever a pier may be within reach.

    Nearly all of a coast's traffic is far from any pier, and looking a cell up costs far less than
    projecting a point: on the load of bench_piers.py `nearest` is several times as fast with it.
    """

    west: float
    south: float
    cell_deg: float
    cells: NDArray[np.bool_]  # by longitude, latitude

    @classmethod
    def of(cls, polygons: NDArray[np.object_], within_m: float) -> _Sieve:
        box = shapely.bounds(polygons)
        # No degree of latitude is shorter than 110.5 km; 1 % and a cell around it for safety.
        reach_north = np.full(len(box), within_m * 1.01 / 110_500.0)
        farthest = np.minimum(np.abs(box[:, [1, 3]]).max(axis=1) + reach_north, 89.0)
        reach_east = reach_north / np.cos(np.deg2rad(farthest))
        low = box[:, :2] - np.stack([reach_east, reach_north], axis=1)
        high = box[:, 2:] + np.stack([reach_east, reach_north], axis=1)
        cell_deg = max(_CELL_DEG, float((high.max(axis=0) - low.min(axis=0)).max()) / 2000.0)
        west, south = low.min(axis=0) - 2.0 * cell_deg
        first = np.floor((low - [west, south]) / cell_deg).astype(np.int64) - 1
        last = np.floor((high - [west, south]) / cell_deg).astype(np.int64) + 2
        cells = np.zeros(last.max(axis=0), np.bool_)
        for (x0, y0), (x1, y1) in zip(first, last, strict=True):
            cells[x0:x1, y0:y1] = True
        return cls(float(west), float(south), cell_deg, cells)

    def passes(self, lon: Float, lat: Float) -> Int:
        """Rows of the points that may be near a pier."""
        x, y = (lon - self.west) / self.cell_deg, (lat - self.south) / self.cell_deg
        wide, high = self.cells.shape
        rows = np.flatnonzero((x >= 0) & (y >= 0) & (x < wide) & (y < high))
        return rows[self.cells[x[rows].astype(np.int64), y[rows].astype(np.int64)]]

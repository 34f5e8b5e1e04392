"""Land: is a point on it, and how far is the shore."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo.plane import MetricPlane


@dataclass(frozen=True, eq=False)
class Land:
    """Land polygons in degrees (WGS 84), with a tree over their shore lines in metres.

    Parameters
    ----------
    polygons
        Polygons or multipolygons, longitude first.
    plane
        The site's metric plane.
    """

    polygons: tuple[BaseGeometry, ...]
    plane: MetricPlane
    _whole: BaseGeometry = field(init=False, repr=False)
    _shore: shapely.STRtree = field(init=False, repr=False)

    def __init__(self, polygons: Iterable[BaseGeometry], plane: MetricPlane) -> None:
        parts = tuple(polygons)
        flat = shapely.get_parts(np.array(parts, object)) if parts else np.empty(0, object)
        whole = shapely.multipolygons(flat) if len(flat) else shapely.MultiPolygon()
        shapely.prepare(whole)
        for name, value in (
            ("polygons", parts),
            ("plane", plane),
            ("_whole", whole),
            ("_shore", shapely.STRtree(_edges(flat, plane))),
        ):
            object.__setattr__(self, name, value)

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """True where a point lies on land or on its edge; NaN is nowhere. Any shape."""
        x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(shapely.intersects_xy(self._whole, x, y), np.bool_)

    def distance_m(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Metres to the nearest land: 0 on it, inf where the site has none, NaN for NaN."""
        x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        out = np.where(np.isfinite(x) & np.isfinite(y), np.inf, np.nan).ravel()
        ashore = self.contains(x, y).ravel()
        out[ashore] = 0.0
        ask = np.flatnonzero(np.isinf(out))
        out[ask] = self._nearest_m(x.ravel()[ask], y.ravel()[ask])
        return np.asarray(out.reshape(x.shape), np.float64)

    def shore_m(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Metres to the nearest shore, from either side: inf without land, NaN for NaN."""
        x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        out = np.full(x.size, np.nan)
        ask = np.flatnonzero((np.isfinite(x) & np.isfinite(y)).ravel())
        out[ask] = self._nearest_m(x.ravel()[ask], y.ravel()[ask])
        return np.asarray(out.reshape(x.shape), np.float64)

    def _nearest_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.full(len(lon), np.inf)
        if len(lon) and len(self._shore.geometries):
            points = shapely.points(*self.plane.to_m(lon, lat))
            (row, _), metres = self._shore.query_nearest(
                points, return_distance=True, all_matches=False
            )
            out[row] = metres
        return out


def _edges(polygons: NDArray[np.object_], plane: MetricPlane) -> NDArray[np.object_]:
    """Every edge of every ring as a line of two points in metres.

    A tree over whole polygons would measure against thousands of vertices for each point.
    """
    if not len(polygons):
        return np.empty(0, object)
    xy, ring = shapely.get_coordinates(shapely.get_rings(polygons), return_index=True)
    x_m, y_m = plane.to_m(xy[:, 0], xy[:, 1])
    same = ring[1:] == ring[:-1]
    ends = np.stack([x_m, y_m], axis=1)
    pairs = np.stack([ends[:-1][same], ends[1:][same]], axis=1)
    return np.asarray(shapely.linestrings(pairs), object)

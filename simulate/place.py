"""The place as vessels know it: where they can lie at a pier, and the way there from the sea."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from core.errors import SiteError
from geo.site import Site
from simulate.waters import CELL_M, COARSE, Routes, Waters, graph, routes_to, survey

Float = NDArray[np.float64]

MARGIN_M = 14_000.0  # of sea around the piers
_LIE_OFF_M = 12.0  # between a pier and the middle of the first vessel at it
_ABREAST_M = 5.0  # between vessels that lie abreast
_GATE_M = 110.0  # from a pier to where a vessel turns to it


class Place:
    """A site with its waters.

    Parameters
    ----------
    site
        It must have land, piers and AIS stations.

    Raises
    ------
    SiteError
        One of them is missing.
    """

    def __init__(self, site: Site) -> None:
        for file, there in (
            ("land.geojson", site.land is not None),
            ("piers.geojson", len(site.piers) > 0),
            ("stations.geojson", len(site.stations) > 0),
        ):
            if not there:
                raise SiteError(file, expected="something to simulate with", came="nothing")
        assert site.land is not None
        self.site, self.plane = site, site.plane
        flat = [_flat(polygon, site) for polygon in site.land.polygons]
        self._land = shapely.STRtree(shapely.get_parts(np.array(flat, object)))
        self._piers = [_flat(polygon, site) for polygon in site.piers.polygons]
        west, south, east, north = shapely.total_bounds(np.array(self._piers, object))
        low = (float(west) - MARGIN_M, float(south) - MARGIN_M)
        high = (float(east) + MARGIN_M, float(north) + MARGIN_M)
        self.waters: Waters = survey(site.land, low, high)
        self._steps: csr_matrix = graph(self.waters)
        self._routes: dict[int, Routes] = {}
        self._ways: dict[tuple[int, int], Float] = {}
        self._berths: dict[tuple[int, float], Float] = {}
        self._gates: dict[tuple[int, int], Float | None] = {}

    @property
    def cameras(self) -> pl.DataFrame:
        """The cameras that send events: most of a county's only show their pictures to people."""
        cameras = self.site.cameras
        if "events" not in cameras.columns:
            return cameras
        return cameras.filter(~pl.col("events").cast(pl.Boolean).eq_missing(pl.lit(False)))

    def coast_km(self, reach_m: float = 2_500.0) -> float:
        """The length of the shore, islands too, as far as this from one of the piers."""
        total = 0.0
        piers = cKDTree(shapely.get_coordinates(shapely.centroid(self._piers)))
        for ring in shapely.get_rings(self._land.geometries):
            points = shapely.get_coordinates(ring)
            away, _ = piers.query((points[1:] + points[:-1]) / 2)
            steps = np.sqrt(((points[1:] - points[:-1]) ** 2).sum(axis=1))
            total += float(steps[away < reach_m].sum())
        return total / 1000

    def sea(self, east: float, north: float) -> Float:
        """The navigable spot nearest to a share of the way across the grid, as (x, y)."""
        rows, columns = self.waters.off_m.shape
        x = self.waters.origin_m[0] + east * (columns - 1) * CELL_M
        y = self.waters.origin_m[1] + north * (rows - 1) * CELL_M
        node = self.waters.node(x, y)
        if node < 0:
            raise SiteError("land.geojson", expected="open sea around the piers", came="none")
        return np.asarray(self.waters.point([node])[0], np.float64)

    def centre(self, pier: int) -> Float:
        """The middle of a pier."""
        x, y = shapely.get_coordinates(shapely.centroid(self._piers[pier]))[0]
        return np.array([x, y])

    def berth(self, pier: int, slot: int = 0) -> Float:
        """Where the vessel in this slot of a pier lies: in the water, 10 to 40 m from it."""
        away = min(_LIE_OFF_M + _ABREAST_M * (slot // 3), 36.0)
        if (pier, away) not in self._berths:
            self._berths[pier, away] = self._ring(pier, away)
        spots = self._berths[pier, away]
        return np.asarray(spots[slot % min(3, len(spots))], np.float64)

    def way_in(self, pier: int, slot: int, from_: Float) -> Float | None:
        """The path from a spot on the sea to a berth, shape (n, 2); None where there is none."""
        out = self.way_out(pier, slot, from_)
        return None if out is None else out[::-1]

    def way_out(self, pier: int, slot: int, to: Float) -> Float | None:
        """The path from a berth to a spot on the sea; None where there is none."""
        gate = self.gate(pier, slot)
        if gate is None:
            return None
        route = self.way(gate[-1], to)
        return None if route is None else np.concatenate([gate, route[1:]])

    def way(self, from_: Float, to: Float) -> Float | None:
        """The path between two spots of open water."""
        start, hub = (self.waters.node(float(p[0]), float(p[1])) for p in (from_, to))
        if start < 0 or hub < 0:
            return None
        if (start, hub) not in self._ways:
            if hub not in self._routes:
                self._routes[hub] = routes_to(self.waters, self._steps, hub)
            self._ways[start, hub] = self._routes[hub].path(start)
        path = self._ways[start, hub]
        return path if len(path) else None

    def dry(self, path: Float) -> bool:
        """True where a path touches land."""
        return bool(len(self._land.query(shapely.linestrings(path), predicate="intersects")))

    def _ring(self, pier: int, away_m: float) -> Float:
        """Spots around a pier at this distance that are in the water, farthest from land first."""
        ring = shapely.get_exterior_ring(shapely.buffer(self._piers[pier], away_m, quad_segs=4))
        spots = shapely.get_coordinates(
            shapely.line_interpolate_point(ring, np.arange(32) / 32, normalized=True)
        )
        _, metres = self._land.query_nearest(
            shapely.points(spots), return_distance=True, all_matches=False
        )
        order = np.lexsort((np.arange(len(spots)), -np.round(metres, 1)))
        wet = [i for i in order if metres[i] > 1.0]
        return spots[wet]

    def gate(self, pier: int, slot: int) -> Float | None:
        """The way from a berth to the nearest routing cell, by one turn at most; None without one.

        All routing cells are connected: a pier with a gate can be reached from anywhere at sea.
        """
        if (pier, slot) not in self._gates:
            self._gates[pier, slot] = self._find_gate(pier, slot)
        return self._gates[pier, slot]

    def _find_gate(self, pier: int, slot: int) -> Float | None:
        berth = self.berth(pier, slot)
        for turn in [None, *self._ring(pier, _GATE_M)[:12]]:
            start = berth if turn is None else turn
            if turn is not None and self.dry(np.stack([berth, turn])):
                continue
            for cell in self._cells_near(start):
                line = np.stack([start, cell])
                if not self.dry(line):
                    return line if turn is None else np.stack([berth, turn, cell])
        return None

    def _cells_near(self, spot: Float, reach: int = 4) -> Float:
        """Routing cells around a spot, nearest first."""
        step = CELL_M * COARSE
        rows, columns = self.waters.open_sea.shape
        row = round((float(spot[1]) - self.waters.origin_m[1]) / step)
        column = round((float(spot[0]) - self.waters.origin_m[0]) / step)
        r, c = np.mgrid[
            max(row - reach, 0) : min(row + reach + 1, rows),
            max(column - reach, 0) : min(column + reach + 1, columns),
        ]
        open_ = self.waters.open_sea[r, c]
        cells = self.waters.point((r[open_] * columns + c[open_]).astype(np.int64))
        gap = np.round(((cells - spot) ** 2).sum(axis=1), 1)
        return cells[np.lexsort((np.arange(len(cells)), gap))][:24]


def _flat(polygon: BaseGeometry, site: Site) -> BaseGeometry:
    return shapely.transform(
        polygon, lambda xy: np.stack(site.plane.to_m(xy[:, 0], xy[:, 1]), axis=1)
    )

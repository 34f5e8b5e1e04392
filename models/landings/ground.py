"""Where the land side lies: accesses of piers, and which piers each camera and bar belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.settings import LandSettings
from geo.plane import distance_m
from geo.site import Site
from models.events.instants import on_the_globe

Int = NDArray[np.int64]
Float = NDArray[np.float64]
_MARGIN = 1.01  # the globe is round there; what is asked for is measured on the ellipsoid


@dataclass(frozen=True, eq=False)
class Accesses:
    """Where the roads of the piers reach their quays. A pier without a road has none."""

    pier: Int  # rows of the pier table
    lon: Float
    lat: Float
    _tree: cKDTree | None

    @staticmethod
    def of(site: Site) -> Accesses:
        """Those of a site."""
        table = site.piers.table
        lon, lat = (
            table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in ("access_lon", "access_lat")
        )
        pier = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat)).astype(np.int64)
        lon, lat = lon[pier], lat[pier]
        return Accesses(pier, lon, lat, cKDTree(on_the_globe(lon, lat)) if len(pier) else None)

    def pairs(self, lon: Float, lat: Float, within_m: float) -> tuple[Int, Int, Float]:
        """Every point with every access within reach: the point's row, the pier, the metres."""
        nothing = np.empty(0, np.int64)
        if self._tree is None or not len(lon):
            return nothing, nothing, np.empty(0)
        points = on_the_globe(lon, lat)
        hits: list[list[int]] = [
            *np.asarray(self._tree.query_ball_point(points, _MARGIN * within_m), object)
        ]
        row = np.repeat(np.arange(len(lon)), [len(hit) for hit in hits])
        at = np.concatenate([*map(np.sort, hits), nothing]).astype(np.int64)
        metres = distance_m(lon[row], lat[row], self.lon[at], self.lat[at])
        near = metres <= within_m
        return row[near].astype(np.int64), self.pier[at[near]], metres[near]

    def near(self, lon: Float, lat: Float, within_m: float) -> NDArray[np.bool_]:
        """Which points have an access within reach."""
        out = np.zeros(len(lon), np.bool_)
        if self._tree is None or not len(lon):
            return out
        far, _ = self._tree.query(on_the_globe(lon, lat), distance_upper_bound=_MARGIN * within_m)
        row = np.flatnonzero(np.isfinite(far))
        hit, _, _ = self.pairs(lon[row], lat[row], within_m)
        out[row[hit]] = True
        return out


@dataclass(frozen=True, eq=False)
class LandGround:
    """A site's accesses, and what its cameras and bars look at.

    `docks` and `bars` are piers by camera and bar; `roads` has `source`, `lon`, `lat`, `pier` and
    `metres` to its access for every road camera within reach of one.
    """

    accesses: Accesses
    docks: dict[str, int]
    bars: dict[str, int]
    roads: pl.DataFrame
    at_roads: frozenset[str]

    @staticmethod
    @lru_cache(maxsize=8)
    def of(site: Site, settings: LandSettings) -> LandGround:
        """That of a site; made once."""
        rows = {name: row for row, name in enumerate(site.piers.table["pier_id"])}
        accesses = Accesses.of(site)
        of_pier = site.cameras.filter(pl.col("pier_id").is_not_null())
        docks = of_pier.filter(pl.col("kind").fill_null("dock") == "dock")
        roads = site.cameras.filter(pl.col("kind") == "road")
        row, pier, metres = accesses.pairs(
            roads["lon"].to_numpy(), roads["lat"].to_numpy(), settings.road_reach_m
        )
        reach = roads[row].select(
            pl.col("camera_id").alias("source"),
            "lon",
            "lat",
            pl.Series("pier", pier, pl.Int64),
            pl.Series("metres", np.rint(metres), pl.Int64),
        )
        bars = site.bars.drop_nulls("pier_id")
        return LandGround(
            accesses,
            {c: rows[p] for c, p in docks.select("camera_id", "pier_id").iter_rows() if p in rows},
            {b: rows[p] for b, p in bars.select("bar_id", "pier_id").iter_rows() if p in rows},
            reach,
            frozenset(roads["camera_id"]),
        )

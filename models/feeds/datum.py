"""Vehicle positions fed as WGS 84 that are GCJ-02: trucks driving beside their road.

The site has no roads. What it has tells much near the coast, where GCJ-02 moves a position by
about 500 m to the south-east: of a wrongly fed terminal many positions lie in the water, and land
when they are turned back; of a right one it is the other way round. Of every position at least
300 m from the one before it is asked, as fed and as turned back, whether it lies on land or at a
pier; a halt is asked too whether it lies at a pier's access. Where both answers agree nothing is
learned. Eight that speak for GCJ-02, at most one in ten against, and two kilometres between the
outermost are a suspicion; nothing is corrected.

What it cannot see: terminals that never come within about 500 m of the shore or to a pier; and
land won from the sea that the site's polygons lack looks like GCJ-02 along its own length, hence
the two kilometres. A look at one truck on the map settles it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.datums import gcj02_to_wgs84
from geo.land import Land
from geo.piers import Piers
from geo.plane import distance_m

APART_M: Final = 300.0
ACCESS_M: Final = 60.0
PIER_M: Final = 60.0
HALT_KN: Final = 1.0
ENOUGH: Final = 8
AGAINST: Final = 10  # one in so many
EXTENT_M: Final = 2000.0
MEMORY_S: Final = 30 * 86400
MOST_TERMINALS: Final = 50_000

#: By source: where it was asked last, what spoke for and against, and the box of what spoke for.
EVIDENCE: Final = pl.Schema(
    {
        "source": pl.String(),
        "tick_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "spoke_for": pl.Int64(),
        "against": pl.Int64(),
        "west": pl.Float64(),
        "south": pl.Float64(),
        "east": pl.Float64(),
        "north": pl.Float64(),
    }
)


def learn(
    evidence: pl.DataFrame, rows: pl.DataFrame, tick_s: int, land: Land | None, piers: Piers
) -> pl.DataFrame:
    """Ask the last position of each terminal in the stretch that ends with a tick.

    Parameters
    ----------
    rows
        `models.feeds.quarantine.RELEASED`; others than vehicles are left out.
    """
    if land is None or not len(land.polygons):
        return evidence
    last = (
        rows.filter(
            pl.col("sensor") == "vehicle", pl.col("source").is_not_null(),
            pl.col("lon").is_not_null(), pl.col("lat").is_not_null(),
            pl.col("observed_at").is_not_null(),
        )
        .sort("source", "observed_at", "key")
        .unique("source", keep="last", maintain_order=True)
    )  # fmt: skip
    if last.is_empty():
        return evidence
    was = last.join(evidence, on="source", how="left", maintain_order="left", suffix="_was")
    away = distance_m(*(was[c].to_numpy() for c in ("lon", "lat", "lon_was", "lat_was")))
    asked = was.filter(pl.Series(~(away < APART_M)))
    if asked.is_empty():
        return evidence
    halt = (asked["speed_kn"].fill_null(99.0) < HALT_KN).to_numpy()
    lon, lat = asked["lon"].to_numpy(), asked["lat"].to_numpy()
    back = gcj02_to_wgs84(lon, lat)
    fed, turned = (_fits(x, y, halt, land, piers) for x, y in ((lon, lat), back))
    pro, con = turned > fed, turned < fed
    new = asked.select(
        "source",
        pl.lit(tick_s, pl.Int64).alias("tick_s"),
        "lon",
        "lat",
        pl.col("spoke_for").fill_null(0) + pl.Series(pro.astype(np.int64)),
        pl.col("against").fill_null(0) + pl.Series(con.astype(np.int64)),
        *(_grown(c, at, pro) for c, at in (("west", lon), ("south", lat))),
        *(_grown(c, at, pro) for c, at in (("east", lon), ("north", lat))),
    )
    both = pl.concat([evidence.join(new, on="source", how="anti"), new.cast(EVIDENCE)])
    kept = both.filter(pl.col("tick_s") > tick_s - MEMORY_S)
    if len(kept) > MOST_TERMINALS:
        kept = kept.sort("tick_s", "source", descending=[True, False])[:MOST_TERMINALS]
    return kept.sort("source")


def suspected(evidence: pl.DataFrame) -> pl.Series:
    """The sources that are suspected of GCJ-02."""
    extent = distance_m(*(evidence[c].to_numpy() for c in ("west", "south", "east", "north")))
    return evidence.filter(
        pl.col("spoke_for") >= ENOUGH,
        AGAINST * pl.col("against") <= pl.col("spoke_for"),
        pl.Series(extent >= EXTENT_M),
    )["source"]


def _fits(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    halt: NDArray[np.bool_],
    land: Land,
    piers: Piers,
) -> NDArray[np.int64]:
    """2 where a halt is at a pier's access, 1 on land or at a pier, 0 in the water."""
    dry = land.contains(lon, lat)
    if len(piers):
        wet = np.flatnonzero(~dry)
        dry[wet] = piers.nearest(lon[wet], lat[wet], PIER_M)[0] >= 0
    at_access = np.zeros(len(lon), np.bool_)
    access = piers.table.select("access_lon", "access_lat").drop_nulls().to_numpy()
    rows = np.flatnonzero(halt)
    for row in rows.tolist() if len(access) else ():
        away = distance_m(lon[row], lat[row], access[:, 0], access[:, 1])
        at_access[row] = bool((away <= ACCESS_M).any())
    return np.where(at_access, 2, dry.astype(np.int64))


def _grown(name: str, at: NDArray[np.float64], counts: NDArray[np.bool_]) -> pl.Expr:
    least = pl.min_horizontal if name in ("west", "south") else pl.max_horizontal
    said = pl.Series(np.where(counts, at, np.nan)).fill_nan(None)
    return least(pl.col(name), said).alias(name)

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


#: What `learn` takes: positions with the tick that ends their stretch.
_ASKED: Final = ("source", "stretch_s", "lon", "lat", "speed_kn")


def learn(
    evidence: pl.DataFrame, rows: pl.DataFrame, land: Land | None, piers: Piers
) -> pl.DataFrame:
    """Ask the last position of each terminal in each stretch.

    Parameters
    ----------
    rows
        `models.feeds.quarantine.RELEASED` with `stretch_s`, the tick that ends its stretch; others
        than vehicles are left out.
    """
    if land is None or not len(land.polygons):
        return evidence
    last = (
        rows.filter(
            pl.col("sensor") == "vehicle", pl.col("source").is_not_null(),
            pl.col("lon").is_not_null(), pl.col("lat").is_not_null(),
            pl.col("observed_at").is_not_null(),
        )
        .sort("source", "stretch_s", "observed_at", "key")
        .unique(["source", "stretch_s"], keep="last", maintain_order=True)
        .select(_ASKED)
    )  # fmt: skip
    if len(evidence) + last["source"].n_unique() <= MOST_TERMINALS:
        return _learn(evidence, last, land, piers)
    for _, mine in last.sort("stretch_s", "source").group_by("stretch_s", maintain_order=True):
        evidence = _learn(evidence, mine, land, piers)
        newest = evidence.sort("tick_s", "source", descending=[True, False])
        evidence = newest[:MOST_TERMINALS].sort("source")
    return evidence


def _learn(evidence: pl.DataFrame, last: pl.DataFrame, land: Land, piers: Piers) -> pl.DataFrame:
    """Learn from rows by source and stretch, one a source and stretch."""
    asked = _apart(evidence, last)
    if asked.is_empty():
        return evidence
    halt = (asked["speed_kn"].fill_null(99.0) < HALT_KN).to_numpy()
    lon, lat = asked["lon"].to_numpy(), asked["lat"].to_numpy()
    fed, turned = (
        _fits(x, y, halt, land, piers) for x, y in ((lon, lat), gcj02_to_wgs84(lon, lat))
    )
    pro = turned > fed
    spots = {
        "spoke_for": pl.Series(pro.astype(np.int64)),
        "against": pl.Series((turned < fed).astype(np.int64)),
        **{c: pl.Series(np.where(pro, lon, np.nan)).fill_nan(None) for c in ("west", "east")},
        **{c: pl.Series(np.where(pro, lat, np.nan)).fill_nan(None) for c in ("south", "north")},
    }
    said = asked.select("source", pl.col("stretch_s").alias("tick_s"), "lon", "lat", **spots)
    anew = asked.filter("anew")["source"].unique()
    held = evidence.filter(~pl.col("source").is_in(anew.implode()))
    both = pl.concat([held, said.select(EVIDENCE.names()).cast(EVIDENCE)]).group_by(
        "source", maintain_order=True
    )
    after = both.agg(
        pl.col("tick_s", "lon", "lat").last(),
        pl.col("spoke_for", "against").sum(),
        pl.col("west", "south").min(),
        pl.col("east", "north").max(),
    ).select(EVIDENCE.names())
    newest_s = int(asked["stretch_s"].to_numpy().max())
    return after.filter(pl.col("tick_s") > newest_s - MEMORY_S).sort("source")


def _apart(evidence: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """The rows far enough from the one of their source that was asked before.

    `anew` marks those of a source that was unknown or is forgotten. A loop over the rows of the
    source that has most, done for all sources at once.
    """
    count = last.group_by("source", maintain_order=True).len()
    was = count.join(evidence, on="source", how="left", maintain_order="left")
    at = [was[c].to_numpy().astype(np.float64) for c in ("lon", "lat", "tick_s")]
    rows = [last[c].to_numpy().astype(np.float64) for c in ("lon", "lat", "stretch_s")]
    many = count["len"].to_numpy().astype(np.int64)
    begin = np.cumsum(many) - many
    asked, anew = (np.zeros(len(last), np.bool_) for _ in range(2))
    for k in range(int(many.max(initial=0))):
        mine = np.flatnonzero(many > k)
        row = begin[mine] + k
        forgotten = ~(at[2][mine] > rows[2][row] - MEMORY_S)
        near = distance_m(rows[0][row], rows[1][row], at[0][mine], at[1][mine]) < APART_M
        far = forgotten | ~near
        asked[row], anew[row] = far, forgotten
        for kept, new in zip(at, rows, strict=True):
            kept[mine[far]] = new[row[far]]
    found = last.with_columns(anew=pl.Series(anew)).filter(pl.Series(asked))
    since = pl.int_range(pl.len()).filter("anew").max().over("source").fill_null(-1)
    return found.filter(pl.int_range(pl.len()).over("source") >= since)


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

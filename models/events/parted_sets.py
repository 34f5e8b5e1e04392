"""One registered vessel whose AIS set is in one place while its BeiDou set is in another (套牌).

Who borrows a fisherman's MMSI leaves the fisherman's BeiDou terminal where it is: at his raft. The
two sets of one boat are never kilometres apart for long, so one of the names is another's; which,
nobody can tell from this alone. The bounds are those of two boats under one number (`clones`,
methods 1.3).
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from core.settings import EventSettings
from geo.plane import distance_m
from models.events import last_rows
from models.events.clones import LEAST_ROWS, LIVE_US
from models.events.register_conflicts import Register
from models.tracks.positions import SECOND_US

#: BeiDou sets that are away from the AIS set of their vessel.
APART: Final = pl.Schema(
    {
        "target": pl.String(),
        "from_us": pl.Int64(),
        "t_us": pl.Int64(),
        "rows": pl.Int64(),
    }
)
_KEPT_US: Final = LIVE_US + 3600 * SECOND_US  # longer than any lateness that is allowed
Row = dict[str, Any]


def advance(
    apart: pl.DataFrame,
    last: pl.DataFrame,
    rows: pl.DataFrame,
    until_s: int,
    register: Register,
    settings: EventSettings,
) -> tuple[pl.DataFrame, list[Row]]:
    """Take rows of AIS and BeiDou; say at which of them the sets of a vessel were apart for long.

    Parameters
    ----------
    apart
        `APART`.
    last, rows
        `models.events.last_rows.LAST` before this batch, and its rows.

    Returns
    -------
    The sets that are apart, and hits: `target` (the BeiDou set), `other` (the AIS set), `since_us`
    and the row's `t_us` and `clock_s`.
    """
    held = {row["target"]: row for row in apart.iter_rows(named=True)}
    hits: list[Row] = []
    for row in _beside(last, rows, register).iter_rows(named=True):
        own = held.get(row["target"])
        if row["metres"] <= settings.clone_apart_m:
            held.pop(row["target"], None)
            continue
        if own is None or row["t_us"] - own["t_us"] > LIVE_US:
            own = {"target": row["target"], "from_us": row["t_us"], "rows": 0}
        own = {**own, "t_us": row["t_us"], "rows": own["rows"] + 1}
        held[row["target"]] = own
        both_us = min(row["t_us"], row["seen_us"]) - own["from_us"]
        if both_us > settings.clone_overlap_s * SECOND_US and own["rows"] >= LEAST_ROWS:
            said = {c: row[c] for c in ("target", "other", "t_us", "clock_s")}
            hits.append({**said, "since_us": own["from_us"]})
    oldest_us = until_s * SECOND_US - _KEPT_US
    left = [row for row in held.values() if row["t_us"] > oldest_us]
    return pl.DataFrame(left, schema=APART).sort("target"), hits


def _beside(last: pl.DataFrame, rows: pl.DataFrame, register: Register) -> pl.DataFrame:
    """Rows of BeiDou sets of whose vessel the AIS set is heard too, and how far away that is."""
    mine = rows.join(register.sets, on="target", how="inner")
    if mine.is_empty():
        return mine.with_columns(metres=pl.lit(0.0))
    asked = mine.select(
        pl.col("other").alias("target"), "clock_s", pl.col("target").alias("own"), "t_us",
        pl.col("lon").alias("own_lon"), pl.col("lat").alias("own_lat"),
    )  # fmt: skip
    both = last_rows.as_of(last, rows, asked).filter(
        (pl.col("t_us") - pl.col("seen_us")).abs() <= LIVE_US
    )
    own, other = (both.select(f"{at}lon", f"{at}lat").to_numpy().T for at in ("own_", ""))
    metres = pl.Series("metres", distance_m(own[0], own[1], other[0], other[1]), pl.Float64)
    named = both.rename({"target": "other", "own": "target"}).with_columns(metres)
    return named.sort("target", "clock_s", "t_us")

"""Where every target was last, and where it was at a tick."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.tracks.positions import expires_s

#: The newest row of each target.
LAST: Final = pl.Schema(
    {
        "target": pl.String(),
        "track": pl.String(),
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)


def after(last: pl.DataFrame, rows: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """The newest rows once these were taken: `rows` have the columns of `LAST`, by (track, time).

    Targets that are given up are dropped.
    """
    if (rows["track"] != rows["target"]).any():
        rows = rows.sort("target", "t_us")
    newest = rows.filter(pl.col("target").ne_missing(pl.col("target").shift(-1)))
    resting = last.filter(~pl.col("target").is_in(newest["target"].implode()))
    both = pl.concat([resting, newest.select(LAST.names())])
    return both.filter(expires_s() > until_s)


def as_of(last: pl.DataFrame, rows: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Put beside each question where its target was at its tick.

    Parameters
    ----------
    last, rows
        The state before this batch, and its rows.
    asked
        With `target` and `clock_s`.

    Returns
    -------
    The questions in some order, with `track`, `seen_us`, `lon` and `lat`; those of targets that
    were nowhere yet, or were given up, are left out.
    """
    known = pl.concat([last, rows.select(LAST.names())])
    known = known.join(asked.select("target").unique(), on="target", how="semi")
    known = known.sort("clock_s", "t_us").select(
        "target",
        "clock_s",
        "track",
        pl.col("t_us").alias("seen_us"),
        "lon",
        "lat",
        expires_s().alias("expires_s"),
    )
    placed = asked.sort("clock_s").join_asof(
        known, on="clock_s", by="target", check_sortedness=False
    )
    return placed.filter(pl.col("clock_s") < pl.col("expires_s"))

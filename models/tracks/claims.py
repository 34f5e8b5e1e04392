"""What vessels say of themselves: the last claim of length, as of each tick.

A claim is not a fact: it never counts as evidence, but where no register knows the vessel it is
the best there is for the size of what it could carry.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.tracks.positions import ceil_s

CLAIM: Final = pl.Schema(
    {
        "target": pl.String(),
        "t_us": pl.Int64(),  # received
        "clock_s": pl.Int64(),  # the tick at which it is visible
        "length_m": pl.Float64(),
    }
)
ARRIVED: Final = pl.Schema({**CLAIM, "arrived_s": pl.Int64()})
MEMORY_S = 48 * 3600


def as_of(
    kept: pl.DataFrame, new: pl.DataFrame, calls: pl.DataFrame, until_s: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put beside each call what its target had claimed by then.

    Parameters
    ----------
    kept, new
        `CLAIM`: the state, and the claims of this batch.
    calls
        Rows with `target` and `clock_s`, by clock.

    Returns
    -------
    The claims to keep (the last of each target), and the calls with `claimed_length_m`: null
    where there was no claim within the last 48 hours.
    """
    fresh = pl.col("clock_s") > until_s - MEMORY_S
    if new.is_empty() and calls.is_empty():
        nothing = pl.lit(None, pl.Float64).alias("claimed_length_m")
        return kept.filter(fresh), calls.with_columns(nothing)
    both = pl.concat([kept, new.select(CLAIM.names())]).sort("clock_s", "t_us", "length_m")
    told = calls.join_asof(
        both.select("target", "clock_s", pl.col("length_m").alias("claimed_length_m")),
        on="clock_s",
        by="target",
        tolerance=MEMORY_S,
        check_sortedness=False,
    )
    last = both.group_by("target", maintain_order=True).last().select(CLAIM.names())
    return last.filter(fresh).sort("target"), told


def claims(identities: pl.DataFrame) -> pl.DataFrame:
    """Claims of length among identity claims that arrived, as `ARRIVED`."""
    stated = identities.filter(pl.col("length_m") > 0, pl.col("received_at").is_not_null())
    return stated.select(
        "target",
        pl.col("received_at").dt.epoch("us").alias("t_us"),
        ceil_s(pl.col("received_at").dt.epoch("us")).alias("clock_s"),
        "length_m",
        ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("arrived_s"),
    )

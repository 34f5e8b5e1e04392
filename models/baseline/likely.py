"""Visits that may have been landings, each with how likely it was one: what the next are drawn by.

Of a pier and night the likeliest is kept: two tracks of one boat are one landing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

MEMORY_NIGHTS: Final = 60  # the longest lag that a table of recurrence may have
LEAST: Final = 0.0005  # less likely visits are not remembered: they draw nothing

LIKELY: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the site's pier table
        "t_us": pl.Int64(),  # of berthing
        "night": pl.Int32(),  # days since 1970 of its evening
        "probability": pl.Float64(),  # as it was judged last by itself, or as officers found out
    }
)


@dataclass(frozen=True)
class Follows:
    """By how many times earlier landings make one likelier; the one that makes the most of it."""

    times: float
    nights: int
    probability: float
    here: bool


#: What officers found out, as a probability.
_FOUND: Final = {"confirmed": 1.0, "lawful": 0.0}


def remember(held: pl.DataFrame, new: pl.DataFrame, night: int) -> pl.DataFrame:
    """LIKELY with a night's visits (`pier`, `t_us`, `probability`), and without the old ones."""
    added = new.with_columns(pl.lit(night).alias("night")).select(LIKELY.names()).cast(LIKELY)
    both = pl.concat([held, added.filter(pl.col("probability") >= LEAST)])
    kept = both.filter(pl.col("night") > night - MEMORY_NIGHTS)
    first = kept.sort("pier", "night", -pl.col("probability"), "t_us")
    return first.unique(["pier", "night"], keep="first", maintain_order=True)


def found_out(held: pl.DataFrame, outcomes: Mapping[tuple[int, int], str]) -> pl.DataFrame:
    """LIKELY as officers found it to be, by (`pier`, `t_us`); what is unknown changes nothing."""
    if not outcomes:
        return held
    rows = held.select("pier", "t_us", "probability").iter_rows()
    told = [
        _FOUND.get(outcomes.get((pier, t_us), ""), probability) for pier, t_us, probability in rows
    ]
    return held.with_columns(pl.Series("probability", told, pl.Float64))

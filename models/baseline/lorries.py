"""How many goods vehicles stand at each pier by night anyway: beside a depot or a yard, many do.

The dark hours of each night are looked at as though a boat had berthed in the middle of each: how
many goods vehicles would have been counted with it? The shares of the hours with none, one, two,
and three or more are added up by pier and decayed with the half-life of the rates, so that a night
weighs one. Hours in which no terminal was heard count for nothing; an hour about a suspicious visit
counts as little as that visit does among the usual ones (`models.baseline.fold`).

Source: methods 4.2, as the rates of visits; what a landing's vehicles are, methods 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from core.schema import empty
from models.baseline.rates import FADE, FADED
from models.tracks.positions import SECOND_US

#: Decayed shares of the night hours at a pier with so many goods vehicles, in nights.
LORRIES: Final = pl.Schema({
    "pier": pl.Int64(), "none": pl.Float64(), "one": pl.Float64(), "two": pl.Float64(),
    "more": pl.Float64(),
})  # fmt: skip
#: A goods vehicle that stood by a pier, as it was known at a tick; a later row replaces it.
STOP: Final = pl.Schema({
    "pier": pl.Int64(), "object": pl.String(), "from_us": pl.Int64(), "clock_s": pl.Int64(),
    "probability": pl.Float64(),
})  # fmt: skip
_COUNTS: Final = ("none", "one", "two", "more")
#: Vehicles that come so long before and after a berthing in the middle of an hour may be its own:
#: from the first of the table's arrivals to half an hour after a usual stay.
BEFORE_US: Final = 90 * 60 * SECOND_US
AFTER_US: Final = 115 * 60 * SECOND_US
_HALF_US: Final = 1800 * SECOND_US
#: Hours that begin so near a visit are of that visit.
NEAR_US: Final = 2 * 3600 * SECOND_US


def of_night(
    stops: pl.DataFrame,
    hours_us: Sequence[int],
    dark: int,
    piers: int,
    suspicious: pl.DataFrame,
    counts: float,
) -> pl.DataFrame:
    """`LORRIES` of one night, of which some hours were looked at.

    Parameters
    ----------
    stops
        `STOP`, by their ticks.
    hours_us
        When each hour begins that was looked at.
    dark
        How many dark hours a whole night has.
    piers
        How many there are: rows of the site's table.
    suspicious
        `pier` and `t_us` of suspicious visits.
    counts
        What an hour about one of them counts.
    """
    if not hours_us:
        return empty(LORRIES)
    middle = pl.DataFrame({"at_us": [at + _HALF_US for at in hours_us]}, schema={"at_us": pl.Int64})
    newest = stops.unique(["pier", "object", "from_us"], keep="last", maintain_order=True)
    there = newest.join(middle, how="cross").filter(
        pl.col("from_us").is_between(pl.col("at_us") - BEFORE_US, pl.col("at_us") + AFTER_US)
    )
    each = there.group_by("pier", "at_us", "object").agg(pl.col("probability").max())
    number = (
        each.sort("pier", "at_us", "object")
        .group_by("pier", "at_us")
        .agg((pl.col("probability").sum() + 0.5).floor().clip(0, 3).cast(pl.Int64).alias("n"))
    )
    every = pl.DataFrame({"pier": range(piers)}, schema={"pier": pl.Int64}).join(
        middle, how="cross"
    )
    about = every.join(suspicious.select("pier", "t_us"), on="pier").filter(
        (pl.col("at_us") - pl.col("t_us")).abs() <= NEAR_US
    )
    about = about.select("pier", "at_us", pl.lit(counts).alias("counts")).unique()
    weighed = every.join(number, on=["pier", "at_us"], how="left").join(
        about, on=["pier", "at_us"], how="left"
    )
    weight = pl.col("counts").fill_null(1.0) / dark
    told = pl.col("n").fill_null(0)
    shares = [weight.filter(told == k).sum().alias(name) for k, name in enumerate(_COUNTS)]
    return weighed.group_by("pier").agg(shares).sort("pier").cast(LORRIES)


def learn(held: pl.DataFrame, night: pl.DataFrame) -> pl.DataFrame:
    """Take one night more: both `LORRIES`, and so what is returned, by pier."""
    after = held.join(night, on="pier", how="full", coalesce=True, suffix="_now")
    kept = [
        pl.col(name).fill_null(0.0) * FADE + pl.col(f"{name}_now").fill_null(0.0)
        for name in _COUNTS
    ]
    after = after.select("pier", *(one.alias(n) for one, n in zip(kept, _COUNTS, strict=True)))
    return after.filter(pl.sum_horizontal(_COUNTS) > FADED).sort("pier").cast(LORRIES)

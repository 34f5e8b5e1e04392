"""At what hours of the week piers of a kind are visited: a shape that they share.

One idle pier has too few visits to have hours of its own. Counts are pooled over the piers that the
register calls alike, decayed with the half-life of the rates, and shrunk towards the shape given.

Source: methods 4.2 (λ_p(h) = r_p · s_class(h)).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.baseline.rates import FADE, FADED

WEEK_HOURS: Final = 168
PSEUDO_VISITS: Final = 48.0  # what the shape given weighs: two visits an hour of the day

#: Decayed visits by what the register calls the pier and hour of the week (Monday 00 is 0).
SHAPE: Final = pl.Schema({"status": pl.String(), "hour": pl.Int64(), "visits": pl.Float64()})


def learn(shape: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Take the visits of one night more.

    Parameters
    ----------
    shape
        SHAPE as of the night before.
    visits
        `status` and `hour` (0 … 167, local) of each.

    Returns
    -------
    SHAPE, by status and hour.
    """
    added = visits.group_by("status", "hour").agg(pl.len().cast(pl.Float64).alias("now"))
    after = shape.join(added, on=["status", "hour"], how="full", coalesce=True)
    kept = pl.col("visits").fill_null(0.0) * FADE + pl.col("now").fill_null(0.0)
    after = after.select("status", "hour", kept.alias("visits"))
    return after.filter(pl.col("visits") > FADED).sort("status", "hour").cast(SHAPE)


def share(shape: pl.DataFrame, status: str, hour: int, given: tuple[float, ...]) -> float:
    """The share of a day's visits that fall into the hour, at piers of this kind.

    Weekday and weekend hours are told apart as far as there are visits to tell.

    Parameters
    ----------
    hour
        Of the week, 0 … 167.
    given
        24 shares by hour of the day that sum to 1: what is believed before anything was observed.
    """
    weekend = hour // 24 >= 5
    days = range(5, 7) if weekend else range(5)
    mine = shape.filter(pl.col("status") == status)
    counts = dict(mine.select("hour", "visits").iter_rows())
    of_day = [sum(counts.get(day * 24 + h, 0.0) for day in days) for h in range(24)]
    smooth = [n + PSEUDO_VISITS * part for n, part in zip(of_day, given, strict=True)]
    part: float = smooth[hour % 24] / sum(smooth)
    return part

"""What is normal, as one value: closed once a night, at noon, and read until the next noon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import polars as pl

from core.schema import empty
from models.baseline import bursts, hours, likely, lorries, rates, repeats

#: A visit of the night that closes.
VISIT = pl.Schema(
    {
        "pier": pl.Int64(),
        "status": pl.String(),  # what the register calls the pier
        "t_us": pl.Int64(),  # of berthing, or of the first sight of it
        "hour": pl.Int64(),  # of the week, local, 0 … 167
        "track": pl.String(),
        "visitors": pl.List(pl.String()),  # targets and plates that were there
        "suspicious": pl.Boolean(),  # dark, unknown, or by night with trucks: of the thinned stream
        "quiet": pl.Boolean(),  # a small night call: of the stream of small repeats
        "probability": pl.Float64(),  # that it was a landing, as it was judged last by itself
    }
)
#: What a suspicious visit counts among those that are usual. It may be one of a burst, which would
#: make itself usual within a week; a pier that is in use again shows it by all its other visits.
#: Chosen on tuning seeds 101, 102 (28 nights): three more of 43 landings at the level that ships.
SUSPICIOUS_COUNTS = 0.25
#: How much of a pier's night somebody looked at.
COVERED = pl.Schema({"pier": pl.Int64(), "covered": pl.Float64()})


@dataclass(frozen=True)
class Baseline:
    """As of the last night that was closed."""

    rates: pl.DataFrame = field(default_factory=lambda: empty(rates.RATE))
    shape: pl.DataFrame = field(default_factory=lambda: empty(hours.SHAPE))
    suspicious: pl.DataFrame = field(default_factory=lambda: empty(bursts.SUSPICIOUS))
    repeats: pl.DataFrame = field(default_factory=lambda: empty(repeats.REPEAT))
    likely: pl.DataFrame = field(default_factory=lambda: empty(likely.LIKELY))
    lorries: pl.DataFrame = field(default_factory=lambda: empty(lorries.LORRIES))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> Baseline:
        """As it was saved."""
        return Baseline(**{f.name: frames[f.name] for f in fields(Baseline)})


def close_night(
    base: Baseline, night: int, visits: pl.DataFrame, covered: pl.DataFrame, stood: pl.DataFrame
) -> Baseline:
    """Learn a night that is over.

    Parameters
    ----------
    night
        Its evening's date in days since 1970.
    visits
        VISIT: the settled visits of the night, in any order.
    covered
        COVERED, one row a pier: the share of its dark hours in which some sensor looked.
    stood
        `lorries.LORRIES` of the night.
    """
    counts = pl.when("suspicious").then(SUSPICIOUS_COUNTS).otherwise(1.0)
    counted = visits.group_by("pier").agg(counts.sum().alias("visits"))
    both = covered.join(counted, on="pier", how="full", coalesce=True).select(
        "pier", pl.col("visits").fill_null(0.0), pl.col("covered").fill_null(0.0)
    )
    thinned = visits.filter("suspicious").with_columns(pl.lit(night, pl.Int32).alias("night"))
    small = visits.filter("quiet").explode("visitors").drop_nulls("visitors")
    return Baseline(
        rates.learn(base.rates, both.cast(rates.NIGHT)),
        hours.learn(base.shape, visits.select("status", "hour")),
        bursts.remember(base.suspicious, thinned, night),
        repeats.learn(base.repeats, small.select("pier", pl.col("visitors").alias("visitor"))),
        likely.remember(base.likely, visits.select("pier", "t_us", "probability"), night),
        lorries.learn(base.lorries, stood),
    )

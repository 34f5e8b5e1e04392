"""How often each pier is visited: a Gamma-Poisson rate with a half-life, over covered nights only.

What was observed is added to what the register lets one expect: the posterior of the rate is
Gamma(a₀ + visits, b₀ + covered nights), both decayed with a half-life of 60 days, so that an old
habit is forgotten and a pier that comes back to use is normal again. A night in which no sensor
could have seen a visit counts for nothing: an outage must not look idle.

Source: methods 4.2–4.4.
"""

from __future__ import annotations

import math
from typing import Final

import polars as pl
from scipy.special import gammainc

from core.schema import empty
from models.risk.evidence_table import Rate
from models.risk.likelihood import visits_tail

HALF_LIFE_NIGHTS: Final = 60
IDLE_NIGHTS: Final = 30  # idle: less than one visit in so many nights
FADED: Final = 0.01  # what is left of a pier's history is then forgotten

#: What was observed at each pier, as of a night; a pier that nothing is known of has no row.
RATE: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the site's pier table
        "visits": pl.Float64(),  # decayed
        "nights": pl.Float64(),  # covered, decayed
    }
)
#: What one night adds: `covered` is the share of its dark hours in which somebody looked.
NIGHT: Final = pl.Schema({"pier": pl.Int64(), "visits": pl.Float64(), "covered": pl.Float64()})

FADE: Final = 2.0 ** (-1.0 / HALF_LIFE_NIGHTS)


def learn(rates: pl.DataFrame, night: pl.DataFrame) -> pl.DataFrame:
    """Take one night more.

    Parameters
    ----------
    rates
        RATE as of the night before.
    night
        NIGHT, one row a pier at most. What was seen there was seen, so a visit in a night that
        nobody covered covers it.

    Returns
    -------
    RATE, by pier.
    """
    added = night.select(
        "pier",
        pl.col("visits").alias("now"),
        pl.when(pl.col("visits") > 0).then(1.0).otherwise("covered").clip(0.0, 1.0).alias("looked"),
    )
    after = rates.join(added, on="pier", how="full", coalesce=True, maintain_order="left_right")
    kept = {
        "visits": pl.col("visits").fill_null(0.0) * FADE + pl.col("now").fill_null(0.0),
        "nights": pl.col("nights").fill_null(0.0) * FADE + pl.col("looked").fill_null(0.0),
    }
    after = after.select("pier", **kept).filter(pl.col("nights") > FADED)
    return after.sort("pier").cast(RATE)


def observed(rates: pl.DataFrame, pier: int) -> tuple[float, float]:
    """Decayed visits and covered nights of a pier; 0, 0 where nothing is known."""
    row = rates.filter(pl.col("pier") == pier)
    return (0.0, 0.0) if row.is_empty() else (row["visits"][0], row["nights"][0])


def idle_probability(prior: Rate, visits: float, nights: float) -> float:
    """P(less than one visit in 30 nights), the idle index: not a list but a probability.

    >>> round(idle_probability(Rate(a=0.5, b_days=180), 0.0, 0.0), 3)
    0.999
    """
    return float(gammainc(prior.a + visits, (prior.b_days + nights) / IDLE_NIGHTS))


def surprise_nats(prior: Rate, visits: float, nights: float, *, seen: int = 1) -> float:
    """−ln P(N ≥ seen) in one night, N ~ NegBin(a, b/(b + 1)).

    >>> round(surprise_nats(Rate(a=0.5, b_days=180), 2.0, 0.0), 3)
    4.286
    """
    tail = visits_tail(prior.a + visits, prior.b_days + nights, 1.0, seen)
    return -math.log(max(tail, 1e-300)) + 0.0


def initial() -> pl.DataFrame:
    """Nothing observed yet."""
    return empty(RATE)

"""Small repeats (蚂蚁搬家): the same vessel or plate at the same quiet pier, night after night.

No single call of them is worth an alarm; what is counted is how often the same two meet, decayed
with a half-life of 30 nights, against how often a visitor of such a pier comes back innocently.
"""

from __future__ import annotations

from typing import Final

import polars as pl

HALF_LIFE_NIGHTS: Final = 30
MOST: Final = 50_000  # pairs that are held: the strongest stay

#: How often who came where, decayed.
REPEAT: Final = pl.Schema({"pier": pl.Int64(), "visitor": pl.String(), "visits": pl.Float64()})
_FADE: Final = 2.0 ** (-1.0 / HALF_LIFE_NIGHTS)
_FADED: Final = 0.05


def learn(held: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Take one night more: `pier` and `visitor` (a target or a plate), once a night each."""
    added = visits.unique(["pier", "visitor"]).with_columns(pl.lit(1.0).alias("now"))
    after = held.join(added, on=["pier", "visitor"], how="full", coalesce=True)
    count = pl.col("visits").fill_null(0.0) * _FADE + pl.col("now").fill_null(0.0)
    after = after.select("pier", "visitor", count.alias("visits"))
    after = after.filter(pl.col("visits") > _FADED)
    strongest = after.sort("visits", "pier", "visitor", descending=[True, False, False])
    return strongest.head(MOST).sort("pier", "visitor").cast(REPEAT)


def count(held: pl.DataFrame, pier: int, visitors: list[str]) -> float:
    """How often the most frequent of these visitors came to the pier before, decayed."""
    mine = held.filter(pl.col("pier") == pier, pl.col("visitor").is_in(visitors))["visits"]
    most = mine.max()
    return float(most) if isinstance(most, float) else 0.0

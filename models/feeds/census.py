"""Who was heard, how much, and how late: one row a source."""

from __future__ import annotations

from typing import Final

import polars as pl

from core.times import SECOND_US

BLOCK_S: Final = 600
MEMORY_S: Final = 30 * 86400
MOST_SOURCES: Final = 50_000

#: `n_now` counts the block of ten minutes that `block` numbers, `n_before` the one before it.
CENSUS: Final = pl.Schema(
    {
        "feed": pl.String(),
        "sensor": pl.String(),  # the contract's folder
        "source": pl.String(),
        "first_s": pl.Int64(),
        "last_s": pl.Int64(),
        "frames": pl.Int64(),
        "block": pl.Int64(),
        "n_now": pl.Int64(),
        "n_before": pl.Int64(),
    }
)
#: Median of received minus observed, over the last stretch (`engine.feeds`) with its rows.
LAG: Final = pl.Schema(
    {
        "sensor": pl.String(),
        "source": pl.String(),
        "tick_s": pl.Int64(),
        "lag_s": pl.Float64(),
    }
)
_WHO: Final = ["feed", "sensor", "source"]
FOLDER: Final = {
    "ais": "ais", "beidou": "beidou", "radar": "radar", "vehicle": "vehicles",
    "camera": "cameras", "barrier": "cameras",
}  # fmt: skip


def count(census: pl.DataFrame, heard: pl.DataFrame) -> pl.DataFrame:
    """Count in what was heard; the same however it is cut.

    Parameters
    ----------
    heard
        `core.schema.HEARD`.
    """
    if heard.is_empty():
        return census
    block = (pl.col("tick_s") // BLOCK_S).alias("block")
    new = heard.group_by(*_WHO, block).agg(
        pl.col("tick_s").min().alias("first_s"),
        pl.col("tick_s").max().alias("last_s"),
        pl.col("frames").sum(),
    ).with_columns(pl.col("frames").alias("n"))  # fmt: skip
    before = pl.col("block") == pl.col("newest") - 1
    now = pl.col("block") == pl.col("newest")
    old = [
        census.select(*_WHO, "block", "first_s", "last_s", "frames", pl.col("n_now").alias("n")),
        census.select(
            *_WHO, pl.col("block") - 1, "first_s", "last_s", pl.lit(0, pl.Int64).alias("frames"),
            pl.col("n_before").alias("n"),
        ),
    ]  # fmt: skip
    names = [*_WHO, "block", "first_s", "last_s", "frames", "n"]
    both = pl.concat([part.select(names) for part in (*old, new)])
    summed = both.with_columns(pl.col("block").max().over(_WHO).alias("newest")).group_by(_WHO).agg(
        pl.col("first_s").min(), pl.col("last_s").max(), pl.col("frames").sum(),
        pl.col("newest").first().alias("block"),
        pl.col("n").filter(now).sum().alias("n_now"),
        pl.col("n").filter(before).sum().alias("n_before"),
    )  # fmt: skip
    if len(summed) > MOST_SOURCES:
        summed = summed.sort("first_s", *_WHO)[:MOST_SOURCES]
    return summed.sort(_WHO).select(CENSUS.names()).cast(CENSUS)


def forget(
    census: pl.DataFrame, lags: pl.DataFrame, at_s: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop who was not heard for a month."""
    return (
        census.filter(pl.col("last_s") > at_s - MEMORY_S),
        lags.filter(pl.col("tick_s") > at_s - MEMORY_S),
    )


def lag(lags: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Take the lags of some whole stretches.

    Of one message the newest row counts: a batch after a dead spot holds old ones.

    Parameters
    ----------
    rows
        `models.feeds.quarantine.RELEASED` with `stretch_s`, the tick that ends the row's stretch.
    """
    who = ["sensor", "source"]
    last = rows.group_by(who).agg(pl.col("stretch_s").max()).filter(pl.col("source").is_not_null())
    newest = (
        rows.join(last, on=[*who, "stretch_s"], how="semi")
        .group_by(*who, "stretch_s", "received_at")
        .agg(pl.col("observed_at").max())
    )
    away = (pl.col("received_at") - pl.col("observed_at")).dt.total_microseconds() * (1 / SECOND_US)
    new = (
        newest.group_by(*who, pl.col("stretch_s").alias("tick_s"))
        .agg(away.median().alias("lag_s"))
        .filter(pl.col("lag_s").is_not_null())
        .select(LAG.names())
        .cast(LAG)
    )
    both = pl.concat([lags, new]).unique(who, keep="last", maintain_order=True)
    if len(both) > MOST_SOURCES:
        both = both.sort("tick_s", *who, descending=[True, False, False])[:MOST_SOURCES]
    return both.sort(who)


def per_min(census: pl.DataFrame, tick_s: int) -> pl.Series:
    """Frames a minute: over the last whole ten minutes, or since the source is known."""
    block = tick_s // BLOCK_S
    whole = (
        pl.when(pl.col("block") == block)
        .then("n_before")
        .when(pl.col("block") == block - 1)
        .then("n_now")
        .otherwise(0)
    )
    young = pl.col("first_s") // BLOCK_S >= block - 1
    since = pl.max_horizontal((tick_s - pl.col("first_s") + 1) * (1 / 60), 1.0)
    rate = (
        pl.when(young).then((pl.col("n_now") + pl.col("n_before")) / since).otherwise(whole * 0.1)
    )
    return census.select(rate.round(2).alias("per_min")).to_series()

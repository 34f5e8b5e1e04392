"""How well the coast hears: learned from the stream itself, cell by cell.

Two tables of integers. `cells`: messages heard and expected by cell and hour, the reception that a
silence is judged with. `bins`: rows heard by cell and five minutes, which tell a vessel that is
silent from a receiver that is deaf. Both count by the tick at which rows became visible, and a
judgement at a tick uses only hours and bins that were over by then.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from core.schema import empty
from models.tracks.silences import SILENCE, nominal_interval_s

CELL_DEG = 0.05  # about 5 km
BIN_S = 300
HOUR_S = 3600
CELL_MEMORY_S = 14 * 86400
BIN_MEMORY_S = 8 * HOUR_S  # longer than the longest patience with a silence

CELLS: Final = pl.Schema(
    {
        "x": pl.Int32(),
        "y": pl.Int32(),
        "hour": pl.Int64(),
        "heard": pl.Int64(),
        "expected": pl.Int64(),
    }
)
BINS: Final = pl.Schema({"x": pl.Int32(), "y": pl.Int32(), "bin": pl.Int64(), "heard": pl.Int64()})


def _cell() -> tuple[pl.Expr, pl.Expr]:
    x = (pl.col("lon") / CELL_DEG).floor().cast(pl.Int32).alias("x")
    y = (pl.col("lat") / CELL_DEG).floor().cast(pl.Int32).alias("y")
    return x, y


def learn(
    cells: pl.DataFrame, bins: pl.DataFrame, frame: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count the new rows of the frame in.

    An interval that was a silence is left out: whether it was the vessel or the air is the
    question.
    """
    new = frame.filter(~pl.col("kept")).with_columns(*_cell())
    steady = ~pl.col("fresh") & ~pl.col("after_silence")
    expected = pl.max_horizontal(1, (pl.col("dt_s") / nominal_interval_s()).round().cast(pl.Int64))
    counted = new.group_by("x", "y", (pl.col("clock_s") // HOUR_S).alias("hour")).agg(
        steady.sum().cast(pl.Int64).alias("heard"),
        pl.when(steady).then(expected).otherwise(0).sum().cast(pl.Int64).alias("expected"),
    )
    heard = new.group_by("x", "y", (pl.col("clock_s") // BIN_S).alias("bin")).agg(
        pl.len().cast(pl.Int64).alias("heard")
    )
    return _add(cells, counted, "hour"), _add(bins, heard, "bin")


def forget(
    cells: pl.DataFrame, bins: pl.DataFrame, until_s: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop what no later judgement can ask for. After judging: a batch may be longer than that."""
    return (
        cells.filter(pl.col("hour") >= (until_s - CELL_MEMORY_S) // HOUR_S),
        bins.filter(pl.col("bin") >= (until_s - BIN_MEMORY_S) // BIN_S),
    )


def _add(table: pl.DataFrame, more: pl.DataFrame, time: str) -> pl.DataFrame:
    """The sums of both, by time and cell. Only what is as new as `more` is touched."""
    if more.is_empty():
        return table
    keys = [time, "x", "y"]
    older = pl.col(time) < more[time].min()
    both = pl.concat([table.filter(~older), more.select(table.columns)])
    summed = both.group_by(keys).agg(pl.exclude(keys).sum()).sort(keys)
    return pl.concat([table.filter(older), summed.select(table.columns)])


def judge(silences: pl.DataFrame, cells: pl.DataFrame, bins: pl.DataFrame) -> pl.DataFrame:
    """Fill in what was known of reception at the tick each silence was called.

    Parameters
    ----------
    silences
        From `silences.begun`; with `clock_s`, the tick at which the last row before was visible.
    cells, bins
        As learned, the rows of this batch included: only hours before the calling tick's and
        bins wholly inside the silence are read.
    """
    if silences.is_empty():
        return empty(SILENCE)
    asked = silences.with_row_index("i").with_columns(*_cell())
    around = pl.DataFrame(
        {"dx": [dx for dx in (-1, 0, 1) for _ in range(3)], "dy": [-1, 0, 1] * 3},
        schema={"dx": pl.Int32, "dy": pl.Int32},
    )
    near = asked.join(around, how="cross").with_columns(
        (pl.col("x") + pl.col("dx")).alias("x"), (pl.col("y") + pl.col("dy")).alias("y")
    )
    during = (pl.col("bin") * BIN_S > pl.col("clock_s")) & (
        (pl.col("bin") + 1) * BIN_S <= pl.col("called_s")
    )
    others = (
        near.join(bins, on=["x", "y"])
        .filter(during)
        .group_by("i")
        .agg(pl.col("heard").sum().alias("others"))
    )
    learned = (
        asked.join(cells, on=["x", "y"])
        .filter(
            pl.col("hour") < pl.col("called_s") // HOUR_S,
            pl.col("hour") >= (pl.col("called_s") - CELL_MEMORY_S) // HOUR_S + 1,
        )
        .group_by("i")
        .agg(pl.col("heard").sum(), pl.col("expected").sum())
    )
    return (
        asked.join(others, on="i", how="left")
        .join(learned, on="i", how="left")
        .sort("i")
        .with_columns(
            pl.col("others", "heard", "expected").fill_null(0),
            pl.lit(None, pl.Int64).alias("to_us"),
            pl.lit(None, pl.Int64).alias("ended_s"),
        )
        .select(SILENCE.names())
        .cast(SILENCE)
    )

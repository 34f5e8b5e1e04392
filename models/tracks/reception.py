"""How well the coast hears: learned from the stream itself, cell by cell.

Two tables of integers. `cells`: messages heard and expected by cell and hour, the reception that a
silence is judged with. `bins`: rows heard by cell and five minutes, which tell a vessel that is
silent from a receiver that is deaf. Both count by the tick at which rows became visible, and a
judgement at a tick uses only hours and bins that were over by then. AIS and BeiDou are learned
apart, for they come by different ways; a radar's targets teach nothing about either.
"""

from __future__ import annotations

import math
from typing import Final

import polars as pl

from core.schema import empty
from models.tracks.silences import SILENCE, nominal_interval_s

#: About 5 km each. Multiplied with: Polars divides by a number in one way where a frame has one row
#: and in another where it has more, and a cut must not show in the last bit.
CELLS_PER_DEG = 20
BIN_S = 300
HOUR_S = 3600
CELL_MEMORY_S = 14 * 86400
BIN_MEMORY_S = 8 * HOUR_S  # longer than the longest patience with a silence
COVERED_MEMORY_S = 7 * HOUR_S
#: Where so much of what is sent is heard, whoever lies there for minutes with AIS on is heard.
HEARS_SHARE = 0.3
HEARS_LEAST = 20  # messages expected, before anything is said of a cell
HEARS_WITHIN_S = 7 * 86400

CELLS: Final = pl.Schema(
    {
        "sensor": pl.String(),
        "x": pl.Int32(),
        "y": pl.Int32(),
        "hour": pl.Int64(),
        "heard": pl.Int64(),
        "expected": pl.Int64(),
    }
)
BINS: Final = pl.Schema(
    {
        "sensor": pl.String(),
        "x": pl.Int32(),
        "y": pl.Int32(),
        "bin": pl.Int64(),
        "heard": pl.Int64(),
    }
)
_CELL: Final = ["sensor", "x", "y"]


def _cell() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    beidou = pl.col("target").str.starts_with("beidou:")
    sensor = pl.when(beidou).then(pl.lit("beidou")).otherwise(pl.lit("ais")).alias("sensor")
    x = (pl.col("lon") * CELLS_PER_DEG).floor().cast(pl.Int32).alias("x")
    y = (pl.col("lat") * CELLS_PER_DEG).floor().cast(pl.Int32).alias("y")
    return sensor, x, y


def learn(
    cells: pl.DataFrame, bins: pl.DataFrame, frame: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count the new rows of the frame in.

    An interval that was a silence is left out: whether it was the vessel or the air is the
    question.
    """
    heard = ~pl.col("kept") & (pl.col("sensor") != "radar")
    new = frame.filter(heard)
    if new.is_empty():
        return cells, bins
    new = new.with_columns(*_cell())
    steady = ~pl.col("fresh") & ~pl.col("after_silence")
    expected = pl.max_horizontal(1, (pl.col("dt_s") / nominal_interval_s()).round().cast(pl.Int64))
    counted = new.group_by(*_CELL, (pl.col("clock_s") // HOUR_S).alias("hour")).agg(
        steady.sum().cast(pl.Int64).alias("heard"),
        pl.when(steady).then(expected).otherwise(0).sum().cast(pl.Int64).alias("expected"),
    )
    in_bins = new.group_by(*_CELL, (pl.col("clock_s") // BIN_S).alias("bin")).agg(
        pl.len().cast(pl.Int64).alias("heard")
    )
    return _add(cells, counted, "hour"), _add(bins, in_bins, "bin")


def forget(
    cells: pl.DataFrame, bins: pl.DataFrame, until_s: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop what no later judgement can ask for. After judging: a batch may be longer than that."""
    return (
        _since(cells, "hour", (until_s - CELL_MEMORY_S) // HOUR_S),
        _since(bins, "bin", (until_s - BIN_MEMORY_S) // BIN_S),
    )


def _since(table: pl.DataFrame, time: str, first: int) -> pl.DataFrame:
    """The rows from a time on; the table is in order of it."""
    if table.is_empty() or table[time][0] >= first:
        return table
    return table.filter(pl.col(time) >= first)


def _add(table: pl.DataFrame, more: pl.DataFrame, time: str) -> pl.DataFrame:
    """The sums of both, by time and cell. Only what is as new as `more` is touched."""
    if more.is_empty():
        return table
    keys = [time, *_CELL]
    older = pl.col(time) < more[time].min()
    both = pl.concat([table.filter(~older), more.select(table.columns)])
    summed = both.group_by(keys).agg(pl.exclude(keys).sum()).sort(keys)
    return pl.concat([table.filter(older), summed.select(table.columns)])


def hears(cells: pl.DataFrame, lon: float, lat: float, tick_s: int) -> bool:
    """Whether the stations hear AIS at a place, as learned by a tick over the last week.

    Only hours before the tick's are read, so that later rows of a batch tell nothing.
    """
    here = cells.filter(
        pl.col("sensor") == "ais",
        pl.col("x") == math.floor(lon * CELLS_PER_DEG),
        pl.col("y") == math.floor(lat * CELLS_PER_DEG),
        pl.col("hour") < tick_s // HOUR_S,
        pl.col("hour") > (tick_s - HEARS_WITHIN_S) // HOUR_S,
    )
    expected = int(here["expected"].sum())
    return expected >= HEARS_LEAST and int(here["heard"].sum()) >= HEARS_SHARE * expected


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
    others = _covered(asked, bins, pl.col("clock_s"), pl.col("called_s"))
    learned = (
        asked.join(cells, on=_CELL)
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
            pl.col("others", "covered_s", "heard", "expected").fill_null(0),
            *(pl.lit(None, pl.Int64).alias(c) for c in ("covered_in_all_s", "to_us", "ended_s")),
        )
        .select(SILENCE.names())
        .cast(SILENCE)
    )


def cover(silences: pl.DataFrame, bins: pl.DataFrame) -> pl.DataFrame:
    """Fill in how much of the silences that ended just now others were heard nearby.

    Of a silence longer than `COVERED_MEMORY_S` its last part is looked at: what is older may be
    forgotten, and whether it is must not show.
    """
    just = pl.col("to_us").is_not_null() & pl.col("covered_in_all_s").is_null()
    asked = silences.filter(just).with_row_index("i").with_columns(*_cell())
    if asked.is_empty():
        return silences
    from_s = pl.max_horizontal("clock_s", pl.col("ended_s") - COVERED_MEMORY_S)
    found = asked.drop("covered_s").join(
        _covered(asked, bins, from_s, pl.col("ended_s")), on="i", how="left"
    )
    in_all = found.select("track", "from_us", pl.col("covered_s").fill_null(0).alias("found_s"))
    return (
        silences.join(in_all, on=["track", "from_us"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("covered_in_all_s", "found_s").alias("covered_in_all_s"))
        .drop("found_s")
    )


def _covered(
    asked: pl.DataFrame, bins: pl.DataFrame, from_s: pl.Expr, to_s: pl.Expr
) -> pl.DataFrame:
    """Rows heard around each place between two ticks, and the seconds of the bins with any.

    A bin counts that lies wholly between the ticks: the vessel itself was not heard in it.
    """
    around = pl.DataFrame(
        {"dx": [dx for dx in (-1, 0, 1) for _ in range(3)], "dy": [-1, 0, 1] * 3},
        schema={"dx": pl.Int32, "dy": pl.Int32},
    )
    windows = asked.select("i", *_CELL, from_s.alias("w_from_s"), to_s.alias("w_to_s"))
    near = windows.join(around, how="cross").with_columns(
        (pl.col("x") + pl.col("dx")).alias("x"), (pl.col("y") + pl.col("dy")).alias("y")
    )
    inside = (pl.col("bin") * BIN_S > pl.col("w_from_s")) & (
        (pl.col("bin") + 1) * BIN_S <= pl.col("w_to_s")
    )
    return (
        near.join(bins, on=_CELL)
        .filter(inside)
        .group_by("i")
        .agg(
            pl.col("heard").sum().alias("others"),
            (pl.col("bin").n_unique().cast(pl.Int64) * BIN_S).alias("covered_s"),
        )
    )

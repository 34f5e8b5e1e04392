"""Silences: a track that should have been heard and was not.

Judged as a probability (methods 1.2, after Ford et al. 2018): P(gap | transmitting) =
(1 − p)^(gap / interval), with the reception p learned per cell and the interval that ITU-R M.1371
prescribes. Where nobody else was heard nearby at the same time, the receiver was deaf and the
silence says nothing.
"""

from __future__ import annotations

import math
from typing import Final

import polars as pl

from models.tracks.positions import SECOND_US

#: Silences that were called: what is known at that tick, and when they ended.
SILENCE: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "from_us": pl.Int64(),  # the last row before it
        "called_s": pl.Int64(),  # the tick at which it was called
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "interval_s": pl.Int64(),  # nominal
        "moving": pl.Boolean(),
        "heard": pl.Int64(),  # learned in this cell before that hour
        "expected": pl.Int64(),
        "others": pl.Int64(),  # rows of other tracks nearby until it was called
        "clock_s": pl.Int64(),  # the tick at which the last row before it was visible
        "covered_s": pl.Int64(),  # of the time until it was called: while others were heard
        "covered_in_all_s": pl.Int64(),  # the same until it ended; null while it lasts
        "to_us": pl.Int64(),  # null while it lasts
        "ended_s": pl.Int64(),  # the tick at which that was seen
    }
)
BEIDOU_INTERVAL_S = 180
LEARNED_FROM = 20  # expected messages in a cell before its reception counts as known


def nominal_interval_s() -> pl.Expr:
    """Reporting interval in seconds: of AIS by class and speed (ITU-R M.1371), of BeiDou one.

    Both from the table in methods 7.2.
    """
    speed = pl.col("speed_kn").fill_null(0)
    class_a = (
        pl.when(speed <= 0.5)
        .then(180)
        .when(speed <= 14)
        .then(10)
        .when(speed <= 23)
        .then(6)
        .otherwise(2)
    )
    class_b = pl.when(speed < 2).then(180).otherwise(30)
    ais = pl.when(pl.col("ais_type") <= 3).then(class_a).otherwise(class_b)
    beidou = pl.col("target").str.starts_with("beidou:")
    return pl.when(beidou).then(BEIDOU_INTERVAL_S).otherwise(ais).cast(pl.Int64)


def call(frame: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """Mark the rows after which a silence is called by `until_s`.

    A silence is called at the tick `silent_at_s` unless a later row of the track was visible by
    then. Of the kept rows only the last is still undecided (the habit before the others is not
    kept in full, and would call differently now).

    Returns
    -------
    The frame with `silent` (called after this row, now or before), `called` (now) and
    `after_silence` (this row ends one).
    """
    last = pl.col("track").ne_missing(pl.col("track").shift(-1))
    next_s = pl.when(last).then(None).otherwise(pl.col("clock_s").shift(-1))
    due = pl.coalesce(next_s > pl.col("silent_at_s"), pl.col("silent_at_s") <= until_s)
    due = due.fill_null(False)
    known = pl.col("silent").fill_null(False)
    decided = pl.col("kept") & ~last & pl.col("kept").shift(-1)
    called = due & ~known & ~decided
    frame = frame.with_columns(called.alias("called"), (called | known).alias("silent"))
    before = pl.when("first").then(False).otherwise(pl.col("silent").shift(1, fill_value=False))
    ends = before & ~pl.col("kept") & ~pl.col("fresh")
    return frame.with_columns(ends.alias("after_silence"))


def begun(frame: pl.DataFrame) -> pl.DataFrame:
    """The silences called in this batch; reception is filled in by `reception.judge`."""
    return frame.filter("called").select(
        "track",
        "target",
        pl.col("t_us").alias("from_us"),
        pl.col("silent_at_s").alias("called_s"),
        "lon",
        "lat",
        nominal_interval_s().alias("interval_s"),
        (pl.col("speed_kn").fill_null(0) > 0.5).alias("moving"),
        "clock_s",
    )


def ended(silences: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Fill in the end of the silences that a row of this batch ends."""
    if silences.is_empty() or not frame["after_silence"].any():
        return silences
    ends = frame.filter("after_silence").select(
        "track",
        pl.col("was_t_us").alias("from_us"),
        pl.col("t_us").alias("end_us"),
        pl.col("clock_s").alias("end_s"),
    )
    return (
        silences.join(ends, on=["track", "from_us"], how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("to_us", "end_us").alias("to_us"),
            pl.coalesce("ended_s", "end_s").alias("ended_s"),
        )
        .drop("end_us", "end_s")
    )


def surprise_nats(
    gap_s: float, covered_s: float, interval_s: int, heard: int, expected: int, cap_nats: float
) -> float | None:
    """How surprising the silence is if the vessel went on transmitting, in nats; capped.

    Parameters
    ----------
    gap_s, covered_s
        Its length, and the part of it in which others were heard nearby: a deaf receiver says
        nothing. Losses are correlated, hence the cap; a silence that was covered in part is capped
        in proportion.
    interval_s, heard, expected
        The nominal interval, and the messages heard of those expected in the cell.

    Returns
    -------
    None where it cannot be said: nobody else was heard meanwhile, or the cell's reception is not
    learned yet.

    >>> surprise_nats(600, 600, 30, 300, 1000, 9.0), surprise_nats(1800, 1800, 180, 500, 1000, 9.0)
    (7.13, 6.93)
    >>> surprise_nats(3600, 900, 30, 300, 1000, 9.0)  # deaf for three quarters of an hour
    2.25
    >>> surprise_nats(600, 0, 180, 500, 1000, 9.0) is None
    True
    """
    if covered_s <= 0 or expected < LEARNED_FROM:
        return None
    p_heard = min(heard / expected, 0.999)
    cap = cap_nats * min(1.0, covered_s / gap_s)
    return round(min(cap, -(covered_s / interval_s) * math.log1p(-p_heard)), 2)


def gap_s(from_us: int, to_us: int) -> float:
    """Length of a silence in seconds."""
    return (to_us - from_us) / SECOND_US

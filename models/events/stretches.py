"""Stretches: what was seen again and again, told as one thing that began and ended.

A detector finds *hits*: rows at which something holds. Hits of one subject that follow each other
within `quiet_s` make a stretch. A stretch begins, for the world, at the hit at which it is ready
(enough hits, long enough); it ends when nothing was hit for `quiet_s`, at a tick of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import polars as pl

from core.schema import empty
from models.fusion.schema import HAPPENING
from models.tracks.positions import SECOND_US

Row = dict[str, Any]

#: A hit; a detector adds columns of its own behind these.
HIT: Final = pl.Schema(
    {
        "subject": pl.String(),  # stretches of different subjects are different ones
        "targets": pl.List(pl.String()),  # sorted
        "track": pl.String(),
        "who": pl.String(),  # who saw it, see `seen_by`
        "from_us": pl.Int64(),  # since when what this hit says has held
        "t_us": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)


def seen_by() -> pl.Expr:
    """Who saw a row, as the contract names it: "ais", "beidou", "radar:R1"."""
    named = pl.col("source").str.strip_prefix("radar:")
    radar = pl.when(named.is_null()).then(pl.lit("radar")).otherwise(pl.format("radar:{}", named))
    return pl.when(pl.col("sensor") == "radar").then(radar).otherwise("sensor").alias("who")


def open_schema(
    most: Sequence[str] = (), last: Sequence[str] = (), notes: Sequence[str] = ()
) -> pl.Schema:
    """The columns of open stretches, for a detector that keeps the greatest and the last of some.

    `t_us` and `clock_s` are those of the last hit; place, track, seers and `notes` (texts) those
    of the first.
    """
    own = {name: pl.Float64() for name in (*most, *last)}
    texts = {name: pl.String() for name in notes}
    return pl.Schema({**HIT, **own, **texts, "hits": pl.Int64(), "said": pl.Boolean()})


def advance(
    open_: pl.DataFrame,
    hits: pl.DataFrame,
    until_s: int,
    quiet_s: int,
    ready: pl.Expr,
    *,
    most: Sequence[str] = (),
    last: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join hits to stretches.

    Parameters
    ----------
    open_
        `open_schema(most, last, notes)`, as of the last batch.
    hits
        `HIT` with the columns `most`, `last` and `notes`.
    quiet_s
        A hit so many ticks after the one before is no longer of its stretch.
    ready
        When a stretch is worth saying: on the columns of `open_schema` as of a hit, where `hits`,
        `from_us` and `most` cover the stretch so far.

    Returns
    -------
    The open stretches by subject, and what is to be said by (clock, subject): their columns with
    `phase` ("began", "ended"), `clock_s` (the tick at which it is said) and `to_us`.
    """
    names = open_schema(most, last, notes).names()
    if hits.is_empty() and not (open_["clock_s"] <= until_s - quiet_s).any():
        return open_, _said(open_.clear())
    frame = _joined(open_, hits, quiet_s, most, notes)
    frame = frame.with_columns(ready.fill_null(False).cum_max().over("stretch").alias("ready"))
    was = pl.col("ready").shift(1).over("stretch").fill_null(False)
    begins = frame.filter(pl.col("ready") & ~was & ~pl.col("said"))
    ends = frame.filter(pl.col("stretch").ne_missing(pl.col("stretch").shift(-1)))
    ends = ends.with_columns(pl.col("said") | pl.col("ready"))
    last_of = pl.col("subject").ne_missing(pl.col("subject").shift(-1))
    over = ~last_of | (pl.col("clock_s") <= until_s - quiet_s)
    ends = ends.with_columns(over.alias("over"))
    told = pl.concat(
        [
            _said(begins.select(names)),
            _said(ends.filter(pl.col("over") & pl.col("said")).select(names), quiet_s),
        ]
    )
    order = ("clock_s", "subject", "from_us", "phase")
    return ends.filter(~pl.col("over")).select(names), told.sort(order)


def _joined(
    open_: pl.DataFrame,
    hits: pl.DataFrame,
    quiet_s: int,
    most: Sequence[str],
    notes: Sequence[str],
) -> pl.DataFrame:
    """Open stretches and hits in order, each with its `stretch` and what that amounts to so far."""
    own = hits.with_columns(pl.lit(1, pl.Int64).alias("hits"), pl.lit(False).alias("said"))
    frame = pl.concat([open_, own.select(open_.columns).cast(open_.schema)]).sort(
        "subject", "clock_s", "t_us", "track"
    )
    fresh = pl.col("subject").ne_missing(pl.col("subject").shift(1))
    broken = pl.col("clock_s") - pl.col("clock_s").shift(1) >= quiet_s
    frame = frame.with_columns((fresh | broken).cum_sum().alias("stretch"))
    firsts = ("targets", "track", "who", "from_us", "lon", "lat", "said", *notes)
    return frame.with_columns(
        pl.col("hits").cum_sum().over("stretch"),
        *(pl.col(c).first().over("stretch") for c in firsts),
        *(pl.col(c).cum_max().over("stretch") for c in most),
    )


def _said(stretches: pl.DataFrame, quiet_s: int | None = None) -> pl.DataFrame:
    """The stretches as words: that they began, or ended after so long a quiet."""
    if quiet_s is None:
        to_us = pl.lit(None, pl.Int64).alias("to_us")
        return stretches.with_columns(pl.lit("began").alias("phase"), to_us)
    return stretches.with_columns(
        pl.lit("ended").alias("phase"),
        pl.col("t_us").alias("to_us"),
        pl.col("clock_s") + quiet_s,
    )


#: What a detector says of a stretch: its level, its nats, its detail.
Described = tuple[str | None, float | None, dict[str, Any]]


def happenings(told: pl.DataFrame, kind: str, describe: Callable[[Row], Described]) -> pl.DataFrame:
    """What is to be said as `HAPPENING`; a loop over what is said, not over rows."""
    rows = []
    for row in told.iter_rows(named=True):
        level, nats, detail = describe(row)
        rows.append(
            {
                **{c: row[c] for c in ("clock_s", "phase", "targets", "track", "from_us", "to_us")},
                "kind": kind,
                "matter": row["subject"],
                "lon": round(row["lon"], 6),
                "lat": round(row["lat"], 6),
                "pier": None,
                "level": level,
                "nats": nats,
                "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
                "sources": sorted(set(row["who"].split(" "))),
            }
        )
    return pl.DataFrame(rows, schema=HAPPENING) if rows else empty(HAPPENING)


def minutes(row: Row) -> float:
    """How long a stretch has lasted at what is said of it."""
    return float(round((row["t_us"] - row["from_us"]) / (60 * SECOND_US), 1))

"""Pier calls: a track came within 150 m of a pier, and left when it was beyond 250 m.

The hysteresis and the ladder of confidence are Global Fishing Watch's port visits at the scale of
piers (methods 1.1): 1 entry or exit only, 2 a stop or a silence only, 3 an entry or an exit beside
it, 4 all. A call belongs to the pier nearest to where the vessel lay still, or was last seen before
it went silent; passing by belongs to the nearest pier on the way.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from core.settings import CallSettings, TrackSettings
from geo.piers import Piers
from models.tracks.fold import TrackOutput
from models.tracks.positions import SECOND_US, expires_s

#: Presences that are open: a track within reach of a pier, row after row.
PRESENCE: Final = pl.Schema(
    {
        "track": pl.String(),
        "target": pl.String(),
        "pier": pl.Int64(),  # row of the site's pier table
        "t_us": pl.Int64(),  # the track's last row here
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "nearest": pl.Boolean(),  # this pier is the nearest to that row
        "from_us": pl.Int64(),  # first row within enter_m; null while none was
        "entry_seen": pl.Boolean(),
        "passed": pl.Boolean(),  # it was the nearest pier at some row within enter_m
        "berth_from_us": pl.Int64(),  # first stop here
        "berth_to_us": pl.Int64(),  # last row of a stop here
        "stage": pl.Int64(),  # how many of the dwell marks are passed
        "dark_from_us": pl.Int64(),  # a silence was called here after this row
        "quiet_from_us": pl.Int64(),  # the silence that ended last before berthing
        "quiet_to_us": pl.Int64(),
    }
)

#: What there is to say about a call at a tick: it berthed, has lain so long, went dark, left.
CALL: Final = pl.Schema(
    {
        **{c: PRESENCE[c] for c in ("track", "target", "pier", "from_us", "t_us", "lon", "lat")},
        "clock_s": pl.Int64(),
        "why": pl.String(),  # "berthed", "dwelt", "dark", "left"
        "entry_seen": pl.Boolean(),
        "exit_seen": pl.Boolean(),
        **{
            c: PRESENCE[c]
            for c in (
                "passed",
                "berth_from_us",
                "berth_to_us",
                "dark_from_us",
                "quiet_from_us",
                "quiet_to_us",
            )
        },
    }
)
#: A silence that ended longer before berthing was seen is no part of the approach.
QUIET_BEFORE_S: Final = 6 * 3600
#: Rows, piers, metres between.
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
#: Dwell at which a call is looked at again, in seconds: it berthed; the alarm band of 20–180 min;
#: the typical unloading of 50 min and more (methods 0, 7.1).
DWELL_MARKS_S: Final = (180, 20 * 60, 50 * 60, 180 * 60)


def advance(
    open_: pl.DataFrame,
    tracks: TrackOutput,
    until_s: int,
    piers: Piers,
    calls: CallSettings,
    stops: TrackSettings,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take what the tracks did and say what calls began, went on, went dark and ended.

    Parameters
    ----------
    open_
        `PRESENCE`: presences that were open after the last batch.
    tracks
        The output of `models.tracks.fold.advance` for this batch.

    Returns
    -------
    The open presences, and rows of `CALL` by (clock, track, pier).
    """
    if len(piers) == 0:
        return open_, empty(CALL)
    lon, lat = (tracks.linked[name].to_numpy() for name in ("lon", "lat"))
    pairs = piers.pairs(lon, lat, calls.leave_m)
    concerned = open_["track"].is_in(_heard_of(open_, tracks, until_s).implode())
    if not len(pairs[0]) and not concerned.any():
        return open_, empty(CALL)
    resting, open_ = open_.filter(~concerned), open_.filter(concerned)
    near = _near(tracks.linked, pairs, piers, calls, stops)
    frame = _presences(open_, near, tracks.called)
    last = frame.filter(pl.col("run").ne_missing(pl.col("run").shift(-1)))
    left = _left(last, tracks.linked, until_s)
    parts = (_marks(frame), _dark(frame), left)
    said = [part.select(CALL.names()).cast(CALL) for part in parts]
    still = last.join(left, on=["track", "pier", "t_us"], how="anti")
    state = pl.concat([resting, still.select(PRESENCE.names()).cast(PRESENCE)])
    state = state.sort("track", "pier")
    return state, pl.concat(said).sort("clock_s", "track", "t_us", "why", "pier")


def _heard_of(open_: pl.DataFrame, tracks: TrackOutput, until_s: int) -> pl.Series:
    """Tracks that moved, fell silent or are given up: other presences stay as they are."""
    gone = open_.filter(expires_s() <= until_s)["track"]
    return pl.concat([tracks.linked["track"], tracks.called["track"], gone]).unique()


def _near(
    linked: pl.DataFrame, pairs: Pairs, piers: Piers, calls: CallSettings, stops: TrackSettings
) -> pl.DataFrame:
    """Every new row with every pier within `leave_m` of it: `pairs` by `Piers.pairs`."""
    row, pier, metres = pairs
    near = linked[row].with_columns(
        pl.Series("row", row, pl.Int64),
        pl.Series("pier", pier, pl.Int64),
        pl.Series("metres", metres, pl.Float64),
    )
    stop = ["track", "stop_from_us"]
    lain_at = near.filter("stopped").unique(stop)
    lies_at, _ = piers.nearest(
        lain_at["stop_lon"].to_numpy(), lain_at["stop_lat"].to_numpy(), calls.enter_m
    )
    lain_at = lain_at.select(*stop, pl.Series("lies_at", lies_at, pl.Int64))
    best = near.sort("row", "metres", "pier").unique("row", keep="first", maintain_order=True)
    best = best.select("row", pl.col("pier").alias("best"))
    near = near.join(best, on="row", how="left").join(lain_at, on=stop, how="left")
    lain = pl.col("t_us") - pl.col("stop_from_us") >= stops.stop_min_s * SECOND_US
    here = pl.col("lies_at") == pl.col("pier")
    return near.with_columns(
        (pl.col("metres") <= calls.enter_m).alias("inside"),
        (pl.col("pier") == pl.col("best")).alias("nearest"),
        (here & pl.col("stopped") & lain).fill_null(False).alias("berthed"),
        (~pl.col("fresh") & ~pl.col("after_silence")).alias("continued"),
    )


def _presences(open_: pl.DataFrame, near: pl.DataFrame, called: pl.DataFrame) -> pl.DataFrame:
    """Open presences and new rows as runs of consecutive rows near one pier, by (run, row).

    Every column says what was known when its row was seen, the row included; only what later rows
    cannot change is carried.
    """
    kept = open_.with_columns(pl.lit(True).alias("kept"))
    wanted = ["t_us", "lon", "lat", "clock_s", "nearest", "inside", "berthed", "continued"]
    recent = pl.col("t_us") - pl.col("quiet_to_us") <= QUIET_BEFORE_S * SECOND_US
    quiet = [pl.when(recent).then(f"quiet_{end}_us").alias(f"q_{end}") for end in ("from", "to")]
    new = near.select(
        "track",
        "target",
        "pier",
        *wanted,
        "fresh",
        "was_t_us",
        "stop_from_us",
        *quiet,
        pl.lit(False).alias("kept"),
    )
    calls = called.select("track", pl.col("from_us").alias("t_us"), "called_s")
    frame = (
        pl.concat([kept, new], how="diagonal")
        .sort("track", "pier", "t_us")
        .join(calls, on=["track", "t_us"], how="left", maintain_order="left")
    )
    same = ~(
        pl.col("track").ne_missing(pl.col("track").shift(1))
        | pl.col("pier").ne_missing(pl.col("pier").shift(1))
    )
    follows = same & (pl.col("was_t_us") == pl.col("t_us").shift(1)) & ~pl.col("fresh")
    frame = frame.with_columns((~follows.fill_null(False)).cum_sum().alias("run"))
    return _dwell(
        frame.with_columns(
            _so_far("from_us", pl.col("inside"), "t_us", "min"),
            # An entry is seen where the first row within enter_m follows another row.
            pl.when("kept")
            .then("entry_seen")
            .when("inside")
            .then("continued")
            .drop_nulls()
            .first()
            .over("run")
            .alias("entry_seen"),
            (pl.col("passed").fill_null(False) | (pl.col("nearest") & pl.col("inside")))
            .fill_null(False)
            .cast(pl.Int8)
            .cum_max()
            .over("run")
            .cast(pl.Boolean)
            .alias("passed"),
        )
    )


def _dwell(frame: pl.DataFrame) -> pl.DataFrame:
    lying = pl.col("berthed").fill_null(False) & pl.col("from_us").is_not_null()
    dark = pl.col("called_s").is_not_null() & pl.col("nearest") & pl.col("from_us").is_not_null()
    frame = frame.with_columns(
        _so_far("berth_from_us", lying, "stop_from_us", "min"),
        _so_far("berth_to_us", lying, "t_us", "max"),
        dark.alias("goes_dark"),
    )
    frame = frame.with_columns(_dark_from())
    lain_s = (pl.col("t_us") - pl.col("berth_from_us")) // SECOND_US
    passed = pl.sum_horizontal([(lain_s >= mark).cast(pl.Int64) for mark in DWELL_MARKS_S])
    at_row = pl.when(lying).then(passed).otherwise(pl.col("stage")).fill_null(0)
    stage = at_row.cum_max().over("run")
    frame = frame.with_columns(stage.alias("stage"))
    was = pl.col("stage").shift(1).over("run").fill_null(0)
    frame = frame.with_columns(
        (~pl.col("kept") & (pl.col("stage") > was)).alias("mark"),
        ((pl.col("stage") > 0) & (was == 0) & ~pl.col("kept")).alias("lands"),
    )
    return frame.with_columns(
        _so_far("quiet_from_us", pl.col("lands"), "q_from", "min"),
        _so_far("quiet_to_us", pl.col("lands"), "q_to", "min"),
    )


def _dark_from() -> pl.Expr:
    """Since when it has been dark here. A silence is called after its row, at a tick of its own."""
    found = pl.when("goes_dark").then(pl.coalesce("dark_from_us", "t_us")).otherwise("dark_from_us")
    return found.cum_min().over("run").forward_fill().over("run").alias("dark_from_us")


def _so_far(name: str, when: pl.Expr, value: str, which: str) -> pl.Expr:
    """The least (or greatest) value where it held, so far in the run; the kept row's before."""
    found = pl.when("kept").then(name).when(when).then(value)
    best = found.cum_min() if which == "min" else found.cum_max()
    return best.over("run").forward_fill().over("run").alias(name)


def _marks(frame: pl.DataFrame) -> pl.DataFrame:
    known = frame.with_columns(pl.col("dark_from_us").shift(1).over("run"))
    return known.filter("mark").with_columns(
        pl.when("lands").then(pl.lit("berthed")).otherwise(pl.lit("dwelt")).alias("why"),
        pl.lit(False).alias("exit_seen"),
    )


def _dark(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter("goes_dark").with_columns(
        pl.col("called_s").alias("clock_s"),
        pl.lit("dark").alias("why"),
        pl.lit(False).alias("exit_seen"),
    )


def _left(last: pl.DataFrame, linked: pl.DataFrame, until_s: int) -> pl.DataFrame:
    """Presences whose track went on elsewhere, or was given up."""
    nexts = linked.select(
        "track",
        pl.col("was_t_us").alias("t_us"),
        pl.col("clock_s").alias("next_s"),
        (~pl.col("fresh") & ~pl.col("after_silence")).alias("exit_seen"),
    )
    gone_s = pl.min_horizontal("next_s", expires_s())
    return (
        last.join(nexts, on=["track", "t_us"], how="left", maintain_order="left")
        .with_columns(
            gone_s.alias("clock_s"),
            pl.col("exit_seen").fill_null(False),
            pl.lit("left").alias("why"),
        )
        .filter(pl.col("next_s").is_not_null() | (pl.col("clock_s") <= until_s))
    )


def confidence(entry_seen: bool, exit_seen: bool, berthed: bool, dark: bool) -> int:
    """The ladder of Global Fishing Watch's port visits (methods 1.1).

    >>> [confidence(*c) for c in [(True, True, True, False), (False, True, False, True)]]
    [4, 3]
    >>> [confidence(*c) for c in [(False, False, True, False), (True, False, False, False)]]
    [2, 1]
    """
    if not (berthed or dark):
        return 1
    return 2 + int(entry_seen) + int(exit_seen)

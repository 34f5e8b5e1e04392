"""Stops: slow enough to be lying still, with hysteresis so that noise does not end them.

A stop begins below `stop_begin_kn` and ends above `stop_end_kn` (Global Fishing Watch: 0.2 and
0.5 kn; what a radar says of speed is noisier, and has limits of its own). It breaks where the track
reappears elsewhere after a silence.
"""

from __future__ import annotations

import polars as pl

from core.settings import TrackSettings
from models.tracks.positions import SECOND_US, expires_s, of_radar

MOVED_M = 200.0  # displacement over a silence that a moored boat does not make


def mark(frame: pl.DataFrame, settings: TrackSettings) -> pl.DataFrame:
    """Say of every row whether it lies in a stop, and since when and where.

    Returns
    -------
    The frame with `stopped`, `stop_from_us`, `stop_lon`, `stop_lat` (null outside a stop),
    `stop_broken`, and the last ended silence in `quiet_from_us`, `quiet_to_us`.
    """
    broken = ~pl.col("kept") & (
        pl.col("fresh") | (pl.col("after_silence") & (pl.col("step_m") > MOVED_M))
    )
    decided = (
        pl.when(pl.col("speed_kn") < of_radar(settings.radar_stop_begin_kn, settings.stop_begin_kn))
        .then(True)
        .when(pl.col("speed_kn") > of_radar(settings.radar_stop_end_kn, settings.stop_end_kn))
        .then(False)
        .when(broken)
        .then(False)
    )
    frame = frame.with_columns(
        broken.alias("stop_broken"),
        pl.when("kept").then("stopped").otherwise(decided).forward_fill().alias("stopped"),
    )
    was = pl.when("first").then(False).otherwise(pl.col("stopped").shift(1, fill_value=False))
    begins = ~pl.col("kept") & pl.col("stopped") & (~was | pl.col("stop_broken"))
    quiet = pl.col("after_silence")
    return frame.with_columns(
        _as_it_was("stop_from_us", begins, pl.col("t_us"), ~pl.col("stopped")),
        _as_it_was("stop_lon", begins, pl.col("lon"), ~pl.col("stopped")),
        _as_it_was("stop_lat", begins, pl.col("lat"), ~pl.col("stopped")),
        _as_it_was("quiet_from_us", quiet, pl.col("was_t_us"), pl.col("fresh")),
        _as_it_was("quiet_to_us", quiet, pl.col("t_us"), pl.col("fresh")),
        (was & ~pl.col("kept") & (~pl.col("stopped") | pl.col("stop_broken"))).alias("stop_ends"),
    )


def _as_it_was(name: str, sets: pl.Expr, value: pl.Expr, clears: pl.Expr) -> pl.Expr:
    """A column that is set on some rows, cleared on others, and else stays as it was."""
    kept = pl.col("kept")
    nothing = pl.lit(-1.0 if name in ("stop_lon", "stop_lat") else -1)
    nothing = nothing if name.endswith("_us") else pl.lit(-999.0)
    value = (
        pl.when(kept)
        .then(pl.col(name).fill_null(nothing))
        .when(sets)
        .then(value)
        .when(clears)
        .then(nothing)
        .forward_fill()
    )
    return pl.when(value != nothing).then(value).alias(name)


def finished(frame: pl.DataFrame, until_s: int, settings: TrackSettings) -> pl.DataFrame:
    """Stops that ended in this batch and lasted long enough.

    Returns
    -------
    `track`, `target`, `from_us`, `to_us`, `lon`, `lat`, `clock_s` (the tick at which the end was
    seen). A stop that a silence ended ends at the last row before it; one of a track of which
    nothing more was heard, when the track is given up.
    """
    last = pl.col("track").ne_missing(pl.col("track").shift(-1))
    lying = frame.with_columns(
        pl.when(last).then(None).otherwise(pl.col("stop_ends").shift(-1)).alias("ends_next"),
        *(
            pl.when(last).then(None).otherwise(pl.col(c).shift(-1)).alias(f"next_{c}")
            for c in ("t_us", "clock_s", "after_silence", "fresh")
        ),
        last.alias("last"),
        expires_s().alias("expires_s"),
    ).filter("stopped")
    given_up = pl.col("last") & (pl.col("expires_s") <= until_s)
    ends = lying.filter(pl.col("ends_next").fill_null(False) | given_up)
    stayed = (pl.col("next_after_silence") | pl.col("next_fresh")).fill_null(True)
    return ends.select(
        "track",
        "target",
        pl.col("stop_from_us").alias("from_us"),
        pl.when(stayed).then("t_us").otherwise("next_t_us").alias("to_us"),
        pl.col("stop_lon").alias("lon"),
        pl.col("stop_lat").alias("lat"),
        pl.min_horizontal("next_clock_s", "expires_s").alias("clock_s"),
    ).filter(pl.col("to_us") - pl.col("from_us") >= settings.stop_min_s * SECOND_US)

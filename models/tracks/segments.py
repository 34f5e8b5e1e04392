"""Rows of a track in a row: what came before each, how long it may be quiet after it.

Nothing here loops over rows or groups: the frame is sorted by track and time, so "the row before"
is a shift, and "as it was" is a forward fill that each track's first row stops.
"""

from __future__ import annotations

import polars as pl

from core.settings import TrackSettings
from geo.plane import distance_m
from models.tracks.cleaning import KN_MS
from models.tracks.positions import SECOND_US, TRACK, break_us, ceil_s, of_radar

OWN_INTERVALS = 15  # an odd number: the median is one of them
LONGEST_SILENCE_S = 6 * 3600


def link(tracks: pl.DataFrame, rows: pl.DataFrame, settings: TrackSettings) -> pl.DataFrame:
    """Put the new rows behind the kept ones and say of each what came before it.

    Parameters
    ----------
    tracks
        `TRACK`: the kept tails.
    rows
        `POSITION` with `track`, `instance` and `jump` from `cleaning.split`.

    Returns
    -------
    `TRACK` columns with `kept` (a row of the state), `jump`, `first` (of its track here), `fresh`
    (begins a segment), `segment` (a number for each), `was_t_us`, `step_m` and `silent_at_s` (the
    tick at which a silence after this row is called), by (track, time).
    """
    old = tracks.with_columns(pl.lit(True).alias("kept"), pl.lit(False).alias("jump"))
    new = rows.with_columns(pl.lit(False).alias("kept"))
    frame = pl.concat([old, new.select(pl.exclude("key"))], how="diagonal").sort("track", "t_us")
    first = pl.col("track").ne_missing(pl.col("track").shift(1))
    before = {
        f"was_{c}": pl.when(first).then(None).otherwise(pl.col(c).shift(1))
        for c in ("t_us", "lon", "lat")
    }
    frame = frame.with_columns(first.alias("first"), **before)
    step = distance_m(*(frame[c].to_numpy() for c in ("was_lon", "was_lat", "lon", "lat")))
    gap_us = pl.col("t_us") - pl.col("was_t_us")
    fresh = ~pl.col("kept") & (gap_us.is_null() | (gap_us > break_us()) | pl.col("jump"))
    dt_s = pl.when("kept").then("dt_s").when(~fresh).then((gap_us + SECOND_US // 2) // SECOND_US)
    implied_kn = (pl.col("step_m") / (gap_us * (1 / SECOND_US)) * (1 / KN_MS)).round(2)
    follows = ~pl.col("kept") & ~fresh
    frame = frame.with_columns(pl.Series("step_m", step).fill_nan(None)).with_columns(
        fresh.alias("fresh"),
        (pl.col("first") | fresh).cum_sum().alias("segment"),
        dt_s.alias("dt_s"),
        pl.when(follows).then(pl.coalesce("speed_kn", implied_kn)).otherwise("speed_kn"),
    )
    return frame.with_columns(_quiet_until(settings).alias("silent_at_s"))


def _quiet_until(settings: TrackSettings) -> pl.Expr:
    """The tick of silence: never a fixed threshold alone, but the vessel's own habit too.

    A radar's target that ends is lost, not silent: null.
    """
    own_s = pl.col("dt_s").rolling_median(OWN_INTERVALS, min_samples=3).over("segment")
    moored = pl.col("speed_kn").fill_null(0) <= settings.stop_end_kn
    base_s = pl.when(moored).then(settings.silence_moored_s).otherwise(settings.silence_moving_s)
    patience_s = pl.max_horizontal(base_s, own_s.fill_null(0) * settings.silence_intervals)
    patience_s = pl.min_horizontal(patience_s, LONGEST_SILENCE_S).cast(pl.Int64)
    at_s = pl.max_horizontal(ceil_s(pl.col("t_us")) + patience_s, "clock_s")
    return of_radar(None, at_s)


def tail(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    """The last rows of each track's last segment: the state for the next batch.

    A radar's target is never silent, hence needs no habit of its own: its last row is enough.
    """
    index = pl.int_range(pl.len())
    last = pl.col("track").ne_missing(pl.col("track").shift(-1))
    left = pl.when(last).then(index).backward_fill() - index
    of_last = pl.col("segment") == pl.when(last).then("segment").backward_fill()
    return frame.filter(left < of_radar(1, rows), of_last).select(TRACK.names()).cast(TRACK)

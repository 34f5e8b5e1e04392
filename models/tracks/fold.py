"""The track models as one step of the fold: rows in, linked rows, stops and silences out."""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

from core.schema import empty
from core.settings import TrackSettings
from models.tracks import cleaning, reception, segments, silences, stops
from models.tracks.positions import SECOND_US, TAIL_ROWS, TRACK, expires_s
from models.tracks.segments import LONGEST_SILENCE_S

SILENCE_MEMORY_S = 36 * 3600


@dataclass(frozen=True)
class TrackState:
    """Everything that the next batch needs to know of the past, as frames."""

    tracks: pl.DataFrame  # track after track in any order, each by time; `frames` sorts them
    silences: pl.DataFrame
    cells: pl.DataFrame
    bins: pl.DataFrame

    @staticmethod
    def initial() -> TrackState:
        """Nothing seen yet."""
        return TrackState(
            empty(TRACK), empty(silences.SILENCE), empty(reception.CELLS), empty(reception.BINS)
        )

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        held = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**held, "tracks": self.tracks.sort("track", "t_us")}


@dataclass(frozen=True)
class TrackOutput:
    """What a batch led to."""

    linked: pl.DataFrame  # new rows with what came before them; see segments, silences, stops
    stops: pl.DataFrame  # that ended
    called: pl.DataFrame  # silences that began to count
    silences: pl.DataFrame  # all that are remembered, with their ends
    cells: pl.DataFrame  # reception (`reception.CELLS`); a judgement reads hours that were over


def advance(
    state: TrackState, rows: pl.DataFrame, until_s: int, settings: TrackSettings
) -> tuple[TrackState, TrackOutput]:
    """Take the rows visible by tick `until_s`.

    Parameters
    ----------
    rows
        `POSITION`, in any order, with `clock_s` after the last batch's `until_s`.
    until_s
        The last tick of this batch.
    """
    last = state.tracks.filter(pl.col("track").ne_missing(pl.col("track").shift(-1)))
    rows = cleaning.split(last, cleaning.newest_only(last, rows), settings)
    touched = state.tracks["track"].is_in(_touched(last, rows, until_s, settings).implode())
    mine = state.tracks.filter(touched)
    frame = silences.call(segments.link(mine, rows, settings), until_s)
    cells, bins = reception.learn(state.cells, state.bins, frame)
    called = reception.judge(silences.begun(frame), cells, bins)
    remembered = silences.ended(pl.concat([state.silences, called]), frame)
    remembered = reception.cover(remembered, bins)
    cells, bins = reception.forget(cells, bins, until_s)
    frame = stops.mark(frame, settings)
    tail = segments.tail(frame, TAIL_ROWS)
    alive = tail.filter(expires_s().last().over("track") > until_s)
    fresh_enough = pl.col("called_s") > until_s - SILENCE_MEMORY_S
    output = TrackOutput(
        frame.filter(~pl.col("kept")),
        stops.finished(frame, until_s, settings),
        called,
        remembered,
        cells,
    )
    state = TrackState(
        pl.concat([state.tracks.filter(~touched), alive]),
        remembered.filter(fresh_enough).sort("track", "from_us"),
        cells,
        bins,
    )
    return state, output


def _touched(
    last: pl.DataFrame, rows: pl.DataFrame, until_s: int, settings: TrackSettings
) -> pl.Series:
    """Tracks with new rows, or with something due at a tick: the rest need not be looked at."""
    soonest_s = min(settings.silence_moving_s, settings.silence_moored_s, LONGEST_SILENCE_S)
    waiting = (pl.col("t_us") <= (until_s - soonest_s) * SECOND_US) & ~pl.col("silent")
    waiting &= pl.col("sensor") != "radar"
    due = last.filter(waiting | (expires_s() <= until_s))["track"]
    return pl.concat([due, rows["track"].unique()])

"""`pierwatch replay`: the whole pipeline over a recording, time driven by the data."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from core.errors import InputError, RecordingError
from core.settings import Settings
from core.times import SECOND_US
from engine.place import Place
from pipeline.arrivals import Arrivals, Slice
from pipeline.recording import Recording, chunks
from pipeline.runner import Runner, Sink
from pipeline.saved import read_state, unusable, write_state
from pipeline.sites import make_place

TAIL = 4096  # bytes at the end of a clock file that hold its last ticks


def replay(
    recording: Recording,
    settings: Settings,
    *,
    out: Path | None = None,
    sink: Sink | None = None,
    run_id: int = 0,
    until: datetime | None = None,
    state_dir: Path | None = None,
    speed: float | None = None,
    pace_from: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Runner:
    """Replay a recording; the same input gives byte-identical files.

    Parameters
    ----------
    out
        Where `alerts.jsonl`, `events.jsonl`, `summary.json` and `refused.jsonl` go.
    sink, run_id
        The store and the run in it; without a sink nothing is stored.
    until
        End at this tick: exactly the lines issued until then are written.
    state_dir
        Start from the state saved there, if there is one, and save the last state there.
    speed
        Data seconds per second; None runs flat out.
    pace_from
        What came before this is taken at once; without it all is paced.
    progress
        Told the bytes read.
    stop
        Set from outside to end early, at a tick.
    """
    place = make_place(recording.site, settings, exercise=True)
    runner = begin(place, out, sink, run_id, state_dir)
    arrivals = Arrivals(recording.feeds["ais"], recording.site.skew_s, progress)
    runner.tally = arrivals.tally
    last_s = _last_tick_s(until, runner)
    stop = stop or threading.Event()
    pace_s = 0 if pace_from is None else int(pace_from.timestamp())
    clock = _Clock(speed, pace_s, stop)
    for piece in _ticks(arrivals, clock_end_s(recording), last_s):
        for part in _paced(piece, runner.state.tick_s, speed, pace_s):
            until_s = part.until_us // SECOND_US
            if until_s <= runner.state.tick_s:
                continue  # taken before the state was saved
            clock.wait(until_s)
            if stop.is_set():
                return runner
            fresh = pl.col("arrived_at").dt.epoch("us") > runner.state.tick_s * SECOND_US
            runner.take(part.observations.filter(fresh), part.identities.filter(fresh), until_s)
    runner.finish()
    if state_dir is not None:
        write_state(state_dir, runner.saved())
    return runner


def _last_tick_s(until: datetime | None, runner: Runner) -> int | None:
    """The tick to end at; what a saved state has taken cannot be taken back."""
    if until is None:
        return None
    last_s = int(until.timestamp())
    if last_s < runner.state.tick_s:
        raise InputError(
            "--until", expected="a time that the saved state has not passed",
            came=str(until), act="Leave --state out, or take a later time.",
        )  # fmt: skip
    return last_s


def _ticks(arrivals: Arrivals, clock_end_s: int | None, last_s: int | None) -> Iterator[Slice]:
    """Slices that end on whole seconds, the last at the last arrival or the clock's last tick."""
    for piece in arrivals:
        until_s = -(-piece.until_us // SECOND_US)
        if piece.last and clock_end_s is not None:
            until_s = max(until_s, clock_end_s)
        if last_s is not None and until_s >= last_s:
            until = pl.col("arrived_at").dt.epoch("us") <= last_s * SECOND_US
            seen, claimed = piece.observations.filter(until), piece.identities.filter(until)
            yield Slice(seen, claimed, last_s * SECOND_US, last=True)
            return
        yield Slice(piece.observations, piece.identities, until_s * SECOND_US, piece.last)


def _paced(piece: Slice, from_s: int, speed: float | None, pace_s: int) -> Iterator[Slice]:
    """A slice as it is, or cut so that each part is about half a second of the wall clock."""
    end_s = piece.until_us // SECOND_US
    if speed is None or end_s <= pace_s:
        yield piece
        return
    first_us = piece.observations["arrived_at"].dt.epoch("us").min()
    start_s = from_s or (first_us // SECOND_US if isinstance(first_us, int) else end_s)
    step_s = max(1, round(speed / 2))
    low = -1
    for until_s in [*range(max(start_s + step_s, pace_s), end_s, step_s), end_s]:
        at = pl.col("arrived_at").dt.epoch("us")
        window = (at > low) & (at <= until_s * SECOND_US)
        low = until_s * SECOND_US
        yield Slice(piece.observations.filter(window), piece.identities.filter(window), low)


class _Clock:
    """Holds a paced replay back to its speed."""

    def __init__(self, speed: float | None, pace_s: int, stop: threading.Event) -> None:
        self._speed, self._pace_s, self._stop = speed, pace_s, stop
        self._origin: tuple[float, int] | None = None

    def wait(self, tick_s: int) -> None:
        if self._speed is None or tick_s <= self._pace_s:
            return
        if self._origin is None:
            self._origin = (time.monotonic(), tick_s)
        begun, first_s = self._origin
        due = begun + (tick_s - first_s) / self._speed
        self._stop.wait(max(0.0, due - time.monotonic()))


def begin(
    place: Place,
    out: Path | None,
    sink: Sink | None,
    run_id: int,
    state_dir: Path | None,
    *,
    continued: bool = False,
) -> Runner:
    """A runner that goes on from the state saved in a folder, or from the empty one.

    Raises
    ------
    RecordingError
        The state cannot be continued.
    """
    saved = read_state(state_dir)
    try:
        return Runner(place, out, sink, run_id, saved=saved, continued=continued)
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        if state_dir is None or saved is None:
            raise
        raise unusable(state_dir, str(error)) from error


def clock_end_s(recording: Recording) -> int | None:
    """The last tick of the clock feed, where `live` wrote one."""
    last: int | None = None
    for path in recording.feeds["clock"]:
        for text in _tail(path).splitlines():
            try:
                tick = datetime.fromisoformat(json.loads(text)["tick"]).astimezone(UTC)
                last = max(last or 0, int(tick.timestamp()))
            except (ValueError, KeyError, TypeError, OverflowError):
                continue  # a cut line: the tail begins anywhere, a crash ends anywhere
    return last


def _tail(path: Path) -> bytes:
    """The end of a file; of a gzipped one as far as it can be unpacked."""
    if not path.name.endswith(".gz"):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            return file.read()
    tail = b""
    with contextlib.suppress(RecordingError):
        for chunk in chunks(path):
            tail = (tail + chunk)[-TAIL:]
    return tail

"""`pierwatch replay`: the whole pipeline over a recording, time driven by the data."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from core.errors import RecordingError
from core.settings import Settings
from engine.fold import EngineState
from pipeline.arrivals import Arrivals, Slice
from pipeline.recording import Recording, chunks
from pipeline.runner import Runner, Sink
from pipeline.sites import make_place

SECOND_US = 1_000_000


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
    runner = Runner(place, out, sink, run_id, state=load_state(state_dir))
    arrivals = Arrivals(recording.feeds["ais"], recording.site.skew_s, progress)
    runner.tally = arrivals.tally
    last_s = None if until is None else int(until.astimezone(UTC).timestamp())
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
    save_state(runner.state, state_dir)
    return runner


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


def clock_end_s(recording: Recording) -> int | None:
    """The last tick of the clock feed, where `live` wrote one."""
    last: int | None = None
    for path in recording.feeds["clock"]:
        tail = b""
        for chunk in chunks(path):
            tail = (tail + chunk)[-4096:]
        for text in tail.splitlines():
            try:
                tick = datetime.fromisoformat(json.loads(text)["tick"])
            except (ValueError, KeyError, TypeError):
                continue  # a cut line: the tail begins anywhere, a crash ends anywhere
            last = max(last or 0, int(tick.timestamp()))
    return last


def load_state(folder: Path | None) -> EngineState:
    """The state saved in a folder, or the empty one."""
    if folder is None or not (folder / "clock").is_file():
        return EngineState.initial()
    try:
        return EngineState.load({p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()})
    except (KeyError, ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise RecordingError(
            str(folder), expected="a state that `replay --state` saved", came=str(error),
            act="Remove the folder to start from an empty state.",
        ) from error  # fmt: skip


def save_state(state: EngineState, folder: Path | None) -> None:
    """Save the state so that a crash leaves the old one or the new one, never half of each."""
    if folder is None:
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(folder.name + ".new")
    new.mkdir(exist_ok=True)
    for name, data in state.save().items():
        (new / name).write_bytes(data)
    old = folder.with_name(folder.name + ".old")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    for path in old.glob("*"):
        path.unlink()
    if old.exists():
        old.rmdir()

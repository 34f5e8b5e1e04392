"""`pierwatch replay`: the whole pipeline over a recording, time driven by the data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import polars as pl

from core.errors import InputError
from core.settings import Settings
from engine import events
from engine.place import Place
from pipeline.arrivals import Arrivals
from pipeline.beside import Beside
from pipeline.recording import Recording
from pipeline.runner import Runner, Sink, event_line
from pipeline.saved import read_state, unusable, write_state
from pipeline.sites import make_place
from pipeline.slices import Slice
from pipeline.vessels import VesselFiles


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
    vessels: bool = False,
    cores: int = 1,
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
    progress, stop
        Told the bytes read; set from outside to end early, at a tick.
    vessels
        Write the files of `pipeline.vessels` into `out` too.
    cores
        From two on a second process works beside this one, unless it is paced.
    """
    place = make_place(recording.site, settings, exercise=True)
    runner = begin(place, out, sink, run_id, state_dir)
    last_s = _last_tick_s(until, runner)
    pace_s = 0 if pace_from is None else int(pace_from.timestamp())
    clock = _Clock(speed, pace_s, stop or threading.Event())
    with ExitStack() as held:
        arrivals: Arrivals | Beside
        if cores > 1 and speed is None:
            arrivals = held.enter_context(Beside(recording, progress))
            runner.settle = arrivals.settle
        else:
            arrivals = Arrivals(recording, progress)
        runner.tally = arrivals.tally
        if out is not None and vessels:
            held.enter_context(_vessels(out, runner, place))
        if not _took_all(runner, _to_the_end(arrivals, last_s), clock):
            return runner
    runner.finish(over=state_dir is None)
    if state_dir is not None:
        write_state(state_dir, runner.saved())
    return runner


def _took_all(runner: Runner, pieces: Iterable[Slice], clock: _Clock) -> bool:
    """Give a run its slices, each at its time; false where it was stopped before the end."""
    for piece in pieces:
        for part in clock.parts(piece, runner.state.tick_s):
            if part.until_s <= runner.state.tick_s:
                continue  # taken before the state was saved
            if clock.stopped_before(part.until_s):
                return False
            runner.take(part.between(runner.state.tick_s, part.until_s))
    return True


@contextmanager
def _vessels(out: Path, runner: Runner, place: Place) -> Iterator[None]:
    """The files of vessels and links while a run goes on; its end says which events do."""
    with VesselFiles(out) as files:
        runner.on_vessels = files.take
        yield
        goes_on = events.going_on(runner.state.settled, place)
        files.end([event_line(event) for event in goes_on])


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


def _to_the_end(arrivals: Iterable[Slice], last_s: int | None) -> Iterator[Slice]:
    """Slices until there are no more, or until a tick."""
    for piece in arrivals:
        if last_s is not None and piece.until_s >= last_s:
            yield piece.between(0, last_s)
            return
        yield piece


class _Clock:
    """Holds a paced replay back to its speed; stops any replay at a tick."""

    def __init__(self, speed: float | None, pace_s: int, stop: threading.Event) -> None:
        self._speed, self._pace_s, self._stop = speed, pace_s, stop
        self._origin: tuple[float, int] | None = None

    def parts(self, piece: Slice, from_s: int) -> Iterator[Slice]:
        """A slice as it is, or cut so that each part is about half a second of the wall clock."""
        end_s = piece.until_s
        if self._speed is None or end_s <= self._pace_s:
            yield piece
            return
        first_s = piece.heard["tick_s"].min()
        start_s = from_s or (first_s if isinstance(first_s, int) else end_s)
        step_s = max(1, round(self._speed / 2))
        low_s = 0
        for until_s in [*range(max(start_s + step_s, self._pace_s), end_s, step_s), end_s]:
            yield piece.between(low_s, until_s)
            low_s = until_s

    def stopped_before(self, tick_s: int) -> bool:
        """Wait until a tick's time has come; whether the replay was stopped by then."""
        if self._speed is not None and tick_s > self._pace_s:
            if self._origin is None:
                self._origin = (time.monotonic(), tick_s)
            begun, first_s = self._origin
            due = begun + (tick_s - first_s) / self._speed
            self._stop.wait(max(0.0, due - time.monotonic()))
        return self._stop.is_set()


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

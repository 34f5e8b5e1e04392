"""`pierwatch live`: what is heard now goes to the archive, through the engine, to store and screen.

One second after the other: the lines that arrived are archived with their arrival, then decoded
from the archive's own bytes, so that live and replay read the same. The engine's state is saved
every minute; a restart takes what the archive holds since then, and nothing is lost.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from core.errors import SetupError
from core.times import SECOND_US
from engine.place import Place
from pipeline.archive import Archive
from pipeline.archive_tail import tail_offsets
from pipeline.arrivals import Arrivals
from pipeline.hearing import Hearing
from pipeline.recording import read_recording
from pipeline.replay import begin, clock_end_s
from pipeline.runner import Runner, Sink
from pipeline.saved import write_state
from pipeline.sources import Sources

SAVE_EVERY_S = 60
LAST_FLUSH_S = 5.0
#: Read again before the state's tick at a restart, so that the decoders know what was heard last:
#: longer than a message's parts or receptions lie apart, and than a receipt may leap.
WARM_UP_S = 900


class KeepingSink(Sink, Protocol):
    """A sink that says how much of what it was given can no longer be lost (`store.spool`)."""

    @property
    def kept(self) -> int: ...
    @property
    def away(self) -> bool: ...
    def flush(self, timeout_s: float | None = None) -> bool: ...


@dataclass(frozen=True)
class Kept:
    """Where a live service keeps what it must not lose."""

    folder: Path

    @property
    def archive(self) -> Path:
        """The recording that grows."""
        return self.folder / "archive"

    @property
    def state(self) -> Path:
        """The engine's state."""
        return self.folder / "state"


def live(
    urls: list[str],
    place: Place,
    site_folder: Path,
    kept: Kept,
    *,
    sink: KeepingSink | None,
    run_id: int,
    out: Path | None = None,
    stop: threading.Event,
    say: Callable[[str], None] = lambda _: None,
    now: Callable[[], float] = time.time,
) -> Runner:
    """Run until stopped, or until standard input ends where it is the only source.

    Parameters
    ----------
    urls
        As `pipeline.sources.Sources.start` takes them.
    site_folder
        Copied into the archive, which is a recording.
    kept
        Archive and state; a service that begins again in the same places continues.
    now
        Unix seconds.
    """
    with _alone(kept.folder):
        sources = Sources(stop)
        names = [sources.start(url) for url in urls]  # what comes during the catching up waits
        archive = Archive(kept.archive, place.site.name)
        keep_site(site_folder, kept.archive / "site")
        runner = begin(place, out, sink, run_id, kept.state, continued=True)
        saving = Saving(kept.state, runner, sink)
        try:
            hearing = catch_up(runner, archive, saving, stop, say)
            while not stop.is_set() and not sources.over(names):
                tick_s = max(int(now()) + 1, runner.state.tick_s + 1)
                stop.wait(min(max(0.0, tick_s - now()), 1.0))  # a clock set back is not waited for
                for source, n in sources.lost.items():
                    runner.tally.counts[f"lost_{source}"] = n
                runner.take(*hearing.second(sources.drain(), tick_s), tick_s)
                saving.after_tick()
            tick_s = runner.state.tick_s
            held = hearing.close(tick_s)
            if any(len(frame) for frame in held):
                runner.take(*held, tick_s)
            saving.last()
            runner.finish()
        finally:
            archive.close()
    return runner


class Saving:
    """Saves the runner's state now and then, each time once the sink can no longer lose what it
    was given until then: what is newer is in the archive, and is given again after a crash."""

    def __init__(self, folder: Path, runner: Runner, sink: KeepingSink | None) -> None:
        self._folder, self._runner, self._sink = folder, runner, sink
        self._made_s = runner.state.tick_s
        self._waiting: tuple[int, dict[str, bytes]] | None = None

    def after_tick(self) -> None:
        """Save where it is time, or where the sink has kept what it waited for."""
        if self._waiting is None and self._runner.state.tick_s - self._made_s >= SAVE_EVERY_S:
            self._make()
        self._write()

    def last(self) -> None:
        """Save now, where the sink can take what it holds; else the state before stays."""
        if self._sink is not None:
            self._sink.flush(0.0 if self._sink.away else LAST_FLUSH_S)
        self._make()
        self._write()

    def _make(self) -> None:
        self._made_s = self._runner.state.tick_s
        self._waiting = (self._runner.serial, self._runner.saved())

    def _write(self) -> None:
        if self._waiting and (self._sink is None or self._sink.kept >= self._waiting[0]):
            write_state(self._folder, self._waiting[1])
            self._waiting = None


def catch_up(
    runner: Runner,
    archive: Archive,
    saving: Saving,
    stop: threading.Event,
    say: Callable[[str], None],
) -> Hearing:
    """Take from the archive what came after the state was saved; hear on from there."""
    skew_s = runner.place.site.skew_s
    recording = read_recording(archive.folder)
    from_s = runner.state.tick_s
    offsets = tail_offsets(recording.feeds["ais"], from_s - WARM_UP_S)
    arrivals = Arrivals(tuple(offsets), skew_s, offsets=offsets)
    runner.tally = arrivals.tally
    end_s = clock_end_s(recording) or 0
    if end_s > from_s > 0:
        say(f"catching up from the archive: {end_s - from_s} s")
    at = pl.col("arrived_at").dt.epoch("us")
    for piece in arrivals:
        until_s = -(-piece.until_us // SECOND_US)
        until_s = max(until_s, end_s) if piece.last else until_s
        if stop.is_set():
            break
        if until_s > runner.state.tick_s:
            new = at > runner.state.tick_s * SECOND_US
            runner.take(piece.observations.filter(new), piece.identities.filter(new), until_s)
            saving.after_tick()
    return Hearing(archive, skew_s, runner.tally, arrivals.first_heard)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two services that write one archive would spoil it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError(
                str(folder), expected="a folder that no other `pierwatch live` uses",
                came="one that is in use", act="End the other, or name another with --keep.",
            ) from error  # fmt: skip
        yield


def keep_site(folder: Path, target: Path) -> None:
    """The archive is a recording: the site as it is goes with it."""
    target.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            unfinished = target / f"{path.name}.part"
            shutil.copy2(path, unfinished)
            unfinished.replace(target / path.name)

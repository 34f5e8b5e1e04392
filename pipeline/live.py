"""`pierwatch live`: what is heard now goes to the archive, through the engine, to store and screen.

One second after the other: the lines that arrived are archived with their arrival, then decoded
from the archive's own bytes, so that live and replay read the same. The engine's state is saved
every minute; a restart replays the archive from there on, and nothing is lost.
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.schema import IDENTITY, OBSERVATION, arriving, empty
from core.settings import Settings
from engine.place import Place
from ingest.ais import AisDecoder
from pipeline.archive import Archive
from pipeline.arrivals import Arrivals, Tally
from pipeline.recording import read_recording
from pipeline.replay import clock_end_s, load_state, save_state
from pipeline.runner import Runner, Sink
from pipeline.sources import Sources

SECOND_US = 1_000_000
SAVE_EVERY_S = 60


@dataclass(frozen=True)
class Kept:
    """Where a live service keeps what it must not lose."""

    archive: Path
    state: Path

    @staticmethod
    def under(folder: Path) -> Kept:
        """The usual places in a folder."""
        return Kept(folder / "archive", folder / "state")


def live(
    urls: list[str],
    place: Place,
    settings: Settings,
    kept: Kept,
    *,
    sink: Sink | None,
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
    kept
        Archive and state; a service that begins again in the same places continues.
    now
        Unix seconds.
    """
    archive = Archive(kept.archive, place.site.name)
    _keep_site(settings.site, kept.archive / "site")
    runner = Runner(place, out, sink, run_id, state=load_state(kept.state))
    _catch_up(runner, kept, say)
    sources = Sources(stop)
    names = [sources.start(url) for url in urls]
    decoders = {name: AisDecoder(source=name, skew_s=_skew(place)) for name in names}
    saved_s = runner.state.tick_s
    try:
        while not stop.is_set():
            tick_s = max(int(now()) + 1, runner.state.tick_s + 1)
            _wait_until(tick_s, stop, now)
            _second(runner, sources, archive, decoders, tick_s)
            if tick_s - saved_s >= SAVE_EVERY_S:
                save_state(runner.state, kept.state)
                saved_s = tick_s
            if sources.ended.issuperset(names) and sources.lines.empty():
                break
    finally:
        archive.close()
        save_state(runner.state, kept.state)
        runner.finish()
    return runner


def _second(
    runner: Runner,
    sources: Sources,
    archive: Archive,
    decoders: dict[str, AisDecoder],
    tick_s: int,
) -> None:
    """Archive what waits, then take it. Its arrival is the tick that closes its second."""
    waiting: dict[str, list[bytes]] = {name: [] for name in decoders}
    for _ in range(sources.lines.qsize()):
        try:
            name, line = sources.lines.get_nowait()
        except queue.Empty:
            break
        waiting[name].append(line)
    kept = {name: archive.frames(name, lines, tick_s * 1000) for name, lines in waiting.items()}
    archive.tick(tick_s)
    observed, claimed = [empty(arriving(OBSERVATION))], [empty(arriving(IDENTITY))]
    for name, data in kept.items():
        if data:
            part = decoders[name].feed(data)
            runner.tally.take(part, name)
            observed.append(part.observations)
            claimed.append(part.identities)
    for source, n in sources.counts.items():
        runner.tally.counts[source] = n
    timed = pl.col("received_at").is_not_null()
    seen = pl.concat(observed).filter(timed).sort("arrived_at", "source", "line")
    runner.take(seen, pl.concat(claimed).filter(timed), tick_s)


def _catch_up(runner: Runner, kept: Kept, say: Callable[[str], None]) -> None:
    """Take from the archive what was kept after the state was saved."""
    recording = read_recording(kept.archive)
    end_s = clock_end_s(recording)
    if end_s is None or end_s <= runner.state.tick_s:
        return
    say(f"catching up from the archive: {end_s - runner.state.tick_s} s")
    arrivals = Arrivals(recording.feeds["ais"], recording.site.skew_s)
    runner.tally = Tally()
    for piece in arrivals:
        until_s = end_s if piece.last else min(piece.until_us // SECOND_US, end_s)
        if until_s <= runner.state.tick_s:
            continue
        at = pl.col("arrived_at").dt.epoch("us")
        window = (at > runner.state.tick_s * SECOND_US) & (at <= until_s * SECOND_US)
        runner.take(piece.observations.filter(window), piece.identities.filter(window), until_s)


def _wait_until(tick_s: int, stop: threading.Event, now: Callable[[], float]) -> None:
    stop.wait(max(0.0, tick_s - now()))


def _skew(place: Place) -> dict[str, int]:
    return {source: int(s) for source, s in place.site.skew_s.items()}


def _keep_site(folder: Path, target: Path) -> None:
    """The archive is a recording: the site as it was goes with it."""
    target.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy2(path, target / path.name)

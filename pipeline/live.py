"""`pierwatch live`: what is heard now goes to the archive, through the engine, to store and screen.

Each feed has a thread that hears it and the clerk's thread archives it (`pipeline.clerk`). This
one closes a tick every second: what arrived until then is decoded from the archive's own bytes,
so that live and replay read the same, and goes through the engine, to store and files. A tick is
in the archive before the engine takes it; where the disk takes none the engine stands still, and
feeds and log say so. Decoding goes on within the second, and rows that the engine will release as
they are for certain are stored at once. The state is saved every minute; the archive offset that
it stands for is its tick: all that arrived until then is in it, nothing that arrived after. A start
takes what the archive holds since then, and nothing is lost; a state of another version is made
anew from the last three nights.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from core.errors import RecordingError, SetupError
from core.settings import FeedSettings
from engine.place import Place
from ingest.archive import Archive
from ingest.archive.repeats import Repeats
from ingest.sources.hub import Sources
from models.feeds.silence import FEED_LIMIT_S
from pipeline.arrivals import Arrivals
from pipeline.beforehand import Listening
from pipeline.clerk import MOST_BYTES, Clerk, Taken
from pipeline.desk_feed import Desk, DeskFeed, last_decision
from pipeline.feed_states import StoredAfter, states
from pipeline.hearing import Hearing
from pipeline.recording import Recording, ends_at_s, read_recording
from pipeline.rehearsal import rehearse
from pipeline.replay import begin
from pipeline.runner import Runner
from pipeline.saving import KeepingSink, Saving

#: Read again before the state's tick at a restart, so that what several files' stations heard of
#: one transmission folds as before.
WARM_UP_S: Final = 900
#: From which a state is made anew.
NIGHTS_S: Final = 3 * 86400
STATES_EVERY_S: Final = 10
CLOSING_S: Final = 2.0


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


@dataclass(frozen=True)
class Service:
    """What a live service is made of.

    Attributes
    ----------
    site_folder
        Copied into the archive, which is a recording.
    kept
        Archive and state; a service that begins again in the same places continues.
    desk
        Where officers' decisions come from; None where nobody decides.
    stored
        Says how long after their receipt rows were stored; None where nothing is stored.
    now
        Unix seconds.
    most_bytes
        Of what the engine has not taken yet, in memory.
    """

    feeds: Mapping[str, FeedSettings]
    place: Place
    site_folder: Path
    kept: Kept
    sink: KeepingSink | None = None
    run_id: int = 0
    out: Path | None = None
    desk: Desk | None = None
    stored: StoredAfter | None = None
    say: Callable[[str], None] = lambda _: None
    now: Callable[[], float] = time.time
    most_bytes: int = MOST_BYTES

    def run(self, stop: threading.Event) -> Runner:
        """Run until stopped, or until all sources have ended where all of them can."""
        with _alone(self.kept.folder):
            settings = self.place.settings
            secrets = settings.screen.secret_dir
            sources = Sources(self.feeds, self.place.site, secrets, stop)
            archive = Archive(
                self.kept.archive, self.place.site.name, settings.archive, now=self.now
            )
            try:
                keep_site(self.site_folder, self.kept.archive / "site")
                runner = self._begin(read_recording(archive.folder, settings.archive.key_dir))
                return _Running(self, sources, archive, runner, stop).run()
            finally:
                archive.close()

    def _begin(self, recording: Recording) -> Runner:
        try:
            return begin(
                self.place, self.out, self.sink, self.run_id, self.kept.state, continued=True
            )
        except RecordingError as error:
            from_s = max((ends_at_s(recording) or 0) - NIGHTS_S, 0)
            self.say(f"{error.where} cannot be continued ({error.came}): the state is made anew "
                     "from the last three nights of the archive.")  # fmt: skip
            return Runner(
                self.place, self.out, self.sink, self.run_id, continued=True, from_s=from_s
            )


class _Running:
    """One life of the service, from its catching up to its end."""

    def __init__(
        self,
        service: Service,
        sources: Sources,
        archive: Archive,
        runner: Runner,
        stop: threading.Event,
    ) -> None:
        self._service, self._sources, self._archive = service, sources, archive
        self._runner, self._stop = runner, stop
        keys = archive.settings.key_dir
        self._past = read_recording(archive.folder, keys)  # without what comes from now on
        self._end_s = max(ends_at_s(self._past) or 0, runner.state.tick_s)
        asking = [*self._past.feeds["vehicles"], *self._past.feeds["cameras"]]
        self._clerk = Clerk(
            archive, sources, self._end_s, service.say,
            now=service.now, most_bytes=service.most_bytes,
            repeats=Repeats.of_archive(asking, int(service.now() * 1000), keys),
        )  # fmt: skip
        self._desk: DeskFeed | None = None
        if service.desk is not None:
            after_id = max(last_decision(self._past), runner.decided)
            self._desk = DeskFeed(service.desk, runner.place.site.name, self._clerk, after_id)
        self._saving = Saving(service.kept.state, runner, service.sink)
        self._untold: dict[str, Any] = {"silent_after_s": silent_after_s(service.feeds)}
        if self._end_s:
            self._untold["down_s"] = max(int(service.now()) + 1 - self._end_s, 0)
        self._opening: tuple[Taken, dict[str, Any]] | None = None
        self._lost: dict[str, int] = {}
        self._told_s = 0

    def run(self) -> Runner:
        self._open()
        self._sources.start()
        self._clerk.start()  # what comes during the catching up is archived and acknowledged
        if self._desk is not None:
            self._desk.start()
        listening: Listening | None = None
        try:
            if hearing := self._catch_up():
                listening = Listening(hearing, self._clerk, self._runner)
                listening.start()
            while listening and not self._stop.is_set() and not self._sources.over:
                self._second(listening)
        finally:
            self._stop.set()
            self._sources.join(CLOSING_S)
            if self._desk is not None:
                self._desk.stop(CLOSING_S)
            self._clerk.stop()
            if listening is not None:
                listening.stop()
        if listening is not None:
            self._last(listening)
        self._saving.last()
        self._tell_states()
        stored = self._service.stored
        self._runner.finish({**self._sourced(), **(stored.summary() if stored else {})})
        return self._runner

    def _open(self) -> None:
        """Close the first tick before anything is heard: it tells how long nobody listened.

        So no frame of this life stands before it, and a replay that is cut anywhere knows of the
        pause before it hears of what came after.
        """
        facts = self._untold
        taken = self._clerk.close_tick(max(int(self._service.now()) + 1, self._end_s + 1), facts)
        if taken is not None:
            self._opening, self._untold = (taken, facts), {}

    def _catch_up(self) -> Hearing | None:
        """Take from the archive what came after the state was saved; None where it was stopped."""
        runner = self._runner
        rehearse(runner.place)
        from_s = runner.state.tick_s or runner.from_s
        arrivals = Arrivals(self._past, since_s=from_s - WARM_UP_S)
        runner.tally = arrivals.tally
        if self._end_s > from_s:
            missed = f"{self._end_s - from_s} s" if from_s else "from its beginning"
            self._service.say(f"catching up from the archive: {missed}")
        decided: list[pl.DataFrame] = []
        for piece in arrivals:
            until_s = max(piece.until_s, self._end_s) if piece.last else piece.until_s
            if self._stop.is_set():
                return None
            begun_s = max(runner.state.tick_s, runner.from_s)
            decided.append(piece.decisions)
            if until_s > begun_s:
                part = piece.between(begun_s, until_s)
                if not runner.state.tick_s:  # what was decided long ago may be in force
                    part = replace(part, decisions=pl.concat(decided))
                runner.take(part)
                decided.clear()
                self._saving.after_tick()
        hearing = Hearing(runner.place.site, runner.tally, arrivals.first_heard)
        if self._opening:
            taken, facts = self._opening
            runner.take(hearing.slice(taken, facts, last=False))
        return hearing

    def _second(self, listening: Listening) -> None:
        """Wait for the end of a second, and take it; of several that are over, all at once."""
        now = self._service.now
        tick_s = max(int(now()), self._runner.state.tick_s + 1)
        end_s = time.monotonic() + 1.0  # a clock set back is not waited for
        while (left_s := min(tick_s - now(), end_s - time.monotonic())) > 0:
            if self._stop.wait(left_s):
                break
        self._take(listening, tick_s)
        self._saving.after_tick()
        if tick_s // STATES_EVERY_S > self._told_s // STATES_EVERY_S:
            self._told_s = tick_s
            self._tell_states()

    def _take(self, listening: Listening, tick_s: int, *, last: bool = False) -> None:
        facts = {**self._untold, **self._archive.room(self._service.now()), **self._losses()}
        piece = listening.slice(tick_s, facts, last=last)
        if piece is None:
            self._untold = {k: v for k, v in facts.items() if k != "lost"}
            self._lost = {}
            return
        self._untold = {}
        if piece.until_s > self._runner.state.tick_s:
            self._runner.take(piece)

    def _last(self, listening: Listening) -> None:
        """What came until the end."""
        end_s = max(self._clerk.last_tick_s, self._runner.state.tick_s + 1)
        while self._runner.state.tick_s < end_s:
            before_s = self._runner.state.tick_s
            self._take(listening, end_s, last=True)
            if self._runner.state.tick_s == before_s:
                return  # the archive takes nothing; the next start takes what it has

    def _losses(self) -> dict[str, dict[str, int]]:
        """Frames lost by feed, where there are more of them than were told."""
        lost = {
            f"{state.sensor}/{state.feed}": state.lost + self._clerk.unkept[state.feed]
            for state in self._sources.states()
        }
        lost = {feed: n for feed, n in lost.items() if n}
        changed = lost != self._lost
        self._lost = lost
        return {"lost": lost} if changed and lost else {}

    def _sourced(self) -> dict[str, Any]:
        """For the summary: what the sources took in, lost and refused before the archive."""
        said = {
            f"{s.sensor}/{s.feed}": {
                "taken": s.taken, "lost": s.lost, "unkept": self._clerk.unkept[s.feed],
                "repeated": self._clerk.repeated[s.feed], "refused": s.refused,
            }
            for s in self._sources.states()
        }  # fmt: skip
        return {"sources": said}

    def _tell_states(self) -> None:
        sink, stored = self._service.sink, self._service.stored
        if sink is not None:
            rows = states(
                self._sources.states(), self._clerk.unkept, self._service.now(), stored,
                self._clerk.trouble,
            )  # fmt: skip
            sink.write_feed_states(self._service.run_id, rows)


def silent_after_s(feeds: Mapping[str, FeedSettings]) -> dict[str, float]:
    """After how many seconds each feed is silent, by the name that its files give it."""
    return {
        f"{feed.sensor}/{name}": feed.silent_after_s or float(FEED_LIMIT_S[feed.sensor])
        for name, feed in feeds.items()
    }


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

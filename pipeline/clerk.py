"""The clerk: what the feeds heard goes to the disk, then its senders are told, then the engine's.

A thread of its own takes the frames that wait, stamps them with their arrival, appends them to the
archive, brings them to the disk and tells every sender (`Arrived.done`). However slow the engine
is, this goes on. What the engine has not taken waits in memory up to `most_bytes`; what comes
beyond waits on the disk alone, as a path and a stretch of the file, and is read back from the
archive when its turn comes. Then the engine takes as many seconds at once as fit into that bound.

A stamp is never at or before a tick that was closed, nor before an earlier stamp: the lock is held
from the stamp until the frames are on the disk, and while a tick is closed.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import ArchiveError, RecordingError
from ingest.archive import Archive, Kept
from ingest.archive.reading import chunks
from ingest.archive.repeats import Repeats
from ingest.arrived import Arrived
from ingest.sources.hub import Sources

MOST_BYTES: Final = 1 << 26
MOST_DECISIONS: Final = 1000  # that the engine has not taken yet
SAY_EVERY_S: Final = 60.0
_RETRY_S: Final = 1.0
#: What follows where the archive does not take something. No second is closed that the archive does
#: not know of: a replay would not see it, and so could not equal what live said.
_TROUBLES: Final = {
    "ticks": "The engine stands still: nothing is judged and no alert raised, silences neither.",
    "frames": "{n} frames were not acknowledged.",
    "decisions": "Officers' decisions wait in the database.",
}


@dataclass
class _Stretch:
    """Bytes of a file that arrived in one second; `data` is None where only the disk has them."""

    path: str
    tick_s: int
    begin: int
    size: int
    data: list[bytes] | None


@dataclass(frozen=True)
class Taken:
    """What was handed over for a tick: by file of the archive, its bytes in their order; and what
    officers decided, each with the tick of its arrival and its text."""

    tick_s: int
    pieces: Mapping[str, Iterator[bytes]]
    decisions: Sequence[tuple[int, bytes]] = ()


class Clerk:
    """Archives what waits until it is stopped.

    Parameters
    ----------
    closed_s
        The last tick that the archive knows of.
    say
        Told in a sentence, once a minute, that the archive takes nothing.
    now
        Unix seconds.
    most_bytes
        That wait in memory, and that are handed over at once.
    repeats
        Knows what is in the archive already: it is acknowledged again, and not kept twice.
    """

    def __init__(
        self,
        archive: Archive,
        sources: Sources,
        closed_s: int,
        say: Callable[[str], None] = lambda _: None,
        *,
        now: Callable[[], float] = time.time,
        most_bytes: int = MOST_BYTES,
        repeats: Repeats | None = None,
    ) -> None:
        self.archive, self.sources = archive, sources
        self.repeated: Counter[str] = Counter()  # frames by feed that are in the archive already
        self._repeats = repeats or Repeats()
        self.unkept: Counter[str] = Counter()  # frames by feed that the archive did not take
        self._say = say
        self._said_s: dict[str, float] = {}  # by what is not taken
        self._troubles: dict[str, str] = {}
        self._now, self._most_bytes = now, most_bytes
        self._lock = threading.Lock()
        self._closed_s, self._last_ms, self._least_ms = closed_s, 0, 0
        self._waiting: deque[_Stretch] = deque()
        self._decided: deque[tuple[int, bytes]] = deque()
        self._newest: dict[str, _Stretch] = {}  # by file
        self._sizes: dict[str, int] = {}  # of the files that grow
        self._in_memory = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what the feeds still have is archived."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        while self.commit():
            pass

    @property
    def last_tick_s(self) -> int:
        """The first tick that everything archived belongs to."""
        with self._lock:
            return max(self._closed_s, -(-self._last_ms // 1000))

    def commit(self) -> bool:
        """Archive what waits, then tell its senders; False where nothing waited or was kept."""
        frames = self.sources.drain()
        if not frames:
            return False
        new, again = frames, list[Arrived]()
        try:
            with self._lock:
                stamp_ms = self._stamp_ms()
                new, again = self._repeats.split(frames, stamp_ms)
                kept = self.archive.append(new, stamp_ms)
                self.archive.sync()
                self._last_ms = stamp_ms
                for each in kept:
                    self._wait(each, -(-stamp_ms // 1000))
        except (ArchiveError, OSError) as error:
            self.unkept.update(frame.feed for frame in frames)
            self._repeats.unlearn(new)
            _tell(frames, kept=False)
            self._complain("frames", error)
            return False
        self._troubles.pop("frames", None)
        self.repeated.update(frame.feed for frame in again)
        _tell(frames, kept=True)
        return True

    def decide(self, text: bytes) -> bool:
        """Archive an officer's decision, a JSON object, for the engine to take at its tick.

        False where it is not kept, to be given again: there is no room, or the service ends.
        """
        try:
            with self._lock:
                if self._ending.is_set() or len(self._decided) >= MOST_DECISIONS:
                    return False
                stamp_ms = self._stamp_ms()
                self.archive.decision(text, stamp_ms)
                self._last_ms = stamp_ms
                self._decided.append((-(-stamp_ms // 1000), text))
        except (ArchiveError, OSError) as error:
            self._complain("decisions", error)
            return False
        self._troubles.pop("decisions", None)
        return True

    def close_tick(self, tick_s: int, facts: Mapping[str, object]) -> Taken | None:
        """Close a tick in the archive; what arrived until then and was not taken yet.

        Where more waits than fits into memory, an earlier tick is closed instead. None where the
        archive does not take the tick: nothing is handed over, to be asked for again, and the
        engine stands still.
        """
        try:
            with self._lock:
                tick_s = self._fitting(tick_s)
                self.archive.tick(tick_s, facts)
                self._closed_s = max(self._closed_s, tick_s)
                found = self._until(tick_s)
                self._forget_ended(tick_s)
                decided = []
                while self._decided and self._decided[0][0] <= tick_s:
                    decided.append(self._decided.popleft())
        except (ArchiveError, OSError) as error:
            self._complain("ticks", error)
            return None
        self._troubles.pop("ticks", None)
        return Taken(tick_s, found, decided)

    def so_far(self) -> Taken:
        """What arrived of the next tick already; the rest of it will have a later stamp."""
        with self._lock:
            self._least_ms = self._last_ms + 1
            return Taken(self._closed_s + 1, self._until(self._closed_s + 1))

    def _until(self, tick_s: int) -> dict[str, Iterator[bytes]]:
        """Hand over what waits and arrived until then."""
        found: dict[str, list[_Stretch]] = {}
        while self._waiting and self._waiting[0].tick_s <= tick_s:
            stretch = self._waiting.popleft()
            self._in_memory -= stretch.size if stretch.data is not None else 0
            found.setdefault(stretch.path, []).append(stretch)
            if self._newest.get(stretch.path) is stretch:
                del self._newest[stretch.path]
        return {path: self._bytes(some) for path, some in found.items()}

    def _stamp_ms(self) -> int:
        now_ms = int(self._now() * 1000)
        return max(now_ms, self._closed_s * 1000 + 1, self._last_ms, self._least_ms)

    def _run(self) -> None:
        pause_s = self.archive.settings.commit_ms / 1000
        while not self._ending.wait(pause_s):
            while self.commit() and not self._ending.is_set():
                pass

    def _wait(self, kept: Kept, tick_s: int) -> None:
        begin, size = self._sizes.get(kept.path, 0), len(kept.data)
        self._sizes[kept.path] = begin + size
        data = [kept.data] if self._in_memory + size <= self._most_bytes else None
        last = self._newest.get(kept.path)
        if last and last.tick_s == tick_s and (last.data is None) == (data is None):
            last.size += size
            if last.data is not None:
                last.data.append(kept.data)
        else:
            last = self._newest[kept.path] = _Stretch(kept.path, tick_s, begin, size, data)
            self._waiting.append(last)
        self._in_memory += size if data else 0

    def _fitting(self, tick_s: int) -> int:
        """The last tick until then of which everything fits into memory; one tick at least."""
        size, fits_s = 0, 0
        for stretch in self._waiting:
            size += stretch.size
            if stretch.tick_s > tick_s:
                break
            if size > self._most_bytes and fits_s and stretch.tick_s > fits_s:
                return fits_s
            fits_s = stretch.tick_s
        return tick_s

    def _forget_ended(self, tick_s: int) -> None:
        """Files that ended with their hour need no size any more."""
        if len(self._sizes) > 4096:
            waiting = {stretch.path for stretch in self._waiting}
            hour = time.strftime("-%Y%m%dT%H", time.gmtime(tick_s))
            self._sizes = {p: n for p, n in self._sizes.items() if p in waiting or hour in p}

    def _bytes(self, stretches: list[_Stretch]) -> Iterator[bytes]:
        """The bytes of stretches of one file, read back where only the disk has them."""
        at = 0
        while at < len(stretches):
            first, begin = stretches[at], stretches[at].begin
            if first.data is not None:
                yield from first.data
                at += 1
                continue
            end = begin
            while at < len(stretches) and stretches[at].data is None:
                end, at = stretches[at].begin + stretches[at].size, at + 1
            path = self.archive.folder / "feeds" / first.path
            yield from stretch_of(path, begin, end, self.archive.settings.key_dir)

    @property
    def trouble(self) -> str | None:
        """Why the archive takes nothing; None where it does."""
        return next(iter(list(self._troubles.values())), None)

    def _complain(self, kind: str, error: Exception) -> None:
        """Say once a minute what is not taken, and wait before it is tried again."""
        n = sum(self.unkept.values())
        follows = _TROUBLES[kind].format(n=n)
        self._troubles[kind] = f"{error} {follows}"
        if time.monotonic() - self._said_s.get(kind, -SAY_EVERY_S) >= SAY_EVERY_S:
            self._said_s[kind] = time.monotonic()
            self._say(f"{error} {follows} It is tried again.")
        self._ending.wait(_RETRY_S)


def stretch_of(path: Path, begin: int, end: int, keys: Path | None) -> Iterator[bytes]:
    """The bytes of a stretch of an archive's file, which may be closed while it is read.

    Raises
    ------
    RecordingError
        It cannot be read any more.
    """
    for attempt in range(3):
        try:
            for chunk in chunks(path, begin, keys):
                yield chunk[: end - begin]
                begin += len(chunk)
                if begin >= end:
                    return
            return
        except RecordingError:
            if attempt == 2:
                raise


def _tell(frames: list[Arrived], *, kept: bool) -> None:
    for frame in frames:
        if frame.done is not None:
            frame.done(kept)

"""Files of all feeds, each in its own order, become one stream in the order of arrival.

Frames are ordered by arrival, file, line (contract). Of each file only what is not yet older than
the slowest file is held, so memory does not grow with the files' length.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from core.errors import RecordingError
from core.times import SECOND_US
from ingest.archive.reading import chunks
from pipeline.forms import SENSOR_FEEDS
from pipeline.reader import Reader, newest_us, tick_of, with_number
from pipeline.recording import Recording, began_at_s
from pipeline.slices import FirstHeard, Part, Slice
from pipeline.tally import Tally
from pipeline.told import Told, decisions, facts

SLICE_US = 3 * 3600 * SECOND_US
MOST_ROWS = 500_000  # held at a time; a dense hour is cut
HOUR_S = 3600  # the longest that a file of an archive can be


@dataclass
class _File:
    number: int
    reader: Reader
    parts: Iterator[Part]
    held: list[Part] = field(default_factory=list)
    rows: int = 0
    done: bool = False
    begun: bool = False

    @property
    def frontier_us(self) -> int:
        return self.reader.frontier_us

    def pull(self) -> None:
        """Take the next piece; an arrival is never before the one in front of it."""
        self.begun = True
        part = next(self.parts, None)
        if part is None:
            self.done = True
        elif part:
            self.held.append(with_number(part, self.number))
            self.rows += _rows(part)

    def due(self, until_us: int | None) -> list[Part]:
        """Give away what arrived until then, or all."""
        if until_us is None:
            ready, self.held, self.rows = self.held, [], 0
            return ready
        taken: list[Part] = []
        left: list[Part] = []
        for part in self.held:
            for name, frame in part.items():
                n = _until(frame, until_us)
                if n:
                    taken.append({name: frame.head(n)})
                if n < len(frame):
                    left.append({name: frame.slice(n)})
        self.held, self.rows = left, sum(_rows(part) for part in left)
        return taken


def _until(frame: pl.DataFrame, until_us: int) -> int:
    """How many rows arrived until then: a file's are in the order of arrival."""
    arrived = frame["arrived_at"].to_physical()
    if arrived.is_empty() or arrived[0] > until_us:  # empty where all of a chunk was refused
        return 0
    if arrived[-1] <= until_us:
        return len(frame)
    return int(arrived.search_sorted(until_us, side="right"))


def _rows(part: Part) -> int:
    return sum(len(frame) for frame in part.values())


class Arrivals:
    """A recording as one stream of slices of about three hours.

    Parameters
    ----------
    recording
        Of an archive, files that ended before `since_s` are left out.
    progress
        Told the bytes read.
    since_s
        A Unix time.
    """

    def __init__(
        self,
        recording: Recording,
        progress: Callable[[int], None] = lambda _: None,
        since_s: int | None = None,
    ) -> None:
        self.tally = Tally()
        self.first_heard = FirstHeard()
        self._progress = progress
        feeds = {name: [p for p in paths if _lasts(p, since_s)]
                 for name, paths in recording.feeds.items()}  # fmt: skip
        feeds["desk"] = list(recording.feeds["desk"])  # a permit of last month may be in force
        self._keys = recording.keys
        self.clock = Told(feeds["clock"], "tick", self._keys)
        self.desk = Told(feeds["desk"], "received_at", self._keys)
        named = [(f"{folder}/{p.name}", p) for folder in SENSOR_FEEDS for p in feeds[folder]]
        readers = [(Reader(name, recording.site, self.tally), p) for name, p in named]
        readers.sort(key=lambda each: each[0].path)
        self._files = [
            _File(i, reader, self._decode(reader, path)) for i, (reader, path) in enumerate(readers)
        ]
        if recording.archived:
            for file, (_, path) in zip(self._files, readers, strict=True):
                began_s = began_at_s(path.name)
                if began_s is not None:  # it is opened when its time has come
                    file.reader.frontier_us = began_s * SECOND_US

    def __iter__(self) -> Iterator[Slice]:
        until_us: int | None = None
        files = {f.number: f for f in self._files}
        slowest = [(f.frontier_us, f.number) for f in self._files]
        heapq.heapify(slowest)  # of an archive there may be thousands, each pulled often
        rows = 0
        while slowest:
            file = files[slowest[0][1]]
            held = file.rows
            file.pull()
            rows += file.rows - held
            if file.done:
                heapq.heappop(slowest)
                del files[file.number]
            else:
                heapq.heapreplace(slowest, (file.frontier_us, file.number))
            horizon_us = slowest[0][0] if slowest else -1
            if horizon_us < 0:
                continue
            if until_us is None:
                until_us = horizon_us
            ready_us = (horizon_us - 1) // SECOND_US * SECOND_US
            full = rows > MOST_ROWS and ready_us > until_us
            if full or ready_us - until_us >= SLICE_US:
                until_us = ready_us
                yield self._emit(until_us)
                self._files = [f for f in self._files if f.rows or not f.done]
                rows = sum(f.rows for f in self._files)
        yield self._emit(None)

    def _decode(self, reader: Reader, path: Path) -> Iterator[Part]:
        try:
            for chunk in chunks(path, keys=self._keys):
                self._progress(len(chunk))
                yield reader.feed(chunk)
        except RecordingError as error:  # the rest of this file is lost, the others go on
            lost = {"reason": "unreadable_file", "line": None, "detail": error.came[:120]}
            self.tally.refuse(reader.feed_name, pl.DataFrame([lost]), reader.path)
        yield reader.close()

    def _emit(self, until_us: int | None) -> Slice:
        until_s = None if until_us is None else until_us // SECOND_US
        parts = [part for file in self._files for part in file.due(until_us)]
        piece, again = self.first_heard.merged(parts, until_s or 0)
        self.tally.heard_again("ais", again)
        known = facts([*self.clock.until(until_s), *self.clock.pause(until_s)])
        told = ((tick_s, members) for tick_s, _, members in self.desk.until(until_s))
        decided = decisions(told, self.tally)
        if until_s is None:
            ends = [tick_of(newest_us(f)) for part in parts for f in part.values()]
            until_s = max(*ends, self.clock.end_s or 0, self.desk.end_s or 0, 0)
        return replace(
            piece, until_s=until_s, facts=known, decisions=decided, last=until_us is None
        )


def _lasts(path: Path, since_s: int | None) -> bool:
    """Whether a file can hold what arrived after a time."""
    began_s = began_at_s(path.name)
    return since_s is None or began_s is None or began_s + HOUR_S >= since_s

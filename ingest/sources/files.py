"""Files and folders that grow, read as `tail -F` does: rotated, truncated and gzipped ones too.

How far each file was read is kept on the disk, and only what is in the archive counts as read: a
restart neither loses nor doubles lines. (Killed between the archive's writing and its own, it
doubles the lines of that moment.)
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.sources.addresses import refused
from ingest.sources.framing import framing
from ingest.sources.inbox import Inbox
from ingest.sources.positions import Position, Positions
from ingest.sources.tail import Tail

_POLL_S: Final = 0.2
_SETTLED_S: Final = 1.0  # a gzipped file that has not changed for so long is taken for whole
_ASLEEP_S: Final = 3600.0  # a file that has not grown for so long is closed until it grows
_LAST_S: Final = 5.0  # after the stop, for lines that are being brought to disk
_MOST_SIBLINGS: Final = 1000
_ROTATED: Final = r"[.-][0-9][0-9TZ.:_-]*(\.gz)?"  # log.1, log-20260301, log.2.gz
_MORE_ENDINGS: Final = {".nmea": (".log", ".txt")}


class FileSource:
    """A file, or every file of a folder whose ending is the feed's, also gzipped.

    A single gzipped file ends; anything else may grow.
    """

    def __init__(self, name: str, feed: FeedSettings, secret_dir: Path) -> None:
        self._framing = framing(name, feed)
        parts = urlsplit(feed.url)
        if parts.netloc not in ("", "localhost") or not parts.path.strip("/"):
            raise refused(name, feed.url, "no path of this machine")
        self._path = Path(unquote(parts.path))
        ending = self._framing.ending
        plain = (ending, *_MORE_ENDINGS.get(ending, ()))
        self._endings = (*plain, *(f"{each}.gz" for each in plain))
        self._positions_path = secret_dir / "positions" / f"{quote(name, safe='')}.json"
        self._positions: Positions | None = None
        # By path: the file that is read, after it the one that has its name now. They outlive a
        # run that broke, for lines may still be on their way. None: asleep.
        self._tails: dict[Path, list[Tail]] = {}
        self._asleep: dict[Path, tuple[int, int, int]] = {}
        self._recorded: dict[Path, tuple[Tail, int]] = {}
        self._told = threading.Event()
        self._over = False

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Read until stopped; of a single gzipped file, until its end.

        Raises
        ------
        OSError
            The position cannot be kept, or a file cannot be read.
        """
        positions = self._positions = self._positions or Positions(self._positions_path)
        looked_s = -_POLL_S
        while not stop.is_set():
            moved = False
            if time.monotonic() - looked_s >= _POLL_S:
                looked_s = time.monotonic()
                inbox.state(f"reading: {self._path}" if self._path.exists() else "waiting: no file")
                self._open(self._paths(), positions)
            for path in list(self._tails):
                moved |= self._turn(path, inbox, stop)
            self._keep(positions)
            if self._over:
                return
            if not moved:
                self._told.wait(_POLL_S)
            self._told.clear()
        self._close(positions)

    def _close(self, positions: Positions) -> None:
        """Wait for what is being brought to disk, and keep how far that is."""
        until_s = time.monotonic() + _LAST_S
        while any(tails[0].outstanding for tails in self._tails.values()):
            if time.monotonic() > until_s:
                break
            self._told.wait(_POLL_S)
            self._told.clear()
            self._keep(positions)
        for path in list(self._tails):
            self._end(path)

    def _paths(self) -> list[Path]:
        """The files that are there, in the order of their names."""
        if not self._path.is_dir():
            return [self._path] if self._path.is_file() else []
        there = {entry.path for entry in os.scandir(self._path) if entry.is_file()}
        found = [Path(each) for each in sorted(there) if each.endswith(self._endings)]
        return [p for p in found if p.suffix != ".gz" or self._whole(p, there)]

    def _whole(self, path: Path, there: set[str]) -> bool:
        """Whether a gzipped file may be read: not while it is written beside its original."""
        if path in self._tails or path in self._asleep:
            return True
        if os.fspath(path.with_suffix("")) in there:
            return False
        return time.time() - path.stat().st_mtime > _SETTLED_S

    def _open(self, paths: Iterable[Path], positions: Positions) -> None:
        """Begin with files that are new, or that have changed in their sleep."""
        there = set(paths)
        for path in self._asleep.keys() - there:
            del self._asleep[path]
        if self._path.is_dir() and self._tails.keys() - there:
            return  # what has gone is read to its end first: it may come again under another name
        for path in sorted(there - self._tails.keys()):
            if self._asleep.get(path) == _status(path.stat()):
                continue
            self._asleep.pop(path, None)
            self._tails[path] = self._begun(path, positions)

    def _begun(self, path: Path, positions: Positions) -> list[Tail]:
        """Where to go on: in the file, in the one that had its name before, or at the beginning."""
        position = positions.get(path)
        if position is None and self._path.is_dir():
            position = positions.take_over(path)
        if position is None:
            return [self._tail(path, 0)]
        others = self._siblings(path, positions)
        for same_inode in (True, False):
            if position.of(path, same_inode=same_inode):
                return [self._tail(path, position.offset)]
            for other in others:
                if position.of(other, same_inode=same_inode):
                    first = self._tail(other, position.offset)
                    return [first, *self._since(first, path), self._tail(path, 0)]
        return [self._tail(path, 0)]

    def _siblings(self, path: Path, positions: Positions) -> list[Path]:
        """Files that may have had a file's name before it."""
        beside = (Path(e.path) for e in os.scandir(path.parent) if e.name.startswith(path.stem))
        strange = (p for p in beside if p != path and p not in self._tails)
        return [p for p in strange if not positions.known(p)][:_MOST_SIBLINGS]

    def _since(self, before: Tail, path: Path) -> list[Tail]:
        """What had the file's name since then and has gone the same way, the oldest first."""
        name = re.compile(re.escape(path.name) + _ROTATED)
        beside = [Path(e.path) for e in os.scandir(path.parent) if name.fullmatch(e.name)]
        at_ns = {each: each.stat().st_mtime_ns for each in beside}
        newer = [each for each in beside if at_ns[each] > before.modified_ns]
        return [self._tail(each, 0) for each in sorted(newer, key=at_ns.__getitem__)]

    def _tail(self, path: Path, offset: int) -> Tail:
        return Tail(path, offset, self._framing, self._told.set)

    def _turn(self, path: Path, inbox: Inbox, stop: threading.Event) -> bool:
        """Read on in one file; whether there was anything to do."""
        tails = self._tails[path]
        tail = tails[0]
        if tail.failed:
            if not tail.outstanding:
                inbox.state("waiting: the archive cannot keep what comes")
                stop.wait(_POLL_S)
                tail.again()
            return False
        frames = None if tail.broken else tail.read(inbox, last=len(tails) > 1)
        if frames is not None:
            self._put(frames, inbox, stop)
            return True
        return not tail.outstanding and self._at_end(path, tails)

    def _put(self, frames: list[Arrived], inbox: Inbox, stop: threading.Event) -> None:
        while frames and not inbox.put(frames) and not stop.is_set():
            inbox.wait_room(_POLL_S)
            if self._positions is not None:
                self._keep(self._positions)

    def _at_end(self, path: Path, tails: list[Tail]) -> bool:
        """All that is there was read and is kept: see what has become of the file."""
        tail = tails[0]
        if len(tails) > 1:
            tails.pop(0).close()
            return True
        if not path.exists():
            if self._path.is_dir():
                self._end(path)
            return False
        if tail.replaced():
            tails += [*self._since(tail, path), self._tail(path, 0)]
            return True
        if tail.truncated() and self._positions is not None:
            tails[:] = self._after_truncation(tail, path, self._positions)
            return True
        status = path.stat()
        if tail.ended or tail.broken or time.time() - status.st_mtime > _ASLEEP_S:
            self._asleep[path] = _status(tail.status if tail.packed else status)
            self._over = tail.ended and path == self._path
            self._end(path)
        return False

    def _after_truncation(self, tail: Tail, path: Path, positions: Positions) -> list[Tail]:
        """A file that was copied and emptied: what was not read of the copy, then the file."""
        was: Position | None = positions.get(path)
        tail.close()
        copies = (p for p in self._siblings(path, positions) if was and was.head_bytes)
        copy = next((p for p in copies if was and was.of(p, same_inode=False)), None)
        before = [self._tail(copy, was.offset)] if copy and was else []
        return [*before, self._tail(path, 0)]

    def _end(self, path: Path) -> None:
        if self._positions is not None:
            self._keep(self._positions)
        for tail in self._tails.pop(path):
            tail.close()
        self._recorded.pop(path, None)

    def _keep(self, positions: Positions) -> None:
        """Bring to disk how far each file was read."""
        for path, tails in self._tails.items():
            tail, kept = tails[0], tails[0].kept
            if self._recorded.get(path) != (tail, kept):
                positions.put(path, tail.position())
                self._recorded[path] = (tail, kept)
        positions.save()


def _status(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns

"""One file that is read to its end and on as it grows: whole lines, acknowledged in order."""

from __future__ import annotations

import gzip
import os
import threading
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.arrived import Arrived
from ingest.sources.framing import Framing
from ingest.sources.inbox import Inbox
from ingest.sources.positions import HEAD_BYTES, Position, content, digest

BLOCK: Final = 1 << 18  # bytes read at a time


@dataclass
class _Block:
    """Lines on their way to the archive: where they end, and how many are not there yet."""

    end: int
    left: int = 0
    lost: bool = False


class Tail:
    """A file from an offset of its content on.

    Parameters
    ----------
    told
        Called from any thread when all lines of a block are in the archive, or one cannot be.

    Raises
    ------
    OSError
        The file cannot be opened.
    """

    def __init__(self, path: Path, offset: int, framing: Framing, told: Callable[[], None]) -> None:
        self.path, self._framing, self._told = path, framing, told
        self._file = content(path)
        self.packed = path.suffix == ".gz"
        self.status = os.fstat(self._file.fileno())
        self._head = self._file.read(HEAD_BYTES) if self.packed else b""
        self._file.seek(offset)
        self._at = self._kept = offset  # up to the last whole line that was read; that is kept
        self._rest = b""
        self._blocks: deque[_Block] = deque()
        self._lock = threading.Lock()
        self._skipping = False  # the rest of a line that was refused as too long
        self.ended = self.broken = False  # of a gzipped file: all was read; no more can be

    def read(self, inbox: Inbox, *, last: bool) -> list[Arrived] | None:
        """The frames of the next lines; None where there are none yet.

        `last`: nothing will be added any more, so that a line without an end is one.
        """
        try:
            data = self._file.read(BLOCK)
        except (EOFError, gzip.BadGzipFile, zlib.error):  # perhaps it is not whole yet
            inbox.refuse("broken_gzip", self.path.name.encode())
            self.broken = True
            return None
        self.ended = self.packed and not data
        whole = data.rfind(b"\n") + 1
        if not data and self._rest and (last or self.ended):
            lines, self._rest = self._rest, b""
        elif whole:
            lines, self._rest = self._rest + data[:whole], data[whole:]
        else:
            self._rest += data
            if len(self._rest) <= self._framing.most_line + 2:
                return [] if data else None
            lines, self._rest = self._rest, b""
        return self._block(lines, inbox)

    def _block(self, lines: bytes, inbox: Inbox) -> list[Arrived]:
        self._at += len(lines)
        split = lines.split(b"\n")
        if self._skipping:
            del split[0]
        self._skipping = not lines.endswith(b"\n") and len(lines) > self._framing.most_line
        block = _Block(self._at)

        def done(kept: bool) -> None:
            self._done(block, kept)

        frames = self._framing.frames(split, inbox, done=done)
        with self._lock:
            block.left = len(frames)
            self._blocks.append(block)
        if not frames:
            self._settle()
        return frames

    def _done(self, block: _Block, kept: bool) -> None:
        with self._lock:
            block.left -= 1
            block.lost |= not kept
            over = not block.left
        if over:
            self._settle()

    def _settle(self) -> None:
        with self._lock:
            while self._blocks and not self._blocks[0].left and not self._blocks[0].lost:
                self._kept = self._blocks.popleft().end
        self._told()

    @property
    def outstanding(self) -> bool:
        """Whether lines are on their way."""
        return any(block.left for block in list(self._blocks))

    @property
    def failed(self) -> bool:
        """Whether lines could not be kept: see `again`."""
        return any(block.lost for block in list(self._blocks))

    @property
    def kept(self) -> int:
        """Up to where all is in the archive."""
        return self._kept

    @property
    def modified_ns(self) -> int:
        """When the file was last written to."""
        return os.fstat(self._file.fileno()).st_mtime_ns

    def position(self) -> Position:
        """Where a restart begins."""
        size = min(HEAD_BYTES, self._kept)
        head = self._head[:size] if self.packed else os.pread(self._file.fileno(), size, 0)
        return Position(self.status.st_ino, digest(head), len(head), self._kept)

    def again(self) -> None:
        """Read again what could not be kept."""
        self._file.seek(self._kept)
        self._at, self._rest, self._skipping, self.ended = self._kept, b"", False, False
        self._blocks.clear()

    def truncated(self) -> bool:
        """Whether the file is shorter than what was read of it."""
        size = os.fstat(self._file.fileno()).st_size
        return not self.packed and size < self._at + len(self._rest)

    def replaced(self) -> bool:
        """Whether another file has its name, or none."""
        try:
            status = self.path.stat()
        except OSError:
            return True
        same = (status.st_ino, status.st_dev) == (self.status.st_ino, self.status.st_dev)
        return not same

    def close(self) -> None:
        """Close the file."""
        self._file.close()

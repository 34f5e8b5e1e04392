"""How far the files of a feed were read: kept on the disk, so that a restart goes on from there."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, cast

from ingest.sources.kept import write_kept

HEAD_BYTES: Final = 1024  # by which a file is known again under another name, also gzipped
MOST_POSITIONS: Final = 10_000


@dataclass(frozen=True)
class Position:
    """A file that was read: by its inode, and by the hash of its first bytes as content.

    `offset` counts bytes of content, up to the end of the last line that is in the archive.
    """

    inode: int
    head: str
    head_bytes: int
    offset: int

    def of(self, path: Path, *, same_inode: bool) -> bool:
        """Whether a file is the one that was read, perhaps copied or gzipped since."""
        try:
            if same_inode and path.stat().st_ino != self.inode:
                return False
            with content(path) as file:
                head = file.read(self.head_bytes)
                known = digest(head) == self.head
                if path.suffix != ".gz":
                    return known and path.stat().st_size >= self.offset
                return known and file.seek(self.offset) == self.offset
        except (OSError, EOFError, zlib.error):
            return False


def content(path: Path) -> IO[bytes]:
    """A file's content, unpacked where its name ends with .gz."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def digest(head: bytes) -> str:
    """The hash of a file's first bytes."""
    return hashlib.sha256(head).hexdigest()[:32]


class Positions:
    """Positions by path, the latest read last; in memory until `save`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, Position] = {}
        self._changed = False
        try:
            rows = json.loads(path.read_bytes())
            self._found = {name: Position(**row) for name, row in rows.items()}
        except FileNotFoundError:
            pass
        except (ValueError, TypeError, AttributeError):  # not ours, or torn: as if there were none
            self._found = {}

    def known(self, path: Path) -> bool:
        """Whether a path was read before."""
        return os.fspath(path) in self._found

    def get(self, path: Path) -> Position | None:
        """Where reading a path stood."""
        return self._found.get(os.fspath(path))

    def take_over(self, path: Path) -> Position | None:
        """The position of a file that has another name now; it stands under the new one then."""
        for name, position in list(self._found.items()):
            old = Path(name)
            if position.head_bytes and not old.exists() and position.of(path, same_inode=False):
                del self._found[name]
                self.put(path, position)
                return position
        return None

    def put(self, path: Path, position: Position) -> None:
        """A path was read so far."""
        self._found.pop(os.fspath(path), None)
        self._found[os.fspath(path)] = position
        while len(self._found) > MOST_POSITIONS:
            del self._found[next(iter(self._found))]
        self._changed = True

    def save(self) -> None:
        """Bring them to disk, where there is anything new.

        Raises
        ------
        OSError
            The folder cannot be written.
        """
        if self._changed:
            self._changed = False
            rows = {name: asdict(position) for name, position in self._found.items()}
            write_kept(self._path, json.dumps(rows).encode())

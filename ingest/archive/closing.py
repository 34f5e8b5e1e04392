"""A file that grows no more is packed, sealed, listed; then the plain one goes.

Each step can be the last before the power fails: the plain file goes only once the closed one is
on the disk and listed, and where both stand there the plain one counts (`names.once`).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.times import utc_text
from ingest.archive import manifest, stamps
from ingest.archive.growing import sync_folder
from ingest.archive.keys import Keys
from ingest.archive.manifest import Chain, Entry
from ingest.archive.names import CLOSED, PART, parsed
from ingest.archive.sealing import Sealing

_PIECE: Final = 1 << 18
_HEAD: Final = 64  # bytes in which a line's stamp stands


class Closing:
    """Closes the files of an archive.

    Parameters
    ----------
    folder
        The archive.
    keys
        None: nothing is encrypted. The clock never is: it says nothing of anybody.
    """

    def __init__(self, folder: Path, keys: Keys | None) -> None:
        self.folder, self.keys = folder, keys

    def close(self, path: Path) -> None:
        """Close a file that gets no more lines."""
        with manifest.held(self.folder) as chain:
            for _ in self.steps(path, chain):
                pass

    def steps(self, path: Path, chain: Chain) -> Iterator[str]:
        """Close it, one step at a time; names each step that is done."""
        name = parsed(path.name)
        if name is None or not path.exists():
            return
        sensor, key = path.parent.name, None
        if self.keys is not None and sensor != "clock":
            key = self.keys.current(sensor, name.feed, name.day)
            yield "key"
        closed = path.with_name(path.name + (".gz.enc" if key else ".gz"))
        unfinished = closed.with_name(closed.name + PART)
        said: Entry = {"what": "closed", "file": str(closed.relative_to(self.folder)),
                "feed": name.feed, "day": name.day, "key": key and key[0]}  # fmt: skip
        said |= packed(path, unfinished, name.ending, key)
        yield "packed"
        unfinished.replace(closed)
        sync_folder(path.parent)
        yield "renamed"
        chain.add(said)
        yield "listed"
        path.unlink()
        sync_folder(path.parent)
        yield "removed"

    def put_right(self) -> list[Path]:
        """Finish or take back what a crash left half done; the files that are still to be closed.

        What was being written goes. A closed file that is listed makes its plain twin superfluous;
        one that is not listed is made again. What was to be deleted is deleted.
        """
        with manifest.held(self.folder):
            said = manifest.entries(self.folder)
            for entry in said:
                if entry["what"] != "closed":
                    self.delete(entry)
            listed = manifest.standing_files(said)
            waiting = []
            for path in sorted(self.folder.glob("feeds/*/*")):
                if path.name.endswith(PART):
                    path.unlink()
                elif (name := parsed(path.name)) and path.name.endswith(name.ending):
                    if self._superfluous(path, listed):
                        path.unlink()
                    else:
                        waiting.append(path)
        return waiting

    def _superfluous(self, path: Path, listed: dict[str, Entry]) -> bool:
        for ending in CLOSED:
            closed = path.with_name(path.name + ending)
            entry = listed.get(str(closed.relative_to(self.folder)))
            if entry is None:
                closed.unlink(missing_ok=True)
            elif closed.exists():
                with path.open("rb") as file:
                    plain = hashlib.file_digest(file, "sha256").hexdigest()
                return plain == str(entry["plain_sha256"])
        return False

    def delete(self, entry: Entry) -> None:
        """Delete what a line of the manifest says is gone: keys first, then files."""
        keys = self.keys
        for name in entry.get("keys", ()):
            if keys is not None:
                keys.destroy(name)
        folders = set()
        for file in entry["files"]:
            path = self.folder / file
            if path.exists():
                path.unlink()
                folders.add(path.parent)
        for folder in folders:
            sync_folder(folder)


def packed(path: Path, target: Path, ending: str, key: tuple[str, bytes] | None) -> Entry:
    """Write the closed form of a file, to the disk; what the manifest says of both.

    The gzip header has no time: the same lines give the same bytes.
    """
    gzip, seal = zlib.compressobj(wbits=31), Sealing(*key) if key else None
    plain, stored, span = hashlib.sha256(), hashlib.sha256(), Span(ending)
    size = 0
    with path.open("rb") as source, target.open("wb") as file:

        def store(data: bytes) -> None:
            stored.update(data)
            file.write(data)

        if seal:
            store(seal.head)
        while piece := source.read(_PIECE):
            plain.update(piece)
            span.take(piece)
            size += len(piece)
            data = gzip.compress(piece)
            store(seal.update(data) if seal else data)
        data = gzip.flush()
        store(seal.update(data) + seal.finish() if seal else data)
        file.flush()
        os.fsync(file.fileno())
        stored_size = file.tell()
    return {
        "sha256": stored.hexdigest(), "plain_sha256": plain.hexdigest(),
        "bytes": stored_size, "plain_bytes": size, "lines": span.lines,
        "first": _text(span.first_ms), "last": _text(span.last_ms),
    }  # fmt: skip


class Span:
    """First and last arrival in a file that is read piece by piece, and its lines."""

    def __init__(self, ending: str) -> None:
        self.lines = 0
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self._ending, self._head = ending, b""

    def take(self, piece: bytes) -> None:
        """Read on."""
        self.lines += piece.count(b"\n")
        data = self._head + piece  # begins where a line begins
        if self.first_ms is None:
            first = stamps.first_arrival(data, self._ending)
            self.first_ms = first and first[1]
        near = max(0, len(data) - (1 << 13))
        found = stamps.arrivals(data, self._ending, near) or stamps.arrivals(data, self._ending)
        if found:
            self.last_ms = found[-1]
        begin = data.rfind(b"\n") + 1
        self._head = data[begin : begin + _HEAD]


def _text(at_ms: int | None) -> str | None:
    return utc_text(at_ms * 1000) if at_ms is not None else None

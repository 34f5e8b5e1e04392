"""`manifest.jsonl`: what the archive holds and held, each line bound to the one before it.

A line is a JSON object: `what` (`closed`, `dropped`, `destroyed`), what it says, `previous` (the
SHA-256 of the line before, zeros in the first) and last `check`, the SHA-256 of the line without
it. Nothing in it is ever changed: what goes is said in a new line, so the chain stays whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from ingest.archive.growing import sync_folder

Entry = dict[str, Any]
NAME: Final = "manifest.jsonl"
FIRST: Final = "0" * 64
_CHECK = b', "check": "'


class Chain:
    """The manifest, held by one process at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._previous = FIRST
        size = file.seek(0, os.SEEK_END)
        window = 1 << 14
        while size:
            begin = max(0, size - window)
            file.seek(begin)
            tail = file.read()
            whole = tail.rfind(b"\n") + 1
            line = tail.rfind(b"\n", 0, max(0, whole - 1)) + 1
            if begin and not line:
                window *= 4
                continue
            if begin + whole < size:  # half a line that a crash left: it was never said
                file.truncate(begin + whole)
            if whole:
                self._previous = hashlib.sha256(tail[line : whole - 1]).hexdigest()
            break

    def add(self, entry: Mapping[str, object]) -> None:
        """Append a line; when this returns it is on the disk."""
        line = written({**entry, "previous": self._previous})
        self._file.write(line + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._previous = hashlib.sha256(line).hexdigest()


@contextmanager
def held(folder: Path) -> Iterator[Chain]:
    """The manifest of an archive, nobody else writing: what is done meanwhile is one thing."""
    path = folder / NAME
    fresh = not path.exists()
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if fresh:
            sync_folder(folder)
        yield Chain(file)


@contextmanager
def still(folder: Path) -> Iterator[None]:
    """Nobody writes the manifest meanwhile: no file is half closed but one that a crash left so."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context((folder / NAME).open("rb"))
        except FileNotFoundError:
            pass
        else:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def written(entry: Mapping[str, object]) -> bytes:
    """A line with its check."""
    body = json.dumps(entry, ensure_ascii=False).encode()
    return b'%s%s%s"}' % (body[:-1], _CHECK, hashlib.sha256(body).hexdigest().encode())


def whole(line: bytes) -> bool:
    """Whether a line says what it said when it was written."""
    body, mark, check = line.rpartition(_CHECK)
    return bool(mark) and check == hashlib.sha256(body + b"}").hexdigest().encode() + b'"}'


def lines(folder: Path) -> list[bytes]:
    """The manifest's lines, without one that is still being written."""
    try:
        return (folder / NAME).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def entries(folder: Path) -> list[Entry]:
    """What the manifest's whole lines say."""
    return entries_of(lines(folder))


def entries_of(some: list[bytes]) -> list[Entry]:
    """What lines of a manifest say, those that are whole."""
    return [said for line in some if (said := read(line)) is not None]


def read(line: bytes) -> Entry | None:
    """What a line says; None where it is not as it was written."""
    if not whole(line):
        return None
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    closed = said.get("what") == "closed" and isinstance(said.get("file"), str)
    return said if closed or isinstance(said.get("files"), list) else None


def standing_files(said: list[Entry]) -> dict[str, Entry]:
    """The files that should be there, by their path in the archive, each with its line."""
    found: dict[str, Entry] = {}
    for entry in said:
        if entry["what"] == "closed":
            found[entry["file"]] = entry
        else:
            for file in entry["files"]:
                found.pop(file, None)
    return found

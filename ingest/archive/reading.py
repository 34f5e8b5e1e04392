"""Reads a file of a recording as it was before it was closed."""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from core.errors import RecordingError
from ingest.archive import manifest
from ingest.archive.keys import KeyGone, Keys, key_folder
from ingest.archive.names import archive_of, standing
from ingest.archive.sealing import Opening

CHUNK: Final = 1 << 22
FIRST_CHUNK: Final = 1 << 16  # a file that begins late is held from its first piece on


def chunks(path: Path, begin: int = 0, keys: Path | None = None) -> Iterator[bytes]:
    """The bytes of a file, opened and unpacked where it is closed, in pieces; the first is small.

    Parameters
    ----------
    path
        Plain, `.gz` or `.gz.enc`. A plain one that was closed meanwhile is read as it is now.
    begin
        How many bytes to leave out, counted in the plain file.
    keys
        The folder of the keys; `keys` beside the archive that the file stands in.

    Raises
    ------
    RecordingError
        At a place that cannot be read (a file that was cut or damaged, one whose key was
        destroyed), after all that could be read before it.
    """
    held, want, fault = bytearray(), FIRST_CHUNK, None
    try:
        with opened(path, keys) as file:
            file.seek(begin)
            while piece := file.read1(want):  # `read` would lose what stands before the damage
                held += piece
                if len(held) >= want:
                    yield bytes(held)
                    held.clear()
                    want = CHUNK
    except (OSError, EOFError, zlib.error) as error:
        fault = error
    if held:
        yield bytes(held)
    if fault is not None:
        raise RecordingError(str(path), expected="a readable file", came=str(fault)) from fault


@contextlib.contextmanager
def opened(path: Path, keys: Path | None = None) -> Iterator[io.BufferedReader]:
    """The plain bytes of a file, to be read onwards.

    Raises
    ------
    OSError, EOFError, zlib.error
        Where it is read.
    """
    with contextlib.ExitStack() as stack:
        try:
            file: BinaryIO = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            path = standing(path)
            file = stack.enter_context(path.open("rb"))
        if path.name.endswith(".enc"):
            raw = cast(io.RawIOBase, _opening(file, archive_of(path), keys))
            file = stack.enter_context(io.BufferedReader(raw, 1 << 17))
        if path.name.removesuffix(".enc").endswith(".gz"):
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=file))
            yield cast(io.BufferedReader, unpacked)
        else:
            yield cast(io.BufferedReader, file)


def _opening(file: BinaryIO, archive: Path, keys: Path | None) -> Opening:
    """What is sealed in a file; where its key was destroyed, when and why."""
    try:
        return Opening(file, Keys(key_folder(archive, keys)))
    except KeyGone as error:
        for entry in manifest.entries(archive):
            if error.name in entry.get("keys", ()):
                told = f"its key {error.name} was destroyed, {entry.get('at')}: {entry.get('why')}"
                raise KeyGone(error.name, told) from error
        raise

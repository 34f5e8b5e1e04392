"""From when to when a file's lines arrived, and the part of files that came after a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from core.errors import RecordingError
from core.times import unix_us
from ingest.archive import manifest
from ingest.archive.closing import Span
from ingest.archive.manifest import Entry
from ingest.archive.names import CLOSED, archive_of, once, plain, standing
from ingest.archive.reading import chunks
from ingest.archive.stamps import arrivals, first_arrival

_WINDOW = 1 << 16  # bytes in which a line of ours should begin
_WIDEST = 1 << 24  # bytes at a file's end in which its last line must begin


def last_arrival(path: Path, keys: Path | None = None) -> int | None:
    """When the last line came, in Unix ms; None where the lines do not say.

    An open file is read from its end; of a closed one the manifest says it, or it is read whole.

    Raises
    ------
    RecordingError, OSError
        It cannot be read.
    """
    return _last(standing(path), _listed([path]), keys)


def crosses(path: Path, keys: Path | None = None) -> tuple[int, int] | None:
    """First and last arrival in a file, in Unix ms; None where the lines do not say.

    Raises
    ------
    RecordingError, OSError
        It cannot be read.
    """
    path = standing(path)
    entry = _entry(path, _listed([path]))
    if entry is not None:
        first, last = _ms(entry.get("first")), _ms(entry.get("last"))
    else:
        first, last = _first(path, keys), _last(path, {}, keys)
    return None if first is None or last is None else (first, last)


def tail_offsets(files: Iterable[Path], since_s: int, keys: Path | None = None) -> dict[Path, int]:
    """The files that hold arrivals after a time, each with a place before the first of them.

    Files of an archive grow in the order of arrival, so the place in an open one is found by
    halving; a closed one is read from its beginning, or left out by what the manifest says of it.
    A file that names no arrival is read whole. A file that stands there open and closed counts
    once.
    """
    found = {}
    paths = once(files)
    listed = _listed(paths)
    for path in paths:
        now = standing(path)
        try:
            last_ms = _last(now, listed, keys)
        except RecordingError:
            last_ms = None  # read as far as it can be
        if last_ms is None:
            found[path] = 0
        elif last_ms > since_s * 1000:
            found[path] = 0 if _closed(now) else _place(path, since_s * 1000)
    return found


def _closed(path: Path) -> bool:
    return path.name.endswith(CLOSED)


def _listed(paths: Iterable[Path]) -> dict[Path, dict[str, Entry]]:
    """What the manifests of the archives say, for the closed ones among the files."""
    folders = {archive_of(p) for p in paths if _closed(standing(p))}
    return {f: manifest.standing_files(manifest.entries(f)) for f in folders}


def _entry(path: Path, listed: dict[Path, dict[str, Entry]]) -> Entry | None:
    folder = archive_of(path)
    return listed.get(folder, {}).get(str(path.absolute().relative_to(folder)))


def _last(path: Path, listed: dict[Path, dict[str, Entry]], keys: Path | None) -> int | None:
    entry = _entry(path, listed)
    if entry is not None:
        return _ms(entry.get("last"))
    ending = Path(plain(path.name)).suffix
    if _closed(path):
        span = Span(ending)
        for piece in chunks(path, keys=keys):
            span.take(piece)
        return span.last_ms
    with path.open("rb") as file:
        size, window = file.seek(0, 2), _WINDOW
        while True:
            file.seek(max(0, size - window))
            data = file.read(window)
            # Only what stands behind a line end is the beginning of a line.
            found = arrivals(data if window >= size else b"x" + data, ending)
            if found or window >= min(size, _WIDEST):
                return found[-1] if found else None
            window *= 4


def _first(path: Path, keys: Path | None) -> int | None:
    span = Span(Path(plain(path.name)).suffix)
    for piece in chunks(path, keys=keys):
        span.take(piece)
        if span.first_ms is not None:
            break
    return span.first_ms


def _place(path: Path, since_ms: int) -> int:
    """The beginning of a line that arrived no later than since_ms, or of the file."""
    try:
        with path.open("rb") as file:
            return _halved(file, path.suffix, since_ms)
    except FileNotFoundError:  # closed meanwhile
        return 0


def _halved(file: BinaryIO, ending: str, since_ms: int) -> int:
    low, high = 0, file.seek(0, 2)  # what is before `low` is not after since_ms
    while high - low > _WINDOW:
        middle = (low + high) // 2
        file.seek(middle)
        window = file.read(_WINDOW)
        begin = window.find(b"\n") + 1
        arrival = first_arrival(window, ending, begin) if begin else None
        if arrival and arrival[1] <= since_ms and middle + arrival[0] < high:
            low = middle + arrival[0]
        else:
            high = middle
    return low


def _ms(text: object) -> int | None:
    return unix_us(datetime.fromisoformat(text)) // 1000 if isinstance(text, str) else None

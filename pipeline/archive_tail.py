"""The end of an archive: the part of each file that can hold arrivals after a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_ARRIVAL = re.compile(rb"^\\a:(\d{13})[,*]", re.MULTILINE)
_WINDOW = 1 << 16  # bytes in which a line of ours must stand


def tail_offsets(files: Iterable[Path], since_s: int) -> dict[Path, int]:
    """The files that hold arrivals after a time, each with a place before the first of them.

    Files of an archive grow in the order of arrival, so the place is found by halving. A file that
    names no arrival is read whole.
    """
    found = {}
    for path in files:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            last_ms = _last_before(file, size)
            if last_ms is None:
                found[path] = 0
            elif last_ms > since_s * 1000:
                found[path] = _place(file, size, since_s * 1000)
    return found


def _place(file: BinaryIO, size: int, since_ms: int) -> int:
    """The beginning of a line that arrived no later than since_ms, or of the file."""
    low, high = 0, size  # what is before `low` is not after since_ms
    while high - low > _WINDOW:
        middle = (low + high) // 2
        arrival = _first_after(file, middle)
        if arrival is not None and arrival[1] <= since_ms and arrival[0] < high:
            low = arrival[0]
        else:
            high = middle
    return low


def _first_after(file: BinaryIO, place: int) -> tuple[int, int] | None:
    file.seek(place)
    window = file.read(_WINDOW)
    begin = window.find(b"\n") + 1
    match = _ARRIVAL.search(window, begin) if begin else None
    return (place + match.start(), int(match[1])) if match else None


def _last_before(file: BinaryIO, end: int) -> int | None:
    file.seek(max(0, end - _WINDOW))
    arrivals = _ARRIVAL.findall(file.read(_WINDOW))
    return int(arrivals[-1]) if arrivals else None

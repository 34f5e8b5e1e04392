"""What to do about a disk that fills: first say so, then let the oldest raw hours go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.archive.manifest import Entry
from ingest.archive.names import parsed, plain

#: In the archive: the files that evidence packs rest on, one a line as a path in the archive with
#: or without what closing appended (`feeds/ais/north-20261122T030000.nmea`). `#` begins a comment.
HELD: Final = "held.txt"
#: Never dropped: without them nothing that is kept could be replayed.
OURS: Final = ("clock", "desk")


@dataclass(frozen=True)
class Hour:
    """A closed file: one source's hour. `size` in bytes, `began_s` in Unix seconds."""

    file: str
    began_s: int
    size: int


@dataclass(frozen=True)
class Verdict:
    """What is to be done: warn, drop these files, take no more frames."""

    warn: bool
    drop: tuple[str, ...] = ()
    full: bool = False


def judge(
    used: int,
    total: int,
    hours: Sequence[Hour],
    held: Collection[str],
    *,
    warn_share: float,
    drop_share: float,
) -> Verdict:
    """Judge a disk by its bytes.

    From `drop_share` on, files go in the order of their hours until the disk is below it. Whole
    hours are not kept together: what one source said then is of use without the others.

    Parameters
    ----------
    hours
        The closed files that may go, in any order.
    held
        Names of those that evidence rests on, without what closing appended.
    """
    warn = used >= warn_share * total
    excess = used - drop_share * total
    if excess < 0:
        return Verdict(warn)
    drop = []
    for hour in sorted(hours, key=lambda h: (h.began_s // 3600, h.file)):
        if excess < 0:
            break
        if plain(hour.file) not in held:
            drop.append(hour.file)
            excess -= hour.size
    return Verdict(warn, tuple(drop), full=excess >= 0)


def held_files(folder: Path) -> frozenset[str]:
    """The files of an archive that evidence rests on, without what closing appended.

    Raises
    ------
    OSError, UnicodeDecodeError
        It cannot be read: then nothing may go.
    """
    try:
        text = (folder / HELD).read_text("utf-8")
    except FileNotFoundError:
        return frozenset()
    named = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(plain(name.removeprefix("./")) for name in named if name)


def hours(standing: dict[str, Entry]) -> list[Hour]:
    """The closed files that may go at all."""
    found = []
    for file, entry in standing.items():
        path = Path(file)
        name = parsed(path.name)
        if name is not None and path.parent.name not in OURS:
            found.append(Hour(file, name.began_s, int(entry.get("bytes") or 0)))
    return found

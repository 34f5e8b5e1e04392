"""Names of the archive's files: `<source>-<yyyymmddThhmmss>[-n]<ending>[.gz[.enc]]`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

#: What closing appends to a file's name.
CLOSED: Final = (".gz", ".gz.enc")
#: What is not finished and may be deleted.
PART: Final = ".part"
_NAME = re.compile(
    r"(?P<source>.+)-(?P<day>\d{8})T(?P<time>\d{6})(-\d+)?(?P<ending>\.nmea|\.jt808|\.asterix|\.jsonl)"
)
_LONGEST = 120


@dataclass(frozen=True)
class Name:
    """What a file's name says. `feed` is the source without the peer behind `~`."""

    source: str
    feed: str
    day: str
    began_s: int
    ending: str


def filed(source: str) -> str:
    """A source as it stands in a file name: nothing in it leads elsewhere or is too long.

    >>> filed("trucks~10.0.0.7:5000"), filed("../../etc")
    ('trucks~10.0.0.7:5000', '%2E.%2F..%2Fetc')
    """
    name = quote(source, safe="~:+@", errors="replace") or "%"
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST:
        digest = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        name = f"{name[: _LONGEST - 17]}-{digest}"
    return name


def feed_of(source: str) -> str:
    """The feed of a filed source.

    >>> feed_of("trucks~10.0.0.7:5000")
    'trucks'
    """
    return source.partition("~")[0]


def begun(source: str, arrived_ms: int, number: int, ending: str) -> str:
    """The name of a file that begins then; `number` tells those of one second apart."""
    at = datetime.fromtimestamp(arrived_ms / 1000, UTC).strftime("%Y%m%dT%H%M%S")
    return f"{source}-{at}{f'-{number}' if number else ''}{ending}"


def plain(name: str) -> str:
    """A file's name before it was closed.

    >>> plain("a.nmea"), plain("a.nmea.gz"), plain("a.nmea.gz.enc")
    ('a.nmea', 'a.nmea', 'a.nmea')
    """
    return name.removesuffix(".enc").removesuffix(".gz")


def parsed(name: str) -> Name | None:
    """What the name of an archive's file says, closed or not; None for other files."""
    match = _NAME.fullmatch(plain(name))
    if match is None:
        return None
    try:
        at = datetime.strptime(match["day"] + match["time"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    source = match["source"]
    return Name(source, feed_of(source), match["day"], int(at.timestamp()), match["ending"])


def archive_of(path: Path) -> Path:
    """The archive that a file stands in: `<archive>/feeds/<sensor>/<file>`."""
    above = path.absolute().parents
    return above[min(2, len(above) - 1)]


def once(paths: Iterable[Path]) -> list[Path]:
    """The files by name, each once: one that was being closed stands there open and closed."""
    found: dict[Path, Path] = {}
    for path in sorted(paths, key=lambda p: len(p.name)):
        if not path.name.endswith(PART):
            found.setdefault(path.with_name(plain(path.name)), path)
    return sorted(found.values(), key=lambda p: plain(str(p)))


def standing(path: Path) -> Path:
    """The file itself, or what became of it when it was closed meanwhile."""
    if not path.exists() and plain(path.name) == path.name:
        for ending in CLOSED:
            closed = path.with_name(path.name + ending)
            if closed.exists():
                return closed
    return path

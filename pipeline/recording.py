"""A recording on disk: what it says of itself, its site and its feed files (contract)."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.errors import RecordingError
from geo.site import Site
from pipeline.sites import read_site

#: Feeds of the contract and the endings of their files.
FEEDS = {
    "ais": ".nmea",
    "beidou": ".nmea",
    "radar": ".nmea",
    "vehicles": ".jt808",
    "cameras": ".jsonl",
    "clock": ".jsonl",
    "desk": ".jsonl",
}
CHUNK = 1 << 22
_STAMP = re.compile(r"-\d{8}T\d{6}$")  # of the archive's files
FIRST_CHUNK = 1 << 16  # a file that begins late is held from its first piece on


@dataclass(frozen=True)
class Recording:
    """A folder of raw feeds with the site they were taken at."""

    path: Path
    name: str
    start: datetime | None
    end: datetime | None
    simulated: bool
    site: Site
    feeds: dict[str, tuple[Path, ...]]

    def digest(self) -> str:
        """What makes a replay of it a run of its own: site, feeds, and the version that reads.

        The same recording read by the same version is the same run, so that replaying it again
        inserts nothing.
        """
        state = hashlib.blake2b(version("pierwatch").encode(), digest_size=16)
        for path in [*self.path.glob("*.toml"), *sorted((self.path / "site").glob("*"))]:
            if path.is_file():
                state.update(path.name.encode() + path.read_bytes())
        for paths in self.feeds.values():
            for path in paths:
                state.update(f"{path.relative_to(self.path)} {path.stat().st_size}\n".encode())
                with path.open("rb") as file:
                    while piece := file.read(CHUNK):
                        state.update(piece)
        return state.hexdigest()


def read_recording(path: Path) -> Recording:
    """The recording of a folder; feed files are opened later, one chunk at a time.

    Raises
    ------
    RecordingError, SiteError
        Naming what is missing or wrong.
    """
    about = _about(path / "recording.toml")
    feeds = {}
    for feed, ending in FEEDS.items():
        found = (path / "feeds" / feed).glob("*") if (path / "feeds" / feed).is_dir() else ()
        feeds[feed] = tuple(sorted(p for p in found if p.name.removesuffix(".gz").endswith(ending)))
    return Recording(
        path,
        str(about.get("name") or path.name),
        _moment(about, "start", path),
        _moment(about, "end", path),
        bool(about.get("simulated", False)),
        read_site(path / "site"),
        feeds,
    )


def _about(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecordingError(
            str(path), expected="a recording folder with a recording.toml",
            came=error.strerror or "nothing", act="Name the folder that holds it.",
        ) from error  # fmt: skip
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecordingError(str(path), expected="TOML in UTF-8", came=str(error)) from error


def _moment(about: dict[str, Any], key: str, path: Path) -> datetime | None:
    value = about.get(key)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = 0
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise RecordingError(
            f"{path / 'recording.toml'}, {key}", expected="an RFC 3339 time in UTC",
            came=repr(about[key]),
        )  # fmt: skip
    return value.astimezone(UTC)


def source_of(file_name: str) -> str:
    """Who heard what is in a feed's file, where the lines name nobody.

    >>> source_of("north.nmea.gz"), source_of("tcp-10.0.0.7-5000-20260301T171500.nmea")
    ('north', 'tcp-10.0.0.7-5000')
    """
    stem = file_name.removesuffix(".gz").removesuffix(".nmea")
    return _STAMP.sub("", stem)


def chunks(path: Path, begin: int = 0) -> Iterator[bytes]:
    """The bytes of a file, unpacked where it is gzipped, in pieces; the first is small.

    Parameters
    ----------
    path
        The file.
    begin
        How many bytes to leave out.

    Raises
    ------
    RecordingError
        At a place that cannot be read (a gzip file that was cut or damaged, for one), after all
        that could be read before it.
    """
    held, want, fault = bytearray(), FIRST_CHUNK, None
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
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

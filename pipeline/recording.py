"""A recording on disk: what it says of itself, its site and its feed files (contract)."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from core.errors import RecordingError
from geo.site import Site
from ingest.archive.names import once, plain
from ingest.archive.reading import CHUNK
from ingest.archive.tail import last_arrival
from pipeline.forms import FORMS, SENSOR_FEEDS
from pipeline.sites import read_site

#: Feeds of the contract and the endings of their files.
FEEDS: Final = {
    **{folder: tuple(e for f, e in FORMS if f == folder) for folder in SENSOR_FEEDS},
    "clock": (".jsonl",),
    "desk": (".jsonl",),
}
_STAMP = re.compile(r"-(\d{8}T\d{6})(-\d+)?$")  # of the archive's files


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
    keys: Path | None = None  # of an archive's closed hours; None: beside it

    @property
    def archived(self) -> bool:
        """Whether `live` wrote it: then files are named by when they begin."""
        return bool(self.feeds["clock"])

    @property
    def size(self) -> int:
        """Bytes in the sensors' files."""
        return sum(p.stat().st_size for folder in SENSOR_FEEDS for p in self.feeds[folder])

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


def read_recording(path: Path, keys: Path | None = None) -> Recording:
    """The recording of a folder; feed files are opened later, one chunk at a time.

    Raises
    ------
    RecordingError, SiteError
        Naming what is missing or wrong.
    """
    about = _about(path / "recording.toml")
    feeds = {}
    for feed, endings in FEEDS.items():
        found = (path / "feeds" / feed).glob("*") if (path / "feeds" / feed).is_dir() else ()
        feeds[feed] = tuple(p for p in once(found) if plain(p.name).endswith(endings))
    return Recording(
        path,
        str(about.get("name") or path.name),
        _moment(about, "start", path),
        _moment(about, "end", path),
        bool(about.get("simulated", False)),
        read_site(path / "site"),
        feeds,
        keys,
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


def source_of(name: str) -> str:
    """Who is behind a feed's file, where its lines name nobody: its name without peer and stamp.

    >>> source_of("north.nmea.gz"), source_of("trucks~10.0.0.7-20260301T171500-2.jt808")
    ('north', 'trucks')
    """
    stem = plain(name).rpartition(".")[0]
    return _STAMP.sub("", stem).partition("~")[0]


def began_at_s(name: str) -> int | None:
    """Where a file of an archive begins, by its name: Unix seconds; None for any other file.

    >>> began_at_s("north-20260301T171500.nmea"), began_at_s("north.nmea")
    (1772385300, None)
    """
    match = _STAMP.search(plain(name).rpartition(".")[0])
    try:
        at = datetime.strptime(match[1], "%Y%m%dT%H%M%S") if match else None
    except ValueError:
        return None
    return None if at is None else int(at.replace(tzinfo=UTC).timestamp())


def ends_at_s(recording: Recording) -> int | None:
    """The last second that an archive knows of: of its clock, and of what came after that tick.

    Raises
    ------
    RecordingError
        A file cannot be read.
    """
    ends = [last_arrival(path, recording.keys) for path in recording.feeds["clock"][-2:]]
    clock_ms = max((end for end in ends if end is not None), default=0)
    for folder in (*SENSOR_FEEDS, "desk"):
        for path in recording.feeds[folder]:
            began_s = began_at_s(path.name)
            if began_s is not None and began_s + 3600 >= clock_ms // 1000:
                ends.append(last_arrival(path, recording.keys))
    known = [end for end in ends if end is not None]
    return -(-max(known) // 1000) if known else None

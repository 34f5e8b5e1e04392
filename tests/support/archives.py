"""Archives for tests: made, filled, read back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.settings import ArchiveSettings
from ingest.archive import Archive
from ingest.archive.names import once
from ingest.archive.reading import chunks
from ingest.arrived import Arrived

AT_MS = 1772385730500  # 2026-03-01T17:22:10.500Z
HOUR_MS = 3_600_000
POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
TRUCK = b"7e0002000001234567890100017e"


def archive(folder: Path, encrypted: bool = True, **options: Any) -> Archive:
    """An archive in `folder/archive`; its keys are in `folder/keys`."""
    return Archive(folder / "archive", "s", ArchiveSettings(encrypted=encrypted), **options)


def ais(frame: bytes = POSITION, source: str = "north") -> Arrived:
    """A line of an AIS feed."""
    return Arrived(source.partition("~")[0], "ais", ".nmea", source, frame)


def truck(frame: bytes = TRUCK, source: str = "trucks") -> Arrived:
    """A frame of a vehicle feed."""
    return Arrived(source.partition("~")[0], "vehicles", ".jt808", source, frame)


def camera(frame: bytes = b'{"source":"C1"}', source: str = "gate") -> Arrived:
    """An event of a camera feed."""
    return Arrived(source, "cameras", ".jsonl", source, frame)


def files(folder: Path) -> list[Path]:
    """The archive's files, each once."""
    return once((folder / "archive").glob("feeds/*/*"))


def read(path: Path) -> bytes:
    """A file as it was when it was open."""
    return b"".join(chunks(path))


def contents(folder: Path) -> dict[str, bytes]:
    """What the archive holds, by the names that the files had when they were open."""
    return {
        f"{path.parent.name}/{path.name.removesuffix('.enc').removesuffix('.gz')}": read(path)
        for path in files(folder)
    }


def joined(kept: Iterable[Any]) -> dict[str, bytes]:
    """What `append` said it kept, by file."""
    found: dict[str, bytes] = {}
    for part in kept:
        found[part.path] = found.get(part.path, b"") + part.data
    return found

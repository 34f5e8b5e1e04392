"""What `live` hears, kept as it came: the recording that `replay` reads back (contract)."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_HAS_RECEIPT = re.compile(rb"\\[^\\]*\bc:\d|\*[0-9A-Fa-f]{2}.*,\d{9,13}\s*$")
_PGHP = re.compile(rb"\$PGHP,.*,([0-9A-Fa-f]{2})\*")
_LONGEST_PAUSE_MS = 600_000


def stamped(line: bytes, arrived_ms: int, before: bytes = b"") -> bytes:
    r"""The line behind a tag block of ours: its arrival, and a receipt where it has none.

    What holds no sentence and no tag block (comments, noise) is kept as it is.

    Parameters
    ----------
    line, before
        The line and the one before it, which may tell its receipt: `$PGHP`, or a tag block alone.
    arrived_ms
        Unix milliseconds.

    >>> stamped(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A", 1772385730500)
    b'\\a:1772385730500,c:1772385730500*2E\\!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n'
    """
    line = line.rstrip(b"\r\n")
    if line.startswith(b"#") or not any(mark in line for mark in (b"!", b"$", b"\\")):
        return line + b"\n"
    hint = _PGHP.match(before)
    told = (
        _HAS_RECEIPT.search(line)
        or (before.endswith(b"\\") and _HAS_RECEIPT.search(before))
        or (hint and b"*" + hint[1] in line)
    )
    block = f"a:{arrived_ms}" + ("" if told else f",c:{arrived_ms}")
    checksum = 0
    for byte in block.encode():
        checksum ^= byte
    return b"\\%s*%02X\\%s\n" % (block.encode(), checksum, line)


class Archive:
    """A growing recording: files by source and UTC day, and the clock's ticks.

    A source's file is ended, and another begun, with the day, with the process and with a pause of
    more than 10 minutes: a decoder has one file, so a receipt that leaps ahead because nothing came
    for long is the first of its file. A tick is written after the frames that arrived before it,
    and everything is brought to the disk with it: what the engine has taken can be replayed.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._sources: dict[str, tuple[BinaryIO, int]] = {}
        self._before: dict[str, bytes] = {}
        self._clock: BinaryIO | None = None
        folder.mkdir(parents=True, exist_ok=True)
        about = folder / "recording.toml"
        if not about.exists():
            start = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            note = "Archived by pierwatch live"
            lines = (
                f"name = {json.dumps(name, ensure_ascii=False)}",
                f'start = "{start}"',
                f'note = "{note}"',
            )
            unfinished = about.with_suffix(".part")
            unfinished.write_text("\n".join([*lines, "simulated = false", ""]), "utf-8")
            unfinished.replace(about)

    def frames(self, source: str, lines: list[bytes], arrived_ms: int) -> tuple[str, bytes]:
        """Keep the lines of an AIS source; the file's name, and the lines as they are kept."""
        file, last_ms = self._sources.get(source, (None, 0))
        paused = arrived_ms - last_ms > _LONGEST_PAUSE_MS
        if file is None or paused or _day(arrived_ms) != _day(last_ms):
            if file is not None:
                _end(file)
            file = self._begin(source, arrived_ms)
        self._sources[source] = (file, arrived_ms)
        kept = []
        for line in lines:
            kept.append(stamped(line, arrived_ms, self._before.get(source, b"")))
            self._before[source] = line.rstrip(b"\r\n")
        data = b"".join(kept)
        file.write(data)
        return Path(file.name).name, data

    def tick(self, tick_s: int) -> None:
        """Close a second."""
        path = self.folder / "feeds" / "clock" / f"clock-{_day(tick_s * 1000)}.jsonl"
        if self._clock is None or self._clock.name != str(path):
            if self._clock is not None:
                _end(self._clock)
            self._clock = _lines(path)
        at = datetime.fromtimestamp(tick_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for file, last_ms in self._sources.values():
            if last_ms == tick_s * 1000:
                _keep(file)
        self._clock.write(f'{{"tick": "{at}"}}\n'.encode())
        _keep(self._clock)

    def close(self) -> None:
        """Write what is held and close the files."""
        for file in [*(f for f, _ in self._sources.values()), *filter(None, [self._clock])]:
            _end(file)
        self._sources.clear()
        self._clock = None

    def _begin(self, source: str, arrived_ms: int) -> BinaryIO:
        """A file that was not there: an earlier process may have begun one in the same second."""
        folder = self.folder / "feeds" / "ais"
        folder.mkdir(parents=True, exist_ok=True)
        self._before.pop(source, None)
        while True:
            at = datetime.fromtimestamp(arrived_ms / 1000, UTC).strftime("%Y%m%dT%H%M%S")
            try:
                return (folder / f"{source}-{at}.nmea").open("xb")
            except FileExistsError:
                arrived_ms += 1000


def _lines(path: Path) -> BinaryIO:
    """A file to append lines to; the half line that a crash left is ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+b")
    if file.tell():
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def _keep(file: BinaryIO) -> None:
    file.flush()
    os.fdatasync(file.fileno())


def _end(file: BinaryIO) -> None:
    _keep(file)
    file.close()


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y%m%d")

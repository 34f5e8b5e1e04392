"""What `live` hears, kept as it came: the recording that `replay` reads back (contract)."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_HAS_RECEIPT = re.compile(rb"\\[^\\]*\bc:\d|\*[0-9A-Fa-f]{2}.*,\d{9,13}\s*$")


def stamped(line: bytes, arrived_ms: int, after_pghp: bool) -> bytes:
    r"""The line behind a tag block of ours: its arrival, and a receipt where it has none.

    >>> stamped(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A", 1772385730500, False)
    b'\\a:1772385730500,c:1772385730500*5D\\!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n'
    """
    block = f"a:{arrived_ms}"
    if not after_pghp and not _HAS_RECEIPT.search(line):
        block += f",c:{arrived_ms}"
    checksum = 0
    for byte in block.encode():
        checksum ^= byte
    return b"\\%s*%02X\\%s\n" % (block.encode(), checksum, line.rstrip(b"\r\n"))


class Archive:
    """A growing recording: one file a feed and UTC day, and the clock's ticks.

    A tick is written after the frames that arrived before it, and everything is flushed to the
    disk with it: what the engine has taken can always be replayed.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._files: dict[Path, BinaryIO] = {}
        self._pghp: dict[str, bool] = {}
        folder.mkdir(parents=True, exist_ok=True)
        about = folder / "recording.toml"
        if not about.exists():
            start = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            note = "Archived by pierwatch live"
            lines = (f"name = {json.dumps(name)}", f'start = "{start}"', f'note = "{note}"')
            about.write_text("\n".join([*lines, "simulated = false", ""]), "utf-8")

    def frames(self, source: str, lines: list[bytes], arrived_ms: int) -> bytes:
        """Keep the lines of an AIS source; give them back as they are kept."""
        kept = []
        for line in lines:
            kept.append(stamped(line, arrived_ms, self._pghp.get(source, False)))
            self._pghp[source] = line.startswith(b"$PGHP")
        data = b"".join(kept)
        if data:
            self._file("ais", f"{source}-{_day(arrived_ms)}.nmea").write(data)
        return data

    def tick(self, tick_s: int) -> None:
        """Close a second."""
        at = datetime.fromtimestamp(tick_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        day = _day(tick_s * 1000)
        self._file("clock", f"clock-{day}.jsonl").write(f'{{"tick": "{at}"}}\n'.encode())
        for path, file in list(self._files.items()):
            file.flush()
            os.fdatasync(file.fileno())
            if day not in path.name:
                file.close()
                del self._files[path]

    def close(self) -> None:
        """Write what is held and close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _file(self, feed: str, name: str) -> BinaryIO:
        path = self.folder / "feeds" / feed / name
        if path not in self._files:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[path] = path.open("ab")
        return self._files[path]


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y%m%d")

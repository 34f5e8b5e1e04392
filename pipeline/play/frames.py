"""The frames of a recording in the order of their arrival, as their senders sent them."""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ingest.ais_catcher.lines import Heard, opened
from ingest.archive.reading import chunks
from ingest.cameras.json_text import MOST_LINE
from ingest.cameras.values import Refused
from ingest.nmea.lines import LineBuffer
from ingest.nmea.text import NONE
from pipeline.recording import Recording

#: Folders that sensors fill; `clock` and `desk` are ours.
SENSORS: Final = ("ais", "beidou", "radar", "vehicles", "cameras")
_OURS: Final = re.compile(rb"^\\a:\d+(?:,c:\d+)?\*[0-9A-F]{2}\\")  # what an archive put before
_ARRIVAL: Final = re.compile(rb"^\\a:(\d+)")
_RECEIPT: Final = re.compile(rb"\\(?:[^\\]*,)?c:(\d{10,13})(?:[,*])")
_TRAILING: Final = re.compile(rb"\*[0-9A-Fa-f]{2}.*,(\d{10,13})\s*$")
_BYTES: Final = (".jt808", ".asterix")
_STATION: Final = re.compile(rb"\\(?:[^\\]*,)?s:([^,*\\]+)")


@dataclass(frozen=True, slots=True)
class Played:
    """One frame.

    `at_s` is its arrival in Unix seconds, None where no frame so far said a time; `frame` is what
    the sender sends: a line, the bytes of a JT/T 808 frame or of ASTERIX, AIS-catcher's message or
    post, or the text of a camera's line.
    """

    at_s: float | None
    sensor: str
    ending: str
    source: str
    frame: bytes

    @property
    def line(self) -> bytes:
        """The frame as a line, which bytes are in hex."""
        return self.frame.hex().encode() if self.ending in _BYTES else self.frame


def played(recording: Recording) -> Iterator[Played]:
    """All frames of the sensors, by arrival, file and line."""
    files = [
        _ordered(sensor, path, number, recording.keys)
        for number, (sensor, path) in enumerate(
            (sensor, path) for sensor in SENSORS for path in recording.feeds.get(sensor, ())
        )
    ]
    for _, _, _, one in heapq.merge(*files):
        yield one


def _ordered(
    sensor: str, path: Path, number: int, keys: Path | None
) -> Iterator[tuple[float, int, int, Played]]:
    """A file's frames with their place in the order; an arrival is never before the last."""
    ending = Path(path.name.removesuffix(".enc").removesuffix(".gz")).suffix
    reader = _READERS[ending]
    if (sensor, ending) == ("ais", ".jsonl"):
        reader = _catcher
    newest: float | None = None
    for n, line in enumerate(_lines(path, keys)):
        found = reader(line)
        if found is None:
            continue
        at_s, source, frame = found
        if at_s is not None:
            newest = at_s if newest is None else max(newest, at_s)
        yield newest or 0.0, number, n, Played(newest, sensor, ending, source, frame)


def _lines(path: Path, keys: Path | None) -> Iterator[bytes]:
    buffer = LineBuffer(MOST_LINE)
    for piece in chunks(path, keys=keys):
        for block in buffer.feed(piece):
            yield from block.split(b"\n")
    yield from buffer.close().split(b"\n")


def _nmea(line: bytes) -> tuple[float | None, str, bytes] | None:
    line = line.rstrip(b"\r")
    if not line.strip() or line.startswith(b"#"):
        return None
    stated = _ARRIVAL.search(line)
    sent = _OURS.sub(b"", line)
    stamp = stated or _RECEIPT.search(sent) or _TRAILING.search(sent)
    digits = stamp[1] if stamp else b""
    at_s = int(digits) / (1000 if len(digits) == 13 else 1) if digits else None
    station = _STATION.search(sent)
    return at_s, station[1].decode("utf-8", "replace") if station else "", sent


def _hex(line: bytes) -> tuple[float | None, str, bytes] | None:
    stamp, _, text = line.strip().partition(b" ")
    try:
        return float(stamp), "", bytes.fromhex(text.decode("ascii"))
    except ValueError:  # a line that is no frame cannot be sent as one
        return None


def _json(line: bytes) -> tuple[float | None, str, bytes] | None:
    try:
        members = json.loads(line)
        at_s = datetime.fromisoformat(members["received_at"]).timestamp()
        return at_s, str(members["source"]), line.strip()
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _catcher(line: bytes) -> tuple[float | None, str, bytes] | None:
    """What AIS-catcher itself said: an archive put it into an envelope."""
    try:
        heard = opened(line, None)
        members = json.loads(line)
    except (Refused, ValueError, RecursionError):
        return None
    said = next((each for each in heard.messages if isinstance(each, Heard)), None)
    at_ms = said.received_ms if said and heard.arrived_ms == NONE else heard.arrived_ms
    own = members.get("payload", members)
    frame = json.dumps(own, separators=(",", ":"), ensure_ascii=False)
    source = (said.station if said else heard.alive) or ""
    return at_ms / 1000 if at_ms != NONE else None, source, frame.encode(errors="backslashreplace")


def _history(line: bytes) -> tuple[float | None, str, bytes] | None:
    """A row of a table, which no sensor sends: whoever sends it says that it cannot."""
    return (None, "", line) if line.strip() else None


_READERS: Final = {
    ".nmea": _nmea, ".jt808": _hex, ".asterix": _hex, ".jsonl": _json, ".csv": _history,
}  # fmt: skip

"""What a feed's lines and datagrams are as frames of the archive.

The form of a frame follows from the feed's sensor and format (`ingest.arrived.ENDINGS`). What
cannot be such a frame at all is refused here, by a word; whether a frame says anything is the
decoder's business, later, from the archive's bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from core.errors import SettingsError
from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.beidou.privacy import without_text
from ingest.beidou.sentences import sample as private
from ingest.cameras.envelope import opened
from ingest.cameras.values import Refused
from ingest.jt808.lines import MOST_LINE as MOST_JT808
from ingest.nmea.lines import MAX_LINE
from ingest.sources.inbox import Inbox

MOST_JSON: Final = 1 << 16  # bytes: AIS-catcher's messages have about 1,000
MOST_CAMERA: Final = 1 << 20  # pictures come by HTTP, which is not read line by line
MOST_ASTERIX: Final = 1 << 17  # hex digits of the longest datagram
_MOST_NAME: Final = 64  # characters of a station's name
_STATION: Final = ("station", "stationid", "station_id")
_ANY_TIME: Final = b'{"received_at":"2000-01-01T00:00:00Z",'


class RefusedLine(Exception):
    """The line is no frame of this feed: the reason's word, and what is kept of it, else all."""

    def __init__(self, reason: str, sample: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sample = None if sample is None else sample.encode(errors="backslashreplace")


#: A feed's name and a line of it; the frame.
Framer: TypeAlias = Callable[[str, bytes], bytes]


def _nmea(_feed: str, line: bytes) -> bytes:
    return line


def _jt808(_feed: str, line: bytes) -> bytes:
    frame = _hex(line)
    if len(frame) < 4 or not (frame.startswith(b"7e") and frame.endswith(b"7e")):
        raise RefusedLine("bad_frame")
    return frame


def _hex(line: bytes) -> bytes:
    """The hex of a line; a recording's has its time before it."""
    frame = line.split()[-1].lower()
    try:
        bytes.fromhex(frame.decode("ascii"))
    except ValueError:
        raise RefusedLine("not_hex") from None
    return frame


def _asterix(_feed: str, line: bytes) -> bytes:
    return _hex(line)


def _ais_catcher(feed: str, line: bytes) -> bytes:
    """The message in an envelope that names the station, else the feed."""
    try:
        message = json.loads(line)
        body = json.dumps(message, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):  # also NaN and 1e999, which are no JSON
        raise RefusedLine("bad_json") from None
    if not isinstance(message, dict):
        raise RefusedLine("bad_json")
    named = (message.get(key) for key in _STATION)
    names = (str(name)[:_MOST_NAME] for name in named if isinstance(name, str | int))
    source = next(filter(None, names), feed)
    head = json.dumps({"source": source, "format": "ais-catcher"}, separators=(",", ":"))
    return f'{head[:-1]},"payload":{body}}}'.encode()


def _camera(_feed: str, line: bytes) -> bytes:
    """A camera's line without its time, and without what may not be kept."""
    line = line.strip()
    try:
        found = opened(line)
    except Refused as refused:
        if refused.reason != "no_time":
            raise RefusedLine(refused.reason, refused.said) from None
        try:
            found = opened(_ANY_TIME + line.removeprefix(b"{"))
        except Refused as again:
            raise RefusedLine(again.reason, again.said) from None
    members = {"source": found.source, "format": found.format, "payload": found.payload}
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


@dataclass(frozen=True)
class Framing:
    """How the bytes of one feed become frames.

    `most_line` is the longest line in bytes. `binary`: a datagram is one frame, written as hex.
    """

    feed: str
    sensor: str
    ending: str
    most_line: int
    binary: bool
    framer: Framer

    def frames(
        self,
        lines: Iterable[bytes],
        inbox: Inbox,
        source: str = "",
        done: Callable[[bool], None] | None = None,
    ) -> list[Arrived]:
        """The frames of some lines; the others are counted in the inbox, blank ones are none."""
        source, found = source or self.feed, []
        for line in lines:
            line = line.rstrip(b"\r\n")
            if not line or line.isspace():
                continue
            try:
                if len(line) > self.most_line:
                    raise RefusedLine("too_long")
                frame = self.framer(self.feed, line)
            except RefusedLine as refused:
                said = self.sample(line) if refused.sample is None else refused.sample
                inbox.refuse(refused.reason, said, source)
                continue
            found.append(Arrived(self.feed, self.sensor, self.ending, source, frame, done))
        return found

    def sample(self, line: bytes) -> bytes:
        """What may be kept of a line that is refused: no picture, no short message."""
        if self.sensor == "beidou":
            return private(line)
        return b"" if self.sensor == "cameras" else line

    def archived(self, frames: list[Arrived], centre: Collection[str]) -> list[Arrived]:
        """Frames as they may be archived: short messages between others have lost their text.

        Parameters
        ----------
        centre
            As `ingest.beidou.privacy.centre_of` gives it.
        """
        if self.sensor != "beidou":
            return frames
        return [replace(each, frame=without_text(each.frame, centre)) for each in frames]

    def datagram(self, data: bytes, inbox: Inbox) -> list[Arrived]:
        """The frames of one datagram."""
        if self.binary:
            return self.frames([data.hex().encode()], inbox)
        return self.frames(data.splitlines(), inbox)


_FORMS: Final[Mapping[str, tuple[str, int, Framer]]] = {
    "nmea": (".nmea", MAX_LINE, _nmea),
    "jt808": (".jt808", MOST_JT808, _jt808),
    "asterix": (".asterix", MOST_ASTERIX, _asterix),
    "ais-catcher": (".jsonl", MOST_JSON, _ais_catcher),
    "jsonl": (".jsonl", MOST_CAMERA, _camera),
}
#: The formats that a sensor's frames may have; the first is meant where none is named.
_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "ais": ("nmea", "ais-catcher"),
    "beidou": ("nmea",),
    "radar": ("nmea", "asterix"),
    "vehicles": ("jt808",),
    "cameras": ("jsonl",),
}


def framing(name: str, feed: FeedSettings) -> Framing:
    """How a feed's bytes become frames.

    Raises
    ------
    SettingsError
        The format is none of the sensor's.
    """
    known = _FORMATS[feed.sensor]
    form = feed.format or known[0]
    if form not in known:
        raise SettingsError(
            f"feeds.{name} format", expected=" or ".join(known) + f" of sensor {feed.sensor}",
            came=form, act="Correct it.",
        )  # fmt: skip
    ending, most_line, framer = _FORMS[form]
    return Framing(name, feed.sensor, ending, most_line, form == "asterix", framer)

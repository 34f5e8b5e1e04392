"""Lines `<Unix seconds> <hex>` as data blocks: category, length, records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ingest.asterix.records import Reader, Report
from ingest.nmea.times import EARLIEST, LATEST, SECOND

MOST_FRAME: Final = 9_000  # bytes: a jumbo packet; radars send some 1,400
MOST_LINE: Final = 2 * MOST_FRAME + 64
#: In one frame. More would take longer than a frame may; a packet of real tracks has 60 at most.
MOST_RECORDS: Final = 512
_STATUS: Final = 34  # a radar's messages about itself: that it turns
_LINE: Final = re.compile(rb"(\d{1,12}(?:\.\d{1,9})?) +([0-9A-Fa-f]*)", re.ASCII)


@dataclass
class Frame:
    """What a line holds: when it was received, its reports; why it is refused.

    `others` are blocks of categories that are not read, `status` the radars that told of
    themselves.
    """

    received: int
    reports: list[Report] = field(default_factory=list)
    status: list[tuple[int, int]] = field(default_factory=list)
    others: int = 0
    fault: str = ""


def frame_of(line: bytes, reader: Reader) -> Frame:
    """Read a line; `received` is -1 where it has no time."""
    if len(line) > MOST_LINE:
        return Frame(-1, fault="too_long")
    stamp, _, text = line.partition(b" ")
    found = _LINE.fullmatch(line)
    if found is None:
        timed = re.fullmatch(rb"\d{1,12}(\.\d{1,9})?", stamp) is not None
        return Frame(_micro(stamp) if timed else -1, fault="not_hex" if timed else "no_time")
    frame = Frame(_micro(found[1]))
    if frame.received < 0:
        frame.fault = "no_time"
    elif len(found[2]) % 2 or not found[2]:
        frame.fault = "not_hex"
    else:
        _read(frame, bytes.fromhex(text.strip().decode()), reader)
    return frame


def _micro(stamp: bytes) -> int:
    micro = int(Decimal(stamp.decode()) * SECOND)
    return micro if EARLIEST <= micro <= LATEST else -1


def _read(frame: Frame, data: bytes, reader: Reader) -> None:
    """Take all blocks; nothing of a frame in which one of them is malformed."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        if length < 4 or at + length > len(data):
            frame.fault = "bad_frame"
            break
        category, body = data[at], data[at + 3 : at + length]
        if reader.knows(category):
            got = reader.records(category, body, MOST_RECORDS - len(frame.reports))
            if got is None:
                frame.fault = "bad_frame"
                break
            frame.reports += got
        else:
            frame.others += 1
            if category == _STATUS:
                frame.status += _sender(body)
        at += length
    if frame.fault:
        frame.reports, frame.status, frame.others = [], [], 0


def _sender(body: bytes) -> list[tuple[int, int]]:
    """SAC and SIC of a record whose first item is 010."""
    begin = next((at + 1 for at, octet in enumerate(body[:4]) if not octet & 1), len(body))
    told = bool(body) and bool(body[0] & 0x80) and begin + 2 <= len(body)
    return [(body[begin], body[begin + 1])] if told else []

"""A frame moved in time: every time that it carries, and its checksums. Pure.

A recording of March that is played today must look as if it happened today, else the receiving
service rightly calls all of it too old.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ingest.jt808.bodies import BATCH, FIXED_BYTES, LOCATION, Batch
from ingest.jt808.frame import FrameError, Header, Message, decode, encode
from pipeline.play.frames import Played

_BLOCK: Final = re.compile(rb"\\([^\\]*)\*[0-9A-Fa-f]{2}\\")
_RECEIPT: Final = re.compile(rb"(^|,)c:(\d{10,13})(?=,|$)")
_SENTENCE: Final = re.compile(rb"([$!])([^$!*\\]+)\*([0-9A-Fa-f]{2})(?:,(\d{10,13}))?")
_CLOCK: Final = re.compile(rb"^\d{6}(\.\d+)?$")
_DAY: Final = re.compile(rb"^\d{6}$")
_ZULU: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LOCAL: Final = re.compile(r"^20\d{12}$")
#: Which field of a sentence is a time of day, and which one its date (ddmmyy).
_TIMES: Final[dict[bytes, tuple[int, int | None]]] = {
    b"RMC": (1, 9), b"GGA": (1, None), b"GNS": (1, None), b"ZDA": (1, None),
    b"TTM": (14, None), b"TLL": (7, None), b"DWR": (3, None),
}  # fmt: skip
_SIXBIT: Final = "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw"
_TIME_BYTES: Final = slice(FIXED_BYTES - 6, FIXED_BYTES)  # of a location's body


def shifted(played: Played, by_s: float) -> bytes:
    """The frame as it would have been sent so many seconds later.

    What cannot be read as its format is given back as it is: a player sends bad frames too. Times
    with whole seconds are moved by whole seconds.
    """
    movers: dict[str, Callable[[bytes, float], bytes]] = {
        ".nmea": _nmea, ".jt808": _jt808, ".jsonl": _json,
    }  # fmt: skip
    mover = movers.get(played.ending)
    return mover(played.frame, by_s) if mover else played.frame


def _nmea(line: bytes, by_s: float) -> bytes:
    return _SENTENCE.sub(lambda m: _sentence(m, by_s), _BLOCK.sub(lambda m: _block(m, by_s), line))


def _block(match: re.Match[bytes], by_s: float) -> bytes:
    return _checked(b"\\", _RECEIPT.sub(lambda m: m[1] + b"c:" + _unix(m[2], by_s), match[1])) + (
        b"\\"
    )


def _unix(digits: bytes, by_s: float) -> bytes:
    scale = 1000 if len(digits) == 13 else 1
    return b"%d" % (int(digits) + round(by_s * scale))


def _sentence(match: re.Match[bytes], by_s: float) -> bytes:
    fields = match[2].split(b",")
    kind = fields[0][-3:]
    if _checked(match[1], match[2])[-2:] != match[3].upper():
        return match[0]  # a damaged sentence stays damaged
    if kind in (b"VDM", b"VDO"):
        fields = _base_station(fields, by_s)
    elif kind in _TIMES:
        fields = _clock(fields, *_TIMES[kind], by_s)
    trailing = b"," + _unix(match[4], by_s) if match[4] else b""
    return _checked(match[1], b",".join(fields)) + trailing


def _clock(fields: list[bytes], time: int, date: int | None, by_s: float) -> list[bytes]:
    if time >= len(fields) or not _CLOCK.match(fields[time]):
        return fields
    text = fields[time]
    day = fields[date] if date is not None and date < len(fields) else b""
    dated = day if _DAY.match(day) else b"010126"
    try:
        at = datetime.strptime((dated + text[:6]).decode(), "%d%m%y%H%M%S")
    except ValueError:
        return fields
    at += timedelta(seconds=round(by_s))
    moved = [*fields]
    moved[time] = at.strftime("%H%M%S").encode() + text[6:]
    if date is not None and dated is day:
        moved[date] = at.strftime("%d%m%y").encode()
    if fields[0].endswith(b"ZDA") and len(fields) > 4:
        moved = _zda(moved, text, by_s)
    return moved


def _zda(fields: list[bytes], text: bytes, by_s: float) -> list[bytes]:
    try:
        at = datetime.strptime(
            b" ".join([*fields[2:5], text[:6]]).decode(), "%d %m %Y %H%M%S"
        ) + timedelta(seconds=round(by_s))
    except ValueError:
        return fields
    return [*fields[:2], *at.strftime("%d %m %Y").encode().split(), *fields[5:]]


def _base_station(fields: list[bytes], by_s: float) -> list[bytes]:
    """Types 4 and 11 carry their full time in bits 38 to 77 (ITU-R M.1371-5, table 50)."""
    if len(fields) < 7 or fields[1] != b"1" or fields[5][:1] not in (b"4", b";"):
        return fields
    try:
        bits = "".join(f"{_SIXBIT.index(c):06b}" for c in fields[5].decode("ascii"))
        widths, at, found = (14, 4, 5, 5, 6, 6), 38, []
        for width in widths:
            found.append(int(bits[at : at + width], 2))
            at += width
        moved = datetime(*found, tzinfo=UTC) + timedelta(seconds=round(by_s))  # type: ignore[misc,arg-type]
    except ValueError:
        return fields
    values = (moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second)
    time = "".join(f"{v:0{w}b}" for v, w in zip(values, widths, strict=True))
    bits = bits[:38] + time + bits[at:]
    payload = "".join(_SIXBIT[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6))
    return [*fields[:5], payload.encode(), *fields[6:]]


def _checked(mark: bytes, text: bytes) -> bytes:
    value = 0
    for byte in text:
        value ^= byte
    return mark + text + b"*%02X" % value


def _jt808(frame: bytes, by_s: float) -> bytes:
    try:
        message = decode(frame)
        header, body = message.header, message.body
        if header.encrypted or header.part is not None:
            return frame
        return encode(Message(header, _body(header, body, by_s)))
    except FrameError:
        return frame


def _body(header: Header, body: bytes, by_s: float) -> bytes:
    if header.message_id == LOCATION:
        return _located(body, by_s)
    if header.message_id == BATCH:
        batch = Batch.decode(body)
        moved = tuple(_located(each, by_s) for each in batch.locations)
        return Batch(batch.total, batch.kind, moved, batch.rest).encode()
    return body


def _located(body: bytes, by_s: float) -> bytes:
    try:
        at = datetime.strptime(body[_TIME_BYTES].hex(), "%y%m%d%H%M%S")
    except ValueError:
        return body
    moved = (at + timedelta(seconds=round(by_s))).strftime("%y%m%d%H%M%S")
    return body[: _TIME_BYTES.start] + bytes.fromhex(moved) + body[_TIME_BYTES.stop :]


def _json(text: bytes, by_s: float) -> bytes:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(_moved(members, by_s, ""), ensure_ascii=False).encode(
        errors="backslashreplace"
    )


def _moved(value: Any, by_s: float, name: str) -> Any:
    """Numbers in members named for a time, texts that are times, wherever they stand."""
    if isinstance(value, dict):
        return {k: _moved(v, by_s, str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [_moved(v, by_s, name) for v in value]
    if isinstance(value, str):
        if _LOCAL.match(value) and name.lower().endswith("time"):
            return _local(value, by_s)
        return _ZULU.sub(lambda m: _zulu(m[0], by_s), value)
    timed = name.endswith("time") or name == "timestamp"
    if timed and isinstance(value, int | float) and not isinstance(value, bool) and value > 1e9:
        return value + by_s
    return value


def _local(text: str, by_s: float) -> str:
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M%S")
    except ValueError:
        return text
    return (at + timedelta(seconds=round(by_s))).strftime("%Y%m%d%H%M%S")


def _zulu(text: str, by_s: float) -> str:
    try:
        at = datetime.fromisoformat(text) + timedelta(seconds=by_s)
    except (ValueError, OverflowError):
        return text
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Frames as lines of the archive, each with its arrival, and arrivals found again in lines.

Whatever a sender puts into a frame, it becomes no line of its own making and names no arrival.
"""

from __future__ import annotations

import functools
import json
import operator
import re
from datetime import UTC, datetime
from typing import Final

from core.times import unix_us, utc_text

_HAS_RECEIPT = re.compile(rb"\\[^\\]*\bc:\d|\*[0-9A-Fa-f]{2}.*,\d{9,13}\s*$")
_PGHP = re.compile(rb"\$PGHP,.*,([0-9A-Fa-f]{2})\*")
_BLOCK = re.compile(rb"\\([^\\]*)\*([0-9A-Fa-f]{2})(?=\\)")
_ARRIVAL_KEY = re.compile(rb"(^|,)a:")
_LINE_ENDS = re.compile(rb"[\r\n]+")
#: How a line of ours begins, by the ending of its file.
_ARRIVED: Final = {
    ".nmea": re.compile(rb"^\\a:(\d{13})[,*]", re.MULTILINE),
    ".jsonl": re.compile(rb'^\{\s*"(?:received_at|tick)"\s*:\s*"([^"\s]{20,35})"', re.MULTILINE),
    ".jt808": re.compile(rb"^(\d{1,11}(?:\.\d{1,9})?) ", re.MULTILINE),
    ".asterix": re.compile(rb"^(\d{1,11}(?:\.\d{1,9})?) ", re.MULTILINE),
}


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
    if b"a:" in line and b"\\" in line:
        line = _BLOCK.sub(_renamed, line)
    hint = _PGHP.match(before)
    told = (
        _HAS_RECEIPT.search(line)
        or (before.endswith(b"\\") and _HAS_RECEIPT.search(before))
        or (hint and b"*" + hint[1] in line)
    )
    return b"%s%s\n" % (_ours(arrived_ms, bool(told)), line)


@functools.lru_cache(maxsize=64)
def _ours(arrived_ms: int, told: bool) -> bytes:
    """Our tag block, the same for all that came together."""
    block = f"a:{arrived_ms}" + ("" if told else f",c:{arrived_ms}")
    checksum = functools.reduce(operator.xor, block.encode())
    return b"\\%s*%02X\\" % (block.encode(), checksum)


def _renamed(block: re.Match[bytes]) -> bytes:
    """A sender's tag block whose `a:` is `A:`: of two arrivals the nearer would hold, not ours."""
    body, n = _ARRIVAL_KEY.subn(rb"\1A:", block[1])
    if not n:
        return block[0]
    return b"\\%s*%02X" % (body, int(block[2], 16) ^ (n % 2 * (ord("a") ^ ord("A"))))


def in_hex(frame: bytes, arrived_ms: int) -> bytes:
    """`<unix seconds.mmm> <hex>` and a line feed.

    >>> in_hex(b"7e00027e", 1772385730500)
    b'1772385730.500 7e00027e\\n'
    """
    seconds, milli = divmod(arrived_ms, 1000)
    return b"%d.%03d %s\n" % (seconds, milli, _LINE_ENDS.sub(b" ", frame).strip())


def in_json(frame: bytes, arrived_ms: int) -> bytes:
    """A JSON object's line with `received_at` in front.

    A `received_at` of the sender's own becomes `claimed_received_at`; a frame that is no object is
    kept as text under `not_an_object`.

    >>> in_json(b'{"source": "C1"}', 1772385730500)
    b'{"received_at":"2026-03-01T17:22:10.500Z","source": "C1"}\\n'
    """
    # Between the members of an object a line end is a space; inside a text JSON has none.
    frame = _LINE_ENDS.sub(b" ", frame).strip()
    if b"received_at" in frame or b"\\u00" in frame:
        frame = _claimed(frame)
    if not frame.startswith(b"{"):
        text = frame.decode("utf-8", "backslashreplace")
        frame = json.dumps({"not_an_object": text}, ensure_ascii=False).encode()
    rest = frame[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    at = utc_text(arrived_ms * 1000)
    return b'{"received_at":"%s"%s%s\n' % (str(at).encode(), comma, rest)


def _claimed(frame: bytes) -> bytes:
    try:
        members = json.loads(frame)
    except (ValueError, RecursionError):
        return frame  # its decoder refuses it
    if not isinstance(members, dict) or "received_at" not in members:
        return frame
    members = {("claimed_" * (k == "received_at")) + k: v for k, v in members.items()}
    return json.dumps(members, ensure_ascii=False).encode("utf-8", "backslashreplace")


def nmea_lines(frame: bytes, arrived_ms: int, before: bytes) -> tuple[bytes, bytes]:
    """The stamped lines of a frame, and its last line as it came: the `before` of the next."""
    lines = frame.rstrip(b"\r\n").split(b"\n") if b"\n" in frame else [frame]
    kept = []
    for line in lines:
        kept.append(stamped(line, arrived_ms, before))
        before = line.rstrip(b"\r\n")
    return b"".join(kept), before


def arrivals(data: bytes, ending: str, from_byte: int = 0) -> list[int]:
    """The arrivals (Unix ms) of the lines of `data` that begin after `from_byte`."""
    pattern = _ARRIVED.get(ending)
    return [] if pattern is None else [_ms(text) for text in pattern.findall(data, from_byte)]


def first_arrival(data: bytes, ending: str, from_byte: int = 0) -> tuple[int, int] | None:
    """Where the first line that names its arrival begins, and that arrival."""
    pattern = _ARRIVED.get(ending)
    match = pattern.search(data, from_byte) if pattern else None
    return (match.start(), _ms(match[1])) if match else None


def _ms(text: bytes) -> int:
    """Milliseconds of a stamp; 0 for what only looks like one."""
    if len(text) == 13 and text.isdigit():
        return int(text)
    if b"T" not in text:
        return int(float(text) * 1000 + 0.5)
    try:
        at = datetime.fromisoformat(text.decode())
    except ValueError:
        return 0
    return unix_us(at if at.tzinfo else at.replace(tzinfo=UTC)) // 1000

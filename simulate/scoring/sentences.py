"""NMEA lines taken apart and put together again, as far as a sensor is to be spoilt."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Final

DAY_S: Final = 86_400
#: Which field of a sentence is its own time of day.
TIME_FIELD: Final = {b"TTM": 14, b"TLL": 7, b"RMC": 1, b"DWR": 3}
#: Metres of TTM's units of range.
UNIT_M: Final = {b"K": 1000.0, b"N": 1852.0, b"S": 1609.344}


def checksum(content: bytes) -> bytes:
    """The XOR of all bytes, as two hexadecimal digits.

    >>> checksum(b"s:R1,c:1772385730")
    b'56'
    """
    return b"%02X" % reduce(xor, content, 0)


def parted(line: bytes) -> tuple[bytes | None, bytes, bytes]:
    """Tag block without its bars and checksum (None without one), sentence, and line end."""
    text = line.rstrip(b"\r\n")
    end = line[len(text) :]
    if not text.startswith(b"\\"):
        return None, text, end
    block, bar, sentence = text[1:].partition(b"\\")
    content, star, _ = block.rpartition(b"*")
    if not bar or not star:
        return None, text, end
    return content, sentence, end


def joined(content: bytes | None, sentence: bytes, end: bytes) -> bytes:
    """The line of a tag block's content and a sentence."""
    if content is None:
        return sentence + end
    return b"\\" + content + b"*" + checksum(content) + b"\\" + sentence + end


def fields_of(sentence: bytes) -> list[bytes] | None:
    """The fields of a `$` sentence with a checksum; the first is talker and formatter."""
    if not sentence.startswith(b"$"):
        return None
    body, star, _ = sentence[1:].rpartition(b"*")
    return body.split(b",") if star else None


def sentence_of(fields: list[bytes]) -> bytes:
    """The sentence of fields."""
    body = b",".join(fields)
    return b"$" + body + b"*" + checksum(body)


def skewed(line: bytes, ahead_s: int) -> bytes:
    """A line as a source with a clock that is ahead would have sent it: its `c:` and its own time
    of day are moved. When it reached us stays what it was, in `a:`."""
    content, sentence, end = parted(line)
    if content is not None:
        content = _tag_skewed(content, ahead_s)
    fields = fields_of(sentence)
    place = TIME_FIELD.get(fields[0][-3:]) if fields else None
    if fields is not None and place is not None and place < len(fields):
        fields[place] = _time_skewed(fields[place], ahead_s)
        sentence = sentence_of(fields)
    return joined(content, sentence, end)


def _tag_skewed(content: bytes, ahead_s: int) -> bytes:
    parts = content.split(b",")
    arrived = any(part.startswith(b"a:") for part in parts)
    out = []
    for part in parts:
        value = part[2:]
        if part.startswith(b"c:") and value.isdigit():
            unit = 1000 if len(value) == 13 else 1
            if not arrived:
                out.append(b"a:%d" % (int(value) * (1000 // unit)))
            part = b"c:%d" % (int(value) + ahead_s * unit)
        out.append(part)
    return b",".join(out)


def _time_skewed(text: bytes, ahead_s: int) -> bytes:
    """hhmmss, with the decimals that there were; anything else stays as it is."""
    whole, dot, decimals = text.partition(b".")
    if len(whole) != 6 or not (whole + decimals).isdigit():
        return text
    clock_s = int(whole[:2]) * 3600 + int(whole[2:4]) * 60 + int(whole[4:])
    moved_s = (clock_s + ahead_s) % DAY_S
    moved = b"%02d%02d%02d" % (moved_s // 3600, moved_s // 60 % 60, moved_s % 60)
    return moved + dot + decimals


def biased(line: bytes, range_m: float, bearing_deg: float) -> bytes:
    """A TTM line as a radar with this offset of range and bearing would have sent it."""
    content, sentence, end = parted(line)
    fields = fields_of(sentence)
    if not fields or fields[0][-3:] != b"TTM" or len(fields) < 11:
        return line
    unit_m = UNIT_M.get(fields[10])
    try:
        distance, bearing = float(fields[2]), float(fields[3])
    except ValueError:
        return line
    if unit_m is None or distance <= 0:
        return line
    places = max(4, len(fields[2].partition(b".")[2]))
    fields[2] = f"{max(distance + range_m / unit_m, 0.0001):.{places}f}".encode()
    places = max(2, len(fields[3].partition(b".")[2]))
    turned = round((bearing + bearing_deg) % 360.0, places) % 360.0
    fields[3] = f"{turned:.{places}f}".encode()
    return joined(content, sentence_of(fields), end)

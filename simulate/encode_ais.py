"""AIS messages as sentences: types 1, 5, 18 and 24, with tag blocks (ITU-R M.1371, NMEA 0183).

The simulator's own encoder. It shares nothing with the decoder of `ingest`, so that no mistake
can hide in both; the tests read its output with pyais.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import xor

_ARMOUR = bytes(v + 48 if v < 40 else v + 56 for v in range(64))
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FROM_BASE64 = bytes.maketrans(_BASE64, _ARMOUR)
_SIXBIT = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
_CODE = {letter: code for code, letter in enumerate(_SIXBIT)}
_PART = 56  # payload characters of one sentence, so that the line stays below 82

NO_HEADING = 511
NO_COURSE = 3600
NO_TURN = 128  # -128 in eight bits

Field = tuple[int, int]  # value, bits


@dataclass(frozen=True)
class Message:
    """A message's payload in armour: six bits a character, and how many bits fill it up."""

    payload: str
    fill: int


def pack(fields: Iterable[Field]) -> Message:
    """Fields in their order as a payload; each value is cut to its width.

    >>> pack([(1, 6), (0, 2), (412990001, 30)])
    Message(payload='169nr<@', fill=4)
    """
    value = width = 0
    for number, bits in fields:
        value = (value << bits) | (number & ((1 << bits) - 1))
        width += bits
    fill = -width % 6
    # The armour is base 64 with another alphabet, so the library's own loop does the work.
    whole = (value << -width % 24).to_bytes((width + 23) // 24 * 3, "big")
    armoured = b2a_base64(whole, newline=False).translate(_FROM_BASE64)
    return Message(armoured[: (width + fill) // 6].decode("ascii"), fill)


def text(words: str, letters: int) -> Field:
    """Words in six-bit letters, padded with @; what the alphabet has not becomes a space."""
    value = 0
    for letter in words.upper()[:letters].ljust(letters, "@"):
        value = (value << 6) | _CODE.get(letter, 32)
    return value, 6 * letters


@dataclass(frozen=True)
class Fix:
    """What a position report says, in the units of the wire.

    `lon`, `lat` in 1/10,000 minute; `speed` in 0.1 kn; `course` in 0.1°; `second` of the minute.
    """

    lon: int
    lat: int
    speed: int
    course: int
    heading: int
    second: int


@dataclass(frozen=True)
class Ship:
    """What a vessel says of itself: whole metres, and the draught in decimetres."""

    mmsi: int
    name: str
    call_sign: str
    ship_type: int
    length_m: int
    beam_m: int
    draught_dm: int
    destination: str

    def size(self) -> list[Field]:
        """The antenna stands two thirds of the length from the bow, amidships."""
        bow = self.length_m * 2 // 3
        left = self.beam_m // 2
        return [(bow, 9), (self.length_m - bow, 9), (left, 6), (self.beam_m - left, 6)]


def position_a(mmsi: int, status: int, fix: Fix) -> Message:
    """Type 1: a class A position report."""
    return pack(
        [
            *((1, 6), (0, 2), (mmsi, 30), (status, 4), (NO_TURN, 8), (fix.speed, 10), (1, 1)),
            *((fix.lon, 28), (fix.lat, 27), (fix.course, 12), (fix.heading, 9), (fix.second, 6)),
            *((0, 2), (0, 3), (0, 1), (0, 19)),
        ]
    )


def position_b(mmsi: int, fix: Fix) -> Message:
    """Type 18: a class B (carrier-sense) position report."""
    return pack(
        [
            *((18, 6), (0, 2), (mmsi, 30), (0, 8), (fix.speed, 10), (1, 1)),
            *((fix.lon, 28), (fix.lat, 27), (fix.course, 12), (fix.heading, 9), (fix.second, 6)),
            *(
                (0, 2),
                (1, 1),
                (0, 1),
                (0, 1),
                (1, 1),
                (1, 1),
                (0, 1),
                (0, 1),
                (1, 1),
                (0x60006, 19),
            ),
        ]
    )


def voyage_a(ship: Ship) -> Message:
    """Type 5: class A static and voyage data."""
    return pack(
        [
            *((5, 6), (0, 2), (ship.mmsi, 30), (0, 2), (0, 30)),
            *(text(ship.call_sign, 7), text(ship.name, 20), (ship.ship_type, 8)),
            *(*ship.size(), (1, 4), (0, 4), (0, 5), (24, 5), (60, 6)),
            *((ship.draught_dm, 8), text(ship.destination, 20), (0, 1), (0, 1)),
        ]
    )


def static_b(ship: Ship) -> tuple[Message, Message]:
    """Type 24, parts A and B: class B static data."""
    head: list[Field] = [(24, 6), (0, 2), (ship.mmsi, 30)]
    part_a = pack([*head, (0, 2), text(ship.name, 20)])
    part_b = pack(
        [
            *(*head, (1, 2), (ship.ship_type, 8), (0, 42)),
            *(text(ship.call_sign, 7), *ship.size(), (0, 6)),
        ]
    )
    return part_a, part_b


def checksum(body: str) -> str:
    """The exclusive or of all characters, in two hexadecimal digits.

    >>> checksum("AIVDM,1,1,,A,14eG;o@034o8sd<L9i:a;WF>062D,0")
    '7D'
    """
    return f"{reduce(xor, body.encode('ascii'), 0):02X}"


def sentences(message: Message, channel: str, sequence: int) -> list[str]:
    """One sentence, or the parts of a long message, with checksums and without tag blocks."""
    payload = message.payload
    if len(payload) <= _PART:
        body = f"AIVDM,1,1,,{channel},{payload},{message.fill}"
        return [f"!{body}*{checksum(body)}"]
    parts = [payload[i : i + _PART] for i in range(0, len(payload), _PART)]
    out = []
    for number, part in enumerate(parts, 1):
        fill = message.fill if number == len(parts) else 0
        body = f"AIVDM,{len(parts)},{number},{sequence},{channel},{part},{fill}"
        out.append(f"!{body}*{checksum(body)}")
    return out


def tag_block(station: str, received_ms: int) -> str:
    r"""Who heard it and when, in Unix milliseconds.

    >>> print(tag_block("SHIPU", 1772359200123))
    \s:SHIPU,c:1772359200123*55\
    """
    body = f"s:{station},c:{received_ms}"
    return f"\\{body}*{checksum(body)}\\"

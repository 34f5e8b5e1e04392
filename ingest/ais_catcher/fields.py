"""Fields of decoded JSON become the message that they were read from.

So sentinels, layouts and refusals are those of `ingest.ais`, whichever way a message came. What
the JSON leaves out is written as "not available"; of sparse JSON some bits (the radio's state)
are never known, so its payload is not the one that was transmitted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from ingest.ais.fields import (
    BITS,
    CLAIMS,
    HEADER,
    PART_A,
    PART_B,
    PART_NUMBER,
    POSITIONS,
    Field,
    Layout,
)

Message = Mapping[str, Any]

_LEAST_BITS: Final = 40  # of messages that are only counted
_MOST_EXTENSION: Final = 14  # characters of an aid's name beyond 20

#: Their names, where they differ from `ingest.ais.fields`.
_KEYS: Final = {
    "altitude": "alt",
    "call_sign": "callsign",
    "ship_type": "shiptype",
    "utc_second": "second",
    "virtual": "virtual_aid",
}
#: What the wire says where a field is not available and that is not 0.
_MISSING: Final = {"status": 15, "second": 60, "hour": 24, "minute": 60, "utc_second": 60}
#: Characters.
_TEXTS: Final = {"name": 20, "call_sign": 7, "destination": 20}
_TURNS: Final = {"nan": -128, "fastleft": -127, "fastright": 127}


def payload(message: Message, kind: int, mmsi: int) -> tuple[str, int]:
    """The armoured payload of a message and its fill bits.

    Parameters
    ----------
    message
        Fields by AIS-catcher's names, scaled as it scales them.
    kind, mmsi
        Up to 63; up to 2^30 - 1.
    """
    layout: Layout = {**POSITIONS.get(kind, {}), **CLAIMS.get(kind, {})}
    part = _part(message)
    if kind == 24:
        layout = PART_B if part else PART_A
    extension = _text(message, "name")[_TEXTS["name"] :][:_MOST_EXTENSION] if kind == 21 else ""
    bits = {5: 424, 24: 168}.get(kind, BITS.get(kind, (_LEAST_BITS,))[0]) + 6 * len(extension)
    value = _placed(kind, HEADER["type"], bits) | _placed(mmsi, HEADER["mmsi"], bits)
    if kind == 24:
        value |= _placed(part, PART_NUMBER, bits)
    for name, field in layout.items():
        if name in _TEXTS:
            value |= _placed_text(_text(message, name)[: _TEXTS[name]], field, bits)
        elif name == "name_extension":
            value |= _placed_text(extension, field, bits)
        else:
            value |= _placed(_raw(message, name, layout), field, bits)
    fill = -bits % 6
    value <<= fill
    sixes = ((value >> shift) & 63 for shift in range(bits + fill - 6, -1, -6))
    return "".join(chr(six + 48 if six < 40 else six + 56) for six in sixes), fill


def number(value: object) -> float | None:
    """A finite number; None for anything else.

    >>> number(1), number(True), number("1"), number(float("inf"))
    (1, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer beyond all floats
        return None


def _part(message: Message) -> int:
    """Which part of a type 24 it is: 0 or 1."""
    said = number(message.get("partno"))
    return int(said) if said in (0, 1) else int("shipname" not in message)


def _text(message: Message, name: str) -> str:
    keys = ("shipname", "name") if name == "name" else (_KEYS.get(name, name),)
    value = next((message[key] for key in keys if key in message), "")
    return value.upper() if isinstance(value, str) else ""


def _raw(message: Message, name: str, layout: Layout) -> int:
    """The integer on the wire; that for "not available" where nothing sensible is said."""
    if name == "rot":
        return _turn(message)
    field, scale = layout[name], _scale(name, layout)
    value = message.get(_KEYS.get(name, name))
    if field.width == 1:
        return int(value is True or value == 1)
    said = number(value)
    raw = None if said is None else round(said * scale)
    half = 1 << (field.width - 1)
    least, most = (-half, half - 1) if field.signed else (0, 2 * half - 1)
    if raw is not None and least <= raw <= most:
        return raw
    if name in ("lon", "lat"):
        return (181 if name == "lon" else 91) * scale
    if name == "course":
        return 360 * scale
    if name in ("speed", "heading", "altitude"):
        return 2 * half - 1
    return _MISSING.get(name, 0)


def _scale(name: str, layout: Layout) -> int:
    """How many of the wire's units are one of the JSON's."""
    width = layout[name].width
    if name in ("lon", "lat"):
        return 600_000 if width >= 27 else 600
    if name == "speed":  # whole knots of aircraft and in long-range messages
        return 1 if "altitude" in layout or width == 6 else 10
    return 10 if name == "draught" or (name == "course" and width == 12) else 1


def _turn(message: Message) -> int:
    exact = number(message.get("turn_unscaled"))
    if exact is not None and -128 <= exact <= 127:
        return round(exact)
    said = message.get("turn")
    if isinstance(said, str):
        return _TURNS.get(said, -128)
    turn = number(said)
    if turn is None or turn == 128 or abs(turn) > 720:
        return -128
    if abs(turn) == 127:  # no scaled rate: the side only
        return int(turn)
    return round(math.copysign(4.733 * math.sqrt(abs(turn)), turn))


def _placed(raw: int, field: Field, bits: int) -> int:
    return (raw & ((1 << field.width) - 1)) << (bits - field.start - field.width)


def _placed_text(text: str, field: Field, bits: int) -> int:
    value = 0
    for char in text:
        code = ord(char) if 32 <= ord(char) < 96 else ord("?")
        value = value << 6 | code & 63
    return value << (bits - field.start - 6 * len(text))

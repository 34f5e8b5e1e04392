"""What AIS-catcher prints of a message (`-o 5`): a reader of its own, bit by bit.

The table is written from ITU-R M.1371 with AIS-catcher's names and scales, apart from the one that
the decoder uses, so that both cannot be wrong in the same place.
"""

from __future__ import annotations

import json
from typing import Any

#: name: (first bit, bits, kind). u: number, i: signed, b: flag, t: text; a digit is the divisor.
_POSITION = {"accuracy": (60, 1, "b"), "lon": (61, 28, "i600000"), "lat": (89, 27, "i600000")}
_CLASS_A = {
    "status": (38, 4, "u"), "turn_unscaled": (42, 8, "i"), "speed": (50, 10, "u10"), **_POSITION,
    "course": (116, 12, "u10"), "heading": (128, 9, "u"), "second": (137, 6, "u"),
    "maneuver": (143, 2, "u"), "raim": (148, 1, "b"), "radio": (149, 19, "u"),
}  # fmt: skip
_BASE = {
    "year": (38, 14, "u"), "month": (52, 4, "u"), "day": (56, 5, "u"), "hour": (61, 5, "u"),
    "minute": (66, 6, "u"), "second": (72, 6, "u"), "accuracy": (78, 1, "b"),
    "lon": (79, 28, "i600000"), "lat": (107, 27, "i600000"), "epfd": (134, 4, "u"),
    "raim": (148, 1, "b"), "radio": (149, 19, "u"),
}  # fmt: skip
_CLASS_B = {
    "speed": (46, 10, "u10"), "accuracy": (56, 1, "b"), "lon": (57, 28, "i600000"),
    "lat": (85, 27, "i600000"), "course": (112, 12, "u10"), "heading": (124, 9, "u"),
    "second": (133, 6, "u"),
}  # fmt: skip


def _size(start: int) -> dict[str, tuple[int, int, str]]:
    return {
        "to_bow": (start, 9, "u"), "to_stern": (start + 9, 9, "u"),
        "to_port": (start + 18, 6, "u"), "to_starboard": (start + 24, 6, "u"),
    }  # fmt: skip


TABLE: dict[int, dict[str, tuple[int, int, str]]] = {
    1: _CLASS_A, 2: _CLASS_A, 3: _CLASS_A, 4: _BASE, 11: _BASE,
    5: {
        "ais_version": (38, 2, "u"), "imo": (40, 30, "u"), "callsign": (70, 42, "t"),
        "shipname": (112, 120, "t"), "shiptype": (232, 8, "u"), **_size(240),
        "epfd": (270, 4, "u"), "draught": (294, 8, "u10"), "destination": (302, 120, "t"),
    },
    9: {
        "alt": (38, 12, "u"), "speed": (50, 10, "u"), **_POSITION, "course": (116, 12, "u10"),
        "second": (128, 6, "u"), "raim": (147, 1, "b"), "radio": (148, 20, "u"),
    },
    17: {"lon": (40, 18, "i600"), "lat": (58, 17, "i600")},
    18: {**_CLASS_B, "cs": (141, 1, "b"), "raim": (147, 1, "b"), "radio": (148, 20, "u")},
    19: {
        **_CLASS_B, "shipname": (143, 120, "t"), "shiptype": (263, 8, "u"), **_size(271),
        "epfd": (301, 4, "u"), "raim": (305, 1, "b"),
    },
    21: {
        "aid_type": (38, 5, "u"), "name": (43, 120, "t"), "accuracy": (163, 1, "b"),
        "lon": (164, 28, "i600000"), "lat": (192, 27, "i600000"), **_size(219),
        "epfd": (249, 4, "u"), "second": (253, 6, "u"), "off_position": (259, 1, "b"),
        "raim": (268, 1, "b"), "virtual_aid": (269, 1, "b"),
    },
    27: {
        "accuracy": (38, 1, "b"), "raim": (39, 1, "b"), "status": (40, 4, "u"),
        "lon": (44, 18, "i600"), "lat": (62, 17, "i600"), "speed": (79, 6, "u"),
        "course": (85, 9, "u"), "gnss": (94, 1, "b"),
    },
}  # fmt: skip
_PART_A = {"shipname": (40, 120, "t")}
_PART_B = {"shiptype": (40, 8, "u"), "callsign": (90, 42, "t"), **_size(132)}


def bits_of(payload: bytes, fill: int = 0) -> str:
    """The bits of an armoured payload."""
    sixes = (char - 48 if char < 88 else char - 56 for char in payload)
    bits = "".join(f"{six:06b}" for six in sixes)
    return bits[: len(bits) - fill]


def fields(bits: str) -> dict[str, Any]:
    """The fields that AIS-catcher prints of a message."""
    kind = int(bits[:6], 2)
    said: dict[str, Any] = {
        "class": "AIS", "device": "AIS-catcher", "scaled": True, "channel": "A", "type": kind,
        "repeat": int(bits[6:8], 2), "mmsi": int(bits[8:38], 2),
    }  # fmt: skip
    table = TABLE.get(kind, {})
    if kind == 24:
        said["partno"] = int(bits[38:40], 2)
        table = _PART_B if said["partno"] else _PART_A
    for name, (start, width, how) in table.items():
        said[name] = _value(bits[start : start + width].ljust(width, "0"), how)
    if kind == 21 and len(said["name"]) == 20:
        said["name"] += _value(bits[272 : 272 + (len(bits) - 272) // 6 * 6], "t")
    if "turn_unscaled" in said:
        said["turn"] = _turn(said["turn_unscaled"])
    return said


def _value(bits: str, how: str) -> Any:
    if how == "t":
        codes = [int(bits[at : at + 6], 2) for at in range(0, len(bits), 6)]
        text = "".join(chr(code + 64 if code < 32 else code) for code in codes)
        return text.partition("@")[0].rstrip(" ")
    raw = int(bits, 2)
    if how == "b":
        return bool(raw)
    if how[0] == "i" and bits[0] == "1":
        raw -= 1 << len(bits)
    divisor = int(how[1:] or 1)
    return raw if divisor == 1 else round(raw / divisor, 6)


def _turn(raw: int) -> object:
    named = {-128: "nan", -127: "fastleft", 127: "fastright"}
    rate = (raw / 4.733) ** 2
    return named.get(raw, int((-rate if raw < 0 else rate) + 0.5))


def json_line(message: dict[str, Any], **more: object) -> bytes:
    """One line of JSON."""
    return json.dumps({**message, **more}, separators=(",", ":")).encode() + b"\n"

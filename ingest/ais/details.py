"""`detail` of AIS positions: what else a message says, as compact JSON without nulls.

Messages of a block share few details, so each different one is written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl

from ingest.ais.fields import POSITIONS, Field, Layout
from ingest.ais.payloads import Payloads
from ingest.nmea.text import Ints

Meaning = Callable[[int], object]
_MOST_KEPT: Final = 1 << 16  # texts remembered between blocks

_FIX: Final = {61: "manual", 62: "dead_reckoning", 63: "inoperative"}


def _rate_of_turn(raw: int) -> object:
    """Degrees a minute, to starboard positive; None at ±127, which give the side only."""
    if raw == -128 or abs(raw) == 127:
        return None
    return round((raw / 4.733) ** 2 * (1 if raw >= 0 else -1), 1)


def _fast_turn(raw: int) -> object:
    return {127: "starboard", -127: "port"}.get(raw)


def _but(*missing: int) -> Meaning:
    return lambda raw: None if raw in missing else raw


#: JSON name, field on the wire, meaning of its integer; None leaves the name out.
_TABLE: Final[tuple[tuple[str, str, Meaning], ...]] = (
    ("status", "status", _but(15)),
    ("rot_deg_min", "rot", _rate_of_turn),
    ("fast_turn", "rot", _fast_turn),
    ("altitude_m", "altitude", _but(4095)),
    ("aid_type", "aid_type", _but(0)),
    ("accuracy", "accuracy", bool),
    ("raim", "raim", bool),
    ("maneuver", "maneuver", _but(0, 3)),
    ("epfd", "epfd", _but(0, 15)),
    ("carrier_sense", "cs", bool),
    ("virtual", "virtual", bool),
    ("old_fix", "gnss", lambda raw: True if raw else None),
    ("fix", "second", _FIX.get),
)
#: `off_position` holds only beside a second below 60.
_OFF_POSITION: Final = "off_position"
_FIX_FIELD: Final = Field(0, 2)  # of the second: a time or 60, 61, 62, 63
_TYPE_SHIFT: Final = 48  # the packed fields lie below


class Details:
    """Writes details; remembers the texts it wrote, by the fields that they were made of."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._texts: list[str] = []
        self._table = pl.Series([], dtype=pl.String)
        self._codes: Ints = np.zeros(0, np.int64)  # sorted
        self._places: Ints = np.zeros(0, np.int64)  # in the table, of each code

    def codes(self, kind: Ints, payloads: Payloads, layout: Layout) -> Ints:
        """The fields of the detail of messages of one layout, packed; the type comes first."""
        code = kind
        for name in _packed(layout):
            field = layout[name]
            value = payloads.get(Field(field.start, field.width))
            if name == "second":  # only what it says of the fix matters
                value, field = np.maximum(value, 60) - 60, _FIX_FIELD
            code = (code << field.width) | value
        if _OFF_POSITION in layout:
            known = payloads.get(layout["second"]) < 60
            code = (code << 2) | np.where(known, payloads.get(layout[_OFF_POSITION]), 2)
        return code | (kind << _TYPE_SHIFT)

    def texts(self, codes: Ints) -> pl.Series:
        """The details of the codes."""
        known = len(self._codes)
        place = np.minimum(np.searchsorted(self._codes, codes), max(known - 1, 0))
        new = codes if not known else codes[self._codes[place] != codes]
        if len(new):
            if known > _MOST_KEPT:
                self._forget()
                new = codes
            self._write(np.unique(new))
            place = np.searchsorted(self._codes, codes)
        return self._table.gather(self._places[place])

    def _write(self, new: Ints) -> None:
        for code in new.tolist():
            kind = code >> _TYPE_SHIFT
            self._texts.append(_written(code & ((1 << _TYPE_SHIFT) - 1), kind))
        codes = np.concatenate([self._codes, new])
        places = np.concatenate([self._places, np.arange(len(codes) - len(new), len(codes))])
        order = np.argsort(codes)
        self._codes, self._places = codes[order], places[order]
        self._table = pl.Series(self._texts, dtype=pl.String)


def _packed(layout: Layout) -> list[str]:
    return [name for name in dict.fromkeys(wire for _, wire, _ in _TABLE) if name in layout]


@lru_cache(_MOST_KEPT)
def _written(code: int, kind: int) -> str:
    layout = POSITIONS[kind]
    raw: dict[str, int] = {}
    if _OFF_POSITION in layout:
        code, raw[_OFF_POSITION] = divmod(code, 4)
    for name in reversed(_packed(layout)):
        field = layout[name]
        if name == "second":
            code, value = divmod(code, 1 << _FIX_FIELD.width)
            raw[name] = value + 60
            continue
        code, value = divmod(code, 1 << field.width)
        raw[name] = value - (1 << field.width) * (field.signed and value >> (field.width - 1))
    said: dict[str, object] = {"type": code}
    for title, name, meaning in _TABLE:
        told = meaning(raw[name]) if name in raw else None
        if told is not None:
            said[title] = told
    if raw.get(_OFF_POSITION, 2) < 2:
        said[_OFF_POSITION] = bool(raw[_OFF_POSITION])
    return json.dumps(said, separators=(",", ":"))

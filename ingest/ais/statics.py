"""Identity claims: what vessels and aids say of their names, kinds and dimensions."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from core.schema import IDENTITY, arriving
from ingest import frames
from ingest.ais.fields import CARRIES_CLAIM, CLAIMS, PART_A, PART_B, PART_NUMBER, Layout
from ingest.ais.messages import Messages
from ingest.ais.payloads import Payloads
from ingest.nmea.text import Bools, Ints

_TEXTS: Final = {"name": 34, "call_sign": 7, "destination": 20}  # characters; 14 of extension
_NUMBERS: Final = ("imo", "ship_type", "draught", "length", "beam")
_LEAST_PART_B: Final = 162  # bits; some senders leave the spare ones out
#: A craft belonging to a mother ship tells that ship's MMSI in place of its own dimensions.
_AUXILIARY: Final = (980_000_000, 990_000_000)


def faults(kind: Ints, bits: Ints, payloads: Payloads) -> dict[str, Bools]:
    """Which type 24 messages are refused, by reason."""
    part = np.where(kind == 24, payloads.get(PART_NUMBER), 0)
    return {"unknown_part": part > 1, "wrong_bit_count": (part == 1) & (bits < _LEAST_PART_B)}


def claims(
    messages: Messages,
    kind: Ints,
    mmsi: Ints,
    payloads: Payloads,
    keys: NDArray[np.uint8],
    default: str | None,
) -> tuple[pl.DataFrame, Ints]:
    """Identity claims of the messages that carry one.

    Returns
    -------
    Frame of `arriving(IDENTITY)` in the order of the messages; the rows of the messages.
    """
    rows = np.flatnonzero(CARRIES_CLAIM[kind])
    if not len(rows):
        return pl.DataFrame(schema=arriving(IDENTITY)), rows
    chosen, kind, mmsi, got = messages.take(rows), kind[rows], mmsi[rows], payloads.take(rows)
    n = len(rows)
    text = {name: np.zeros(n, f"S{width}") for name, width in _TEXTS.items()}
    number = {name: np.zeros(n, np.int64) for name in _NUMBERS}
    part = got.get(PART_NUMBER)
    groups = [(layout, kind == type_number) for type_number, layout in CLAIMS.items()]
    groups += [(PART_A, (kind == 24) & (part == 0)), (PART_B, (kind == 24) & (part == 1))]
    for layout, wanted in groups:
        mine = np.flatnonzero(wanted)
        if len(mine):
            _read(got.take(mine), mmsi[mine], layout, mine, text, number)
    frame = pl.DataFrame(
        {
            "key": frames.fixed_binary(keys[rows]),
            "source": frames.chosen([*messages.sources, default], chosen.source),
            "target": frames.mmsi_targets(mmsi),
            "received_at": frames.times(chosen.received),
            "name": _texts(text["name"]),
            "call_sign": _texts(text["call_sign"]),
            "imo": _unless_zero(number["imo"]),
            "ship_type": _unless_zero(number["ship_type"]),
            "length_m": _unless_zero(number["length"] * 1.0),
            "beam_m": _unless_zero(number["beam"] * 1.0),
            "draught_m": _unless_zero(number["draught"] / 10),
            "destination": _texts(text["destination"]),
            "arrived_at": frames.times(chosen.arrival),
            "line": pl.Series(chosen.line),
        }
    )
    return frame, rows


def _read(
    got: Payloads,
    mmsi: Ints,
    layout: Layout,
    rows: Ints,
    text: dict[str, NDArray[np.bytes_]],
    number: dict[str, Ints],
) -> None:
    """Put what messages of one layout say into the rows of the columns."""
    for name, column in text.items():
        if name in layout:
            said = got.text(layout[name])
            if name == "name" and "name_extension" in layout:
                full = np.strings.str_len(said) == layout[name].width // 6
                more = np.strings.add(said, got.text(layout["name_extension"]))
                said = np.where(full, more, said)
            column[rows] = said
    for name in ("imo", "ship_type", "draught"):
        if name in layout:
            number[name][rows] = got.get(layout[name])
    if "to_bow" in layout:
        own = ~((mmsi >= _AUXILIARY[0]) & (mmsi < _AUXILIARY[1])) | (layout is not PART_B)
        length = got.get(layout["to_bow"]) + got.get(layout["to_stern"])
        beam = got.get(layout["to_port"]) + got.get(layout["to_starboard"])
        number["length"][rows], number["beam"][rows] = length * own, beam * own


def _texts(text: NDArray[np.bytes_]) -> pl.Series:
    return pl.Series([value.decode("ascii") or None for value in text.tolist()], dtype=pl.String)


def _unless_zero(values: Ints | NDArray[np.floating]) -> pl.Series:
    """Zero stands for "not available" in all static fields."""
    return pl.Series(pa.array(values, mask=values == 0))

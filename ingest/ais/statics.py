"""Identity claims: what vessels and aids say of their names, kinds and dimensions."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from core.schema import IDENTITY, arriving
from ingest import frames
from ingest.ais.fields import CLAIMS, PART_A, PART_B, PART_NUMBER, Layout
from ingest.ais.messages import Messages
from ingest.ais.payloads import Payloads
from ingest.nmea.text import Bools, Ints

_CLAIM: Final = tuple(IDENTITY)[4:]  # the columns that a message fills
_TEXTS: Final = ("name", "call_sign", "destination")
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
    found, parts = [], []
    groups = [(layout, kind == number) for number, layout in CLAIMS.items()]
    if (kind == 24).any():
        part = payloads.get(PART_NUMBER)
        groups += [(PART_A, (kind == 24) & (part == 0)), (PART_B, (kind == 24) & (part == 1))]
    for layout, mine in groups:
        rows = np.flatnonzero(mine)
        if len(rows):
            found.append(rows)
            parts.append(_claim(payloads.take(rows), mmsi[rows], layout))
    if not found:
        return pl.DataFrame(schema=arriving(IDENTITY)), np.zeros(0, np.int64)
    rows = np.concatenate(found)
    order = np.argsort(rows)
    rows = rows[order]
    chosen = messages.take(rows)
    claim = pl.concat(parts)[order]
    frame = pl.DataFrame(
        {
            "key": frames.fixed_binary(keys[rows]),
            "source": frames.chosen([*messages.sources, default], chosen.source),
            "target": frames.mmsi_targets(mmsi[rows]),
            "received_at": frames.times(chosen.received),
            **{name: claim[name] for name in _CLAIM},
            "arrived_at": frames.times(chosen.arrival),
            "line": pl.Series(chosen.line),
        },
        schema=arriving(IDENTITY),
    )
    return frame, rows


def _claim(got: Payloads, mmsi: Ints, layout: Layout) -> pl.DataFrame:
    n = len(mmsi)
    column: dict[str, pl.Series] = {}
    for name in _TEXTS:
        if name in layout:
            text = got.text(layout[name])
            if name == "name" and "name_extension" in layout:
                whole = np.strings.str_len(text) == layout["name"].width // 6
                text = np.where(
                    whole, np.strings.add(text, got.text(layout["name_extension"])), text
                )
            column[name] = _texts(text)
    for name in ("imo", "ship_type"):
        if name in layout:
            column[name] = _unless_zero(got.get(layout[name]))
    if "draught" in layout:
        column["draught_m"] = _unless_zero(got.get(layout["draught"])) / 10
    if "to_bow" in layout:
        auxiliary = (mmsi >= _AUXILIARY[0]) & (mmsi < _AUXILIARY[1]) & (layout is PART_B)
        for name, ends in (
            ("length_m", ("to_bow", "to_stern")),
            ("beam_m", ("to_port", "to_starboard")),
        ):
            size = sum(got.get(layout[end]) for end in ends)
            column[name] = _unless_zero(np.where(auxiliary, 0, size)).cast(pl.Float64)
    return pl.DataFrame(
        {
            name: column[name] if name in column else pl.Series([None] * n, dtype=IDENTITY[name])
            for name in _CLAIM
        }
    )


def _texts(text: NDArray[np.bytes_]) -> pl.Series:
    return pl.Series([value.decode("ascii") or None for value in text.tolist()], dtype=pl.String)


def _unless_zero(values: Ints) -> pl.Series:
    """Zero stands for "not available" in all static fields."""
    return pl.Series(pa.array(values, mask=values == 0))

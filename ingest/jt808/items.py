"""Additional items of many locations at once: id, length, value, one behind another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.jt808.names import ITEMS
from ingest.nmea.text import NONE, Bools, Ints, Text


@dataclass(frozen=True)
class Items:
    """`values` by name, NONE where an item is not there; `raw` by row: `<id>:<hex>` of the others.

    A known item of an unexpected length, or one that comes again, is raw. `rest` by row: the hex
    of what follows the last whole item.
    """

    values: dict[str, Ints]
    raw: dict[int, list[str]]
    rest: dict[int, str]


def items_of(text: Text, begin: Ints, end: Ints) -> Items:
    """Read the items between each begin and end."""
    values = {name: np.full(len(begin), NONE) for name, _ in ITEMS.values()}
    raw: dict[int, list[str]] = {}
    rows = np.flatnonzero(end > begin)
    at = begin[rows]
    rest: dict[int, str] = {}
    while len(rows):
        size = text.bytes[at + 1].astype(np.int64)
        whole = (at + 2 <= end[rows]) & (at + 2 + size <= end[rows])
        for row, start in zip(rows[~whole].tolist(), at[~whole].tolist(), strict=True):
            rest[row] = text.raw[start : int(end[row])].hex()
        rows, at, size = rows[whole], at[whole], size[whole]
        known = _take(text, rows, at, size, values)
        for row, start, n in zip(*(a[~known].tolist() for a in (rows, at, size)), strict=True):
            hexed = text.raw[start : start + 2 + n].hex()
            raw.setdefault(row, []).append(f"{hexed[:2]}:{hexed[4:]}")
        at = at + 2 + size
        more = at < end[rows]
        rows, at = rows[more], at[more]
    return Items(values, raw, rest)


def _take(text: Text, rows: Ints, at: Ints, size: Ints, values: dict[str, Ints]) -> Bools:
    """Put the values of known items into their columns; which items were known."""
    item = text.bytes[at]
    known = np.zeros(len(rows), np.bool_)
    for number in np.unique(item).tolist():
        if number not in ITEMS:
            continue
        name, width = ITEMS[number]
        mine = np.flatnonzero((item == number) & (size == width) & (values[name][rows] < 0))
        value = np.zeros(len(mine), np.int64)
        for byte in range(width):
            value = value << 8 | text.bytes[at[mine] + 2 + byte]
        values[name][rows[mine]] = value
        known[mine] = True
    return known

"""`detail` of locations: what else a terminal says, as compact JSON, made by columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from ingest.jt808.items import Items
from ingest.jt808.names import TENTHS, io_text, signals_text, state_text
from ingest.nmea.text import Ints

MOST_ALTITUDE_M = 9000  # above any road: "not available" of one maker or another


def details(
    head: pl.Series, state: Ints, altitude: Ints, items: Items, tail: pl.Series
) -> pl.Series:
    """The texts, one a location.

    Parameters
    ----------
    head
        What they begin with, from the brace on.
    state
        Alarm in the high word, status in the low.
    altitude
        Metres.
    items
        The additional items.
    tail
        What they end with, before the closing brace.
    """
    numbers = {
        "altitude_m": np.where(altitude > MOST_ALTITUDE_M, -1, altitude),
        **{name: items.values[name] for name in (*TENTHS, "rssi", "satellites")},
    }
    columns = {
        "head": head,
        "state": coded(state, state_text),
        **{name: pl.Series(values) for name, values in numbers.items()},
        "signals": coded(items.values["signals"], signals_text),
        "io": coded(items.values["io"], io_text),
        "raw": _scattered(len(head), {row: _raw(texts) for row, texts in items.raw.items()}),
        "rest": _scattered(
            len(head), {row: f',"rest":"{text}"' for row, text in items.rest.items()}
        ),
        "tail": tail,
    }
    pieces = [_number(name) if name in numbers else pl.col(name) for name in columns]
    return pl.DataFrame(columns).select(pl.concat_str(*pieces, pl.lit("}"))).to_series()


def coded(values: Ints, write: Callable[[int], str]) -> pl.Series:
    """The text of each value; each different value is written once."""
    found, place = np.unique(values, return_inverse=True)
    texts = pl.Series([write(value) for value in found.tolist()], dtype=pl.String)
    return texts.gather(place)


def _number(name: str) -> pl.Expr:
    value = pl.col(name)
    written = pl.format("{}.{}", value // 10, value % 10) if name in TENTHS else value.cast(str)
    member = pl.concat_str(pl.lit(f',"{name}":'), written)
    return pl.when(value >= 0).then(member).otherwise(pl.lit(""))


def _scattered(n: int, texts: Mapping[int, str]) -> pl.Series:
    empty = pl.Series([""]).new_from_index(0, n)
    if not texts:
        return empty
    return empty.scatter(pl.Series(list(texts), dtype=pl.UInt32), list(texts.values()))


def _raw(texts: list[str]) -> str:
    return ',"items":["' + '","'.join(texts) + '"]'

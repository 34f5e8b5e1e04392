"""Arrays become the columns of the house: times, targets, keys, without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from core.schema import UTC_TIME

Ints = NDArray[np.int64]


def times(microseconds: Ints) -> pl.Series:
    """Microseconds since 1970 UTC as times; below zero is null."""
    column = pa.array(microseconds, mask=microseconds < 0).cast(pa.timestamp("us", tz="UTC"))
    return pl.Series(column, dtype=UTC_TIME)


def floats(values: NDArray[np.float64]) -> pl.Series:
    """Numbers, NaN as null."""
    return pl.Series(values, nan_to_null=True)


def fixed_text(chars: NDArray[np.uint8]) -> pl.Series:
    """Shape (n, k) of ASCII codes as texts of k characters."""
    n, k = chars.shape
    offsets = np.arange(n + 1, dtype=np.int64) * k
    column = pa.LargeStringArray.from_buffers(
        n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(chars))
    )
    return pl.Series(column)


def fixed_binary(rows: NDArray[np.uint8]) -> pl.Series:
    """Shape (n, k) of bytes as binary values of k bytes."""
    n, k = rows.shape
    offsets = np.arange(n + 1, dtype=np.int64) * k
    column = pa.Array.from_buffers(
        pa.large_binary(),
        n,
        [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))],
    )
    return pl.Series(column)


def parted(
    observations: pl.DataFrame, payloads: pl.Series, ahead: NDArray[np.bool_]
) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame]:
    """Observations with their payload digests, and those ahead of their receipts on their own.

    Parameters
    ----------
    ahead
        One a row: whether its time is too far after its receipt to be believed.
    """
    if not ahead.any():
        return observations, payloads, observations.clear()
    return observations.filter(~ahead), payloads.filter(~ahead), observations.filter(ahead)


def alive(sources: pl.Series, arrival: Ints) -> pl.DataFrame:
    """`core.schema.ALIVE`: who showed that it lives, and when in microseconds."""
    return pl.DataFrame({"source": sources.alias("source"), "arrived_at": times(arrival)})


def mmsi_targets(mmsi: Ints) -> pl.Series:
    """Targets `mmsi:<nine digits>`.

    >>> mmsi_targets(np.array([2_190_047])).to_list()
    ['mmsi:002190047']
    """
    chars = np.empty((len(mmsi), 14), np.uint8)
    chars[:, :5] = np.frombuffer(b"mmsi:", np.uint8)
    rest = mmsi.astype(np.uint32)
    for column in range(13, 4, -1):
        tenth = rest // np.uint32(10)
        chars[:, column] = rest - tenth * np.uint32(10) + np.uint32(48)
        rest = tenth
    return fixed_text(chars)


def chosen(values: Sequence[str | None], index: Ints) -> pl.Series:
    """Texts by their number; number -1 is the last, as everywhere in Python."""
    table = pl.Series(list(values), dtype=pl.String)
    return table.gather(np.where(index < 0, len(values) + index, index))

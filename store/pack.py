"""Frames as PostgreSQL's binary COPY, packed from arrays.

The format (PostgreSQL manual, COPY, "Binary Format"): a header; for each row the number of its
fields as int16 and for each field its length as int32 (-1: null) and its bytes, all big-endian; a
trailer. Where each field of each row begins follows from the lengths by a running sum, so whole
columns are written at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_CHUNK_ROWS = 16_384  # a chunk and its index arrays stay in the processor's cache
EPOCH_US = 946_684_800_000_000  # PostgreSQL counts from 2000-01-01
#: Control characters that no text in the store holds, so that columns can be strung together.
NULL_MARK, SEPARATOR = "\x1e", "\x1f"
_FORBIDDEN = (0x00, 0x1E, 0x1F)
_FIXED: dict[type[pl.DataType], str] = {
    pl.Float64: ">f8",
    pl.Int64: ">i8",
    pl.Int32: ">i4",
    pl.Boolean: "?",
}


def pack(frame: pl.DataFrame) -> Iterator[bytes]:
    """The frame as chunks of one binary COPY.

    Parameters
    ----------
    frame
        Columns of type String (text), Binary (bytea, or uuid where 16 bytes), Float64, Int64,
        Int32, Boolean or Datetime in microseconds (timestamptz), in the order of the COPY's
        columns. Text loses the characters NUL, which PostgreSQL cannot hold, and 1E and 1F (hex).

    Raises
    ------
    TypeError
        on any other column type.
    """
    yield _HEADER
    for start in range(0, frame.height, _CHUNK_ROWS):
        yield _pack_rows(frame.slice(start, _CHUNK_ROWS))
    yield _TRAILER


def _pack_rows(frame: pl.DataFrame) -> bytes:
    fields = [_field(column) for column in frame.iter_columns()]
    sizes = np.empty((len(fields) + 1, frame.height), np.int64)
    sizes[0] = 2
    for i, (length, _, _) in enumerate(fields, 1):
        np.maximum(length, 0, out=sizes[i])
        sizes[i] += 4
    row_ends = np.cumsum(sizes.sum(axis=0))
    begins = np.cumsum(sizes, axis=0)  # of field i within its row: behind all before it
    begins += row_ends - begins[-1]
    buffer = np.empty(int(row_ends[-1]), np.uint8)
    width = np.full(frame.height, len(fields), ">i2")
    _put(buffer, begins[0] - 2, width)
    for at, (length, values, present) in zip(begins, fields, strict=False):
        _put(buffer, at, length.astype(">i4"))
        if values.dtype == np.uint8 and present is None:
            filled = np.maximum(length, 0)
            source = np.cumsum(filled) - filled
            buffer[np.repeat(at + 4 - source, filled) + np.arange(len(values))] = values
        elif present is None or present.all():
            _put(buffer, at + 4, values)
        else:
            _put(buffer, at[present] + 4, values[present])
    return buffer.tobytes()


def _put(buffer: NDArray[np.uint8], at: NDArray[np.int64], values: NDArray[Any]) -> None:
    """Write the bytes of each value at its place: an array of overlapping items takes them."""
    item = np.dtype((np.void, values.dtype.itemsize))
    if len(at):
        view = np.ndarray(len(buffer) - item.itemsize + 1, item, buffer, strides=(1,))
        view[at] = np.ascontiguousarray(values).view(item)


def _field(
    column: pl.Series,
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.bool_] | None]:
    """Length of each row's field (-1: null), its bytes, and for fixed widths which are present."""
    dtype = column.dtype
    if isinstance(dtype, pl.String | pl.Binary):
        return _text(column)
    present = column.is_not_null().to_numpy()
    if isinstance(dtype, pl.Datetime) and dtype.time_unit == "us":
        values = (column.to_physical().fill_null(EPOCH_US).to_numpy() - EPOCH_US).astype(">i8")
    elif type(dtype) in _FIXED:
        filled = column.fill_null(False if dtype == pl.Boolean else 0)
        values = filled.to_numpy().astype(_FIXED[type(dtype)])
    else:
        raise TypeError(f"{column.name}: {dtype} cannot be packed")
    return np.where(present, values.dtype.itemsize, -1), values, present


def _text(column: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.uint8], None]:
    filled = column.fill_null("" if column.dtype == pl.String else b"")
    array = filled.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)[offsets[0] : offsets[-1]]
    controls = pa.types.is_large_string(array.type) and len(data) and data.min() < 0x20
    if controls and any(mark in data for mark in _FORBIDDEN):
        return _text(column.str.replace_all("[\x00\x1e\x1f]", ""))
    length = np.diff(offsets)
    if column.null_count():
        length[column.is_null().to_numpy()] = -1
    return length, data, None

"""Positions as one binary frame: what goes over the WebSocket once a second. Pure.

A dictionary of GeoJSON costs 150 bytes and a Python object a vessel; this costs 19 bytes and
nothing. All numbers are little-endian; arrays follow each other without padding::

    header  magic u32 · version u16 · kind u16 (0 changes, 1 all) · run u32 · count u32 · at f64
    arrays  lon i32 · lat i32 (1e-7 degree) · row u16 · course u16 · heading u16 (0.1 degree)
            · speed u16 (0.1 kn) · age u16 (s before `at`) · flags u8

`at` is the data's clock in Unix milliseconds. `row` points into the table of names, which is sent
as JSON when it grows. 65535 means not reported, as an age: 65535 s or more. `flags` holds the
class of vessel in its lower four bits (`CLASSES`) and the sensor in its upper four (`SENSORS`;
`dark` is a vessel whose own signal is silent while a radar sees it).
The same layout is read by `assets/app/frames.js`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAGIC = int.from_bytes(b"PWF1", "little")
HEADER = struct.Struct("<IHHIId")
NONE = 65535
MAX_ROWS = 65535
CLASSES = ("other", "fishing", "cargo", "tanker", "passenger", "service", "leisure")
SENSORS = ("ais", "beidou", "radar", "other", "dark")

#: Arrays of a frame in their order on the wire.
WIRE = (
    ("lon", "<i4"),
    ("lat", "<i4"),
    ("row", "<u2"),
    ("course", "<u2"),
    ("heading", "<u2"),
    ("speed", "<u2"),
    ("age", "<u2"),
    ("flags", "<u1"),
)
Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Frame:
    """A frame as it is read back: header and wire arrays."""

    run_id: int
    at_ms: float
    all_rows: bool
    arrays: Arrays


def quantities(values: NDArray[np.float64], per_unit: float) -> NDArray[np.uint16]:
    """Numbers as counts of 1/per_unit; NaN and what does not fit become `NONE`.

    >>> quantities(np.array([12.34, np.nan, -1.0, 9000.0]), 10.0).tolist()
    [123, 65535, 65535, 65535]
    """
    scaled = np.rint(values * per_unit)
    fits = (scaled >= 0) & (scaled < NONE)
    return np.where(fits, scaled, NONE).astype(np.uint16)


def vessel_class(ship_type: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Classes (indices of `CLASSES`) of AIS ship types (ITU-R M.1371, table 53); NaN is other.

    >>> [CLASSES[i] for i in vessel_class(np.array([30.0, 79.0, 80.0, 55.0, 36.0, np.nan]))]
    ['fishing', 'cargo', 'tanker', 'service', 'leisure', 'other']
    """
    code = np.nan_to_num(ship_type, nan=0.0)
    tens = code // 10
    return np.select(
        [
            code == 30,
            tens == 7,
            tens == 8,
            (tens == 6) | (tens == 4),
            (tens == 5) | ((code >= 31) & (code <= 35)),
            (code == 36) | (code == 37),
        ],
        [1, 2, 3, 4, 5, 6],
        default=0,
    ).astype(np.uint8)


def packed(run_id: int, at_ms: float, arrays: Arrays, *, all_rows: bool) -> bytes:
    """The frame's bytes. `arrays` has the names of `WIRE`, all of one length."""
    count = len(arrays["lon"])
    body = (np.ascontiguousarray(arrays[name], dtype).tobytes() for name, dtype in WIRE)
    return HEADER.pack(MAGIC, 1, int(all_rows), run_id, count, at_ms) + b"".join(body)


def unpacked(frame: bytes) -> Frame:
    """A frame read back.

    Raises
    ------
    ValueError
        Where the bytes are no frame of this version, or cut.
    """
    if len(frame) < HEADER.size:
        raise ValueError(f"a frame has a header of {HEADER.size} bytes, this has {len(frame)}")
    magic, version, kind, run_id, count, at_ms = HEADER.unpack_from(frame)
    if magic != MAGIC or version != 1:
        raise ValueError("no frame of version 1")
    at, arrays = HEADER.size, {}
    for name, dtype in WIRE:
        size = count * np.dtype(dtype).itemsize
        if at + size > len(frame):
            raise ValueError(f"the frame ends within {name}")
        arrays[name] = np.frombuffer(frame, dtype, count, at)
        at += size
    return Frame(run_id, at_ms, bool(kind), arrays)

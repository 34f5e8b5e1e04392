"""AIS position reports (types 1 and 18) as sentences, by arrays (ITU-R M.1371, IEC 61162-1).

`encode_ais` does the same for one message, field by field; the tests hold them to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.encode_ais import NO_TURN
from simulate.sensors.columns import Chars, lay, with_checksum

Int = NDArray[np.int64]

_ARMOUR = np.frombuffer(bytes(v + 48 if v < 40 else v + 56 for v in range(64)), np.uint8)
_SYMBOLS = 28  # of six bits: both reports have 168


@dataclass(frozen=True, eq=False)
class Reports:
    """Position reports in the units of the wire; arrays of one length.

    Attributes
    ----------
    class_a
        Type 1 where true, else 18.
    status
        Navigational status; class B sends none.
    lon, lat
        1/10,000 minute.
    speed, course
        0.1 kn, 0.1°.
    second
        Of the minute.
    channel_b
        Sent on the second channel.
    """

    class_a: NDArray[np.bool_]
    mmsi: Int
    status: Int
    speed: Int
    lon: Int
    lat: Int
    course: Int
    heading: Int
    second: Int
    channel_b: NDArray[np.bool_]


def payloads(fields: Sequence[tuple[Int | int, int]], count: int) -> Chars:
    """Shape (28, n): values with their widths in bits, in armour. 168 bits in all."""
    out = np.zeros((_SYMBOLS, count), np.uint8)
    at = 0
    for value, bits in fields:
        cut = value & ((1 << bits) - 1)
        at += bits
        for symbol in range((at - bits) // 6, (at + 5) // 6):
            shift = at - 6 * (symbol + 1)
            part = cut >> shift if shift >= 0 else cut << -shift
            out[symbol] |= np.asarray(part & 63).astype(np.uint8)
    return _ARMOUR[out]


def sentences(reports: Reports) -> Chars:
    """Shape (47, n): `!AIVDM,1,1,,<channel>,<28 characters>,0*hh` of each report."""
    count = len(reports.mmsi)
    out = np.empty((_SYMBOLS, count), np.uint8)
    for class_a in (True, False):
        rows = np.flatnonzero(reports.class_a == class_a)
        out[:, rows] = payloads(_fields(reports, rows, class_a), len(rows))
    channel = np.where(reports.channel_b, ord("B"), ord("A")).astype(np.uint8)[None, :]
    body = lay([b"AIVDM,1,1,,", channel, b",", out, b",0"], count)
    return lay(with_checksum(body, b"!", b""), count)


def _fields(reports: Reports, rows: Int, class_a: bool) -> list[tuple[Int | int, int]]:
    """As `encode_ais.position_a` and `position_b` have them, constant neighbours joined."""
    mmsi, speed, course, heading, second = (
        column[rows]
        for column in (
            reports.mmsi, reports.speed, reports.course, reports.heading, reports.second,
        )
    )  # fmt: skip
    place: list[tuple[Int | int, int]] = [
        (1, 1), (reports.lon[rows], 28), (reports.lat[rows], 27), (course, 12), (heading, 9),
        (second, 6),
    ]  # fmt: skip
    if class_a:
        status = reports.status[rows]
        return [(1 << 2, 8), (mmsi, 30), (status, 4), (NO_TURN, 8), (speed, 10), *place, (0, 25)]
    flags = 0b10011001  # two spare bits, carrier sense, DSC, whole band, RAIM
    return [(18 << 2, 8), (mmsi, 30), (0, 8), (speed, 10), *place, (flags, 10), (0x60006, 19)]

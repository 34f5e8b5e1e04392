"""Many lines at once, as columns of characters: digits, checksums, tag blocks, in order.

A column is one character of every line, so that a million lines cost as many array operations as
one. A NUL is no character: it fills what a shorter number leaves, and is dropped in the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulate.scene import Label
from simulate.sensors.written import Written

Int = NDArray[np.int64]
Chars = NDArray[np.uint8]  # shape (width, lines)

_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_ZERO = np.uint8(48)


def digits(values: Int, width: int) -> Chars:
    """Shape (width, n): whole numbers from 0 with leading zeros; what is too wide is cut.

    >>> digits(np.array([7, 1234]), 3).T.tobytes()
    b'007234'
    """
    out = np.empty((width, len(values)), np.uint8)
    left = np.asarray(values, np.int64)
    for place in range(width - 1, -1, -1):
        rest = left // 10
        out[place] = (left - rest * 10).astype(np.uint8) + _ZERO
        left = rest
    return out


def number(values: Int, whole: int, decimals: int = 0) -> Chars:
    """Whole numbers of the last decimal as decimal numbers, without leading zeros.

    >>> [line.replace(b"\\0", b"") for line in map(bytes, number(np.array([4, 1234]), 3, 1).T)]
    [b'0.4', b'123.4']
    """
    written = digits(values, whole + decimals)
    leading = np.ones(written.shape[1], np.bool_)
    for place in range(whole - 1):
        leading &= written[place] == _ZERO
        written[place][leading] = 0
    if not decimals:
        return written
    point = np.full((1, written.shape[1]), ord("."), np.uint8)
    return np.concatenate([written[:whole], point, written[whole:]])


def lay(parts: Sequence[bytes | Chars], count: int) -> Chars:
    """Parts side by side: constant text, and columns."""
    out = np.empty((sum(len(part) for part in parts), count), np.uint8)
    at = 0
    for part in parts:
        new = np.frombuffer(part, np.uint8)[:, None] if isinstance(part, bytes) else part
        out[at : at + len(part)] = new
        at += len(part)
    return out


def with_checksum(body: Chars, first: bytes, last: bytes) -> list[bytes | Chars]:
    """`first`, the body, `*`, its checksum, `last`: as parts to lay."""
    total = np.bitwise_xor.reduce(body, axis=0)
    return [first, body, b"*", np.stack([_HEX[total >> 4], _HEX[total & 15]]), last]


def tag_blocks(source: bytes | Chars, received_ms: Int) -> list[bytes | Chars]:
    r"""`\s:<source>,c:<ms>*hh\` for each line, as parts to lay."""
    body = lay([b"s:", source, b",c:", digits(received_ms, 13)], len(received_ms))
    return with_checksum(body, b"\\", b"\\")


def in_order(
    stem: str, at_ms: Int, lines: Chars, labels: Sequence[Label] = (), ending: str = ".nmea"
) -> Written:
    """Lines (without their line feeds) as a sensor wrote them, sorted by receipt, stably."""
    order = np.argsort(at_ms, kind="stable")
    table = np.ascontiguousarray(lay([lines, b"\n"], len(at_ms)).T)[order]
    there = table != 0
    ends = np.cumsum(np.count_nonzero(there, axis=1)).astype(np.int64)
    return Written(stem, ending, at_ms[order], table[there].tobytes(), ends, [*labels])


def clock_digits(at_ms: Int) -> Chars:
    """`hhmmss.ss` of Unix milliseconds, UTC."""
    of_day = at_ms % 86_400_000 // 10
    seconds = of_day // 100
    hms = seconds // 3600 * 10_000 + seconds // 60 % 60 * 100 + seconds % 60
    return lay([digits(hms, 6), b".", digits(of_day % 100, 2)], len(at_ms))

"""Lines `<Unix seconds> <hex>` become one array of unescaped frames.

One NumPy expression over all the lines of a block; what is wrong with a line is a code in `fault`,
and the words are those of the codec (`ingest.jt808.frame`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.jt808.frame import ESCAPE, FLAG
from ingest.nmea.text import NONE, Bools, Bytes, Ints, Text
from ingest.nmea.times import EARLIEST, LATEST, SECOND

#: A frame of 1,023 bytes of body, every byte escaped, in hex, with its time.
MOST_LINE: Final = 4 * (1023 + 24) + 64
FAULTS: Final = (
    "", "too_long", "no_time", "not_hex", "bad_frame", "bad_escape", "bad_checksum",
    "bad_header", "bad_length",
)  # fmt: skip
FAULT: Final = {word: code for code, word in enumerate(FAULTS)}

_NIBBLE: Final = np.full(256, 255, np.uint8)
for _digit in range(16):
    _NIBBLE[ord(f"{_digit:X}")] = _NIBBLE[ord(f"{_digit:x}")] = _digit
_MOST_DECIMALS: Final = 9


@dataclass(frozen=True)
class Lines:
    """The lines of a block that are neither blank nor comments.

    `n_lines` counts all lines. `line` counts from 0 within the block, `begin` and `end` are where
    it stands in `text`, without the line feed; `received` in microseconds, NONE where it cannot be
    read; `hex_begin` is where its frame begins.
    """

    text: Text
    n_lines: int
    line: Ints
    begin: Ints
    end: Ints
    received: Ints
    hex_begin: Ints
    fault: Bytes

    def first(self, n: int) -> Lines:
        """The lines before the n-th of them, which must be there."""
        return Lines(
            self.text, int(self.line[n]), self.line[:n], self.begin[:n], self.end[:n],
            self.received[:n], self.hex_begin[:n], self.fault[:n],
        )  # fmt: skip

    def sample(self, row: int) -> bytes:
        """The line's bytes."""
        return self.text.slice(int(self.begin[row]), int(self.end[row]))


def lines_of(data: bytes) -> Lines:
    """Split a block of whole lines and read their times."""
    text = Text(data)
    feeds = text.feeds[:-8]
    begin = np.concatenate([np.zeros(min(len(feeds), 1), np.int64), feeds[:-1] + 1])
    long = feeds - begin > MOST_LINE
    end = feeds - ((feeds > begin) & (text.bytes[feeds - 1] == ord("\r")))
    kept = np.flatnonzero((end > begin) & (text.bytes[begin] != ord("#")))
    begin, end, long = begin[kept], end[kept], long[kept]
    spaces = text.positions(" ")
    space = np.minimum(spaces[np.searchsorted(spaces, begin)], end)
    received = _stamps(text, begin, space)
    fault = np.where(received < 0, FAULT["no_time"], 0).astype(np.uint8)
    odd = ((end - space - 1) & 1).astype(np.bool_) | (end - space < 2)
    fault[(fault == 0) & odd] = FAULT["not_hex"]
    fault[long] = FAULT["too_long"]
    return Lines(text, len(feeds), kept, begin, end, received, space + 1, fault)


def _stamps(text: Text, begin: Ints, end: Ints) -> Ints:
    """Unix seconds with or without decimals as microseconds; NONE outside 2000 to 9999."""
    dots = text.positions(".")
    dot = np.minimum(dots[np.searchsorted(dots, begin)], end)
    whole = text.digits(begin, dot)
    width = end - dot - 1
    decimals = text.digits(dot + 1, end)
    good = (whole >= EARLIEST // SECOND) & (whole <= LATEST // SECOND)
    good &= (width < 0) | ((decimals >= 0) & (width <= _MOST_DECIMALS))
    scale = 10 ** np.clip(width, 0, _MOST_DECIMALS)
    micro = np.where(width > 0, decimals * SECOND // scale, 0)
    return np.where(good, whole * SECOND + micro, NONE)


@dataclass(frozen=True)
class Frames:
    """Unescaped frames one after another, each with its flags.

    `row` is the row of `Lines` that each came from; `begin` and `end` span the header and the body,
    without flags and checksum.
    """

    text: Text
    row: Ints
    begin: Ints
    end: Ints


def frames_of(lines: Lines) -> Frames:
    """Read the hex of the lines without fault; faults that are found are written into `fault`."""
    row = np.flatnonzero(lines.fault == 0)
    nibbles, length = _nibbles(lines, row)
    if len(row) and nibbles.max() > 15:
        wrong = np.logical_or.reduceat(nibbles > 15, _starts(2 * length))
        lines.fault[row[wrong]] = FAULT["not_hex"]
        row = row[~wrong]
        nibbles, length = _nibbles(lines, row)
    raw: Bytes = nibbles[0::2] << np.uint8(4) | nibbles[1::2]
    begin = _starts(length)
    raw, begin, length, fault = _unescaped(raw, begin, length)
    if len(row):
        check = np.bitwise_xor.reduceat(raw, begin)  # the two flags cancel out
        fault[(fault == 0) & (check != 0)] = FAULT["bad_checksum"]
    lines.fault[row] = fault
    good = fault == 0
    begin, length = begin[good], length[good]
    return Frames(Text(raw.tobytes()), row[good], begin + 1, begin + length - 2)


def _starts(length: Ints) -> Ints:
    return np.cumsum(length) - length


def _nibbles(lines: Lines, row: Ints) -> tuple[Bytes, Ints]:
    """The hex digits of the rows as numbers, and how many bytes each row has."""
    begin, end = lines.hex_begin[row], lines.end[row]
    gap = begin - np.concatenate([np.zeros(1, np.int64), end])[: len(row)]
    inside: Bools = np.repeat(
        np.tile(np.array([False, True]), len(row)), np.stack([gap, end - begin], axis=1).ravel()
    )
    return _NIBBLE[lines.text.bytes[: len(inside)][inside]], (end - begin) // 2


def _unescaped(raw: Bytes, begin: Ints, length: Ints) -> tuple[Bytes, Ints, Ints, Bytes]:
    """Take the escapes out; also the faults of flags and escapes."""
    n = len(begin)
    fault = np.zeros(n, np.uint8)
    flags = np.flatnonzero(raw == FLAG)
    escapes = np.flatnonzero(raw == ESCAPE)
    last = begin + length - 1
    framed = (length >= 2) & (np.bincount(_owner(flags, begin), minlength=n)[:n] == 2)
    framed &= (raw[begin] == FLAG) & (raw[last] == FLAG)
    owner = _owner(escapes, begin)
    after = raw[np.minimum(escapes + 1, len(raw) - 1)] if len(escapes) else raw[:0]
    known = ((after == 1) | (after == 2)) & (escapes < last[owner])
    fault[owner[~known]] = FAULT["bad_escape"]
    fault[~framed] = FAULT["bad_frame"]
    escapes, owner, after = escapes[known], owner[known], after[known]
    out = raw.copy()
    out[escapes] = after + (ESCAPE - 1)
    length = length - np.bincount(owner, minlength=n)[:n]
    return np.delete(out, escapes + 1), _starts(length), length, fault


def _owner(at: Ints, begin: Ints) -> Ints:
    """Which of the spans, that begin there, each position is in."""
    return np.searchsorted(begin, at, side="right") - 1

"""A block of lines as an array of bytes, with what the readers of sentences ask of it.

Everything here is one NumPy expression over all the lines; positions are int64 offsets into
`Text.bytes`, and -1 means that there is none.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]

PAD: Final = 1024  # zero bytes behind the text, so that a window never leaves it
NONE: Final = -1

_HEX: Final = np.full(256, 255, np.uint8)
for _digit in range(16):
    _HEX[ord(f"{_digit:X}")] = _HEX[ord(f"{_digit:x}")] = _digit
#: Byte masks of little-endian words: `_BELOW[k]` keeps the first k bytes.
_BELOW: Final = np.array([(1 << (8 * k)) - 1 for k in range(9)], np.uint64)
_REGULAR_FROM: Final = 64  # places: fewer are searched for
_MOST_DIGITS: Final = 13
_DIGIT_BYTES: Final = 16  # two words
_TENS: Final = 10 ** np.arange(_DIGIT_BYTES + 1)
_STEPS: Final = tuple(
    (np.uint64(mask), np.uint64(factor), np.uint64(bits))
    for mask, factor, bits in (
        (0x0F0F0F0F0F0F0F0F, 10 << 8 | 1, 8),
        (0x00FF00FF00FF00FF, 100 << 16 | 1, 16),
        (0x0000FFFF0000FFFF, 10_000 << 32 | 1, 32),
    )
)


def eight_digits(words: Words) -> Ints:
    """The numbers that eight bytes of 0 to 9 each spell, in little-endian words.

    Method: neighbours are added up in pairs, three times. (A product with powers of ten would go
    through BLAS, whose threads spin on every core between two blocks and halve the decoder's pace
    where others work beside it.)

    >>> eight_digits(np.array([[1, 2, 3, 4, 5, 6, 7, 8]], np.uint8).view(np.uint64))[0].tolist()
    [12345678]
    """
    for mask, factor, bits in _STEPS:
        words = ((words & mask) * factor) >> bits
    return words.astype(np.int64)


def first_at(positions: Ints, at: Ints) -> Ints:
    """The index of the first of ascending positions at or behind each of ascending places.

    Method: where every place has the same number of positions behind it, as lines of one station
    have of commas, they are counted off, which is checked in a sixth of the time of a search.

    >>> first_at(np.array([2, 5, 12, 15, 30, 30]), np.array([0, 10])).tolist()
    [0, 2]
    """
    n = len(at)
    if n > _REGULAR_FROM:
        step = len(positions) // n
        first = int(np.searchsorted(positions, at[0]))
        if step and first + (n - 1) * step < len(positions):
            found = positions[first : first + (n - 1) * step + 1 : step]
            before = positions[first + step - 1 : first + (n - 1) * step : step]
            if (found >= at).all() and (before < at[1:]).all():
                return np.arange(first, first + n * step, step)
    return np.searchsorted(positions, at)


class Text:
    """The bytes of some lines."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.raw = data
        self.bytes: Bytes = np.frombuffer(data + bytes(PAD + -len(data) % 8), np.uint8)

    def positions(self, char: str) -> Ints:
        """Where the character stands; the text's size closes the list, eight times."""
        found = np.zeros(0, np.int64)
        if char.encode() in self.raw:
            found = np.flatnonzero(self.bytes[: self.size] == ord(char))
        return np.concatenate([found, np.full(8, self.size)])

    @cached_property
    def feeds(self) -> Ints:
        """Positions of line feeds."""
        return self.positions("\n")

    @cached_property
    def commas(self) -> Ints:
        """Positions of commas."""
        return self.positions(",")

    @cached_property
    def stars(self) -> Ints:
        """Positions of asterisks."""
        return self.positions("*")

    @cached_property
    def backslashes(self) -> Ints:
        """Positions of backslashes."""
        return self.positions("\\")

    @cached_property
    def _prefix_words(self) -> Words:
        words = np.zeros(len(self.bytes) // 8 + 1, np.uint64)
        np.bitwise_xor.accumulate(self.bytes.view(np.uint64), out=words[1:])
        return words

    def _xor_before(self, at: Ints) -> Words:
        word = at >> 3
        below: Words = self.bytes.view(np.uint64)[word] & _BELOW[at & 7]
        before: Words = self._prefix_words[word] ^ below
        return before

    def xor(self, start: Ints, end: Ints) -> Bytes:
        """NMEA's checksum of the bytes from start up to end, which is not counted."""
        folded = self._xor_before(start) ^ self._xor_before(end)
        for half in (32, 16, 8):
            folded = folded ^ (folded >> np.uint64(half))
        return folded.astype(np.uint8)

    def stated(self, star: Ints) -> Ints:
        """The checksum written behind an asterisk; NONE where that is not two hex digits."""
        high, low = _HEX[self.bytes[star + 1]], _HEX[self.bytes[star + 2]]
        value = high.astype(np.int64) * 16 + low
        return np.where((high < 16) & (low < 16), value, NONE)

    def windows(self, start: Ints, width: int) -> Bytes:
        """Shape (n, width): the bytes from each start on."""
        view = np.lib.stride_tricks.sliding_window_view(self.bytes, width)
        return view[start]

    def words(self, start: Ints, length: Ints, n_words: int) -> Words:
        """Shape (n, n_words): each span's bytes as little-endian words, zero-padded."""
        words = self.windows(start, 8 * n_words).view(np.uint64)
        for column in range(n_words):
            words[:, column] &= _BELOW[np.clip(length - 8 * column, 0, 8)]
        return words

    def columns(self, start: Ints, length: Ints, n_words: int) -> Words:
        """Shape (n_words, n): as `words`, of spans that all reach into the last word."""
        words = np.ascontiguousarray(self.windows(start, 8 * n_words).view(np.uint64).T)
        words[-1] &= _BELOW[length - 8 * (n_words - 1)]
        return words

    def digits(self, start: Ints, end: Ints) -> Ints:
        """The decimal numbers in the spans; NONE where a span is no number of 1 to 13 digits."""
        value = np.full(len(start), NONE)
        length = end - start
        rows = np.flatnonzero((start >= 0) & (length > 0) & (length <= _MOST_DIGITS))
        if len(rows):
            length = length[rows]
            digit = self.windows(start[rows], _DIGIT_BYTES) - np.uint8(48)
            inside = np.arange(_DIGIT_BYTES) < length[:, None]
            wrong = (inside & (digit > 9)).view(np.uint64)
            good = (wrong[:, 0] | wrong[:, 1]) == 0
            halves = eight_digits(np.where(inside, digit, np.uint8(0)).view(np.uint64))
            number = (halves[:, 0] * 10**8 + halves[:, 1]) // _TENS[_DIGIT_BYTES - length]
            value[rows] = np.where(good, number, NONE)
        return value

    def slice(self, start: int, end: int) -> bytes:
        """The bytes from start up to end."""
        return self.bytes[start:end].tobytes()

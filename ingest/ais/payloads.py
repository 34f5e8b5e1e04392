"""Armoured payloads become words of bits, all messages at once.

Eight characters are one 64-bit word on the way: 48 is taken off each byte (and 8 more above 87),
then three shifts pull the eight six-bit values together into 48 bits. This is four times as fast
as a table look-up for each character, which would be as long as all the rest of the decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.ais.fields import Field
from ingest.nmea.text import Bools, Ints, Text, Words

WORD_BITS: Final = 48
WORDS: Final = 9  # 432 bits: the last field that we read is the destination in type 5, to bit 422
LEAST_WORDS: Final = 4  # 168 bits, which the types without variable length need
MOST_CHARS: Final = 184  # of 1,064 bits: five slots; longer payloads are refused for their bits

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_STEPS: Final = tuple(
    (np.uint64(shift), np.uint64(high), np.uint64(low))
    for shift, high, low in (
        (2, 0x3F003F003F003F00, 0x003F003F003F003F),
        (4, 0x0FFF00000FFF0000, 0x00000FFF00000FFF),
        (8, 0x00FFFFFF00000000, 0x0000000000FFFFFF),
    )
)


@dataclass(frozen=True)
class Armour:
    """Armoured payloads as little-endian words, zero-padded, in groups of one number of words.

    `groups` has the rows of each group and its words, of shape (words, rows).
    """

    count: int
    groups: list[tuple[Ints, Words]]

    @classmethod
    def of(cls, text: Text, begin: Ints, length: Ints) -> Armour:
        """Cut the payloads out of the text; those beyond MOST_CHARS are in no group."""
        n_words = (length + 7) // 8
        groups = []
        for k in np.flatnonzero(np.bincount(n_words, minlength=1)).tolist():
            if 0 < 8 * k <= MOST_CHARS:
                rows = np.flatnonzero(n_words == k)
                groups.append((rows, text.columns(begin[rows], length[rows], k)))
        return cls(len(begin), groups)

    def digests(self) -> Words:
        """A digest of each payload, the same whoever heard it: a polynomial over its words."""
        digest = np.zeros(self.count, np.uint64)
        for rows, words in self.groups:
            value = np.full(len(rows), np.uint64(len(words)))
            for word in words:
                value = (value ^ word) * _MULTIPLIER
                value ^= value >> np.uint64(29)
            digest[rows] = value
        return digest


@dataclass(frozen=True)
class Payloads:
    """Bits of messages: words of 48 bits, most significant first, of shape (words, n).

    What a payload does not have reads as zero.
    """

    words: NDArray[np.int64]

    @classmethod
    def of(cls, armour: Armour) -> tuple[Payloads, Bools]:
        """The bits, and whether all characters are six-bit characters."""
        most = max((len(armoured) for _, armoured in armour.groups), default=0)
        rows_needed = LEAST_WORDS if most <= LEAST_WORDS else WORDS
        words = np.zeros((rows_needed, armour.count), np.int64)
        valid = np.ones(armour.count, np.bool_)
        for rows, armoured in armour.groups:
            char = armoured.view(np.uint8)
            six = char - np.uint8(48)
            six[-1] *= char[-1] != 0  # padding
            wrong = (six & np.uint8(0xF8)) == 40  # the gap between the two ranges of characters
            six -= (six >= 48).view(np.uint8) << np.uint8(3)
            wrong |= six >= 64
            flaws = np.bitwise_or.reduce(wrong.view(np.uint64), axis=0)
            valid[rows] = flaws == 0
            bits = six[:WORDS].view(np.uint64).byteswap()
            for shift, upper, lower in _STEPS:
                bits = ((bits & upper) >> shift) | (bits & lower)
            words[: len(bits), rows] = bits.view(np.int64)
        return cls(words), valid

    def take(self, rows: Ints | Bools, most_bits: int = WORDS * WORD_BITS) -> Payloads:
        """Some of the messages, and of them no more words than the bits need."""
        return Payloads(self.words[: -(-most_bits // WORD_BITS), rows])

    def get(self, field: Field) -> Ints:
        """A field of up to 48 bits as integers."""
        first, offset = divmod(field.start, WORD_BITS)
        spare = WORD_BITS - offset - field.width
        if spare >= 0:
            value: Ints = self.words[first] >> spare
        else:
            value = (self.words[first] << -spare) | (self.words[first + 1] >> (WORD_BITS + spare))
        value &= (1 << field.width) - 1
        if field.signed:
            half = 1 << (field.width - 1)
            value = (value ^ half) - half
        return value

    def text(self, field: Field) -> NDArray[np.bytes_]:
        """A field of six-bit characters: up to the first `@`, without blanks behind."""
        chars = [self.get(Field(field.start + at, 6)) for at in range(0, field.width, 6)]
        codes = np.stack(chars, axis=1).astype(np.uint8)
        letters = codes + np.uint8(64) * (codes < 32)
        letters[np.logical_or.accumulate(codes == 0, axis=1)] = 0
        joined = np.ascontiguousarray(letters).view(f"S{letters.shape[1]}")[:, 0]
        return np.strings.rstrip(joined, b" ")

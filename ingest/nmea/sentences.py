"""Find the sentences of a block: where they stand, whether they are whole, what their fields are.

A sentence begins with `!` or `$`; a line may hold two, with tag blocks before each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import xor

import numpy as np

from ingest.nmea.lines import MAX_LINE
from ingest.nmea.text import NONE, Bools, Ints, Text, first_at


def checksum(body: bytes) -> int:
    """The XOR of the bytes between a sentence's first character and its asterisk, of one alone; of
    a block `Text.xor` has them all.

    >>> f"{checksum(b'BDTCI,0242407,0300002,2,172159,0,0,A4B1'):02X}"
    '4F'
    """
    return reduce(xor, body, 0)


@dataclass(frozen=True)
class Lines:
    """The lines of a block: begin, end (of the text, without the line's end), what is there."""

    begin: Ints
    end: Ints
    too_long: Bools
    comment: Bools

    @classmethod
    def of(cls, text: Text) -> Lines:
        """Split at line feeds; a carriage return before one belongs to the end."""
        feeds = np.flatnonzero(text.bytes[: text.size] == 10)
        begin = np.concatenate([np.zeros(1, np.int64), feeds[:-1] + 1])[: len(feeds)]
        end = feeds - ((feeds > begin) & (text.bytes[feeds - 1] == 13))
        return cls(begin, end, end - begin > MAX_LINE, text.bytes[begin] == ord("#"))

    @property
    def count(self) -> int:
        """How many lines."""
        return len(self.begin)


@dataclass(frozen=True)
class Sentences:
    """All sentences of a block in order; arrays of one length.

    `line` is the index of the line within the block, `begin` where the `!` or `$` stands, `limit`
    where the line or the next sentence begins, `star` the asterisk (NONE where it is missing).
    """

    text: Text
    line: Ints
    begin: Ints
    limit: Ints
    star: Ints

    @classmethod
    def of(cls, text: Text, lines: Lines) -> Sentences:
        """Find them; comment lines and lines that are too long have none."""
        body = text.bytes[: text.size]
        starts = body == ord("!")
        if b"$" in text.raw:
            starts |= body == ord("$")
        begin = np.flatnonzero(starts)
        line = first_at(lines.end, begin)
        line = np.minimum(line, lines.count - 1)
        wanted = ~(lines.too_long | lines.comment)[line] if lines.count else line.astype(bool)
        begin, line = begin[wanted], line[wanted]
        limit = lines.end[line]
        if len(begin) > 1:
            limit[:-1] = np.minimum(limit[:-1], begin[1:])
        star = text.stars[first_at(text.stars, begin)]
        return cls(text, line, begin, limit, np.where(star + 2 < limit, star, NONE))

    def take(self, rows: Ints | Bools) -> Sentences:
        """Some of the sentences."""
        return Sentences(
            self.text, self.line[rows], self.begin[rows], self.limit[rows], self.star[rows]
        )

    @property
    def count(self) -> int:
        """How many sentences."""
        return len(self.begin)

    @cached_property
    def whole(self) -> Bools:
        """Whether the checksum is there and right."""
        star = np.maximum(self.star, 0)
        computed = self.text.xor(self.begin + 1, np.maximum(star, self.begin + 1))
        right: Bools = computed == self.text.stated(star)
        return (self.star >= 0) & right

    @cached_property
    def others(self) -> Ints:
        """Rows of sentences that begin with `$`."""
        return np.flatnonzero(self.text.bytes[self.begin] == ord("$"))

    def formatter_is(self, start: str, *formatters: str) -> Bools:
        """Whether the sentence is `<start><two letters of any talker><one of the formatters>,`."""
        char = self.text.bytes
        found = np.zeros(self.count, np.bool_)
        for name in formatters:
            same = char[self.begin + 6] == ord(",")
            for offset, letter in enumerate(name, 3):
                same &= char[self.begin + offset] == ord(letter)
            found |= same
        found &= char[self.begin] == ord(start)
        return found

    def fields(self, row: int) -> list[str]:
        """One sentence's fields, name first, without the checksum (for rare sentences)."""
        body = self.text.slice(int(self.begin[row]) + 1, int(self.star[row]))
        return body.decode("ascii", "replace").split(",")

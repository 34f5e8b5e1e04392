"""Who heard each sentence, and when: tag block, `$PGHP` line, trailing stamp, last RMC or ZDA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.nmea import times
from ingest.nmea.clocks import clocks as clocks_of
from ingest.nmea.sentences import Sentences
from ingest.nmea.tagblocks import TagBlocks, names, tag_blocks
from ingest.nmea.text import NONE, Bools, Ints


@dataclass(frozen=True)
class Receipts:
    """Arrays with one row for each wanted sentence.

    `received` in microseconds; `own` tells whether it stands with the sentence itself (tag block,
    `$PGHP` or trailing stamp) and not on another instrument's line; `arrival` as the archive wrote
    it. `source` numbers the `sources`; NONE where nobody is named. `clocks` are the
    sentence rows of RMC and ZDA with the times they tell, the time before the block in front.
    """

    received: Ints
    own: Bools
    arrival: Ints
    source: Ints
    sources: list[str]
    tags: TagBlocks
    clocks: tuple[Ints, Ints]

    def clock_before(self, row: int) -> int:
        """The last RMC's or ZDA's time before a sentence row."""
        rows, time = self.clocks
        return int(time[np.searchsorted(rows, row)])


def receipts(sentences: Sentences, wanted: Ints, line_begin: Ints, clock: int) -> Receipts:
    """Find them for some sentences of a block.

    Parameters
    ----------
    sentences
        All sentences of the block.
    wanted
        Rows of `sentences` that are asked for, ascending.
    line_begin
        Where the lines of the block begin.
    clock
        The time of the last RMC or ZDA before the block, NONE if there was none.
    """
    text, mine = sentences.text, sentences.take(wanted)
    tags = _of_the_line(tag_blocks(text, mine.begin, mine.line, line_begin), mine)
    stamp, *trailing = times.trailing(mine)
    hint, base = _pghp(sentences, wanted)
    begin, end = tags.station
    for other_begin, other_end in (base, trailing):
        unnamed = begin == end
        begin, end = np.where(unnamed, other_begin, begin), np.where(unnamed, other_end, end)
    source, sources = names(text, begin, end)
    received = times.from_unix(tags.receipt)
    received = np.where(received < 0, hint, received)
    received = np.where(received < 0, stamp, received)
    own = received >= 0
    clocks = clocks_of(sentences, clock)
    received = np.where(own, received, clocks[1][np.searchsorted(clocks[0], wanted)])
    return Receipts(received, own, times.from_unix(tags.arrival), source, sources, tags, clocks)


def _of_the_line(tags: TagBlocks, sentences: Sentences) -> TagBlocks:
    """Sentences without a tag block have station, receipt and arrival of the one before them.

    Only of one on their own line; a group is the first sentence's alone.
    """
    line = sentences.line
    bare = np.zeros(len(line), np.bool_)
    bare[1:] = (line[1:] == line[:-1]) & (tags.begin[1:] == sentences.begin[1:])
    if not bare.any():
        return tags
    of = np.maximum.accumulate(np.where(bare, 0, np.arange(len(line))))
    station = (tags.station[0][of], tags.station[1][of])
    return TagBlocks(tags.begin, station, tags.group, tags.receipt[of], tags.arrival[of])


def _pghp(sentences: Sentences, wanted: Ints) -> tuple[Ints, tuple[Ints, Ints]]:
    """Times and stations that `$PGHP` lines just before tell, where their last field is right.

    `$PGHP,1,<year>,<month>,<day>,<hour>,<minute>,<second>,<milli>,<country>,<region>,<base
    station>,<online>,<checksum of the sentence>*hh`
    """
    text, n = sentences.text, len(wanted)
    hint, begins, ends = (np.full(n, NONE) for _ in range(3))
    rows = sentences.others
    word = text.words(sentences.begin[rows], np.full(len(rows), 6), 1)[:, 0]
    rows = rows[word == int.from_bytes(b"$PGHP,", "little")]
    if not len(rows) or not n:
        return hint, (begins, ends)
    at = np.minimum(np.searchsorted(wanted, rows + 1), n - 1)
    near = (wanted[at] == rows + 1) & sentences.whole[rows]
    rows, at = rows[near], at[near]
    near = sentences.line[rows + 1] - sentences.line[rows] <= 1
    rows, at = rows[near], at[near]
    star = sentences.star[rows]
    first = np.searchsorted(text.commas, sentences.begin[rows])
    last = np.searchsorted(text.commas, star) - 1
    meant = text.stated(text.commas[last]) == text.stated(sentences.star[rows + 1])
    meant &= last - first >= 12
    rows, at, star, first = rows[meant], at[meant], star[meant], first[meant]
    number = [
        text.digits(text.commas[first + k] + 1, text.commas[first + k + 1]) for k in range(1, 8)
    ]
    time = times.from_calendar(*number[:6])
    milli = np.clip(number[6], 0, 999) * 1000
    hint[at] = np.where(time >= 0, time + milli, NONE)
    begins[at], ends[at] = text.commas[first + 10] + 1, text.commas[first + 11]
    return hint, (begins, ends)

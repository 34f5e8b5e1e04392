"""Who heard each sentence, and when: tag block, `$PGHP` line, trailing stamp, last RMC or ZDA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.nmea import times
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


def receipts(sentences: Sentences, wanted: Ints, clock: int) -> Receipts:
    """Find them for some sentences of a block.

    Parameters
    ----------
    sentences
        All sentences of the block.
    wanted
        Rows of `sentences` that are asked for, ascending.
    clock
        The time of the last RMC or ZDA before the block, NONE if there was none.
    """
    text, mine = sentences.text, sentences.take(wanted)
    tags = tag_blocks(text, mine.begin)
    limit = np.minimum(mine.limit, text.backslashes[np.searchsorted(text.backslashes, mine.begin)])
    stamp, begin, end = times.trailing(mine, limit)
    named = tags.station[0] >= 0
    source, sources = names(
        text, np.where(named, tags.station[0], begin), np.where(named, tags.station[1], end)
    )
    received = times.from_unix(tags.receipt)
    hint, station = _pghp(sentences, wanted)
    received = np.where(received < 0, hint, received)
    received = np.where(received < 0, stamp, received)
    for row, name in station.items():
        if source[row] < 0:
            source[row] = len(sources)
            sources.append(name)
    own = received >= 0
    clocks = _clocks(sentences, clock)
    received = np.where(own, received, clocks[1][np.searchsorted(clocks[0], wanted)])
    return Receipts(received, own, times.from_unix(tags.arrival), source, sources, tags, clocks)


def _pghp(sentences: Sentences, wanted: Ints) -> tuple[Ints, dict[int, str]]:
    """Times and stations that the `$PGHP` sentences just before tell, by their last field."""
    hint, station = np.full(len(wanted), NONE), {}
    char = sentences.text.bytes
    word = sentences.text.words(sentences.begin, np.full(sentences.count, 6), 1)[:, 0]
    rows = np.flatnonzero(word == int.from_bytes(b"$PGHP,", "little"))
    rows = rows[sentences.whole[rows]] if len(rows) else rows
    place = np.searchsorted(wanted, rows + 1)
    for row, at in zip(rows.tolist(), place.tolist(), strict=True):
        if at == len(wanted) or wanted[at] != row + 1:
            continue
        if sentences.line[row + 1] > sentences.line[row] + 1:
            continue
        time, name, checksum = times.pghp(sentences.fields(row))
        star = int(sentences.star[row + 1])
        if char[star + 1 : star + 3].tobytes() == checksum.encode():
            hint[at] = time
            if name:
                station[at] = name
    return hint, station


def _clocks(sentences: Sentences, clock: int) -> tuple[Ints, Ints]:
    """Rows of the RMC and ZDA that tell a time; the time before the first and after each."""
    rows = np.flatnonzero(sentences.formatter_is("$", "RMC", "ZDA"))
    rows = rows[sentences.whole[rows]] if len(rows) else rows
    told = [(row, times.clock_sentence(sentences.fields(row))) for row in rows.tolist()]
    told = [(row, time) for row, time in told if time >= 0]
    return (
        np.array([row for row, _ in told], np.int64),
        np.array([clock, *(time for _, time in told)], np.int64),
    )

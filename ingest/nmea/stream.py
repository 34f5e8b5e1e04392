"""A stream of sentences of one feed: bytes in, whole sentences out, with source and receipt.

Work is done on blocks of whole lines. What cannot be decided at a block's end (a tag block or
`$PGHP` line whose sentence is still to come, a receipt that the next must bear out) stays in the
buffer, so that the answer never depends on how the stream was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ingest.nmea.lines import MAX_LINE, LineBuffer
from ingest.nmea.receipts import Receipts, receipts
from ingest.nmea.refusals import Refusals, why_no_sentence
from ingest.nmea.sentences import Lines, Sentences
from ingest.nmea.text import NONE, Bools, Ints, Text
from ingest.nmea.times import judge_receipts

MOST_BYTES: Final = 512  # of a sentence that is read; a short message of BeiDou 3 has 1,400 bits
_MOST_HELD_BACK: Final = 8  # tag block and $PGHP lines at the end of a block


@dataclass(frozen=True)
class Feed:
    """What distinguishes one feed of sentences from another.

    Attributes
    ----------
    wanted
        Which sentences it is about; damaged ones among them are refused.
    mend
        May say anew where sentences begin and end.
    sample
        What of a refused sentence or line may be kept.
    """

    wanted: Callable[[Sentences], Bools]
    mend: Callable[[Sentences, Lines], Sentences] = lambda sentences, _: sentences
    sample: Callable[[bytes], bytes] = lambda line: line


@dataclass(frozen=True)
class Heard:
    """Whole sentences in their order; arrays of one length, times in microseconds, NONE for none.

    `source` numbers the `sources`, whose last is the stream's own for sentences that name nobody
    (-1). `refusals` has the block's refused lines; `others` counts sentences not asked for.
    """

    sentences: Sentences
    line: Ints
    received: Ints
    arrival: Ints
    source: Ints
    sources: list[str | None]
    refusals: Refusals
    others: int
    sample: Callable[[bytes], bytes]

    @property
    def count(self) -> int:
        """How many sentences."""
        return len(self.line)

    def take(self, rows: Bools | Ints) -> Heard:
        """Some of the sentences."""
        return replace(
            self, sentences=self.sentences.take(rows), line=self.line[rows],
            received=self.received[rows], arrival=self.arrival[rows], source=self.source[rows],
        )  # fmt: skip

    def refuse(self, reason: str, rows: Bools) -> None:
        """Refuse some of the sentences."""
        text, sentences = self.sentences.text, self.sentences
        for row in np.flatnonzero(rows).tolist():
            body = text.slice(int(sentences.begin[row]), int(sentences.limit[row]))
            self.refusals.add(
                int(self.line[row]), reason, self.sample(body), int(self.arrival[row])
            )


class SentenceStream:
    """One file or stream of sentences, fed in pieces of any size.

    Parameters
    ----------
    feed
        Which sentences are wanted.
    source
        Who heard the sentences, where they name nobody.
    """

    def __init__(self, feed: Feed, source: str | None = None) -> None:
        self._feed = feed
        self._source = source
        self._buffer = LineBuffer()
        self._held = b""
        self._line = 0
        self._clock = NONE
        self._newest = NONE

    def feed(self, chunk: bytes) -> Iterator[Heard]:
        """What the bytes complete, block by block."""
        for block in self._buffer.feed(chunk):
            yield self._read(block, final=False)

    def close(self) -> Iterator[Heard]:
        """What is left; the stream has ended."""
        rest = self._buffer.close()
        if rest or self._held:
            yield self._read(rest, final=True)

    def _read(self, block: bytes, *, final: bool) -> Heard:
        data = self._held + block
        text = Text(data)
        lines = Lines.of(text)
        every = self._feed.mend(Sentences.of(text, lines), lines)
        mine = np.flatnonzero(self._feed.wanted(every)) if every.count else np.zeros(0, np.int64)
        good = every.take(mine).whole if len(mine) else np.zeros(0, np.bool_)
        good &= every.star[mine] - every.begin[mine] <= MOST_BYTES
        rows = mine[good]
        got = receipts(every, rows, lines.begin, self._clock)
        # A sentence that is a clock itself was received, for want of better, at its own time.
        own_clock = got.clocks[1][np.searchsorted(got.clocks[0], rows, side="right")]
        received = np.where(got.own, got.received, own_clock)
        refused, newest, judged = judge_receipts(
            received, every.begin[rows], self._newest, size=text.size, final=final,
            arrived=got.arrival,
        )  # fmt: skip
        n_lines = lines.count
        if not final:
            n_lines = int(every.line[rows[judged]]) if judged < len(rows) else n_lines
            n_lines = without_heralds(text, lines, n_lines)
        n = int(np.searchsorted(every.line[rows], n_lines))
        refusals = Refusals()
        self._refuse_lines(every, lines, mine, good, n_lines, refusals)
        heard = self._heard(every, rows[:n], got, received[:n], newest[:n], refusals)
        before = int(np.searchsorted(every.line, n_lines))
        heard = replace(heard, others=before - int(np.searchsorted(every.line[mine], n_lines)))
        heard.refuse("bad_receipt", refused[:n])
        # A NUL passes for padding in words, and no database takes it in a text.
        zeros = text.positions("\0")
        spoilt = np.searchsorted(zeros, got.tags.begin[:n]) < np.searchsorted(
            zeros, every.star[rows[:n]]
        )
        heard.refuse("bad_sentence", spoilt & ~refused[:n])
        self._clock = got.clock_before(before)
        if n:
            self._newest = int(newest[n - 1])
        self._line += n_lines
        self._held = data[int(lines.begin[n_lines]) :] if n_lines < lines.count else b""
        return heard.take(~(refused[:n] | spoilt))

    def _heard(
        self, every: Sentences, rows: Ints, got: Receipts, received: Ints, newest: Ints,
        refusals: Refusals,
    ) -> Heard:  # fmt: skip
        n = len(rows)
        arrival = np.where(got.arrival[:n] >= 0, got.arrival[:n], newest)
        sources: list[str | None] = [*got.sources, self._source]
        return Heard(
            every.take(rows), every.line[rows] + self._line + 1, received, arrival,
            got.source[:n], sources, refusals, 0, self._feed.sample,
        )  # fmt: skip

    def _refuse_lines(
        self, every: Sentences, lines: Lines, mine: Ints, good: Bools, n_lines: int,
        refusals: Refusals,
    ) -> None:  # fmt: skip
        """Refuse what is no whole sentence: damaged ones, and lines that hold none."""
        text, sample = every.text, self._feed.sample
        for row in mine[~good].tolist():
            if every.line[row] < n_lines:
                content = text.slice(int(every.begin[row]), int(every.limit[row]))
                reason = _why_not_whole(every, row)
                refusals.add(self._line + int(every.line[row]) + 1, reason, sample(content))
        plain = ~lines.comment & (lines.end > lines.begin)
        plain[every.line[mine]] = False
        head = text.bytes[lines.begin]
        other = (head == ord("$")) & ~lines.too_long
        for at in (1, 2, 3):
            letter = text.bytes[lines.begin + at]
            other &= (letter >= ord("A")) & (letter <= ord("Z"))
        for line in np.flatnonzero((plain & ~other)[:n_lines]).tolist():
            content = text.slice(int(lines.begin[line]), int(lines.end[line]))
            reason_or_none = why_no_sentence(content)
            if reason_or_none:
                refusals.add(self._line + line + 1, reason_or_none, sample(content))


def _why_not_whole(every: Sentences, row: int) -> str:
    if every.star[row] < 0:
        return "no_checksum"
    return "bad_checksum" if not every.whole[row] else "too_long"


def without_heralds(text: Text, lines: Lines, n_lines: int) -> int:
    """The number of lines without those at the end that speak of the sentence to come."""
    for _ in range(_MOST_HELD_BACK):
        if not n_lines:
            return 0
        line = text.slice(int(lines.begin[n_lines - 1]), int(lines.end[n_lines - 1]))
        if not (line.endswith(b"\\") or b"$PGHP," in line) or len(line) > MAX_LINE:
            return n_lines
        n_lines -= 1
    return n_lines

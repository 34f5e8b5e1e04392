"""The AIS decoder: bytes of one file or stream in, observations and identity claims out.

Work is done on blocks of whole lines. What cannot be decided at a block's end (a tag block or
`$PGHP` line whose sentence is still to come, a receipt that the next must bear out) stays in the
buffer, so that the answer never depends on how the stream was cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.keys import observation_digests
from ingest import frames
from ingest.ais import statics
from ingest.ais.details import Details
from ingest.ais.fields import CARRIES_CLAIM, CARRIES_POSITION, HEADER
from ingest.ais.messages import (
    Completed,
    Messages,
    faults,
    joined,
    with_joined,
)
from ingest.ais.payloads import Armour, Payloads
from ingest.ais.positions import again, own_times, positions
from ingest.ais.receptions import Receptions
from ingest.ais.sentences import Fragments, fragments
from ingest.decoded import Decoded, concat
from ingest.digests import origin
from ingest.nmea.lines import MAX_LINE, LineBuffer
from ingest.nmea.multipart import Assembler, Part
from ingest.nmea.receipts import Receipts, receipts
from ingest.nmea.refusals import Refusals, why_no_sentence
from ingest.nmea.sentences import Lines, Sentences
from ingest.nmea.tagblocks import TagBlocks
from ingest.nmea.text import NONE, Bools, Ints, Text
from ingest.nmea.times import judge_receipts

_SENSOR = "ais"
_MOST_HELD_BACK = 8  # tag block and $PGHP lines at the end of a block


@dataclass(frozen=True)
class _Block:
    """Lines under work, and their AIS sentences that are whole."""

    text: Text
    lines: Lines
    sentences: Sentences  # the whole AIVDM and AIVDO only
    receipts: Receipts
    refused: NDArray[np.bool_]
    newest: Ints  # running maximum of receipts
    first_line: int

    @property
    def arrival(self) -> Ints:
        stated = self.receipts.arrival
        return np.where(stated >= 0, stated, self.newest)

    def sample(self, row: int) -> bytes:
        sentence = self.sentences
        return self.text.slice(int(sentence.begin[row]), int(sentence.limit[row]))


class AisDecoder:
    """Decodes one file or stream of AIS sentences, fed in pieces of any size.

    Parameters
    ----------
    source
        Who heard the sentences, where they name nobody.
    skew_s
        By source: seconds by which its clock is ahead (the site's `[skew_s]`).
    quarantine
        Give what is more than 60 s ahead of its receipt as `Decoded.ahead` instead of refusing it
        as `future`; the skews that are known are taken off there too, and `detail` says so.

    Examples
    --------
    >>> line = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A" + bytes([10])
    >>> AisDecoder().feed(line).observations["target"].to_list()
    ['mmsi:371798000']
    """

    def __init__(
        self,
        source: str | None = None,
        skew_s: Mapping[str, int] | None = None,
        quarantine: bool = False,
    ) -> None:
        self._source = source
        self._skew_s = dict(skew_s or {})
        self._quarantine = quarantine
        self._buffer = LineBuffer()
        self._held = b""
        self._line = 0
        self._clock = NONE
        self._newest = NONE
        self._assembler = Assembler()
        self._receptions = Receptions()
        self._details = Details()

    def feed(self, chunk: bytes) -> Decoded:
        """Decode what the bytes complete."""
        return concat([self._decode(block, final=False) for block in self._buffer.feed(chunk)])

    def close(self) -> Decoded:
        """Decode what is left; the stream has ended."""
        rest = self._buffer.close()
        if rest or self._held:
            return self._decode(rest, final=True)
        refusals = Refusals()
        self._assembler.close()
        self._refuse_lost_parts(refusals)
        return Decoded(refusals=refusals.frame())

    def _decode(self, block: bytes, *, final: bool) -> Decoded:
        data = self._held + block
        text = Text(data)
        lines = Lines.of(text)
        every = Sentences.of(text, lines)
        ais = np.flatnonzero(every.formatter_is("!", "VDM", "VDO"))
        whole = every.whole[ais] if len(ais) else np.zeros(0, np.bool_)
        heard = ais[whole]
        got = receipts(every, heard, lines.begin, self._clock)
        refused, newest, judged = judge_receipts(
            got.received, every.begin[heard], self._newest, size=text.size, final=final,
            arrived=got.arrival,
        )  # fmt: skip
        n_lines = lines.count
        if not final:
            n_lines = int(every.line[heard[judged]]) if judged < len(heard) else n_lines
            n_lines = _without_heralds(text, lines, n_lines)
        n = int(np.searchsorted(every.line[heard], n_lines))
        work = _Block(
            text, lines, every.take(heard[:n]), _first(got, n), refused[:n], newest[:n], self._line
        )
        refusals = Refusals()
        self._refuse_lines(work, every, ais, whole, n_lines, refusals)
        decoded = self._messages(work, refusals, final=final)
        self._clock = got.clock_before(int(np.searchsorted(every.line, n_lines)))
        if n:
            self._newest = int(newest[n - 1])
        self._line += n_lines
        self._held = data[int(lines.begin[n_lines]) :] if n_lines < lines.count else b""
        return decoded

    def _refuse_lines(
        self,
        work: _Block,
        every: Sentences,
        ais: Ints,
        whole: NDArray[np.bool_],
        n_lines: int,
        refusals: Refusals,
    ) -> None:
        """Refuse what is no whole sentence: damaged ones, and lines that hold none."""
        text, lines = work.text, work.lines
        for row in ais[~whole].tolist():
            if every.line[row] < n_lines:
                reason = "bad_checksum" if every.star[row] >= 0 else "no_checksum"
                sample = text.slice(int(every.begin[row]), int(every.limit[row]))
                refusals.add(self._line + int(every.line[row]) + 1, reason, sample)
        plain = ~lines.comment & (lines.end > lines.begin)
        plain[every.line[ais]] = False
        head = text.bytes[lines.begin]
        other = (head == ord("$")) & ~lines.too_long
        for at in (1, 2, 3):
            letter = text.bytes[lines.begin + at]
            other &= (letter >= ord("A")) & (letter <= ord("Z"))
        for line in np.flatnonzero((plain & ~other)[:n_lines]).tolist():
            content = text.slice(int(lines.begin[line]), int(lines.end[line]))
            reason_or_none = why_no_sentence(content)
            if reason_or_none:
                refusals.add(self._line + line + 1, reason_or_none, content)

    def _messages(self, work: _Block, refusals: Refusals, *, final: bool) -> Decoded:
        sentences, got = work.sentences, work.receipts
        part = fragments(sentences)
        line = sentences.line + self._line + 1
        each = Messages(
            work.text, part.payload, part.length, part.fill, line,
            got.received, work.arrival, got.source, got.sources,
        )  # fmt: skip
        for reason, rows in (
            ("bad_receipt", work.refused),
            ("bad_sentence", ~work.refused & ~part.well_formed),
        ):
            for row in np.flatnonzero(rows).tolist():
                refusals.add(int(line[row]), reason, work.sample(row), int(work.arrival[row]))
        good = ~work.refused & part.well_formed
        single = np.flatnonzero(good & (part.count == 1))
        joint = self._assemble(work, part, np.flatnonzero(good & (part.count > 1)), each)
        if final:
            self._assembler.close()
        self._refuse_lost_parts(refusals)
        return self._readings(with_joined(each.take(single), single, joint, each), refusals)

    def _refuse_lost_parts(self, refusals: Refusals) -> None:
        for lost in self._assembler.given_up:
            refusals.add(lost.line, "incomplete", lost.payload, lost.arrival)
        self._assembler.given_up.clear()

    def _assemble(
        self, work: _Block, part: Fragments, rows: Ints, each: Messages
    ) -> list[Completed]:
        """Put parts together; the messages that they complete."""
        got, tags = work.receipts, work.receipts.tags
        done = []
        for row in rows.tolist():
            sequence, channel = part.sequence_and_channel(work.sentences, row)
            begin, end = int(tags.group[0][row]), int(tags.group[1][row])
            group = work.text.slice(begin, end).split(b"-") if begin >= 0 else []
            source = int(got.source[row])
            name = got.sources[source] if source >= 0 else ""
            piece = Part(
                number=int(part.number[row]),
                count=int(part.count[row]),
                sequence=sequence,
                channel=channel,
                payload=each.payload(row),
                fill=int(part.fill[row]),
                line=int(each.line[row]),
                station=name if tags.station[0][row] >= 0 else "",
                group=group[2].decode("ascii", "replace") if len(group) == 3 else "",
                received=int(got.received[row]) if got.own[row] else NONE,
                source=name,
                arrival=int(each.arrival[row]),
            )
            parts = self._assembler.add(piece)
            if parts is not None:
                done.append(joined(parts, row, int(got.received[row])))
        return done

    def _readings(self, messages: Messages, refusals: Refusals) -> Decoded:
        """Refuse what is wrong, fold receptions, read positions and claims."""
        armour = Armour.of(messages.text, messages.begin, messages.length)
        payloads, valid = Payloads.of(armour)
        kind, mmsi = payloads.get(HEADER["type"]), payloads.get(HEADER["mmsi"])
        own = own_times(messages, kind, payloads, self._skew_s, self._source)
        good = np.ones(messages.count, np.bool_)
        bits = 6 * messages.length - messages.fill
        for reason, wrong in (
            ("bad_payload", ~valid),
            *faults(messages, kind, mmsi).items(),
            *statics.faults(kind, bits, payloads).items(),
            ("future", own.future & (not self._quarantine)),
        ):
            for row in np.flatnonzero(wrong & good).tolist():
                line, arrival = int(messages.line[row]), int(messages.arrival[row])
                refusals.add(line, reason, messages.payload(row), arrival)
            good &= ~wrong
        digest = armour.digests()
        kept = good.copy()
        kept[good] = self._receptions.first(digest[good], messages.received[good])
        twice = np.flatnonzero(good & ~kept)
        heard_again = again(
            messages.take(twice), kind[twice], mmsi[twice], payloads.take(twice), self._source
        )
        keys = self._keys(messages, armour, kept & (CARRIES_POSITION | CARRIES_CLAIM)[kind])
        if not kept.all():
            messages, kind, mmsi, own = messages.take(kept), kind[kept], mmsi[kept], own.take(kept)
            payloads, keys, digest = payloads.take(kept), keys[kept], digest[kept]
        observed, rows = positions(
            messages, kind, mmsi, payloads, own, keys, self._details, self._source
        )
        silent = np.flatnonzero(~(CARRIES_POSITION | CARRIES_CLAIM)[kind])
        names = frames.chosen([*messages.sources, self._source], messages.source[silent])
        claimed, claim_rows = statics.claims(messages, kind, mmsi, payloads, keys, self._source)
        payloads_of = pl.Series("payload", digest[rows])
        observed, payloads_of, ahead = frames.parted(observed, payloads_of, own.future[rows])
        counts = {
            "position": observed.height,
            "identity": len(claim_rows),
            "other": len(silent),
        }
        if ahead.height:
            counts["ahead"] = ahead.height
        for number, times in enumerate(np.bincount(kind, minlength=1).tolist()):
            if times:
                counts[f"type_{number}"] = times
        return Decoded(
            observations=observed,
            identities=claimed,
            refusals=refusals.frame(),
            counts=counts,
            receptions=heard_again.height,
            observation_payloads=payloads_of,
            identity_payloads=pl.Series("payload", digest[claim_rows]),
            ahead=ahead,
            heard_again=heard_again,
            alive=frames.alive(names, messages.arrival[silent]),
        )

    def _keys(self, messages: Messages, armour: Armour, wanted: Bools) -> NDArray[np.uint8]:
        """Shape (n, 16): the keys of the wanted messages, zero for others."""
        names = [*messages.sources, self._source]
        word = np.array([origin(_SENSOR, name) for name in names], np.uint64)[messages.source]
        keys = np.zeros((messages.count, 2), np.uint64)
        for rows, words in armour.groups:
            mine = np.flatnonzero(wanted[rows])
            if len(mine) < len(rows):
                rows, words = rows[mine], words.take(mine, axis=1)
            digests = observation_digests(word[rows], messages.received[rows], words.T)
            keys[rows] = digests.view(np.uint64)
        return keys.view(np.uint8)


def _first(got: Receipts, n: int) -> Receipts:
    """The receipts of the first n sentences."""
    tags = got.tags
    station, group = ((a[:n], b[:n]) for a, b in (tags.station, tags.group))
    cut = TagBlocks(tags.begin[:n], station, group, tags.receipt[:n], tags.arrival[:n])
    return replace(
        got,
        received=got.received[:n],
        own=got.own[:n],
        arrival=got.arrival[:n],
        source=got.source[:n],
        tags=cut,
    )


def _without_heralds(text: Text, lines: Lines, n_lines: int) -> int:
    """The number of lines without those at the end that speak of the sentence to come."""
    for _ in range(_MOST_HELD_BACK):
        if not n_lines:
            return 0
        line = text.slice(int(lines.begin[n_lines - 1]), int(lines.end[n_lines - 1]))
        if not (line.endswith(b"\\") or b"$PGHP," in line) or len(line) > MAX_LINE:
            return n_lines
        n_lines -= 1
    return n_lines

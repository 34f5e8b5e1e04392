"""The messages of a block: what each carries, gathered until all is read by columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from core.schema import IDENTITY, OBSERVATION, arriving, empty
from ingest import frames
from ingest.decoded import Decoded
from ingest.digests import first_words
from ingest.jt808 import bodies as body_of
from ingest.jt808.bodies import Batch, Registration
from ingest.jt808.claims import Claim, identities
from ingest.jt808.frame import FrameError
from ingest.jt808.headers import Headers
from ingest.jt808.lines import Lines
from ingest.jt808.locations import Bodies, Place, locate
from ingest.nmea.refusals import Refusals
from ingest.nmea.text import Ints, Text
from ingest.plates import plate_of

#: Message ids that are read; others are counted and skipped.
READ = (
    body_of.LOCATION, body_of.BATCH, body_of.REGISTRATION, body_of.AUTHENTICATION,
    body_of.HEARTBEAT, body_of.UNREGISTRATION,
)  # fmt: skip
#: Those whose bodies yield something.
CARRIES = (body_of.LOCATION, body_of.BATCH, body_of.REGISTRATION)
_LATE = 1  # a batch's kind: kept while there was no network
_HEADS = ('{"type":"0x0200"', '{"type":"0x0704"', '{"type":"0x0704","late":true')


@dataclass(frozen=True)
class _Extra:
    """A body of a location that does not stand in the frames' bytes as it is."""

    row: int
    ordinal: int
    head: int
    body: bytes


@dataclass
class Messages:
    """Headers of a block with what is found in their bodies; rows are rows of `headers`.

    `newest` are the running maxima of receipts by row of `lines`; `first_line` is the number of
    lines before the block.
    """

    lines: Lines
    headers: Headers
    newest: Ints
    first_line: int
    refusals: Refusals
    direct: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    extras: list[_Extra] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def line(self, row: int) -> int:
        """The number of the row's line in its file, from 1."""
        return self.first_line + int(self.lines.line[self.headers.row[row]]) + 1

    def arrival(self, row: int) -> int:
        """When the row arrived."""
        return int(self.newest[self.headers.row[row]])

    def refuse(self, row: int, reason: str) -> None:
        """Refuse a row."""
        sample = self.lines.sample(int(self.headers.row[row]))
        self.refusals.add(self.line(row), reason, sample, self.arrival(row))

    def take(self, row: int, body: bytes) -> None:
        """Read the whole body of a message that carries something."""
        kind = int(self.headers.message_id[row])
        try:
            if kind == body_of.LOCATION:
                self.extras.append(_Extra(row, 0, 0, body))
            elif kind == body_of.BATCH:
                self._take_batch(row, Batch.decode(body))
            else:
                modern = bool(self.headers.modern[row])
                self._take_claim(row, Registration.decode(body, modern=modern), body)
        except FrameError as error:
            self.refuse(row, error.reason)

    def _take_batch(self, row: int, batch: Batch) -> None:
        head = 2 if batch.kind == _LATE else 1
        for number, body in enumerate(batch.locations, 1):
            self.extras.append(_Extra(row, number, head, body))
        if batch.rest:
            self.refuse(row, "bad_body")

    def _take_claim(self, row: int, said: Registration, body: bytes) -> None:
        plate = plate_of(said.plate)
        if plate is None:
            return
        terminal = self.headers.phone[row].tobytes().decode().lstrip("0") or "0"
        received = int(self.lines.received[self.headers.row[row]])
        self.claims.append(
            Claim(self.line(row), terminal, plate, received, self.arrival(row), body)
        )

    def decoded(self, place: Place) -> Decoded:
        """Everything that was taken, by columns."""
        counts = Counter(self._kinds())
        unplaced = np.zeros(0, np.int64)
        observed = ahead = empty(arriving(OBSERVATION))
        words = first_words(np.zeros((0, 16), np.uint8))
        if len(self.direct) or self.extras:
            bodies, rows = self._bodies()
            located = locate(bodies, place)
            observed, words, ahead = located.observations, located.payloads, located.ahead
            counts.update(located.counts)
            unplaced = rows[located.unplaced]
            for reason, wrong in located.refused.items():
                for row in rows[wrong].tolist():
                    self.refuse(row, reason)
        claimed, claim_words = empty(arriving(IDENTITY)), first_words(np.zeros((0, 16), np.uint8))
        if self.claims:
            claimed, keys = identities(self.claims, place.plates)
            claim_words = first_words(keys)
            counts["identity"] += len(self.claims)
        return Decoded(
            observations=observed,
            identities=claimed,
            refusals=self.refusals.frame(),
            counts={kind: n for kind, n in counts.items() if n},
            observation_payloads=words,
            identity_payloads=claim_words,
            ahead=ahead,
            alive=self._alive(unplaced),
        )

    def _alive(self, unplaced: Ints) -> pl.DataFrame:
        """Heartbeats, authentications and the like, and messages whose locations have no fix."""
        headers = self.headers
        silent = ~np.isin(headers.message_id, CARRIES) & ~headers.encrypted
        rows = np.union1d(np.flatnonzero(silent), unplaced)
        return frames.alive(headers.terminals().gather(rows), self.newest[headers.row[rows]])

    def _kinds(self) -> dict[str, int]:
        """How many messages of each id, and how many carry nothing that is reported."""
        found, times = np.unique(self.headers.message_id, return_counts=True)
        by_id = dict(zip(found.tolist(), times.tolist(), strict=True))
        counts = {f"type_{number:04x}": n for number, n in by_id.items()}
        counts["other"] = sum(n for number, n in by_id.items() if number not in CARRIES)
        return counts

    def _bodies(self) -> tuple[Bodies, Ints]:
        """The bodies of locations in the order of their lines; the row of each."""
        headers, text = self.headers, self.headers.text
        begin, end = headers.begin[self.direct], headers.end[self.direct]
        row, ordinal = self.direct, np.zeros(len(begin), np.int64)
        head = np.zeros(len(begin), np.int64)
        if self.extras:
            length = np.array([len(extra.body) for extra in self.extras], np.int64)
            first = text.size + np.cumsum(length) - length
            text = Text(text.raw + b"".join(extra.body for extra in self.extras))
            begin, end = np.append(begin, first), np.append(end, first + length)
            row = np.append(row, np.array([extra.row for extra in self.extras], np.int64))
            ordinal = np.append(ordinal, [extra.ordinal for extra in self.extras])
            head = np.append(head, [extra.head for extra in self.extras])
            order = np.argsort(row, kind="stable")
            begin, end, row, ordinal, head = (a[order] for a in (begin, end, row, ordinal, head))
        at = headers.row[row]
        terminal = headers.terminals().gather(row)
        return Bodies(
            text=text,
            begin=begin,
            end=end,
            line=self.first_line + self.lines.line[at] + 1,
            received=self.lines.received[at],
            arrival=self.newest[at],
            terminal=terminal,
            serial=headers.serial[row],
            ordinal=ordinal,
            head=pl.Series(_HEADS).gather(head),
        ), row

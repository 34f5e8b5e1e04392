"""Whole AIS messages of a block, whether they came in one sentence or in several."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ingest.ais.fields import LEAST_BITS, MOST_BITS
from ingest.nmea.multipart import Part
from ingest.nmea.text import NONE, Bools, Ints, Text

LARGEST_MMSI = 999_999_999


@dataclass(frozen=True)
class Messages:
    """Arrays with one row a message, in the order in which they were completed.

    `begin` and `length` span the armoured payload in `text`; `line` counts from 1 in the file;
    `source` numbers the `sources`, NONE where nobody is named.
    """

    text: Text
    begin: Ints
    length: Ints
    fill: Ints
    line: Ints
    received: Ints
    arrival: Ints
    source: Ints
    sources: list[str]

    def take(self, rows: Ints | Bools) -> Messages:
        """Some of the messages, given as a mask or by ascending numbers."""
        if (np.count_nonzero(rows) if rows.dtype == np.bool_ else len(rows)) == self.count:
            return self
        arrays = ("begin", "length", "fill", "line", "received", "arrival", "source")
        return replace(self, **{name: getattr(self, name)[rows] for name in arrays})

    @property
    def count(self) -> int:
        """How many messages."""
        return len(self.begin)

    def payload(self, row: int) -> bytes:
        """One message's armoured payload."""
        begin = int(self.begin[row])
        return self.text.slice(begin, begin + int(self.length[row]))


@dataclass(frozen=True)
class Completed:
    """A message of several parts, as the sentence at `row` completed it."""

    row: int
    payload: bytes
    fill: int
    received: int
    source: str


def joined(parts: list[Part], row: int, received: int) -> Completed:
    """Join the parts of one message, in order.

    The message has the receipt of the part that completed it; where that has none of its own, the
    newest of the others, else `received` (another instrument's clock).
    """
    last = max(parts, key=lambda part: part.line)
    own = last.received if last.received >= 0 else max(part.received for part in parts)
    source = last.source or next((part.source for part in parts if part.source), "")
    payload = b"".join(part.payload for part in parts)
    return Completed(row, payload, parts[-1].fill, own if own >= 0 else received, source)


def with_joined(singles: Messages, rows: Ints, joint: list[Completed], of: Messages) -> Messages:
    """Put messages of several parts among the others.

    Parameters
    ----------
    singles, rows
        Messages of one sentence and the rows of their sentences.
    joint
        The messages of several parts.
    of
        One row for each sentence, from which the line and arrival of a joint message are taken.
    """
    if not joint:
        return singles
    at = np.array([message.row for message in joint], np.int64)
    length = np.array([len(message.payload) for message in joint], np.int64)
    sources = list(singles.sources)
    numbers = {name: number for number, name in enumerate(sources)}
    source = []
    for message in joint:
        if message.source and message.source not in numbers:
            numbers[message.source] = len(sources)
            sources.append(message.source)
        source.append(numbers.get(message.source, NONE))
    head = singles.text
    payload = b"".join(message.payload for message in joint)
    order = np.argsort(np.concatenate([rows, at]), kind="stable")

    def merged(single: Ints, joint_values: Ints) -> Ints:
        return np.concatenate([single, joint_values])[order]

    return Messages(
        text=Text(head.slice(0, head.size) + payload),
        begin=merged(singles.begin, head.size + np.cumsum(length) - length),
        length=merged(singles.length, length),
        fill=merged(singles.fill, np.array([message.fill for message in joint], np.int64)),
        line=merged(singles.line, of.line[at]),
        received=merged(
            singles.received, np.array([message.received for message in joint], np.int64)
        ),
        arrival=merged(singles.arrival, of.arrival[at]),
        source=merged(singles.source, np.array(source, np.int64)),
        sources=sources,
    )


def faults(messages: Messages, kind: Ints, mmsi: Ints) -> dict[str, Bools]:
    """Which messages are refused, by reason; the first reason that holds counts."""
    bits = 6 * messages.length - messages.fill
    return {
        "bad_payload": messages.length == 0,
        "unknown_type": (kind < 1) | (kind > 27),
        "wrong_bit_count": (bits < LEAST_BITS[kind]) | (bits > MOST_BITS[kind]),
        "bad_mmsi": (mmsi == 0) | (mmsi > LARGEST_MMSI),
    }

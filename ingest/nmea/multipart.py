"""Messages in several sentences: collect the parts until a message is whole.

Parts of different messages may interleave and come in any order. A message is known by its
sequence number, channel and number of parts, and by the tag block's group or station where both
parts name one. The table is bounded: parts that wait too long are given up and counted.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from ingest.nmea.times import SECOND

MOST_OPEN: Final = 512  # messages waiting for parts
MOST_LINES: Final = 2_000  # lines that a part is waited for
MOST_WAIT: Final = 60 * SECOND  # between the receipts of two parts


@dataclass(frozen=True)
class Part:
    """One sentence of a message. Times in microseconds, -1 for none; `arrival` is for refusals."""

    number: int
    count: int
    sequence: str
    channel: str
    payload: bytes
    fill: int
    line: int
    station: str  # that the tag block named
    group: str
    received: int  # its own receipt
    source: str  # who heard it, however that is known
    arrival: int


@dataclass
class _Open:
    parts: dict[int, Part] = field(default_factory=dict)

    def takes(self, part: Part) -> bool:
        return all(
            (not part.station or not other.station or part.station == other.station)
            and (not part.group or not other.group or part.group == other.group)
            and (
                part.received < 0
                or other.received < 0
                or abs(part.received - other.received) <= MOST_WAIT
            )
            for other in self.parts.values()
        )


class Assembler:
    """The messages that still wait for parts."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, tuple[tuple[str, str, int], _Open]] = OrderedDict()
        self._by_key: dict[tuple[str, str, int], list[int]] = {}
        self._next = 0
        self.given_up: list[Part] = []

    def add(self, part: Part) -> list[Part] | None:
        """Take a part in; the message's parts in order once they are all there.

        Parts given up gather in `given_up`, for the caller to take.
        """
        self.expire(part.line)
        key = (part.sequence, part.channel, part.count)
        for number in self._by_key.get(key, []):
            waiting = self._open[number][1]
            if not waiting.takes(part):
                continue
            if part.number in waiting.parts:  # the sequence number is used again
                self._give_up(number)
                break
            waiting.parts[part.number] = part
            if len(waiting.parts) == part.count:
                self._close(number)
                return [waiting.parts[i] for i in sorted(waiting.parts)]
            return None
        self._open[self._next] = (key, _Open({part.number: part}))
        self._by_key.setdefault(key, []).append(self._next)
        self._next += 1
        while len(self._open) > MOST_OPEN:
            self._give_up(next(iter(self._open)))
        return None

    def expire(self, line: int) -> None:
        """Give up messages begun more than MOST_LINES before this line."""
        while self._open:
            number, (_, oldest) = next(iter(self._open.items()))
            if line - min(part.line for part in oldest.parts.values()) <= MOST_LINES:
                return
            self._give_up(number)

    def close(self) -> None:
        """Give up all that waits."""
        while self._open:
            self._give_up(next(iter(self._open)))

    def _close(self, number: int) -> _Open:
        key, message = self._open.pop(number)
        numbers = self._by_key[key]
        numbers.remove(number)
        if not numbers:
            del self._by_key[key]
        return message

    def _give_up(self, number: int) -> None:
        self.given_up.extend(self._close(number).parts.values())

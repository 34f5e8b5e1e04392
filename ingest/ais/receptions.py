"""The same message heard by several stations counts once: the first to arrive."""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.nmea.text import NONE, Bools, Ints, Words

WITHIN: Final = 30_000_000  # microseconds between the receipts of one transmission
MOST: Final = 1 << 17  # messages looked back at: over a minute of 2,000 a second


def _grouped(payload: Words) -> tuple[Ints, Ints]:
    """The rows in order of payload and, within one, of their own; the number of each's payload.

    A stable sort takes thrice the time of these two.
    """
    order = np.argsort(payload)
    sorted_payload = payload[order]
    kind = np.zeros(len(order), np.int64)
    np.cumsum(sorted_payload[1:] != sorted_payload[:-1], out=kind[1:])
    return np.sort(kind * len(order) + order) - kind * len(order), kind


class Receptions:
    """Remembers the payloads of late; feed it messages in the order of their arrival.

    A message is a reception of an earlier one when that was taken as new among the MOST messages
    before, has the same payload, and was received at most WITHIN from it. The answer does not
    depend on how the messages are cut into batches.
    """

    def __init__(self) -> None:
        self._payload: Words = np.zeros(0, np.uint64)  # sorted
        self._received: Ints = np.zeros(0, np.int64)  # when taken as new, the last time
        self._number: Ints = np.zeros(0, np.int64)  # and as which message
        self._next = 0

    def first(self, payload: Words, received: Ints) -> Bools:
        """Whether each message is heard for the first time.

        Parameters
        ----------
        payload
            A digest of each message's payload.
        received
            Microseconds since 1970 UTC; below zero where unknown: such a message is always taken
            as new, for nothing says that it is not.
        """
        new = np.ones(len(payload), np.bool_)
        timed = np.flatnonzero(received >= 0)
        if not len(timed):
            return new
        order, kind = _grouped(payload[timed])
        order = timed[order]
        sorted_payload = payload[order]
        starts = np.flatnonzero(np.diff(kind, prepend=-1))
        known, last, number = self._recall(sorted_payload[starts])
        serial = np.empty(len(payload), np.int64)
        serial[timed] = self._next + np.arange(len(timed))
        rank = np.arange(len(order)) - starts[kind]
        for step in range(int(rank.max()) + 1):  # the n-th message of each payload
            at = np.flatnonzero(rank == step) if step else starts
            rows, group = order[at], kind[at]
            again = (last[group] >= 0) & (serial[rows] - number[group] <= MOST)
            again &= np.abs(received[rows] - last[group]) <= WITHIN
            new[rows[again]] = False
            taken = ~again
            last[group[taken]], number[group[taken]] = received[rows[taken]], serial[rows[taken]]
        self._next += len(timed)
        self._remember(sorted_payload[starts], known, last, number)
        return new

    def known(self, payload: Words) -> Bools:
        """Whether each payload is remembered: of the others, the next message is new for certain.

        Nothing is learned by it.
        """
        _, last, _ = self._recall(payload)
        known: Bools = last != NONE
        return known

    def _recall(self, payload: Words) -> tuple[Ints, Ints, Ints]:
        """Where the payloads stand among those remembered, or would; their time and number."""
        place = np.searchsorted(self._payload, payload)
        last, number = np.full(len(payload), NONE), np.full(len(payload), NONE)
        if len(self._payload):
            inside = np.minimum(place, len(self._payload) - 1)
            found = self._payload[inside] == payload
            last = np.where(found, self._received[inside], NONE)
            number = np.where(found, self._number[inside], NONE)
        return place, last, number

    def _remember(self, payload: Words, place: Ints, last: Ints, number: Ints) -> None:
        if len(self._payload):
            inside = np.minimum(place, len(self._payload) - 1)
            found = self._payload[inside] == payload
            self._received[inside[found]] = last[found]
            self._number[inside[found]] = number[found]
            payload, place, last, number = (x[~found] for x in (payload, place, last, number))
        self._payload = np.insert(self._payload, place, payload)
        self._received = np.insert(self._received, place, last)
        self._number = np.insert(self._number, place, number)
        if len(self._payload) > MOST + MOST // 4:
            late = self._next - self._number <= MOST
            self._payload = self._payload[late]
            self._received, self._number = self._received[late], self._number[late]

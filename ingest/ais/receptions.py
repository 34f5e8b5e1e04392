"""The same message heard by several stations counts once: the first to arrive."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import numpy as np

from ingest.nmea.text import Bools, Ints, Words

WITHIN: Final = 30_000_000  # microseconds between the receipts of one transmission
MOST: Final = 1 << 17  # messages remembered: over a minute of 2,000 a second


class Receptions:
    """Remembers the payloads of late; feed it messages in the order of their arrival."""

    def __init__(self) -> None:
        self._received: OrderedDict[int, int] = OrderedDict()

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
        seen = self._received
        rows = zip(payload.tolist(), received.tolist(), strict=True)
        for row, (digest, time) in enumerate(rows):
            if time < 0:
                continue
            before = seen.get(digest)
            if before is not None:
                if abs(time - before) <= WITHIN:
                    new[row] = False
                    continue
                seen.move_to_end(digest)
            seen[digest] = time
            if len(seen) > MOST:
                seen.popitem(last=False)
        return new

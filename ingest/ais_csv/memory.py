"""What was seen of late, so that a row is kept once and a claim is made only when it is new.

Everything is forgotten at every EPOCH-th row of the file, so that memory is bounded and the answer
does not depend on how the file was cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.nmea.text import Bools, Ints, Words

EPOCH: Final = 1 << 18  # rows
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


def _epochs(serial: Ints, values: Words) -> Words:
    """The values, different in every epoch."""
    return values ^ ((serial // EPOCH).astype(np.uint64) + np.uint64(1)) * _ODD


class Rows:
    """Rows that were seen: the files repeat a row for every station that heard it."""

    def __init__(self) -> None:
        self._seen: Words = np.zeros(0, np.uint64)  # sorted
        self._epoch = 0

    def first(self, serial: Ints, digest: Words) -> Bools:
        """Whether each row, numbered from 0 in the file, is seen for the first time."""
        new = np.zeros(len(serial), np.bool_)
        if not len(serial):
            return new
        different, at = np.unique(_epochs(serial, digest), return_index=True)
        place = np.minimum(np.searchsorted(self._seen, different), max(len(self._seen) - 1, 0))
        unknown = self._seen[place] != different if len(self._seen) else np.ones(len(at), np.bool_)
        new[at[unknown]] = True
        last = int(serial[-1]) // EPOCH
        if last != self._epoch:
            self._epoch, self._seen = last, self._seen[:0]
            unknown &= serial[at] // EPOCH == last
        added = different[unknown]
        self._seen = np.insert(self._seen, np.searchsorted(self._seen, added), added)
        return new


class Claims:
    """What every MMSI claimed the last time."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._epoch = 0

    def changed(self, serial: Ints, mmsi: Ints, digest: Words) -> Bools:
        """Whether each claim differs from the one of its MMSI before it.

        Parameters
        ----------
        serial, mmsi
            The rows that claim something, numbered from 0 in the file, and whose.
        digest
            Of what they claim.
        """
        changed = np.zeros(len(serial), np.bool_)
        if not len(serial):
            return changed
        value = _epochs(serial, digest)
        order = np.argsort(mmsi, kind="stable")
        who, said = mmsi[order], value[order]
        begins = np.diff(who, prepend=-1) != 0
        differs = begins | (np.diff(said.view(np.int64), prepend=0) != 0)
        for row in np.flatnonzero(begins).tolist():
            differs[row] = self._last.get(int(who[row])) != int(said[row])
        changed[order] = differs
        epoch = int(serial[-1]) // EPOCH
        if epoch != self._epoch:
            self._last.clear()
            self._epoch = epoch
        ends = np.flatnonzero(np.diff(who, append=-1) != 0)
        self._last.update(zip(who[ends].tolist(), said[ends].tolist(), strict=True))
        return changed

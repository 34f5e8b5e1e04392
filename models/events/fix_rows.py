"""All fixes of a batch as arrays, for detectors that need no look at each instant.

What does not depend on the instant before is computed for the whole batch at once; what does goes
from instant to instant with a handful of array operations, and only over the rows that matter.
Everything is elementwise, or runs along the fixes of one vessel in their order, so that nothing
depends on where the input was cut or on who else is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from models.events.going import swung
from models.events.instants import (
    SWING_M,
    Bool,
    Fixes,
    Float,
    Grounds,
    Instant,
    Int,
    Roster,
    columns_of,
)

_FLOATS = ("lon", "lat", "speed_kn", "course_deg", "sigma_m")
_INTS = ("age_s", "heard", "members")


@dataclass(frozen=True)
class Rows(Fixes):
    """Fixes of many instants, by (clock, vessel)."""

    clock_s: Int

    @staticmethod
    def of(fixes: pl.DataFrame, roster: Roster) -> Rows:
        """What `models.events.instants.newer` gave."""
        floats = [fixes[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in _FLOATS]
        ints = [fixes[name].fill_null(0).cast(pl.Int64).to_numpy() for name in _INTS]
        coasting = fixes["coasting"].fill_null(False).to_numpy()
        target = fixes["target"].fill_null("").to_numpy()
        who, clock_s = roster.numbers(fixes["vessel"]), fixes["clock_s"].to_numpy()
        columns: list[Any] = [who, *floats, *ints, coasting, target, clock_s]
        return Rows(*columns)

    def __len__(self) -> int:
        return len(self.clock_s)

    def take(self, rows: Int | Bool) -> Rows:
        """Some of them; in order."""
        return Rows(*[column[rows] for column in (*columns_of(self), self.clock_s)])

    def spans(self) -> Iterator[tuple[int, int]]:
        """Where each instant begins and ends."""
        return spans(self.clock_s)

    def instants(self) -> Iterator[Instant]:
        """Instant after instant of those that have a row."""
        columns = columns_of(self)
        for begin, end in self.spans():
            some = [column[begin:end] for column in columns]
            yield Instant(*[*some, int(self.clock_s[begin])])

    @cached_property
    def _by_vessel(self) -> tuple[Int, Int]:
        """The rows by (vessel, clock), and where each one's vessel begins among them."""
        order = np.argsort(self.who, kind="stable")
        first = np.diff(self.who[order], prepend=-1) != 0
        return order, np.maximum.accumulate(np.where(first, np.arange(len(self)), 0))

    def last(self, marked: Bool) -> Int:
        """Of each row the last marked one of its vessel, this or one before it; -1: none."""
        order, begin = self._by_vessel
        found = np.maximum.accumulate(np.where(marked[order], np.arange(len(self)), -1))
        out = np.empty(len(self), np.int64)
        out[order] = np.where(found >= begin, order[found], -1)
        return out

    def before(self, marked: Bool) -> Int:
        """Of each row the last marked one of its vessel before it; -1: none."""
        order, begin = self._by_vessel
        here = np.arange(len(self))
        out = np.empty(len(self), np.int64)
        out[order] = np.where(here > begin, self.last(marked)[order[here - 1]], -1)
        return out

    def final(self, marked: Bool) -> Int:
        """The last marked row of each vessel that has one."""
        rows = np.flatnonzero(marked)
        rows = rows[np.argsort(self.who[rows], kind="stable")]
        return np.asarray(rows[np.diff(self.who[rows], append=-1) != 0], np.int64)

    def summed(self, amounts: Int) -> Int:
        """The sum of whole numbers over each row's vessel's rows up to this one."""
        order, begin = self._by_vessel
        run = np.cumsum(amounts[order])
        out = np.empty(len(self), np.int64)
        out[order] = run - run[begin] + amounts[order[begin]]
        return out

    def seen_before_s(self, seen_s: Int, marked: Bool) -> Int:
        """When each row's vessel was seen last before it; `seen_s`, by vessel, is brought on.

        Seen is a vessel at a marked row.
        """
        at = self.before(marked)
        found = np.where(at >= 0, self.clock_s[at], seen_s[self.who])
        end = self.final(marked)
        seen_s[self.who[end]] = self.clock_s[end]
        return np.asarray(found, np.int64)


def spans(clock_s: Int) -> Iterator[tuple[int, int]]:
    """Where each run of the same number begins and ends.

    >>> list(spans(np.array([30, 30, 60]))), list(spans(np.array([], int)))
    ([(0, 2), (2, 3)], [])
    """
    begins = np.flatnonzero(np.diff(clock_s, prepend=-1))
    ends = np.flatnonzero(np.diff(clock_s, append=-1)) + 1
    return zip(begins.tolist(), ends.tolist(), strict=True)


def lies_clear_where(
    rows: Rows, grounds: Grounds, asked: Bool, new: Bool, ask: Callable[[Float, Float], Bool]
) -> Bool:
    """Which of the rows that are asked about lie clear.

    A place is asked where a boat swung away from where it was asked last.

    Parameters
    ----------
    grounds
        Where boats were asked before; it is brought on.
    new
        Rows before which what was known of their boat is forgotten.
    ask
        Whether places are clear.
    """
    out = np.zeros(len(rows), bool)
    anew = (rows.last(new) > rows.before(asked))[asked]
    out[asked] = _lies_clear(rows.take(asked), grounds, anew, ask)
    end = rows.final(asked | new)
    gone = rows.who[end[~asked[end]]]  # forgotten, and not asked since
    grounds.lon[gone], grounds.lat[gone], grounds.clear[gone] = np.nan, 0.0, False
    return out


def _lies_clear(
    rows: Rows, grounds: Grounds, new: Bool, ask: Callable[[Float, Float], Bool]
) -> Bool:
    asked = swung(rows.who, rows.lon, rows.lat, new, grounds.lon, grounds.lat, SWING_M)
    answers = np.zeros(len(rows), bool)
    answers[asked] = ask(rows.lon[asked], rows.lat[asked])
    source = rows.last(asked)
    found = np.where(source >= 0, answers[source], grounds.clear[rows.who])
    last = rows.final(asked)
    grounds.clear[rows.who[last]] = answers[last]
    return np.asarray(found, bool)

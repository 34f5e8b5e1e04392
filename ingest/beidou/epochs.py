"""What a terminal said earlier in the same second, for the sentences that follow.

A terminal tells one fix in several sentences: RMC has speed and course, GGA and GNS have HDOP,
VTG has speed and course without a time. Each position sentence stays an observation of its own,
at once; where it is silent it takes what the same terminal said *before* it in the same second,
never after, so that nothing waits and nothing depends on how the stream is cut. VTG belongs to
the second of the sentence before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.nmea.fields import Floats
from ingest.nmea.text import NONE, Bools, Ints

MOST_LINES: Final = 200  # between two sentences of one second


@dataclass
class _Last:
    line: int
    time: int
    values: tuple[float, ...]


class Epochs:
    """The last second of each terminal that spoke within the last lines."""

    def __init__(self) -> None:
        self._last: dict[str, _Last] = {}

    def filled(
        self, terminals: list[str], line: Ints, time: Ints, untimed: Bools, values: list[Floats]
    ) -> list[Floats]:
        """The values, with what was said before in the same second where they are NaN.

        Parameters
        ----------
        terminals
            Who said each sentence.
        line, time
            Ascending line numbers; times of day, NONE where the sentence tells none.
        untimed
            Which sentences never tell a time (VTG).
        values
            Columns to fill.
        """
        known = list(dict.fromkeys(terminals))
        code = {name: number for number, name in enumerate(known)}
        before = [(code[name], self._last[name]) for name in known if name in self._last]
        k = len(before)
        who = np.array([*(c for c, _ in before), *(code[name] for name in terminals)], np.int64)
        lines = np.concatenate([np.array([last.line for _, last in before], np.int64), line])
        times = np.concatenate([np.array([last.time for _, last in before], np.int64), time])
        no_time = np.concatenate([np.zeros(k, np.bool_), untimed])
        columns = [
            np.concatenate([np.array([last.values[i] for _, last in before]), column])
            for i, column in enumerate(values)
        ]
        order = np.argsort(who, kind="stable")
        times, columns = _fill(who[order], lines[order], times[order], no_time[order], [
            column[order] for column in columns
        ])  # fmt: skip
        ends = np.flatnonzero(np.diff(who[order], append=-1))
        for end in ends.tolist():
            name = known[int(who[order[end]])]
            self._last[name] = _Last(
                int(lines[order[end]]), int(times[end]), tuple(float(c[end]) for c in columns)
            )
        if len(line):
            self._forget(int(line[-1]) - MOST_LINES)
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return [column[back][k:] for column in columns]

    def _forget(self, line: int) -> None:
        self._last = {name: last for name, last in self._last.items() if last.line >= line}


def _fill(
    who: Ints, line: Ints, time: Ints, untimed: Bools, columns: list[Floats]
) -> tuple[Ints, list[Floats]]:
    """Rows of one terminal stand together, in order; times of VTG and the missing values."""
    n = len(who)
    index = np.arange(n)
    follows = np.zeros(n, np.bool_)
    follows[1:] = (who[1:] == who[:-1]) & (line[1:] - line[:-1] <= MOST_LINES)
    chain = np.maximum.accumulate(np.where(follows, 0, index)) if n else index
    teller = np.maximum.accumulate(np.where(untimed, NONE, index)) if n else index
    taken = np.where(teller >= chain, time[teller], NONE)
    time = np.where(untimed, taken, time)
    same = follows & (time != NONE)
    same[1:] &= time[1:] == time[:-1]
    start = np.maximum.accumulate(np.where(same, 0, index)) if n else index
    filled = []
    for column in columns:
        there = np.maximum.accumulate(np.where(np.isnan(column), NONE, index)) if n else index
        filled.append(np.where(there >= start, column[there], np.nan))
    return time, filled

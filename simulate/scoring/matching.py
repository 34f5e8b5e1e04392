"""Which alert is which true landing: the contract's rule, solved exactly.

Most matches first, then the higher posterior, then the nearer in time. The alerts that a matching
can cover form a matroid. So "the higher posterior" is no matter of taste: the same set is best by
sum, by its best member and by its worst; and as no posterior is nothing, the best sum has the most
matches too. Whole numbers of Python's own size carry posterior and time at once, so that no
rounding ever trades one for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.scoring.alerts import MINUTE_US, Alert
from simulate.scoring.ground import Spots
from simulate.scoring.truth import Landing

NEAR_US: Final = 30 * MINUTE_US
BEFORE_US: Final = 30 * MINUTE_US  # a duplicate begins so long before the berthing at most
AFTER_US: Final = 60 * MINUTE_US  # and so long after the landing's end

Bools = NDArray[np.bool_]
Pair = tuple[int, int]

_ONE: Final = 1 << 80  # a posterior as a whole number: exact, for none is below 1e-4


def same_time(landing: Landing, alert: Alert) -> bool:
    """Whether an alert's berthing is a landing's: it begins within 30 minutes of the true one, or
    the two intervals overlap by at least half of the longer (none where `berth_to` is open)."""
    if alert.from_us is None:
        return False
    if abs(alert.from_us - landing.from_us) <= NEAR_US:
        return True
    if alert.to_us is None:
        return False
    both_us = min(alert.to_us, landing.to_us) - max(alert.from_us, landing.from_us)
    longer_us = max(alert.to_us - alert.from_us, landing.to_us - landing.from_us)
    return 2 * both_us >= longer_us


def may_match(landings: Sequence[Landing], alerts: Sequence[Alert]) -> Bools:
    """Shape (landings, alerts): same place and same time."""
    return _at(landings, alerts, same_time)


def may_repeat(landings: Sequence[Landing], alerts: Sequence[Alert]) -> Bools:
    """Shape (landings, alerts): the alert is at the landing's pier and begins between 30 minutes
    before its berthing and one hour after its end.

    At the pier is what matches the pier: the same, or within 300 m.
    """
    return _at(landings, alerts, _same_visit)


def _same_visit(landing: Landing, alert: Alert) -> bool:
    begins_us = alert.from_us
    if begins_us is None:
        return False
    return landing.from_us - BEFORE_US <= begins_us <= landing.to_us + AFTER_US


def _at(
    landings: Sequence[Landing],
    alerts: Sequence[Alert],
    rule: Callable[[Landing, Alert], bool],
) -> Bools:
    found = np.zeros((len(landings), len(alerts)), np.bool_)
    spots, every = Spots([alert.spot for alert in alerts]), np.arange(len(alerts))
    for i, landing in enumerate(landings):
        for j in spots.at(landing.spot, every).tolist():
            found[i, j] = rule(landing, alerts[j])
    return found


def match(landings: Sequence[Landing], alerts: Sequence[Alert]) -> list[Pair]:
    """The one-to-one matching as pairs (landing, alert), by landing.

    Alerts that do not count must be left out before.
    """
    allowed = may_match(landings, alerts)
    pairs: list[Pair] = []
    for rows, columns in _clusters(allowed):
        pairs += _best(rows, columns, allowed, landings, alerts)
    return sorted(pairs)


def _clusters(allowed: Bools) -> list[tuple[list[int], list[int]]]:
    """Landings and alerts that are tied to each other, however indirectly: each on its own."""
    free = set(np.flatnonzero(allowed.any(axis=1)).tolist())
    found = []
    while free:
        rows, columns, edge = set[int](), set[int](), {min(free)}
        while edge:
            rows |= edge
            columns |= set(np.flatnonzero(allowed[sorted(edge)].any(axis=0)).tolist())
            edge = set(np.flatnonzero(allowed[:, sorted(columns)].any(axis=1)).tolist()) - rows
        free -= rows
        found.append((sorted(rows), sorted(columns)))
    return found


def _best(
    rows: list[int], columns: list[int], allowed: Bools, landings: Sequence[Landing],
    alerts: Sequence[Alert],
) -> list[Pair]:  # fmt: skip
    """The best matching of one cluster: rows are assigned to columns, or to a column of nobody."""
    apart = [[_apart_us(landings[i], alerts[j]) for j in columns] for i in rows]
    surer = len(rows) * max(map(max, apart)) + 1  # one step of posterior outweighs all times
    worth = [int(Fraction(alerts[j].posterior) * _ONE) for j in columns]
    costs = [
        [apart[r][c] - surer * worth[c] if allowed[i, j] else 0 for c, j in enumerate(columns)]
        + [0] * len(rows)
        for r, i in enumerate(rows)
    ]
    chosen = cheapest(costs)
    return [
        (i, columns[c])
        for i, c in zip(rows, chosen, strict=True)
        if c < len(columns) and allowed[i, columns[c]]
    ]


def _apart_us(landing: Landing, alert: Alert) -> int:
    return 0 if alert.from_us is None else abs(alert.from_us - landing.from_us)


def cheapest(costs: list[list[int]]) -> list[int]:
    """The column of each row in the cheapest assignment (Hungarian method, Jonker's potentials).

    Parameters
    ----------
    costs
        Whole numbers of any size, n rows by m ≥ n columns.

    >>> cheapest([[4, 1, 3], [2, 0, 5]])
    [1, 0]
    """
    n, m = len(costs), len(costs[0])
    row_price, column_price = [0] * (n + 1), [0] * (m + 1)
    owner = [0] * (m + 1)  # of a column: its row, counted from 1; column 0 holds the row in hand
    for row in range(1, n + 1):
        owner[0], at = row, 0
        least: list[int | None] = [None] * (m + 1)
        came, done = [0] * (m + 1), [False] * (m + 1)
        while owner[at]:
            done[at] = True
            here = owner[at]
            step, following = None, 0
            for j in range(1, m + 1):
                if done[j]:
                    continue
                price = costs[here - 1][j - 1] - row_price[here] - column_price[j]
                known = least[j]
                if known is None or price < known:
                    least[j], came[j], known = price, at, price
                if step is None or known < step:
                    step, following = known, j
            assert step is not None
            for j in range(m + 1):
                if done[j]:
                    row_price[owner[j]] += step
                    column_price[j] -= step
                elif j:
                    least[j] = (least[j] or 0) - step
            at = following
        while at:
            owner[at], at = owner[came[at]], came[at]
    column_of = {owner[j]: j - 1 for j in range(1, m + 1) if owner[j]}
    return [column_of[row] for row in range(1, n + 1)]

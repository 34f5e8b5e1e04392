"""Which source tracks of two kinds are near enough to each other to be compared."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.compiled import compiled
from models.fusion.filters import Bool, Float, Int
from models.fusion.nearest import nearest

REACH_M: Final = 1_500.0  # nothing farther apart is compared
MOST_NEAR: Final = 24  # of one kind around a track: a hostile feed may pile up thousands

#: Positions of the first and of the second track of each pair.
Ends = tuple[Int, Int]


@compiled
def west_to_east(x: Float, kind: Int, present: Bool) -> Int:
    """The rows that are present, kind by kind, each from west to east; `x` (n, 2 or more)."""
    at = present.nonzero()[0]
    at = at[np.argsort(x[at, 0], kind="mergesort")]
    first = np.zeros(kind.max() + 2 if len(kind) else 1, np.int64)
    for i in at:
        first[kind[i] + 1] += 1
    first = np.cumsum(first)
    order = np.empty(len(at), np.int64)
    for i in at:
        order[first[kind[i]]] = i
        first[kind[i]] += 1
    return order


@compiled
def within(places: Float, kind: Int, spread: Float, anew: Bool, order: Int) -> Ends:
    """Pairs of two kinds that are as near as their spreads allow.

    Parameters
    ----------
    places
        Shape (n, 2 or more): metres east and north, in the first two columns.
    spread
        Shape (n,): sigma of each place, in metres.
    order
        The rows that count, kind by kind, from west to east.
    """
    found, away2 = np.empty(MOST_NEAR, np.int64), np.empty(MOST_NEAR)
    one, two, k = (
        np.empty(4 * len(order) + 16, np.int64),
        np.empty(4 * len(order) + 16, np.int64),
        0,
    )
    begin = 0  # of a kind
    while begin < len(order):
        end = begin
        while end < len(order) and kind[order[end]] == kind[order[begin]]:
            end += 1
        of_kind = order[begin:end]
        for b in order[end:]:
            near = nearest(places[b, 0], places[b, 1], places, of_kind, REACH_M, found, away2)
            if k + near > len(one):
                one, two = np.append(one, np.empty_like(one)), np.append(two, np.empty_like(two))
            for i in range(near):
                a = found[i]
                reach = 4.5 * (spread[a] + spread[b] + 30.0)
                if away2[i] <= reach * reach and (anew[a] or anew[b]):
                    one[k], two[k] = a, b
                    k += 1
        begin = end
    return one[:k], two[:k]

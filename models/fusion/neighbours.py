"""Which source tracks of two kinds are near enough to each other to be compared."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from scipy.spatial import KDTree

from models.fusion.filters import Bool, Estimates, Float, Int
from models.fusion.ground import AIS_KIND, BEIDOU_KIND, Ground
from models.fusion.register import may_be_one
from models.fusion.sources import Sources, ranks

REACH_M: Final = 1_500.0  # nothing farther apart is compared
MOST_NEAR: Final = 24  # of one kind around a track: a hostile feed may pile up thousands
_CROWD: Final = 100  # tracks beside each of which so many lie, on the mean, are not all looked at

#: Positions of the first and of the second track of each pair.
Ends = tuple[Int, Int]


def neighbours(sources: Sources, now: Estimates, present: Bool, anew: Bool, ground: Ground) -> Ends:
    """Pairs of tracks of two kinds that are near each other, one of them heard anew.

    The lower kind comes first; in the order of the first, then of the second. Of each kind the
    `MOST_NEAR` nearest of a track count.
    """
    at = present.nonzero()[0]
    kind = sources["kind"][at]
    none = np.zeros(0, np.int64)
    if not len(at) or (kind == kind[0]).all():
        return none, none
    spread = np.sqrt(np.maximum(now.p[at, 0, 0], now.p[at, 1, 1]) + sources["bias_var"][at])
    one, two = _within(now.x[at, :2], kind, ground.kinds, spread)
    one, two = at[one], at[two]
    heard = anew[one] | anew[two]
    one, two = one[heard], two[heard]
    good = _open(sources, one, two, ground)
    if not good.all():
        one, two = one[good], two[good]
    order = np.lexsort((two, one))
    return one[order], two[order]


def _open(sources: Sources, one: Int, two: Int, ground: Ground) -> Bool:
    """Whether they may be one: at a berth an MMSI lies beside many a BeiDou address."""
    kind, stopped = sources["kind"], sources["stopped"]
    good = np.ones(len(one), np.bool_)
    lying = (kind[one] == AIS_KIND) & (kind[two] == BEIDOU_KIND) & (stopped[one] | stopped[two])
    at = lying.nonzero()[0]
    good[at] = may_be_one(sources, one[at], two[at], ground)
    return good


def _within(xy: Float, kind: Int, kinds: int, spread: Float) -> Ends:
    """Pairs of two kinds that are as near as their spreads allow."""
    pairs = _beside(xy, kind)
    one, two = pairs or _nearest(xy, kind, kinds)
    east, north = xy[one, 0] - xy[two, 0], xy[one, 1] - xy[two, 1]
    metres2 = east * east + north * north
    reach = 4.5 * (spread[one] + spread[two] + 30.0)
    near = (metres2 <= reach * reach) & (metres2 < REACH_M * REACH_M)
    group = two * kinds + kind[one]
    if pairs and np.bincount(group[metres2 < REACH_M * REACH_M]).max(initial=0) > MOST_NEAR:
        _thin(near, group, metres2)
    return one[near], two[near]


def _thin(near: Bool, group: Int, metres2: Float) -> None:
    """Leave of what is `near` in each group only what is among the `MOST_NEAR` nearest of all."""
    farthest = np.full(int(group.max()) + 1, -1.0)
    np.maximum.at(farthest, group[near], metres2[near])
    at = (metres2 <= farthest[group]).nonzero()[0]
    if np.bincount(group[at]).max(initial=0) > MOST_NEAR:
        at = at[np.lexsort((at, metres2[at], group[at]))]
        near[at[ranks(group[at]) >= MOST_NEAR]] = False


def _beside(xy: Float, kind: Int) -> Ends | None:
    """All pairs that are within reach in the east; None where these are too many."""
    n = len(xy)
    order = np.argsort(xy[:, 0])
    east = xy[order, 0]
    others = np.searchsorted(east, east + REACH_M) - np.arange(1, n + 1)
    before = np.cumsum(others)
    if before[-1] > _CROWD * n:
        return None
    left = np.repeat(order, others)
    next_ = np.arange(before[-1]) - np.repeat(before - others, others)  # 0, 1, … of each left
    right = order[next_ + np.repeat(np.arange(1, n + 1), others)]
    a, b = kind[left], kind[right]
    rather = (a != b).nonzero()[0]
    left, right, low = left[rather], right[rather], (a < b)[rather]
    return np.where(low, left, right), np.where(low, right, left)


def _nearest(xy: Float, kind: Int, kinds: int) -> Ends:
    """For every track the nearest within reach of each lower kind."""
    ones, twos = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    of_kind = [(kind == k).nonzero()[0] for k in range(kinds)]
    trees = [KDTree(xy[at]) if len(at) else None for at in of_kind]
    for a, b in combinations(range(kinds), 2):
        tree = trees[a]
        if tree is None or trees[b] is None:
            continue
        most = min(MOST_NEAR, len(of_kind[a]))
        ranks = list(range(1, most + 1))
        _, found = tree.query(xy[of_kind[b]], k=ranks, distance_upper_bound=REACH_M)
        nearest = np.asarray(found, np.int64)
        row, column = np.nonzero(nearest < len(of_kind[a]))
        ones.append(of_kind[a][nearest[row, column]])
        twos.append(of_kind[b][row])
    return np.concatenate(ones), np.concatenate(twos)

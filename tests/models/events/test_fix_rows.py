"""The fixes of a batch as arrays, and who is near whom: as the plain loops say it."""

from __future__ import annotations

import numpy as np
import pytest
from made_fixes import EAST_DEG_M, LAT, LON, NORTH_DEG_M

from geo.plane import distance_m
from models.events.fix_rows import Rows
from models.events.near_pairs import MOST_IN_CELL, near_pairs, thinned


def rows(seed: int, boats: int, instants: int, across_m: float = 3000.0) -> Rows:
    """Boats that come and go, anywhere in a square."""
    rng = np.random.default_rng(seed)
    clock_s, who = np.divmod(np.flatnonzero(rng.random(boats * instants) < 0.7), boats)
    n = len(who)
    lon, lat = rng.uniform(0, across_m, (2, n))
    zeros, nobody = np.zeros(n), np.zeros(n, np.int64)
    return Rows(
        who, LON + lon / EAST_DEG_M, LAT + lat / NORTH_DEG_M, zeros, zeros, zeros,
        nobody, nobody, nobody, np.zeros(n, bool), np.full(n, "", object), clock_s * 30,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_of_a_vessel_s_rows_is_what_a_loop_over_them_says(seed: int) -> None:
    of = rows(seed, 7, 20)
    rng = np.random.default_rng(seed)
    marked, amounts = rng.random(len(of)) < 0.3, rng.integers(0, 9, len(of))
    last, sums = np.full(7, -1), np.zeros(7, np.int64)
    seen_s = np.full(7, -100)
    mine = of.seen_before_s(after := seen_s.copy(), marked)
    for row, who in enumerate(of.who.tolist()):
        assert of.before(marked)[row] == last[who]
        assert mine[row] == seen_s[who]
        sums[who] += amounts[row]
        if marked[row]:
            last[who], seen_s[who] = row, of.clock_s[row]
        assert of.last(marked)[row] == last[who]
        assert of.summed(amounts)[row] == sums[who]
    assert sorted(of.final(marked)) == sorted(last[last >= 0])
    assert after.tolist() == seen_s.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_those_of_all_pairs_of_an_instant(seed: int) -> None:
    of = rows(seed, 40, 12)
    some = np.flatnonzero(np.random.default_rng(seed).random(len(of)) < 0.8)
    a, b, metres = near_pairs(of, some, 300.0)
    i, j = np.triu_indices(len(some), 1)
    i, j = some[i], some[j]
    apart_m = distance_m(of.lon[i], of.lat[i], of.lon[j], of.lat[j])
    near = (of.clock_s[i] == of.clock_s[j]) & (apart_m <= 300.0)
    assert near.sum() > 50
    assert list(zip(a, b, metres, strict=True)) == list(
        zip(i[near], j[near], apart_m[near], strict=True)
    )


def test_a_crowd_is_left_out_at_the_instants_at_which_it_is_one() -> None:
    of = rows(1, MOST_IN_CELL + 15, 9, across_m=1.0)
    fit, left_out = thinned(of, np.arange(len(of)), 300.0)
    _, count = np.unique(of.clock_s, return_counts=True)
    assert 0 < (count <= MOST_IN_CELL).sum() < 9
    assert len(fit) == count[count <= MOST_IN_CELL].sum()
    assert left_out == len(of) - len(fit)

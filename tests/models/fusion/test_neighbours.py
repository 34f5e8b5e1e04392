"""The nearest of each kind, found by a sweep that stops where nothing nearer can follow."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from models.fusion.nearest import nearest
from models.fusion.neighbours import MOST_NEAR, REACH_M, within

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def swept(xy: Float, kind: Int, spread: Float, anew: bool = True) -> set[tuple[int, int]]:
    order = np.lexsort((xy[:, 0], kind))
    one, two = within(xy, kind, spread, np.full(len(xy), anew), order)
    pairs = set(zip(one.tolist(), two.tolist(), strict=True))
    assert len(pairs) == len(one)
    return pairs


def tried(xy: Float, kind: Int, spread: Float) -> set[tuple[int, int]]:
    """The same by looking at everything."""
    pairs = set()
    for b in range(len(xy)):
        away = np.hypot(*(xy - xy[b]).T)
        for of_kind in range(kind[b]):
            mine = np.flatnonzero((kind == of_kind) & (away < REACH_M))
            mine = mine[np.argsort(away[mine])][:MOST_NEAR]
            near = mine[away[mine] <= 4.5 * (spread[mine] + spread[b] + 30.0)]
            pairs |= {(int(a), b) for a in near}
    return pairs


@pytest.mark.parametrize("side_m", [100.0, 500.0, 3_000.0, 30_000.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_finds_the_pairs_that_looking_at_all_finds(side_m: float, seed: int) -> None:
    rng = np.random.default_rng([seed, int(side_m)])
    xy = rng.uniform(0, side_m, (200, 2))
    kind, spread = rng.integers(0, 4, 200), rng.uniform(5, 300, 200)
    found = swept(xy, kind, spread)
    assert found
    assert found == tried(xy, kind, spread)
    assert not swept(xy, kind, spread, anew=False)


def test_of_a_crowd_each_is_compared_with_the_nearest_of_a_kind_only() -> None:
    rng = np.random.default_rng(3)
    xy, kind = rng.uniform(0, 100, (300, 2)), np.repeat([0, 1], 150)
    found = swept(xy, kind, np.full(300, 50.0))
    two = np.array([b for _, b in found])
    assert (np.bincount(two)[150:] == MOST_NEAR).all()
    away = np.hypot(*(xy[:150] - xy[200]).T)
    assert {a for a, b in found if b == 200} == set(np.argsort(away)[:MOST_NEAR].tolist())


def test_a_pile_of_ten_thousand_is_looked_at_in_a_second() -> None:
    rng = np.random.default_rng(4)
    n = 10_000
    xy, kind = rng.normal(0, 50, (n, 2)), np.repeat([0, 2], n // 2)
    swept(xy[:10], kind[:10], np.ones(10))  # compiled
    began = time.process_time()
    assert swept(xy, kind, np.full(n, 20.0))
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("search", [nearest, nearest.py_func])  # type: ignore[attr-defined]
def test_places_of_one_longitude_or_at_infinity_are_searched_as_others_are(
    search: Callable[..., int],
) -> None:
    places = np.array([[0.0, 5.0], [0.0, -1.0], [0.0, 3.0], [np.inf, 0.0], [1e200, 1e200]])
    found, away2 = np.empty(2, np.int64), np.empty(2)
    assert search(0.0, 0.0, places, np.arange(5), 10.0, found, away2) == 2
    assert found.tolist() == [1, 2]
    assert away2.tolist() == [1.0, 9.0]
    assert search(0.0, 0.0, places, np.arange(0), 10.0, found, away2) == 0

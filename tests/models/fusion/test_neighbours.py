"""The nearest of each kind, found in one sweep or, in a crowd, by trees."""

from __future__ import annotations

import numpy as np
import pytest

from models.fusion import neighbours
from models.fusion.neighbours import MOST_NEAR, REACH_M


@pytest.mark.parametrize("side_m", [500.0, 3_000.0, 30_000.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_finds_the_pairs_that_the_trees_find(
    side_m: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng([seed, int(side_m)])
    xy = rng.uniform(0, side_m, (200, 2))
    kind, spread = rng.integers(0, 4, 200), rng.uniform(5, 300, 200)
    swept = neighbours._within(xy, kind, 4, spread)
    assert len(swept[0])
    monkeypatch.setattr(neighbours, "_CROWD", 0)
    trees = neighbours._within(xy, kind, 4, spread)
    assert sorted(zip(*swept, strict=True)) == sorted(zip(*trees, strict=True))
    assert (kind[swept[0]] < kind[swept[1]]).all()
    assert np.hypot(*(xy[swept[0]] - xy[swept[1]]).T).max() < REACH_M


def test_of_a_crowd_each_is_compared_with_the_nearest_of_a_kind_only() -> None:
    rng = np.random.default_rng(3)
    xy, kind = rng.uniform(0, 100, (300, 2)), np.repeat([0, 1], 150)
    one, two = neighbours._within(xy, kind, 2, np.full(300, 50.0))
    assert (np.bincount(two)[150:] == MOST_NEAR).all()
    away = np.hypot(*(xy[:150] - xy[200]).T)
    assert set(one[two == 200]) == set(np.argsort(away)[:MOST_NEAR])

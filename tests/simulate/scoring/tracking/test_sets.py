"""GOSPA and OSPA: the oracles of methods 2.4, brute force, and Stone Soup's own figures."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.types.state import State

from simulate.scoring.tracking.sets import Float, gospa, matching, ospa

TRUE = np.array([[0.0, 0.0], [100.0, 0.0]])
FOUND = np.array([[3.0, 4.0], [100.0, 0.0], [500.0, 500.0]])
NOBODY = np.zeros((0, 2))
AT = datetime(2026, 3, 1, tzinfo=UTC)

points = st.lists(
    st.tuples(st.integers(-300, 300), st.integers(-300, 300)), max_size=6
).map(lambda rows: np.array(rows, np.float64).reshape(-1, 2))  # fmt: skip


@pytest.mark.parametrize(("cutoff", "distance", "false"), [(10, 8.66025, 50), (200, 141.5097, 2e4)])
def test_gospa_of_the_oracle_splits_into_localisation_missed_and_false(
    cutoff: float, distance: float, false: float
) -> None:
    found = gospa(FOUND, TRUE, cutoff)
    assert found.distance == pytest.approx(distance, abs=5e-5)
    assert (found.localisation, found.missed, found.false) == (25.0, 0.0, false)
    assert found.found.tolist() == found.true.tolist() == [0, 1]


@pytest.mark.parametrize(("cutoff", "distance"), [(10, 6.45497), (200, 115.50613)])
def test_ospa_of_the_oracle(cutoff: float, distance: float) -> None:
    assert ospa(FOUND, TRUE, cutoff) == pytest.approx(distance, abs=5e-6)


def test_nothing_found_is_missed_and_nothing_there_is_false() -> None:
    assert gospa(NOBODY, TRUE, 10).missed == 100.0
    assert gospa(TRUE, NOBODY, 10).false == 100.0
    assert gospa(NOBODY, NOBODY).distance == ospa(NOBODY, NOBODY) == 0.0
    assert ospa(NOBODY, TRUE, 10) == ospa(TRUE, NOBODY, 10) == 10.0


def brute(found: Float, true: Float, cutoff: float) -> float:
    """The least Σ min(d, c)² over all ways to pair the smaller set with the larger."""
    few, many = sorted((found, true), key=len)
    cut = np.minimum(np.sqrt(((few[:, None] - many[None]) ** 2).sum(axis=2)), cutoff) ** 2
    return min(
        float(sum(cut[i, j] for i, j in enumerate(way)))
        for way in itertools.permutations(range(len(many)), len(few))
    )


@settings(deadline=None)
@given(points, points, st.sampled_from([5.0, 60.0, 250.0]))
def test_the_matching_is_the_best_of_all(found: Float, true: Float, cutoff: float) -> None:
    one = gospa(found, true, cutoff)
    least = brute(found, true, cutoff) + abs(len(found) - len(true)) * cutoff**2 / 2
    assert one.distance**2 == pytest.approx(least, rel=1e-9, abs=1e-9)
    i, j, apart = matching(found, true, cutoff)
    assert len(set(i.tolist())) == len(i) == len(set(j.tolist()))
    assert (apart < cutoff).all()


@settings(deadline=None)
@given(points, points)
def test_a_distance_is_symmetric_and_nought_of_the_same(found: Float, true: Float) -> None:
    assert gospa(found, true).distance == pytest.approx(gospa(true, found).distance)
    assert ospa(found, true) == pytest.approx(ospa(true, found))
    assert gospa(true, true).distance == ospa(true, true) == 0.0


def states(xy: Float) -> list[State]:
    return [State(row[:, None], timestamp=AT) for row in xy]


def scattered(seed: int, over_m: float) -> tuple[Float, Float]:
    """What was found, and 40 true points: 33 found with noise, 9 that are nothing."""
    dice = np.random.default_rng(seed)
    true = dice.uniform(0, over_m, (40, 2))
    near = true[:33] + dice.normal(0, 60, (33, 2))
    return np.concatenate([near, dice.uniform(0, over_m, (9, 2))]), true


@pytest.mark.parametrize("power", [1.0, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_stone_soup_gives_the_same_gospa_to_1e_6(seed: int, power: float) -> None:
    found, true = scattered(seed, 1_500)
    theirs, _ = GOSPAMetric(p=power, c=200.0).compute_gospa_metric(states(found), states(true))
    ours = gospa(found, true, 200.0, power)
    for name in ("distance", "localisation", "missed", "false"):
        assert getattr(ours, name) == pytest.approx(theirs.value[name], rel=1e-6), name


@pytest.mark.parametrize(("power", "over_m"), [(1.0, 1_500), (2.0, 12_000)])
@pytest.mark.parametrize("seed", range(5))
def test_stone_soup_gives_the_same_ospa_to_1e_6(seed: int, power: float, over_m: float) -> None:
    found, true = scattered(seed, over_m)
    theirs = OSPAMetric(p=power, c=200.0).compute_OSPA_distance(states(found), states(true))
    assert ospa(found, true, 200.0, power) == pytest.approx(theirs.value, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_in_a_crowd_stone_soup_pairs_by_plain_distance_and_is_never_below(seed: int) -> None:
    """Its OSPA of order 2 takes the matching that is best for order 1 (version 1.9.1)."""
    found, true = scattered(seed, 1_500)
    theirs = OSPAMetric(p=2.0, c=200.0).compute_OSPA_distance(states(found), states(true))
    assert ospa(found, true) <= theirs.value + 1e-9
    assert ospa(found, true) == pytest.approx(theirs.value, rel=0.05)

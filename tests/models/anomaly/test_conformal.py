"""Conformal p-values keep what they promise, whatever the scores mean."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binomtest, false_discovery_control

from models.anomaly.conformal import (
    LEAST,
    discoveries,
    nats,
    p_values,
    realised,
    realised_rate,
    strata,
)
from models.anomaly.features import PIER_CLASSES, REGIMES

ALL = [(c, r) for c in PIER_CLASSES for r in REGIMES]
scores = st.lists(st.integers(-50, 50), min_size=2, max_size=60)


@given(scores)
def test_each_of_exchangeable_scores_in_turn_has_a_low_p_no_more_often_than_promised(
    values: list[int],
) -> None:
    """The proof of validity, carried out: of n + 1 scores at most k have p ≤ k / (n + 1)."""
    p = []
    for k, tested in enumerate(values):
        rest = np.sort(np.array(values[:k] + values[k + 1 :], np.float64))
        p.append(round(float(p_values(rest, [tested])[0]) * len(values)))
    for k in range(1, len(values) + 1):
        below = sum(one <= k for one in p)
        assert below <= k
        if len(set(values)) == len(values):
            assert below == k


@given(scores, st.integers(-60, 60), st.integers(-60, 60))
def test_a_higher_score_never_has_fewer_nats(values: list[int], one: int, other: int) -> None:
    known = np.sort(np.array(values, np.float64))
    low, high = (float(p) for p in p_values(known, [min(one, other), max(one, other)]))
    assert 1 / (len(values) + 1) <= high <= low <= 1
    assert -2 <= nats(low) <= nats(high) <= 2


def test_the_nats_gain_nothing_on_nights_without_landings() -> None:
    """The mean of exp(nats) over uniform p is at most 1; it is 1 but for the cap."""
    mean, _ = quad(lambda p: math.exp(nats(p)), 0, 1, points=[0.00458])
    assert 0.95 < mean <= 1.0
    assert nats(1e-9) == 2.0
    assert nats(1.0) == pytest.approx(math.log(0.5))


@pytest.mark.parametrize(
    ("n", "alpha", "low", "high"),
    [
        (200, 0.01, 0.0018, 0.0235),
        (1000, 0.01, 0.0054, 0.0157),
        (1000, 0.005, 0.0020, 0.0091),
        (5000, 0.001, 0.0004, 0.0018),
    ],
)
def test_the_rate_that_happens_lies_in_the_band_of_the_text(
    n: int, alpha: float, low: float, high: float
) -> None:
    assert realised_rate(n, alpha) == pytest.approx((low, high), abs=5.1e-5)
    rng = np.random.default_rng(n)
    rates = []
    for _ in range(400):
        known = np.sort(rng.normal(size=n))
        limit = known[n - math.floor((n + 1) * alpha)]  # above it p ≤ α
        rates.append(0.5 * math.erfc(limit / math.sqrt(2)))
    inside = np.mean([low <= rate <= high for rate in rates])
    assert inside == pytest.approx(0.9, abs=0.05)
    assert np.mean(rates) <= alpha * 1.1


def test_an_alpha_below_the_floor_is_never_reached() -> None:
    assert realised_rate(998, 0.001) == (0.0, 0.0)
    assert realised_rate(999, 0.001)[1] > 0.001  # methods 5.3: α = 0.001 needs n ≥ 999
    assert p_values(np.arange(998.0), [1e9])[0] > 0.001
    assert p_values(np.arange(999.0), [1e9])[0] == 0.001


@given(st.dictionaries(st.sampled_from(ALL), st.integers(0, 900)))
def test_strata_with_too_few_are_merged_until_each_has_enough(
    counts: dict[tuple[str, str], int],
) -> None:
    groups = strata(counts)
    assert sorted(groups) == sorted(ALL)
    different = set(groups.values())
    assert sorted(s for group in different for s in group) == sorted(ALL)
    assert all(stratum in group for stratum, group in groups.items())
    sizes = [sum(counts.get(s, 0) for s in group) for group in different]
    assert len(sizes) == 1 or min(sizes) >= LEAST
    assert strata(dict(reversed(counts.items()))) == groups


def test_a_stratum_with_enough_stands_alone_and_a_small_one_joins_its_pier_class_first() -> None:
    counts = dict.fromkeys(ALL, 300) | {("idle", "festival"): 20, ("idle", "calm"): 500}
    groups = strata(counts)
    assert groups["low", "festival"] == (("low", "festival"),)
    assert groups["idle", "moratorium"] == (("idle", "moratorium"),)
    assert groups["idle", "festival"] == (("idle", "calm"), ("idle", "festival"))


@given(st.lists(st.floats(0.001, 1.0), max_size=40), st.sampled_from([0.05, 0.2, 0.5]))
def test_discoveries_are_those_of_benjamini_and_hochberg(p: list[float], q: float) -> None:
    found = discoveries(p, q)
    assert len(found) == len(p)
    if p:
        adjusted = false_discovery_control(p)
        clear = np.abs(adjusted - q) > 1e-9  # at q itself the last digit decides
        assert (found == (adjusted <= q))[clear].all()


@given(st.lists(st.floats(0.0, 1.0), min_size=200, max_size=260), st.sampled_from([0.05, 0.5]))
def test_a_night_for_each_pier_night_gives_the_exact_binomial_interval(
    p: list[float], alpha: float
) -> None:
    found = realised(p, range(len(p)), alpha)
    assert (found.count, found.of) == (sum(one <= alpha for one in p), len(p))
    exact = binomtest(found.count, found.of).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.002)


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.integers(0, 9)), max_size=60), st.randoms())
def test_nights_that_go_wrong_together_widen_the_interval_and_their_order_is_nothing(
    said: list[tuple[float, int]], dice: Random
) -> None:
    p, nights = [one for one, _ in said], [night for _, night in said]
    found = realised(p, nights, 0.3)
    dice.shuffle(said)
    assert realised([one for one, _ in said], [night for _, night in said], 0.3) == found
    if len(set(nights)) < 2:
        assert (found.low, found.high) == (None, None)
    else:
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low <= found.count / found.of <= found.high <= 1.0


def test_all_that_was_too_unusual_in_one_night_is_hardly_more_known_than_one_night_is() -> None:
    p, together = [0.001] * 20 + [0.5] * 480, [n // 20 for n in range(500)]
    apart = [n % 25 for n in range(500)]
    wide, narrow = realised(p, together, 0.01), realised(p, apart, 0.01)
    assert (wide.count, wide.of) == (narrow.count, narrow.of) == (20, 500)
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.low is not None
    assert wide.high is not None
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert wide.low < 0.01 < narrow.low

"""Tail probabilities: pyod's ECOD to 1e-6, and the three reasons that are named."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_candidates import candidates
from numpy.typing import NDArray
from scipy.stats import skew
from sklearn.datasets import load_breast_cancer, load_wine

from models.anomaly.ecod import Tails, outlyingness
from models.anomaly.features import FEATURES

Floats = NDArray[np.float64]


def plain(matrix: Floats) -> Floats:
    """Li et al. 2022 as pyod has it, written down without any care for speed."""
    n, width = matrix.shape
    total = np.zeros(n)
    for j in range(width):
        column = matrix[:, j]
        low = np.array([-np.log(np.sum(column <= x) / n) for x in column])
        high = np.array([-np.log(np.sum(column >= x) / n) for x in column])
        by_skewness = low if skew(column) < 0 else high
        total += np.maximum(np.maximum(low, high), by_skewness)
    return total


@pytest.mark.parametrize(
    ("load", "first", "total"),
    [
        (load_wine, [24.9370788, 19.18145358, 18.34960761, 28.77295445, 17.08050473, 22.87736053],
         3763.7359855488903),
        (load_breast_cancer,
         [88.67508418, 46.34903921, 56.67012906, 86.76529878, 55.47860689, 49.10952155],
         28597.013905869455),
    ],
)  # fmt: skip
def test_scores_are_those_of_pyod(load: object, first: list[float], total: float) -> None:
    """Written down from pyod 3.6.7, `ECOD().fit(data).decision_scores_`."""
    scores = outlyingness(load().data)  # type: ignore[operator]
    assert scores[:6] == pytest.approx(first, abs=1e-6)
    assert scores.sum() == pytest.approx(total, abs=1e-6)


def test_ties_are_counted_as_pyod_counts_them() -> None:
    numbers = np.arange(1, 31, dtype=float).reshape(10, 3) ** [1, 2, 0.5]
    numbers[3] = 7.0
    numbers[7, 1] = numbers[2, 1]
    theirs = [6.90775528, 4.42284863, 2.81341072, 4.82831374, 2.30258509, 2.30258509, 2.81341072,
              2.81341072, 4.42284863, 6.2146081]  # fmt: skip
    assert outlyingness(numbers) == pytest.approx(theirs, abs=1e-6)


@given(arrays(np.float64, st.tuples(st.integers(3, 40), st.integers(1, 4)),
              elements=st.integers(-20, 60).map(lambda k: k / 4)))  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_scores_are_those_of_the_plain_definition(matrix: Floats) -> None:
    varied = [j for j in range(matrix.shape[1]) if np.ptp(matrix[:, j]) > 0]
    assert outlyingness(matrix) == pytest.approx(plain(matrix[:, varied]), abs=1e-9)


def test_the_three_features_farthest_out_are_named_with_their_side_and_share() -> None:
    known = candidates(1, 999)
    row = candidates(2, 1, silence_min=500.0, turn_deg=-90.0, length_m=400.0, hour_h=0.0).row(
        0, named=True
    )
    named = Tails(known).most_unusual({name: row[name] for name in FEATURES})
    assert [t.feature for t in sorted(named, key=lambda t: t.feature)] == [
        "length_m", "silence_min", "turn_deg",
    ]  # fmt: skip
    sides = {t.feature: t.side for t in named}
    assert sides == {"length_m": "high", "silence_min": "high", "turn_deg": "low"}
    for tail in named:
        assert tail.share == 1 / (known[tail.feature].drop_nulls().len() + 1)


def test_that_a_number_is_not_known_can_be_the_unusual_thing() -> None:
    known = candidates(1, 399, length_m=18.0, hour_h=0.0)
    middle = {name: known[name].median() for name in FEATURES}
    first = Tails(known).most_unusual({**middle, "length_m": None})[0]  # type: ignore[dict-item]
    assert (first.feature, first.value, first.side, first.share) == (
        "length_m", None, "unknown", 1 / 400,
    )  # fmt: skip


def test_the_order_of_the_rows_that_were_learned_changes_no_tail() -> None:
    known, row = candidates(1, 300), candidates(2, 1).row(0, named=True)
    shuffled = known.sample(fraction=1.0, shuffle=True, seed=1)
    assert Tails(known).most_unusual(row) == Tails(shuffled).most_unusual(row)
    assert isinstance(known, pl.DataFrame)

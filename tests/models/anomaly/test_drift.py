"""What moves away from what was learned is said; what stays where it was is not."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from made_candidates import candidates
from scipy.stats import kstest

from models.anomaly.drift import Drift, drift, stability_index, uniformity

NIGHT = 20_500


@pytest.mark.parametrize("n", [200, 700, 3000])
@pytest.mark.parametrize("power", [1.0, 1.1, 1.5])
def test_uniformity_is_that_of_kolmogorov_and_smirnov(n: int, power: float) -> None:
    p = np.random.default_rng(n).random(n) ** power
    assert uniformity(p) == pytest.approx(kstest(p, "uniform").pvalue, abs=0.01)
    assert uniformity(p[::-1]) == uniformity(p)


def test_the_stability_index_is_the_sum_over_the_bins() -> None:
    before = pl.Series(range(100), dtype=pl.Float64)
    assert stability_index(before, before) == 0.0
    half = pl.Series([5.0] * 50 + [None] * 50)  # half in the first tenth, half not known
    expected = 0.4 * math.log(0.5 / 0.1) + 9 * 0.0999 * math.log(0.1 / 0.0001)
    expected += 0.4999 * math.log(0.5 / 0.0001)
    assert stability_index(before, half) == pytest.approx(expected)


def weeks(*, now: float | None, n: int = 60) -> pl.DataFrame:
    planted = {} if now is None else {"length_m": now}
    old = [candidates(k, n, NIGHT - k) for k in range(7, 28)]
    return pl.concat([*old, *(candidates(k, n, NIGHT - k, **planted) for k in range(7))])


def said(*p: float) -> pl.DataFrame:
    return pl.DataFrame({"night": [NIGHT - k % 7 for k in range(len(p))], "p": p})


def test_a_feature_that_moved_is_named_and_nothing_else() -> None:
    words = drift(weeks(now=40.0), said(), NIGHT).words()
    assert [(code, params["feature"]) for code, params in words] == [("feature_moved", "length_m")]
    assert words[0][1]["psi"] > 0.2
    assert drift(weeks(now=None), said(), NIGHT).words() == ()


def test_p_values_that_are_too_low_are_said_and_uniform_ones_are_not() -> None:
    even = [(k + 0.5) / 400 for k in range(400)]
    assert drift(weeks(now=None), said(*even), NIGHT).words() == ()
    ((code, params),) = drift(weeks(now=None), said(*(x**2 for x in even)), NIGHT).words()
    assert code == "p_values_not_uniform"
    assert params["p"] < 0.001


def test_too_little_says_nothing() -> None:
    assert drift(weeks(now=40.0, n=5), said(0.001, 0.002), NIGHT) == Drift()

"""The best assignment of plots to targets, against the whole cost table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from models.fusion import scan_pairs
from models.fusion.filters import Estimates, Measurements, turned
from models.fusion.scans import Scan, usable

pytestmark = pytest.mark.timeout(TIMEOUT_S)

DETECTION, CLUTTER_M2, GATE = 0.8, 1e-6, 13.816


def world(seed: int, targets: int, plots: int, wide_m: float) -> tuple[Estimates, Measurements]:
    """Targets and plots strewn over a square, with noise of their own each."""
    rng = np.random.default_rng(seed)
    x, p = np.zeros((targets, 4)), np.zeros((targets, 4, 4))
    x[:, :2] = rng.uniform(0, wide_m, (targets, 2))
    angle = rng.uniform(0, np.pi, (2, max(targets, plots)))
    along = np.stack([np.cos(angle), np.sin(angle)], axis=2)
    spread = rng.uniform(25.0, 2500.0, (2, targets))
    p[:, :2, :2] = turned(along[0, :targets], *spread)
    noise = rng.uniform(25.0, 900.0, (2, plots))
    xy = rng.uniform(0, wide_m, (plots, 2))
    scan = Scan("R1", 0, xy, along[1, :plots], *noise, DETECTION, CLUTTER_M2)
    return Estimates(x, p, np.zeros(targets, np.int64)), usable(scan, plots).seen


def table(targets: Estimates, plots: Measurements) -> np.ndarray:
    """Cost of every pair against a miss; +inf outside the gate."""
    noise = turned(plots.along, plots.along_var, plots.across_var)
    costs = np.full((len(targets), len(plots.t_us)), np.inf)
    for i in range(len(targets)):
        for j in range(len(plots.t_us)):
            s = targets.p[i, :2, :2] + noise[j]
            apart = plots.xy[j] - targets.x[i, :2]
            d2 = float(apart @ np.linalg.inv(s) @ apart)
            density = math.exp(-d2 / 2) / (2 * math.pi * math.sqrt(np.linalg.det(s)))
            if d2 <= GATE and density > 0:
                odds = DETECTION * density / (CLUTTER_M2 * (1 - DETECTION))
                costs[i, j] = -math.log(odds)
    return costs


@examples(60)
@given(
    st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 12),
    st.sampled_from([100.0, 400.0, 3000.0]),
)  # fmt: skip
def test_no_other_assignment_costs_less(
    seed: int, n_targets: int, n_plots: int, wide_m: float
) -> None:
    targets, plots = world(seed, n_targets, n_plots, wide_m)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan_pairs, "MOST_PLOTS", 99)  # the table has them all too
        row, plot, cost = scan_pairs.assign(targets, plots, GATE, DETECTION, CLUTTER_M2)
    costs = table(targets, plots)
    assert len(set(row.tolist())) == len(row)
    assert len(set(plot.tolist())) == len(plot)
    np.testing.assert_allclose(cost, costs[row, plot], atol=1e-6)
    gains = np.where(costs < 0, -costs, 0.0)
    best = gains[linear_sum_assignment(gains, maximize=True)].sum()
    assert -cost.sum() == pytest.approx(best, abs=1e-6)


@examples(40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 12))
def test_further_plots_are_as_dense_as_their_targets_strew_them(
    seed: int, n_targets: int, n_plots: int
) -> None:
    targets, plots = world(seed, n_targets, n_plots, 400.0)
    density = scan_pairs.strewn(targets, plots, GATE, 0.5, 13.0)
    noise = turned(plots.along, plots.along_var, plots.across_var) + 169.0 * np.eye(2)
    for j in range(n_plots):
        there = 0.0
        for i in range(n_targets):
            s, apart = targets.p[i, :2, :2] + noise[j], plots.xy[j] - targets.x[i, :2]
            d2 = float(apart @ np.linalg.inv(s) @ apart)
            if d2 <= GATE:
                there += 0.5 * math.exp(-d2 / 2) / (2 * math.pi * math.sqrt(np.linalg.det(s)))
        assert density[j] == pytest.approx(there, rel=1e-9)


def test_pieces_of_few_pairs_give_the_same() -> None:
    targets, plots = world(3, 200, 300, 3000.0)
    whole = scan_pairs.assign(targets, plots, GATE, DETECTION, CLUTTER_M2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan_pairs, "MOST_PAIRS", 7)
        cut = scan_pairs.assign(targets, plots, GATE, DETECTION, CLUTTER_M2)
    assert len(whole[0]) > 20
    for one, two in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_crowd_is_paired_cheapest_first() -> None:
    targets, plots = world(5, 60, 60, 400.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan_pairs, "MOST_TOGETHER", 0)
        row, plot, cost = scan_pairs.assign(targets, plots, GATE, DETECTION, CLUTTER_M2)
    assert len(row) == len(set(row.tolist())) == len(set(plot.tolist())) > 30
    costs = table(targets, plots)
    best = np.unravel_index(np.argmin(costs), costs.shape)
    assert (int(best[0]), int(best[1])) in set(zip(row.tolist(), plot.tolist(), strict=True))
    exact = scan_pairs.assign(targets, plots, GATE, DETECTION, CLUTTER_M2)
    assert cost.sum() >= exact[2].sum()


def test_a_plot_in_dense_clutter_is_no_better_than_a_miss() -> None:
    targets, plots = world(1, 1, 1, 1.0)
    near = scan_pairs.assign(targets, plots, GATE, DETECTION, 1e-6)
    crowd = scan_pairs.assign(targets, plots, GATE, DETECTION, 1.0)
    assert len(near[0]) == 1
    assert len(crowd[0]) == 0

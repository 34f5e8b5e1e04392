"""Filters beside the published oracles of methods 2.4 and beside Stone Soup."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2
from stonesoup.mixturereducer.gaussianmixture import CovarianceIntersection
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantVelocity,
    OrnsteinUhlenbeck,
)
from stonesoup.types.state import GaussianState

from models.fusion.filters import (
    CHI2_2,
    CHI2_4,
    NOT_MEASURED,
    Estimates,
    Measurements,
    begin,
    intersect,
    invert,
    larger_axis_m,
    mahalanobis,
    predict,
    turned,
    update,
)

EAST = np.array([[1.0, 0.0]])


def seen(
    x: float, y: float, t_s: float, *, var: float = 100.0, speed: tuple[float, float] | None = None
) -> Measurements:
    known = speed is not None
    return Measurements(
        np.array([[x, y]]),
        EAST,
        np.array([var]),
        np.array([var]),
        np.array([speed or (0.0, 0.0)]),
        np.array([0.25 if known else NOT_MEASURED]),
        np.array([int(t_s * 1_000_000)]),
    )


def spread(rng: np.random.Generator, n: int, d: int = 4) -> np.ndarray:
    """Random covariances."""
    a = rng.normal(size=(n, d, d)) * 5.0
    return np.stack([m @ m.T + np.eye(d) for m in a])


def fused(
    x1: np.ndarray, p1: np.ndarray, x2: np.ndarray, p2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Place, covariance and the weight of the first."""
    x, p = x1.copy(), p1.copy()
    return x, p, intersect(x, p, x2, p2)


def inverse(p: np.ndarray) -> np.ndarray:
    out = p.copy()
    invert(out)
    return out


def test_covariance_intersection_gives_the_published_oracle() -> None:
    x, p, omega = fused(
        np.array([0.0, 0.0]), np.diag([1.0, 4.0]), np.array([2.0, 2.0]), np.diag([4.0, 1.0])
    )
    assert omega == pytest.approx(0.5, abs=1e-5)
    np.testing.assert_allclose(p, 1.6 * np.eye(2), atol=1e-5)
    np.testing.assert_allclose(x, [0.4, 1.6], atol=1e-5)


def test_mahalanobis_gives_the_published_oracle() -> None:
    d2, ln_s = mahalanobis(np.array([[30.0, 40.0]]), 500.0 * np.eye(2)[None])
    assert d2[0] == pytest.approx(5.0)
    assert chi2.sf(d2[0], 2) == pytest.approx(0.08208, abs=1e-5)
    assert ln_s[0] == pytest.approx(np.log(250_000.0))


def test_the_gates_are_those_of_chi_squared() -> None:
    shares = (0.95, 0.99, 0.997, 0.999)
    np.testing.assert_allclose(CHI2_2, chi2.ppf(shares, 2), atol=6e-4)
    np.testing.assert_allclose(CHI2_4, chi2.ppf(shares, 4), atol=6e-4)


def test_covariance_intersection_agrees_with_stone_soup() -> None:
    rng = np.random.default_rng(3)
    x1, x2 = rng.normal(size=(2, 20, 4)) * 50.0
    p1, p2 = spread(rng, 20), spread(rng, 20)
    for i in range(20):
        x, p, omega = fused(x1[i], p1[i], x2[i], p2[i])
        theirs = CovarianceIntersection.merge_components(
            GaussianState(x1[i], p1[i]), GaussianState(x2[i], p2[i]), weights=[omega, 1 - omega]
        )
        np.testing.assert_allclose(x, np.ravel(theirs.state_vector), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(p, theirs.covar, rtol=1e-6, atol=1e-6)


def test_the_weight_of_covariance_intersection_is_the_best() -> None:
    rng = np.random.default_rng(4)
    p1, p2 = spread(rng, 50), spread(rng, 50)
    nothing = np.zeros(4)
    for i in range(50):
        omega = fused(nothing, p1[i], nothing, p2[i])[2]
        i1, i2 = np.linalg.inv(p1[i][:2, :2]), np.linalg.inv(p2[i][:2, :2])
        traces = [np.trace(np.linalg.inv(w * i1 + (1 - w) * i2)) for w in np.linspace(0, 1, 201)]
        mine = np.trace(np.linalg.inv(omega * i1 + (1 - omega) * i2))
        assert mine <= min(traces) * (1 + 1e-9)


@pytest.mark.parametrize("damping", [0.0, 1e-4, 1 / 60])
def test_prediction_agrees_with_stone_soup(damping: float) -> None:
    rng = np.random.default_rng(5)
    x, p = rng.normal(size=(1, 4)) * 10.0, spread(rng, 1)
    mine = predict(
        Estimates(x, p, np.zeros(1, np.int64)), np.array([37_000_000]), np.array([0.5]), damping
    )
    one = ConstantVelocity(0.5) if damping == 0.0 else OrnsteinUhlenbeck(0.5, damping)
    model, dt = CombinedLinearGaussianTransitionModel([one, one]), timedelta(seconds=37)
    order = [0, 2, 1, 3]  # theirs is x, vx, y, vy
    f, q = (np.asarray(m)[np.ix_(order, order)] for m in (
        model.matrix(time_interval=dt), model.covar(time_interval=dt)
    ))  # fmt: skip
    np.testing.assert_allclose(mine.x[0], f @ x[0], rtol=1e-6)
    np.testing.assert_allclose(mine.p[0], f @ p[0] @ f.T + q, rtol=1e-6)


def test_an_update_is_that_of_kalman() -> None:
    rng = np.random.default_rng(6)
    x, p = rng.normal(size=(1, 4)) * 10.0, spread(rng, 1)
    turn = np.array([[0.6, 0.8]])
    measured = Measurements(
        np.array([[3.0, -4.0]]), turn, np.array([9.0]), np.array([100.0]),
        np.array([[1.0, 2.0]]), np.array([0.25]), np.zeros(1, np.int64),
    )  # fmt: skip
    mine = update(Estimates(x, p, np.zeros(1, np.int64)), measured)
    r = np.zeros((4, 4))
    r[:2, :2], r[2:, 2:] = turned(turn, np.array([9.0]), np.array([100.0]))[0], 0.25 * np.eye(2)
    gain = p[0] @ np.linalg.inv(p[0] + r)
    np.testing.assert_allclose(mine.x[0], x[0] + gain @ ([3.0, -4.0, 1.0, 2.0] - x[0]), rtol=1e-9)
    np.testing.assert_allclose(mine.p[0], p[0] - gain @ p[0], rtol=1e-7, atol=1e-9)


def test_without_a_velocity_only_the_place_counts() -> None:
    begun = begin(seen(10.0, 20.0, 0.0), 10.0)
    assert begun.x[0].tolist() == [10.0, 20.0, 0.0, 0.0]
    np.testing.assert_allclose(begun.p[0], np.diag([100.0, 100.0, 100.0, 100.0]), rtol=1e-6)
    known = begin(seen(10.0, 20.0, 0.0, speed=(3.0, 4.0)), 10.0)
    np.testing.assert_allclose(known.x[0, 2:], [3.0, 4.0], rtol=0.01)


@examples(30)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_what_comes_out_for_a_track_does_not_depend_on_the_others(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, p = rng.normal(size=(n, 4)) * 100.0, spread(rng, n)
    many = Estimates(x, p, np.zeros(n, np.int64))
    t, q = np.full(n, 30_000_000), np.full(n, 0.1)
    ahead = predict(many, t, q, 1e-4)
    d2, ln_s = mahalanobis(ahead.x - x, ahead.p)
    one = int(rng.integers(n))
    alone = predict(many.take(np.array([one])), t[:1], q[:1], 1e-4)
    assert np.array_equal(alone.p[0], ahead.p[one])
    assert np.array_equal(alone.x[0], ahead.x[one])
    single = mahalanobis(alone.x - x[one : one + 1], alone.p)
    assert (single[0][0], single[1][0]) == (d2[one], ln_s[one])


def test_inverses_are_inverses_and_axes_axes() -> None:
    p = spread(np.random.default_rng(8), 10)
    for one in p:
        np.testing.assert_allclose(inverse(one) @ one, np.eye(4), atol=1e-8)
        np.testing.assert_allclose(inverse(one[:2, :2]) @ one[:2, :2], np.eye(2), atol=1e-8)
    axes = [np.sqrt(np.linalg.eigvalsh(m[:2, :2])[-1]) for m in p]
    np.testing.assert_allclose(larger_axis_m(p), axes)


def test_naive_fusion_would_be_twice_too_sure() -> None:
    a, b = np.diag([1.0, 4.0]), np.diag([4.0, 1.0])
    np.testing.assert_allclose(inverse(inverse(a) + inverse(b)), 0.8 * np.eye(2))
    nothing = np.zeros(2)
    np.testing.assert_allclose(fused(nothing, a, nothing, b)[1], 1.6 * np.eye(2))

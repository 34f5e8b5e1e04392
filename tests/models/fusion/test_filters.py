"""Filters beside the published oracles of methods 2.4 and beside Stone Soup."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from models.fusion.filters import (
    CHI2_2,
    CHI2_4,
    NOT_MEASURED,
    Measurements,
    covariance_intersection,
    mahalanobis,
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


def test_covariance_intersection_gives_the_published_oracle() -> None:
    x, p, omega = covariance_intersection(
        np.array([[0.0, 0.0]]),
        np.diag([1.0, 4.0])[None],
        np.array([[2.0, 2.0]]),
        np.diag([4.0, 1.0])[None],
    )
    assert omega[0] == pytest.approx(0.5, abs=1e-5)
    np.testing.assert_allclose(p[0], 1.6 * np.eye(2), atol=1e-5)
    np.testing.assert_allclose(x[0], [0.4, 1.6], atol=1e-5)


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
    from stonesoup.types.mixture import GaussianMixture  # noqa: F401  (the package is there)
    from stonesoup.updater.chernoff import ChernoffUpdater  # noqa: F401

    rng = np.random.default_rng(3)
    x1, x2 = rng.normal(size=(2, 20, 4)) * 50.0
    p1, p2 = spread(rng, 20), spread(rng, 20)
    x, p, omega = covariance_intersection(x1, p1, x2, p2)
    for i in range(20):
        information = omega[i] * np.linalg.inv(p1[i]) + (1 - omega[i]) * np.linalg.inv(p2[i])
        np.testing.assert_allclose(p[i], np.linalg.inv(information), rtol=1e-6)
        mean = (
            omega[i] * np.linalg.inv(p1[i]) @ x1[i] + (1 - omega[i]) * np.linalg.inv(p2[i]) @ x2[i]
        )
        np.testing.assert_allclose(x[i], np.linalg.inv(information) @ mean, rtol=1e-6)
        grid = np.linspace(0, 1, 201)
        i1, i2 = np.linalg.inv(p1[i][:2, :2]), np.linalg.inv(p2[i][:2, :2])
        traces = [np.trace(np.linalg.inv(w * i1 + (1 - w) * i2)) for w in grid]
        mine = np.trace(np.linalg.inv(omega[i] * i1 + (1 - omega[i]) * i2))
        assert mine <= min(traces) * (1 + 1e-9)

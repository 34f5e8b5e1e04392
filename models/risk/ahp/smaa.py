"""How the order stands when the weights are uncertain: stochastic acceptability (SMAA-2).

Instead of fuzzy numbers (Saaty & Tran 2007 show why not), weights are drawn: evenly over all that
sum to one, around given weights, or from judgements with a log-normal error. The generator is an
argument: the dice belong to the caller.

Source: Lahdelma & Salminen 2001; methods 6.1, 6.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.risk.ahp.matrix import checked
from models.risk.ahp.priority import eigenvectors

Array = NDArray[np.float64]

DRAWS: Final = 10_000
#: Pairs of alternatives compared at once: bounds the memory to some 40 MB.
_PAIRS_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True)
class Acceptability:
    """Shares of the draws.

    `ranks` has shape (m, m): in so many draws alternative a takes rank r; rows and columns sum to
    one, equals share their ranks. `central` has shape (m, n): the mean weights under which a is
    first, NaN where it never is.
    """

    ranks: Array
    central: Array
    draws: int


def uniform_weights(rng: np.random.Generator, n: int, draws: int = DRAWS) -> Array:
    """Weights drawn evenly from all that sum to one: shape (draws, n)."""
    return np.asarray(rng.dirichlet(np.ones(n), draws), np.float64)


def weights_around(
    rng: np.random.Generator, weights: ArrayLike, concentration: float, draws: int = DRAWS
) -> Array:
    """Dirichlet weights with the given mean; the larger the concentration, the closer."""
    mean = np.asarray(weights, np.float64)
    return np.asarray(rng.dirichlet(mean * concentration, draws), np.float64)


def judged_weights(
    rng: np.random.Generator, matrix: ArrayLike, log_sigma: float, draws: int = DRAWS
) -> Array:
    """Weights of matrices whose judgements are off by a log-normal error: shape (draws, n).

    `log_sigma` 0.3 means that a judgement of 3 is within 2.2 … 4 two times in three.
    """
    a = checked(matrix)
    n = len(a)
    i, j = np.triu_indices(n, 1)
    drawn = np.ones((draws, n, n))
    drawn[:, i, j] = a[i, j] * np.exp(rng.normal(0.0, log_sigma, (draws, len(i))))
    drawn[:, j, i] = 1 / drawn[:, i, j]
    return eigenvectors(drawn)[0]


def acceptability(values: ArrayLike, weights: Array) -> Acceptability:
    """How often each alternative takes each rank.

    Parameters
    ----------
    values
        Shape (m, n): value of each of m alternatives by each criterion.
    weights
        Shape (draws, n), from one of the three above.
    """
    v = np.asarray(values, np.float64)
    m, draws = len(v), len(weights)
    ranks, central, firsts = np.zeros((m, m)), np.zeros((m, v.shape[1])), np.zeros(m)
    step = max(_PAIRS_AT_ONCE // (m * m), 1)
    for start in range(0, draws, step):
        w = weights[start : start + step]
        total = np.zeros((len(w), m))
        for k in range(v.shape[1]):
            total = total + w[:, k, None] * v[None, :, k]
        total = np.round(total, 12)
        above = (total[:, None, :] > total[:, :, None]).sum(axis=2)
        level = (total[:, None, :] == total[:, :, None]).sum(axis=2)
        for r in range(m):
            ranks[:, r] += np.where((above <= r) & (r < above + level), 1 / level, 0.0).sum(axis=0)
        first = np.where(above == 0, 1 / level, 0.0)
        firsts += first.sum(axis=0)
        central += np.einsum("da,dk->ak", first, w)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle: Array = np.where(firsts[:, None] > 0, central / firsts[:, None], np.nan)
    shares: Array = np.round(ranks / draws, 12)
    middle = np.round(middle, 9)
    return Acceptability(shares, middle, draws)

"""Weights of a pairwise matrix and how far it contradicts itself.

The principal eigenvector comes from squaring the matrix until its columns agree: only products
and sums in a fixed order, so the bits depend neither on the processor nor on the size of a batch
(LAPACK's do), and ten thousand drawn matrices take the same code as one. For positive matrices
with entries within 1/9 … 9 the error shrinks at least by (81 − 1)/(81 + 1) a power (Birkhoff), so
power 4096 would be exact to rounding whatever was judged; most settle at power 32.

Sources: Saaty 1980; row geometric mean and GCI: Aguarón & Moreno-Jiménez 2003; methods 6.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.risk.ahp.matrix import Matrix, checked
from models.risk.ahp.random_index import DEFAULT_TABLE, consistency_ratio

SQUARINGS: Final = 12
#: A squaring squares the error: where one moved no weight by more, the next would move none.
SETTLED: Final = 1e-8
#: CR at and above which judgements are refused.
MAX_CR: Final = 0.10
#: GCI that matches CR 0.10, by size; the last holds for all larger ones.
GCI_LIMIT: Final = {3: 0.3147, 4: 0.3526, 5: 0.370}


@dataclass(frozen=True)
class Priorities:
    """What a pairwise matrix says, rounded to 1e-12.

    `weights` has shape (n,) and sums to one; `random_index` names the table behind `cr`.
    """

    weights: NDArray[np.float64]
    lambda_max: float
    ci: float
    cr: float
    random_index: str

    @property
    def consistent(self) -> bool:
        """Whether the judgements may be used: CR below 0.10."""
        return self.cr < MAX_CR


def _times(a: Matrix, b: Matrix) -> Matrix:
    """Matrix products (m, n, n) × (m, n, k), summed in a fixed order (BLAS does not)."""
    out = a[:, :, 0, None] * b[:, 0, None, :]
    for k in range(1, a.shape[-1]):
        out = out + a[:, :, k, None] * b[:, k, None, :]
    return out


def _shares(power: Matrix) -> Matrix:
    """Row sums of each matrix, made to sum to one: (m, n, 1)."""
    w = power.sum(axis=2, keepdims=True)
    shares: Matrix = w / w.sum(axis=1, keepdims=True)
    return shares


def eigenvectors(matrices: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Principal right eigenvectors and eigenvalues of positive matrices.

    Parameters
    ----------
    matrices
        Shape (..., n, n), positive; not checked.

    Returns
    -------
    Weights of shape (..., n), each summing to one, and λ_max of shape (...), rounded to 1e-12. A
    matrix gives the same bits alone and in any batch.
    """
    n = matrices.shape[-1]
    a = np.ascontiguousarray(matrices).reshape(-1, n, n)  # strides would change a sum's order
    w = _shares(a)
    moving, power = np.arange(len(a)), a
    for _ in range(SQUARINGS):
        power = _times(power, power)
        power = power / power.max(axis=(1, 2), keepdims=True)
        now = _shares(power)
        moved = np.abs(now - w[moving]).max(axis=(1, 2))
        w[moving] = now
        moving, power = moving[moved > SETTLED], power[moved > SETTLED]
        if not len(moving):
            break
    for _ in range(2):  # polish against the matrix itself
        w = _times(a, w)
        lambda_max = w.sum(axis=1, keepdims=True)
        w = w / lambda_max
    shape = matrices.shape[:-1]
    return np.round(w.reshape(shape), 12), np.round(lambda_max.reshape(shape[:-1]), 12)


def priorities(matrix: ArrayLike, random_index: str = DEFAULT_TABLE) -> Priorities:
    """Weights, λ_max, CI and CR of one reciprocal matrix, consistent or not.

    >>> p = priorities([[1, 6, 3], [1 / 6, 1, 1 / 2], [1 / 3, 2, 1]])
    >>> p.weights.round(4), p.cr
    (array([0.6667, 0.1111, 0.2222]), 0.0)

    Raises
    ------
    JudgementError
        Malformed matrix or unknown table. Inconsistency is `repair.require_consistent`'s.
    """
    a = checked(matrix)
    n = len(a)
    weights, lambda_max = eigenvectors(a)
    # λ_max is never below n; rounding may say so by 1e-12.
    ci = round(max(float(lambda_max) - n, 0.0) / (n - 1), 12) if n > 2 else 0.0
    cr = consistency_ratio(ci, n, random_index)
    return Priorities(weights, float(lambda_max), ci, cr, random_index)


def row_geometric_mean(matrix: ArrayLike) -> NDArray[np.float64]:
    """Weights by the geometric mean of each row: shape (n,), summing to one, to 1e-12."""
    a = checked(matrix)
    means = [math.exp(math.fsum(math.log(x) for x in row) / len(a)) for row in a.tolist()]
    return np.round(np.array(means) / math.fsum(means), 12)


def geometric_consistency(matrix: ArrayLike) -> float:
    """GCI: the mean squared log error of the judgements against their row geometric means.

    Compare with `GCI_LIMIT`; 0 for one and two elements.
    """
    a = checked(matrix)
    n = len(a)
    if n < 3:
        return 0.0
    logs = [[math.log(x) for x in row] for row in a.tolist()]
    means = [math.fsum(row) / n for row in logs]
    errors = [(logs[i][j] - means[i] + means[j]) ** 2 for i in range(n) for j in range(i + 1, n)]
    return round(2 * math.fsum(errors) / ((n - 1) * (n - 2)), 12)

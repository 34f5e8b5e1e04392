"""How far two sets of points are from each other: GOSPA and OSPA, and the best matching of both.

GOSPA after Rahmathullah, García-Fernández and Svensson 2017, with α = 2, so that it splits into
localisation, missed and false; OSPA after Schuhmacher, Vo and Vo 2008. Both are a constant less the
gain Σ (cᵖ − dᵖ) over one matching of pairs that are nearer than c; what is nowhere nearer falls
into small components, and the assignment problem is solved in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Metres beyond which a track is of something else (methods 2.2).
CUTOFF_M: Final = 200.0


@dataclass(frozen=True, eq=False)
class Gospa:
    """A GOSPA distance and what it is made of, as `power`-th powers: `distance` is the root of
    `localisation + missed + false`. `found` and `true` are the matched rows, `apart` their
    distances."""

    distance: float
    localisation: float
    missed: float
    false: float
    found: Int
    true: Int
    apart: Float


def matching(
    found: Float, true: Float, cutoff: float = CUTOFF_M, power: float = 2.0
) -> tuple[Int, Int, Float]:
    """The pairs nearer than `cutoff` that together gain most, Σ (cᵖ − dᵖ).

    Parameters
    ----------
    found, true
        Shape (n, d) and (m, d).

    Returns
    -------
    Rows of `found`, rows of `true`, and their distances, each of shape (k,), by row of `found`.
    """
    none = np.zeros(0, np.int64)
    if not len(found) or not len(true):
        return none, none, np.zeros(0)
    near = cKDTree(found).sparse_distance_matrix(cKDTree(true), cutoff, output_type="ndarray")
    near = near[near["v"] < cutoff]
    i, j = near["i"].astype(np.int64), near["j"].astype(np.int64)
    gain = cutoff**power - near["v"] ** power
    count = len(found) + len(true)
    graph = coo_matrix((np.ones(len(i)), (i, len(found) + j)), (count, count))
    _, part = connected_components(graph, directed=False)
    order = np.lexsort((j, i, part[i]))
    i, j, gain, apart = i[order], j[order], gain[order], near["v"][order]
    begins = np.flatnonzero(np.diff(part[i], prepend=-1))
    ends = np.append(begins[1:], len(i))
    alone = ends - begins == 1
    kept = [begins[alone]]
    for begin, end in zip(begins[~alone].tolist(), ends[~alone].tolist(), strict=True):
        kept.append(begin + _best(i[begin:end], j[begin:end], gain[begin:end]))
    rows = np.concatenate(kept)
    rows = rows[np.argsort(i[rows], kind="stable")]
    return i[rows], j[rows], np.asarray(apart[rows], np.float64)


def _best(i: Int, j: Int, gain: Float) -> Int:
    """Which edges of one component are taken."""
    _, row = np.unique(i, return_inverse=True)
    _, column = np.unique(j, return_inverse=True)
    edge = np.full((row.max() + 1, column.max() + 1), -1, np.int64)
    edge[row, column] = np.arange(len(i))
    table = np.zeros(edge.shape)
    table[row, column] = gain
    taken = edge[linear_sum_assignment(table, maximize=True)]
    return np.asarray(taken[taken >= 0], np.int64)


def gospa(found: Float, true: Float, cutoff: float = CUTOFF_M, power: float = 2.0) -> Gospa:
    """GOSPA with α = 2.

    Examples
    --------
    >>> one = gospa(np.array([[3.0, 4], [100, 0], [500, 500]]), np.array([[0.0, 0], [100, 0]]), 10)
    >>> round(one.distance, 5), one.localisation, one.missed, one.false
    (8.66025, 25.0, 0.0, 50.0)
    """
    i, j, apart = matching(found, true, cutoff, power)
    half = cutoff**power / 2.0
    localisation = float((apart**power).sum())
    missed, false = (len(true) - len(i)) * half, (len(found) - len(i)) * half
    distance = (localisation + missed + false) ** (1.0 / power)
    return Gospa(distance, localisation, missed, false, i, j, apart)


def ospa(found: Float, true: Float, cutoff: float = CUTOFF_M, power: float = 2.0) -> float:
    """OSPA, normalised by the larger set; 0 of two empty ones.

    Examples
    --------
    >>> X, Y = np.array([[0.0, 0], [100, 0]]), np.array([[3.0, 4], [100, 0], [500, 500]])
    >>> round(ospa(Y, X, 10), 5), round(ospa(Y, X, 200), 5)
    (6.45497, 115.50613)
    """
    most = max(len(found), len(true))
    if not most:
        return 0.0
    _, _, apart = matching(found, true, cutoff, power)
    left = (most - len(apart)) * cutoff**power
    return float((((apart**power).sum() + left) / most) ** (1.0 / power))

"""What a radar measures otherwise than AIS says: polar residuals, and their mode.

Residuals are taken of every echo with every reference near it, so that a bias of hundreds of
metres shows as a heap among the chance pairs (methods 2.3): the mode of a two-dimensional histogram
of range and bearing. All angles are small differences: no arctan is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Float = NDArray[np.float64]
Int = NDArray[np.int64]

RANGE_BIN_M: Final = 20.0  # methods 2.3
BEARING_BIN: Final = 0.0015  # radians; methods 2.3
RANGE_BINS: Final = 61  # ± 610 m
BEARING_BINS: Final = 81  # ± 3.5°
_SMOOTH: Final = (2, 4)  # bins on either side: the spread of a VTS radar's noise (methods 7.2)
_APART: Final = (8, 20)  # bins within which two heaps are one
_NEAREST_M: Final = 1_000.0  # nearer than this a bearing says nothing
_MOST_NEAR: Final = 16  # references asked of each echo: a hostile feed may pile up thousands


@dataclass(frozen=True, eq=False)
class Pairs:
    """Echoes of one radar with references near them, arrays of one length.

    `range_m`, `along_mps` and `across_mps` are the reference's: its distance, and its velocity
    away from the radar and clockwise around it. `d_range_m` and `d_bearing` (radians) are by how
    much the radar measures more.
    """

    echo: Int
    reference: Int
    range_m: Float
    along_mps: Float
    across_mps: Float
    sigma_m: Float
    d_range_m: Float
    d_bearing: Float

    def __len__(self) -> int:
        return len(self.echo)

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pairs:
        """Some of them."""
        return Pairs(*(column[rows] for column in vars(self).values()))


def pairs(
    echoes: Float, after_s: Float, drift: Float, references: Float, sigma_m: Float,
    *, bias: tuple[float, float], gate_m: float, velocity_gate_mps: float,
) -> Pairs:  # fmt: skip
    """Every echo with the references near it that move as it does.

    Parameters
    ----------
    echoes
        Shape (n, 2): metres east and north of the radar, as measured.
    after_s
        Shape (n,): how long after the references' time each was measured.
    drift
        Shape (n, 2): their velocity in m/s; NaN where it is not known.
    references
        Shape (m, 4): metres east and north of the radar, and velocity in m/s.
    sigma_m
        Shape (m,): of the references' places.
    bias
        Metres and radians that the echoes are known to have too much: what is near is asked
        without it, the residuals are taken with it.
    """
    most = min(_MOST_NEAR, len(references))
    if not most or not len(echoes):
        none, nothing = np.empty(0, np.int64), np.empty(0, np.float64)
        return Pairs(none, none, *[nothing] * 6)
    tree = KDTree(references[:, :2])
    there = np.column_stack(without(echoes[:, 0], echoes[:, 1], *bias))
    _, indices = tree.query(there, k=list(range(1, most + 1)), distance_upper_bound=gate_m)
    found = np.asarray(indices, np.int64)
    echo, column = np.nonzero(found < len(references))
    reference = found[echo, column]
    velocity = references[reference, 2:]
    place = references[reference, :2] + velocity * after_s[echo, None]
    apart = drift[echo] - velocity
    together = ~(apart[:, 0] ** 2 + apart[:, 1] ** 2 > velocity_gate_mps**2)  # NaN passes
    range_m = np.sqrt(place[:, 0] ** 2 + place[:, 1] ** 2)
    rows = (together & (range_m > _NEAREST_M)).nonzero()[0]
    echo, reference, range_m = echo[rows], reference[rows], range_m[rows]
    place, velocity, measured = place[rows], velocity[rows], echoes[echo]
    away = place / range_m[:, None]
    ahead = measured[:, 0] * away[:, 0] + measured[:, 1] * away[:, 1]
    aside = measured[:, 0] * away[:, 1] - measured[:, 1] * away[:, 0]
    return Pairs(
        echo.astype(np.int64), reference, range_m,
        velocity[:, 0] * away[:, 0] + velocity[:, 1] * away[:, 1],
        velocity[:, 0] * away[:, 1] - velocity[:, 1] * away[:, 0],
        sigma_m[reference],
        np.sqrt(ahead * ahead + aside * aside) - range_m,
        aside / np.maximum(ahead, 1.0),
    )  # fmt: skip


def without(
    east: Float, north: Float, d_range: Float | float, d_bearing: Float | float
) -> tuple[Float, Float]:
    """Places around a radar without what it measures too much, in metres and (small) radians.

    >>> at = (np.array([0.0]), np.array([1_000.0]))
    >>> [v.round(1).tolist() for v in without(*at, 100.0, np.radians(1.0))]
    [[-15.7], [899.9]]
    """
    far = np.sqrt(east * east + north * north)
    keep = 1.0 - d_range / np.maximum(far, 1.0)
    turn = np.sqrt(1.0 - d_bearing * d_bearing)  # cosine and sine of a small angle, to 1e-4
    return keep * (east * turn - north * d_bearing), keep * (north * turn + east * d_bearing)


def votes(found: Pairs) -> Int:
    """How many pairs fall into each cell of the histogram, flat."""
    row = np.floor(found.d_range_m * (1.0 / RANGE_BIN_M) + RANGE_BINS * 0.5)
    column = np.floor(found.d_bearing * (1.0 / BEARING_BIN) + BEARING_BINS * 0.5)
    inside = (row >= 0) & (row < RANGE_BINS) & (column >= 0) & (column < BEARING_BINS)
    cell = (row[inside] * BEARING_BINS + column[inside]).astype(np.int64)
    return np.bincount(cell, minlength=RANGE_BINS * BEARING_BINS).astype(np.int64)


def mode(counted: Int) -> tuple[float, float, int, int]:
    """The heap of a histogram.

    Returns
    -------
    Its range in metres and bearing in radians, how many pairs lie in it, and how many in the
    second highest.
    """
    heaps = counted.reshape(RANGE_BINS, BEARING_BINS)
    for axis, wide in enumerate(_SMOOTH):
        heaps = _summed(heaps, wide, axis)
    row, column = divmod(int(heaps.argmax()), BEARING_BINS)
    high = int(heaps[row, column])
    others = heaps.copy()
    near = (
        slice(max(at - wide, 0), at + wide + 1)
        for at, wide in zip((row, column), _APART, strict=True)
    )
    others[tuple(near)] = 0
    return (
        (row - (RANGE_BINS - 1) / 2) * RANGE_BIN_M,
        (column - (BEARING_BINS - 1) / 2) * BEARING_BIN,
        high,
        int(others.max()),
    )


def same_heap(range_m: float, bearing: float, other_m: float, other: float) -> bool:
    """Whether two places of the histogram belong to one heap."""
    wide_m, wide = (n * size for n, size in zip(_APART, (RANGE_BIN_M, BEARING_BIN), strict=True))
    return abs(range_m - other_m) <= wide_m and abs(bearing - other) <= wide


def nearest_both_ways(echo: Int, reference: Int, score: Float) -> Int:
    """Rows of the pairs in which each is the other's nearest, in order."""
    order = np.lexsort((reference, echo, score))[::-1]
    best = np.ones(len(score), np.bool_)
    for who in (echo, reference):
        first = np.empty(int(who.max(initial=-1)) + 1, np.int64)
        first[who[order]] = order  # of rows with the same index the last, the nearest, stays
        best &= first[who] == np.arange(len(who))
    return best.nonzero()[0]


def _summed(cells: Int, wide: int, axis: int) -> Int:
    """The sums over `wide` cells on either side along an axis."""
    edge = [(0, 0), (0, 0)]
    edge[axis] = (wide + 1, wide)
    running = np.cumsum(np.pad(cells, edge), axis=axis)
    n = cells.shape[axis]
    above = np.take(running, np.arange(2 * wide + 1, 2 * wide + 1 + n), axis=axis)
    return np.asarray(above - np.take(running, np.arange(n), axis=axis), np.int64)

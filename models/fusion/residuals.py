"""What a radar measures otherwise than AIS says: polar residuals, and their mode.

Residuals are taken of every echo with every reference near it, so that a bias of hundreds of
metres shows as a heap among the chance pairs (methods 2.3): the mode of a two-dimensional histogram
of range and bearing. All angles are small differences: no arctan is needed.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled
from models.fusion.nearest import nearest

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


class Pairs(NamedTuple):
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

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pairs:
        """Some of them."""
        return Pairs._make(column[rows] for column in self)


def pairs(
    echoes: Float, references: Float, *,
    bias: tuple[float, float], gate_m: float, velocity_gate_mps: float,
) -> Pairs:  # fmt: skip
    """Every echo with the references near it that move as it does.

    Parameters
    ----------
    echoes
        Shape (n, 5): metres east and north of the radar, as measured; velocity in m/s, NaN where
        it is not known; how long after the references' time it was measured, in seconds.
    references
        Shape (m, 5): metres east and north of the radar, velocity in m/s, sigma of the place.
    bias
        Metres and radians that the echoes are known to have too much: what is near is asked
        without it, the residuals are taken with it.
    """
    order = np.argsort(references[:, 0], kind="stable")
    there = np.column_stack(without(echoes[:, 0], echoes[:, 1], *bias))
    return _pairs(echoes, there, references, order, gate_m, velocity_gate_mps)


@compiled
def _pairs(
    echoes: Float, there: Float, references: Float, order: Int, gate_m: float, speed_gate: float
) -> Pairs:
    """The pairs; `there`: where the echoes are without their bias."""
    n = len(echoes)
    found, away2 = np.empty(_MOST_NEAR, np.int64), np.empty(_MOST_NEAR)
    echo, reference = np.empty(n * _MOST_NEAR, np.int64), np.empty(n * _MOST_NEAR, np.int64)
    value = np.empty((6, n * _MOST_NEAR))
    k = 0
    for i in range(n):
        near = nearest(there[i, 0], there[i, 1], references, order, gate_m, found, away2)
        for j in found[:near]:
            vx, vy, after_s = references[j, 2], references[j, 3], echoes[i, 4]
            apart_x, apart_y = echoes[i, 2] - vx, echoes[i, 3] - vy
            if apart_x * apart_x + apart_y * apart_y > speed_gate * speed_gate:  # NaN passes
                continue
            x, y = references[j, 0] + vx * after_s, references[j, 1] + vy * after_s
            range_m = math.sqrt(x * x + y * y)
            if not range_m > _NEAREST_M:
                continue
            x, y = x / range_m, y / range_m
            ahead = echoes[i, 0] * x + echoes[i, 1] * y
            aside = echoes[i, 0] * y - echoes[i, 1] * x
            echo[k], reference[k] = i, j
            value[0, k] = range_m
            value[1, k], value[2, k] = vx * x + vy * y, vx * y - vy * x
            value[3, k] = references[j, 4]
            value[4, k] = math.sqrt(ahead * ahead + aside * aside) - range_m
            value[5, k] = aside / max(ahead, 1.0)
            k += 1
    value = value[:, :k]
    return Pairs(
        echo[:k], reference[:k], value[0], value[1], value[2], value[3], value[4], value[5]
    )


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


def _summed(cells: Int, wide: int, axis: int) -> Int:
    """The sums over `wide` cells on either side along an axis."""
    edge = [(0, 0), (0, 0)]
    edge[axis] = (wide + 1, wide)
    running = np.cumsum(np.pad(cells, edge), axis=axis)
    n = cells.shape[axis]
    above = np.take(running, np.arange(2 * wide + 1, 2 * wide + 1 + n), axis=axis)
    return np.asarray(above - np.take(running, np.arange(n), axis=axis), np.int64)

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
Bool = NDArray[np.bool_]

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


@compiled
def without(east: float, north: float, d_range: float, d_bearing: float) -> tuple[float, float]:
    """A place around a radar without what it measures too much, in metres and (small) radians.

    >>> [round(v, 1) for v in without(0.0, 1_000.0, 100.0, math.radians(1.0))]
    [-15.7, 899.9]
    """
    far = math.sqrt(east * east + north * north)
    keep = 1.0 - d_range / max(far, 1.0)
    turn = math.sqrt(1.0 - d_bearing * d_bearing)  # cosine and sine of a small angle, to 1e-4
    return keep * (east * turn - north * d_bearing), keep * (north * turn + east * d_bearing)


@compiled
def _in_reach(
    references: Float, ais: Bool, xy: Float, reach_m: float, worst_m: float, common: int
) -> Int:
    """The rows of the references that a radar may see: AIS, unless there is too little of it."""
    rows, near, identified = np.empty(len(references), np.int64), 0, 0
    for j in range(len(references)):
        east, north = references[j, 0] - xy[0], references[j, 1] - xy[1]
        known = np.isfinite(references[j]).all() and references[j, 4] <= worst_m
        if known and east * east + north * north <= reach_m * reach_m:
            rows[near] = j
            near += 1
            identified += ais[j]
    rows = rows[:near]
    return rows[ais[rows]] if identified >= common else rows


@compiled
def pairs(
    echoes: Float, references: Float, ais: Bool, radar_xy: Float,
    bias: tuple[float, float], gates: tuple[float, float, float, float], common: int,
) -> tuple[Int, Float]:  # fmt: skip
    """Every echo of a radar with the references near it that move as it does.

    The columns of `Pairs`: first its numbers, shape (2, k), then all else, shape (6, k).

    Parameters
    ----------
    echoes
        Shape (n, 5): metres east and north in the plane, as measured; velocity in m/s, NaN where it
        is not known; how long after the references' time it was measured, in seconds.
    references
        Shape (m, 5): metres east and north, velocity in m/s, sigma of the place.
    ais
        Shape (m,): whether each is of AIS; others count where these are fewer than `common`.
    bias
        Metres and radians that the echoes are known to have too much: what is near is asked
        without it, the residuals are taken with it.
    gates
        How far a reference may be from the radar, and its sigma, in metres; how far an echo from
        its reference, in metres and in m/s.
    """
    reach_m, worst_m, gate_m, speed_gate = gates
    rows = _in_reach(references, ais, radar_xy, reach_m, worst_m, common)
    there = np.empty((len(rows), 2))
    for k in range(len(rows)):
        for axis in range(2):
            there[k, axis] = references[rows[k], axis] - radar_xy[axis]
    order = np.argsort(there[:, 0], kind="mergesort")
    found, away2 = np.empty(_MOST_NEAR, np.int64), np.empty(_MOST_NEAR)
    ends = np.empty((2, len(echoes) * _MOST_NEAR), np.int64)
    value, k = np.empty((6, len(echoes) * _MOST_NEAR)), 0
    for i in range(len(echoes)):
        east, north = echoes[i, 0] - radar_xy[0], echoes[i, 1] - radar_xy[1]
        x, y = without(east, north, bias[0], bias[1])
        near = nearest(x, y, there, order, gate_m, found, away2)
        for at in found[:near]:
            j = rows[at]
            vx, vy, after_s = references[j, 2], references[j, 3], echoes[i, 4]
            apart_x, apart_y = echoes[i, 2] - vx, echoes[i, 3] - vy
            if apart_x * apart_x + apart_y * apart_y > speed_gate * speed_gate:  # NaN passes
                continue
            x, y = there[at, 0] + vx * after_s, there[at, 1] + vy * after_s
            range_m = math.sqrt(x * x + y * y)
            if not range_m > _NEAREST_M:
                continue
            x, y = x / range_m, y / range_m
            ahead, aside = east * x + north * y, east * y - north * x
            ends[0, k], ends[1, k] = i, j
            value[0, k] = range_m
            value[1, k], value[2, k] = vx * x + vy * y, vx * y - vy * x
            value[3, k] = references[j, 4]
            value[4, k] = math.sqrt(ahead * ahead + aside * aside) - range_m
            value[5, k] = aside / max(ahead, 1.0)
            k += 1
    return ends[:, :k].copy(), value[:, :k].copy()


@compiled
def vote(counted: Int, found: Pairs) -> None:
    """Count the pairs into the cells of the histogram, flat, in place."""
    for k in range(len(found.echo)):
        row = math.floor(found.d_range_m[k] * (1.0 / RANGE_BIN_M) + RANGE_BINS * 0.5)
        column = math.floor(found.d_bearing[k] * (1.0 / BEARING_BIN) + BEARING_BINS * 0.5)
        if 0 <= row < RANGE_BINS and 0 <= column < BEARING_BINS:
            counted[int(row) * BEARING_BINS + int(column)] += 1


@compiled
def _summed(cells: Int, wide: int) -> Int:
    """The sums over `wide` cells on either side along the first axis, turned: the second first."""
    n, m = cells.shape
    sums = np.zeros((m, n), np.int64)
    for j in range(m):
        inside = 0
        for i in range(-wide, n):
            inside += cells[i + wide, j] if i + wide < n else 0
            inside -= cells[i - wide - 1, j] if i > wide else 0
            if i >= 0:
                sums[j, i] = inside
    return sums


@compiled
def _heaps(cells: Int) -> tuple[int, int, int, int]:
    """Row and column of the highest heap, how high it is, and how high the second."""
    heaps = _summed(_summed(cells, _SMOOTH[0]), _SMOOTH[1])
    row, column, high, second = 0, 0, -1, 0
    for i in range(heaps.shape[0]):
        for j in range(heaps.shape[1]):
            if heaps[i, j] > high:
                row, column, high = i, j, heaps[i, j]
    for i in range(heaps.shape[0]):
        for j in range(heaps.shape[1]):
            if abs(i - row) > _APART[0] or abs(j - column) > _APART[1]:
                second = max(second, heaps[i, j])
    return row, column, high, second


def mode(counted: Int) -> tuple[float, float, int, int]:
    """The heap of a histogram.

    Returns
    -------
    Its range in metres and bearing in radians, how many pairs lie in it, and how many in the
    second highest.
    """
    row, column, high, second = _heaps(counted.reshape(RANGE_BINS, BEARING_BINS))
    return (
        (row - (RANGE_BINS - 1) / 2) * RANGE_BIN_M,
        (column - (BEARING_BINS - 1) / 2) * BEARING_BIN,
        high,
        second,
    )


def same_heap(range_m: float, bearing: float, other_m: float, other: float) -> bool:
    """Whether two places of the histogram belong to one heap."""
    wide_m, wide = (n * size for n, size in zip(_APART, (RANGE_BIN_M, BEARING_BIN), strict=True))
    return abs(range_m - other_m) <= wide_m and abs(bearing - other) <= wide

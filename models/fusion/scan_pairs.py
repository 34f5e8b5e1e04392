"""Which plot is of which target: candidates in reach, the gate, the best assignment of all.

Global nearest neighbour (methods 2.1): the cost of a pair is the negative logarithm of how much
likelier the plot is of this target than of clutter while the target was missed (Blackman & Popoli
1999, 6.4). A pair that costs more than a miss is none. Where a target and a plot have only each
other, they are paired; the rest is one sparse assignment, which falls into its connected parts.
What only a flood of plots makes is bounded: a part of very many targets is paired cheapest first.

A large target gives several plots, of which it takes one. The others are as many about it as a
Poisson number, and are strewn about its middle (Gilholm & Salmond 2005): `strewn` is their density,
beside which another target must make itself likely.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from models.fusion.filters import Bool, Estimates, Float, Int, Measurements, turned

MOST_PAIRS: Final = 1_000_000  # looked at in one piece
MOST_BESIDE: Final = 64  # plots of a row that a target is held against: the nearest to the east
MOST_PLOTS: Final = 8  # that may be a target's: the likeliest
MOST_TOGETHER: Final = 200  # targets of one connected part that are assigned the best way of all
_COSTS: Final = 1e9  # costs are rounded: logarithms differ in the last bit between processors


def assign(
    targets: Estimates, plots: Measurements, gate: float, detection: float | Float,
    clutter_m2: float | Float,
) -> tuple[Int, Int, Float]:  # fmt: skip
    """Pairs (row of a target, row of a plot, cost), each target and each plot at most once.

    The cost is below 0, in nats: what it says for the target against a miss, negative.

    Parameters
    ----------
    targets
        Predicted to the time of the scan.
    gate
        The largest squared Mahalanobis distance, χ² of two degrees of freedom.
    detection
        Of each target, or of all.
    clutter_m2
        At each plot, or everywhere: plots of none of these targets, per m².
    """
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    if not len(plots.t_us) or not len(targets):
        return none
    noise = turned(plots.along, plots.along_var, plots.across_var)
    clutter = np.log(2 * math.pi * clutter_m2) + np.zeros(len(plots.t_us))
    miss = np.log((1 - detection) / detection) + np.zeros(len(targets))
    found = [
        _likeliest(*_gated(targets, plots.xy, noise, *pair, gate, miss, clutter))
        for pair in _in_reach(targets, plots.xy, noise, gate)
    ]
    if not found:
        return none
    target, plot, cost = (np.concatenate(column) for column in zip(*found, strict=True))
    return _best(target, plot, cost)


def strewn(
    targets: Estimates, plots: Measurements, gate: float, mean: float, extent_m: float
) -> Float:
    """Density of the further plots of these targets at each of these plots, shape (m,), per m².

    Parameters
    ----------
    targets
        Predicted to the time of the scan.
    gate
        Beyond which a target's further plots do not count: as in `assign`.
    mean, extent_m
        `further` and `extent_m` of the scan.
    """
    density = np.zeros(len(plots.t_us))
    if not len(plots.t_us) or not len(targets):
        return density
    var = extent_m * extent_m
    noise = turned(plots.along, plots.along_var + var, plots.across_var + var)
    for target, plot in _in_reach(targets, plots.xy, noise, gate):
        d2, det = _apart(targets, plots.xy, noise, target, plot)
        near = (d2 <= gate).nonzero()[0]
        there = mean * np.exp(-0.5 * d2[near]) / (2 * math.pi * np.sqrt(det[near]))
        np.add.at(density, plot[near], there)
    return density


def rounded(nats: Float) -> Float:
    """Logarithms that are the same on all processors."""
    return np.asarray(np.rint(nats * _COSTS) * (1 / _COSTS))


def _in_reach(
    targets: Estimates, xy: Float, noise: Float, gate: float
) -> Iterator[tuple[Int, Int]]:
    """Pairs that may be within the gate, all pairs of a target in one piece.

    The plots lie in rows as wide as the longest reach, each row from west to east: what a target
    can reach is a stretch of its own row and of those beside it.
    """
    trace = targets.p[:, 0, 0] + targets.p[:, 1, 1]
    most = float((noise[:, 0, 0] + noise[:, 1, 1]).max())
    reach = np.sqrt(gate * (trace + most)) + 1.0  # the trace is no less than the larger axis
    width = float(reach.max())
    x0, y0 = (float(v) for v in xy.min(axis=0))
    span = float(xy[:, 0].max()) - x0
    stride = span + 1.0
    key = np.floor((xy[:, 1] - y0) / width) * stride + (xy[:, 0] - x0)
    order = np.argsort(key, kind="stable")
    key = key[order]
    row = np.floor((targets.x[:, 1] - y0) / width)
    x = targets.x[:, 0] - x0
    west = np.maximum(x - reach, 0.0)
    east = np.minimum(x + reach, span)
    reachable = west <= east
    begin, n = [], []
    for beside in (-1.0, 0.0, 1.0):
        base = (row + beside) * stride
        middle = np.searchsorted(key, base + np.minimum(np.maximum(x, 0.0), span))
        first = np.searchsorted(key, base + west, "left")
        last = np.searchsorted(key, base + east, "right")
        first = np.maximum(first, middle - MOST_BESIDE // 2)
        last = np.minimum(last, middle + MOST_BESIDE // 2)
        begin.append(first)
        n.append(np.where(reachable, np.maximum(last - first, 0), 0))
    for piece in _pieces(n[0] + n[1] + n[2]):
        target, plot = [], []
        for first, count in zip(begin, n, strict=True):
            count = count[piece]
            target.append(np.repeat(np.arange(piece.start, piece.stop), count))
            offset = np.arange(len(target[-1])) - np.repeat(np.cumsum(count) - count, count)
            plot.append(order[np.repeat(first[piece], count) + offset])
        yield np.concatenate(target), np.concatenate(plot)


def _pieces(n: Int) -> Iterator[slice]:
    """Runs of targets with about `MOST_PAIRS` pairs in all; one target makes a run at least."""
    piece = (np.cumsum(n) - 1) // MOST_PAIRS
    cuts = (np.diff(piece)).nonzero()[0] + 1
    bounds = [0, *cuts.tolist(), len(n)]
    for begin, end in pairwise(bounds):
        if n[begin:end].any():
            yield slice(begin, end)


def _gated(
    targets: Estimates, xy: Float, noise: Float, target: Int, plot: Int, gate: float, miss: Float,
    clutter: Float,
) -> tuple[Int, Int, Float]:  # fmt: skip
    """The pairs within the gate that are better than a miss, with their cost."""
    d2, det = _apart(targets, xy, noise, target, plot)
    near = (d2 <= gate).nonzero()[0]
    target, plot = target[near], plot[near]
    cost = rounded(0.5 * (d2[near] + np.log(det[near])) + (clutter[plot] + miss[target]))
    good = cost < 0
    return target[good], plot[good], cost[good]


def _apart(
    targets: Estimates, xy: Float, noise: Float, target: Int, plot: Int
) -> tuple[Float, Float]:
    """Squared Mahalanobis distance of each pair, and the determinant of its covariance, m⁴."""
    p, r = targets.p, noise
    xx = p[target, 0, 0] + r[plot, 0, 0]
    xy_ = p[target, 0, 1] + r[plot, 0, 1]
    yy = p[target, 1, 1] + r[plot, 1, 1]
    x = xy[plot, 0] - targets.x[target, 0]
    y = xy[plot, 1] - targets.x[target, 1]
    det = xx * yy - xy_ * xy_
    return (yy * x * x - 2 * xy_ * x * y + xx * y * y) / det, det


def _likeliest(target: Int, plot: Int, cost: Float) -> tuple[Int, Int, Float]:
    """The few best plots of each target, by target and cost."""
    order = np.lexsort((plot, cost, target))
    target, plot, cost = target[order], plot[order], cost[order]
    fresh = np.ones(len(target), np.bool_)
    fresh[1:] = target[1:] != target[:-1]
    begin = fresh.nonzero()[0]
    place = np.arange(len(target)) - np.repeat(begin, np.diff([*begin.tolist(), len(target)]))
    few = place < MOST_PLOTS
    return target[few], plot[few], cost[few]


def _best(target: Int, plot: Int, cost: Float) -> tuple[Int, Int, Float]:
    """The assignment that costs least in all."""
    taken: Bool = (np.bincount(target)[target] == 1) & (np.bincount(plot)[plot] == 1)
    odd = (~taken).nonzero()[0]
    if len(odd):
        _, row = np.unique(target[odd], return_inverse=True)
        columns, column = np.unique(plot[odd], return_inverse=True)
        crowded = _crowded(row, column)
        taken[odd[crowded]] = _cheapest_first(row[crowded], column[crowded], cost[odd[crowded]])
        odd, row, column = odd[~crowded], row[~crowded], column[~crowded]
        taken[odd] = _matched(row, column, cost[odd], len(columns))
    return target[taken], plot[taken], cost[taken]


def _crowded(row: Int, column: Int) -> Bool:
    """Which pairs are in a connected part of too many targets."""
    n = int(row.max()) + 1
    size = n + int(column.max()) + 1
    graph = csr_array((np.ones(len(row), np.int8), (row, n + column)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    return np.asarray(np.bincount(part[:n])[part[row]] > MOST_TOGETHER)


def _cheapest_first(row: Int, column: Int, cost: Float) -> Bool:
    """Which pairs are taken if the cheapest of those that are left is taken every time."""
    taken = np.zeros(len(row), np.bool_)
    targets: set[int] = set()
    plots: set[int] = set()
    for k in np.lexsort((column, row, cost)).tolist():
        i, j = int(row[k]), int(column[k])
        if i not in targets and j not in plots:
            targets.add(i)
            plots.add(j)
            taken[k] = True
    return taken


def _matched(row: Int, column: Int, cost: Float, columns: int) -> Bool:
    """Which pairs the assignment of least cost takes.

    A column of its own for each target is taken where it is missed. What is added to all costs
    alike changes no choice, since every target takes one column; costs of 0 would be no pairs.
    """
    if not len(row):
        return np.zeros(0, np.bool_)
    _, row = np.unique(row, return_inverse=True)
    n = int(row.max()) + 1
    more = 1.0 - float(cost.min())
    own = np.arange(n)
    edges = csr_array(
        (
            np.concatenate([cost + more, np.full(n, more)]),
            (np.concatenate([row, own]), np.concatenate([column, columns + own])),
        ),
        shape=(n, columns + n),
    )
    _, chosen = min_weight_full_bipartite_matching(edges)
    return np.asarray(chosen[row] == column)

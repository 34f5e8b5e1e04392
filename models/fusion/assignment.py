"""Global nearest neighbour on small connected components, with the certainty of every choice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from models.fusion.filters import Bool, Float, Int

LARGE = 60  # edges; beyond it the margin is that to the second best of row and column
HUGE = 200  # rows or columns; beyond it (a hostile feed) the best edges are taken first
NEVER = 1e9


@dataclass(frozen=True)
class Choice:
    """One edge of the best assignment: its number, and by how much it beats the next best."""

    edge: int
    margin: float
    alone: bool  # nothing competed with it but its being a stranger


def probability(margin: float, instants: float) -> float:
    """Of a choice whose mean score beats the next by `margin` over so many independent instants.

    >>> round(probability(4.0, 3), 4), probability(-1.0, 12) < 0.01
    (0.9975, True)
    """
    return 1.0 / (1.0 + math.exp(-0.5 * max(min(margin * instants, 60.0), -60.0)))


def choose(row: Int, column: Int, cost: Float, asked: Bool | None = None) -> list[Choice]:
    """The assignment of least cost: every row and column at most once, or not at all for 0.

    Parameters
    ----------
    row, column
        Shape (edges,): any integers.
    cost
        Shape (edges,): below 0 where the edge is better than none.
    asked
        Shape (edges,): what does not hang together with one of these is left out; all by default.

    >>> found = choose(np.array([1, 1, 2]), np.array([7, 8, 8]), np.array([-9.0, -8.0, -2.0]))
    >>> [(c.edge, c.margin) for c in found]
    [(0, 3.0), (2, 2.0)]
    """
    useful = (cost < 0.0).nonzero()[0]
    chosen: list[Choice] = []
    for edges in _components(row[useful].tolist(), column[useful].tolist()):
        mine = useful[np.array(edges, np.int64)]
        if asked is not None and not asked[mine].any():
            continue
        if len(mine) == 1:
            chosen.append(Choice(int(mine[0]), -float(cost[mine[0]]), True))
        else:
            chosen += _among(mine, row[mine], column[mine], cost[mine])
    return sorted(chosen, key=lambda choice: choice.edge)


def _components(row: list[int], column: list[int]) -> list[list[int]]:
    """Numbers of the edges of each connected component."""
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in zip(row, column, strict=True):
        parent[root((0, a))] = root((1, b))
    parts: dict[tuple[int, int], list[int]] = {}
    for edge, a in enumerate(row):
        parts.setdefault(root((0, a)), []).append(edge)
    return list(parts.values())


def _among(edges: Int, row: Int, column: Int, cost: Float) -> list[Choice]:
    rows, r = np.unique(row, return_inverse=True)
    columns, c = np.unique(column, return_inverse=True)
    if max(len(rows), len(columns)) > HUGE:
        return _greedy(edges, r, c, cost)
    matrix = np.full((len(rows), len(columns) + len(rows)), NEVER)
    matrix[:, len(columns) :] = 0.0
    matrix[r, c] = cost
    taken, total = _solved(matrix, len(columns))
    number = {(int(a), int(b)): i for i, (a, b) in enumerate(zip(r, c, strict=True))}
    chosen = []
    for a, b in taken:
        i = number[a, b]
        if len(edges) <= LARGE:
            without = matrix.copy()
            without[a, b] = NEVER
            margin = _solved(without, len(columns))[1] - total
        else:
            others = cost[((r == a) | (c == b)) & (np.arange(len(cost)) != i)]
            margin = min(0.0, float(others.min(initial=0.0))) - float(cost[i])
        chosen.append(Choice(int(edges[i]), margin, False))
    return chosen


def _greedy(edges: Int, row: Int, column: Int, cost: Float) -> list[Choice]:
    """The best edges first; the margin of one is that to the next of its row or column."""
    order = np.lexsort((column, row, cost)).tolist()
    taken: dict[tuple[str, int], int] = {}  # the place in `order` of who took it
    seconds: dict[int, float] = {}
    chosen = []
    for i in order:
        ends = (("row", int(row[i])), ("column", int(column[i])))
        takers = {taken[end] for end in ends if end in taken}
        for taker in takers:
            seconds.setdefault(taker, float(cost[i]))
        if not takers:
            taken |= dict.fromkeys(ends, i)
            chosen.append(i)
    return [Choice(int(edges[i]), seconds.get(i, 0.0) - float(cost[i]), False) for i in chosen]


def _solved(matrix: Float, columns: int) -> tuple[list[tuple[int, int]], float]:
    """Rows and columns that are paired, and what it costs in all; summed row by row."""
    rows, found = linear_sum_assignment(matrix)
    taken = [(int(a), int(b)) for a, b in zip(rows, found, strict=True) if b < columns]
    return taken, math.fsum(float(matrix[a, b]) for a, b in taken)

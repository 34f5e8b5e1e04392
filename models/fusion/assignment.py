"""Global nearest neighbour on small connected components, with the certainty of every choice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.compiled import compiled
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
    wanted = np.ones(len(cost), np.bool_) if asked is None else asked
    found = (part.tolist() for part in _chosen(row, column, cost, wanted))
    return sorted((Choice(*one) for one in zip(*found, strict=True)), key=lambda one: one.edge)


@compiled
def solved(cost: Float) -> Int:
    """The column of each row in the assignment of least cost (n, m), m of n or more.

    By shortest augmenting paths, each row's from column to column (Crouse 2016, as in SciPy).
    """
    n, m = cost.shape
    of_row, of_column, path = np.full(n, -1), np.full(m, -1), np.full(m, -1)
    row_price, column_price, away = np.zeros(n), np.zeros(m), np.empty(m)
    left, reached = np.empty(m, np.int64), np.empty(n, np.bool_)
    for begin in range(n):
        row, least, sink, open_ = begin, 0.0, -1, m
        away[:], reached[:] = np.inf, False
        for k in range(m):
            left[k] = m - 1 - k
        while sink < 0:
            reached[row] = True
            nearest, at = np.inf, -1
            for k in range(open_):
                j = left[k]
                here = least + cost[row, j] - row_price[row] - column_price[j]
                if here < away[j]:
                    path[j], away[j] = row, here
                if away[j] < nearest or (away[j] == nearest and of_column[j] < 0):
                    nearest, at = away[j], k
            j, least = left[at], nearest
            if of_column[j] < 0:
                sink = j
            else:
                row = of_column[j]
            open_ -= 1
            left[at], left[open_] = left[open_], j
        row_price[begin] += least
        for i in range(n):
            if reached[i] and i != begin:
                row_price[i] += least - away[of_row[i]]
        for j in left[open_:]:
            column_price[j] -= least - away[j]
        j, row = sink, -1
        while row != begin:
            row = path[j]
            of_column[j] = row
            of_row[row], j = j, of_row[row]
    return of_row


@compiled
def _cost(matrix: Float, taken: Int) -> float:
    """What an assignment costs, summed row by row."""
    total = 0.0
    for a in range(len(taken)):
        total += matrix[a, taken[a]]
    return total


@compiled
def _among(row: Int, column: Int, cost: Float) -> tuple[Int, Float]:
    """The edges of the best assignment of one component, and their margins."""
    rows, columns = np.unique(row), np.unique(column)
    n, m, edges = len(rows), len(columns), len(cost)
    matrix, number = np.full((n, m + n), NEVER), np.full((n, m), -1)
    matrix[:, m:] = 0.0
    for i in range(edges):
        a, b = np.searchsorted(rows, row[i]), np.searchsorted(columns, column[i])
        matrix[a, b], number[a, b] = cost[i], i
    taken = solved(matrix)
    chosen, margin, k = np.empty(n, np.int64), np.empty(n), 0
    total = _cost(matrix, taken)
    for a in range(n):
        b = taken[a]
        if b >= m:
            continue
        chosen[k] = i = number[a, b]
        if edges <= LARGE:
            matrix[a, b] = NEVER
            margin[k] = _cost(matrix, solved(matrix)) - total
            matrix[a, b] = cost[i]
        else:
            other = 0.0
            for j in range(edges):
                if j != i and (row[j] == row[i] or column[j] == column[i]):
                    other = min(other, cost[j])
            margin[k] = other - cost[i]
        k += 1
    return chosen[:k], margin[:k]


@compiled
def _greedy(row: Int, column: Int, cost: Float) -> tuple[Int, Float]:
    """The best edges first; the margin of one is that to the next of its row or column."""
    order = np.argsort(column, kind="mergesort")
    order = order[np.argsort(row[order], kind="mergesort")]
    order = order[np.argsort(cost[order], kind="mergesort")]
    rows, columns = np.unique(row), np.unique(column)
    of_row, of_column = np.full(len(rows), -1), np.full(len(columns), -1)  # who took it
    second, chosen, k = np.zeros(len(cost)), np.empty(len(cost), np.int64), 0
    for i in order:
        a, b = np.searchsorted(rows, row[i]), np.searchsorted(columns, column[i])
        for taker in (of_row[a], of_column[b]):
            if taker >= 0 and second[taker] == 0.0:
                second[taker] = cost[i]
        if of_row[a] < 0 and of_column[b] < 0:
            of_row[a] = of_column[b] = chosen[k] = i
            k += 1
    chosen = chosen[:k]
    return chosen, second[chosen] - cost[chosen]


@compiled
def _root(parent: Int, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@compiled
def _components(row: Int, column: Int) -> Int:
    """A number for each edge: that of the connected component it is of."""
    rows, columns = np.unique(row), np.unique(column)
    parent = np.arange(len(rows) + len(columns))
    own = np.searchsorted(rows, row)
    other = np.searchsorted(columns, column) + len(rows)
    for i in range(len(row)):
        parent[_root(parent, own[i])] = _root(parent, other[i])
    for i in range(len(row)):
        own[i] = _root(parent, own[i])
    return own


@compiled
def _chosen(row: Int, column: Int, cost: Float, asked: Bool) -> tuple[Int, Float, Bool]:
    """The columns of `Choice`, component by component."""
    useful = (cost < 0.0).nonzero()[0]
    part = _components(row[useful], column[useful])
    order = np.argsort(part, kind="mergesort")
    edge, margin, k = np.empty(len(useful), np.int64), np.empty(len(useful)), 0
    alone = np.zeros(len(useful), np.bool_)
    begin = 0
    while begin < len(order):
        end, wanted = begin, False
        while end < len(order) and part[order[end]] == part[order[begin]]:
            wanted = wanted or asked[useful[order[end]]]
            end += 1
        mine = useful[order[begin:end]]
        begin = end
        if not wanted:
            continue
        if len(mine) == 1:
            edge[k], margin[k], alone[k] = mine[0], -cost[mine[0]], True
            k += 1
            continue
        most = max(len(np.unique(row[mine])), len(np.unique(column[mine])))
        if most > HUGE:
            chosen, by = _greedy(row[mine], column[mine], cost[mine])
        else:
            chosen, by = _among(row[mine], column[mine], cost[mine])
        for i in range(len(chosen)):
            edge[k], margin[k] = mine[chosen[i]], by[i]
            k += 1
    return edge[:k], margin[:k], alone[:k]

"""An isolation forest that can also say what it would have thought of a row it never saw.

scikit-learn grows the trees; the score is summed here, tree by tree, from the leaf that each row
falls into. So a row's score never depends on which rows are asked with it, and a row that the
forest learned from can be scored by the trees that did not draw it.

Source: Liu, Ting, Zhou, Isolation-Based Anomaly Detection, ACM TKDD 6:3 (2012).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled

TREES: Final = 200
MOST_DRAWN: Final = 256  # rows that a tree draws, half of all at most

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def _walked(
    row: Floats,
    begin: Ints,
    feature: Ints,
    threshold: Floats,
    left: Ints,
    right: Ints,
    path: Floats,
) -> float:
    """The lengths of one row's paths, summed tree by tree.

    Parameters
    ----------
    row
        (features,), as 32-bit numbers are rounded.
    begin
        Root of each tree among the nodes, shape (trees,); the rest is by node, left −1 at a leaf.
    """
    total = 0.0
    for tree in range(len(begin)):
        node = begin[tree]
        while left[node] >= 0:
            node = left[node] if row[feature[node]] <= threshold[node] else right[node]
        total += path[node]
    return total


@dataclass(frozen=True, eq=False)
class Forest:
    """Grown trees: where each leaf is, how long the path to it is, and which rows a tree drew."""

    trees: tuple[Any, ...]  # sklearn.tree._tree.Tree
    paths: tuple[Floats, ...]  # expected length of the path to each node
    drawn: tuple[Ints, ...]  # rows of the matrix that it was grown from
    usual: float  # expected length among so many rows as a tree drew
    rows: int

    def scores(self, matrix: Floats) -> Floats:
        """How soon each row is isolated, in (0, 1]; ordinary rows are near 0.5 or below.

        Parameters
        ----------
        matrix
            (n, features), as the forest was grown from.
        """
        total = np.zeros(len(matrix))
        for lengths in self._lengths(matrix):
            total += lengths
        return self._score(total, np.full(len(matrix), len(self.trees)))

    def score(self, row: Floats) -> float:
        """The score of one row, shape (features,): as `scores` has it to the bit, and at once."""
        total = _walked(np.asarray(row, np.float32).astype(np.float64), *self._nodes)
        return float(self._score(np.array([total]), np.array([len(self.trees)]))[0])

    @cached_property
    def _nodes(self) -> tuple[Ints, Ints, Floats, Ints, Ints, Floats]:
        """All trees behind each other: roots, features, thresholds, children, lengths of paths."""
        sizes = np.array([len(path) for path in self.paths], np.int64)
        begin = np.cumsum(sizes) - sizes
        parts = [
            [t.feature, t.threshold, *(np.where(c < 0, -1, c + at) for c in children), path]
            for t, path, at in zip(self.trees, self.paths, begin.tolist(), strict=True)
            for children in [(t.children_left, t.children_right)]
        ]
        kinds = (np.int64, np.float64, np.int64, np.int64, np.float64)
        joined = (
            np.ascontiguousarray(np.concatenate(column), kind)
            for column, kind in zip(zip(*parts, strict=True), kinds, strict=True)
        )
        return begin, *joined  # type: ignore[return-value]

    def scores_unseen(self, matrix: Floats, learned_as: Ints) -> Floats:
        """The score by those trees alone that did not draw the row it was learned as.

        Parameters
        ----------
        learned_as
            Row of the matrix that the forest was grown from that each row stands for, shape (n,).

        Returns
        -------
        Shape (n,); NaN where every tree drew it.
        """
        total, number = np.zeros(len(matrix)), np.zeros(len(matrix), np.int64)
        for lengths, drawn in zip(self._lengths(matrix), self.drawn, strict=True):
            unseen = np.ones(self.rows, np.bool_)
            unseen[drawn] = False
            counted = unseen[learned_as]
            total[counted] += lengths[counted]
            number += counted
        return self._score(total, number)

    def _lengths(self, matrix: Floats) -> Any:
        asked = np.ascontiguousarray(matrix, np.float32)
        return (p[t.apply(asked)] for t, p in zip(self.trees, self.paths, strict=True))

    def _score(self, total: Floats, number: Ints) -> Floats:
        pairs = zip(total.tolist(), number.tolist(), strict=True)
        return np.array([math.exp2(-x / n / self.usual) if n else math.nan for x, n in pairs])


def grow(matrix: Floats, seed: int) -> Forest:
    """Grow a forest: the same matrix, row for row, and the same seed give the same forest.

    Parameters
    ----------
    matrix
        (n, features), n ≥ 4; finite.
    seed
        Such as the number of a night.
    """
    from sklearn.ensemble import IsolationForest  # here: its import takes a second

    drawn = min(MOST_DRAWN, len(matrix) // 2)
    grown = IsolationForest(
        n_estimators=TREES, max_samples=drawn, random_state=seed % 2**32, n_jobs=1
    ).fit(matrix)
    trees = tuple(one.tree_ for one in grown.estimators_)
    left_over = np.array([usual_path(n) for n in range(drawn + 1)])
    paths = tuple(t.compute_node_depths() - 1.0 + left_over[t.n_node_samples] for t in trees)
    samples = tuple(np.asarray(s, np.int64) for s in grown.estimators_samples_)
    return Forest(trees, paths, samples, usual_path(drawn), len(matrix))


def usual_path(rows: int) -> float:
    """Expected length of the path that isolates one of so many rows: c(n) of the paper.

    >>> round(usual_path(256), 6), usual_path(2), usual_path(1)
    (10.244771, 1.0, 0.0)
    """
    if rows <= 2:
        return float(max(rows - 1, 0))
    return 2.0 * (math.log(rows - 1.0) + float(np.euler_gamma)) - 2.0 * (rows - 1.0) / rows

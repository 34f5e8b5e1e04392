"""Missing judgements filled so that the whole contradicts itself least.

λ_max is convex in the logarithms of the missing entries, so its minimum is unique where every
element is linked to every other by judgements (Bozóki, Fülöp & Rónyai 2010). Each step sets every
missing entry to √(w_i v_j / w_j v_i), w and v being the right and left eigenvectors, which zeroes
its own slope and never points uphill; the step is halved until λ_max falls.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from core.errors import JudgementError
from models.risk.ahp.matrix import Matrix, checked
from models.risk.ahp.priority import eigenvectors

MAX_STEPS: Final = 200
#: Largest change of a logarithm that counts as settled; the eigenvectors are exact to 1e-12.
SETTLED: Final = 1e-10


def missing(matrix: Matrix) -> list[tuple[int, int]]:
    """Pairs (i < j) that nobody judged."""
    n = len(matrix)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if np.isnan(matrix[i, j])]


def completed(matrix: ArrayLike, where: str = "pairwise matrix") -> Matrix:
    """The matrix with its missing judgements (NaN) filled in, to 1e-9.

    Raises
    ------
    JudgementError
        Malformed, or some elements are not linked to the others by any judgement.
    """
    a = checked(matrix, where, incomplete=True)
    gaps = missing(a)
    if not gaps:
        return a
    _require_linked(a, where)
    logs = [0.0] * len(gaps)
    lambda_now, target = _slope(_filled(a, gaps, logs), gaps)
    for _ in range(MAX_STEPS):
        step = 1.0
        while True:
            trial = [y + step * (t - y) for y, t in zip(logs, target, strict=True)]
            lambda_trial, next_target = _slope(_filled(a, gaps, trial), gaps)
            if lambda_trial <= lambda_now or step < 1e-3:
                break
            step /= 2
        moved = max(abs(t - y) for t, y in zip(trial, logs, strict=True))
        logs, target, lambda_now = trial, next_target, lambda_trial
        if moved < SETTLED:
            break
    return _filled(a, gaps, [round(y, 10) for y in logs])


def _filled(a: Matrix, gaps: list[tuple[int, int]], logs: list[float]) -> Matrix:
    out = a.copy()
    for (i, j), y in zip(gaps, logs, strict=True):
        out[i, j] = math.exp(y)
        out[j, i] = 1 / out[i, j]
    return out


def _slope(a: Matrix, gaps: list[tuple[int, int]]) -> tuple[float, list[float]]:
    """λ_max, and for every missing entry the logarithm at which its own slope is zero."""
    both, lambdas = eigenvectors(np.stack([a, a.T]))
    w, v = both.tolist()
    return float(lambdas[0]), [
        0.5 * (math.log(w[i]) - math.log(w[j]) + math.log(v[j]) - math.log(v[i])) for i, j in gaps
    ]


def _require_linked(a: Matrix, where: str) -> None:
    linked, frontier = {0}, [0]
    while frontier:
        i = frontier.pop()
        new = [j for j in range(len(a)) if j not in linked and not np.isnan(a[i, j])]
        linked.update(new)
        frontier += new
    if len(linked) < len(a):
        alone = ", ".join(str(k + 1) for k in range(len(a)) if k not in linked)
        raise JudgementError(
            where,
            expected="judgements that link every element to the others",
            came=f"none between element 1 and element {alone}",
            act="Ask for at least one of the missing judgements.",
        )

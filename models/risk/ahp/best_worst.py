"""The best-worst method as a cross-check: 2n − 3 comparisons instead of n (n − 1) / 2.

Source: Rezaei 2016 (Omega 64:126), the linear model; methods 6.1, O8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import JudgementError


@dataclass(frozen=True)
class BestWorst:
    """Weights of shape (n,), summing to one, and ξ: 0 where the comparisons agree."""

    weights: NDArray[np.float64]
    xi: float


def best_worst(best_to_others: Sequence[float], others_to_worst: Sequence[float]) -> BestWorst:
    """Weights that come nearest to how the best compares to all, and all to the worst.

    Minimises ξ with |w_B − a_Bj w_j| ≤ ξ and |w_j − a_jW w_W| ≤ ξ.

    Parameters
    ----------
    best_to_others
        How many times more the best matters than each; 1 for the best itself.
    others_to_worst
        How many times more each matters than the worst; 1 for the worst itself.
    """
    n = len(best_to_others)
    given = [*best_to_others, *others_to_worst]
    if (
        n < 2
        or len(others_to_worst) != n
        or not all(math.isfinite(x) and x >= 1 for x in given)
        or 1 not in best_to_others
        or 1 not in others_to_worst
    ):
        raise JudgementError(
            "best-worst comparisons",
            expected="two rows of one length, from 1 upwards, each with a 1",
            came=f"{list(best_to_others)} and {list(others_to_worst)}",
            act="Correct the comparisons.",
        )
    best, worst = list(best_to_others).index(1), list(others_to_worst).index(1)
    rows = []
    for j in range(n):
        for first, second, times in (
            (best, j, best_to_others[j]),
            (j, worst, others_to_worst[j]),
        ):
            if first == second:
                continue
            row = np.zeros(n)
            row[first] += 1
            row[second] -= times
            rows += [[*row, -1.0], [*-row, -1.0]]
    from scipy.optimize import linprog  # here: its import takes a second

    solved = linprog(
        [0.0] * n + [1.0],
        A_ub=np.array(rows),
        b_ub=np.zeros(len(rows)),
        A_eq=np.array([[1.0] * n + [0.0]]),
        b_eq=[1.0],
    )
    if solved.x is None:  # any weights satisfy a ξ that is large enough
        raise ArithmeticError(f"the linear program did not end: {solved.message}")
    answer = [round(float(x), 9) + 0.0 for x in solved.x]  # + 0.0: no minus zero
    return BestWorst(np.array(answer[:n]), answer[n])

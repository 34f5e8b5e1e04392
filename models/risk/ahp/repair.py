"""Which judgement to look at when judgements contradict each other, and what would mend it.

Nothing here changes a judgement: proposals go back to the person who gave it, with the
consistency ratio before and after.

Source: Saaty 2003 (EJOR 145:85); methods 6.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from core.errors import JudgementError
from models.risk.ahp.matrix import Matrix, checked
from models.risk.ahp.priority import MAX_CR, Priorities, priorities
from models.risk.ahp.random_index import DEFAULT_TABLE

#: 1/9 … 1/2, 1 … 9.
SCALE: Final = tuple(
    [Fraction(1, k) for k in range(9, 1, -1)] + [Fraction(k) for k in range(1, 10)]
)
MAX_STEPS: Final = 5


@dataclass(frozen=True)
class Proposal:
    """One judgement to look at: elements i < j, counted from 0.

    `error` is ε = a_ij w_j / w_i or its reciprocal, whichever is above one; `ratio` is what the
    other judgements imply (w_i / w_j); `proposed` is the nearest value of the scale.
    """

    i: int
    j: int
    came: float
    error: float
    ratio: float
    proposed: Fraction
    cr_before: float
    cr_after: float


def largest_error(matrix: Matrix, weights: Sequence[float]) -> tuple[int, int, float]:
    """The pair (i < j) whose judgement departs furthest from the weights, and its ε ≥ 1."""
    worst = (0, 0, 0.0)
    for i in range(len(matrix)):
        for j in range(i + 1, len(matrix)):
            e = float(matrix[i, j]) * weights[j] / weights[i]
            e = round(max(e, 1 / e), 9)  # ties must not hang on a last bit
            if e > worst[2]:
                worst = (i, j, e)
    return worst


def nearest_on_scale(value: float) -> Fraction:
    """The value of Saaty's scale nearest by ratio.

    >>> nearest_on_scale(1.1275), nearest_on_scale(0.3)
    (Fraction(1, 1), Fraction(1, 3))
    """
    return min(SCALE, key=lambda s: (round(abs(math.log(value / s)), 9), s))


def replaced(matrix: Matrix, i: int, j: int, value: float) -> Matrix:
    """A copy with one judgement and its reciprocal set."""
    out = matrix.copy()
    out[i, j], out[j, i] = value, 1 / value
    return out


def proposals(
    matrix: ArrayLike, random_index: str = DEFAULT_TABLE, max_cr: float = MAX_CR
) -> list[Proposal]:
    """Up to five steps towards consistency, each taken as if the one before were accepted.

    Empty when the judgements are consistent already. The steps stop when CR falls below
    `max_cr`, or when the scale has no better value to propose.
    """
    a = checked(matrix)
    now = priorities(a, random_index)
    steps: list[Proposal] = []
    while now.cr >= max_cr and len(steps) < MAX_STEPS:
        w = now.weights.tolist()
        i, j, error = largest_error(a, w)
        proposed = nearest_on_scale(w[i] / w[j])
        came = float(a[i, j])
        if abs(came - float(proposed)) < 1e-9:
            break
        a = replaced(a, i, j, float(proposed))
        after = priorities(a, random_index)
        ratio = round(w[i] / w[j], 9)
        steps.append(Proposal(i, j, came, error, ratio, proposed, now.cr, after.cr))
        now = after
    return steps


def require_consistent(
    matrix: ArrayLike,
    names: Sequence[str] = (),
    random_index: str = DEFAULT_TABLE,
    where: str = "pairwise matrix",
) -> Priorities:
    """The priorities of judgements that may be used.

    Raises
    ------
    JudgementError
        CR ≥ 0.10; names the judgement to look at, what it is and what would fit the others.
    """
    found = priorities(matrix, random_index)
    if found.consistent:
        return found
    steps = proposals(matrix, random_index)
    names = list(names) or [f"element {k + 1}" for k in range(len(found.weights))]
    act = "The scale offers no single better judgement: judge anew."
    if steps:
        s = steps[0]
        act = (
            f"Look at the judgement {names[s.i]} : {names[s.j]} = {_shown(s.came)}; the others "
            f"imply {s.ratio:.2f}, and {s.proposed} would give CR {s.cr_after:.4f}"
            + (
                f" ({len(steps)} changes reach {steps[-1].cr_after:.4f})."
                if len(steps) > 1
                else "."
            )
        )
    raise JudgementError(
        where,
        expected=f"a consistency ratio below {MAX_CR:.2f}",
        came=f"CR {found.cr:.4f} ({random_index}, λ_max {found.lambda_max:.4f})",
        act=act,
    )


def _shown(value: float) -> str:
    return str(Fraction(value).limit_denominator(9)) if np.isfinite(value) else "none"

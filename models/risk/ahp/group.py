"""Several people's judgements made one, with how far they disagree.

AIJ takes the weighted geometric mean of every judgement (the only mean that keeps reciprocity:
Aczél & Saaty 1983): one voice for a group that decides together. AIP takes the geometric mean of
each one's weights: for people who act for themselves (Forman & Peniwati 1998). Both hide
conflict (oracle O7: three people in open contradiction give CR 0.0009), so dispersion is always
reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import JudgementError
from models.risk.ahp.matrix import Matrix, checked
from models.risk.ahp.priority import Priorities, priorities
from models.risk.ahp.random_index import DEFAULT_TABLE


@dataclass(frozen=True)
class GroupPriorities:
    """The group's weights and its disagreement.

    `spread` has shape (n, n): the geometric standard deviation of each judgement, 1 where all
    agree; `widest` is its largest pair (i < j). `members` are the individual priorities.
    """

    weights: NDArray[np.float64]
    matrix: Matrix
    together: Priorities
    members: tuple[Priorities, ...]
    spread: NDArray[np.float64]
    widest: tuple[int, int]
    method: str


def shares(weights: Sequence[float] | None, n: int) -> list[float]:
    """Members' weights as shares of one; equal where not given."""
    given = [1.0] * n if weights is None else [float(w) for w in weights]
    if n == 0 or len(given) != n or not all(math.isfinite(w) and w > 0 for w in given):
        raise JudgementError(
            "group of judges",
            expected=f"a positive weight for each of {n or 'at least one'} members",
            came=str(given),
            act="Correct the members' weights.",
        )
    total = math.fsum(given)
    return [w / total for w in given]


def _geometric(values: Sequence[float], parts: Sequence[float]) -> float:
    return math.exp(math.fsum(p * math.log(v) for v, p in zip(values, parts, strict=True)))


def aggregate_judgements(
    matrices: Sequence[ArrayLike], weights: Sequence[float] | None = None
) -> Matrix:
    """AIJ: the weighted geometric mean of every judgement, reciprocal to the bit.

    Parameters
    ----------
    matrices
        One (n, n) matrix a member.
    weights
        Positive weights of the members, equal where not given.
    """
    parts = shares(weights, len(matrices))
    checked_ones = [checked(m, f"judge {k + 1}") for k, m in enumerate(matrices)]
    n = len(checked_ones[0])
    if any(len(m) != n for m in checked_ones):
        raise JudgementError(
            "group of judges",
            expected=f"matrices of one size ({n} elements)",
            came=", ".join(str(len(m)) for m in checked_ones),
            act="Let every judge compare the same elements.",
        )
    out = np.ones((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            out[i, j] = round(_geometric([float(m[i, j]) for m in checked_ones], parts), 12)
            out[j, i] = 1 / out[i, j]
    return out


def dispersion(
    matrices: Sequence[ArrayLike], weights: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Geometric standard deviation of each judgement over the members: shape (n, n), ≥ 1."""
    parts = shares(weights, len(matrices))
    logs = [
        [[math.log(x) for x in row] for row in checked(m, f"judge {k + 1}").tolist()]
        for k, m in enumerate(matrices)
    ]
    n = len(logs[0])
    out = np.ones((n, n))
    for i in range(n):
        for j in range(n):
            mean = math.fsum(p * one[i][j] for one, p in zip(logs, parts, strict=True))
            square = math.fsum(
                p * (one[i][j] - mean) ** 2 for one, p in zip(logs, parts, strict=True)
            )
            out[i, j] = round(math.exp(math.sqrt(square)), 9)
    return out


def group_priorities(
    matrices: Sequence[ArrayLike],
    weights: Sequence[float] | None = None,
    method: str = "judgements",
    random_index: str = DEFAULT_TABLE,
) -> GroupPriorities:
    """Weights of a group by AIJ (`method="judgements"`) or AIP (`"priorities"`).

    Raises
    ------
    JudgementError
        No members, wrong weights, sizes that differ, or an unknown method.
    """
    parts = shares(weights, len(matrices))
    together = aggregate_judgements(matrices, parts)
    members = tuple(priorities(m, random_index) for m in matrices)
    joint = priorities(together, random_index)
    if method == "judgements":
        result = joint.weights
    elif method == "priorities":
        by_element = zip(*(m.weights.tolist() for m in members), strict=True)
        means = [_geometric(values, parts) for values in by_element]
        result = np.round(np.array(means) / math.fsum(means), 12)
    else:
        raise JudgementError(
            "group method",
            expected="judgements or priorities",
            came=repr(method),
            act="Correct `combine` in the judgements.",
        )
    spread = dispersion(matrices, parts)
    i, j = np.unravel_index(int(np.argmax(np.triu(spread, 1))), spread.shape)
    return GroupPriorities(result, together, joint, members, spread, (int(i), int(j)), method)

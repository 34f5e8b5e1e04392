"""How far the order of alerts hangs on one weight.

One weight at a time is changed by ±10, 20 and 30 % and all are made to sum to one again; and for
every weight the first value at which another alert comes to the top is solved for exactly, for
scores are linear in it.

Source: methods 6.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

CHANGES: Final = (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Shift:
    """One weight changed: criterion (index), relative change, order kept (Kendall's τ-b), top."""

    criterion: int
    change: float
    weights: Array
    tau: float
    top: int
    top_changed: bool


@dataclass(frozen=True)
class Turn:
    """The nearest weight of one criterion at which another alternative takes the top.

    `weight` is None where none in [0, 1] does; `change` is relative to the present weight.
    """

    criterion: int
    weight: float | None
    change: float | None
    top: int | None


def scores(values: ArrayLike, weights: ArrayLike) -> Array:
    """Weighted sums, shape (m,), of values (m, n) and weights (n,); summed in a fixed order."""
    v, w = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    total = np.zeros(len(v))
    for k in range(len(w)):
        total = total + v[:, k] * w[k]
    return np.round(total, 12)


def kendall_tau(a: ArrayLike, b: ArrayLike) -> float:
    """Kendall's τ-b of two scorings, to 1e-12; 1 where neither orders anything.

    >>> kendall_tau([3, 2, 1], [3, 1, 2])
    0.333333333333
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    i, j = np.triu_indices(len(x), 1)
    s, t = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
    ordered = float(np.count_nonzero(s)), float(np.count_nonzero(t))
    if not all(ordered):
        return 1.0 if ordered == (0.0, 0.0) else 0.0
    return round(float((s * t).sum()) / float(np.sqrt(ordered[0] * ordered[1])), 12)


def one_at_a_time(
    values: ArrayLike, weights: ArrayLike, changes: tuple[float, ...] = CHANGES
) -> list[Shift]:
    """Every criterion's weight changed by every relative change, all else kept in proportion.

    Parameters
    ----------
    values
        Shape (m, n): value of each of m alternatives by each criterion.
    weights
        Shape (n,), summing to one.
    """
    v, w = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    before = scores(v, w)
    top = int(np.argmax(before))
    out = []
    for k in range(len(w)):
        for change in changes:
            changed = w.copy()
            changed[k] *= 1 + change
            changed = np.round(changed / changed.sum(), 12)
            after = scores(v, changed)
            now = int(np.argmax(after))
            out.append(Shift(k, change, changed, kendall_tau(before, after), now, now != top))
    return out


def first_turns(values: ArrayLike, weights: ArrayLike) -> list[Turn]:
    """For every criterion the nearest weight at which the top alternative changes.

    The other weights keep their proportions, so alternative a's score at weight t is
    t v_ak + (1 − t) R_a with R_a its score by the others alone; two such lines cross once.
    """
    v, w = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    top = int(np.argmax(scores(v, w)))
    out = []
    for k in range(len(w)):
        rest = w.copy()
        rest[k] = 0.0
        if len(w) < 2 or rest.sum() <= 0:
            out.append(Turn(k, None, None, None))
            continue
        others = scores(v, rest / rest.sum())
        out.append(_nearest_turn(v[:, k], others, float(w[k]), top, k))
    return out


def _nearest_turn(own: Array, others: Array, now: float, top: int, k: int) -> Turn:
    best: tuple[float, float, int] | None = None
    for b in range(len(own)):
        lead_at_0 = float(others[top] - others[b])
        lead_at_1 = float(own[top] - own[b])
        if b == top or lead_at_0 * lead_at_1 >= 0:
            continue  # never overtakes within (0, 1)
        t = round(lead_at_0 / (lead_at_0 - lead_at_1), 12)
        distance = round(abs(t - now), 12)
        if best is None or (distance, b) < (best[0], best[2]):
            best = (distance, t, b)
    if best is None:
        return Turn(k, None, None, None)
    change = round(best[1] / now - 1, 9) if now > 0 else None
    return Turn(k, best[1], change, best[2])

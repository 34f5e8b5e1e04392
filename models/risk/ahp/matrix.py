"""Pairwise comparison matrices: made from judgements, and refused with a sentence when wrong.

Entry (i, j) says how many times more i matters than j. A missing judgement is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import JudgementError
from models.risk.ahp.random_index import MAX_SIZE

Matrix = NDArray[np.float64]

#: Judgements and their reciprocals agree to this, relatively; 0.33 for a third is refused.
RECIPROCAL_TOLERANCE: Final = 1e-6
#: Saaty's scale of judgement: 1 equal … 9 extremely more.
SCALE_MAX: Final = 9.0


def ratio(value: object, where: str) -> float:
    """A judgement from text or number: `3`, `0.5`, `"1/3"`; `"?"` is missing (NaN).

    >>> ratio("1/4", "a : b"), ratio(3, "a : b")
    (0.25, 3.0)

    Raises
    ------
    JudgementError
        Not a number, not positive, or outside the scale 1/9 … 9.
    """
    if value == "?":
        return float("nan")
    number = float("nan")
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = float(Fraction(value)) if isinstance(value, str) else float(value)
        except (ValueError, ZeroDivisionError, OverflowError):
            number = float("nan")
    if not (1 / SCALE_MAX - 1e-9 <= number <= SCALE_MAX + 1e-9):
        raise JudgementError(
            where,
            expected='a judgement from "1/9" to 9, or "?" where there is none',
            came=repr(value),
            act="Ask whoever gave it.",
        )
    return number


def from_upper(rows: Sequence[Sequence[object]], where: str = "pairwise matrix") -> Matrix:
    """The reciprocal matrix of an upper triangle, row by row without the diagonal.

    >>> from_upper([[6, 3], ["1/2"]])[0]
    array([1., 6., 3.])
    """
    n = len(rows) + 1
    matrix = np.ones((n, n))
    for i, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != n - 1 - i:
            raise JudgementError(
                f"{where}, row {i + 1}",
                expected=f"{n - 1 - i} judgements (the upper triangle of {n} elements)",
                came=f"{len(row) if isinstance(row, list | tuple) else repr(row)}",
                act="Give one judgement for every later element.",
            )
        for k, value in enumerate(row):
            j = i + 1 + k
            matrix[i, j] = ratio(value, f"{where}, row {i + 1}, judgement {k + 1}")
            matrix[j, i] = 1 / matrix[i, j]
    return matrix


def checked(
    matrix: ArrayLike, where: str = "pairwise matrix", *, incomplete: bool = False
) -> Matrix:
    """The matrix as float64, proven square, positive and reciprocal.

    Parameters
    ----------
    matrix
        Shape (n, n), 1 ≤ n ≤ 15.
    where
        Named in the refusal.
    incomplete
        Whether missing judgements (NaN on both sides) are let through.

    Raises
    ------
    JudgementError
        Names the entry and what was expected.
    """
    try:
        a = np.array(matrix, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise _refusal(where, "a square table of numbers", str(error)) from error
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 1 <= len(a) <= MAX_SIZE:
        shape = " × ".join(map(str, a.shape)) or "a single number"
        raise _refusal(where, f"a square table of 1 to {MAX_SIZE} elements", shape)
    with np.errstate(invalid="ignore", over="ignore"):
        sound = (a > 0) & np.isfinite(a) & (np.abs(a * a.T - 1) <= RECIPROCAL_TOLERANCE)
    if incomplete:
        sound |= np.isnan(a) & np.isnan(a.T)
    if not sound.all() or (a.diagonal() != 1).any():
        raise _first_fault(a, sound, where)
    return a


def _first_fault(a: Matrix, sound: NDArray[np.bool_], where: str) -> JudgementError:
    """The refusal of the first entry, row by row, that is not what it should be."""
    for i in range(len(a)):
        if a[i, i] != 1:
            return _refusal(f"{where}, entry ({i + 1}, {i + 1})", "1 on the diagonal", f"{a[i, i]}")
        for j in range(i + 1, len(a)):
            here = f"{where}, entry ({i + 1}, {j + 1})"
            if not sound[i, j] and not (np.isfinite(a[i, j]) and a[i, j] > 0):
                return _refusal(here, "a positive finite number", f"{a[i, j]}")
            if not sound[i, j]:
                expected = f"the reciprocal of its mirror entry {a[j, i]:g}"
                return _refusal(here, expected, f"{a[i, j]:g}")
    raise AssertionError("a matrix without fault was refused")


def _refusal(where: str, expected: str, came: str) -> JudgementError:
    return JudgementError(where, expected=expected, came=came, act="Correct the judgement.")

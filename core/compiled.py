"""Loops over numbers, compiled.

Where each step hangs on the one before (filters, gates, assignments of a few dozen boats at every
instant), NumPy's price is that of its calls, not of its arithmetic: see ADR 0013. Such loops are
written as plain functions over arrays and numbers, and compiled by Numba when first called; what
was compiled is kept beside the source for the next start.

Compiled arithmetic is the processor's own, operation by operation: nothing is reordered or fused
(`fastmath` is off), so an answer does not hang on how many rows an array has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function of arrays and numbers; division by zero gives infinity, as in NumPy."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))

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
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function of arrays and numbers; division by zero gives infinity, as in NumPy.

    What it calls stands above it: what was kept of it is then good while the sources of all these
    are as they were, where Numba by itself looks only at the function's own.
    """
    made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    if isinstance(made, Dispatcher):  # not where compiling is switched off
        named = (function.__globals__.get(name) for name in function.__code__.co_names)
        called = [_kept(other)._source_stamp for other in named if isinstance(other, Dispatcher)]
        if called:
            _kept(made)._source_stamp = (_kept(made)._source_stamp, *called)
    return cast(F, made)


def _kept(made: Any) -> Any:
    """The file in which Numba keeps what it compiled."""
    return made._cache._cache_file

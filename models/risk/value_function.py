"""Value functions of the ratings mode: a fact in its own unit becomes a value in [0, 1].

Each function is fixed, so a new alert can never reorder old ones (methods 6.1, O9).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from core.errors import JudgementError

#: A number, a code, several codes (their amounts are added), or not known.
Fact = float | str | Sequence[str] | None


@dataclass(frozen=True)
class ValueFunction:
    """Piecewise linear over `points` (x rising, value 0 … 1, flat beyond the ends), or by code.

    `unknown` is the neutral value of a fact that is not known. `values` maps codes straight to
    values; `amounts` maps codes to x, of which several add up; `other` is a code not in either.
    """

    unknown: float
    points: tuple[tuple[float, float], ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    amounts: Mapping[str, float] = field(default_factory=dict)
    other: float | None = None

    def __call__(self, fact: Fact) -> tuple[float, bool]:
        """Value to 1e-6, and whether the fact was known."""
        known = self._known(fact)
        if known is None:
            return self.unknown, False
        return round(known, 6), True

    def _known(self, fact: Fact) -> float | None:
        if isinstance(fact, str) and self.values:
            return self.values.get(fact, self.other)
        if fact is None or not self.points:
            return None
        if isinstance(fact, int | float):
            return None if math.isnan(fact) else _interpolated(self.points, float(fact))
        codes = [fact] if isinstance(fact, str) else list(fact)
        amounts = [self.amounts.get(code, self.other) for code in codes]
        if any(amount is None for amount in amounts):
            return None
        return _interpolated(self.points, math.fsum(a for a in amounts if a is not None))


def _interpolated(points: Sequence[tuple[float, float]], x: float) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, v0), (x1, v1) in pairwise(points):
        if x <= x1:
            return v0 + (v1 - v0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def parse_value_function(raw: Mapping[str, object], where: str) -> ValueFunction:
    """A value function from its TOML table.

    Raises
    ------
    JudgementError
        Neither points nor values, points that do not rise, a value outside [0, 1].
    """
    unknown = _number(raw.get("unknown"), f"{where}, unknown", 0.0, 1.0)
    points = _points(raw.get("points", []), f"{where}, points")
    values = _table(raw.get("values", {}), f"{where}, values", 1.0)
    amounts = _table(raw.get("amounts", {}), f"{where}, amounts", 1e9)
    if bool(points) == bool(values):
        raise _refusal(where, "either points or values", "both" if points else "neither")
    other = raw.get("other")
    top = 1.0 if values else 1e9
    return ValueFunction(
        unknown,
        points,
        values,
        amounts,
        None if other is None else _number(other, f"{where}, other", 0.0, top),
    )


def _points(raw: object, where: str) -> tuple[tuple[float, float], ...]:
    if not isinstance(raw, list) or len(raw) == 1:
        raise _refusal(where, "at least two pairs [x, value]", repr(raw))
    out: list[tuple[float, float]] = []
    for pair in raw:
        if not isinstance(pair, list) or len(pair) != 2:
            raise _refusal(where, "pairs [x, value]", repr(pair))
        x = _number(pair[0], where, -1e9, 1e9)
        if out and x <= out[-1][0]:
            raise _refusal(where, "x rising from pair to pair", f"{x:g} after {out[-1][0]:g}")
        out.append((x, _number(pair[1], where, 0.0, 1.0)))
    return tuple(out)


def _table(raw: object, where: str, top: float) -> dict[str, float]:
    if not isinstance(raw, dict):
        raise _refusal(where, "a table of numbers by code", repr(raw))
    return {str(code): _number(v, f"{where}, {code}", 0.0, top) for code, v in raw.items()}


def _number(value: object, where: str, low: float, high: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise _refusal(where, f"a number from {low:g} to {high:g}", repr(value))


def _refusal(where: str, expected: str, came: str) -> JudgementError:
    return JudgementError(where, expected=expected, came=came, act="Correct the judgements.")

"""The targets of a scan tracker: states and histories as arrays, saved as a frame."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import polars as pl

from core.schema import empty
from models.fusion.filters import Bool, Estimates, Float, Int

_MEAN: Final = ("x_m", "y_m", "vx_mps", "vy_mps")
_UPPER: Final = tuple((i, j) for i in range(4) for j in range(i, 4))

#: One row a target, by number.
TARGET: Final = pl.Schema(
    {
        "number": pl.Int64(),
        "born_us": pl.Int64(),
        "seen_us": pl.Int64(),
        "t_us": pl.Int64(),
        "history": pl.Int64(),
        "chances": pl.Int64(),
        "score": pl.Float64(),
        "visible": pl.Float64(),
        "confirmed": pl.Boolean(),
        **dict.fromkeys(_MEAN, pl.Float64()),
        **{f"p{i}{j}": pl.Float64() for i, j in _UPPER},
    }
)


@dataclass(frozen=True)
class Targets:
    """n targets, by number.

    Attributes
    ----------
    number
        Never given again.
    born_us, seen_us
        The times of its first and its newest plot.
    history
        Its last scans as bits, the newest lowest: 1 where it was seen.
    chances
        Scans that had it in view since it began, counted up to those of the M-of-N rule.
    score
        For a target and against clutter, in nats (Sittler 1964; Blackman & Popoli 1999, 6.2).
    visible
        Probability that nothing hides it (Mušicki, Evans & Stanković 1994, Markov chain two).
    confirmed
        It passed the M-of-N rule.
    """

    number: Int
    born_us: Int
    seen_us: Int
    history: Int
    chances: Int
    score: Float
    visible: Float
    confirmed: Bool
    states: Estimates

    @staticmethod
    def none() -> Targets:
        """No target."""
        return Targets.of(empty(TARGET))

    def __len__(self) -> int:
        return len(self.number)

    def take(self, which: Int | Bool) -> Targets:
        """Some of them."""
        columns: dict[str, Any] = {n: getattr(self, n)[which] for n in _COLUMNS}
        return Targets(**columns, states=self.states.take(which))

    def and_then(self, more: Targets) -> Targets:
        """These and others of higher numbers."""
        columns: dict[str, Any] = {
            n: np.concatenate([getattr(self, n), getattr(more, n)]) for n in _COLUMNS
        }
        a, b = self.states, more.states
        x, p = np.concatenate([a.x, b.x]), np.concatenate([a.p, b.p])
        return Targets(**columns, states=Estimates(x, p, np.concatenate([a.t_us, b.t_us])))

    def frame(self) -> pl.DataFrame:
        """As `TARGET`, to be saved."""
        states = self.states
        columns = {
            **{name: getattr(self, name) for name in _COLUMNS},
            "t_us": states.t_us,
            **{name: states.x[:, i] for i, name in enumerate(_MEAN)},
            **{f"p{i}{j}": states.p[:, i, j] for i, j in _UPPER},
        }
        return pl.DataFrame({name: columns[name] for name in TARGET}, schema=TARGET)

    @staticmethod
    def of(frame: pl.DataFrame) -> Targets:
        """The targets of a frame that `frame` gave."""
        columns: dict[str, Any] = {name: frame[name].to_numpy().copy() for name in frame.columns}
        p = np.empty((len(frame), 4, 4))
        for i, j in _UPPER:
            p[:, i, j] = p[:, j, i] = columns[f"p{i}{j}"]
        x = np.column_stack([columns[name] for name in _MEAN])
        states = Estimates(x, p, columns["t_us"])
        return Targets(**{name: columns[name] for name in _COLUMNS}, states=states)


_COLUMNS: Final = tuple(f.name for f in fields(Targets)[:-1])

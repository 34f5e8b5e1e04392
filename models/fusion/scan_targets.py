"""The targets of a scan tracker: states and histories as arrays, saved as a frame."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import polars as pl

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
    confirmed
        It passed the M-of-N rule.
    """

    number: Int
    born_us: Int
    seen_us: Int
    history: Int
    chances: Int
    score: Float
    confirmed: Bool
    states: Estimates

    @staticmethod
    def none() -> Targets:
        """No target."""
        whole = (np.zeros(0, np.int64) for _ in range(5))
        return Targets(*whole, np.zeros(0), np.zeros(0, np.bool_), Estimates.none())

    def __len__(self) -> int:
        return len(self.number)

    def take(self, which: Int | Bool) -> Targets:
        """Some of them."""
        columns = (getattr(self, f.name) for f in fields(self)[:-1])
        return Targets(*(column[which] for column in columns), self.states.take(which))

    def and_then(self, more: Targets) -> Targets:
        """These and others of higher numbers."""
        names = [f.name for f in fields(self)[:-1]]
        columns = (np.concatenate([getattr(self, n), getattr(more, n)]) for n in names)
        a, b = self.states, more.states
        states = (np.concatenate(pair) for pair in ((a.x, b.x), (a.p, b.p), (a.t_us, b.t_us)))
        return Targets(*columns, Estimates(*states))

    def frame(self) -> pl.DataFrame:
        """As `TARGET`, to be saved."""
        states = self.states
        columns = {
            **{f.name: getattr(self, f.name) for f in fields(self)[:-1]},
            "t_us": states.t_us,
            **{name: states.x[:, i] for i, name in enumerate(_MEAN)},
            **{f"p{i}{j}": states.p[:, i, j] for i, j in _UPPER},
        }
        return pl.DataFrame({name: columns[name] for name in TARGET}, schema=TARGET)

    @staticmethod
    def of(frame: pl.DataFrame) -> Targets:
        """The targets of a frame that `frame` gave."""
        names = [f.name for f in fields(Targets)[:-1]]
        columns = {name: frame[name].to_numpy().copy() for name in frame.columns}
        p = np.empty((len(frame), 4, 4))
        for i, j in _UPPER:
            p[:, i, j] = p[:, j, i] = columns[f"p{i}{j}"]
        x = np.column_stack([columns[name] for name in _MEAN])
        states = Estimates(x, p, columns["t_us"])
        return Targets(*(columns[name] for name in names), states)

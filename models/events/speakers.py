"""Which transponders speak, and since when without a pause: arrays by target while a batch is
taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from models.events.instants import Int, Roster

#: Since when transponders speak without a pause.
SPEAKER: Final = pl.Schema({"target": pl.String(), "from_s": pl.Int64(), "last_s": pl.Int64()})
_NEVER: Final = -(2**62)


class Speakers:
    """Who spoke.

    Parameters
    ----------
    held
        `SPEAKER`.
    targets
        Who speaks for each fix of the batch.
    pause_s
        Who was silent for longer begins anew.
    """

    def __init__(self, held: pl.DataFrame, targets: pl.Series, pause_s: int) -> None:
        targets = targets.fill_null("")
        self._roster, self._pause_s = Roster.of(held["target"], targets), pause_s
        self.of_row = self._roster.numbers(targets)
        self._number = {name: i for i, name in enumerate(self._roster.names.to_list())}
        self._last_s = np.full(len(self._roster), _NEVER, np.int64)
        self._from_s = self._last_s.copy()
        known = self._roster.numbers(held["target"])
        self._from_s[known], self._last_s[known] = held["from_s"], held["last_s"]
        self._listed = np.zeros(len(self._roster), np.bool_)

    def hear(self, who: Int, clock_s: int) -> None:
        """Targets, by number, that are heard at an instant."""
        paused = clock_s - self._pause_s > self._last_s[who]
        self._from_s[who[paused]] = clock_s
        self._last_s[who] = clock_s

    def since_s(self, who: int) -> int:
        """Since when a target, by number, speaks."""
        return int(self._from_s[who])

    def listen_for(self, names: Iterable[str]) -> None:
        """Targets of which `awaited` is to tell."""
        self._listed[[self._number[name] for name in names if name in self._number]] = True

    def awaited(self, who: Int) -> list[str]:
        """Those among targets that are listened for; they are so no longer."""
        found = who[self._listed[who]]
        self._listed[found] = False
        return self._roster.names.gather(np.unique(found)).to_list() if len(found) else []

    def frame(self, after_s: int) -> pl.DataFrame:
        """`SPEAKER`: those that were heard after a time."""
        columns = {"target": self._roster.names, "from_s": self._from_s, "last_s": self._last_s}
        return pl.DataFrame(columns, schema=SPEAKER).filter(pl.col("last_s") > after_s)

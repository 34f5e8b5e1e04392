"""Names in doubt: who was told of in an identity conflict that goes on, or ended hours ago."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import polars as pl

from core.schema import empty
from models.events.identity_conflicts import KIND

#: So long after a conflict ended its targets' names prove nothing.
LASTS_S: Final = 6 * 3600
DOUBT: Final = pl.Schema(
    {
        "matter": pl.String(),
        "target": pl.String(),
        "from_s": pl.Int64(),  # the tick at which it was told
        "to_s": pl.Int64(),  # and at which its end was; null: it goes on
    }
)
_KEY: Final = ("matter", "target", "from_s")


@dataclass(frozen=True)
class Doubts:
    """The conflicts that people were told of, as `DOUBT`; never changed, only replaced."""

    rows: pl.DataFrame = field(default_factory=lambda: empty(DOUBT))

    def take(self, happened: pl.DataFrame) -> Doubts:
        """With the conflicts among new happenings (`HAPPENING`)."""
        mine = happened.filter(pl.col("kind") == KIND)
        if mine.is_empty():
            return self
        held = {(row["matter"], row["target"], row["from_s"]): row for row in self.rows.to_dicts()}
        columns = ("matter", "clock_s", "phase", "level", "targets")
        for matter, clock_s, phase, level, targets in mine.select(columns).iter_rows():
            for target in targets:
                going = [
                    key
                    for key, row in held.items()
                    if key[:2] == (matter, target) and row["to_s"] is None
                ]
                for key in going if phase in ("ended", "withdrawn") else ():
                    held[key] = {**held[key], "to_s": clock_s}
                if not going and level is not None and phase != "withdrawn":
                    over_s = clock_s if phase == "ended" else None
                    held[matter, target, clock_s] = {
                        "matter": matter, "target": target, "from_s": clock_s, "to_s": over_s,
                    }  # fmt: skip
        return Doubts(pl.DataFrame(list(held.values()), schema=DOUBT).sort(_KEY))

    def forget(self, until_s: int) -> Doubts:
        """Without those that no later tick asks for."""
        if self.rows.is_empty():
            return self
        over = (pl.col("to_s") + LASTS_S <= until_s).fill_null(value=False)
        return Doubts(self.rows.filter(~over))

    def of(self, targets: Collection[str], tick_s: int) -> bool:
        """Whether one of these names was in doubt at a tick."""
        return any(
            from_s <= tick_s and (to_s is None or to_s + LASTS_S > tick_s)
            for target in targets
            for from_s, to_s in self._spells.get(target, ())
        )

    @cached_property
    def _spells(self) -> dict[str, list[tuple[int, int | None]]]:
        """From which tick to which each name was in doubt: asked for with every landing."""
        spells: dict[str, list[tuple[int, int | None]]] = {}
        for target, from_s, to_s in self.rows.select("target", "from_s", "to_s").iter_rows():
            spells.setdefault(target, []).append((from_s, to_s))
        return spells

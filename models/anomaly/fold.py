"""How unusual a landing is, as one value: closed once a night, at noon, and read until the next.

What is kept is the rows, never a forest: it is grown from them, with the number of the last night
as its seed, when it is first asked after a noon or a load. So a saved state goes on to the same
bytes, and what is forgotten is forgotten by the forest too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final

import polars as pl

from core.schema import empty
from models.anomaly.conformal import discoveries
from models.anomaly.drift import Drift, drift
from models.anomaly.features import KEY, PIER_NIGHT, ROW, checked, in_order
from models.anomaly.learned import Learned, Unusual, last_versions, learn

MEMORY_NIGHTS: Final = 90
MOST_ROWS: Final = 20_000  # that are kept: the oldest nights go first

#: What was said of a pier-night: the p of its most unusual version; null before there was a forest.
SAID: Final = pl.Schema({**{name: ROW[name] for name in PIER_NIGHT}, "p": pl.Float64()})
#: The last night that was closed, one row at most.
CLOSED: Final = pl.Schema({"night": pl.Int32()})


@dataclass(frozen=True, eq=False)
class Anomaly:
    """As of the last night that was closed."""

    rows: pl.DataFrame = field(default_factory=lambda: empty(ROW))
    said: pl.DataFrame = field(default_factory=lambda: empty(SAID))
    closed: pl.DataFrame = field(default_factory=lambda: empty(CLOSED))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> Anomaly:
        """As it was saved."""
        return Anomaly(**{f.name: frames[f.name] for f in fields(Anomaly)})

    @cached_property
    def learned(self) -> Learned | None:
        """The forest and what calibrates it; None where there are too few rows."""
        night = self.last_night
        return None if night is None else learn(self.rows, night)

    @property
    def last_night(self) -> int | None:
        """The last night that was closed, in days since 1970."""
        night = self.closed["night"].max()
        return night if isinstance(night, int) else None

    def score(self, rows: pl.DataFrame) -> list[Unusual]:
        """How unusual each candidate is.

        Each is judged by itself: which others are asked with it changes nothing.

        Parameters
        ----------
        rows
            ROW, in any order.

        Returns
        -------
        One for each row, in their order; each within ±2 nats, rising with the score in a stratum.
        """
        rows, learned = checked(rows), self.learned
        return [Unusual()] * len(rows) if learned is None else learned.judge(rows)

    def judge_one(self, row: Mapping[str, Any]) -> Unusual:
        """How unusual one candidate is: `score` of one row, without a frame.

        Parameters
        ----------
        row
            A checked row of ROW by name.
        """
        learned = self.learned
        return Unusual() if learned is None else learned.judge_one(row)

    def drift(self) -> Drift:
        """The week that ends with the last night beside what came before; to be asked weekly."""
        return drift(last_versions(self.rows), self.said, self.last_night or 0)

    def report(self, night: int, q: float = 0.2) -> pl.DataFrame:
        """What was said of a night's pier-nights, and which of them Benjamini-Hochberg finds.

        Returns
        -------
        SAID with `found`, by p, pier and stratum.
        """
        mine = self.said.filter(pl.col("night") == night, pl.col("p").is_not_null())
        found = pl.Series("found", discoveries(mine["p"].to_numpy(), q), pl.Boolean)
        return mine.with_columns(found).sort("p", *PIER_NIGHT)


def close_night(anomaly: Anomaly, night: int, rows: pl.DataFrame) -> Anomaly:
    """Learn a night that is over.

    Parameters
    ----------
    night
        Its evening's date in days since 1970; later than the last one closed.
    rows
        ROW in any order: the candidates of the night, in every version that was judged.

    Raises
    ------
    ValueError
        A night that is closed already (its rows would be judged by a forest that saw them), or
        rows of another night.
    """
    last = anomaly.last_night
    if last is not None and night <= last:
        raise ValueError(f"anomaly: night {night} to close, but {last} is closed already")
    mine = in_order(rows)
    others = mine.filter(pl.col("night").ne_missing(night))["night"]
    if not others.is_empty():
        raise ValueError(f"anomaly: rows of night {night} expected, got one of {others[0]}")
    p = pl.Series("p", [one.p for one in anomaly.score(mine)], pl.Float64)
    said = mine.with_columns(p).group_by(PIER_NIGHT).agg(pl.col("p").min()).sort(PIER_NIGHT)
    recent = pl.col("night") > night - MEMORY_NIGHTS
    kept = pl.concat([anomaly.rows.filter(recent), mine.head(MOST_ROWS)])
    kept = kept.filter(pl.col("night") >= _first_night(kept)).sort(*KEY, "night")
    told = pl.concat([anomaly.said.filter(recent), said.cast(SAID)])
    told = told.filter(pl.col("night") >= _first_night(told))
    return Anomaly(kept, told, pl.DataFrame({"night": [night]}, schema=CLOSED))


def without(anomaly: Anomaly, cases: pl.DataFrame) -> Anomaly:
    """Forget the pier-nights of confirmed cases: what is normal is not learned from them.

    It changes what is said from then on, so it belongs where a night is closed.

    Parameters
    ----------
    cases
        `pier` and `night` of each.
    """
    on = ["pier", "night"]
    cases = cases.select(on).cast({"pier": pl.Int64, "night": pl.Int32}).unique()
    rows = anomaly.rows.join(cases, on=on, how="anti", maintain_order="left")
    said = anomaly.said.join(cases, on=on, how="anti", maintain_order="left")
    return Anomaly(rows, said, anomaly.closed)


def _first_night(frame: pl.DataFrame) -> int:
    """The oldest night that is kept, so that all nights since then are no more than MOST_ROWS."""
    by_night = frame.group_by("night").len().sort("night", descending=True)
    within = by_night.filter(pl.col("len").cum_sum() <= MOST_ROWS)["night"].min()
    return within if isinstance(within, int) else 0

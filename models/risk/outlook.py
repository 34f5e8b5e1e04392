"""What was like it before, and what comes next: codes and parameters, never a sentence.

Neither is evidence: the recurrence block weighs what was before, and the next step is a guess that
tells where to look.

Source: methods 4.5 (lag kernel, displacement to neighbours), 3.1 (trucks leave after the vessel).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from models.baseline.bursts import DAY_US
from models.risk.evidence_table import EvidenceTable
from models.risk.landing_facts import LandingFacts

#: Outcomes of earlier landings that somebody labelled.
OUTCOMES: Final = ("confirmed", "lawful", "unknown")
#: Every step that is foretold: each has its sentence in both catalogues.
STEPS: Final = (
    "next_trucks_come",
    "next_boat_leaves",
    "next_trucks_road",
    "next_nights",
    "next_piers",
)
#: The share of the likeliest night's that another night needs to be named beside it.
_NEARLY: Final = 0.8


@dataclass(frozen=True)
class Earlier:
    """A suspicious landing before this one, here or at a neighbour; `outcome` None: no label."""

    pier: int
    at_us: int
    days: float
    track: str
    here: bool
    outcome: str | None


@dataclass(frozen=True)
class Step:
    """What is likely next: a code of `STEPS` and its parameters."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it stands beside an alert."""
        return {"code": self.code, "params": dict(self.params)}


def earlier(
    held: pl.DataFrame,
    pier: int,
    near: Collection[int],
    at_us: int,
    outcomes: Mapping[tuple[int, int], str] | None = None,
    most: int = 5,
) -> tuple[Earlier, ...]:
    """Similar landings before this one, the last first; of one pier and night the last, or one
    that officers spoke of.

    Parameters
    ----------
    held
        `models.baseline.bursts.SUSPICIOUS`.
    near
        Rows of the piers within 5 km, without `pier`.
    outcomes
        Labels by (pier, time of berthing in microseconds).
    """
    known = outcomes or {}
    before = pl.col("t_us") < at_us - DAY_US // 2  # a second boat of one landing is no other
    mine = held.filter(pl.col("pier").is_in([pier, *near]), before)
    said = [(row["pier"], row["t_us"]) in known for row in mine.iter_rows(named=True)]
    nights = (at_us + DAY_US // 2 - pl.col("t_us")) // DAY_US
    last = (
        mine.with_columns(pl.Series("said", said, pl.Boolean), nights.alias("nights"))
        .sort("said", "t_us", "track", descending=[True, True, False])
        .unique(["pier", "nights"], keep="first", maintain_order=True)
        .sort("t_us", "pier", "track", descending=[True, False, False])
        .head(most)
    )
    return tuple(
        Earlier(
            row["pier"],
            row["t_us"],
            round((at_us - row["t_us"]) / DAY_US, 1),
            row["track"],
            row["pier"] == pier,
            known.get((row["pier"], row["t_us"])),
        )
        for row in last.iter_rows(named=True)
    )


def next_steps(
    table: EvidenceTable,
    facts: LandingFacts,
    evening: date,
    by_night: Sequence[float] = (),
    roads: Sequence[str] = (),
    neighbours: Sequence[str] = (),
    most: int = 5,
) -> tuple[Step, ...]:
    """What is likely next, the soonest first.

    Parameters
    ----------
    evening
        The date of the night's evening, local.
    by_night
        How the next landing spreads over the nights after this one (outlook.toml).
    roads
        Road cameras on the trucks' ways from the pier, the nearest first.
    neighbours
        Piers within 5 km that are not in use, the nearest first: a burst may move there.
    """
    out = []
    if not facts.dwell_over:
        if facts.trucks_covered and facts.trucks < 1:
            out.append(Step("next_trucks_come"))
        usual = table.landing.consequence.usual_dwell_min
        left_min = max(usual - (facts.dwell_min or 0.0), 0.0)
        out.append(Step("next_boat_leaves", {"in_min": round(left_min)}))
    if roads:
        out.append(Step("next_trucks_road", {"cameras": list(roads[:most])}))
    nights = [(evening + timedelta(days=n)).isoformat() for n in risky_lags(by_night)]
    if nights:
        out.append(Step("next_nights", {"nights": nights}))
    if neighbours:
        out.append(Step("next_piers", {"piers": list(neighbours[:most])}))
    return tuple(out)


def risky_lags(by_night: Sequence[float]) -> list[int]:
    """After how many nights the next landing is likeliest, by the shares of the nights to come."""
    least = _NEARLY * max(by_night, default=0.0)
    return [n for n, share in enumerate(by_night, 1) if share >= least > 0]

"""What the engine takes and gives at a tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from core.schema import (
    ALIVE,
    DECISION,
    DOUBT,
    FACT,
    HEARD,
    IDENTITY,
    OBSERVATION,
    RECEPTION,
    REFUSAL,
    arriving,
    empty,
)
from models.feeds.reception import RECEIVED
from models.fusion.schema import FusionOutput

REFUSED: Final = pl.Schema({**REFUSAL, "source": pl.String()})


@dataclass(frozen=True)
class Batch:
    """What arrived up to a tick: a second of it live, an hour of it in a replay.

    `observations` has the columns of `core.schema.OBSERVATION` and `arrived_at`, `identities` those
    of `IDENTITY`; none arrived after `until_s`, none before the end of the batch before.
    `ahead`, `heard_again` and `alive` are what decoders give by those names, `heard`
    (`core.schema.HEARD`) how much was heard of whom at each tick, `facts` (`FACT`) what the
    service recorded of itself, `decisions` (`DECISION`) what officers decided.
    """

    observations: pl.DataFrame
    until_s: int
    identities: pl.DataFrame = field(default_factory=lambda: empty(arriving(IDENTITY)))
    ahead: pl.DataFrame = field(default_factory=lambda: empty(arriving(OBSERVATION)))
    heard: pl.DataFrame = field(default_factory=lambda: empty(HEARD))
    facts: pl.DataFrame = field(default_factory=lambda: empty(FACT))
    heard_again: pl.DataFrame = field(default_factory=lambda: empty(RECEPTION))
    alive: pl.DataFrame = field(default_factory=lambda: empty(ALIVE))
    decisions: pl.DataFrame = field(default_factory=lambda: empty(DECISION))


@dataclass(frozen=True)
class Output:
    """What a batch led to: lines of `alerts.jsonl` and `events.jsonl`, and settled track rows.

    `observations` are those released for the store: corrected where their source's clock was
    judged, and those that waited for the judgement. `refusals` (`core.schema.REFUSAL` and
    `source`) are those whose wait was in vain, and permits that found no room; `doubts`
    (`DOUBT`) what is hard to believe; `receptions` (`RECEIVED`) the hours of the reception maps
    that closed. `vessels` is what the settled pass says of vessels, their links and the radars'
    registration (`models.fusion.schema`), `fast` what the picture shows meanwhile. `outlooks`
    are those on the nights that began (`engine.outlooks.document`), `night_reports` those on the
    nights that ended (`engine.night_reports.document`).
    """

    alerts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    observations: pl.DataFrame = field(default_factory=lambda: empty(arriving(OBSERVATION)))
    refusals: pl.DataFrame = field(default_factory=lambda: empty(REFUSED))
    doubts: pl.DataFrame = field(default_factory=lambda: empty(DOUBT))
    receptions: pl.DataFrame = field(default_factory=lambda: empty(RECEIVED))
    vessels: FusionOutput = field(default_factory=FusionOutput.nothing)
    fast: FusionOutput = field(default_factory=FusionOutput.nothing)
    outlooks: list[dict[str, Any]] = field(default_factory=list)
    night_reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def fixes(self) -> pl.DataFrame:
        """Where vessels were, as settled (`models.fusion.schema.FIX`)."""
        return self.vessels.fixes

    @property
    def fast_fixes(self) -> pl.DataFrame:
        """Where vessels are, by what has arrived."""
        return self.fast.fixes

"""The table of likelihoods behind the evidence, parsed from the bytes of an `evidence.toml`."""

from __future__ import annotations

import math
from typing import Final, Self

from pydantic import Field, model_validator

from models.risk.landing_table import LandingTables
from models.risk.readings_table import Reading
from models.risk.table_parts import Cue, Nats, Share, Table, TwoShares, parsed

#: Blocks of evidence in the order in which they are shown.
BLOCKS: Final = (
    "identity",
    "rarity",
    "timing",
    "land_side",
    "recurrence",
    "anomaly",
    "calibration",
)


class Block(Table):
    """Most and least that a block may say."""

    cap_nats: float = Field(ge=0, le=20)
    floor_nats: float = Field(le=0, ge=-20)


class Blocks(Table):
    """The seven blocks."""

    identity: Block
    rarity: Block
    timing: Block
    land_side: Block
    recurrence: Block
    anomaly: Block
    calibration: Block


class Rate(Table):
    """A Gamma(a, b days) rate of visits."""

    a: float = Field(gt=0, allow_inf_nan=False)
    b_days: float = Field(gt=0, allow_inf_nan=False)


class IdlePier(Cue):
    """Rates of visits by what the register says."""

    visit_share: Share
    idle: Rate
    low: Rate
    active: Rate


class TideWindow(Cue):
    """Water at the berth."""

    hours: float = Field(gt=0, le=6.21)
    inside_nats: Nats
    outside_nats: Nats
    used_share: Share
    shallow_nats_per_m: float = Field(le=0, ge=-100)
    shallow_floor_nats: float = Field(le=0, ge=-20)


class Dwell(Cue):
    """Shares of the time in berth by band; the last band is open."""

    from_min: tuple[float, ...] = Field(min_length=2)
    landing_share: tuple[Share, ...]
    innocent_share: tuple[Share, ...]

    @model_validator(mode="after")
    def _bands(self) -> Self:
        n = len(self.from_min)
        if self.from_min[0] != 0 or list(self.from_min) != sorted(set(self.from_min)):
            raise ValueError("from_min should rise from 0")
        for name in ("landing_share", "innocent_share"):
            shares = getattr(self, name)
            if len(shares) != n or abs(math.fsum(shares) - 1) > 1e-6:
                raise ValueError(f"{name} should be {n} shares that sum to 1")
        return self


class KnownService(Cue):
    """Nats for vessels whose work explains the call."""

    law_enforcement: Nats
    passenger: Nats
    service: Nats


class EvidenceTable(Table):
    """All likelihoods, with their version; `facts` groups codes that tell one fact."""

    version: str = Field(min_length=1)
    blocks: Blocks
    facts: dict[str, tuple[str, ...]]
    idle_pier: IdlePier
    tide_window: TideWindow
    dwell: Dwell
    register_says_fisherman_home: TwoShares
    known_service: KnownService
    announced: TwoShares
    landing: LandingTables
    readings: dict[str, Reading] = Field(min_length=1)

    def block(self, name: str) -> Block:
        """Cap and floor of a block."""
        found: Block = getattr(self.blocks, name)
        return found

    def fact_of(self, code: str) -> str:
        """The fact that a code tells: codes of one fact count once."""
        for fact, codes in self.facts.items():
            if code in codes:
                return fact
        return code


def parse_evidence(toml: bytes, where: str = "evidence.toml") -> EvidenceTable:
    """The table from the bytes of its file.

    Raises
    ------
    SiteError
        Not TOML, a key misspelt or missing, a number out of range; names key and expectation.
    """
    return parsed(EvidenceTable, toml, where)

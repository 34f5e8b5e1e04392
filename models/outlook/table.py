"""The numbers behind the outlook, parsed from the bytes of an `outlook.toml`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.risk.table_parts import Cue, Table, check_shares, parsed

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Part = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Nats = Annotated[float, Field(ge=-5, le=5, allow_inf_nan=False)]
Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class Habits(Table):
    """A share of each habit; together 1."""

    idle: Part
    low: Part
    busy: Part

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_shares("the shares", (self.idle, self.low, self.busy))
        return self


class PlaceTable(Cue):
    """Landings by how often a pier is visited."""

    idle_below_a_night: float = Field(gt=0, le=1)
    busy_above_a_night: float = Field(gt=0, le=100)
    landing_share: Habits
    pier_share: Habits


class RecurrenceTable(Cue):
    """What follows a landing, and how many nights later: the first share is the next night's."""

    next_share: float = Field(ge=0, lt=1)
    by_night: Annotated[tuple[Share, ...], Field(min_length=1, max_length=60)]
    here_share: Share
    near_share: Share
    near_m: Metres
    remembered_share: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_shares("by_night", self.by_night)
        if self.here_share + self.near_share > 1:
            raise ValueError("here_share and near_share should be 1 together at most")
        return self


class HoursTable(Cue):
    """When landings berth, and how long they stay."""

    landing_share: Annotated[tuple[Part, ...], Field(min_length=24, max_length=24)]
    usual_stay_min: int = Field(ge=10, le=600)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_shares("landing_share", self.landing_share)
        return self


class WaterTable(Cue):
    """Water under the keel."""

    draught_m: float = Field(ge=0, le=20)
    clearance_m: float = Field(ge=0, le=5)
    shallow_nats_per_m: float = Field(le=0, ge=-100)
    shallow_floor_nats: float = Field(le=0, ge=-20)
    high_water_hours: float = Field(gt=0, le=6.21)
    inside_nats: Nats
    outside_nats: Nats
    grounding_kinds: tuple[str, ...]


class MoonTable(Cue):
    """Moonlight."""

    nats_per_lit: Nats
    usual_lit: Share


class HolidayTable(Cue):
    """Holidays and their eves."""

    free_nats: Nats
    other_nats: Nats


class OutlookTable(Table):
    """All of them, with their version."""

    version: str = Field(min_length=1)
    place: PlaceTable
    recurrence: RecurrenceTable
    hours: HoursTable
    water: WaterTable
    moon: MoonTable
    holiday: HolidayTable


def parse_outlook(toml: bytes, where: str = "outlook.toml") -> OutlookTable:
    """The table from the bytes of its file.

    Raises
    ------
    SiteError
        Not TOML, a key misspelt or missing, a number out of range; names key and expectation.
    """
    return parsed(OutlookTable, toml, where)

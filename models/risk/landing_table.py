"""The tables of likelihoods of a landing: joint where facts hang together, one block after another.

Source: methods 3.2, 4.4, 4.5; every number stands in `evidence.toml` with its own source.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from models.risk.table_parts import (
    Cue,
    Nats,
    Share,
    Table,
    TwoShares,
    check_rising,
    check_shares,
)

#: How the sea saw a visit. Silences are told apart by how innocent they can be.
MANNERS: Final = (
    "heard",  # all the way
    "beidou_alone",  # heard all the way, but not by AIS, which it has
    "silent",  # under way
    "silent_moored",  # lying still
    "silent_tracked",  # under way, while a radar went on seeing it
    "radar_only",  # by radar, and never by a name
    "unseen",  # by nobody afloat
)

#: Who alone tells of a visit, where that may be wrong; one that a track was heard or seen to stay
#: at needs no more.
SIGHTINGS: Final = (
    "glance",  # a dock camera, once and briefly
    "camera",  # a dock camera, for a while
    "echo",  # a radar, that lost it at the pier
    "approach",  # nobody yet: it heads there
)

#: A share for each of none, one, two, three and more goods vehicles.
Counts = Annotated[tuple[Share, ...], Field(min_length=4, max_length=4)]


class Named(Table):
    """Shares of calls of a boat with a name: whether the register has it."""

    registered: Share
    unregistered: Share

    @property
    def both(self) -> float:
        """Whatever the register says."""
        return self.registered + self.unregistered


class Manners(Table):
    """Shares of all calls by how they were seen, and by the register where there is a name."""

    heard: Named
    silent: Named
    silent_moored: Named
    silent_tracked: Named
    beidou_alone: Share
    radar_only: Share
    unseen: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        named = (self.heard, self.silent, self.silent_moored, self.silent_tracked)
        others = (self.beidou_alone, self.radar_only, self.unseen)
        check_shares("all of it", [*(n.both for n in named), *others])
        return self


class Seen(Cue):
    """Identity: how the sea saw the visit, jointly with the register.

    `silence_cap_nats` bounds how surprising a silence can be, for losses go together;
    `lost_share` is the chance of losing a transmitter where nobody can tell.
    """

    silence_cap_nats: float = Field(gt=0, le=20)
    lost_share: Share
    landing: Manners
    innocent: Manners


class UseShares(Table):
    """Shares of piers by how they are used."""

    idle: Share
    low: Share
    active: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_shares("all of it", [self.idle, self.low, self.active])
        return self


class PierUse(Cue):
    """How piers are used by what the register says of them: it may be out of date."""

    idle: UseShares
    low: UseShares
    active: UseShares
    unknown: UseShares


class LandingHours(Cue):
    """Shares of a day's landings and innocent calls by local hour, and nats by kind of day."""

    landing_share: Annotated[tuple[Share, ...], Field(min_length=24, max_length=24)]
    innocent_share: Annotated[tuple[Share, ...], Field(min_length=24, max_length=24)]
    most_nats: float = Field(gt=0, le=20)
    workday_nats: Nats
    weekend_nats: Nats
    holiday_nats: Nats

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_shares("landing_share", self.landing_share)
        check_shares("innocent_share", self.innocent_share)
        return self


class Sighting(Table):
    """A visit that is known in one way only: the share of landings that are seen so, and how often
    a night a pier shows it though nobody berths."""

    landing_share: Share
    false_per_night: float = Field(ge=0, le=10)


class Sightings(Cue):
    """By `SIGHTINGS`: who tells of the visit."""

    glance: Sighting
    camera: Sighting
    echo: Sighting
    approach: Sighting


class Crowd(Cue):
    """How fast other idle piers that are visited tonight show that this is no usual night: they
    are taken as even on all of them, with a Gamma(shape, shape) factor of the night. In an
    announced gale the factor is at least `storm`."""

    shape: float = Field(gt=0, allow_inf_nan=False)
    storm: float = Field(ge=1, le=100)


class NobodyAfloat(Cue):
    """The share of landings with no boat yet, from so many minutes after the first vehicle came."""

    from_min: tuple[float, ...] = Field(min_length=1)
    landing_share: tuple[Share, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _bands(self) -> Self:
        check_rising("from_min", self.from_min)
        if len(self.from_min) != len(self.landing_share):
            raise ValueError("from_min and landing_share should be of one length")
        return self


class Trucks(Cue):
    """Goods vehicles that stand at a visit: 0, 1, 2, 3 and more, by how the pier is used, and
    with work that was announced.

    `come_by_min` minutes after berthing a share `come_share` of the vehicles has come. The shares
    of innocent calls weigh `table_nights` beside the nights that were seen at the pier itself.
    """

    landing: Counts
    idle: Counts
    low: Counts
    active: Counts
    announced: Counts
    table_nights: float = Field(gt=0)
    come_by_min: tuple[float, ...] = Field(min_length=2)
    come_share: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in ("landing", "idle", "low", "active", "announced"):
            check_shares(name, getattr(self, name))
        if len(self.come_by_min) != len(self.come_share):
            raise ValueError("come_by_min and come_share should be of one length")
        check_rising("come_by_min", self.come_by_min)
        if list(self.come_share) != sorted(self.come_share):
            raise ValueError("come_share should not fall")
        return self


class Passing(Cue):
    """Goods vehicles that road cameras read on the way: 0, 1, 2, 3 and more."""

    landing: Counts
    innocent: Counts

    @model_validator(mode="after")
    def _whole(self) -> Self:
        check_shares("landing", self.landing)
        check_shares("innocent", self.innocent)
        return self


class Repeats(Cue):
    """What earlier landings make of one (`models.outlook.recurrence`): so many nats at most, and
    `none_nats` where none was in `memory_nights`."""

    cap_nats: float = Field(gt=0, le=20)
    none_nats: Nats
    memory_nights: int = Field(ge=1, le=60)


class Unusual(Cue):
    """How much of the anomaly's nats counts."""

    used_share: Share


class BurstWorth(Cue):
    """How much of a burst's surprise counts, and how much at most."""

    used_share: Share
    cap_nats: float = Field(gt=0, le=20)


class SmallRepeats(Cue):
    """Nats a visit beyond those that are usual, up to a cap."""

    usual_visits: float = Field(ge=0, allow_inf_nan=False)
    nats_per_visit: float = Field(ge=0, le=20)
    cap_nats: float = Field(gt=0, le=20)


class Raised(Cue):
    """Nats while something else makes landings more likely."""

    nats: Nats


class Consequence(Cue):
    """What severity takes where nothing is known."""

    usual_dwell_min: float = Field(gt=0, allow_inf_nan=False)


class LandingTables(Table):
    """All that is asked of a landing besides what is asked of any call."""

    seen: Seen
    doubtful_name: TwoShares
    nameless: TwoShares
    pier_use: PierUse
    sightings: Sightings
    crowd: Crowd
    nobody_afloat: NobodyAfloat
    landing_hours: LandingHours
    grounding_kinds: tuple[str, ...]
    trucks: Trucks
    passing: Passing
    left_with: TwoShares
    camera_boat: TwoShares
    barrier_up: TwoShares
    near_repeat: Repeats
    burst: BurstWorth
    small_repeats: SmallRepeats
    second_wave: Raised
    unusual: Unusual
    scouted: TwoShares
    consequence: Consequence

"""What visits are made of: calls, land facts and approaches, as they are held; and the settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from models.landings.prism import LonLat, Sighting
from models.landings.schema import (
    BARRIER,
    CAMERA_TRUCK,
    COVERAGE,
    TRUCK_PASS,
    TRUCK_WAIT,
    Link,
)
from models.tracks.positions import EXPIRY_S, RADAR_EXPIRY_S, SECOND_US, is_radar

#: A vehicle or camera that never said that it ended.
LONGEST_FACT_S: Final = 24 * 3600
TRUCKS: Final = (TRUCK_WAIT, TRUCK_PASS, CAMERA_TRUCK)
#: How far from the pier's access the vehicle of a fact may have been.
_SLACK_M: Final = {TRUCK_WAIT: 300.0, TRUCK_PASS: 3000.0, CAMERA_TRUCK: 300.0}
_MOST_MADE: Final = 64  # edges of a fact that are remembered
Row = dict[str, Any]
#: (track, from_us): a call at a pier. (track, from_us): a visit's name, with its pier.
Key = tuple[str, int]
#: Whose word about a berthing is the best.
WITNESSES: Final = ("mmsi:", "beidou:", "radar:")
#: Unloading takes so long where nothing else is known (methods 7.1, median).
USUAL_S: Final = 85 * 60
#: A dock camera's boat belongs to a stay that is at most so far away in time.
CAMERA_S: Final = 15 * 60


@dataclass(frozen=True)
class LandingSettings:
    """Times of the chain (methods 3.1), and where land facts alone are a landing."""

    before_s: int = 7200  # trucks come up to two hours before the berthing
    after_s: int = 1800  # and leave within half an hour after the vessel
    join_s: int = 1800  # calls of one vessel that lie no farther apart are one visit
    longest_s: int = 6 * 3600  # of unloading; what lies on is moored
    unseen_s: int = 3 * 3600  # of a stay that only lorries or a bar tell of
    late_s: int = 900  # after which nothing new is told of a time
    keep_s: int = 6 * 3600  # a visit that is over is remembered, for names that come late
    elsewhere: float = 0.1  # weight of trucks that are there for something else
    idle: tuple[str, ...] = ("idle", "unknown")  # statuses where waiting trucks are a sign
    nearing: tuple[str, ...] = ("idle", "low", "unknown")  # where boats are followed to
    ahead: float = 0.3  # the least probability of an approach that is followed

    @property
    def fact_s(self) -> int:
        """So long after its end a fact can matter to no visit any more."""
        return self.before_s + self.longest_s + self.after_s + 2 * self.late_s


def plate(target: str) -> str:
    """One name for a vehicle, whether its terminal or a reader says it."""
    return target.removeprefix("plate:")


@dataclass(frozen=True)
class Call:
    """The newest row of a call, when it was first known, and whose it is."""

    row: Row
    first_s: int
    vessel: str | None
    sure: float  # that the track is of the vessel
    _made: dict[int, Link] = field(default_factory=dict, init=False, compare=False, repr=False)

    def edge(self, begun_us: int, make: Callable[[int, Call], Link]) -> Link:
        """Its edge in a visit that began then: made once."""
        if begun_us not in self._made:
            self._made[begun_us] = make(begun_us, self)
        return self._made[begun_us]

    @cached_property
    def key(self) -> Key:
        """Of the call at its pier."""
        return self.row["track"], self.row["from_us"]

    @cached_property
    def begun_us(self) -> int | None:
        """Since when it lies, is dark or out of a radar's sight at the pier; None: only near."""
        berth: int | None = self.row["berth_from_us"]
        dark: int | None = self.row["dark_from_us"]
        gone: int | None = self.row["t_us"] if self.vanished else None
        return next((at for at in (berth, dark, gone) if at is not None), None)

    @cached_property
    def vanished(self) -> bool:
        """Whether a radar followed it to the pier and lost it there, among masts and walls."""
        came = self.row["entry_seen"] and self.row["passed"]
        return is_radar(self.row["target"]) and bool(came) and self.lost

    @cached_property
    def left(self) -> bool:
        """Whether it is over."""
        return bool(self.row["why"] == "left")

    @cached_property
    def dark(self) -> bool:
        """Whether it fell silent here and was not heard since, as far as is known."""
        return self.row["dark_from_us"] is not None and self.row["why"] == "dark"

    @cached_property
    def end_us(self) -> int:
        """The last that was seen of it here."""
        seen_us: int = self.row["berth_to_us"] or self.row["t_us"]
        return max(seen_us, self.begun_us or 0)

    @cached_property
    def lost(self) -> bool:
        """Whether it is over because nothing more was heard."""
        patience_s = RADAR_EXPIRY_S if is_radar(self.row["target"]) else EXPIRY_S
        silent_s = self.row["clock_s"] - self.row["t_us"] // SECOND_US
        return self.left and not self.row["exit_seen"] and silent_s >= patience_s

    @cached_property
    def rank(self) -> tuple[int, int, int, str, int]:
        """The best witness first."""
        sensor = next((i for i, w in enumerate(WITNESSES) if self.row["target"].startswith(w)), 9)
        return (int(self.row["berth_from_us"] is None), sensor, self.first_s, *self.key)


@dataclass(frozen=True)
class Fact:
    """The newest version of a land fact, and when it was first known."""

    row: Row
    first_s: int
    _made: dict[Any, list[Link]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def edges(self, what: tuple[Any, ...], make: Callable[[], list[Link]]) -> list[Link]:
        """Its edges in a visit, of which `what` tells all that they depend on: made once."""
        if what not in self._made:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            self._made[what] = make()
        return self._made[what]

    @cached_property
    def plate(self) -> str | None:
        """The name of the goods vehicle that it speaks of; None: of none, or of nobody's name."""
        named = self.row["kind"] in TRUCKS and self.row["target"] is not None
        return plate(self.row["target"]) if named else None

    def sighting(self, access: LonLat) -> Sighting:
        """Where and when its vehicle was; on the road at its camera, where that is told.

        Parameters
        ----------
        access
            Of its pier, and so the same each time.
        """
        if "seen" not in self.__dict__:
            self.__dict__["seen"] = self._sighting(access)
        seen: Sighting = self.__dict__["seen"]
        return seen

    def _sighting(self, access: LonLat) -> Sighting:
        row, told = self.row, self.detail
        place, slack_m = access, _SLACK_M[row["kind"]]
        if isinstance(told.get("lon"), float) and isinstance(told.get("lat"), float):
            place, slack_m = (told["lon"], told["lat"]), 0.0
        return Sighting(place, row["from_us"], self.last_us, slack_m, float(row["probability"]))

    @cached_property
    def key(self) -> tuple[str, str, int]:
        """Of the fact at its pier."""
        return self.row["kind"], self.row["object"], self.row["from_us"]

    @cached_property
    def read(self) -> tuple[str, str | None, int]:
        """What it has in common with the facts that the same message led to at other piers."""
        return self.row["kind"], self.row["source"], self.row["from_us"]

    @cached_property
    def ends_s(self) -> int | None:
        """When it was over, or is taken to be; None: it goes on."""
        if self.row["to_us"] is not None:
            return int(self.row["to_us"]) // SECOND_US
        if self.row["kind"] in (BARRIER, COVERAGE):
            return None
        return int(self.row["clock_s"]) + LONGEST_FACT_S

    @cached_property
    def detail(self) -> dict[str, Any]:
        """What else was told of it."""
        told: dict[str, Any] = json.loads(self.row["detail"] or "{}")
        return told

    @cached_property
    def last_us(self) -> int:
        """Its end, or when it was known to go on: that does not change as time passes."""
        to_us: int | None = self.row["to_us"]
        known_us: int = max(self.row["clock_s"] * SECOND_US, self.row["from_us"])
        return known_us if to_us is None else to_us

    def to_us(self, tick_s: int) -> int:
        """Its end, or now."""
        to_us: int | None = self.row["to_us"]
        return max(tick_s * SECOND_US, self.row["from_us"]) if to_us is None else to_us


@dataclass(frozen=True)
class Approach:
    """A boat that headed for a pier, and until when that was thought; None: it still is."""

    track: str
    from_us: int
    first_s: int
    to_s: int | None
    probability: float
    vessel: str | None
    targets: tuple[str, ...]
    sources: tuple[str, ...]

"""The plan of the gangs over all nights: who lands where, when, with what, and by which trick.

Drawn once from the seed, before any night is made. After methods 7.1: bursts of 3 to 6 landings at
gaps of 2 or 3 days, then silence; idle piers, small hours, enough water while they unload; a scout
ahead; a neighbouring pier the next time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import Boat, Fleet, outsider
from simulate.land.roads import roads_of
from simulate.place import Place
from simulate.priors import Priors
from simulate.season import Conditions

FAVOURED = ("高塘", "鹤浦", "定山")  # where landings were mainly found (methods, 0)
VARIANTS = ("dark_approach", "never_any", "cloned", "ais_left_on", "beidou_only")
UNDER_KEEL_M = 0.3
_APART_M = 1_500.0  # between two landings of one night, and from a pier in daily use: 350
_NEIGHBOUR_M = 10_000.0
_STEP_S = 600
_BEFORE_D = 40  # a gang's life begins this long before the first night
_OUTSIDERS = 0  # gangs' own boats are numbered from here


@dataclass(frozen=True)
class Job:
    """One landing as it is planned; seconds count from the night's start.

    Attributes
    ----------
    pier
        Its index.
    carriers
        The boats that land; the first is the one that `variant` is about.
    shown_mmsi
        Whose identity the first shows, where that is not its own.
    dark_s
        How long before berthing the transponder goes off.
    scout, scout_ahead_s, scout_pier
        The boat that goes ahead, how far, and where it looks in; None without one.
    lookout
        Whether a car watches the road.
    """

    landing_id: str
    gang: str
    variant: str
    night: int
    pier: int
    berth_s: float
    dwell_s: float
    carriers: tuple[Boat, ...]
    trucks: int
    dark_s: float = 0.0
    shown_mmsi: int | None = None
    scout: Boat | None = None
    scout_ahead_s: float = 0.0
    scout_pier: int | None = None
    lookout: bool = False

    @property
    def boats(self) -> list[Boat]:
        """All that take part."""
        return [*self.carriers, *([] if self.scout is None else [self.scout])]


@dataclass(frozen=True)
class Habits:
    """What a seed's gangs have in common, drawn from the priors."""

    small_hours: int
    dwell_min: int
    scout: int
    lookout: int
    switch: int
    holiday: int
    favoured: int
    second_boat: int
    variants: tuple[int, ...]

    @classmethod
    def drawn(cls, priors: Priors, dice: Dice) -> Habits:
        """One draw."""
        return cls(
            small_hours=dice.between(*priors.small_hours),
            dwell_min=dice.between(*priors.dwell_min),
            scout=dice.between(*priors.scout),
            lookout=dice.between(*priors.lookout),
            switch=dice.between(*priors.switch),
            holiday=dice.between(*priors.holiday),
            favoured=dice.between(*priors.favoured),
            second_boat=dice.between(*priors.second_boat),
            variants=tuple(dice.between(*priors.variants[name]) for name in VARIANTS),
        )


class Planner:
    """Plans all landings of a recording.

    Parameters
    ----------
    place, priors, dice
        Where, how, and chance.
    nights, starts
        The conditions of each, and when its recording starts (UTC).
    midnight_s
        From a night's start to its midnight.
    avoid
        Piers that nobody lands at, because they are going to be in daily use.
    """

    def __init__(
        self,
        place: Place,
        priors: Priors,
        nights: list[Conditions],
        starts: list[datetime],
        midnight_s: int,
        dice: Dice,
        avoid: frozenset[int] = frozenset(),
    ) -> None:
        self._place, self._priors, self._nights, self._dice = place, priors, nights, dice
        self._midnight_s = midnight_s
        self.habits = Habits.drawn(priors, dice.child("habits"))
        table = place.site.piers.table
        self._centres = np.array([place.centre(i) for i in range(len(table))])
        self._depth_m = table["depth_m"].to_list()
        self._statuses = table["status"].to_list()
        self._townships = table["township"].to_list()
        busy = self._centres[[s == "active" for s in self._statuses]]
        roads = roads_of(place)
        self.usable = {
            i
            for i, status in enumerate(self._statuses)
            if status != "active"
            and i not in avoid
            and _least(busy, self._centres[i]) > 350.0
            and place.gate(i, 0) is not None
            and roads.reaches(i)
        }
        self._tide = _tide_m(place, starts, midnight_s)
        self._fleet = Fleet(place.site, Dice(dice.seed, "fleet"), dice.child("boats"), silent=True)
        self._victims = [b for b in _local(place, dice) if b.ais == "B"]
        self._outsiders = _OUTSIDERS
        self._taken: dict[int, list[int]] = {}
        self._jobs: list[Job] = []

    def jobs(self) -> list[Job]:
        """All landings, by night and time."""
        low, high = self._priors.gangs
        count = self._dice.between(low, high) * len(self._centres) / 100
        for g in range(max(round(count), 1)):
            self._life(f"G{g + 1:02d}", self._dice.child(f"gang {g}"))
        ordered = sorted(self._jobs, key=lambda job: (job.night, job.berth_s, job.gang))
        return [replace(job, landing_id=f"L{i:04d}") for i, job in enumerate(ordered, 1)]

    def _life(self, gang: str, dice: Dice) -> None:
        """Bursts and silences of one gang."""
        k = dice.between(-_BEFORE_D, self._priors.silence_d[1] - 20)
        for burst in range(40):
            if k >= len(self._nights):
                return
            k = self._burst(gang, self._begin(k, dice), dice.child(f"burst {burst}"))
            k += dice.between(*self._priors.silence_d)

    def _burst(self, gang: str, k: int, dice: Dice) -> int:
        """One burst from night k; the night after which the gang is silent."""
        variant = VARIANTS[_weighted(self.habits.variants, dice)]
        carriers = self._carriers(variant, dice)
        victim = dice.pick(self._victims).ship.mmsi if variant == "cloned" else None
        scout = self._fleet.next("fishing", 14, 30) if dice.chance(60) else None
        pier = self._first_pier(dice)
        hour = self._hour(dice)
        for _ in range(dice.between(*self._priors.burst)):
            while 0 <= k < len(self._nights) and self._stays_home(k, dice):
                k += 1
            if 0 <= k < len(self._nights):
                job = Job("", gang, variant, k, pier, 0.0, 0.0, carriers, 0, shown_mmsi=victim)
                pier = self._land(job, hour, scout, dice)
            k += dice.between(*self._priors.gap_d)
            if dice.chance(self.habits.switch):
                pier = self._neighbour(pier, dice)
        return k

    def _stays_home(self, k: int, dice: Dice) -> bool:
        """Nobody lands in a storm, few in a gale."""
        now = self._nights[k]
        return now.shelter or (now.gale and dice.chance(60))

    def _begin(self, k: int, dice: Dice) -> int:
        """A burst waits for a holiday that is near, as often as holidays are liked."""
        if dice.chance(min(self.habits.holiday - 100, 100)):
            for later in range(7):
                if 0 <= k + later < len(self._nights) and self._nights[k + later].free:
                    return k + later
        return k

    def _hour(self, dice: Dice) -> float:
        """Hours from midnight at which a gang likes to berth."""
        if dice.chance(self.habits.small_hours):
            return dice.between(20, 250) / 60
        return dice.pick((dice.between(-130, -5), dice.between(270, 330))) / 60

    def _land(self, job: Job, hour: float, scout: Boat | None, dice: Dice) -> int:
        """Fix pier and hour by the water, and add the job; the pier to begin from next time."""
        for attempt in range(7):
            pier = job.pier if attempt < 2 else self._neighbour(job.pier, dice)
            dwell_s = self._dwell_s(dice)
            berth_s = self._berth_s(job, pier, hour, dwell_s, dice)
            if berth_s is None or not self._apart(job.night, pier):
                continue
            self._taken.setdefault(job.night, []).append(pier)
            with_scout = scout if dice.chance(min(self.habits.scout * 100 // 60, 100)) else None
            ahead_s = dice.between(*self._priors.scout_ahead_min) * 60.0
            self._jobs.append(
                replace(
                    job,
                    pier=pier,
                    berth_s=berth_s,
                    dwell_s=dwell_s,
                    trucks=dice.between(*self._priors.trucks),
                    dark_s=dice.between(*self._priors.dark_min) * 60.0,
                    scout=with_scout,
                    scout_ahead_s=ahead_s,
                    scout_pier=self._neighbour(pier, dice) if with_scout else None,
                    lookout=dice.chance(self.habits.lookout),
                )
            )
            return pier
        return job.pier

    def _dwell_s(self, dice: Dice) -> float:
        """Unloading: a skewed bell around the seed's middle, 50 to 150 minutes."""
        bell = float(dice.bell(22.0, 1)[0])
        minutes = self.habits.dwell_min + (bell if bell < 0 else bell * 1.5)
        return round(min(max(minutes, 50.0), 150.0) * 60.0)

    def _berth_s(
        self, job: Job, pier: int, hour: float, dwell_s: float, dice: Dice
    ) -> float | None:
        """A moment within two hours of the liked one with water under every keel; None without."""
        keel_m = max(boat.draught_m for boat in job.carriers) + UNDER_KEEL_M
        early, late = (-2.4, 0.0) if hour < 0 else (0.1, 4.6) if hour < 4.4 else (4.4, 5.6)
        for spread in (40, 120, 120, 200, 280):
            at = hour + dice.between(-spread, spread) / 60
            if not early <= at <= late:
                at = dice.between(round(early * 60), round(late * 60)) / 60
            berth_s = self._midnight_s + 3600.0 * at
            first, last = int(berth_s // _STEP_S), int((berth_s + dwell_s) // _STEP_S) + 1
            depth_m = self._depth_m[pier]
            water_m = self._tide[job.night, first : last + 1]
            if depth_m is None or not water_m.size or float(water_m.min()) + depth_m >= keel_m:
                return float(round(berth_s + dice.between(-120, 120)))
        return None

    def _apart(self, night: int, pier: int) -> bool:
        others = self._centres[self._taken.get(night, [])]
        return _least(others, self._centres[pier]) > _APART_M

    def _first_pier(self, dice: Dice) -> int:
        lot = dice.between(1, 100)
        status = "idle" if lot <= 86 else "unknown" if lot <= 93 else "low"
        there = [i for i in sorted(self.usable) if self._statuses[i] == status]
        there = there or sorted(self.usable)
        liked = [i for i in there if self._townships[i] in FAVOURED]
        return dice.pick(liked if liked and dice.chance(self.habits.favoured) else there)

    def _neighbour(self, pier: int, dice: Dice) -> int:
        """Another quiet pier within 10 km."""
        away = ((self._centres - self._centres[pier]) ** 2).sum(axis=1)
        near = [
            i
            for i in sorted(self.usable)
            if i != pier and away[i] < _NEIGHBOUR_M**2 and self._statuses[i] != "low"
        ]
        return dice.pick(near) if near else pier

    def _carriers(self, variant: str, dice: Dice) -> tuple[Boat, ...]:
        """The boats of a burst."""
        first = self._carrier(variant, dice)
        second = dice.chance(self.habits.second_boat)
        return (first, self._unknown("fishing", dice)) if second else (first,)

    def _carrier(self, variant: str, dice: Dice) -> Boat:
        if variant == "never_any":
            return self._unknown(dice.pick(("fishing", "fishing", "leisure")), dice)
        if variant == "cloned":
            return self._outsider("fishing", dice)
        if variant == "beidou_only":
            for _ in range(60):
                boat = self._fleet.next("fishing", 13, 36)
                if boat is not None and boat.beidou is not None:
                    return boat
        if dice.chance(30):
            return self._outsider(dice.pick(("fishing", "cargo")), dice)
        for _ in range(60):
            boat = self._fleet.next(dice.pick(("fishing", "fishing", "fishing", "cargo")), 15, 38)
            if boat is not None and boat.ais is not None:
                return boat
        return self._outsider("fishing", dice)

    def _outsider(self, kind: str, dice: Dice) -> Boat:
        self._outsiders += 1
        return outsider(self._outsiders, kind, dice.between(16, 40), dice)

    def _unknown(self, kind: str, dice: Dice) -> Boat:
        """A boat that carries nothing and claims nothing."""
        self._outsiders += 1
        boat = outsider(self._outsiders, kind, dice.between(11, 30), dice)
        ship = replace(boat.ship, mmsi=0, name=f"DARK {self._outsiders - _OUTSIDERS:03d}")
        return replace(boat, ship=ship, ais=None, beidou=None)


def _local(place: Place, dice: Dice) -> list[Boat]:
    """Fishing boats whose identity can be copied."""
    return Fleet(place.site, Dice(dice.seed, "fleet"), dice.child("victims")).rest("fishing")


def _least(points: NDArray[np.float64], to: NDArray[np.float64]) -> float:
    """The distance to the nearest; without any, very far."""
    return float(np.sqrt(((points - to) ** 2).sum(axis=1).min())) if len(points) else 1e9


def _weighted(weights: tuple[int, ...], dice: Dice) -> int:
    lot = dice.between(1, sum(weights))
    for i, weight in enumerate(weights):
        lot -= weight
        if lot <= 0:
            return i
    return len(weights) - 1


def _tide_m(place: Place, starts: list[datetime], midnight_s: int) -> NDArray[np.float64]:
    """Shape (nights, steps of ten minutes): the height of the sea, to whole centimetres."""
    steps = (midnight_s + 12 * 3600) // _STEP_S
    if place.site.tide is None:
        return np.full((len(starts), steps), 1e3)
    first = np.array([start.replace(tzinfo=None) for start in starts], "datetime64[us]")
    after = np.arange(steps) * np.timedelta64(_STEP_S, "s")
    heights = place.site.tide.height_m((first[:, None] + after).ravel())
    return np.round(heights, 2).reshape(len(starts), steps)

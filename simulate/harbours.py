"""An ordinary night of a county's fleet: each boat of the register, as season and weather have it.

Most boats lie at home. Fishing boats come home, go out or fish, unless a storm, the moratorium or
the festival keeps them in; farm boats come from the rafts in the evening and go out at dawn;
coasters change berths; the rest makes short trips.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from simulate.dice import Dice
from simulate.fishing import come_home, fish, go_out, label, raft, varied
from simulate.fleet import AT_ANCHOR, MOORED, UNDER_WAY, Boat, Voyage
from simulate.motion import Journey, length_m, sailing_s
from simulate.night import Night
from simulate.place import Place
from simulate.scene import Scene
from simulate.season import Conditions
from simulate.traffic import roads_spot
from simulate.waters import Float, beside

_GEARS = ("trawl",) * 5 + ("gillnet",) * 3 + ("purse_seine",) * 2
_ALWAYS = (-1e6, 1e9)
_FIELD_M = 3_500.0  # from a farm boat's home to its rafts


class Harbours:
    """Makes the ordinary voyages of one night.

    Parameters
    ----------
    night, conditions
        Which night, and what it is like.
    fields
        Shape (n, 2): where the rafts are.
    reopened
        Piers that are back in use.
    dark_home
        Per cent of the boats coming home that switch off on the way, for reasons of their own.
    """

    def __init__(
        self,
        night: Night,
        conditions: Conditions,
        fields: Float,
        reopened: list[int],
        dark_home: int = 0,
    ) -> None:
        self._night, self._now, self._fields = night, conditions, fields
        self._reopened, self._dark_home = reopened, dark_home
        self.scene = Scene()

    def all(self) -> Scene:
        """Every boat that is left in the fleet."""
        for boat in self._night.fleet.rest("fishing"):
            self._fishing(boat, self._dice(boat))
        for boat in self._night.fleet.rest("aquaculture"):
            self._farm(boat, self._dice(boat))
        for kind in ("cargo", "sand_carrier", "tanker"):
            for boat in self._night.fleet.rest(kind):
                self._coaster(boat, self._dice(boat))
        for kind in ("service", "leisure", "law_enforcement", "passenger"):
            for boat in self._night.fleet.rest(kind):
                self._short_trip(boat, self._dice(boat))
        return self.scene

    def _dice(self, boat: Boat) -> Dice:
        return self._night.dice.child(f"boat {boat.vessel_id}")

    def _add(self, voyage: Voyage | None) -> None:
        if voyage is not None:
            self.scene.voyages.append(voyage)

    def _label(self, kind: str, pier: int, from_s: float, boat: Boat) -> None:
        night = self._night
        if from_s < night.end_s:
            self.scene.nuisances.append(label(night, kind, pier, from_s, night.end_s, [boat]))

    def _fishing(self, boat: Boat, dice: Dice) -> None:
        night, now, lot = self._night, self._now, dice.between(1, 100)
        reason = _kept_in(boat, now)
        home = night.home(boat.home, dice)
        if reason is not None:
            if reason[1] >= lot:
                self._called_in(boat, home, reason[0], dice)
            else:
                self.moor(boat, home, dice)
            return
        if now.gale and boat.length_m < 20:
            self.moor(boat, home, dice)
        elif lot <= 20:
            arrive_s = night.clock_s(-8.5) + dice.between(0, 27) * dice.between(0, 27) * 60.0
            pier, kind = home, "fishing_home"
            if self._reopened and dice.chance(25):
                pier, kind = dice.pick(self._reopened), "pier_reopened"
            self._home(boat, pier, arrive_s, kind, dice)
        elif now.fog and dice.chance(60):
            self.moor(boat, home, dice)
        elif lot <= (70 if _gear(boat) in now.reopened else 36):
            leave_s = night.clock_s(1.0) + dice.between(0, 18_000)
            if _gear(boat) in now.reopened:
                leave_s = night.clock_s(-8.8) + dice.between(0, 7_200)
            self._add(go_out(night, boat, home, leave_s, dice))
        elif lot <= 48 and boat.length_m >= 14:
            self._add(fish(night, boat, dice))
        else:
            self.moor(boat, home, dice)

    def _called_in(self, boat: Boat, home: int, kind: str, dice: Dice) -> None:
        """Home in the afternoon and evening, and in a storm to any pier that has room."""
        arrive_s = self._night.clock_s(-8.5) + dice.between(0, 9 * 3600)
        pier = home
        if kind == "shelter" and dice.chance(40):
            arrive_s += dice.between(0, 5 * 3600)
            pier = dice.pick(self._night.piers("active", "low", "idle", "unknown"))
        self._home(boat, pier, arrive_s, kind, dice)

    def _home(self, boat: Boat, pier: int, arrive_s: float, kind: str, dice: Dice) -> None:
        night = self._night
        if not night.on(kind):
            return self.moor(boat, night.home(boat.home, dice), dice)
        found = come_home(night, boat, pier, arrive_s, dice)
        if found is not None:
            voyage, berthed_s = found
            if night.on("dark_home") and dice.chance(self._dark_home):
                off_s = berthed_s - dice.between(25, 120) * 60.0
                dark = ((off_s, berthed_s + dice.between(-20, 90) * 60.0),)
                voyage = replace(voyage, silences=dark)
                kind = "dark_home" if kind == "fishing_home" else kind
            self._add(voyage)
            self._label(kind, pier, berthed_s, boat)
        return None

    def moor(self, boat: Boat, pier: int, dice: Dice) -> None:
        """At its pier all night; most have their AIS off there, and BeiDou on."""
        heard = boat.ais is not None and dice.chance(90 if boat.class_a else 22)
        if not heard and (boat.beidou is None or dice.chance(35)):
            return  # nothing hears it, nothing moves
        night = self._night
        berth = night.place.berth(pier, night.slot(pier))
        journey = Journey(-60.0, berth).stay(night.end_s + 60.0, 1.5, dice)
        quiet = () if heard else (_ALWAYS,)
        self._add(Voyage(boat, journey.track(), quiet, ((0.0, MOORED),)))

    def _farm(self, boat: Boat, dice: Dice) -> None:
        night, lot = self._night, dice.between(1, 100)
        home = night.home(boat.home, dice)
        field = nearest_field(self._fields, night.place.centre(home))
        path = None if field is None else night.place.way_in(home, night.slot(home), field)
        if path is None or self._now.shelter or lot > 55 or length_m(path) > 15_000.0:
            return self.moor(boat, home, dice)
        path = beside(night.place.waters, path, dice.between(-100, 100) / 100)
        speed_kn = dice.between(50, 75) / 10
        if lot <= 30:
            leave_s = night.clock_s(-8.5) + dice.between(0, 9_000)
            journey = Journey(-60.0, path[0]).stay(leave_s, 6.0, dice).sail(path, speed_kn, dice)
            off_s = journey.now_s + dice.between(300, 3_600)
            journey.stay(night.end_s + 60.0, 1.5, dice)
            silences = ((off_s, 1e9),) if dice.chance(75) else ()
        else:
            leave_s = night.clock_s(4.0) + dice.between(0, 12_600)
            journey = Journey(-60.0, path[-1]).stay(leave_s, 1.5, dice)
            journey.sail(path[::-1], speed_kn, dice).stay(night.end_s + 60.0, 8.0, dice)
            silences = ((-60.0, leave_s - dice.between(0, 900)),) if dice.chance(75) else ()
        self._add(Voyage(boat, journey.track(), silences))
        return None

    def _coaster(self, boat: Boat, dice: Dice) -> None:
        """In to a working quay, out of one, at anchor in the roads, or moored."""
        night, lot = self._night, dice.between(1, 100)
        pier = dice.pick(night.piers("active", kinds=("pier",)) or night.piers("active"))
        if lot > 36 or self._now.gale:
            return self.moor(boat, night.home(boat.home, dice), dice)
        sea = night.place.sea(0.94, dice.pick((0.12, 0.40, 0.75)))
        at_s = night.clock_s(-8.0) + dice.between(0, 15 * 3600)
        if lot <= 14:
            self._add(arrival(night, boat, pier, sea, at_s, dice))
        elif lot <= 26:
            self._add(departure(night, boat, pier, sea, at_s, dice))
        else:
            journey = Journey(-60.0, roads_spot(night, dice)).stay(night.end_s + 60.0, 18.0, dice)
            self._add(Voyage(boat, journey.track(), duties=((0.0, AT_ANCHOR),)))
        return None

    def _short_trip(self, boat: Boat, dice: Dice) -> None:
        """Some go out for an hour in the evening or the morning."""
        night = self._night
        home = night.home(boat.home, dice)
        low, high = ((-8.5, -3.5), (-8.5, -3.5), (5.0, 8.0))[dice.between(0, 2)]
        off = night.place.sea(0.8, 0.5)
        field = nearest_field(self._fields, night.place.centre(home))
        out = None
        if dice.chance(30) and not self._now.gale and not self._now.shelter:
            spot = off if field is None or dice.chance(30) else field
            out = night.place.way_out(home, night.slot(home), spot)
        if out is None or length_m(out) > 25_000.0:
            return self.moor(boat, home, dice)
        out = beside(night.place.waters, out, dice.between(-100, 100) / 100)
        leave_s = night.clock_s(low) + dice.between(0, int((high - low) * 3600))
        speed_kn = dice.between(70, 130) / 10
        journey = Journey(-60.0, out[0]).stay(leave_s, 1.5, dice).sail(out, speed_kn, dice)
        journey.stay(journey.now_s + dice.between(10, 70) * 60.0, 10.0, dice)
        journey.sail(out[::-1], speed_kn, dice)
        home_s = journey.now_s
        journey.stay(night.end_s + 60.0, 1.5, dice)
        duties = ((-60.0, MOORED), (leave_s, UNDER_WAY), (home_s, MOORED))
        self._add(Voyage(boat, journey.track(), duties=duties))
        return None


def _kept_in(boat: Boat, now: Conditions) -> tuple[str, int] | None:
    """Why a fishing boat stays in, and how many per cent come in tonight; None: it is free."""
    if now.shelter:
        return "shelter", 60 if now.first else 0
    if _gear(boat) in now.closed:
        return "moratorium", 55 if _gear(boat) in now.just_closed else 0
    if now.festival_d is not None and now.festival_d >= -6:
        return "spring_festival", 35 if now.festival_d < -1 else 4
    return None


def _gear(boat: Boat) -> str:
    """What it fishes with: its own for life."""
    return _GEARS[zlib.crc32(f"gear {boat.vessel_id}".encode()) % len(_GEARS)]


def arrival(
    night: Night, boat: Boat, pier: int, sea: Float, arrive_s: float, dice: Dice
) -> Voyage | None:
    """In from the sea to stay."""
    path = night.place.way_in(pier, night.slot(pier), sea)
    if path is None:
        return None
    path = varied(night, path, dice)
    speed_kn = dice.between(80, 110) / 10
    journey = Journey(min(arrive_s - sailing_s(path, speed_kn), -60.0), path[0])
    journey.stay(arrive_s - sailing_s(path, speed_kn), 20.0, dice).sail(path, speed_kn, dice)
    berthed_s = journey.now_s
    journey.stay(night.end_s + 60.0, 1.0, dice)
    return Voyage(boat, journey.track(), duties=((-1e6, UNDER_WAY), (berthed_s, MOORED)))


def departure(
    night: Night, boat: Boat, pier: int, sea: Float, leave_s: float, dice: Dice
) -> Voyage | None:
    """From its berth out to sea."""
    path = night.place.way_out(pier, night.slot(pier), sea)
    if path is None:
        return None
    path = varied(night, path[::-1], dice)[::-1]
    journey = Journey(-60.0, path[0]).stay(leave_s, 1.0, dice)
    journey.sail(path, dice.between(80, 110) / 10, dice).stay(night.end_s + 60.0, 20.0, dice)
    return Voyage(boat, journey.track(), duties=((-60.0, MOORED), (leave_s, UNDER_WAY)))


def nearest_field(fields: Float, to: Float) -> Float | None:
    """The rafts nearest to a pier, where they are near enough."""
    if not len(fields):
        return None
    away = ((fields - to) ** 2).sum(axis=1)
    best = int(away.argmin())
    return fields[best] if float(away[best]) < _FIELD_M**2 else None


def raft_fields(place: Place, homes: list[int], dice: Dice) -> Float:
    """Shape (n, 2): rafts near the piers where farm boats live, one field for neighbours."""
    fields: list[Float] = []
    for pier in homes:
        known = np.array(fields).reshape(-1, 2)
        if nearest_field(known, place.centre(pier)) is None:
            spot = raft(place, pier, dice.child(pier))
            fields += [] if spot is None else [spot]
    return np.array(fields).reshape(-1, 2)

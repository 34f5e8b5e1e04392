"""Lawful traffic: ferries, ships that pass or lie at anchor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import AT_ANCHOR, MOORED, UNDER_WAY, Boat, Voyage
from simulate.motion import Journey, length_m
from simulate.night import Night
from simulate.scene import Scene
from simulate.waters import from_elsewhere

Float = NDArray[np.float64]

_HOURS = [-8.5 + 0.5 * k for k in range(13)] + [5.5 + 0.5 * k for k in range(7)]
_LANE_NORTH = ((0.86, 0.98), (0.92, 0.98), (0.97, 0.98))
_LANE_SOUTH = ((0.80, 0.02), (0.88, 0.02), (0.96, 0.02))


def anchored(night: Night, count: int) -> Scene:
    """Larger ships at anchor in the roads."""
    voyages = []
    for i in range(count):
        dice = night.dice.child(f"anchored {i}")
        boat = night.fleet.take(dice.pick(("sand_carrier", "tanker", "cargo")), 45)
        spot = roads_spot(night, dice)
        journey = Journey(-60.0, spot).stay(night.end_s + 60.0, 18.0, dice)
        voyages.append(Voyage(boat, journey.track(), duties=((0.0, AT_ANCHOR),)))
    return Scene(voyages)


def roads_spot(night: Night, dice: Dice) -> Float:
    """A spot at least 700 m off land, some kilometres from a pier in use."""
    for _ in range(200):
        centre = night.place.centre(dice.pick(night.piers("active")))
        spot = centre + dice.many(-5_000, 5_000, 2)
        if float(night.place.waters.distance_m(spot[0], spot[1])) > 700.0:
            return np.asarray(spot, np.float64)
    return night.place.sea(0.8, 0.5)


def passing(night: Night, count: int) -> Scene:
    """Merchant ships that pass outside the islands, north or south; none is in the register."""
    voyages = []
    for i in range(count):
        dice = night.dice.child(f"passing {i}")
        path = night.place.way(
            night.place.sea(*dice.pick(_LANE_NORTH)), night.place.sea(*dice.pick(_LANE_SOUTH))
        )
        if path is None:
            continue
        for _ in range(2):  # both ends
            shift_m = dice.many(-2_500, 2_500, 2)
            path = from_elsewhere(night.place.waters, path, shift_m)[::-1]
        boat = night.fleet.stranger(dice.pick(("cargo", "cargo", "tanker")), 60, 190)
        speed_kn = dice.between(85, 135) / 10
        begin_s = dice.between(-12_000, night.end_s - 1_800)
        journey = Journey(begin_s, path[0] if dice.chance(50) else path[-1])
        ordered = path if bool((journey.here == path[0]).all()) else path[::-1]
        journey.sail(ordered, speed_kn, dice)
        if journey.now_s > 60.0:  # not past before the night began
            voyages.append(Voyage(boat, journey.track()))
    return Scene(voyages)


def ferries(night: Night, count: int, lines: Dice | None = None) -> Scene:
    """Ferries on a timetable: the hour and the half hour until 21:30, and again from 05:30.

    `lines` throws where they go, two boats to a line; None: other lines every night.
    """
    voyages = []
    for i in range(count):
        dice = (lines or night.dice).child(f"ferry {i // 2}")
        ends = _crossing(night, dice)
        if ends is None:
            continue
        boat = night.fleet.take("passenger")
        throw = night.dice.child(f"ferry {i // 2}").child(i % 2)
        voyages.append(_timetable(night, boat, ends, i % 2, throw))
    return Scene(voyages)


def _crossing(night: Night, dice: Dice) -> tuple[int, int] | None:
    """Two piers in use, 3 to 9 km of water apart."""
    usable = night.piers("active", kinds=("pier", "jetty"))
    for _ in range(60):
        a, b = dice.pick(usable), dice.pick(usable)
        apart = float(np.sqrt(((night.place.centre(a) - night.place.centre(b)) ** 2).sum()))
        if not 2_500.0 < apart < 7_000.0:
            continue
        path = night.place.way(night.place.berth(a), night.place.berth(b))
        if path is not None and 3_000.0 < length_m(path) < 9_000.0:
            return a, b
    return None


def _timetable(night: Night, boat: Boat, ends: tuple[int, int], first: int, dice: Dice) -> Voyage:
    slots = {pier: night.slot(pier) for pier in ends}
    here, there = ends[first], ends[1 - first]
    # The same turning point off the second pier serves both ways.
    off = night.place.way_out(there, slots[there], night.place.berth(there, slots[there]))
    turn = night.place.berth(there, slots[there]) if off is None else off[-1]
    out = night.place.way_out(here, slots[here], turn)
    in_ = night.place.way_in(there, slots[there], turn)
    berth = night.place.berth(here, slots[here])
    journey = Journey(-60.0, berth)
    duties: list[tuple[float, int]] = [(-60.0, MOORED)]
    if out is not None and in_ is not None:
        path = np.concatenate([out, in_[1:]])
        away = False
        for hour in _HOURS:
            at_s = night.clock_s(hour) + dice.between(0, 240)
            if journey.now_s > at_s - 120.0 or at_s >= night.end_s:
                continue
            journey.stay(at_s, 1.0, dice)
            duties.append((journey.now_s, UNDER_WAY))
            journey.sail(path[::-1] if away else path, dice.between(105, 125) / 10, dice)
            duties.append((journey.now_s, MOORED))
            away = not away
    journey.stay(night.end_s + 60.0, 1.0, dice)
    return Voyage(boat, journey.track(), duties=tuple(duties))

"""What looks like a landing and is none, and what goes wrong: each with its label."""

from __future__ import annotations

from dataclasses import replace

from simulate.fishing import homeward, label
from simulate.fleet import MOORED, NOT_UNDER_COMMAND, UNDER_WAY, Voyage
from simulate.motion import Journey, sailing_s
from simulate.night import Night
from simulate.scene import Label, Scene


def engine_trouble(night: Night, number: int = 0) -> Scene:
    """A fishing boat on its way home drifts to an idle pier, mends its engine, and goes home."""
    dice = night.dice.child("engine trouble").child(number)
    boat = night.fleet.take("fishing", 16, 32)
    for pier in dice.shuffled(night.piers("idle", kinds=("pier", "jetty"))):
        if night.crowded(pier, 600.0):
            continue
        trip = homeward(night, pier, night.clock_s(-1.6) + dice.between(0, 5_400), dice)
        if trip is None:
            continue
        journey, duties = trip
        from_s = journey.now_s
        journey.stay(from_s + dice.between(45, 75) * 60.0, 1.5, dice)
        to_s = journey.now_s
        duties[-1] = (from_s, NOT_UNDER_COMMAND)
        duties.append((to_s, UNDER_WAY))
        off = night.place.sea(0.8, 0.5)
        home = night.home(boat.home, dice)
        out = night.place.way_out(pier, 0, off)
        in_ = night.place.way_in(home, night.slot(home), off)
        if out is None or in_ is None:
            continue
        journey.sail(out, 7.5, dice).sail(in_, 7.5, dice)
        duties.append((journey.now_s, MOORED))
        journey.stay(night.end_s + 60.0, 2.0, dice)
        voyage = Voyage(boat, journey.track(), duties=tuple(duties))
        row = label(night, "engine_trouble", pier, from_s, to_s, [boat])
        return Scene([voyage], nuisances=[row])
    return Scene()


def patrol(night: Night, number: int = 0) -> Scene:
    """A patrol boat on its round stops at a quiet pier to look around."""
    dice = night.dice.child("patrol").child(number)
    boat = night.fleet.take("law_enforcement", 20)
    base = dice.pick(night.piers("active", kinds=("pier",)))
    for stop in dice.shuffled(night.piers("idle", "low", kinds=("pier", "jetty"))):
        if night.crowded(stop, 400.0):
            continue
        sea = night.place.sea(0.75, 0.45)
        out = night.place.way_out(base, night.slot(base), sea)
        in_ = night.place.way_in(stop, night.slot(stop), sea)
        if out is None or in_ is None:
            continue
        speed_kn = 14.0
        arrive_s = night.clock_s(-1.5) + dice.between(0, 3_600 if number == 0 else 14_400)
        leave_s = arrive_s - sailing_s(out, speed_kn) - sailing_s(in_, speed_kn)
        journey = Journey(min(leave_s, 0.0) - 60.0, out[0]).stay(leave_s, 1.0, dice)
        began_s = journey.now_s
        journey.sail(out, speed_kn, dice).sail(in_, speed_kn, dice)
        from_s = journey.now_s
        journey.stay(from_s + dice.between(15, 25) * 60.0, 1.0, dice)
        to_s = journey.now_s
        journey.sail(in_[::-1], speed_kn, dice).sail(out[::-1], speed_kn, dice)
        home_s = journey.now_s
        journey.stay(night.end_s + 60.0, 1.0, dice)
        duties = ((-1e6, MOORED), (began_s, UNDER_WAY), (home_s, MOORED))
        voyage = Voyage(boat, journey.track(), duties=duties)
        return Scene([voyage], nuisances=[label(night, "patrol_stop", stop, from_s, to_s, [boat])])
    return Scene()


def shared_mmsi(night: Night, voyages: list[Voyage]) -> tuple[list[Voyage], list[Label]]:
    """One of the boats sends another's MMSI by mistake; both go on under it."""
    dice = night.dice.child("shared mmsi")
    fishing = [i for i, v in enumerate(voyages) if v.boat.kind == "fishing" and not v.silences]
    if len(fishing) < 2:
        return voyages, []
    wrong, right = dice.shuffled(fishing)[:2]
    boat, other = voyages[wrong].boat, voyages[right].boat
    mistaken = replace(boat, ship=replace(boat.ship, mmsi=other.ship.mmsi))
    out = list(voyages)
    out[wrong] = replace(voyages[wrong], boat=mistaken)
    return out, [label(night, "shared_mmsi", None, 0.0, night.end_s, [other])]

"""Landings as they are sailed: in from the sea or the grounds, alongside, and away again.

Each variant uses its transponders in its own way (methods 7.1): switched off on the approach, never
any, another ship's identity, left on, BeiDou alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.dice import Dice
from simulate.fishing import GROUNDS, label, tow, varied
from simulate.fleet import FISHING, UNDER_WAY, Boat, Voyage
from simulate.land.meeting import meet, unbar, watch
from simulate.motion import Journey, sailing_s
from simulate.night import Night
from simulate.plan import Job
from simulate.scene import Label, Scene
from simulate.waters import Float

SEAS = ((0.97, 0.30), (0.95, 0.10), (0.97, 0.52))
_ALWAYS = (-1e6, 1e9)
_SHOWN_S = 900.0  # a boat is heard this long before it goes silent, where the way allows
_SHORTEST_S = 1_800.0  # of the silences before a berth

Silences = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Call:
    """A voyage to a pier and away, and when it lay there."""

    journey: Journey
    from_s: float
    to_s: float
    duties: tuple[tuple[float, int], ...]


def landing(night: Night, job: Job) -> Scene:
    """A landing: its boats, its scout, its trucks, and the row of the truth."""
    scene = Scene()
    dice = night.dice.child(f"job {job.gang}")
    calls: list[Call] = []
    for i, boat in enumerate(job.carriers):
        late_s = dice.between(5, 14) * 60.0 * i
        throw = dice.child(f"boat {i}")
        call = sail_in_and_out(night, boat, job.pier, job.berth_s + late_s, job.dwell_s, throw)
        if call is None:
            continue
        calls.append(call)
        silences, quiet = _silences(night, job, call, throw)
        scene.voyages.append(
            Voyage(
                boat,
                call.journey.track(),
                silences if i == 0 else (_ALWAYS,),
                call.duties,
                quiet,
                shown_mmsi=job.shown_mmsi if i == 0 else None,
            )
        )
    if not calls:
        return Scene()
    from_s, to_s = min(call.from_s for call in calls), max(call.to_s for call in calls)
    if job.scout is not None:
        _scout(night, job, from_s, scene, dice.child("scout"))
    ashore = dice.child("land")
    crew = Dice(night.dice.seed, "gang", job.gang)
    trips = meet(night, job.pier, from_s, to_s, job.trucks, ashore, gang=crew)
    scene.trips.extend(trips)
    scene.gates.extend(unbar(night, job.pier, from_s, to_s, ashore.child("bars")))
    if job.lookout:
        car = watch(night, job.pier, from_s, to_s, ashore.child("lookout"))
        scene.trips.extend([] if car is None else [car])
    plates = [trip.plate for trip in trips]
    scene.landings.append(truth(night, job, from_s, to_s, plates))
    return scene


def sail_in_and_out(
    night: Night, boat: Boat, pier: int, berth_s: float, dwell_s: float, dice: Dice
) -> Call | None:
    """From the open sea or a tow on the grounds to a pier, alongside, and out to sea again."""
    fishes = boat.kind == "fishing" and dice.chance(60)
    start = night.place.sea(*dice.pick(GROUNDS if fishes else SEAS))
    away = night.place.sea(*dice.pick(SEAS))
    slot = night.slot(pier)
    in_, out = night.place.way_in(pier, slot, start), night.place.way_out(pier, slot, away)
    if in_ is None or out is None:
        return None
    in_, out = varied(night, in_, dice), varied(night, out[::-1], dice)[::-1]
    speed_kn = dice.between(140, 240) / 10 if boat.kind == "leisure" else dice.between(80, 108) / 10
    leave_s = berth_s - sailing_s(in_, speed_kn)
    journey = Journey(min(leave_s, 0.0) - 60.0, in_[0])
    duties = [(-1e6, FISHING if fishes else UNDER_WAY)]
    if leave_s > 0:
        journey = (
            tow(night, journey, leave_s, dice) if fishes else journey.stay(leave_s, 40.0, dice)
        )
    duties.append((journey.now_s, UNDER_WAY))
    journey.sail(in_, speed_kn, dice)
    from_s = journey.now_s
    journey.stay(from_s + dwell_s, 1.5, dice)
    to_s = journey.now_s
    journey.sail(out, speed_kn + 0.5, dice).stay(night.end_s + 60.0, 60.0, dice)
    return Call(journey, from_s, to_s, tuple(duties))


def _silences(night: Night, job: Job, call: Call, dice: Dice) -> tuple[Silences, Silences]:
    """When its AIS is silent, and when its BeiDou is."""
    if job.variant == "never_any":
        return (_ALWAYS,), (_ALWAYS,)
    if job.variant == "beidou_only":
        return (_ALWAYS,), ()
    if job.variant in ("ais_left_on", "cloned"):
        return (), () if job.variant == "ais_left_on" else (_ALWAYS,)
    off_s = max(call.from_s - job.dark_s, heard_s(night, call.journey) + _SHOWN_S)
    off_s = min(off_s, call.from_s - _SHORTEST_S)
    lot = dice.between(1, 100)
    if lot <= 20:  # back on at the pier, as if nothing had been
        on_s = call.from_s + 60.0 * dice.between(2, 20)
    elif lot <= 75:  # back on when well away
        on_s = call.to_s + 60.0 * dice.between(20, 90)
    else:
        on_s = 1e9
    dark = ((off_s, on_s),)
    return dark, dark if dice.chance(80) else ()


def heard_s(night: Night, journey: Journey) -> float:
    """When a boat comes within the stations' hearing."""
    track = journey.track()
    minutes = np.arange(max(float(track.t_s[0]), 0.0), float(track.t_s[-1]), 60.0)
    return float(minutes[int(np.argmax(night.audible(track.at(minutes))))])


def _scout(night: Night, job: Job, berth_s: float, scene: Scene, dice: Dice) -> None:
    """A boat with everything on goes the way ahead, looks in at a pier, and leaves."""
    boat, pier = job.scout, job.pier if job.scout_pier is None else job.scout_pier
    assert boat is not None
    pier = pier if dice.chance(60) else job.pier
    start = night.place.sea(*dice.pick(SEAS))
    path = night.place.way_in(pier, night.slot(pier), start)
    if path is None:
        return
    inward = short_of(varied(night, path, dice), float(dice.between(60, 350)))
    speed_kn = dice.between(80, 100) / 10
    there_s = berth_s - job.scout_ahead_s
    leave_s = there_s - sailing_s(inward, speed_kn)
    journey = Journey(min(leave_s, 0.0) - 60.0, inward[0]).stay(leave_s, 40.0, dice)
    journey.sail(inward, speed_kn, dice)
    from_s = journey.now_s
    journey.stay(from_s + dice.between(4, 12) * 60.0, 8.0, dice)
    to_s = journey.now_s
    journey.sail(inward[::-1], speed_kn, dice).stay(night.end_s + 60.0, 60.0, dice)
    scene.voyages.append(Voyage(boat, journey.track(), duties=((-1e6, UNDER_WAY),)))
    scene.nuisances.append(label(night, "scout", pier, from_s, to_s, [boat]))


def there_and_back(
    night: Night, boat: Boat, path: Float, at_s: float, stay_s: float, speed_kn: float,
    dice: Dice, *, duty: int = UNDER_WAY, away: Float | None = None, swing_m: float = 2.0,
) -> tuple[Voyage, float, float]:  # fmt: skip
    """Along a path to its end for a time, and back (`away`: along the reverse of that).

    Returns
    -------
    The voyage, and when it was there.
    """
    leave_s = at_s - sailing_s(path, speed_kn)
    journey = Journey(min(leave_s, 0.0) - 60.0, path[0]).stay(leave_s, 15.0, dice)
    journey.sail(path, speed_kn, dice)
    from_s = journey.now_s
    journey.stay(from_s + stay_s, swing_m, dice)
    to_s = journey.now_s
    back = path[::-1] if away is None else np.concatenate([path[-1:], away[::-1]])
    journey.sail(back, speed_kn, dice).stay(night.end_s + 60.0, 15.0, dice)
    duties = ((-1e6, UNDER_WAY), (from_s, duty), (to_s, UNDER_WAY))
    return Voyage(boat, journey.track(), duties=duties), from_s, to_s


def short_of(path: Float, metres: float) -> Float:
    """A path without its last metres: it ends in the water off the pier."""
    left = np.sqrt(((path[1:] - path[:-1]) ** 2).sum(axis=1))[::-1]
    short = int(np.searchsorted(np.cumsum(left), metres)) + 1
    return path[: max(len(path) - short, 2)]


def truth(night: Night, job: Job, from_s: float, to_s: float, plates: list[str]) -> Label:
    """The row of truth.json; `covered_by` is the county's to fill in."""
    row = night.pier(job.pier)
    return {
        "landing_id": job.landing_id,
        "gang": job.gang,
        "variant": job.variant,
        "pier_id": row["pier_id"],
        "lon": round(float(str(row["lon"])), 6),
        "lat": round(float(str(row["lat"])), 6),
        "berth_from": night.utc(from_s),
        "berth_to": night.utc(to_s),
        "vessels": [boat.target for boat in job.carriers],
        "shown_as": None if job.shown_mmsi is None else f"mmsi:{job.shown_mmsi}",
        "trucks": plates,
        "scout": None if job.scout is None else job.scout.target,
        "lookout": job.lookout,
        "covered_by": [],
    }

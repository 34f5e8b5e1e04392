"""Lawful calls at quiet piers by night, and what drifts about: each with its label and switch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulate.dice import Dice
from simulate.fishing import GROUNDS, homeward, label, varied
from simulate.fleet import MOORED, NOT_UNDER_COMMAND, UNDER_WAY, Boat, Voyage, outsider
from simulate.harbours import nearest_field
from simulate.land.meeting import haul, meet, unbar
from simulate.motion import Journey
from simulate.night import Night
from simulate.runs import there_and_back
from simulate.scene import Scene
from simulate.waters import Float

_QUIET = ("pier", "jetty", "ramp")
_BEACONS = 2_500  # outsiders' numbers from here are nets
_ANGLERS = 2_400
_BEACON_S = (60, 120, 120, 120, 180)


def _call(
    night: Night, boat: Boat, pier: int, sea: Float, at_s: float, stay_s: float, dice: Dice,
    *, speed_kn: float = 8.0, duty: int = MOORED,
) -> tuple[Voyage, float, float] | None:  # fmt: skip
    """From the sea to a pier for a time and away again; the voyage, and when it lay there."""
    path = night.place.way_in(pier, night.slot(pier), sea)
    if path is None:
        return None
    path = varied(night, path, dice)
    return there_and_back(night, boat, path, at_s, stay_s, speed_kn, dice, duty=duty, swing_m=1.2)


def _quiet_pier(night: Night, dice: Dice, *, apart_m: float = 400.0) -> int | None:
    for pier in dice.shuffled(night.piers("idle", "low", kinds=_QUIET)):
        if not night.crowded(pier, apart_m) and night.place.gate(pier, 0) is not None:
            return pier
    return None


def farm_stray(night: Night, number: int, fields: Float) -> Scene:
    """A farm boat at a disused pier, in the evening or before dawn."""
    dice = night.dice.child(f"farm stray {number}")
    boat, pier = night.fleet.next("aquaculture"), _quiet_pier(night, dice)
    field = None if pier is None else nearest_field(fields, night.place.centre(pier))
    if boat is None or pier is None or field is None:
        return Scene()
    at_s = night.clock_s(dice.pick((-5.0, -3.0, 3.5))) + dice.between(0, 7_200)
    stay_s = dice.between(15, 70) * 60.0
    found = _call(night, boat, pier, field, at_s, stay_s, dice, speed_kn=6.0)
    if found is None:
        return Scene()
    voyage, from_s, to_s = found
    quiet = ((-1e6, 1e9),) if dice.chance(50) else ()
    row = label(night, "aquaculture", pier, from_s, to_s, [boat])
    return Scene([replace(voyage, silences=quiet)], nuisances=[row])


def sea_anglers(night: Night, number: int) -> Scene:
    """A small boat with a party of anglers lies at a disused pier or beach for hours."""
    dice = night.dice.child(f"sea anglers {number}")
    boat, pier = night.fleet.next("leisure"), _quiet_pier(night, dice)
    if pier is None:
        return Scene()
    if boat is None or dice.chance(50):
        boat = outsider(_ANGLERS + number, "leisure", dice.between(7, 12), dice)
        boat = replace(boat, ais=None, ship=replace(boat.ship, mmsi=0, name=f"SKIFF {number}"))
    at_s = night.clock_s(-4.0) + dice.between(0, 6 * 3600)
    off = night.place.sea(0.8, 0.5)
    stay_s = dice.between(45, 200) * 60.0
    found = _call(night, boat, pier, off, at_s, stay_s, dice, speed_kn=11.0, duty=UNDER_WAY)
    if found is None:
        return Scene()
    row = label(night, "sea_anglers", pier, found[1], found[2], [boat])
    return Scene([found[0]], nuisances=[row])


def sand_barge(night: Night, number: int) -> Scene:
    """Sand for a building site, unloaded at a quiet pier from the evening on, with trucks."""
    dice = night.dice.child(f"sand barge {number}")
    boat, pier = night.fleet.next("sand_carrier"), _quiet_pier(night, dice)
    if boat is None or pier is None:
        return Scene()
    at_s = night.clock_s(-8.0) + dice.between(0, 7 * 3600)
    stay_s = dice.between(3 * 60, 8 * 60) * 60.0
    sea = night.place.sea(0.94, 0.4)
    found = _call(night, boat, pier, sea, at_s, stay_s, dice)
    if found is None:
        return Scene()
    voyage, from_s, to_s = found
    trips = haul(night, pier, from_s + 900.0, to_s - 900.0, dice.between(2, 4), dice)
    row = label(night, "sand_barge", pier, from_s, to_s, [boat])
    row["plates"] = [trip.plate for trip in trips]
    gates = unbar(night, pier, from_s, to_s, dice)
    return Scene([voyage], nuisances=[row], trips=trips, gates=gates)


def night_barge(night: Night, pier: int, berth_s: float, dwell_s: float, dice: Dice) -> Scene:
    """A lawful barge at a quiet pier in the small hours, with trucks: the twin of a landing."""
    boat = night.fleet.next("cargo", 0, 60) or night.fleet.next("sand_carrier")
    if boat is None:
        return Scene()
    found = _call(night, boat, pier, night.place.sea(0.95, 0.30), berth_s, dwell_s, dice)
    if found is None:
        return Scene()
    voyage, from_s, to_s = found
    work = haul if dice.chance(50) else meet
    trips = work(night, pier, from_s + 600.0, to_s, dice.between(2, 5), dice)
    row = label(night, "night_barge", pier, from_s, to_s, [boat])
    row["plates"] = [trip.plate for trip in trips]
    gates = unbar(night, pier, from_s, to_s, dice)
    return Scene([voyage], nuisances=[row], trips=trips, gates=gates)


def queue(night: Night, number: int) -> Scene:
    """Boats that wait off a full harbour, then go in one after another."""
    dice = night.dice.child(f"queue {number}")
    pier = dice.pick(night.piers("active"))
    boats = [night.fleet.next("fishing", 14) for _ in range(dice.between(2, 4))]
    first_s = night.clock_s(-6.0) + dice.between(0, 8 * 3600)
    scene = Scene()
    for i, boat in enumerate(boats):
        trip = None if boat is None else homeward(night, pier, first_s, dice.child(i))
        if boat is None or trip is None:
            continue
        journey, duties = trip
        track = journey.track()
        # It stops some hundred metres short, and makes the rest when there is room.
        arrived = int(np.searchsorted(track.t_s, journey.now_s - dice.between(150, 400)))
        waiting = Journey(float(track.t_s[arrived]), track.xy_m[arrived])
        waiting.stay(waiting.now_s + dice.between(10, 25) * 60.0 * (i + 1), 12.0, dice)
        waiting.sail(track.xy_m[arrived:], 4.0, dice)
        berthed_s = waiting.now_s
        rest = waiting.stay(night.end_s + 60.0, 1.5, dice).track()
        joined = replace(
            track,
            t_s=np.concatenate([track.t_s[:arrived], rest.t_s]),
            xy_m=np.concatenate([track.xy_m[:arrived], rest.xy_m]),
        )
        duties[-1] = (berthed_s, MOORED)
        scene.voyages.append(Voyage(boat, joined, duties=tuple(duties)))
        scene.nuisances.append(label(night, "queue", pier, first_s, berthed_s, [boat]))
    return scene


def adrift(night: Night, number: int) -> Scene:
    """A boat without power drifts inshore off a quiet pier, then is under way again."""
    dice = night.dice.child(f"adrift {number}")
    boat = night.fleet.next("fishing", 12, 30)
    pier = _quiet_pier(night, dice)
    if boat is None or pier is None:
        return Scene()
    at_s = night.clock_s(-3.0) + dice.between(0, 7 * 3600)
    ground = night.place.sea(*dice.pick(GROUNDS))
    stay_s = dice.between(40, 100) * 60.0
    found = _call(night, boat, pier, ground, at_s, stay_s, dice, duty=NOT_UNDER_COMMAND)
    if found is None:
        return Scene()
    row = label(night, "engine_trouble", pier, found[1], found[2], [boat])
    return Scene([found[0]], nuisances=[row])


def gear_beacons(night: Night, count: int) -> Scene:
    """Beacons on nets: they drift with the tide and send as if they were boats."""
    scene = Scene()
    for i in range(count):
        dice = night.dice.child(f"beacon {i}")
        spot = night.place.sea(*dice.pick(GROUNDS)) + dice.many(-7_000, 7_000, 2)
        if float(night.place.waters.distance_m(spot[0], spot[1])) < 1_500.0:
            continue
        boat = outsider(_BEACONS + i, "gear_beacon", 1, dice)
        ship = replace(boat.ship, name=f"{i:04d}-{dice.between(40, 99)}%", beam_m=1, draught_dm=0)
        boat = replace(
            boat, ship=ship, ais="B", beidou=None, height_m=1.5, radar_m2=0.3, wooden=True
        )
        track = _drifting(night, np.asarray(spot, np.float64), dice)
        voyage = Voyage(boat, track.track(), ais_interval_s=dice.pick(_BEACON_S))
        scene.voyages.append(voyage)
        scene.nuisances.append(label(night, "gear_beacon", None, 0.0, night.end_s, [boat]))
    return scene


def _drifting(night: Night, spot: Float, dice: Dice) -> Journey:
    """To and fro with the tide, at half a knot to one."""
    journey = Journey(-60.0, spot)
    away = np.array([dice.between(-400, 400), dice.between(500, 1_100)], np.float64)
    sign = dice.pick((-1.0, 1.0))
    while journey.now_s < night.end_s:
        there = journey.here + sign * away + dice.many(-150, 150, 2)
        if float(night.place.waters.distance_m(there[0], there[1])) < 400.0:
            return journey.stay(night.end_s + 60.0, 20.0, dice)
        journey.sail(np.stack([journey.here, there]), dice.between(5, 10) / 10, dice)
        journey.stay(journey.now_s + dice.between(600, 2_400), 8.0, dice)
        sign = -sign
    return journey

"""Fishing boats: on the grounds, on their way home, and out again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import FISHING, MOORED, UNDER_WAY, Boat, Voyage
from simulate.motion import MPS_PER_KN, Journey, sailing_s
from simulate.night import Night
from simulate.place import Place
from simulate.scene import Label
from simulate.waters import beside, from_elsewhere, rounded

Float = NDArray[np.float64]

GROUNDS = ((0.90, 0.34), (0.86, 0.58), (0.76, 0.12), (0.84, 0.84), (0.95, 0.46))
_TOW_KN = 3.0


def tow(night: Night, journey: Journey, until_s: float, dice: Dice) -> Journey:
    """Trawl to and fro around the present place until about then, ending where it began."""
    home = journey.here.copy()
    left_m = (until_s - journey.now_s) * _TOW_KN * MPS_PER_KN * 0.93
    points = [home]
    for _ in range(400):
        back = float(np.sqrt(((points[-1] - home) ** 2).sum()))
        if left_m < back + 1_200.0:
            break
        spot = home + dice.many(-3_500, 3_500, 2)
        hop = float(np.sqrt(((spot - points[-1]) ** 2).sum()))
        then_back = float(np.sqrt(((spot - home) ** 2).sum()))
        if left_m > hop + then_back and night.place.waters.clear(points[-1], spot, 300.0):
            points.append(spot)
            left_m -= hop
    if len(points) > 1:
        path = rounded(night.place.waters, np.array([*points, home]))
        journey.sail(path, _TOW_KN, dice)
    return journey.stay(until_s, 10.0, dice)


def varied(night: Night, path: Float, dice: Dice) -> Float:
    """A path from the sea as nobody else sails it: from another spot, and beside the others."""
    waters = night.place.waters
    path = from_elsewhere(waters, path, dice.many(-4_000, 4_000, 2))
    return beside(waters, path, dice.between(-100, 100) / 100)


def homeward(
    night: Night, pier: int, arrive_s: float, dice: Dice
) -> tuple[Journey, list[tuple[float, int]]] | None:
    """From a fishing ground to a berth, arriving at about that time; None where no way leads."""
    ground = night.place.sea(*dice.pick(GROUNDS))
    path = night.place.way_in(pier, night.slot(pier), ground)
    if path is None:
        return None
    path = varied(night, path, dice)
    speed_kn = dice.between(72, 94) / 10
    leave_s = arrive_s - sailing_s(path, speed_kn)
    journey = Journey(min(leave_s, -60.0), path[0])
    journey = tow(night, journey, leave_s, dice) if leave_s > 0 else journey
    duties = [(-1e6, FISHING), (journey.now_s, UNDER_WAY)]
    journey.sail(path, speed_kn, dice)
    duties.append((journey.now_s, MOORED))
    return journey, duties


def come_home(
    night: Night, boat: Boat, pier: int, arrive_s: float, dice: Dice
) -> tuple[Voyage, float] | None:
    """Home from the grounds to stay, and when it berthed; some switch off at the quay."""
    trip = homeward(night, pier, arrive_s, dice)
    if trip is None:
        return None
    journey, duties = trip
    berthed_s = journey.now_s
    journey.stay(night.end_s + 60.0, 1.5, dice)
    off_s = berthed_s + dice.between(1_200, 5_400)
    silences = ((off_s, 1e9),) if dice.chance(30) else ()
    return Voyage(boat, journey.track(), silences, tuple(duties)), berthed_s


def go_out(night: Night, boat: Boat, pier: int, leave_s: float, dice: Dice) -> Voyage | None:
    """From its berth to the grounds, and fish until the morning."""
    path = night.place.way_out(pier, night.slot(pier), night.place.sea(*dice.pick(GROUNDS)))
    if path is None:
        return None
    path = varied(night, path[::-1], dice)[::-1]
    journey = Journey(-60.0, path[0]).stay(leave_s, 1.5, dice)
    journey.sail(path, dice.between(72, 94) / 10, dice)
    arrived_s = journey.now_s
    journey = tow(night, journey, max(night.end_s + 60.0, arrived_s), dice)
    duties = ((-60.0, MOORED), (leave_s, UNDER_WAY), (arrived_s, FISHING))
    on_s = leave_s - dice.between(300, 1_500)
    silences = ((-60.0, on_s),) if dice.chance(40) else ()
    return Voyage(boat, journey.track(), silences, duties)


def fish(night: Night, boat: Boat, dice: Dice) -> Voyage:
    """On a ground all night."""
    centre = night.place.sea(*dice.pick(GROUNDS))
    spot = centre + dice.many(-6_000, 6_000, 2)
    if not night.place.waters.clear(centre, spot, 300.0):
        spot = centre
    journey = tow(night, Journey(-60.0, spot), night.end_s + 60.0, dice)
    return Voyage(boat, journey.track(), duties=((-60.0, FISHING),))


def raft(place: Place, pier: int, dice: Dice) -> Float | None:
    """A spot of open water one to three kilometres from a pier."""
    centre = place.centre(pier)
    for _ in range(60):
        spot = centre + dice.many(-2_500, 2_500, 2)
        off = float(place.waters.distance_m(spot[0], spot[1]))
        if off > 150.0 and ((spot - centre) ** 2).sum() > 800.0**2:
            node = place.waters.node(float(spot[0]), float(spot[1]))
            return place.waters.point([node])[0] if node >= 0 else None
    return None


def label(
    night: Night, kind: str, pier: int | None, from_s: float, to_s: float, boats: list[Boat]
) -> Label:
    """A row of the truth's `nuisance`."""
    return {
        "kind": kind,
        "pier_id": None if pier is None else night.pier(pier)["pier_id"],
        "from": night.utc(from_s),
        "to": night.utc(min(to_s, night.end_s)),
        "vessels": [boat.target for boat in boats],
    }

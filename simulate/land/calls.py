"""Calls of vehicles at quays: there, a while, and away again; and how they are labelled."""

from __future__ import annotations

from collections.abc import Sequence

from simulate.dice import Dice
from simulate.land.driving import Drive, driving_s
from simulate.land.garage import Vehicle
from simulate.land.roads import Roads, Spot
from simulate.night import Night
from simulate.scene import Label, Trip

_BEFORE_S = 60.0  # tracks begin this long before the night and end this long after


def speed_kmh(vehicle_class: str, dice: Dice) -> float:
    """On a county's roads."""
    low, high = {"car": (45, 70), "van": (42, 62)}.get(vehicle_class, (36, 56))
    return float(dice.between(low, high))


def at_home(vehicle: Vehicle, roads: Roads, leave_s: float) -> Drive:
    """Parked where it lives until it leaves."""
    start_s = min(leave_s, 0.0) - _BEFORE_S
    return Drive(start_s, roads.point(vehicle.home)).stand(leave_s)


def call(
    night: Night,
    roads: Roads,
    vehicle: Vehicle,
    spot: Spot,
    span_s: tuple[float, float],
    dice: Dice,
    *,
    engine_on: bool = False,
    back_to: Spot | None = None,
) -> Drive:
    """From home to a spot for a time, and home again (or to where it goes next) until morning."""
    speed = speed_kmh(vehicle.vehicle_class, dice)
    way = roads.way(vehicle.home, spot)
    drive = at_home(vehicle, roads, span_s[0] - driving_s(way, speed))
    drive.go(way, speed, dice).stand(span_s[1], engine_on=engine_on)
    drive.go(roads.way(spot, back_to or vehicle.home), speed, dice)
    return drive.stand(night.end_s + _BEFORE_S)


def label(
    night: Night,
    kind: str,
    pier: int | None,
    span_s: tuple[float, float],
    trips: Sequence[Trip],
) -> Label:
    """A row of the truth's `nuisance`."""
    return {
        "kind": kind,
        "pier_id": None if pier is None else night.pier(pier)["pier_id"],
        "from": night.utc(max(span_s[0], 0.0)),
        "to": night.utc(min(span_s[1], night.end_s)),
        "plates": [trip.plate for trip in trips],
    }

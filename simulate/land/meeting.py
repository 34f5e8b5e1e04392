"""The land side of a landing: trucks that gather and load, a lookout, bars that are raised.

Parameters after methods 0 and 7.1: several trucks to a landing; that they wait near the pier is
an inference. Lawful work at night (a barge that is unloaded) has the same shape on purpose.
"""

from __future__ import annotations

from simulate.dice import Dice
from simulate.land.calls import at_home, call, speed_kmh
from simulate.land.driving import driving_s
from simulate.land.garage import Garage, Vehicle, garage_of
from simulate.land.habits import Manner, manner_of
from simulate.land.roads import Roads, Spot, roads_of
from simulate.night import Night
from simulate.scene import Gate, Trip

_TRUCKS = ("truck_light", "truck_heavy", "refrigerated")
_BERTH_M = 11.0  # of quay to a truck
_ABREAST = 3  # trucks that load at once
_GANG_TRUCKS = 12  # that a gang draws from


def meet(
    night: Night,
    pier: int,
    arrive_s: float,
    leave_s: float,
    count: int,
    dice: Dice,
    *,
    gang: Dice | None = None,
) -> list[Trip]:
    """Trucks for a vessel that lies at a pier from `arrive_s` to `leave_s`.

    They gather on the road to the quay some time before, go to the quay one after another, load
    and go far inland; how, is the gang's manner (`simulate.land.habits`).

    Parameters
    ----------
    pier
        Its index; no truck comes where no road does (`roads_of(night.place).reaches(pier)`).
    count
        How many.
    gang
        A stream that is the same every night: the gang's trucks come again. None: others each time.
    """
    roads, garage = roads_of(night.place), garage_of(night)
    if not roads.reaches(pier):
        return []
    manner = manner_of(night.dice.seed, gang or dice)
    wait_m = manner.wait_m * dice.between(70, 130) / 100
    gather_s = arrive_s - 0.6 * manner.ahead_min * dice.between(70, 130)
    trips = []
    for i in range(count):
        throw = dice.child(f"truck {i}")
        vehicle = _truck(garage, int(roads.island[roads.quay(pier).hub]), manner, throw, gang)
        trips.append(
            _load(night, roads, vehicle, pier, manner, (wait_m, gather_s), (arrive_s, leave_s),
                  (i, count), throw)
        )  # fmt: skip
    return trips


def _truck(garage: Garage, island: int, manner: Manner, dice: Dice, gang: Dice | None) -> Vehicle:
    if dice.chance(manner.known):
        return garage.take(island, *dice.shuffled(_TRUCKS))
    if gang is not None:
        for number in dice.shuffled(range(_GANG_TRUCKS)):
            own = gang.child(f"truck {number} on {island}")
            kind = own.pick(_TRUCKS)
            vehicle = garage.stranger(island, kind, manner.with_terminal, own)
            if garage.claim(vehicle):
                return vehicle
    return garage.stranger(island, dice.pick(_TRUCKS), manner.with_terminal)


def _load(
    night: Night,
    roads: Roads,
    vehicle: Vehicle,
    pier: int,
    manner: Manner,
    gather: tuple[float, float],
    berth: tuple[float, float],
    turn: tuple[int, int],
    dice: Dice,
) -> Trip:
    """One truck: `gather` is (metres before the quay, when), `turn` which of how many it is."""
    (wait_m, gather_s), (arrive_s, leave_s), (i, count) = gather, berth, turn
    quay = roads.quay(pier, 4.0 + _BERTH_M * (i % _ABREAST))
    wait = roads.quay(pier, wait_m + 14.0 * i)
    speed = speed_kmh(vehicle.vehicle_class, dice)
    each_s = (leave_s - arrive_s) / count
    begin_s = arrive_s + 60.0 * dice.between(2, 8) + each_s * max(i + 1 - _ABREAST, 0)
    end_s = max(arrive_s + each_s * (i + 1), begin_s + 600.0) + dice.between(-120, 240)
    late = dice.chance(manner.late)
    first = quay if late else wait
    there_s = begin_s if late else gather_s + 60.0 * dice.between(0, 12)
    way = roads.way(vehicle.home, first)
    drive = at_home(vehicle, roads, there_s - driving_s(way, speed))
    drive.go(way, speed, dice)
    if not late:
        last = roads.way(wait, quay)
        drive.stand(begin_s - driving_s(last, 20.0), engine_on=dice.chance(30))
        drive.go(last, 20.0, dice)
    drive.stand(end_s, engine_on=dice.chance(20))
    drive.go(roads.way(quay, _inland(roads, quay, dice)), speed, dice)
    drive.stand(night.end_s + 60.0)
    off = vehicle.terminal is not None and dice.chance(manner.unplugged)
    silent = (there_s - 60.0 * dice.between(5, 40), end_s + 60.0 * dice.between(10, 90))
    return vehicle.trip(drive, (silent,) if off else ())


def _inland(roads: Roads, quay: Spot, dice: Dice) -> Spot:
    """A hub among the farther ones of the island."""
    return Spot(dice.pick(roads.far_from(quay.hub)))


def haul(night: Night, pier: int, from_s: float, to_s: float, count: int, dice: Dice) -> list[Trip]:
    """Lawful night work: registered heavy trucks that shuttle between a quay and a depot."""
    roads, garage = roads_of(night.place), garage_of(night)
    if not roads.reaches(pier):
        return []
    island = int(roads.island[roads.quay(pier).hub])
    trips = []
    for i in range(count):
        throw = dice.child(f"haul {i}")
        vehicle = garage.take(island, "truck_heavy", "truck_light")
        quay = roads.quay(pier, 4.0 + _BERTH_M * (i % _ABREAST))
        speed = speed_kmh(vehicle.vehicle_class, throw)
        way = roads.way(vehicle.home, quay)
        there_s = from_s + 60.0 * throw.between(0, 10) + 400.0 * i
        drive = at_home(vehicle, roads, there_s - driving_s(way, speed)).go(way, speed, throw)
        depot = Spot(min(roads.depots_of(island), key=lambda d: roads.distance_m(quay.hub, d)))
        while True:
            drive.stand(drive.now_s + 60.0 * throw.between(12, 25), engine_on=True)
            drive.go(roads.way(quay, depot), speed, throw)
            drive.stand(drive.now_s + 60.0 * throw.between(8, 20), engine_on=True)
            if drive.now_s + driving_s(roads.way(depot, quay), speed) + 900.0 > to_s:
                break
            drive.go(roads.way(depot, quay), speed, throw)
        trips.append(vehicle.trip(drive.stand(night.end_s + 60.0)))
    return trips


def watch(night: Night, pier: int, from_s: float, to_s: float, dice: Dice) -> Trip | None:
    """A lookout's car: parked where the pier's road leaves the main one, or nearer."""
    roads, garage = roads_of(night.place), garage_of(night)
    if not roads.reaches(pier):
        return None
    quay = roads.quay(pier)
    spot = Spot(quay.hub) if dice.chance(60) else roads.quay(pier, float(dice.between(900, 3_000)))
    car = garage.stranger(int(roads.island[quay.hub]), "car")
    span_s = (from_s - 60.0 * dice.between(25, 70), to_s + 60.0 * dice.between(5, 25))
    return car.trip(call(night, roads, car, spot, span_s, dice))


def unbar(night: Night, pier: int, from_s: float, to_s: float, dice: Dice) -> list[Gate]:
    """What becomes of a pier's height-limit bars where trucks go under them for a while."""
    bars = night.place.site.bars
    mine = bars.filter(bars["pier_id"] == night.pier(pier)["pier_id"])["bar_id"].to_list()
    out = []
    for bar in mine[:1]:
        lot, manner = dice.between(0, 99), manner_of(night.dice.seed, dice)
        at_s = from_s - 60.0 * dice.between(1, 12)
        if lot < manner.raised:
            out.append(Gate(bar, at_s, "raised"))
            out.append(Gate(bar, to_s + 60.0 * dice.between(2, 30), "lowered"))
        elif lot < manner.raised + manner.damaged:
            out.append(Gate(bar, at_s, "damaged"))
    return out

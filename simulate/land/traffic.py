"""Ordinary land traffic: fish trucks before dawn, rounds of goods vehicles, cars, bars at work."""

from __future__ import annotations

from simulate.dice import Dice
from simulate.land.calls import at_home, call, label, speed_kmh
from simulate.land.driving import Drive
from simulate.land.garage import Vehicle, garage_of
from simulate.land.roads import Roads, Spot, roads_of
from simulate.night import Night
from simulate.scene import Gate, Scene, Trip

_FISH = ("refrigerated", "truck_light", "van")
_QUAY_M = 11.0


def fetch(night: Night, pier: int, at_s: float, dice: Dice) -> Trip | None:
    """A fish truck for a boat that berths at a pier then; None where no road leads there."""
    roads, garage = roads_of(night.place), garage_of(night)
    if not roads.reaches(pier):
        return None
    quay = roads.quay(pier, 4.0 + dice.between(0, 8) * _QUAY_M)
    truck = garage.take(int(roads.island[quay.hub]), *_FISH)
    from_s = at_s + 60.0 * dice.between(-25, 25)
    span_s = (from_s, from_s + 60.0 * dice.between(20, 70))
    return truck.trip(call(night, roads, truck, quay, span_s, dice, engine_on=dice.chance(40)))


def fish_trucks(night: Night, count: int) -> Scene:
    """Trucks at the active piers before dawn, for the market's opening; each call is labelled."""
    if not night.on("fish_truck"):
        return Scene()
    roads = roads_of(night.place)
    piers = [pier for pier in night.piers("active") if roads.reaches(pier)]
    scene = Scene()
    for i in range(count if piers else 0):
        dice = night.dice.child(f"fish truck {i}")
        pier = dice.pick(piers)
        at_s = night.clock_s(1.5) + dice.between(0, 12_600)
        trip = fetch(night, pier, at_s, dice)
        if trip is not None:
            span_s = (at_s - 1_500.0, at_s + 5_700.0)
            scene.trips.append(trip)
            scene.nuisances.append(label(night, "fish_truck", pier, span_s, [trip]))
    return scene


def rounds(night: Night) -> Scene:
    """What every other vehicle of the register does: most stand at home, some drive. Call it last.

    Half stay; others deliver in the evening, go far at night, or start in the morning.
    """
    roads = roads_of(night.place)
    scene = Scene()
    for vehicle in garage_of(night).rest():
        dice = night.dice.child(f"round {vehicle.plate}")
        lot = dice.between(0, 99)
        if lot < 50:
            drive = at_home(vehicle, roads, night.end_s + 60.0)
        elif lot < 75:
            drive = _deliver(night, roads, vehicle, night.clock_s(-9.0), 4, dice)
        elif lot < 85:
            drive = _deliver(night, roads, vehicle, night.clock_s(-3.0), 2, dice)
        else:
            drive = _deliver(night, roads, vehicle, night.clock_s(4.0), 3, dice)
        scene.trips.append(vehicle.trip(drive))
    return scene


def _deliver(
    night: Night, roads: Roads, vehicle: Vehicle, from_s: float, stops: int, dice: Dice
) -> Drive:
    """From stop to stop and home; a stop is a hub, or a quay in use."""
    speed = speed_kmh(vehicle.vehicle_class, dice)
    here = vehicle.home
    drive = at_home(vehicle, roads, from_s + dice.between(0, 10_800))
    near = roads.near(here.hub, 12_000.0)
    used = [
        pier
        for pier in night.piers("active", "low")
        if roads.reaches(pier) and roads.quay(pier).hub in near
    ]
    for _ in range(dice.between(1, stops)):
        there = Spot(dice.pick(near))
        if used and dice.chance(25):
            there = roads.quay(dice.pick(used), float(dice.between(5, 120)))
        drive.go(roads.way(here, there), speed, dice)
        drive.stand(drive.now_s + 60.0 * dice.between(6, 35), engine_on=dice.chance(60))
        here = there
    return drive.go(roads.way(here, vehicle.home), speed, dice).stand(night.end_s + 60.0)


def private_cars(night: Night, count: int) -> Scene:
    """Residents' cars, which only road cameras see; many in the evening, few at night."""
    roads, garage = roads_of(night.place), garage_of(night)
    scene = Scene()
    for i in range(count):
        dice = night.dice.child(f"car {i}")
        hub = dice.between(0, len(roads.hubs) - 1)
        car = garage.stranger(int(roads.island[hub]), "car")
        there = Spot(dice.pick(roads.near(car.home.hub, 15_000.0)))
        lot = dice.between(0, 99)
        low, high = (-9.0, -2.0) if lot < 65 else (-2.0, 5.0) if lot < 80 else (5.0, 9.0)
        at_s = night.clock_s(low) + dice.between(0, int((high - low) * 3600))
        speed = speed_kmh("car", dice)
        drive = Drive(at_s - 60.0, roads.point(car.home)).stand(at_s)
        drive.go(roads.way(car.home, there), speed, dice)
        if dice.chance(50):
            drive.stand(drive.now_s + 60.0 * dice.between(20, 200))
            drive.go(roads.way(there, car.home), speed, dice)
        scene.trips.append(car.trip(drive.stand(drive.now_s + 60.0)))
    return scene


def bars(night: Night) -> Scene:
    """Bars at piers in use: up for the work of the morning, down in the evening, some left up."""
    piers = {str(night.pier(i)["pier_id"]) for i in night.piers("active", "low")}
    gates = []
    for bar_id, pier_id in night.place.site.bars.select("bar_id", "pier_id").rows():
        dice = night.dice.child(f"bar {bar_id}")
        if pier_id in piers and dice.chance(30):
            up_s = night.clock_s(2.5) + dice.between(0, 10_800)
            gates.append(Gate(bar_id, up_s, "raised"))
            if dice.chance(85):
                gates.append(Gate(bar_id, up_s + dice.between(3_600, 14_400), "lowered"))
        elif dice.chance(1):
            gates.append(Gate(bar_id, float(dice.between(0, night.end_s)), "damaged"))
    return Scene(gates=[gate for gate in gates if 0.0 <= gate.at_s < night.end_s])

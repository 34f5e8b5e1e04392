"""What looks like the land side of a landing and is none; each labelled, each with its switch."""

from __future__ import annotations

import polars as pl

from simulate.dice import Dice
from simulate.land.calls import call, label
from simulate.land.garage import garage_of
from simulate.land.roads import Roads, Spot, roads_of
from simulate.night import Night
from simulate.scene import Glimpse, Scene

_TRUCKS = ("truck_heavy", "truck_light", "tanker")


def anglers(night: Night, count: int) -> Scene:
    """Night anglers at disused piers: a car at the quay for hours, people on the pier."""
    scene = Scene()
    if not night.on("anglers"):
        return scene
    roads, garage = roads_of(night.place), garage_of(night)
    for i, pier in enumerate(_quays(night, roads, ("pier", "jetty", "ramp"), "anglers")[:count]):
        dice = night.dice.child(f"anglers {i}")
        from_s = night.clock_s(-5.0) + dice.between(0, 6 * 3600)
        span_s = (from_s, from_s + 60.0 * dice.between(90, 330))
        trips = []
        for k in range(dice.pick((1, 1, 1, 2))):
            car = garage.stranger(int(roads.island[roads.quay(pier).hub]), "car")
            quay = roads.quay(pier, 4.0 + 8.0 * k)
            trips.append(car.trip(call(night, roads, car, quay, span_s, dice.child(k))))
        scene.trips.extend(trips)
        scene.nuisances.append(label(night, "anglers", pier, span_s, trips))
        scene.glimpses.extend(_people(night, pier, span_s, dice))
    return scene


def _people(night: Night, pier: int, span_s: tuple[float, float], dice: Dice) -> list[Glimpse]:
    """Persons before the pier's cameras, now and then."""
    cameras = night.place.cameras
    mine = cameras.filter(
        (pl.col("kind") == "dock") & (pl.col("pier_id") == night.pier(pier)["pier_id"])
    )["camera_id"].to_list()
    out = []
    for camera in mine:
        at_s = span_s[0] + dice.between(60, 900)
        while at_s < span_s[1]:
            out.append(Glimpse(camera, at_s, "person"))
            at_s += dice.between(600, 3_600)
    return out


def overnight_trucks(night: Night, count: int) -> Scene:
    """A driver sleeps in his cab on a disused quay: there from the evening until the morning."""
    scene = Scene()
    if not night.on("overnight_truck"):
        return scene
    roads, garage = roads_of(night.place), garage_of(night)
    for i, pier in enumerate(_quays(night, roads, ("pier", "jetty"), "overnight")[:count]):
        dice = night.dice.child(f"overnight {i}")
        truck = garage.take(int(roads.island[roads.quay(pier).hub]), *dice.shuffled(_TRUCKS))
        from_s = night.clock_s(-5.0) + dice.between(0, 4 * 3600)
        span_s = (from_s, night.clock_s(4.5) + dice.between(0, 9_000))
        quay = roads.quay(pier, float(dice.between(4, 60)))
        trip = truck.trip(call(night, roads, truck, quay, span_s, dice))
        scene.trips.append(trip)
        scene.nuisances.append(label(night, "overnight_truck", pier, span_s, [trip]))
    return scene


def festival_traffic(night: Night, count: int) -> Scene:
    """On a holiday's night: cars to beaches and quays until after midnight, all over the county."""
    scene = Scene()
    if not night.on("festival_traffic"):
        return scene
    roads, garage = roads_of(night.place), garage_of(night)
    for i, pier in enumerate(_quays(night, roads, (), "festival") * 8):
        if i >= count:
            break
        dice = night.dice.child(f"festival {i}")
        car = garage.stranger(int(roads.island[roads.quay(pier).hub]), "car")
        spot = roads.quay(pier, float(dice.between(5, 260)))
        from_s = night.clock_s(-5.5) + dice.between(0, 7 * 3600)
        span_s = (from_s, from_s + 60.0 * dice.between(20, 150))
        home = Spot(dice.pick(roads.near(spot.hub, 15_000.0)))
        drive = call(night, roads, car, spot, span_s, dice, back_to=home)
        trip = car.trip(drive)
        scene.trips.append(trip)
        scene.nuisances.append(label(night, "festival_traffic", pier, span_s, [trip]))
    return scene


def _quays(night: Night, roads: Roads, kinds: tuple[str, ...], what: str) -> list[int]:
    """Disused piers with a road, in a random order."""
    piers = [pier for pier in night.piers("idle", "low", kinds=kinds) if roads.reaches(pier)]
    return night.dice.child(f"{what} quays").shuffled(piers)

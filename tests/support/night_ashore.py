"""A night on the land of a corner of the site, and what the sensors ashore make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from geo.site import Site, parse_site
from ingest.cameras import CameraDecoder
from ingest.decoded import Decoded, concat
from ingest.jt808 import Jt808Decoder
from simulate.dice import Dice
from simulate.fleet import Fleet
from simulate.land import failures, meeting, mishaps, traffic
from simulate.land.roads import Roads, roads_of
from simulate.night import Night
from simulate.place import Place
from simulate.scale import SCALES, cut
from simulate.scene import Scene, Trip, together
from simulate.sensors.plan import SensorPlan, sensor_plan
from simulate.sensors.written import Written

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
SEED = 20260309


@lru_cache(1)
def corner() -> Place:
    """A hundred piers with their land."""
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    return Place(parse_site(cut(files, SCALES["small"])))


def night(number: int = 0, off: tuple[str, ...] = ()) -> Night:
    """A night of 18 hours from 15:00."""
    place, dice = corner(), Dice(SEED, "night", str(number))
    fleet = Fleet(place.site, dice.child("fleet"))
    start = datetime(2026, 3, 9 + number, 7, 0, tzinfo=UTC)
    return Night(place, fleet, dice, start, 18 * 3600, number=number, off=off)


@dataclass(frozen=True)
class Meeting:
    """A vessel's time at a pier, and the trucks that meet it."""

    pier: int
    arrive_s: float
    leave_s: float
    trips: list[Trip]
    lookout: Trip


def meetings(at: Night, count: int = 4) -> list[Meeting]:
    """Landings of one gang, seen from the land."""
    roads = roads_of(at.place)
    dice = at.dice.child("meetings")
    piers = [p for p in at.piers("idle", kinds=("pier", "jetty")) if roads.reaches(p)]
    out = []
    for i, pier in enumerate(dice.shuffled(piers)[:count]):
        throw = dice.child(i)
        arrive_s = at.clock_s(0.5) + throw.between(0, 7_200)
        leave_s = arrive_s + 60.0 * throw.between(60, 140)
        gang = Dice(SEED, "gang 1")
        trips = meeting.meet(at, pier, arrive_s, leave_s, 2 + i, throw, gang=gang)
        lookout = meeting.watch(at, pier, arrive_s, leave_s, throw.child("lookout"))
        assert lookout is not None
        out.append(Meeting(pier, arrive_s, leave_s, trips, lookout))
    return out


def ashore(at: Night, met: list[Meeting]) -> Scene:
    """Everything that goes on ashore."""
    gates = [
        gate
        for each in met
        for gate in meeting.unbar(at, each.pier, each.arrive_s, each.leave_s, at.dice.child("bar"))
    ]
    trips = [trip for each in met for trip in (*each.trips, each.lookout)]
    return together(
        [
            Scene(trips=trips, gates=gates),
            traffic.fish_trucks(at, 12),
            mishaps.anglers(at, 4),
            mishaps.overnight_trucks(at, 2),
            mishaps.festival_traffic(at, 8),
            traffic.private_cars(at, 120),
            traffic.bars(at),
            failures.camera_outages(at),
            traffic.rounds(at),
        ]
    )


def plan(*, wrong_clocks: bool = True) -> SensorPlan:
    """The sensors' lasting errors."""
    return sensor_plan(corner().site, Dice(SEED, "sensors"), wrong_clocks=wrong_clocks)


def roads() -> Roads:
    """The corner's."""
    return roads_of(corner())


def site() -> Site:
    """The corner's."""
    return corner().site


def terminals_read(wrote: Written, *, quarantine: bool = False) -> Decoded:
    """A platform's file as the product's decoder reads it, targets by terminal."""
    decoder = Jt808Decoder(quarantine=quarantine)
    return concat([decoder.feed(wrote.in_order()), decoder.close()])


def cameras_read(wrote: Written, *, quarantine: bool = False) -> Decoded:
    """A camera file as the product's decoder reads it."""
    decoder = CameraDecoder(quarantine=quarantine)
    return concat([decoder.feed(wrote.in_order()), decoder.close()])


def off_road_m(trip: Trip, at_s: np.ndarray) -> np.ndarray:
    """How far a vehicle is from land at these times."""
    land = site().land
    assert land is not None
    return land.distance_m(*corner().plane.to_deg(*trip.track.at(at_s).T))

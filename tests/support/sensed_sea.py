"""A corner of the county with a few vessels of every sort, and what sensors made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from geo.site import Site, parse_site
from simulate.county import County
from simulate.dice import Dice
from simulate.encode_ais import Ship
from simulate.fleet import AT_ANCHOR, MOORED, UNDER_WAY, Boat, Fleet, Voyage
from simulate.motion import Journey
from simulate.night import Night
from simulate.place import Place
from simulate.scale import SCALES, cut
from simulate.scene import Scene
from simulate.sensors.plan import SensorPlan, sensor_plan

FOLDER = Path(__file__).parents[2] / "sites/xiangshan"
START_AT = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
HOURS = 6


@dataclass(frozen=True, eq=False)
class Sea:
    """A night, what happens in it, and the lasting errors of its sensors."""

    night: Night
    scene: Scene
    plan: SensorPlan


@lru_cache(maxsize=1)
def small_place() -> Place:
    files = {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.is_file()}
    return Place(parse_site(cut(files, SCALES["small"])))


def site() -> Site:
    return small_place().site


def boat(mmsi: int, ais: str | None, **more: object) -> Boat:
    """A boat of 30 m in steel, unless told otherwise."""
    ship = Ship(mmsi, f"ZXY YAN {mmsi % 1000}", "BY1", 30, 30, 6, 20, "SHIPU" if ais == "A" else "")
    made = Boat(ship, "fishing", 2.0, None, ais="A" if ais == "A" else "B", radar_m2=135.0)
    return replace(made, **{"ais": ais, **more})  # type: ignore[arg-type]


def night_of(hours: int = HOURS, sea_state: int = 2, off: tuple[str, ...] = ()) -> Night:
    place, dice = small_place(), Dice(5, "sensed")
    fleet = Fleet(place.site, dice.child("fleet"))
    return Night(place, fleet, dice, START_AT, hours * 3600, sea_state=sea_state, off=off)


@lru_cache(maxsize=1)
def made_sea() -> Sea:
    """Six hours: passages off the radars, boats at anchor and at piers, of every sort."""
    night, place = night_of(), small_place()
    east, west = place.sea(0.86, 0.35), place.sea(0.72, 0.62)
    path = place.way(east, west)
    assert path is not None
    voyages = []
    for i in range(12):
        dice = night.dice.child(i)
        made = boat(
            412_000_001 + i, ("A", "B", None)[i % 3],
            beidou=f"91000{i:02d}" if i % 2 else None, wooden=i % 4 == 1,
            radar_m2=8.0 if i % 4 == 1 else 135.0,
        )  # fmt: skip
        way = path if i % 2 else path[::-1]
        journey = Journey(-60.0, way[0]).stay(600.0 + 900.0 * i, 5.0, dice)
        begun_s = journey.now_s
        journey.sail(way, 7.0 + i % 6, dice)
        duties = ((-60.0, AT_ANCHOR), (begun_s, UNDER_WAY), (journey.now_s, AT_ANCHOR))
        journey.stay(night.end_s + 60.0, 5.0, dice)
        voyages.append(Voyage(made, journey.track(), duties=duties))
    for i, pier in enumerate(night.piers("active")[:4]):
        berth = place.berth(pier, night.slot(pier))
        lying = Journey(-60.0, berth).stay(night.end_s + 60.0, 1.0, night.dice.child(f"lying {i}"))
        moored = boat(412_000_101 + i, "AB"[i % 2])
        voyages.append(Voyage(moored, lying.track(), duties=((-60.0, MOORED),)))
    return Sea(night, Scene(voyages=voyages), sensor_plan(place.site, Dice(5, "plan")))


@lru_cache(maxsize=1)
def county_sea() -> Sea:
    """A night of the small county as it is simulated."""
    place = small_place()
    night, scene = County(place, 101, 1, SCALES["small"]).night(0)
    return Sea(night, scene, sensor_plan(place.site, Dice(101, "plan")))

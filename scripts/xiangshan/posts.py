"""Radars, AIS stations, cameras and height-limit bars. All invented; headlands are approximate."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.land import Land
from xiangshan.coast import PLACES, PLANE
from xiangshan.piers import Pier

DOCK_CAMERAS, ROAD_CAMERAS, BARS = 240, 120, 426
WATCHED_CAMERAS = 1840  # that people look at, and that say nothing

#: id, title, lon, lat, range in metres; then the scan period (radar) in seconds.
RADARS = (
    ("R1", "石浦东门", 121.985, 29.195, 32_000, 3.0),
    ("R2", "南田南端", 121.955, 29.065, 30_000, 3.0),
    ("R3", "爵溪北", 121.985, 29.590, 30_000, 2.5),
)
STATIONS = (
    ("NANTIAN", "南田", 121.925, 29.165, 48_000),
    ("JUEXI", "爵溪", 121.955, 29.515, 46_000),
    ("XIZHOU", "西周", 121.660, 29.490, 40_000),
)

Feature = dict[str, Any]


def point(lon: float, lat: float, **properties: object) -> Feature:
    """A GeoJSON point."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


def on_land(land: Land, lon: float, lat: float, inside_m: float = 40.0) -> tuple[float, float]:
    """The nearest spot on land to the one meant, with land all around it."""
    x, y = (float(v) for v in PLANE.to_m(lon, lat))
    ring = [(0.0, 0.0)] + [
        (r * east, r * north)
        for r in range(50, 4000, 50)
        for east, north in ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1))
    ]
    offsets = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]) * inside_m
    for dx, dy in ring:
        around = np.array([x + dx, y + dy]) + offsets
        if land.contains(*PLANE.to_deg(*around.T)).all():
            there = PLANE.to_deg(x + dx, y + dy)
            return round(float(there[0]), 6), round(float(there[1]), 6)
    raise ValueError(f"no land within 4 km of {lon}, {lat}")


def radars(land: Land) -> list[Feature]:
    """Three coastal radars."""
    return [
        point(*on_land(land, lon, lat), radar_id=name, title=title, range_m=reach, period_s=period)
        for name, title, lon, lat, reach, period in RADARS
    ]


def stations(land: Land) -> list[Feature]:
    """Three AIS receivers; `range_m` is where a class A transponder is no longer heard."""
    return [
        point(*on_land(land, lon, lat), station_id=name, title=title, range_m=reach)
        for name, title, lon, lat, reach in STATIONS
    ]


def cameras(piers: list[Pier], land: Land, dice: np.random.Generator) -> list[Feature]:
    """Cameras at piers that have a road, and on the roads behind; most never say a word."""
    served = [pier for pier in piers if pier.access is not None]
    chosen = sorted(dice.permutation(len(served))[:DOCK_CAMERAS].tolist())
    out = []
    for number, i in enumerate(chosen, 1):
        lon, lat = _near(served[i], 12, land, dice)
        reach = int(dice.integers(8, 21)) * 10
        out.append(
            point(
                lon,
                lat,
                camera_id=f"CD{number:03d}",
                kind="dock",
                pier_id=served[i].pier_id,
                range_m=reach,
            )
        )
    for number in range(1, ROAD_CAMERAS + 1):
        place = PLACES[int(dice.integers(len(PLACES)))]
        while place[3] == 0:
            place = PLACES[int(dice.integers(len(PLACES)))]
        east, north = dice.integers(-30, 31, size=2)
        lon, lat = on_land(land, place[1] + 0.001 * float(east), place[2] + 0.001 * float(north))
        out.append(
            point(lon, lat, camera_id=f"CR{number:03d}", kind="road", pier_id=None, range_m=60)
        )
    return out


def watched_cameras(land: Land, dice: np.random.Generator) -> list[Feature]:
    """The county's other cameras: in the register, without events of their own."""
    inland = [place for place in PLACES if place[3]]
    out = []
    for number in range(1, WATCHED_CAMERAS + 1):
        place = inland[int(dice.integers(len(inland)))]
        east, north = dice.integers(-150, 151, size=2)
        lon, lat = on_land(land, place[1] + 1e-4 * float(east), place[2] + 1e-4 * float(north))
        name = f"CW{number:04d}"
        out.append(
            point(lon, lat, camera_id=name, kind="road", pier_id=None, range_m=60, events=False)
        )
    return out


def bars(piers: list[Pier], land: Land, dice: np.random.Generator) -> list[Feature]:
    """Height-limit bars on the ways to piers: one each, a second where a quay has two ways."""
    served = [pier for pier in piers if pier.access is not None]
    order = [served[i] for i in dice.permutation(len(served))]
    chosen = (order + order)[:BARS]
    chosen.sort(key=lambda pier: pier.pier_id)
    return [
        point(*_near(pier, 25, land, dice), bar_id=f"B{number:03d}", pier_id=pier.pier_id)
        for number, pier in enumerate(chosen, 1)
    ]


def _near(pier: Pier, reach_m: int, land: Land, dice: np.random.Generator) -> tuple[float, float]:
    """A spot on land near the pier's access point."""
    assert pier.access is not None
    x, y = (float(v) for v in PLANE.to_m(*pier.access))
    for _ in range(20):
        east, north = dice.integers(-reach_m, reach_m + 1, size=2)
        lon, lat = (round(float(v), 6) for v in PLANE.to_deg(x + float(east), y + float(north)))
        if land.contains([lon], [lat])[0]:
            return lon, lat
    return pier.access[0], pier.access[1]

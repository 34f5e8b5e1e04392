"""Road cameras: the plates of vehicles that pass, as far as they are caught and read (methods 7.2).

The rates are each camera's own, the same every night: by day 97 to 99 % caught and 95 to 98 % of
these read right; by night 90 to 96 % and 88 to 95 %, lorries with mud on their plates less.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from simulate.dice import Dice
from simulate.land.driving import MPS_PER_KMH
from simulate.night import Night
from simulate.scene import Label, Scene, Trip
from simulate.sensors import camera_lines
from simulate.sensors.camera_lines import Passed
from simulate.sensors.plan import SensorPlan
from simulate.sensors.plates import misread
from simulate.sensors.views import View, views
from simulate.sensors.written import Written, written

STEM = "cameras/road"
_UNREAD_PERCENT = {"day": 1, "night": 3}
_MUD_PERCENT = 7
_LATENCY_MS = (700, 7_000)
_COLLECTS_PERCENT = 20  # of the cameras send what they have once a minute
_COLLECTED_MS = 60_000


@dataclass(frozen=True)
class Quality:
    """Of one camera, in per cent: caught and misread, by day and by night."""

    caught: dict[str, int]
    misread: dict[str, int]
    collects: bool


def quality(night: Night, camera: str) -> Quality:
    """How good a road camera is; the same every night of a seed."""
    dice = Dice(night.dice.seed, "road camera", camera)
    return Quality(
        caught={"day": dice.between(97, 99), "night": dice.between(90, 96)},
        misread={"day": dice.between(2, 5), "night": dice.between(5, 12)},
        collects=dice.chance(_COLLECTS_PERCENT),
    )


def light(night: Night, at_s: float) -> str:
    """`day` from 06:00 to 18:30 local, else `night`."""
    hour = (at_s - night.midnight_s) / 3600.0
    return "night" if -5.5 <= hour < 6.0 else "day"


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The road cameras' file; goods vehicles that were misread are labelled."""
    site = night.place.site
    rows = night.place.cameras.filter(pl.col("kind") == "road")
    x, y = night.place.plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    ids = rows["camera_id"].to_list()
    reach = rows["range_m"].fill_null(50.0).to_numpy()
    passed: dict[tuple[str, int], list[Passed]] = defaultdict(list)
    labels: list[Label] = []
    good = {camera: quality(night, camera) for camera in ids}
    seen = views([trip.track for trip in scene.trips], np.stack([x, y], axis=1), reach)
    for number, view in enumerate(seen):
        camera, trip = ids[view.camera], scene.trips[view.track]
        throw = dice.child(f"{trip.plate} {camera} {view.nearest_s:.0f}")
        if _missed(scene, night, camera, good[camera], trip, view, throw):
            continue
        true_ms = night.start_ms + int(view.nearest_s * 1000)
        clock_ms = plan.clock("cameras", camera)
        read, label = _read(night, camera, good[camera], trip, view, throw)
        labels += label
        late_ms = true_ms + throw.between(*_LATENCY_MS)
        if good[camera].collects:
            late_ms = (late_ms // _COLLECTED_MS + 1) * _COLLECTED_MS + zlib.crc32(
                camera.encode()
            ) % _COLLECTED_MS
        passed[camera, late_ms].append(
            Passed(
                pass_ms=true_ms + clock_ms,
                plate=read,
                vehicle_class=trip.vehicle_class,
                reliability=throw.between(80, 99) if not label else throw.between(60, 95),
                speed_kmh=_speed_kmh(trip, view.nearest_s, throw),
                number=number,
            )
        )
    zone = ZoneInfo(site.timezone)
    lines = [
        camera_lines.gat1400(late_ms, camera, sorted(group, key=lambda each: each.pass_ms), zone)
        for (camera, late_ms), group in passed.items()
    ]
    return [written(STEM, ".jsonl", [late_ms for _, late_ms in passed], lines, labels)]


def _missed(
    scene: Scene, night: Night, camera: str, good: Quality, trip: Trip, view: View, dice: Dice
) -> bool:
    """Outside the night, in an outage, or not caught."""
    at_s = view.nearest_s
    lit = light(night, at_s)
    mud = lit == "night" and trip.vehicle_class != "car" and dice.chance(_MUD_PERCENT)
    caught = dice.chance(good.caught[lit])
    down = any(
        o.sensor == "cameras" and o.source in (None, camera) and o.from_s <= at_s < o.to_s
        for o in scene.outages
    )
    return not 0.0 <= at_s < night.end_s or down or mud or not caught


def _read(
    night: Night, camera: str, good: Quality, trip: Trip, view: View, dice: Dice
) -> tuple[str | None, list[Label]]:
    """The plate as read, None where there seemed to be none, and the label of a misreading."""
    lit = light(night, view.nearest_s)
    if dice.chance(_UNREAD_PERCENT[lit]):
        return None, []
    if not dice.chance(good.misread[lit]) or not night.on("plate_misread"):
        return trip.plate, []
    wrong = misread(trip.plate, dice)
    row: Label = {
        "kind": "plate_misread",
        "pier_id": None,
        "from": night.utc(view.nearest_s),
        "to": night.utc(view.nearest_s),
        "plates": [trip.plate],
        "read": wrong,
        "source": camera,
    }
    return wrong, [] if trip.private else [row]


def _speed_kmh(trip: Trip, at_s: float, dice: Dice) -> int:
    velocity = trip.track.velocity_mps(np.array([at_s]))[0]
    kmh = float(np.sqrt(velocity[0] * velocity[0] + velocity[1] * velocity[1])) / MPS_PER_KMH
    return max(int(kmh + 0.5) + dice.between(-2, 2), 1)

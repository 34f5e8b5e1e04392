"""Dock cameras: boats, vehicles and persons before a pier (Frigate; some speak ONVIF).

After methods 7.2: by night a boat that lies there is noticed in 80 to 90 % of cases, and 0.05 to
0.2 times a night a lamp or a wave is taken for something. Each camera has its own rates.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from simulate.dice import Dice
from simulate.night import Night
from simulate.scene import Label, Scene, Trip
from simulate.sensors import camera_lines
from simulate.sensors.camera_lines import Thing
from simulate.sensors.plan import SensorPlan
from simulate.sensors.plates import misread
from simulate.sensors.road_cameras import light
from simulate.sensors.views import views
from simulate.sensors.written import Written, written

STEM = "cameras/dock"
_ONVIF_PERCENT = 20  # of the cameras
_SHORTEST_S = 6.0  # before the camera: what passes faster is no event
_UPDATE_S = 1_800
_PLATE_PERCENT = {"day": 60, "night": 35}
_WRONG_PERCENT = {"day": 4, "night": 10}
_DRIVER_PERCENT = 60  # gets out where he stops
_LATENCY_MS = (300, 2_500)


@dataclass(frozen=True)
class DockCamera:
    """One camera's habits, the same every night; `recall` and `false_percent` are per cent."""

    name: str
    pier_id: str | None
    clock_ms: int
    onvif: bool
    recall: dict[str, int]
    false_percent: int


@dataclass(frozen=True)
class Stay:
    """Something before a camera from one second to another."""

    camera: int
    label: str
    from_s: float
    to_s: float
    plate: str | None = None


def dock_cameras(night: Night, plan: SensorPlan) -> list[DockCamera]:
    """The site's dock cameras, in its order."""
    rows = night.place.cameras.filter(pl.col("kind") == "dock")
    out = []
    for name, pier_id in rows.select("camera_id", "pier_id").rows():
        dice = Dice(night.dice.seed, "dock camera", name)
        out.append(
            DockCamera(
                name=name,
                pier_id=pier_id,
                clock_ms=plan.clock("cameras", name),
                onvif=dice.chance(_ONVIF_PERCENT),
                recall={"day": dice.between(93, 98), "night": dice.between(80, 90)},
                false_percent=dice.between(5, 20),
            )
        )
    return out


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The dock cameras' file; what was taken for something and was nothing is labelled."""
    cameras = dock_cameras(night, plan)
    at_ms: list[int] = []
    lines: list[bytes] = []
    labels: list[Label] = []
    for number, stay in enumerate(_stays(scene, night, cameras, dice)):
        throw = dice.child(f"stay {number}")
        if throw.chance(cameras[stay.camera].recall[light(night, max(stay.from_s, 0.0))]):
            _tell(night, scene, cameras[stay.camera], stay, number, throw, (at_ms, lines))
    for camera in cameras:
        throw = dice.child(f"false {camera.name}")
        if not night.on("camera_false") or not throw.chance(camera.false_percent):
            continue
        at_s = float(throw.between(0, night.end_s - 60))
        index = cameras.index(camera)
        stay = Stay(index, throw.pick(("boat", "boat", "car")), at_s, at_s + throw.between(8, 45))
        _tell(night, scene, camera, stay, 0xFA0000 + index, throw, (at_ms, lines), doubtful=True)
        labels.append(
            {
                "kind": "camera_false", "pier_id": camera.pier_id, "from": night.utc(at_s),
                "to": night.utc(stay.to_s), "source": camera.name,
            }
        )  # fmt: skip
    return [written(STEM, ".jsonl", at_ms, lines, labels)]


def _stays(scene: Scene, night: Night, cameras: list[DockCamera], dice: Dice) -> list[Stay]:
    """Boats, vehicles, their drivers, and what the scene says besides, during the night."""
    if not cameras:
        return []
    rows = night.place.cameras.filter(pl.col("kind") == "dock")
    x, y = night.place.plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    xy, reach = np.stack([x, y], axis=1), rows["range_m"].fill_null(120.0).to_numpy()
    out = [
        Stay(view.camera, "boat", view.from_s, view.to_s)
        for view in views([voyage.track for voyage in scene.voyages], xy, reach)
    ]
    for view in views([trip.track for trip in scene.trips], xy, reach):
        trip = scene.trips[view.track]
        out += _vehicle(night, trip, view.camera, view.from_s, view.to_s, dice)
    index = {camera.name: i for i, camera in enumerate(cameras)}
    for glimpse in scene.glimpses:
        if glimpse.camera_id in index:
            span_s = 20.0 + zlib.crc32(glimpse.camera_id.encode()) % 90
            camera = index[glimpse.camera_id]
            out.append(Stay(camera, glimpse.label, glimpse.at_s, glimpse.at_s + span_s))
    return [
        stay
        for stay in out
        if stay.to_s > 0.0 and stay.from_s < night.end_s and stay.to_s - stay.from_s >= _SHORTEST_S
    ]


def _vehicle(
    night: Night, trip: Trip, camera: int, from_s: float, to_s: float, dice: Dice
) -> list[Stay]:
    """A vehicle, with its plate where it is read, and its driver now and then."""
    throw = dice.child(f"vehicle {trip.plate} {camera} {from_s:.0f}")
    lit = light(night, max(from_s, 0.0))
    plate = trip.plate if throw.chance(_PLATE_PERCENT[lit]) else None
    if plate is not None and throw.chance(_WRONG_PERCENT[lit]) and night.on("plate_misread"):
        plate = misread(plate, throw)
    kind = "car" if trip.vehicle_class in ("car", "van") else "truck"
    out = [Stay(camera, kind, from_s, to_s, plate)]
    if to_s - from_s > 300.0 and throw.chance(_DRIVER_PERCENT):
        at_s = from_s + throw.between(20, 240)
        for _ in range(6):
            if at_s < to_s:
                out.append(Stay(camera, "person", at_s, min(at_s + throw.between(15, 120), to_s)))
            at_s += throw.between(300, 1_800)
    return out


def _tell(
    night: Night,
    scene: Scene,
    camera: DockCamera,
    stay: Stay,
    number: int,
    dice: Dice,
    out: tuple[list[int], list[bytes]],
    *,
    doubtful: bool = False,
) -> None:
    """The messages of an event: new, an update when it has come to rest and now and then, end."""
    from_s = max(stay.from_s, 0.0) + dice.between(0, 20) / 10
    changes = [("new", from_s)]
    at_s = from_s + dice.between(40, 120)
    while at_s < min(stay.to_s, night.end_s):
        changes.append(("update", at_s))
        at_s += _UPDATE_S
    changes.append(("end", max(stay.to_s + 2.0, from_s + 3.0)))
    score = dice.between(51, 64) if doubtful else dice.between(62, 95)
    start_ms = night.start_ms + int(from_s * 1000) + camera.clock_ms
    thing = Thing(number, stay.label, start_ms, score, stay.plate)
    off = [o for o in scene.outages if o.sensor == "cameras" and o.source in (None, camera.name)]
    for change, change_s in changes:
        if change_s >= night.end_s or any(o.from_s <= change_s < o.to_s for o in off):
            continue
        true_ms = night.start_ms + int(change_s * 1000)
        received_ms = true_ms + dice.between(*_LATENCY_MS)
        at_ms = true_ms + camera.clock_ms
        still = change == "update" and stay.label != "person"
        out[0].append(received_ms)
        if camera.onvif:
            gone = change == "end"
            line = camera_lines.onvif(received_ms, camera.name, thing, at_ms, gone=gone)
        else:
            line = camera_lines.frigate(received_ms, camera.name, thing, change, at_ms, still=still)
        out[1].append(line)

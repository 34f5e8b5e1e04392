"""Road and dock cameras of a night."""

from __future__ import annotations

from simulate.dice import Dice
from simulate.night import Night
from simulate.scene import Scene
from simulate.sensors import dock_cameras, road_cameras
from simulate.sensors.plan import SensorPlan
from simulate.sensors.written import Written


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The files of both, each with its labels."""
    return [
        *road_cameras.frames(scene, night, plan, dice.child("road")),
        *dock_cameras.frames(scene, night, plan, dice.child("dock")),
    ]

"""What goes wrong with the watching ashore: cameras that are down, a platform that is."""

from __future__ import annotations

from simulate.night import Night
from simulate.scene import Outage, Scene

_DOWN_PERCENT = 5  # of the cameras a night (methods 7.2)


def camera_outages(night: Night) -> Scene:
    """Cameras that are down, some for a part of the night, most for all of it."""
    scene = Scene()
    if not night.on("camera_outage"):
        return scene
    cameras = night.place.cameras.select("camera_id", "pier_id").rows()
    for camera, pier_id in cameras:
        dice = night.dice.child(f"camera down {camera}")
        if not dice.chance(_DOWN_PERCENT):
            continue
        from_s, to_s = 0.0, float(night.end_s)
        if dice.chance(40):
            from_s = float(dice.between(0, night.end_s - 1_800))
            to_s = min(from_s + 60.0 * dice.between(30, 360), to_s)
        scene.outages.append(Outage("cameras", camera, from_s, to_s))
        scene.nuisances.append(_label(night, "camera_outage", camera, pier_id, from_s, to_s))
    return scene


def platform_outage(night: Night, percent: int) -> Scene:
    """The vehicles' platform hears nobody for a while; what terminals kept comes late."""
    dice = night.dice.child("vehicles outage")
    if not night.on("vehicles_outage") or not dice.chance(percent):
        return Scene()
    from_s = float(dice.between(0, night.end_s - 1_800))
    to_s = min(from_s + 60.0 * dice.between(8, 90), float(night.end_s))
    return Scene(
        nuisances=[_label(night, "vehicles_outage", "platform", None, from_s, to_s)],
        outages=[Outage("vehicles", None, from_s, to_s)],
    )


def _label(
    night: Night, kind: str, source: str, pier_id: str | None, from_s: float, to_s: float
) -> dict[str, object]:
    return {
        "kind": kind,
        "pier_id": pier_id,
        "from": night.utc(from_s),
        "to": night.utc(to_s),
        "source": source,
    }

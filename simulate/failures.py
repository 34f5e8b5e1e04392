"""What goes wrong with the watching itself: outages, showers on the radar, a copied MMSI."""

from __future__ import annotations

from simulate.dice import Dice
from simulate.fishing import label
from simulate.mishaps import shared_mmsi
from simulate.night import Night
from simulate.scene import Outage, Rain, Scene


def outages(night: Night, percent: int) -> Scene:
    """Receivers and radars that are silent for a while; each kind has its switch."""
    scene = Scene()
    site = night.place.site
    for kind, feed, sources in (
        ("receiver_outage", "ais", site.stations["station_id"].to_list()),
        ("radar_outage", "radar", site.radars["radar_id"].to_list()),
    ):
        for source in sources:
            dice = night.dice.child(f"{kind} {source}")
            if not night.on(kind) or not dice.chance(percent):
                continue
            from_s = float(dice.between(0, night.end_s - 600))
            minutes = dice.between(8, 45) if dice.chance(70) else dice.between(60, 300)
            to_s = min(from_s + 60.0 * minutes, float(night.end_s))
            scene.outages.append(Outage(feed, source, from_s, to_s))
            row = label(night, kind, None, from_s, to_s, [])
            scene.nuisances.append(row | {"source": source})
    return scene


def rain(night: Night) -> Scene:
    """Showers that drift over the radars' waters for some hours."""
    dice = night.dice.child("rain")
    scene = Scene()
    count = dice.between(2, 5)
    for i in range(count):
        scene.rains.append(_shower(night, dice.child(i)))
    from_s, to_s = min(r.from_s for r in scene.rains), max(r.to_s for r in scene.rains)
    scene.nuisances.append(label(night, "radar_rain", None, from_s, to_s, []))
    return scene


def _shower(night: Night, dice: Dice) -> Rain:
    from_s = float(dice.between(0, night.end_s - 3_600))
    centre = night.place.centre(dice.between(0, len(night.place.site.piers) - 1))
    spot = centre + dice.many(-8_000, 8_000, 2)
    return Rain(
        from_s=from_s,
        to_s=min(from_s + dice.between(30, 120) * 60.0, float(night.end_s)),
        xy_m=(float(spot[0]), float(spot[1])),
        drift_mps=(dice.between(-80, 80) / 10, dice.between(-80, 80) / 10),
        radius_m=float(dice.between(1_500, 5_000)),
    )


def copied(night: Night, scene: Scene) -> Scene:
    """The scene with two boats under one MMSI, by mistake."""
    voyages, rows = shared_mmsi(night, scene.voyages)
    scene.voyages[:] = voyages
    scene.nuisances.extend(rows)
    return scene

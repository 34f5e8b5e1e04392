"""Radar tracks of what is not there: sea and rain clutter, and the doubles of large ships."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import Voyage
from simulate.night import Night
from simulate.scene import Label, Scene
from simulate.sensors.chart import degrees
from simulate.sensors.echoes import Radar, inside
from simulate.sensors.radar_tracks import Segment

Float = NDArray[np.float64]

_SEA_CLUTTER_M = 9_000.0  # as far as the sea gives echoes that pass for a vessel
_RAIN_EVERY_S = 45  # one false track in a shower
_SHIP_M = 60  # what is longer may have a double
_DOUBLE_PERCENT = 40
_KNOWN_M = 300.0  # a false track this near to a pier is labelled with it


def phantoms(
    scene: Scene, night: Night, radar: Radar, dice: Dice
) -> tuple[list[Segment], list[Label]]:
    """The night's false tracks of one radar; those of a shower carry the shower's own label."""
    tracks: list[Segment] = []
    labels: list[Label] = []
    if night.on("sea_clutter"):
        for track in _sea_clutter(night, radar, dice.child("sea")):
            tracks.append(track)
            labels.append(_label("sea_clutter", track, night, radar))
    if night.on("ghost_track"):
        for track in _doubles(scene.voyages, night, radar, dice.child("double")):
            tracks.append(track)
            labels.append(_label("ghost_track", track, night, radar))
    if night.on("radar_rain"):
        tracks += _rain_clutter(scene, night, radar, dice.child("rain"))
    return tracks, labels


def _sea_clutter(night: Night, radar: Radar, dice: Dice) -> list[Segment]:
    hours = max(night.end_s // 3600, 1)
    rough = night.sea_state * night.sea_state
    tracks = []
    for _ in range(dice.between(0, hours * (1 + rough) // 5)):
        spot = radar.xy_m + dice.many(-int(_SEA_CLUTTER_M), int(_SEA_CLUTTER_M), 2)
        lasting = dice.between(25, 90) if dice.chance(85) else dice.between(90, 480)
        track = _drifting(
            radar, spot, dice.between(0, max(night.end_s - 600, 0)), lasting, 25, dice
        )
        if track is not None:
            tracks.append(track)
    return tracks


def _rain_clutter(scene: Scene, night: Night, radar: Radar, dice: Dice) -> list[Segment]:
    tracks = []
    for rain in scene.rains:
        until_s = min(rain.to_s, night.end_s - 300.0)
        for _ in range(max(int((until_s - rain.from_s) / _RAIN_EVERY_S), 0)):
            at_s = dice.between(int(rain.from_s), int(until_s))
            age_s, radius = at_s - rain.from_s, int(rain.radius_m)
            spot = np.array(rain.xy_m) + age_s * np.array(rain.drift_mps)
            spot = spot + dice.many(-radius, radius, 2)
            if not inside(rain, spot[None, :], np.array([float(at_s)]))[0]:
                continue
            track = _drifting(radar, spot, at_s, dice.between(25, 150), 60, dice)
            if track is not None:
                tracks.append(track)
    return tracks


def _drifting(
    radar: Radar, spot: Float, at_s: int, lasting_s: int, speed_dmps: int, dice: Dice
) -> Segment | None:
    """A short track in open water that wanders; speed in 0.1 m/s at most."""
    drift = dice.many(-speed_dmps, speed_dmps, 2) / 10.0
    count = max(round(lasting_s / radar.period_s), 2)
    if not radar.open_to(np.asarray(spot, np.float64)[None, :])[0]:
        return None
    age = np.arange(count) * radar.period_s
    wobble = np.stack([dice.bell(8.0, count), dice.bell(8.0, count)], axis=1)
    path = spot + age[:, None] * drift + wobble
    return Segment("", round(at_s / radar.period_s), path, np.tile(drift, (count, 1)))


def _doubles(voyages: Sequence[Voyage], night: Night, radar: Radar, dice: Dice) -> list[Segment]:
    """An echo that went a longer way: the same bearing as a large ship, some hundred metres on."""
    tracks = []
    for i, voyage in enumerate(voyages):
        throw = dice.child(i)
        if voyage.boat.length_m < _SHIP_M or not throw.chance(_DOUBLE_PERCENT):
            continue
        begin_s, lasting_s = throw.between(0, max(night.end_s - 600, 0)), throw.between(60, 420)
        farther_m = throw.between(400, 1_600)
        first = round(begin_s / radar.period_s)
        count = max(round(lasting_s / radar.period_s), 2)
        at_s = np.arange(first, first + count, dtype=np.float64) * radar.period_s
        if at_s[0] < voyage.track.t_s[0] or at_s[-1] > voyage.track.t_s[-1]:
            continue
        ship = voyage.track.at(at_s)
        away = radar.away_m(ship)[:, None]
        double = ship + (ship - radar.xy_m) * (farther_m / np.maximum(away, 1.0))
        if not radar.open_to(ship).all() or not radar.open_to(double).all():
            continue
        tracks.append(Segment("", first, double, voyage.track.velocity_mps(at_s)))
    return tracks


def _label(kind: str, track: Segment, night: Night, radar: Radar) -> Label:
    """A row of the truth, with the pier that the track came near to."""
    middle = track.xy_m[len(track.xy_m) // 2][None, :]
    lon, lat = degrees(night.place).at(middle)
    piers = night.place.site.piers
    index = int(np.asarray(piers.nearest(lon, lat, _KNOWN_M)[0])[0])
    return {
        "kind": kind,
        "pier_id": night.pier(index)["pier_id"] if index >= 0 else None,
        "from": night.utc(track.first * radar.period_s),
        "to": night.utc(track.last * radar.period_s),
        "vessels": [],
        "source": f"radar:{radar.name}",
        "lon": round(float(lon[0]), 5),
        "lat": round(float(lat[0]), 5),
    }

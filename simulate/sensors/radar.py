"""Coastal radars: the tracks of a night as `$RATTM`, with each radar's noise, bias and clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo.plane import NAUTICAL_MILE_M
from simulate.dice import Dice
from simulate.fleet import Voyage
from simulate.motion import MPS_PER_KN
from simulate.night import Night
from simulate.scene import Label, Scene
from simulate.sensors.chart import degrees, seen_from
from simulate.sensors.columns import clock_digits, in_order, lay, number, tag_blocks, with_checksum
from simulate.sensors.echoes import Radar, detection, radars
from simulate.sensors.phantoms import phantoms
from simulate.sensors.plan import SensorPlan
from simulate.sensors.radar_tracks import (
    Segment,
    echoes,
    encounters,
    numbered,
    segments,
    smoothed,
)
from simulate.sensors.written import Written

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_LOOK_S = 120.0  # between two looks whether a vessel comes into sight at all
_ACQUIRING = 2  # outputs
_SPEED_KN = 0.35  # noise of a tracker's velocity, along each axis


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The night's lines of each radar, `radar/<radar>`, with the labels of what it made up."""
    return [
        _one(radar, scene, night, plan, dice.child(f"radar {radar.name}"))
        for radar in radars(night.place)
    ]


def _one(radar: Radar, scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> Written:
    outputs = int(night.end_s / radar.period_s)
    at_s = np.arange(outputs, dtype=np.float64) * radar.period_s
    off = np.zeros(outputs, np.bool_)
    for outage in scene.outages:
        if outage.sensor == "radar" and outage.source in (None, radar.name):
            off |= (at_s >= outage.from_s) & (at_s < outage.to_s)
    tracks: list[Segment] = []
    for i, voyage in enumerate(scene.voyages):
        tracks += _tracked(voyage, radar, at_s, off, scene, night, dice.child(f"echo {i}"))
    false, labels = phantoms(scene, night, radar, dice.child("phantoms"))
    tracks += [track for track in false if track.last < outputs]
    swaps = []
    if night.on("track_swap"):
        swaps = encounters(tracks, radar, dice.child("swaps"))
        labels += [_swap_label(tracks, swap, radar, night) for swap in swaps]
    numbered(tracks, swaps, radar)
    lines = _lines(tracks, radar, night, plan, off, labels, dice.child("lines"))
    return replace(lines, echoes=echoes(tracks, radar))


def _tracked(
    voyage: Voyage,
    radar: Radar,
    at_s: Float,
    off: NDArray[np.bool_],
    scene: Scene,
    night: Night,
    dice: Dice,
) -> list[Segment]:
    """A vessel's tracks."""
    track = voyage.track
    look_s = np.arange(0.0, night.end_s, _LOOK_S)
    look_s = look_s[(look_s >= track.t_s[0]) & (look_s <= track.t_s[-1])]
    if not len(look_s) or not radar.open_to(track.at(look_s)).any():
        return []
    there = (at_s >= track.t_s[0]) & (at_s <= track.t_s[-1]) & ~off
    xy_m = track.at(at_s)
    share = np.where(there, detection(radar, voyage.boat, xy_m, at_s, night, scene.rains), 0.0)
    hit = dice.many(0, 99_999, len(at_s)) < share * 100_000.0
    return segments(voyage.boat.target, float(voyage.boat.length_m), hit, xy_m, radar)


def _swap_label(
    tracks: Sequence[Segment], swap: tuple[int, int, int], radar: Radar, night: Night
) -> Label:
    at, a, b = swap
    lon, lat = degrees(night.place).at(tracks[a].xy_m[at - tracks[a].first][None, :])
    when = night.utc(at * radar.period_s)
    return {
        "kind": "track_swap", "pier_id": None, "from": when, "to": when,
        "vessels": [t for t in (tracks[a].target, tracks[b].target) if t],
        "source": f"radar:{radar.name}",
        "lon": round(float(lon[0]), 5), "lat": round(float(lat[0]), 5),
    }  # fmt: skip


def _lines(
    tracks: Sequence[Segment],
    radar: Radar,
    night: Night,
    plan: SensorPlan,
    off: NDArray[np.bool_],
    labels: list[Label],
    dice: Dice,
) -> Written:
    """All outputs of all tracks as sentences."""
    tracks = [track for track in tracks if len(track.number) and track.number[0]]
    if not tracks:
        return Written(f"radar/{radar.name}", ".nmea", np.zeros(0, np.int64), b"",
                       np.zeros(0, np.int64), labels)  # fmt: skip
    counts = [len(track.xy_m) for track in tracks]
    since = np.concatenate([np.arange(count) for count in counts])
    output = since + np.repeat([track.first for track in tracks], counts)
    status = np.where(since < _ACQUIRING, ord("Q"), ord("T"))
    status[np.cumsum(counts) - 1] = ord("L")
    polar = [_measured(track, radar, plan, dice.child(i)) for i, track in enumerate(tracks)]
    kept = np.flatnonzero(~off[output])
    range_mil, bearing, speed, course = (
        np.concatenate([values[k] for values in polar])[kept] for k in range(4)
    )
    shown = np.concatenate([track.number for track in tracks])[kept]
    true_ms = night.start_ms + np.rint(output[kept] * (radar.period_s * 1000.0)).astype(np.int64)
    name = f"radar:{radar.name}"
    own_ms = true_ms + plan.clock_ms.get(name, 0)
    received = true_ms + 150 + shown % 50 * 11 + dice.many(0, 9, len(kept))
    body = lay(
        [
            b"RATTM,", number(shown, 3), b",", number(range_mil, 2, 3), b",",
            number(bearing, 3, 1), b",T,", number(speed, 2, 1), b",", number(course, 3, 1),
            b",T,,,N,,", status[kept].astype(np.uint8)[None, :], b",,", clock_digits(own_ms),
            b",A",
        ],
        len(kept),
    )  # fmt: skip
    tags = tag_blocks(radar.name.encode(), received)
    lines = lay([*tags, *with_checksum(body, b"$", b"")], len(kept))
    return in_order(f"radar/{radar.name}", received, lines, labels)


def _measured(
    track: Segment, radar: Radar, plan: SensorPlan, dice: Dice
) -> tuple[Int, Int, Int, Int]:
    """Range (0.001 nm), bearing (0.1°), speed (0.1 kn) and course (0.1°) as the radar says them."""
    count, name = len(track.xy_m), f"radar:{radar.name}"
    east, north = seen_from(radar.place, radar.lon, radar.lat).at(track.xy_m)
    # A ship's echo wanders over its length.
    sigma_m = plan.range_sigma_m.get(name, 15.0) + track.length_m / 8.0
    range_m = np.sqrt(east * east + north * north) + plan.range_m.get(name, 0.0)
    range_m = range_m + smoothed(sigma_m, count, radar, dice)
    bearing = np.round(np.degrees(np.arctan2(east, north)), 6) + plan.bearing_deg.get(name, 0.0)
    bearing = bearing + smoothed(plan.bearing_sigma_deg.get(name, 0.35), count, radar, dice)
    wander = [smoothed(_SPEED_KN * MPS_PER_KN, count, radar, dice) for _ in range(2)]
    over_east, over_north = (
        track.velocity_mps[:, 0] + wander[0],
        track.velocity_mps[:, 1] + wander[1],
    )
    speed = np.sqrt(over_east * over_east + over_north * over_north) / MPS_PER_KN
    course = np.round(np.degrees(np.arctan2(over_east, over_north)), 6)
    return (
        np.rint(np.maximum(range_m, 0.0) * (1000.0 / NAUTICAL_MILE_M)).astype(np.int64),
        np.rint(bearing * 10.0).astype(np.int64) % 3600,
        np.minimum(np.rint(speed * 10.0).astype(np.int64), 999),
        np.rint(course * 10.0).astype(np.int64) % 3600,
    )

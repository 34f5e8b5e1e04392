"""AIS: what the transponders send, which station hears it, and what it writes down.

Reception falls with range and behind land, class B reaching less far; whole minutes are lost now
and then (aerials, sea, ducts), so that silences of six and ten minutes are as common as in real
logs (methods, 7.2); stations hear one message each in its own moment, by its own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.encode_ais import NO_COURSE, NO_HEADING, static_b, voyage_a
from simulate.encode_ais import sentences as one_message
from simulate.fleet import Voyage
from simulate.motion import MPS_PER_KN
from simulate.night import Night
from simulate.scene import Label, Scene
from simulate.sensors.ais_times import duties, report_times, static_times
from simulate.sensors.armour import Reports, sentences
from simulate.sensors.chart import degrees
from simulate.sensors.columns import Chars, in_order, lay, tag_blocks
from simulate.sensors.plan import SensorPlan
from simulate.sensors.shadows import shadows_of
from simulate.sensors.written import Written

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_CLASS_B_REACH = 0.6  # of a station's range: 2 W against 12.5 W
_LAND_M = 20_000.0  # of land in the way halve the reach
_BEST_PERMILLE = 965
_OFFSET_M, _GNSS_M = 3.5, 0.5  # of a night and of a fix, along each axis
_FADE_EVERY_S = 14_400  # on the mean
_FADE_S = (240, 900)  # the shorter of two draws
_HOLE_PERCENT = 12


@dataclass(frozen=True, eq=False)
class Sent:
    """All that was sent in a night: position reports first, then sentences of static data.

    Attributes
    ----------
    at_ms
        Since the start.
    faded
        Sent while hardly anything of the vessel came through.
    second
        The second sentence of the message that the row before began: heard with it or not at all.
    lines
        Shape (width, n): the sentences, without tag blocks.
    """

    at_ms: Int
    xy_m: Float
    class_a: Bool
    faded: Bool
    second: Int
    lines: Chars


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The night's lines of each station, `ais/<station>`; the first carries what went wrong."""
    sent = transmitted(scene.voyages, night, dice)
    holes, labels = _holes(night, dice.child("holes"))
    clear = ~_within(holes, sent.at_ms.astype(np.float64), sent.xy_m)
    out: list[Written] = []
    for row in night.place.site.stations.to_dicts():
        name = str(row["station_id"])
        throw = dice.child(f"station {name}")
        range_m = float(row["range_m"] or 40_000.0)
        share = reception(night, sent, float(row["lon"]), float(row["lat"]), range_m)
        hit = (throw.many(0, 99_999, len(sent.at_ms)) < share * 100.0) & clear
        for outage in scene.outages:
            if outage.sensor == "ais" and outage.source in (None, name):
                late = sent.at_ms >= outage.from_s * 1000
                hit &= ~(late & (sent.at_ms < outage.to_s * 1000))
        delay = throw.many(20, 240, len(sent.at_ms)) + plan.clock("ais", name)
        hit[sent.second], delay[sent.second] = hit[sent.second - 1], delay[sent.second - 1]
        rows = np.flatnonzero(hit)
        at_ms = night.start_ms + sent.at_ms[rows] + delay[rows]
        parts = tag_blocks(name.encode(), at_ms)
        lines = lay([*parts, np.take(sent.lines, rows, axis=1)], len(rows))
        out.append(in_order(f"ais/{name}", at_ms, lines, labels if not out else ()))
    return out


def transmitted(voyages: Sequence[Voyage], night: Night, dice: Dice) -> Sent:
    """What all transponders of the night send."""
    spoken = [
        _Spoken.of(voyage, night, dice.child(f"radio {i}"))
        for i, voyage in enumerate(voyages)
        if voyage.boat.ais is not None
    ]
    spoken = [s for s in spoken if len(s.fix_s) or len(s.static_ms)]
    if not spoken:
        none = np.zeros(0, np.int64)
        no = np.zeros(0, np.bool_)
        return Sent(none, np.zeros((0, 2)), no, no, none, np.zeros((0, 0), np.uint8))
    reports = sentences(_reports(spoken, night, dice.child("fixes")))
    table, second = _statics(spoken)
    width = max(len(reports), len(table))
    lines = np.zeros((width, reports.shape[1] + table.shape[1]), np.uint8)
    lines[: len(reports), : reports.shape[1]] = reports
    lines[: len(table), reports.shape[1] :] = table
    class_a = np.array([s.voyage.boat.class_a for s in spoken])
    counts = [len(s.fix_s) for s in spoken] + [len(s.static_ms) for s in spoken]
    return Sent(
        at_ms=np.concatenate([s.at_ms for s in spoken] + [s.static_ms for s in spoken]),
        xy_m=np.concatenate([s.xy_m for s in spoken] + [s.static_xy_m for s in spoken]),
        class_a=np.repeat(np.concatenate([class_a, class_a]), counts),
        faded=np.concatenate(
            [s.faded(s.at_ms) for s in spoken] + [s.faded(s.static_ms) for s in spoken]
        ),
        second=second + reports.shape[1],
        lines=lines,
    )


def reception(night: Night, sent: Sent, lon: float, lat: float, range_m: float) -> Float:
    """Per mille of the messages that a station hears, each by where it was sent."""
    share = _heard(night, sent.xy_m, sent.class_a, lon, lat, range_m)
    faded: Float = np.where(sent.faded, share * 0.05, share)
    return faded.round(3)


def share_heard(
    night: Night, xy_m: Float, class_a: Bool, lon: float, lat: float, range_m: float
) -> Float:
    """The share of what is sent at places that a station hears in an ordinary minute."""
    return _heard(night, xy_m, class_a, lon, lat, range_m) / 1000.0


def in_holes(night: Night, at_s: Float, xy_m: Float) -> Bool:
    """Which places lie at their times where nobody hears anything tonight."""
    holes, _ = _holes(night, night.dice.child("sensor ais").child("holes"))
    return _within(holes, at_s * 1000.0, xy_m)


def _heard(
    night: Night, xy_m: Float, class_a: Bool, lon: float, lat: float, range_m: float
) -> Float:
    """Per mille, but for fades."""
    x, y = (float(v) for v in night.place.plane.to_m(lon, lat))
    dx, dy = xy_m[:, 0] - x, xy_m[:, 1] - y
    land_m = shadows_of(night.place, lon, lat, range_m).land_m(xy_m)
    reach = range_m * np.where(class_a, 1.0, _CLASS_B_REACH) / (1.0 + land_m / _LAND_M)
    ratio2 = (dx * dx + dy * dy) / (reach * reach)
    return np.asarray(np.maximum(_BEST_PERMILLE * (1.0 - ratio2 * ratio2 * ratio2), 0.0))


@dataclass(frozen=True, eq=False)
class _Spoken:
    """When and where one vessel spoke."""

    voyage: Voyage
    fix_s: Int
    at_ms: Int
    xy_m: Float
    velocity_mps: Float
    static_ms: Int  # one a sentence
    static_xy_m: Float
    fades: list[tuple[int, int]]
    offset_m: Float

    @staticmethod
    def of(voyage: Voyage, night: Night, dice: Dice) -> _Spoken:
        fix_s = report_times(voyage, night.end_s, dice)
        at = fix_s.astype(np.float64)
        static_s = static_times(voyage, night.end_s, dice)
        later_ms = np.array([400, 400] if voyage.boat.class_a else [400, 2400])
        static_ms = (static_s[:, None] * 1000 + later_ms).ravel()
        fades = []
        from_s = dice.between(0, 2 * _FADE_EVERY_S)
        while from_s < night.end_s:
            to_s = from_s + min(dice.between(*_FADE_S), dice.between(*_FADE_S))
            fades.append((from_s, to_s))
            from_s = to_s + dice.between(0, 2 * _FADE_EVERY_S)
        return _Spoken(
            voyage=voyage,
            fix_s=fix_s,
            at_ms=fix_s * 1000 + dice.many(150, 950, len(fix_s)),
            xy_m=voyage.track.at(at),
            velocity_mps=voyage.track.velocity_mps(at),
            static_ms=static_ms,
            static_xy_m=voyage.track.at(static_ms / 1000.0),
            fades=fades,
            offset_m=dice.bell(_OFFSET_M, 2),
        )

    def faded(self, at_ms: Int) -> Bool:
        """Which times lie in a fade."""
        faded = np.zeros(len(at_ms), np.bool_)
        for from_s, to_s in self.fades:
            faded |= (at_ms >= from_s * 1000) & (at_ms < to_s * 1000)
        return faded


def _reports(spoken: list[_Spoken], night: Night, dice: Dice) -> Reports:
    """Position reports in the units of the wire."""
    counts = [len(s.fix_s) for s in spoken]
    owner = np.repeat(np.arange(len(spoken)), counts)
    total = len(owner)
    noise = np.stack([dice.bell(_GNSS_M, total), dice.bell(_GNSS_M, total)], axis=1)
    offset = np.stack([s.offset_m for s in spoken])[owner]
    lon, lat = degrees(night.place).at(np.concatenate([s.xy_m for s in spoken]) + offset + noise)
    velocity = np.concatenate([s.velocity_mps for s in spoken])
    east, north = velocity[:, 0], velocity[:, 1]
    speed_kn = np.sqrt(east * east + north * north) / MPS_PER_KN
    wobble = dice.many(-1, 1, total)
    still = speed_kn < 0.3
    speed = np.clip(np.rint(speed_kn * 10.0).astype(np.int64) + wobble, 0, 1022)
    speed = np.where(still, np.abs(wobble), speed)
    bearing = np.round(np.degrees(np.arctan2(east, north)), 2) % 360.0
    course = np.where(still, dice.many(0, 3599, total), np.rint(bearing * 10).astype(np.int64))
    berthed = dice.many(0, 359, len(spoken))[owner]
    heading = np.where(still, berthed, np.rint(bearing).astype(np.int64) % 360)
    class_a = np.array([s.voyage.boat.class_a for s in spoken])[owner]
    fix_s = np.concatenate([s.fix_s for s in spoken])
    return Reports(
        class_a=class_a,
        mmsi=np.array([s.voyage.shown.mmsi for s in spoken], np.int64)[owner],
        status=np.concatenate([duties(s.voyage, s.fix_s.astype(np.float64)) for s in spoken]),
        speed=speed,
        lon=np.rint(lon * 600_000.0).astype(np.int64),
        lat=np.rint(lat * 600_000.0).astype(np.int64),
        course=np.where(~class_a & (speed == 0), NO_COURSE, course % 3600),
        heading=np.where(class_a, heading, NO_HEADING),
        second=(night.start_ms // 1000 + fix_s) % 60,
        channel_b=dice.many(0, 1, total) == 1,
    )


def _statics(spoken: list[_Spoken]) -> tuple[Chars, Int]:
    """Sentences of static data as columns, and which continue a message: its second sentence."""
    texts: list[bytes] = []
    second: list[int] = []
    for i, s in enumerate(spoken):
        ship = s.voyage.shown
        messages = [voyage_a(ship)] if s.voyage.boat.class_a else [*static_b(ship)]
        lines = [line for message in messages for line in one_message(message, "AB"[i % 2], i % 10)]
        count = len(s.static_ms) // len(lines)
        if len(messages) < len(lines):
            second += range(len(texts) + 1, len(texts) + 2 * count, 2)
        texts += [line.encode("ascii") for line in lines] * count
    width = max((len(text) for text in texts), default=0)
    padded = b"".join(text.ljust(width, b"\0") for text in texts)
    table = np.frombuffer(padded, np.uint8).reshape(len(texts), width).T
    return table, np.array(second, np.int64)


def _holes(night: Night, dice: Dice) -> tuple[list[tuple[Float, float, float, float]], list[Label]]:
    """Now and then a part of the sea is not heard by anybody for an hour or two."""
    if not (night.on("coverage_hole") and dice.chance(_HOLE_PERCENT)):
        return [], []
    centre = night.place.centre(dice.pick(night.piers("active", "low", "idle")))
    radius_m = dice.between(2_000, 4_000)
    from_s = night.clock_s(-4.0) + dice.between(0, 8 * 3600)
    to_s = from_s + dice.between(40, 120) * 60
    if from_s >= night.end_s:
        return [], []
    lon, lat = degrees(night.place).at(centre[None, :])
    label: Label = {
        "kind": "coverage_hole", "pier_id": None, "from": night.utc(from_s),
        "to": night.utc(min(to_s, night.end_s)), "vessels": [], "lon": round(float(lon[0]), 5),
        "lat": round(float(lat[0]), 5), "radius_m": radius_m,
    }  # fmt: skip
    return [(centre, float(radius_m), from_s, to_s)], [label]


def _within(holes: list[tuple[Float, float, float, float]], at_ms: Float, xy_m: Float) -> Bool:
    inside = np.zeros(len(at_ms), np.bool_)
    for centre, radius_m, from_s, to_s in holes:
        dx, dy = xy_m[:, 0] - centre[0], xy_m[:, 1] - centre[1]
        when = (at_ms >= from_s * 1000) & (at_ms < to_s * 1000)
        inside |= when & (dx * dx + dy * dy < radius_m * radius_m)
    return inside

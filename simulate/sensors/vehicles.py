"""Road-vehicle terminals on the wire: what the platform receives of a night's trips.

A terminal reports every some seconds with the engine on and every few minutes without; between
houses its position drifts; where there is no network it keeps its reports and sends them in
batches afterwards; its clock may be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SiteError
from geo.datums import wgs84_to_bd09, wgs84_to_gcj02
from simulate.dice import Dice
from simulate.land.calls import label
from simulate.land.driving import MPS_PER_KMH
from simulate.land.zones import Zones, zones_of
from simulate.night import Night
from simulate.scene import Label, Scene, Span, Trip
from simulate.sensors import jt808
from simulate.sensors.jt808 import Fixes, Terminal
from simulate.sensors.plan import SensorPlan
from simulate.sensors.written import Written, written

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bools = NDArray[np.bool_]

STEM = "vehicles/platform"
_PERIODS_S = (10, 15, 20, 30, 30, 30, 60)  # with the engine on
_PARKED_S = (180, 300, 300, 600)
_HEARTBEATS_S = (300, 600, 900)
_BATCH = 15  # locations: more would not fit one frame
_KEPT = 480  # reports that a terminal keeps without a network
_GNSS_M = 4.0
_DRIFT_M = 32.0
_KNOT_S = 240.0
_JUMP_PERMILLE = 4
_NEAR_PIER_M = 250.0
_LATENCY_MS = (300, 3_500)
_DATUMS = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The platform's file, with labels of drifts that put a vehicle beside a pier.

    Raises
    ------
    SiteError
        The site's `vehicle_datum` is none that can be written.
    """
    datum = night.place.site.vehicle_datum
    if datum != "wgs84" and datum not in _DATUMS:
        raise SiteError("site.toml, vehicle_datum", expected="wgs84, gcj02 or bd09", came=datum)
    zones = zones_of(night.place)
    piers = np.array([night.place.centre(i) for i in range(len(night.place.site.piers))])
    at: list[Int] = []
    lines: list[bytes] = []
    labels: list[Label] = []
    for trip in scene.trips:
        if trip.terminal is None:
            continue
        throw = dice.child(f"terminal {trip.terminal}")
        off = _offline(scene, trip.terminal)
        report = _Report(trip, night, zones, off, plan.clock("vehicles", trip.terminal), throw)
        at_ms, text = report.lines()
        at.append(at_ms)
        lines += text
        labels += report.labels(piers)
    at_ms = np.concatenate(at) if at else np.zeros(0, np.int64)
    return [written(STEM, ".jt808", at_ms, lines, labels)]


def _offline(scene: Scene, terminal: str) -> list[Span]:
    """Spans in which the platform hears nothing of a terminal: it keeps its reports."""
    return [
        (outage.from_s, outage.to_s)
        for outage in scene.outages
        if outage.sensor == "vehicles" and outage.source in (None, terminal)
    ]


def _within(spans: Sequence[Span], at_s: Float) -> Bools:
    inside = np.zeros(len(at_s), np.bool_)
    for from_, to in spans:
        inside |= (at_s >= from_) & (at_s < to)
    return inside


@dataclass(eq=False)
class _Report:
    """All that one terminal reports in a night."""

    trip: Trip
    night: Night
    zones: Zones
    off: list[Span]
    clock_ms: int
    dice: Dice

    def __post_init__(self) -> None:
        trip, dice = self.trip, self.dice
        assert trip.terminal is not None
        self.terminal = Terminal(trip.terminal, trip.generation)
        first = max(float(trip.track.t_s[0]), 0.0)
        last = min(float(trip.track.t_s[-1]), float(self.night.end_s))
        self.at_s = self._times(first, last)
        truth = trip.track.at(self.at_s)
        self.dead = self.zones.dead.hold(truth) | _within(self.off, self.at_s)
        self.xy = truth + self._errors(truth)
        self.blind = self.zones.tunnels.hold(truth)
        self.late = dice.many(*_LATENCY_MS, len(self.at_s))

    def _times(self, first: float, last: float) -> Float:
        """Whole seconds at which it takes a fix."""
        dice = self.dice
        moving_s, parked_s = dice.pick(_PERIODS_S), dice.pick(_PARKED_S)
        parts, at = [], first
        spans = [(max(from_, first), min(to, last)) for from_, to in self.trip.parked]
        for from_, to in [*(span for span in spans if span[0] < span[1]), (last, last)]:
            if from_ > at:
                parts.append(np.arange(at + dice.between(0, moving_s - 1), from_, moving_s))
            parts.append(np.arange(from_ + dice.between(1, parked_s), to, parked_s))
            at = max(at, to)
        times = np.unique(np.floor(np.concatenate(parts)))
        return times[~_within(self.trip.silences, times)]

    def _errors(self, truth: Float) -> Float:
        """The receiver's noise; between houses a drift that wanders, and jumps."""
        n, dice = len(truth), self.dice
        out = np.stack([dice.bell(_GNSS_M, n), dice.bell(_GNSS_M, n)], axis=1)
        self.jumped = np.zeros(n, np.bool_)
        among = self.zones.houses.hold(truth)
        if not n or not among.any() or not self.night.on("gps_drift"):
            return out
        knots = np.arange(self.at_s[0], self.at_s[-1] + 2 * _KNOT_S, _KNOT_S)
        for axis in (0, 1):
            wander = np.interp(self.at_s, knots, dice.bell(_DRIFT_M, len(knots)))
            out[:, axis] += np.where(among, wander, 0.0)
        self.jumped = among & (dice.many(0, 999, n) < _JUMP_PERMILLE)
        leap = np.stack([dice.many(-600, 600, n), dice.many(-600, 600, n)], axis=1)
        return out + np.where(self.jumped[:, None], leap, 0)

    def _fixes(self) -> Fixes:
        n, place = len(self.at_s), self.night.place
        lon, lat = place.plane.to_deg(self.xy[:, 0], self.xy[:, 1])
        datum = place.site.vehicle_datum
        if datum in _DATUMS:
            lon, lat = _DATUMS[datum](lon, lat)
        velocity = self.trip.track.velocity_mps(self.at_s)
        kmh = np.sqrt((velocity * velocity).sum(axis=1)) / MPS_PER_KMH
        bearing = np.round(np.degrees(np.arctan2(velocity[:, 0], velocity[:, 1])), 2) % 360.0
        standing = kmh < 1.0
        parked = _within(self.trip.parked, self.at_s)
        metres = np.cumsum(np.where(standing, 0.0, kmh)) / 120.0  # about: reports are 30 s apart
        status = np.where(parked, 0, jt808.ACC_ON) | jt808.GPS | jt808.BEIDOU
        status = status | np.where(self.blind, 0, jt808.FIXED)
        if self.terminal.generation == 2019:
            status = status | np.where(standing, 0, jt808.MOVING)
        seconds = (self.night.start_ms + self.clock_ms + self.at_s.astype(np.int64) * 1000) // 1000
        wobble = self.dice.many(-4, 4, n)
        return Fixes(
            unix_s=seconds,
            lon=np.rint(lon * 1e6).astype(np.int64),
            lat=np.rint(lat * 1e6).astype(np.int64),
            speed=np.where(standing, 0, np.maximum(np.rint(kmh * 10).astype(np.int64) + wobble, 0)),
            course=np.where(standing, 0, np.rint(bearing).astype(np.int64) % 360),
            altitude=self.dice.many(4, 9, n),
            status=status,
            mileage=self.dice.between(20_000, 3_000_000) + np.rint(metres).astype(np.int64),
            rssi=self.dice.many(9, 31, n),
            satellites=np.where(self.blind, 0, self.dice.many(7, 22, n)),
        )

    def lines(self) -> tuple[Int, list[bytes]]:
        """Receipts and lines, in the order of sending for each kind of message."""
        at: list[Int] = []
        out: list[bytes] = []
        located = jt808.bodies(self._fixes())
        sent_ms = self.night.start_ms + self.at_s.astype(np.int64) * 1000 + self.late
        live = np.flatnonzero(~self.dead)
        for at_ms, texts in (
            self._greeting(sent_ms[live]),
            self._located(sent_ms[live], located[live]),
            self._batches(sent_ms, located),
            self._heartbeats(),
        ):
            at.append(at_ms)
            out += jt808.lines(at_ms, texts)
        return np.concatenate(at), out

    def _located(self, at_ms: Int, located: jt808.Bytes) -> tuple[Int, list[bytes]]:
        serials = np.arange(len(located)) + 3
        return at_ms, jt808.alike(self.terminal, jt808.LOCATION, serials, located)

    def _greeting(self, sent_ms: Int) -> tuple[Int, list[bytes]]:
        """It says who it is when it comes on the air: always by its code, some with the plate."""
        if not len(sent_ms):
            return np.zeros(0, np.int64), []
        heavy = self.trip.vehicle_class in ("truck_heavy", "tanker")
        plate = jt808.registration(self.terminal, self.trip.plate, heavy)
        code = jt808.authentication(self.terminal)
        texts = [jt808.single(self.terminal, jt808.AUTHENTICATE, 2, code)]
        if self.dice.chance(30):
            texts.insert(0, jt808.single(self.terminal, jt808.REGISTER, 1, plate))
        return sent_ms[0] - 250 + 100 * np.arange(len(texts), dtype=np.int64), texts

    def _batches(self, sent_ms: Int, located: jt808.Bytes) -> tuple[Int, list[bytes]]:
        """What was kept without a network, sent when there is one again."""
        at: list[int] = []
        texts: list[bytes] = []
        edges = np.diff(np.concatenate([[0], self.dead.astype(np.int64), [0]]))
        for begin, end in zip(
            np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True
        ):
            if end >= len(sent_ms):
                break  # it is still out of reach when the night ends
            kept = located[max(begin, end - _KEPT) : end]
            for number, first in enumerate(range(0, len(kept), _BATCH)):
                body = jt808.batch(kept[first : first + _BATCH])
                texts.append(jt808.single(self.terminal, jt808.BATCH, 900 + len(texts), body))
                at.append(int(sent_ms[end]) + 400 + 700 * number)
        return np.array(at, np.int64), texts

    def _heartbeats(self) -> tuple[Int, list[bytes]]:
        """Without a body, while it is parked and heard."""
        step = self.dice.pick(_HEARTBEATS_S)
        at_s = np.arange(self.dice.between(1, step), self.night.end_s, step).astype(np.float64)
        track = self.trip.track
        good = _within(self.trip.parked, at_s) & ~_within(self.trip.silences, at_s)
        good &= ~self.zones.dead.hold(track.at(at_s)) & ~_within(self.off, at_s)
        good &= (at_s >= track.t_s[0]) & (at_s < track.t_s[-1])
        at_s = at_s[good]
        empty = np.zeros((len(at_s), 0), np.uint8)
        serials = np.arange(len(at_s)) + 30_000
        texts = jt808.alike(self.terminal, jt808.HEARTBEAT, serials, empty)
        return self.night.start_ms + at_s.astype(np.int64) * 1000 + 700, texts

    def labels(self, piers: Float) -> list[Label]:
        """Jumps that put it beside a pier at which it is not; `piers` are their centres."""
        out = []
        for row in np.flatnonzero(self.jumped & ~self.dead).tolist():
            gap = piers - self.xy[row]
            away = np.round((gap * gap).sum(axis=1), 1)
            pier = int(np.argmin(away))
            if float(away[pier]) < _NEAR_PIER_M**2:
                at = float(self.at_s[row])
                out.append(label(self.night, "gps_drift", pier, (at, at), [self.trip]))
        return out

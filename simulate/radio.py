"""The radio: who transmits when, which station hears it, and what it writes down.

Intervals by class and speed after ITU-R M.1371 (methods, 7.2); reception falls with range, class B
reaching less far; stations hear one message each in its own moment, by its own clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.encode_ais import (
    NO_COURSE,
    NO_HEADING,
    Fix,
    Message,
    position_a,
    position_b,
    sentences,
    static_b,
    tag_block,
    voyage_a,
)
from simulate.fleet import AT_ANCHOR, MOORED, Voyage
from simulate.motion import MPS_PER_KN
from simulate.place import Place

Float = NDArray[np.float64]

_STATIC_S = 360
_CLASS_B_REACH = 0.6  # of a station's range: 2 W against 12.5 W
_BEST_PERMILLE = 965
_GNSS_M = 2.5


@dataclass(frozen=True)
class Station:
    """An AIS receiver ashore."""

    name: str
    xy_m: Float
    range_m: float
    clock_ms: int  # ahead of the truth
    outages: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Sent:
    """Everything one vessel sent: when (ms since the start), from where, what."""

    at_ms: NDArray[np.int64]
    xy_m: Float
    messages: list[Message]
    class_a: bool


def interval_s(class_a: bool, speed_kn: float, moored: bool) -> int:
    """Seconds between position reports.

    >>> [interval_s(True, v, False) for v in (8, 18, 25)], interval_s(True, 0, True)
    ([10, 6, 2], 180)
    >>> [interval_s(False, v, False) for v in (1, 8)]
    [180, 30]
    """
    if class_a:
        if moored and speed_kn <= 3:
            return 180
        return 10 if speed_kn <= 14 else 6 if speed_kn <= 23 else 2
    return 180 if speed_kn < 2 else 30


def _report_times(voyage: Voyage, end_s: int, dice: Dice) -> NDArray[np.int64]:
    """Whole seconds at which positions are sent."""
    first, last = voyage.track.t_s[0], min(float(end_s), float(voyage.track.t_s[-1]))
    grid = np.arange(0.0, end_s + 10.0, 10.0)
    velocity = voyage.track.velocity_mps(grid)
    speeds: list[float] = (np.sqrt((velocity**2).sum(axis=1)) / MPS_PER_KN).tolist()
    lying: list[bool] = np.isin(_duties(voyage, grid), (AT_ANCHOR, MOORED)).tolist()
    jitter: list[int] = dice.many(-1, 1, end_s).tolist()
    out: list[int] = []
    now = max(int(first), 0) + dice.between(0, 29)
    while now < last:
        out.append(now)
        step = interval_s(voyage.boat.class_a, speeds[now // 10], lying[now // 10])
        # A vessel that gets under way says so before its long interval is over.
        for later in range(30, step, 10):
            index = (now + later) // 10
            if index < len(speeds) and speeds[index] > 3.0:
                step = later
                break
        now += step + (jitter[now] if step >= 10 else 0)
    times = np.array(out, np.int64)
    return times[_on_air(voyage, times)]


def _on_air(voyage: Voyage, times: NDArray[np.int64]) -> NDArray[np.bool_]:
    on = np.ones(len(times), bool)
    for from_, to in voyage.silences:
        on &= ~((times >= from_) & (times < to))
    return on


def _duties(voyage: Voyage, at_s: Float) -> NDArray[np.int64]:
    begins, statuses = (np.array(column) for column in zip(*voyage.duties, strict=True))
    index = np.searchsorted(begins, at_s, side="right") - 1
    return np.asarray(statuses[np.maximum(index, 0)], np.int64)


def transmissions(voyage: Voyage, place: Place, start_s: int, end_s: int, dice: Dice) -> Sent:
    """All messages of a voyage, in the order of sending; `start_s` is the start's Unix time."""
    boat = voyage.boat
    times = _report_times(voyage, end_s, dice)
    truth = voyage.track.at(times.astype(np.float64))
    velocity = voyage.track.velocity_mps(times.astype(np.float64))
    noise = np.stack([dice.bell(_GNSS_M, len(times)), dice.bell(_GNSS_M, len(times))], axis=1)
    lon, lat = place.plane.to_deg(*(truth + noise).T)
    wire_lon, wire_lat = (np.rint(v * 600_000).astype(np.int64).tolist() for v in (lon, lat))
    speed_kn = np.sqrt((velocity**2).sum(axis=1)) / MPS_PER_KN
    wobble = dice.many(-1, 1, len(times))
    speed = np.clip(np.rint(speed_kn * 10).astype(np.int64) + wobble, 0, 1022)
    speed = np.where(speed_kn < 0.3, np.abs(wobble), speed).tolist()
    bearing = np.round(np.degrees(np.arctan2(velocity[:, 0], velocity[:, 1])), 2) % 360.0
    adrift = dice.many(0, 3599, len(times))
    turned = np.rint(bearing * 10).astype(np.int64) % 3600
    still = speed_kn < 0.3
    course = np.where(still, adrift, turned).tolist()
    berthed = dice.between(0, 359)
    heading = np.where(still, berthed, np.rint(bearing).astype(np.int64) % 360).tolist()
    duty = _duties(voyage, times.astype(np.float64)).tolist()
    messages: list[Message] = []
    for i, at in enumerate(times.tolist()):
        second = (start_s + at) % 60
        if boat.class_a:
            fix = Fix(wire_lon[i], wire_lat[i], speed[i], course[i], heading[i], second)
            messages.append(position_a(boat.ship.mmsi, duty[i], fix))
        else:
            direction = NO_COURSE if speed[i] == 0 else course[i]
            fix = Fix(wire_lon[i], wire_lat[i], speed[i], direction, NO_HEADING, second)
            messages.append(position_b(boat.ship.mmsi, fix))
    at_ms = times * 1000 + dice.many(150, 950, len(times))
    return _with_static(voyage, Sent(at_ms, truth, messages, boat.class_a), end_s, dice)


def _with_static(voyage: Voyage, sent: Sent, end_s: int, dice: Dice) -> Sent:
    """Static data every six minutes, merged in."""
    ship, track = voyage.boat.ship, voyage.track
    first = max(int(track.t_s[0]), 0) + dice.between(5, _STATIC_S)
    times = np.arange(first, min(end_s, int(track.t_s[-1])), _STATIC_S, dtype=np.int64)
    times = times[_on_air(voyage, times)]
    if sent.class_a:
        at_ms = times * 1000 + 400
        extra: list[Message] = [voyage_a(ship)] * len(times)
    else:
        at_ms = (times[:, None] * 1000 + np.array([400, 2400])).ravel()
        extra = [*static_b(ship)] * len(times)
    all_ms = np.concatenate([sent.at_ms, at_ms])
    order = np.argsort(all_ms, kind="stable")
    xy = np.concatenate([sent.xy_m, track.at(at_ms / 1000.0)])
    both = sent.messages + extra
    return Sent(all_ms[order], xy[order], [both[i] for i in order.tolist()], sent.class_a)


def heard(
    sent: Sent, stations: list[Station], start_ms: int, dice: Dice
) -> list[list[tuple[int, str]]]:
    """What each station wrote: (receipt in Unix ms, lines), unsorted.

    A message is encoded into sentences once, so that stations that share it wrote the same.
    """
    count = len(sent.messages)
    got, receipt = [], []
    for station in stations:
        away2 = ((sent.xy_m - station.xy_m) ** 2).sum(axis=1)
        reach = station.range_m * (1.0 if sent.class_a else _CLASS_B_REACH)
        ratio2 = away2 / (reach * reach)
        permille = np.round(_BEST_PERMILLE * (1.0 - ratio2 * ratio2 * ratio2), 3)
        hit = dice.many(0, 999, count) < permille
        for from_, to in station.outages:
            hit &= ~((sent.at_ms >= from_ * 1000) & (sent.at_ms < to * 1000))
        got.append(hit.tolist())
        delay = dice.many(20, 240, count) + station.clock_ms
        receipt.append((start_ms + sent.at_ms + delay).tolist())
    channel = dice.many(0, 1, count).tolist()
    out: list[list[tuple[int, str]]] = [[] for _ in stations]
    for i in range(count):
        heard_by = [k for k in range(len(stations)) if got[k][i]]
        if not heard_by:
            continue
        lines = sentences(sent.messages[i], "AB"[channel[i]], i % 10)
        for k in heard_by:
            at = receipt[k][i]
            tag = tag_block(stations[k].name, at)
            out[k].append((at, "".join(f"{tag}{line}\n" for line in lines)))
    return out

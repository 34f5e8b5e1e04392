"""BeiDou terminals: a position every three minutes, which arrives seconds or minutes later.

Most send their own RMC sentences through the platform (`beidou/platform`, the tag block names the
terminal) with the terminal's own clock; a part is reported by a command receiver as `$BDDWR`
(`beidou/command`), whose times are the master station's: a terminal's wrong clock shows not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import Voyage
from simulate.motion import MPS_PER_KN
from simulate.night import Night
from simulate.scene import Label, Scene
from simulate.sensors.ais_times import on_air
from simulate.sensors.chart import degrees
from simulate.sensors.columns import (
    Chars,
    clock_digits,
    digits,
    in_order,
    lay,
    number,
    tag_blocks,
    with_checksum,
)
from simulate.sensors.plan import SensorPlan
from simulate.sensors.written import Written

Float = NDArray[np.float64]
Int = NDArray[np.int64]

PERIOD_S = 180
RECEIVER = "BDK01"
_COMMAND_PERCENT = 30  # of the terminals are read through the command receiver
_LOSS_PERMILLE = 25
_LATE_PERCENT = 8
_NOISE_M = 5.0
_OUTAGE_PERCENT = 6


@dataclass(frozen=True, eq=False)
class _Fixes:
    """Fixes of all terminals; `terminal` is an index into their addresses."""

    terminal: Int
    at_ms: Int  # by the truth, Unix
    xy_m: Float
    velocity_mps: Float


def frames(scene: Scene, night: Night, plan: SensorPlan, dice: Dice) -> list[Written]:
    """The night's lines of `beidou/platform` and `beidou/command`; outages are labelled."""
    sailing = [voyage for voyage in scene.voyages if voyage.boat.beidou is not None]
    names = [str(voyage.boat.beidou) for voyage in sailing]
    fixes = _fixes(sailing, night, dice)
    _, labels = _outage(night, dice.child("outage"))
    count = len(fixes.terminal)
    seconds = dice.many(4, 40, count) * 1000 + dice.many(0, 999, count)
    minutes = dice.many(60, 240, count) * 1000
    latency = np.where(dice.many(1, 100, count) <= _LATE_PERCENT, minutes, seconds)
    received = fixes.at_ms + latency + plan.clock("beidou", "platform")
    good = dice.many(1, 1000, count) > _LOSS_PERMILLE
    for from_s, to_s in outages(scene, night, dice):
        at_ms = received - night.start_ms
        good &= ~((at_ms >= from_s * 1000) & (at_ms < to_s * 1000))
    command = np.array([dice.child(f"kind {name}").chance(_COMMAND_PERCENT) for name in names])
    wrong_ms = np.array([plan.clock("beidou", name) for name in names], np.int64)
    noise = np.stack([dice.bell(_NOISE_M, count), dice.bell(_NOISE_M, count)], axis=1)
    lon, lat = degrees(night.place).at(fixes.xy_m + noise)
    address = np.frombuffer("".join(name.rjust(7, "0") for name in names).encode(), np.uint8)
    address = address.reshape(len(names), 7).T
    out = []
    for by_command, stem in ((False, "beidou/platform"), (True, "beidou/command")):
        rows = np.flatnonzero(good & (command.astype(np.bool_)[fixes.terminal] == by_command))
        who = fixes.terminal[rows]
        shown_ms = fixes.at_ms[rows] + (0 if by_command else wrong_ms[who])
        place = [*_degrees(lat[rows], b"N", 2), *_degrees(lon[rows], b"E", 3)]
        source: bytes | Chars
        body: list[bytes | Chars]
        if by_command:
            source = RECEIVER.encode()
            body = [b"BDDWR,1,", address[:, who], b",", clock_digits(shown_ms), b",", *place]
            body.append(b",5.0,M,9.0,M,0,0,0")
        else:
            source = address[:, who]
            velocity = _speed_and_course(fixes.velocity_mps[rows], dice)
            body = [b"BDRMC,", clock_digits(shown_ms), b",A,", *place, b",", *velocity, b","]
            body += [_date(shown_ms), b",,,A"]
        text = with_checksum(lay(body, len(rows)), b"$", b"")
        lines = lay([*tag_blocks(source, received[rows]), *text], len(rows))
        out.append(in_order(stem, received[rows], lines, [] if by_command else labels))
    return out


def outages(scene: Scene, night: Night, dice: Dice | None = None) -> list[tuple[float, float]]:
    """When the platform forwards nothing, in seconds; `dice` as `frames` was given."""
    spans = [(o.from_s, o.to_s) for o in scene.outages if o.sensor == "beidou" and not o.source]
    own, _ = _outage(night, (dice or night.dice.child("sensor beidou")).child("outage"))
    return [*spans, *own]


def _fixes(voyages: list[Voyage], night: Night, dice: Dice) -> _Fixes:
    """When each terminal fixes its position: every three minutes, at its own beat."""
    terminal, at_ms = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    xy_m, velocity = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for i, voyage in enumerate(voyages):
        throw = dice.child(f"terminal {voyage.boat.beidou}")
        first, last = max(float(voyage.track.t_s[0]), 0.0), float(voyage.track.t_s[-1])
        until_s = int(min(float(night.end_s), last))
        at_s = np.arange(throw.between(0, PERIOD_S - 1), until_s, PERIOD_S, dtype=np.int64)
        at_s = at_s + throw.many(0, 2, len(at_s))
        at_s = at_s[(at_s >= first) & (at_s < last)]
        at_s = at_s[on_air(voyage.beidou_silences, at_s)]
        terminal.append(np.full(len(at_s), i))
        at_ms.append(night.start_ms + at_s * 1000)
        xy_m.append(voyage.track.at(at_s.astype(np.float64)))
        velocity.append(voyage.track.velocity_mps(at_s.astype(np.float64)))
    return _Fixes(
        np.concatenate(terminal), np.concatenate(at_ms), np.concatenate(xy_m),
        np.concatenate(velocity),
    )  # fmt: skip


def _degrees(degree: Float, side: bytes, width: int) -> list[bytes | Chars]:
    """`ddmm.mmmm,N` with a comma's room between."""
    wire = np.rint(degree * 600_000.0).astype(np.int64)
    whole, minutes = wire // 600_000, wire % 600_000
    after = b"," + side + (b"," if side == b"N" else b"")
    high, low = digits(minutes // 10_000, 2), digits(minutes % 10_000, 4)
    return [digits(whole, width), high, b".", low, after]


def _speed_and_course(velocity_mps: Float, dice: Dice) -> list[bytes | Chars]:
    east, north = velocity_mps[:, 0], velocity_mps[:, 1]
    speed = np.sqrt(east * east + north * north) / MPS_PER_KN
    wire = np.maximum(np.rint(speed * 10.0).astype(np.int64) + dice.many(-1, 2, len(speed)), 0)
    bearing = np.rint(np.round(np.degrees(np.arctan2(east, north)), 2) % 360.0 * 10.0)
    course = np.where(speed < 0.3, dice.many(0, 3599, len(speed)), bearing.astype(np.int64) % 3600)
    return [number(wire, 2, 1), b",", number(course, 3, 1)]


def _date(at_ms: Int) -> Chars:
    """`ddmmyy` of Unix milliseconds."""
    days = at_ms // 86_400_000
    first = int(days.min()) if len(days) else 0
    known = np.arange(first, int(days.max()) + 1 if len(days) else first + 1)
    iso = known.astype("datetime64[D]").astype(str)
    texts = "".join(f"{day[8:10]}{day[5:7]}{day[2:4]}" for day in iso.tolist())
    table = np.frombuffer(texts.encode(), np.uint8).reshape(len(known), 6).T
    return np.asarray(table[:, days - first], np.uint8)


def _outage(night: Night, dice: Dice) -> tuple[list[tuple[float, float]], list[Label]]:
    """The platform forwards nothing for a while."""
    if not (night.on("beidou_outage") and dice.chance(_OUTAGE_PERCENT)):
        return [], []
    from_s = float(dice.between(0, max(night.end_s - 1200, 1)))
    to_s = min(from_s + dice.between(15, 60) * 60, float(night.end_s))
    label: Label = {
        "kind": "beidou_outage", "pier_id": None, "from": night.utc(from_s),
        "to": night.utc(to_s), "vessels": [], "source": "beidou:platform",
    }  # fmt: skip
    return [(from_s, to_s)], [label]

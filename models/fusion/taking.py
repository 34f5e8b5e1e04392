"""The rows of an instant into the filters of their tracks, one after another."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.compiled import compiled
from core.settings import FusionSettings
from models.fusion.filters import (
    NOT_MEASURED,
    SECOND_US,
    Bool,
    Float,
    Int,
    carry,
    correct,
    start,
)
from models.fusion.ground import RADARS_FROM, Ground
from models.fusion.sources import Rows, Sources, agility, position
from models.fusion.unbiased import placed

FIRST_SPEED_MS: Final = 10.0  # spread of the velocity of what was seen once
RESTART: Final = 60.0  # squared distance in sigmas at which a filter begins anew
_NOT_YET_S: Final = 1e6  # the row before was so long ago that it does not matter
Span = tuple[int, int]  # the first row, and that behind the last
_FAR_M: Final = 10_000.0  # for the noise of a radar of which nothing is known
_RAD: Final = np.pi / 180.0


def take(
    sources: Sources, rows: Rows, span: Span, bias: Float, t_s: int, ground: Ground,
    settings: FusionSettings,
) -> None:  # fmt: skip
    """Take rows of an instant, which are by track and time, into their tracks.

    Those that are not newer than their track are left out; a track of no row yet begins. `bias` is
    the table of radars of `models.fusion.unbiased`, which echoes are taken without.
    """
    places, radar_sigma_m = sources.places, settings.range_sigma_m
    noise = (
        settings.ais_sigma_m * settings.ais_sigma_m,
        radar_sigma_m * radar_sigma_m,
        settings.bearing_sigma_deg * _RAD,
        settings.ais_speed_sigma_ms * settings.ais_speed_sigma_ms,
        settings.radar_speed_sigma_ms * settings.radar_speed_sigma_ms,
        settings.tracker_s,
        settings.tracker_speed_s,
    )
    _take(
        places.x, places.p, places.t_us,
        sources["rows"], sources["stopped"], sources["bias_var"], sources["seen_s"],
        sources["serial"], span, rows.serial, rows.code, rows.kind, rows.t_us, rows.xy,
        rows.velocity, rows.fresh, rows.stopped,
        t_s, bias, ground.radar_xy, noise, agility(settings),
    )  # fmt: skip


def begun(sources: Sources, rows: Rows, span: Span, since_us: int) -> tuple[Int, Int]:
    """The first rows of tracks that are not held, later than a time, and how many each has."""
    return _begun(sources["serial"], span, rows.serial, rows.code, rows.t_us, since_us)


@compiled
def _begun(
    serial: Int, span: Span, serial_of: Int, code: Int, t_us: Int, since_us: int
) -> tuple[Int, Int]:
    """See `begun`."""
    low, high = span
    first, count, n, was = np.empty(high - low, np.int64), np.zeros(high - low, np.int64), 0, -1
    for k in range(low, high):
        if t_us[k] > since_us and position(serial, serial_of[code[k]]) < 0:
            if code[k] != was:
                first[n], was = k, code[k]
                n += 1
            count[n - 1] += 1
    return first[:n], count[:n]


@compiled
def _measured(
    seen: Float,
    kind: int,
    xy: tuple[float, float],
    velocity: Float,
    since_s: float,
    radar_xy: Float,
    noise: tuple[float, ...],
) -> None:
    """What a row says and how well, into `seen` (9,), the row before being `since_s` older.

    A tracker smooths: rows that are nearer in time than it smooths over are not independent, and
    count for less.
    """
    plain, range_var, bearing, speed_var, radar_speed_var, tracker_s, tracker_speed_s = noise
    seen[0], seen[1], seen[2], seen[3], seen[4], seen[5] = xy[0], xy[1], 1.0, 0.0, plain, plain
    if kind >= RADARS_FROM:
        east, north = (
            xy[0] - radar_xy[kind - RADARS_FROM, 0],
            xy[1] - radar_xy[kind - RADARS_FROM, 1],
        )
        range_m = np.sqrt(east * east + north * north)
        if np.isfinite(range_m) and range_m > 1.0:
            seen[2], seen[3] = east / range_m, north / range_m
        else:
            range_m = _FAR_M
        again = max(tracker_s / since_s, 1.0)
        seen[4], seen[5] = range_var * again, bearing * bearing * (range_m * range_m) * again
        speed_var = radar_speed_var * max(tracker_speed_s / since_s, 1.0)
    known = np.isfinite(velocity[0])
    seen[6], seen[7] = (velocity[0], velocity[1]) if known else (0.0, 0.0)
    seen[8] = speed_var if known else NOT_MEASURED


@compiled
def _apart(x: Float, p: Float, seen: Float) -> float:
    """The squared Mahalanobis distance of the place seen from a state."""
    e, n, along_var, across_var = seen[2], seen[3], seen[4], seen[5]
    z0, z1 = seen[0] - x[0], seen[1] - x[1]
    a = p[0, 0] + (along_var * (e * e) + across_var * (n * n))
    b = p[1, 0] + (along_var - across_var) * (e * n)
    d = p[1, 1] + (along_var * (n * n) + across_var * (e * e))
    by = b / a
    z1 = z1 - by * z0
    return float(z0 * z0 / a + z1 * z1 / (d - by * b))


@compiled
def _take(
    x: Float,
    p: Float,
    t_us: Int,
    count: Int,
    stopped: Bool,
    bias_var: Float,
    seen_s: Int,
    serial: Int,
    span: Span,
    serial_of: Int,
    code: Int,
    kind: Int,
    row_us: Int,
    xy: Float,
    velocity: Float,
    fresh: Bool,
    lying: Bool,
    t_s: int,
    bias: Float,
    radar_xy: Float,
    noise: tuple[float, ...],
    agile: tuple[float, ...],
) -> None:
    """Take a span of the rows into the n tracks of the first eight arrays, in place."""
    seen, i, was = np.empty(9), -1, -1
    for k in range(span[0], span[1]):
        if code[k] != was:
            i, was = position(serial, serial_of[code[k]]), code[k]
        if i < 0 or row_us[k] <= t_us[i]:
            continue
        since_s = (row_us[k] - t_us[i]) / SECOND_US if count[i] else _NOT_YET_S
        x_m, y_m, left_var = xy[k, 0], xy[k, 1], 0.0
        if kind[k] >= RADARS_FROM:
            echo = placed(kind[k] - RADARS_FROM, xy[k], velocity[k], bias, radar_xy)
            x_m, y_m, left_var = echo
        _measured(seen, kind[k], (x_m, y_m), velocity[k], since_s, radar_xy, noise)
        again = fresh[k] or count[i] == 0
        if not again:
            rest = 2 if stopped[i] and lying[k] else 0
            carry(x[i], p[i], since_s, agile[rest], agile[rest + 1])
            again = _apart(x[i], p[i], seen) > RESTART
        if again:
            start(x[i], p[i], seen, FIRST_SPEED_MS)
        else:
            correct(x[i], p[i], seen)
        count[i] = 1 if fresh[k] else count[i] + 1
        t_us[i], seen_s[i] = row_us[k], t_s
        stopped[i], bias_var[i] = lying[k], left_var

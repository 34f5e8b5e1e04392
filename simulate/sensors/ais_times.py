"""When a transponder speaks: intervals by class, speed and turn (ITU-R M.1371; methods, 7.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice
from simulate.fleet import AT_ANCHOR, MOORED, Voyage
from simulate.motion import MPS_PER_KN

Float = NDArray[np.float64]
Int = NDArray[np.int64]

STATIC_S = 360
_GRID_S = 5.0
_TURN_S = 30.0
_TURNING_SINE = 0.0872  # of 5°: the course against the one half a minute ago
_GYRO_M = 50  # only ships of this length have a gyro that tells their AIS of a turn


def interval_s(
    class_a: bool, speed_kn: Float, lying: NDArray[np.bool_], turning: NDArray[np.bool_]
) -> Float:
    """Seconds between position reports; class B is carrier sense.

    >>> still, moving = np.array([False]), np.array([False] * 3)
    >>> interval_s(True, np.array([8.0, 18.0, 25.0]), moving, moving).tolist()
    [10.0, 6.0, 2.0]
    >>> interval_s(True, np.array([0.1]), ~still, still).tolist()
    [180.0]
    >>> interval_s(False, np.array([1.0, 8.0]), moving[:2], moving[:2]).tolist()
    [180.0, 30.0]
    """
    if not class_a:
        return np.where(speed_kn < 2.0, 180.0, 30.0)
    straight = np.select([speed_kn <= 14.0, speed_kn <= 23.0], [10.0, 6.0], 2.0)
    turned = np.where(speed_kn <= 14.0, 10.0 / 3.0, 2.0)
    under_way = np.where(turning, turned, straight)
    return np.asarray(np.where(lying & (speed_kn <= 3.0), 180.0, under_way), np.float64)


def duties(voyage: Voyage, at_s: Float) -> Int:
    """Navigational status at times."""
    begins = np.array([begin for begin, _ in voyage.duties], np.float64)
    statuses = np.array([status for _, status in voyage.duties], np.int64)
    index = np.searchsorted(begins, at_s, side="right") - 1
    return np.asarray(statuses[np.maximum(index, 0)], np.int64)


def report_times(voyage: Voyage, end_s: int, dice: Dice) -> Int:
    """Whole seconds of the fixes that are sent, while the transponder is on.

    The interval's inverse is a rate; a report falls due whenever the rate has added up to one,
    so that a vessel that gets under way does not wait for the end of its long interval.
    """
    first, last = max(float(voyage.track.t_s[0]), 0.0), float(voyage.track.t_s[-1])
    last = min(float(end_s), last)
    if last <= first + _GRID_S:
        return np.zeros(0, np.int64)
    grid = np.arange(first, last + _GRID_S, _GRID_S)
    rate = 1.0 / _intervals(voyage, grid)
    due = np.concatenate([[0.0], np.cumsum(_GRID_S * rate[:-1])])
    count = int(due[-1])
    phase = dice.between(1, 999) / 1000.0
    at = np.interp(np.arange(count) + phase, due, grid)
    step = np.diff(at, append=at[-1:] + 10.0)
    # Slots are chosen about the nominal time; nobody wanders more than ten seconds.
    at = at + np.minimum(step * 0.08, 10.0) * (dice.many(-100, 100, count) / 100.0)
    times = np.unique(np.rint(at).astype(np.int64))
    times = times[(times >= first) & (times < last)]
    return times[on_air(voyage.silences, times)]


def _intervals(voyage: Voyage, grid: Float) -> Float:
    if voyage.ais_interval_s is not None:
        return np.full(len(grid), float(voyage.ais_interval_s))
    now = voyage.track.velocity_mps(grid)
    before = voyage.track.velocity_mps(grid - _TURN_S)
    speed = np.sqrt(now[:, 0] * now[:, 0] + now[:, 1] * now[:, 1])
    speed_before = np.sqrt(before[:, 0] * before[:, 0] + before[:, 1] * before[:, 1])
    cross = np.abs(now[:, 0] * before[:, 1] - now[:, 1] * before[:, 0])
    gyro = voyage.boat.length_m >= _GYRO_M
    turning = gyro & (speed > 1.0) & (cross > _TURNING_SINE * speed * speed_before)
    lying = np.isin(duties(voyage, grid), (AT_ANCHOR, MOORED))
    return interval_s(voyage.boat.class_a, speed / MPS_PER_KN, lying, turning)


def static_times(voyage: Voyage, end_s: int, dice: Dice) -> Int:
    """Whole seconds at which static data are sent: every six minutes."""
    first = max(int(voyage.track.t_s[0]), 0) + dice.between(5, STATIC_S)
    times = np.arange(first, min(end_s, int(voyage.track.t_s[-1])), STATIC_S, dtype=np.int64)
    return times[on_air(voyage.silences, times)]


def on_air(silences: tuple[tuple[float, float], ...], times: Int) -> NDArray[np.bool_]:
    """Shape (n,): which times lie in none of the silences."""
    on = np.ones(len(times), np.bool_)
    for from_, to in silences:
        on &= ~((times >= from_) & (times < to))
    return on

"""How a vehicle moves: along a road with a speed, slower in bends, or standing."""

from __future__ import annotations

import numpy as np

from simulate.dice import Dice
from simulate.motion import Float, Track, length_m

MPS_PER_KMH = 1.0 / 3.6
_ACCELERATION = 0.7  # m/s²
_CRAWL_MPS = 1.5  # also where it turns back
_BEND_MPS = 7.0  # at a right angle
_STEP_M = 25.0


def spread(path: Float) -> Float:
    """Points about every 25 m along a road, its corners kept."""
    legs = path[1:] - path[:-1]
    metres = np.sqrt((legs * legs).sum(axis=1))
    count = np.where(metres > 0.01, np.ceil(metres / _STEP_M), 0.0).astype(np.int64)
    leg = np.repeat(np.arange(len(legs)), count)
    step = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count) + 1
    return np.concatenate([path[:1], path[leg] + (step / count[leg])[:, None] * legs[leg]])


def _seconds(path: Float, speed_kmh: float, share: Float) -> tuple[Float, Float]:
    """Points about every 25 m, and the seconds from each to the next."""
    points = spread(path)
    leg = points[1:] - points[:-1]
    steps = np.sqrt((leg * leg).sum(axis=1))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    middle = (along[1:] + along[:-1]) / 2
    cruise = speed_kmh * MPS_PER_KMH * np.interp(middle, np.arange(len(share)) * 1_000.0, share)
    # Half of one minus the cosine of the turn: 0 straight on, 1 back.
    unit = leg / np.maximum(steps, 0.01)[:, None]
    turn = np.zeros(len(steps))
    turn[1:] = (1.0 - (unit[1:] * unit[:-1]).sum(axis=1)) / 2
    turn[:-1] = np.maximum(turn[:-1], turn[1:])
    bend, back = np.minimum(turn * 2.0, 1.0), np.maximum(turn * 2.0 - 1.0, 0.0)
    slow = np.minimum(cruise, _BEND_MPS)
    limit = cruise - (cruise - slow) * bend - (slow - _CRAWL_MPS) * back
    room = np.minimum(middle, along[-1] - middle)
    limit = np.minimum(limit, np.sqrt(_CRAWL_MPS**2 + 2 * _ACCELERATION * room))
    # Squares of speeds rise and fall by twice the acceleration times the way, at most.
    energy, gain = limit * limit, 2 * _ACCELERATION * middle
    energy = np.minimum.accumulate(energy - gain) + gain
    energy = np.minimum.accumulate((energy + gain)[::-1])[::-1] - gain
    return points, steps / np.sqrt(np.maximum(energy, _CRAWL_MPS**2))


def driving_s(path: Float, speed_kmh: float) -> float:
    """About how long a road takes: for planning backwards from an arrival."""
    if len(spread(path)) < 2:
        return 0.0
    return float(np.cumsum(_seconds(path, speed_kmh, np.ones(2))[1])[-1])


class Drive:
    """Builds a vehicle's track piece by piece, and remembers where it was parked.

    Parameters
    ----------
    start_s
        When it begins; it is parked at first.
    xy
        Where.
    """

    def __init__(self, start_s: float, xy: Float) -> None:
        self._t: list[Float] = [np.array([float(start_s)])]
        self._xy: list[Float] = [np.asarray(xy, np.float64)[None, :]]
        self._parked: list[tuple[float, float]] = []

    @property
    def now_s(self) -> float:
        """The time at its end so far."""
        return float(self._t[-1][-1])

    @property
    def parked(self) -> tuple[tuple[float, float], ...]:
        """Spans in which it stood with the engine off."""
        return tuple(self._parked)

    def go(self, path: Float, speed_kmh: float, dice: Dice) -> Drive:
        """Along a road that begins here: from rest to the speed and to rest again."""
        if len(spread(path)) < 2:
            return self
        share = dice.many(800, 1100, int(length_m(path) // 1_000) + 2) / 1000.0
        points, seconds = _seconds(path, speed_kmh, share)
        self._t.append(self.now_s + np.cumsum(seconds))
        self._xy.append(points[1:])
        return self

    def stand(self, until_s: float, *, engine_on: bool = False) -> Drive:
        """Here until then; parked unless the engine stays on."""
        if until_s <= self.now_s + 1.0:
            return self
        if not engine_on:
            self._parked.append((self.now_s, float(until_s)))
        self._t.append(np.array([float(until_s)]))
        self._xy.append(self._xy[-1][-1:])
        return self

    def track(self) -> Track:
        """What was built, to whole centimetres and milliseconds."""
        t = np.round(np.concatenate(self._t), 3)
        xy = np.round(np.concatenate(self._xy), 2)
        keep = np.concatenate([[True], t[1:] > t[:-1]])
        return Track(t[keep], xy[keep])

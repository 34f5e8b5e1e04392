"""How a vessel moves: along a path with a speed, or staying where it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.dice import Dice

Float = NDArray[np.float64]

MPS_PER_KN = 1852.0 / 3600.0
_STEP_M = 25.0
_ACCELERATION = 0.04  # m/s²
_CRAWL_MPS = 0.7  # the speed at which a berth is touched


@dataclass(frozen=True, eq=False)
class Track:
    """Where a vessel truly is; straight lines between the points.

    Attributes
    ----------
    t_s
        Seconds since the start of the recording, rising.
    xy_m
        Shape (n, 2), in the site's plane.
    """

    t_s: Float
    xy_m: Float

    def at(self, t_s: Float) -> Float:
        """Shape (n, 2): where it is."""
        t = np.asarray(t_s, np.float64)
        return np.stack(
            [np.interp(t, self.t_s, self.xy_m[:, 0]), np.interp(t, self.t_s, self.xy_m[:, 1])],
            axis=1,
        )

    def velocity_mps(self, t_s: Float) -> Float:
        """Shape (n, 2): east and north, over four seconds around each time."""
        t = np.asarray(t_s, np.float64)
        return (self.at(t + 2.0) - self.at(t - 2.0)) / 4.0


class Journey:
    """Builds a track piece by piece.

    Parameters
    ----------
    start_s
        When it begins.
    xy
        Where.
    """

    def __init__(self, start_s: float, xy: Float) -> None:
        self._t: list[Float] = [np.array([float(start_s)])]
        self._xy: list[Float] = [np.asarray(xy, np.float64)[None, :]]

    @property
    def now_s(self) -> float:
        """The time at its end so far."""
        return float(self._t[-1][-1])

    @property
    def here(self) -> Float:
        """The place at its end so far."""
        return np.asarray(self._xy[-1][-1], np.float64)

    def sail(self, path: Float, speed_kn: float, dice: Dice) -> Journey:
        """Along a path that begins here: from rest to the speed and to rest again."""
        points = resampled(path)
        if len(points) < 2:
            return self
        steps = np.sqrt(((points[1:] - points[:-1]) ** 2).sum(axis=1))
        along = np.concatenate([[0.0], np.cumsum(steps)])
        middle = (along[1:] + along[:-1]) / 2
        # The helmsman's hand: another few per cent every half mile.
        share = dice.many(940, 1060, int(along[-1] // 900) + 2) / 1000.0
        cruise = speed_kn * MPS_PER_KN * np.interp(middle, np.arange(len(share)) * 900.0, share)
        room = np.minimum(middle, along[-1] - middle)
        speed = np.minimum(cruise, np.sqrt(_CRAWL_MPS**2 + 2 * _ACCELERATION * room))
        self._t.append(self.now_s + np.cumsum(steps / speed))
        self._xy.append(points[1:])
        return self

    def stay(self, until_s: float, swing_m: float, dice: Dice) -> Journey:
        """Here until then, swinging about the place by some metres every few minutes."""
        if until_s <= self.now_s + 1.0:
            return self
        home = self.here
        count = max(int((until_s - self.now_s) // 420), 1)
        times = np.linspace(self.now_s, float(until_s), count + 1)[1:]
        shift = np.stack([dice.bell(swing_m, count), dice.bell(swing_m, count)], axis=1)
        shift[-1] = 0.0
        self._t.append(times)
        self._xy.append(home + np.clip(shift, -3 * swing_m, 3 * swing_m))
        return self

    def track(self) -> Track:
        """What was built, to whole centimetres and milliseconds."""
        t = np.round(np.concatenate(self._t), 3)
        xy = np.round(np.concatenate(self._xy), 2)
        keep = np.concatenate([[True], t[1:] > t[:-1]])
        return Track(t[keep], xy[keep])


def resampled(path: Float) -> Float:
    """Points about every 25 m along a path, its corners kept."""
    hop = path[1:] - path[:-1]
    length = np.sqrt((hop**2).sum(axis=1))
    count = np.where(length > 0.01, np.maximum(np.ceil(length / _STEP_M), 1), 0).astype(np.int64)
    leg = np.repeat(np.arange(len(hop)), count)
    step = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count) + 1
    points = path[:-1][leg] + (step / count[leg])[:, None] * hop[leg]
    return np.concatenate([path[:1], points])


def length_m(path: Float) -> float:
    """The length of a path."""
    return float(np.sqrt(((path[1:] - path[:-1]) ** 2).sum(axis=1)).sum())


def sailing_s(path: Float, speed_kn: float) -> float:
    """About how long a path takes: for planning backwards from an arrival."""
    return length_m(path) / (speed_kn * MPS_PER_KN) + 2 * speed_kn * MPS_PER_KN / _ACCELERATION / 2

"""A radar gives its target numbers again: which vessel under a number a report is about.

A new vessel begins under a number after status L (lost), after a silence of more than five
periods of the radar, or where the old one would have had to jump: faster than 70 kn, after the
noise of both positions is taken off. Each report is judged by the one before it under its number
alone, so that a block of them is judged at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.plane import distance_m
from ingest.nmea.fields import Floats
from ingest.nmea.text import NONE, Bools, Ints
from ingest.nmea.times import SECOND

SILENT_PERIODS: Final = 5
JUMP_KN: Final = 70.0
MPS_PER_KN: Final = 1852 / 3600
NOISE_SIGMAS: Final = 3.0  # of the two positions together
MOST_TARGETS: Final = 65_536  # numbers remembered; what else comes is refused, not confused

Key = tuple[str, int]


@dataclass(frozen=True)
class Sightings:
    """Reports in their order: radar and number, time in microseconds, place (NaN for none)."""

    key: list[Key]
    time: Ints
    lon: Floats
    lat: Floats
    sigma_m: Floats
    period_s: Floats
    lost: Bools


@dataclass
class _Last:
    instance: int
    time: int
    lon: float
    lat: float
    sigma_m: float
    lost: bool


class Instances:
    """The last report under each number."""

    def __init__(self) -> None:
        self._last: dict[Key, _Last] = {}

    def room_for(self, keys: list[Key]) -> Bools:
        """Which reports have a number that is remembered, or can be."""
        free = MOST_TARGETS - len(self._last)
        new = [key for key in dict.fromkeys(keys) if key not in self._last]
        turned_away = set(new[max(free, 0) :])
        return np.array([key not in turned_away for key in keys], np.bool_)

    def of(self, seen: Sightings) -> Ints:
        """The instance of each report, from 1, and remember the last under each number."""
        known = list(dict.fromkeys(seen.key))
        code = {key: number for number, key in enumerate(known)}
        before = [(code[key], self._last[key]) for key in known if key in self._last]
        k = len(before)

        who = np.array([*(c for c, _ in before), *(code[key] for key in seen.key)], np.int64)
        order = np.argsort(who, kind="stable")
        who = who[order]
        time = np.array([*(last.time for _, last in before), *seen.time], np.int64)[order]
        lost = np.array([*(last.lost for _, last in before), *seen.lost], np.bool_)[order]
        lon, lat, sigma = (
            np.concatenate([np.array([getattr(last, name) for _, last in before]), now])[order]
            for name, now in (("lon", seen.lon), ("lat", seen.lat), ("sigma_m", seen.sigma_m))
        )
        period = np.concatenate([np.zeros(k), seen.period_s])[order]
        base = np.zeros(len(who), np.int64)
        base[order < k] = [last.instance for _, last in before]
        first = np.diff(who, prepend=-1) != 0
        begins = np.zeros(len(who), np.bool_)
        begins[1:] = _begins(time, lon, lat, sigma, period, lost)
        begins &= ~first & ~lost
        base[first & (base == 0)] = 1
        count = np.cumsum(begins)
        start = np.maximum.accumulate(np.where(first, np.arange(len(who)), 0))
        instance = base[start] + count - count[start]
        for end in np.flatnonzero(np.diff(who, append=-1)).tolist():
            self._last[known[int(who[end])]] = _Last(
                int(instance[end]), int(time[end]), float(lon[end]), float(lat[end]),
                float(sigma[end]), bool(lost[end]),
            )  # fmt: skip
        back = np.empty(len(who), np.int64)
        back[order] = instance
        return back[k:]


def _begins(
    time: Ints, lon: Floats, lat: Floats, sigma: Floats, period_s: Floats, lost: Bools
) -> Bools:  # fmt: skip
    """Whether each report but the first cannot be the vessel of the one before it."""
    timed = (time[1:] != NONE) & (time[:-1] != NONE)
    apart_s = np.where(timed, (time[1:] - time[:-1]) / SECOND, 0.0)
    silent = apart_s > SILENT_PERIODS * period_s[1:]
    noise = NOISE_SIGMAS * np.hypot(_number(sigma[1:]), _number(sigma[:-1]))
    moved = _number(distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]))
    jumped = timed & (moved - noise > JUMP_KN * MPS_PER_KN * np.abs(apart_s))
    begins: Bools = lost[:-1] | silent | jumped
    return begins


def _number(values: Floats) -> Floats:
    """NaN as 0."""
    return np.where(np.isnan(values), 0.0, values)

"""Where something can have been that nobody saw: the space-time prism, and alibis (methods 3.1).

What was seen at A and at B may have been at P between if it can go by P in time; the longest that
it can have stayed there is what is left of the time. On roads the way is longer than the straight
line that is taken here, so what this calls impossible is impossible. Only + − × ÷ and square roots.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from geo.plane import distance_m

#: No goods vehicle is faster, straight on: 100 km/h, as `core.settings.LandSettings.road_kmh`.
ROAD_MS: Final = 100 / 3.6
#: A stop is at least so long (methods 1.1: 80 m for 5 min).
LEAST_STOP_S: Final = 300.0
SECOND_US: Final = 1_000_000
LonLat = tuple[float, float]


@dataclass(frozen=True)
class Sighting:
    """Something was within `slack_m` of a place from one time to another."""

    place: LonLat
    from_us: int
    to_us: int
    slack_m: float = 0.0
    probability: float = 1.0  # that it was this thing that was seen


def longest_dwell_s(to_m: float, from_m: float, speed_ms: float, between_s: float) -> float:
    """How long it can have been at a place between two sightings; negative: it was not there.

    >>> round(longest_dwell_s(7211.1026, 5656.8542, 60 / 3.6, 40 * 60) / 60, 3)
    27.132
    """
    return between_s - (to_m + from_m) / speed_ms


def way_m(one: LonLat, other: LonLat, slack_m: float = 0.0) -> float:
    """The straight line between two places, less what they are uncertain by."""
    return max(_metres(one, other) - slack_m, 0.0)


@lru_cache(maxsize=1 << 16)
def _metres(one: LonLat, other: LonLat) -> float:
    """Between accesses of piers and road cameras: there are few of them."""
    return float(distance_m(*one, *other))


def apart_s(one: Sighting, other: Sighting) -> float:
    """Seconds between two sightings; 0 where they overlap."""
    gap_us = max(one.from_us - other.to_us, other.from_us - one.to_us, 0)
    return gap_us / SECOND_US


def possible(one: Sighting, other: Sighting, speed_ms: float = ROAD_MS) -> bool:
    """Whether both can be the same thing.

    >>> here, there = Sighting((121.9, 29.2), 0, 0), Sighting((122.0, 29.2), 600_000_000, 900_000_000)
    >>> possible(here, there), possible(here, Sighting((122.0, 29.2), 60_000_000, 60_000_000))
    (True, False)
    """  # noqa: E501
    metres = way_m(one.place, other.place, one.slack_m + other.slack_m)
    return metres <= speed_ms * apart_s(one, other)


def stay_s(
    place: LonLat,
    before: Sighting,
    after: Sighting,
    speed_ms: float = ROAD_MS,
    slack_m: float = 0.0,
) -> float:
    """The longest that it can have stayed at a place between two sightings.

    The oracle of methods 3.1, on the ground: 10 km in 40 minutes at 60 km/h.

    >>> a, p, b = (121.9, 29.2), (121.961694, 29.236085), (122.002827, 29.2)
    >>> seen = Sighting(a, 0, 0), Sighting(b, 2_400_000_000, 2_400_000_000)
    >>> round(stay_s(p, *seen, speed_ms=60 / 3.6) / 60, 1)
    27.1
    """
    to_m = way_m(before.place, place, before.slack_m + slack_m)
    from_m = way_m(place, after.place, after.slack_m + slack_m)
    return longest_dwell_s(to_m, from_m, speed_ms, (after.from_us - before.to_us) / SECOND_US)


def has_alibi(
    place: LonLat, seen: Iterable[Sighting], least_s: float = LEAST_STOP_S, slack_m: float = 0.0
) -> bool:
    """Whether no stop at a place is possible between any two consecutive sightings.

    The time before the first and after the last is not judged: it is the caller's to give
    sightings around the time that matters, and with fewer than three nothing is excluded.
    """
    seen = sorted(seen, key=lambda s: (s.from_us, s.to_us, s.place))
    if len(seen) < 3:
        return False
    return all(stay_s(place, a, b, slack_m=slack_m) < least_s for a, b in pairwise(seen))


def believed(mine: Sighting, others: Iterable[Sighting], speed_ms: float = ROAD_MS) -> float:
    """The probability of a sighting, given those of the same name that it cannot agree with.

    Of two that exclude one another at most one is true: p (1 − q) / (1 − p q) for each such q.

    >>> here, far = Sighting((121.9, 29.2), 0, 0, 0.0, 0.2), Sighting((122.5, 29.2), 0, 0, 0.0, 0.9)
    >>> round(believed(here, [far]), 4), round(believed(here, []), 4)
    (0.0244, 0.2)
    """
    p = mine.probability
    for other in sorted(others, key=lambda s: (s.from_us, s.to_us, s.place, s.probability)):
        if not possible(mine, other, speed_ms):
            q = min(other.probability, 1.0 - 1e-9)
            p = p * (1.0 - q) / (1.0 - p * q)
    return p

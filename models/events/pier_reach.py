"""Which piers a boat may reach within the next half hour, and how probable each is.

Of a boat under way it is a cone about its heading; of one that fell silent under way, the
space-time prism (methods 3.1): what it can have reached since over water, at most at the bound of
its speed. Each pier in reach weighs by whether the boat would arrive in time at about the speed it
had, and by how much of its last heading led along the way there; a way that was not taken, because
the boat goes on past, weighs as much as one pier right ahead. The weights are normalised with that,
so that "none of them" has its probability too.

All weights are made of + − × ÷ and square roots: what is said does not depend on the processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from core.settings import EventSettings
from geo.plane import moved
from geo.site import Site
from geo.waterways import waterways
from models.events.instants import Bool, Float, Int, on_the_globe
from models.tracks.cleaning import KN_MS

#: A boat may go faster than it went last: by half, and 12 kn in any case. Own proposals.
FASTER, LEAST_BOUND_KN = 1.5, 12.0
SPREAD, LEAST_SPREAD_KN = 0.25, 0.5  # of its speed, one sigma
JUST_THERE_S: Final = 600  # a silent boat may have arrived so long ago and still matter
LOOK_M: Final = 1500.0  # so far ahead it is seen whether the heading leads along the way
ELSEWHERE: Final = 1.0  # the weight of no pier at all
FORGETS_S: Final = 3600.0  # after so long in silence half of the heading is forgotten
SHOWN: Final = 10  # piers of a boat
LEAST: Final = 0.01  # probability that is shown
_PART: Final = 4096  # boats at a time: bounds the pairs


@dataclass(frozen=True)
class Going:
    """Boats under way when they were last heard, all of shape (n,)."""

    lon: Float
    lat: Float
    speed_kn: Float
    course_deg: Float
    silence_s: Float  # since then

    def take(self, rows: slice | Int | Bool) -> Going:
        """Some of them."""
        return Going(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Reach:
    """Piers by boat, the most probable first, and whether a boat heads for any pier at all."""

    row: Int  # of the boats
    pier: Int  # of the site's pier table
    chance: Float
    any_pier: Float  # shape (boats,)


def arrives(way_m: Float, speed_kn: Float, from_s: Float, to_s: Float) -> Float:
    """How probable it is that a boat of about this speed arrives between two times.

    Its speed is uncertain by `SPREAD`, in the form of Student's t with two degrees of freedom,
    whose distribution needs no more than a square root.

    >>> arrives(*(np.array([v]) for v in (5000.0, 8.0, 600.0, 1800.0))).round(3).tolist()
    [0.755]
    """
    spread = speed_kn * SPREAD + LEAST_SPREAD_KN
    soon = way_m / (np.maximum(from_s, 1.0) * KN_MS)
    late = way_m / (np.maximum(to_s, 1.0) * KN_MS)
    return _below((soon - speed_kn) / spread) - _below((late - speed_kn) / spread)


def _below(t: Float) -> Float:
    return np.asarray(0.5 + 0.5 * t / np.sqrt(2.0 + t * t), np.float64)


def reachable(way_m: Float, speed_kn: Float, seconds: Float, most_kn: float) -> Bool:
    """The prism of one end: whether it can be there by then."""
    bound_kn = np.minimum(np.maximum(FASTER * speed_kn, LEAST_BOUND_KN), most_kn)
    return np.asarray(way_m <= bound_kn * KN_MS * seconds, np.bool_)


def reach(boats: Going, site: Site, settings: EventSettings) -> Reach:
    """The piers that each boat may reach by `approach_ahead_s` from now; elementwise by boat."""
    n = len(boats.lon)
    parts = [_reach(boats.take(slice(i, i + _PART)), i, site, settings) for i in range(0, n, _PART)]
    nobody = Reach(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
    columns = zip(*(vars(part).values() for part in (nobody, *parts)), strict=True)
    return Reach(*map(np.concatenate, columns))


def _reach(boats: Going, first: int, site: Site, settings: EventSettings) -> Reach:
    n = len(boats.lon)
    row, pier, weight = _weights(boats, site, settings)
    total = ELSEWHERE + np.bincount(row, weight, n)
    chance = np.asarray(np.round(weight / total[row], 4), np.float64)
    order = np.lexsort((pier, -chance, row))
    row, pier, chance = row[order], pier[order], chance[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    shown = (rank < SHOWN) & (chance >= LEAST)
    any_pier = np.asarray(1.0 - ELSEWHERE / total, np.float64)
    return Reach(first + row[shown], pier[shown], chance[shown], any_pier)


def _weights(boats: Going, site: Site, settings: EventSettings) -> tuple[Int, Int, Float]:
    """Every boat with every pier that it can reach in time: row of it, pier, weight."""
    ahead_s, most_kn = float(settings.approach_ahead_s), settings.approach_max_kn
    bound_kn = np.minimum(np.maximum(FASTER * boats.speed_kn, LEAST_BOUND_KN), most_kn)
    reach_m = bound_kn * KN_MS * (boats.silence_s + ahead_s)
    if not len(site.piers):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    table = site.piers.table
    tree = cKDTree(on_the_globe(table["lon"].to_numpy(), table["lat"].to_numpy()))
    near = tree.query_ball_point(
        on_the_globe(boats.lon, boats.lat), 1.01 * reach_m, return_sorted=True
    )
    count = np.fromiter((len(found) for found in near), np.int64, len(near))
    row = np.repeat(np.arange(len(near)), count)
    pier = np.fromiter((p for found in near for p in found), np.int64, len(row))
    ways, pair = waterways(site), boats.take(row)
    way_m = ways.distance_m(pair.lon, pair.lat, pier)
    able = reachable(way_m, pair.speed_kn, pair.silence_s + ahead_s, most_kn)
    row, pier, way_m, pair = row[able], pier[able], way_m[able], pair.take(able)
    gone_s = pair.silence_s
    timely = arrives(way_m, pair.speed_kn, gone_s - JUST_THERE_S, gone_s + ahead_s)
    along = _along(pair, pier, way_m, site)
    narrow = 1.0 - float(np.cos(np.deg2rad(settings.approach_cone_deg)))
    off = 1.0 + (1.0 - along) / narrow
    forgotten = gone_s / (gone_s + FORGETS_S)
    ahead = (1.0 - forgotten) / (off * off) + forgotten * 0.25
    return row, pier, timely * ahead


def _along(boats: Going, pier: Int, way_m: Float, site: Site) -> Float:
    """The cosine between the heading and the way over water, from −1 to 1.

    By how much the way shortens if the boat goes on as it does for a while.
    """
    step_m = np.minimum(LOOK_M, np.maximum(0.5 * way_m, 200.0))
    angle = boats.course_deg * (np.pi / 180.0)
    east, north = np.cos(angle - 0.5 * np.pi), np.cos(angle)
    there = moved(boats.lon, boats.lat, step_m * east, step_m * north)
    left_m = waterways(site).distance_m(*there, pier)
    gain = np.where(np.isfinite(left_m), (way_m - left_m) / step_m, -1.0)
    return np.asarray(np.clip(gain, -1.0, 1.0), np.float64)

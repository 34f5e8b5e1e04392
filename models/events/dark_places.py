"""Where a dark vessel is: heading for a pier by night, or where a transponder may be its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.spatial import KDTree

from core.settings import EventSettings
from geo.daylight import is_night
from geo.plane import NAUTICAL_MILE_M, distance_m, moved
from geo.site import Site
from models.events.instants import Bool, Instant, Int, on_the_globe, us
from models.fusion.schema import AIS, BEIDOU

NAMED: Final = AIS | BEIDOU
NOWHERE: Final = -2
_MOST_NEAR: Final = 8  # transponders asked of each candidate
_LOOK_S: Final = 120  # between the places ahead that are looked at: 600 m at ten knots
_RAD: Final = np.pi / 180.0
_KN_MPS: Final = NAUTICAL_MILE_M / 3600


def heads_for(at: Instant, site: Site, rule: EventSettings) -> Int:
    """The pier that each lies at or heads for by night.

    Where a site has no piers -1 stands for its shore; `NOWHERE` for none.
    """
    found = np.full(len(at.who), NOWHERE, np.int64)
    times = np.full(len(at.who), us(at.clock_s), "datetime64[us]")
    night = is_night(at.lon, at.lat, times)
    under_way = (at.speed_kn >= rule.dark_kn) & np.isfinite(at.course_deg)
    mps = np.where(under_way, at.speed_kn, 0.0) * _KN_MPS
    course = np.where(under_way, at.course_deg, 0.0) * _RAD
    steps = max(rule.dark_ahead_s // _LOOK_S, 1)
    for ahead_s in (step * rule.dark_ahead_s / steps for step in range(steps + 1)):
        ask = np.flatnonzero(night & (found == NOWHERE))
        lon, lat = moved(
            at.lon[ask], at.lat[ask],
            (mps * np.sin(course) * ahead_s)[ask], (mps * np.cos(course) * ahead_s)[ask],
        )  # fmt: skip
        if len(site.piers):
            pier, _ = site.piers.nearest(lon, lat, rule.dark_near_m)
            found[ask] = np.where(pier >= 0, pier, NOWHERE)
        elif site.land is not None:
            near = site.land.distance_m(lon, lat) <= rule.dark_near_m
            found[ask] = np.where(near, -1, NOWHERE)
    return found


def may_be_named(
    at: Instant, rows: Int, seers: Callable[[int], set[str]], rule: EventSettings
) -> Bool:
    """Which candidates lie where a transponder may be that is their own.

    It has no echo yet of a radar that sees the candidate: one radar sees one boat once.

    Parameters
    ----------
    seers
        The radars that have a track in a vessel of the roster.
    """
    speakers = at.take(((at.members & NAMED) != 0) & ~at.coasting)
    found = np.zeros(len(rows), np.bool_)
    if not len(speakers.who):
        return found
    tree = KDTree(on_the_globe(speakers.lon, speakers.lat))
    most = min(_MOST_NEAR, len(speakers.who))
    points = on_the_globe(at.lon[rows], at.lat[rows])
    _, indices = tree.query(
        points, k=list(range(1, most + 1)), distance_upper_bound=rule.dark_gate_m * 1.01
    )
    one, column = np.nonzero(np.asarray(indices) < len(speakers.who))
    other = np.asarray(indices)[one, column]
    metres = distance_m(
        at.lon[rows[one]], at.lat[rows[one]], speakers.lon[other], speakers.lat[other]
    )
    mine, theirs = at.sigma_m[rows[one]], speakers.sigma_m[other]
    gate = np.minimum(3.0 * np.sqrt(mine * mine + theirs * theirs), rule.dark_gate_m)
    for k in np.flatnonzero((metres <= gate) & (at.who[rows[one]] != speakers.who[other])).tolist():
        by_both = seers(int(at.who[rows[one[k]]])) & seers(int(speakers.who[other[k]]))
        found[one[k]] |= not by_both
    return found

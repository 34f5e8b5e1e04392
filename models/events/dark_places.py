"""Where a dark vessel is: heading for a pier by night, or where a transponder may be its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from core.settings import EventSettings
from geo.daylight import is_night
from geo.plane import NAUTICAL_MILE_M, distance_m, moved
from geo.site import Site
from models.events.instants import Bool, Instant, Int, us
from models.fusion.schema import AIS, BEIDOU

NAMED: Final = AIS | BEIDOU
NOWHERE: Final = -2
_LOOK_S: Final = 120  # between the places ahead that are looked at: 600 m at ten knots
_RAD: Final = np.pi / 180.0
_DEG_M: Final = 110_000.0  # no degree of latitude is shorter
_KN_MPS: Final = NAUTICAL_MILE_M / 3600


def heads_for(at: Instant, site: Site, rule: EventSettings) -> Int:
    """The pier that each lies at or heads for by night.

    Where a site has no piers -1 stands for its shore; `NOWHERE` for none.
    """
    found = np.full(len(at.who), NOWHERE, np.int64)
    times = np.full(len(at.who), us(at.clock_s), "datetime64[us]")
    asked = np.flatnonzero(is_night(at.lon, at.lat, times)) if len(found) else found
    if not len(asked) or (site.land is None and not len(site.piers)):
        return found
    at = at.take(asked)
    under_way = (at.speed_kn >= rule.dark_kn) & np.isfinite(at.course_deg)
    mps = np.where(under_way, at.speed_kn, 0.0) * _KN_MPS
    course = np.where(under_way, at.course_deg, 0.0) * _RAD
    steps = max(rule.dark_ahead_s // _LOOK_S, 1)
    ahead_s = np.arange(steps + 1) * rule.dark_ahead_s / steps
    lon, lat = moved(
        at.lon[:, None], at.lat[:, None],
        (mps * np.sin(course))[:, None] * ahead_s, (mps * np.cos(course))[:, None] * ahead_s,
    )  # fmt: skip
    if len(site.piers):
        pier = site.piers.nearest(lon.ravel(), lat.ravel(), rule.dark_near_m)[0].reshape(lon.shape)
        pier = np.where(pier >= 0, pier, NOWHERE)
    else:
        assert site.land is not None
        pier = np.where(site.land.distance_m(lon, lat) <= rule.dark_near_m, -1, NOWHERE)
    first = np.argmax(pier != NOWHERE, axis=1)
    found[asked] = pier[np.arange(len(asked)), first]
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
    speakers = np.flatnonzero(((at.members & NAMED) != 0) & ~at.coasting)
    found = np.zeros(len(rows), np.bool_)
    for one, other in near_pairs(at, rows, speakers, rule.dark_gate_m).tolist():
        found[one] |= not seers(int(at.who[rows[one]])) & seers(int(at.who[other]))
    return found


def near_pairs(at: Instant, rows: Int, others: Int, most_m: float) -> Int:
    """Which of the other fixes lie within three sigmas of both, and so many metres at most.

    Shape (n, 2): the index of one of `rows`, and another fix than itself; by both.
    """
    others = others[np.argsort(at.lat[others], kind="stable")]
    edge = most_m / _DEG_M
    first = np.searchsorted(at.lat[others], at.lat[rows] - edge)
    n = np.searchsorted(at.lat[others], at.lat[rows] + edge, "right") - first
    one = np.repeat(np.arange(len(rows)), n)
    nth = np.arange(len(one)) - np.repeat(np.cumsum(n) - n, n)
    a, b = rows[one], others[first[one] + nth]
    metres = distance_m(at.lon[a], at.lat[a], at.lon[b], at.lat[b])
    gate_m = 3.0 * np.sqrt(at.sigma_m[a] * at.sigma_m[a] + at.sigma_m[b] * at.sigma_m[b])
    near = (metres <= np.minimum(gate_m, most_m)) & (at.who[a] != at.who[b])
    one, other = one[near], b[near]
    order = np.lexsort((other, one))
    return np.stack([one[order], other[order]], axis=1)

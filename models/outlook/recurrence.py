"""What a landing draws after it: at the same pier or near it, some nights later.

A pooled branching process with a histogram of lags in nights (methods 4.6): each landing that was
known is followed by another with a probability that its lag and its distance give. What was judged
to be a landing with a probability counts by that: so one that was surely one draws the next, and a
hundred furtive visits of fishermen draw nothing. The outlook on the night and the evidence of a
visit rest on the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.piers import Piers
from geo.plane import distance_m
from models.baseline.likely import LIKELY, Follows
from models.outlook.table import RecurrenceTable

Float = NDArray[np.float64]

#: Landings that are remembered, each with the probability that it was one.
RECENT: Final = pl.Schema({name: LIKELY[name] for name in ("pier", "night", "probability")})


@dataclass(frozen=True)
class Before:
    """A visit that may have been a landing: `here` or at a neighbour, so many nights ago, how
    likely it was one, and the share of what it draws that comes to the pier that is asked for."""

    here: bool
    nights: int
    probability: float
    share: float


def follows(
    before: Iterable[Before], nights_remembered: int, usual: float, table: RecurrenceTable
) -> Follows | None:
    """What an earlier landing makes of one at a pier in a night: background + drawn / usual.

    Only the one that draws most counts: visits that are judged alike are wrong together, and the
    fisherman who comes every night would soon prove himself a smuggler.

    Parameters
    ----------
    before
        In an order that does not change; what is of this night or too long ago draws nothing.
    usual
        Landings of a pier and night over the year: the prior that `times` multiplies.

    Returns
    -------
    None where nothing is remembered that draws.
    """
    most, best = 0.0, None
    for one in before:
        if not 1 <= one.nights <= len(table.by_night):
            continue
        draws = one.probability * _next(one.nights, table) * one.share
        if draws > most:
            most, best = draws, one
    if best is None:
        return None
    times = background(table, nights_remembered) + most / usual
    return Follows(times, best.nights, best.probability, best.here)


def drawn(
    known: pl.DataFrame, night: int, piers: Piers, weights: Float, table: RecurrenceTable
) -> tuple[Float, list[int | None]]:
    """The probability that an earlier landing draws one to each pier this night.

    Parameters
    ----------
    known
        RECENT, in any order; of this night and later ones nothing is taken.
    weights
        Shape (piers,): how landings spread over the piers near the one before.

    Returns
    -------
    drawn
        Shape (piers,), 0 to 1; it never falls when a landing is added.
    lags
        Nights since the last known landing at the pier or near it; None without any.
    """
    none = np.ones(len(piers))
    lags: list[int | None] = [None] * len(piers)
    lon, lat = (piers.table[name].to_numpy() for name in ("lon", "lat"))
    inside = (pl.col("night") < night, pl.col("night") >= night - len(table.by_night))
    at_pier = pl.col("pier").is_between(0, len(piers) - 1)
    sure = pl.col("probability").is_finite()
    taken = known.filter(*inside, at_pier, sure).select(RECENT.names()).sort(RECENT.names())
    for pier, then, probability in taken.iter_rows():
        lag = night - then
        near = distance_m(lon[pier], lat[pier], lon, lat) <= table.near_m
        near[pier] = False
        share = np.zeros(len(piers))
        share[near] = weights[near] / max(_sum(weights[near]), 1e-300) * table.near_share
        share[pier] = table.here_share
        none *= 1.0 - min(max(probability, 0.0), 1.0) * _next(lag, table) * share
        for i in [pier, *np.flatnonzero(near).tolist()]:
            before = lags[i]
            lags[i] = lag if before is None else min(before, lag)
    return 1.0 - none, lags


def _next(nights: int, table: RecurrenceTable) -> float:
    """The share of the landings that are followed by another so many nights later."""
    return table.next_share * table.by_night[nights - 1]


def background(table: RecurrenceTable, nights_remembered: int) -> float:
    """The share of the landings that no remembered one draws: 1 where nothing was looked at yet."""
    reach = min(max(nights_remembered, 0), len(table.by_night))
    reached = _sum(np.array(table.by_night[:reach]))
    places = table.here_share + table.near_share
    return 1.0 - table.next_share * reached * places * table.remembered_share


def _sum(values: Float) -> float:
    """In the order given, whatever the length: the same on every machine."""
    total = 0.0
    for value in values.tolist():
        total += value
    return total

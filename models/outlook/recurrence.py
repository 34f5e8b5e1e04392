"""What a landing draws after it: at the same pier or near it, some nights later.

A pooled branching process with a histogram of lags in nights (methods 4.6): each landing that was
known is followed by another with a probability that its lag and its distance give. It is not the
likelihood ratio by which the evidence weighs a repeated visit: that says how much a visit tells,
this how likely one is to come.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.piers import Piers
from geo.plane import distance_m
from models.outlook.table import RecurrenceTable

Float = NDArray[np.float64]

#: Landings that are remembered, each with the probability that it was one.
RECENT: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the site's pier table
        "night": pl.Int32(),  # days since 1970 of its evening
        "probability": pl.Float64(),
    }
)


def recent(
    suspicious: pl.DataFrame, night: int, expected_a_night: float, table: RecurrenceTable
) -> pl.DataFrame:
    """RECENT of the baseline's thinned visits, where nobody has weighed them one by one.

    As many of them were landings as there are landings to be remembered: the expected number times
    the share that is known afterwards, over the nights since the oldest of them. No visit is taken
    for a landing with more than 0.95.

    Parameters
    ----------
    suspicious
        `models.baseline.bursts.SUSPICIOUS`.
    night
        The coming one, days since 1970.
    expected_a_night
        Landings of the whole site.
    """
    held = suspicious.filter(pl.col("night") < night)
    if held.is_empty():
        return pl.DataFrame(schema=RECENT)
    nights = night - int(held["night"].to_numpy().min())
    landings = expected_a_night * table.remembered_share * nights
    each = min(landings / len(held), 0.95)
    return held.select("pier", "night", pl.lit(each).alias("probability")).cast(RECENT)


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
        follows = min(max(probability, 0.0), 1.0) * table.next_share * table.by_night[lag - 1]
        none *= 1.0 - follows * share
        for i in [pier, *np.flatnonzero(near).tolist()]:
            before = lags[i]
            lags[i] = lag if before is None else min(before, lag)
    return 1.0 - none, lags


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

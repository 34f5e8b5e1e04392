"""Bursts: several suspicious visits within days, at a pier or at its neighbours.

A burst of 3–6 landings two or three days apart is too short for a periodogram; a scan over windows
of 7, 14 and 21 days finds it (methods 4.5, measured). The stream is thinned first: only visits that
were dark, unknown, or by night with trucks. What follows a landing two or three nights later is
told by how likely that was one (`models.baseline.likely`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.risk.likelihood import visits_tail

WINDOWS_DAYS: Final = (7, 14, 21)
MEMORY_NIGHTS: Final = 90  # of thinned visits; the window in which their rate is taken
NEIGHBOUR_M: Final = 5_000.0
DAY_US: Final = 86_400_000_000

#: Thinned visits that are remembered.
SUSPICIOUS: Final = pl.Schema(
    {
        "pier": pl.Int64(),
        "t_us": pl.Int64(),  # of berthing
        "night": pl.Int32(),  # days since 1970 of its evening
        "track": pl.String(),
    }
)


@dataclass(frozen=True)
class Burst:
    """The most surprising window that ends now: how many, in how many days, how surprising."""

    visits: int
    days: int
    nats: float


def remember(held: pl.DataFrame, new: pl.DataFrame, night: int) -> pl.DataFrame:
    """The thinned visits, with a night's added and what is too old forgotten."""
    both = pl.concat([held, new.select(SUSPICIOUS.names()).cast(SUSPICIOUS)])
    kept = both.filter(pl.col("night") > night - MEMORY_NIGHTS)
    return kept.unique().sort("pier", "t_us", "track")


def scan(
    held: pl.DataFrame, pier: int, at_us: int, background: float, nights: float
) -> Burst | None:
    """The burst that a suspicious visit now would complete; None where it is the only one.

    Parameters
    ----------
    held
        SUSPICIOUS.
    background, nights
        The Gamma(a, b nights) rate of thinned visits at a pier of this kind.

    Returns
    -------
    The window with the most surprising count, the visit of now among it, with the surprise of the
    others given that one: −ln P(N ≥ visits − 1), less the logarithm of the number of windows tried.
    """
    before = held.filter(pl.col("pier") == pier, pl.col("t_us") < at_us)["t_us"]
    best: Burst | None = None
    for days in WINDOWS_DAYS:
        others = int((before > at_us - days * DAY_US).sum())
        if not others:
            continue
        tail = visits_tail(background, nights, float(days), others)
        nats = max(-math.log(max(tail, 1e-300)) - math.log(len(WINDOWS_DAYS)), 0.0)
        if best is None or nats > best.nats:
            best = Burst(others + 1, days, nats)
    return best

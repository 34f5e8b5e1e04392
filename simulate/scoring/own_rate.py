"""What an officer would see on a coast as it is: about 50 landings a year in a county.

An evaluation set has landings in plenty, or recall would not be known; a coast has one a week.
False alarms come every night all the same, so the same detector looks far worse there. And a set of
100 piers is a quarter of the county: its false alarms are counted for all of it. These figures are
printed first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from simulate.scoring.calibration import log_odds, rebased
from simulate.scoring.curves import threshold_admitting
from simulate.scoring.intervals import Estimate, Float, poisson
from simulate.scoring.pool import (
    BRIEF,
    DUPLICATE,
    FALSE,
    TRUE,
    Bools,
    Pool,
    by_night,
    nights_span,
    quotient,
    share,
)

LANDINGS_A_YEAR: Final = 50.0
NIGHTS_A_YEAR: Final = 365.0
COUNTY_PIERS: Final = 400.0  # as in sites/xiangshan
WATCH_AT: Final = 0.2  # posterior of the levels (methods 5.4)
VERIFY_AT: Final = 0.6
SHIFT_HOURS: Final = (18, 6)  # the night shift, local time


@dataclass(frozen=True, eq=False)
class View:
    """One way to choose what is shown: which alerts, by what name, and when each was first."""

    name: str
    shown: Bools
    at_us: list[int]


def own_rate(
    of: Pool, county_piers: float = COUNTY_PIERS, landings_a_year: float = LANDINGS_A_YEAR
) -> dict[str, Any]:
    """Figures at the source's own rate, for the whole county.

    Parameters
    ----------
    county_piers
        Of the county, of which the recordings watch a part; the rest is taken to be like it.
    landings_a_year
        In the county; the true ones of the recording are thinned to it by weight.
    """
    a_night = landings_a_year / NIGHTS_A_YEAR
    piers = float(of.night_piers.mean())
    moved, parts = rebased(of, a_night / county_piers), county_piers / piers
    return {
        "landings_a_year": landings_a_year,
        "landings_a_night": a_night,
        "landings_a_night_recorded": len(of.l_night) / of.nights,
        "piers": piers,
        "county_piers": county_piers,
        "prior_nats": log_odds(a_night / county_piers),
        "views": [_seen(of, view, a_night, parts) for view in _views(of, moved)],
    }


def _views(of: Pool, moved: Float) -> list[View]:
    first = [alert.revisions[0].issued_us for alert in of.alerts]
    verify = np.array([alert.verify_us is not None for alert in of.alerts], np.bool_)
    asked = [first[i] if a.verify_us is None else a.verify_us for i, a in enumerate(of.alerts)]
    one = threshold_admitting(of, 1.0)
    some = np.ones(len(of.alerts), np.bool_)
    return [
        View("any", some, first),
        View("verify", verify, asked),
        View("rebased_watch", moved >= WATCH_AT, first),
        View("rebased_verify", moved >= VERIFY_AT, first),
        View("admitting_one", of.a_score >= (2.0 if one is None else one), first),
    ]


def _seen(of: Pool, view: View, a_night: float, parts: float) -> dict[str, Any]:
    """A view's figures; alerts that were soon cancelled were seen too: they are false here.

    The county is `parts` times what was watched.
    """
    false = view.shown & (of.is_(FALSE) | of.is_(BRIEF))
    true, repeated = view.shown & of.is_(TRUE), view.shown & of.is_(DUPLICATE)
    ones = np.ones(of.nights)
    landings = by_night(of, of.l_night, np.ones(len(of.l_night)))
    found, wrong = by_night(of, of.a_night, true), by_night(of, of.a_night, false)
    again = by_night(of, of.a_night, repeated)
    in_shift = false & _in_shift(of, view.at_us)
    on_shift = by_night(of, of.a_night, in_shift)
    free = (wrong == 0).astype(np.float64)

    def a_landing(weights: Float) -> Float:
        """Alerts on the screen for each true landing, were landings as rare as they are."""
        thin = quotient(a_night * (weights @ ones), weights @ landings)
        return quotient(
            parts * (weights @ wrong) + thin * (weights @ (found + again)),
            thin * (weights @ found),
        )

    (value,) = a_landing(np.ones((1, of.nights)))
    low, high = nights_span(of, a_landing)
    known = float(value) if np.isfinite(value) else None
    return {
        "view": view.name,
        "recall": share(of, found, landings),
        "false_a_night": _count(of, wrong, parts),
        "false_a_night_shift": _count(of, on_shift, parts),
        "alerts_a_true_landing": Estimate(
            known, low, high, "nights", nights_low=low, nights_high=high
        ),
        "nights_without_false_alarm": _in_all(share(of, free, ones), parts),
    }


def _count(of: Pool, above: Float, parts: float) -> Estimate:
    """Things a night in the county."""
    count, nights = float(above.sum()), of.nights / parts
    low, high = poisson(count, nights)
    spread = nights_span(of, lambda weights: quotient(weights @ above, weights.sum(axis=1) / parts))
    return Estimate(count / nights, low, high, "poisson", count, nights, *spread)


def _in_all(one: Estimate, parts: float) -> Estimate:
    """The share of nights in which something holds in all parts of the county."""

    def every(share: float | None) -> float | None:
        return None if share is None else share**parts

    spans = every(one.low), every(one.high), one.method
    kept = every(one.nights_low), every(one.nights_high)
    return Estimate(every(one.value), *spans, nights_low=kept[0], nights_high=kept[1])


def _in_shift(of: Pool, at_us: list[int]) -> Bools:
    """Shape (alerts,): first shown in the twelve hours of the night shift."""
    zones = {judged.timezone: ZoneInfo(judged.timezone) for judged in of.judged}
    if len(zones) != 1:
        return np.ones(len(at_us), np.bool_)
    (zone,) = zones.values()
    hours = [datetime.fromtimestamp(at // 1_000_000, zone).hour for at in at_us]
    return np.array([h >= SHIFT_HOURS[0] or h < SHIFT_HOURS[1] for h in hours], np.bool_)

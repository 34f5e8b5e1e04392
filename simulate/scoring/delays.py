"""How soon a landing was alerted."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simulate.scoring.alerts import MINUTE_US
from simulate.scoring.curves import threshold_admitting
from simulate.scoring.intervals import Estimate, Float
from simulate.scoring.pool import Bools, Figure, Pool, by_night, over_nights, ratio, share

ADMITTED: Final = 1.0  # false alarms per night per 100 piers
SOON_MIN: Final = 30.0
CURVE_MIN: Final = tuple(range(-120, 241, 10))


def delays_min(of: Pool, threshold: float | None) -> Float:
    """Shape (landings,): minutes from the true berthing to the first revision at or above a
    threshold, after the last cancel if any; NaN where there is none."""
    found = np.full(len(of.l_alert), np.nan)
    for row, alert in enumerate(of.l_alert):
        if alert is None or threshold is None:
            continue
        issued_us = alert.first_at_us(threshold)
        if issued_us is not None:
            found[row] = (issued_us - int(of.l_from_us[row])) / MINUTE_US
    return found


def delays(of: Pool) -> dict[str, Any]:
    """Median and 90 % of the delays that there are; shares of all landings, so that a landing that
    was never alerted is not left out."""
    threshold = threshold_admitting(of, ADMITTED)
    minutes = delays_min(of, threshold)
    known = np.isfinite(minutes)
    every = by_night(of, of.l_night, np.ones(len(minutes)))
    alerted = by_night(of, of.l_night, known)
    soon = by_night(of, of.l_night, known & (np.nan_to_num(minutes) <= SOON_MIN))
    before = by_night(of, of.l_night, known & (np.nan_to_num(minutes) < 0))
    return {
        "threshold": threshold,
        "alerted": share(of, alerted, every),
        "median_min": over_nights(of, _quantile(of, minutes, 0.5), len(minutes)),
        "p90_min": over_nights(of, _quantile(of, minutes, 0.9), len(minutes)),
        "within_30_min": share(of, soon, every),
        "within_30_min_of_alerted": share(of, soon, alerted),
        "before_berthing": share(of, before, every),
        "before_berthing_of_alerted": share(of, before, alerted),
        "curve": [
            {"within_min": m, "share": float((known & (np.nan_to_num(minutes) <= m)).mean())}
            for m in CURVE_MIN
        ] if len(minutes) else [],
    }  # fmt: skip


def _quantile(of: Pool, minutes: Float, q: float) -> Figure:
    """The quantile of the known delays, linear between them; nights count as often as drawn."""
    rows = np.flatnonzero(np.isfinite(minutes))
    rows = rows[np.argsort(minutes[rows], kind="stable")]
    nights, values = of.l_night[rows], minutes[rows]

    def figure(weights: Float) -> Float:
        out = np.full(len(weights), np.nan)
        for i, times in enumerate(weights[:, nights].astype(np.int64)):
            if times.sum():
                out[i] = np.quantile(np.repeat(values, times), q)
        return out

    return figure


def minutes_stood(of: Pool) -> dict[str, Any]:
    """Minutes that alerts which matched nothing stood, per night per 100 piers: false alarms,
    duplicates, and those cancelled too soon to count otherwise."""
    parts = {}
    for name, verdicts in (
        ("all", (0, 2, 3)),
        ("false", (0,)),
        ("duplicate", (2,)),
        ("brief", (3,)),
    ):
        parts[name] = stood(of, np.isin(of.a_verdict, verdicts))
    return parts


def stood(of: Pool, rows: Bools) -> Estimate:
    """Minutes that some alerts stood, per night per 100 piers."""
    minutes = by_night(of, of.a_night, np.where(rows, of.a_stood_min, 0.0))
    return over_nights(of, ratio(minutes, of.night_piers / 100.0))

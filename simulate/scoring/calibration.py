"""Whether the posterior means what it says: Brier score, calibration error, reliability; and
whether the conformal false-alarm rate is kept.

The share of landings in a benchmark is far above that of a coast, so every posterior is moved to
the recording's own rate first: its log-odds less the alert's prior plus that of the rate.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from scipy.stats import beta, kstest

from simulate.scoring.intervals import Float, wilson
from simulate.scoring.pool import FALSE, TRUE, Figure, Ints, Pool, by_night, quotient

BINS: Final = 10
ALPHAS: Final = (0.1, 0.05, 0.01, 0.005, 0.001)


def log_odds(share: float) -> float:
    """Of a share strictly between 0 and 1.

    >>> round(log_odds(6.8e-4), 2)
    -7.29
    """
    return math.log(share / (1.0 - share))


def evidence_nats(of: Pool) -> Float:
    """Shape (alerts,): what each posterior rests on besides its prior, in nats."""
    return np.asarray(np.log(of.a_score / (1.0 - of.a_score)) - of.a_prior, np.float64)


def rebased(of: Pool, rate: float) -> Float:
    """Shape (alerts,): the posteriors, had the prior been a rate of landings a pier-night."""
    odds = evidence_nats(of) + log_odds(rate)
    return np.asarray(1.0 / (1.0 + np.exp(-odds)), np.float64)


def _weighed(of: Pool) -> tuple[Ints, Float, Float]:
    """Rows of the alerts that are not duplicates (nor too brief to count), what they said at the
    recordings' own rate, and whether they were true."""
    rows = np.flatnonzero(of.is_(TRUE) | of.is_(FALSE))
    return rows, rebased(of, of.rate)[rows], of.is_(TRUE)[rows].astype(np.float64)


def brier(of: Pool) -> Figure:
    """The mean square of what was said less what was."""
    rows, said, was = _weighed(of)
    square = by_night(of, of.a_night[rows], (said - was) ** 2)
    number = by_night(of, of.a_night[rows], np.ones(len(rows)))
    return lambda weights: quotient(weights @ square, weights @ number)


def calibration_error(of: Pool) -> Figure:
    """Expected calibration error: over ten bins of equal width, by how much the mean of what was
    said differs from the share that was, weighted by the bins' alerts."""
    rows, said, was = _weighed(of)
    place = bins(said)
    columns = []
    for k in range(BINS):
        here = place == k
        columns.append(by_night(of, of.a_night[rows][here], (said - was)[here]))
    gaps = np.stack(columns, axis=1)
    number = by_night(of, of.a_night[rows], np.ones(len(rows)))
    return lambda weights: quotient(np.abs(weights @ gaps).sum(axis=1), weights @ number)


def bins(said: Float) -> Ints:
    """The bin of each value; 1 is in the last."""
    return np.minimum((said * BINS).astype(np.int64), BINS - 1)


def reliability(of: Pool) -> list[dict[str, Any]]:
    """The reliability curve: for each bin what was said, what was, of how many."""
    _, said, was = _weighed(of)
    place = bins(said)
    rows = []
    for k in range(BINS):
        here = place == k
        n, true = int(here.sum()), float(was[here].sum())
        low, high = wilson(true, n)
        rows.append({
            "from": k / BINS, "to": (k + 1) / BINS, "alerts": n,
            "said": float(said[here].mean()) if n else None,
            "was": true / n if n else None, "low": low, "high": high,
        })  # fmt: skip
    return rows


def conformal(of: Pool) -> dict[str, Any]:
    """Realised against promised false-alarm rate by the p-values that alerts name.

    The unit is the pier-night: the lowest p-value of a pier in a night without a landing there. A
    pier-night without an alert has none; a promise of α is kept where at most that share of the
    landing-free pier-nights says p ≤ α. Where only what raised an alert is known the realised rate
    is a lower bound, and `complete` is false.
    """
    lowest: dict[tuple[int, str], float] = {}
    for row, alert in enumerate(of.alerts):
        if alert.p_value is None or of.a_verdict[row] == TRUE:
            continue
        key = (int(of.a_night[row]), alert.spot.pier_id or f"{alert.spot.lon},{alert.spot.lat}")
        lowest[key] = min(lowest.get(key, 1.0), alert.p_value)
    free = int(of.night_piers.sum()) - len(of.l_night)
    if not lowest or free <= 0:
        return {"covered": False}
    return {"covered": True, **realised(list(lowest.values()), free)}


def realised(p_values: list[float], pier_nights: int) -> dict[str, Any]:
    """How often p ≤ α came true over so many pier-nights without a landing.

    Parameters
    ----------
    p_values
        Those that are known, one a pier-night at most.
    """
    p = np.sort(np.array(p_values, np.float64))
    rows = []
    for alpha in ALPHAS:
        count = int((p <= alpha).sum())
        low, high = wilson(count, pier_nights)
        hits = math.floor((pier_nights + 1) * alpha)
        band = [float(beta.ppf(q, hits, pier_nights + 1 - hits)) for q in (0.05, 0.95)]
        rows.append({
            "promised": alpha, "realised": count / pier_nights, "low": low, "high": high,
            "count": count, "of": pier_nights,
            "allowed_low": band[0] if hits else 0.0, "allowed_high": band[1] if hits else alpha,
        })  # fmt: skip
    complete = len(p_values) == pier_nights
    ks = float(kstest(p, "uniform").statistic) if complete else None
    return {"complete": complete, "by_alpha": rows, "ks": ks}

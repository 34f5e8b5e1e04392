"""Whether the posterior means what it says: Brier score, calibration error, reliability; and
whether the conformal false-alarm rate is kept.

The share of landings in a benchmark is far above that of a coast, so every posterior is moved to
the recording's own rate first: its log-odds less the alert's prior plus that of the rate.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from scipy.stats import kstest

from simulate.scoring.intervals import DRAWS, SEED, SURE, Estimate, Float, wilson
from simulate.scoring.pier_nights import UNSAID, PierNights, joined
from simulate.scoring.pool import (
    FALSE,
    TRUE,
    Bools,
    Figure,
    Ints,
    Pool,
    by_night,
    groups,
    quotient,
    share,
)

BINS: Final = 10
ALPHAS: Final = (0.1, 0.05, 0.01, 0.005, 0.001)
#: Pier-nights of a stratum that is listed; and of one whose promise is to be kept.
LEAST, ENOUGH = 200, 1_000


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


def error_if_right(of: Pool) -> Estimate:
    """The calibration error that these very posteriors would show if each were exactly right.

    Few alerts scatter: landings drawn with the probabilities that were said, again and again (the
    same draws for the same alerts; Bröcker & Smith, Weather and Forecasting 22, 2007, do so for
    the bins of a reliability diagram). An error within this interval proves no miscalibration.
    """
    _, said, _ = _weighed(of)
    if not len(said):
        return Estimate(None, None, None, "drawn")
    dice = np.random.Generator(np.random.PCG64(SEED))
    place = bins(said)

    def error() -> float:
        was = dice.random(len(said)) < said
        gaps = np.bincount(place, said - was, BINS)
        return float(np.abs(gaps).sum()) / len(said)

    errors = np.array([error() for _ in range(DRAWS)])
    low, high = np.quantile(errors, [(1 - SURE) / 2, (1 + SURE) / 2])
    return Estimate(float(errors.mean()), float(low), float(high), "drawn")


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
    """Realised against promised false-alarm rate, over all pier-nights of which a p-value is known.

    The unit is the pier-night without a true landing that somebody came in, alert or not, at the
    noon that ends it. A stratum is what the engine took as one that night.

    Returns
    -------
    `covered`: whether the replays told of their nights at all. Then `counts`, `together`, `strata`
    (those of `LEAST` pier-nights or more, the largest first) and `smaller`, the others' `strata`
    and `pier_nights`.
    """
    told = joined([j.pier_nights for j in of.judged], [len(j.nights) for j in of.judged])
    if told is None:
        return {"covered": False}
    free = ~told.landing
    names = [(n, here & free) for n, here in groups(told.stratum) if n != UNSAID]
    large = [(n, here) for n, here in names if here.sum() >= LEAST]
    large.sort(key=lambda one: -int(one[1].sum()))
    visited = len(told.p) + int(told.not_judged.sum())
    return {
        "covered": True,
        "counts": {
            "pier_nights": int(of.night_piers[told.reported].sum()),
            "reported_nights": int(told.reported.sum()),
            "nobody_came": max(int(of.night_piers[told.reported].sum()) - visited, 0),
            "not_judged": int(told.not_judged.sum()),
            "with_landing": int(told.landing.sum()),
            "judged": int(free.sum()),
        },
        "together": _realised(of, told, free),
        "strata": [{"name": name, **_realised(of, told, here)} for name, here in large],
        "smaller": {
            "strata": len(names) - len(large),
            "pier_nights": sum(int(here.sum()) for _, here in names if here.sum() < LEAST),
        },
    }


def _realised(of: Pool, told: PierNights, here: Bools) -> dict[str, Any]:
    """How often p ≤ α came over some pier-nights, for each α, and whether it is as promised; not
    asked where too few calibrated for p ever to be so low."""
    p, night, known = told.p[here], told.night[here], told.calibrated_by[here]
    every = by_night(of, night, np.ones(len(p)))
    rows = []
    for alpha in ALPHAS:
        found = share(of, by_night(of, night, p <= alpha), every)
        within = np.floor((known + 1) * alpha + 1e-9) / (known + 1)
        said = bool(len(known)) and bool(known.all())
        reachable = float(within.mean()) if said else None
        rows.append({
            "promised": alpha, "realised": found, "reachable": reachable,
            "answer": None if reachable == 0.0 else answer(found, alpha),
        })  # fmt: skip
    ks = float(kstest(p, "uniform").statistic) if len(p) else None
    return {"pier_nights": len(p), "by_alpha": rows, "ks": ks}


def answer(found: Estimate, alpha: float) -> str | None:
    """Whether a promised rate lies in the interval over nights: `inside`, or the realised rate is
    `below` or `above`; None where it is not known.

    Where none or all of the pier-nights reached it, nights drawn again are all alike: there
    Wilson's interval answers.
    """
    low, high = found.nights_low, found.nights_high
    if low is None or high is None or found.low is None or found.high is None:
        return None
    if low == high:
        low, high = found.low, found.high
    return "below" if high < alpha else "above" if low > alpha else "inside"

"""Fitting a calibration from landings whose outcome is known, and watching whether it still fits.

Not part of the fold: a person fits a curve from labelled candidates, compares, and puts it into the
site folder. Fit on other seeds, or other months, than those on which the likelihoods were chosen.

Sources: Platt, Advances in Large Margin Classifiers 61 (1999); Zadrozny & Elkan, KDD (2002);
Naeini et al., AAAI (2015) for the calibration error; methods 5.3 for the stability index.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from models.anomaly.drift import LEAST, MOST_MOVED, stability_index
from models.risk.calibration import Calibration

#: Least rise of the curve: what weighs more never becomes less likely, however few saw it.
LEAST_SLOPE: Final = 0.05
#: A knot stands for at least so many candidates.
LEAST_OF_A_KNOT: Final = 20
LEAST_APART_NATS: Final = 0.01
#: The straight line counts as much as so many candidates at each knot: with 10, 100 and nothing
#: the seeds of the tuning set that were left out fitted less well.
PSEUDO: Final = 30.0
_BINS: Final = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """How well probabilities fit what came: all three are better when less.

    `ece` is the expected calibration error over ten bins of equal width.
    """

    brier: float
    log_loss: float
    ece: float


def fit(
    sums: ArrayLike, landings: ArrayLike, prior_nats: float, version: str, source: str
) -> Calibration:
    """The curve that makes `prior_nats` + curve(sum) the log-odds of what came.

    A straight line through all (Platt) bends to the steps of isotonic regression as far as these
    rest on many candidates.

    Parameters
    ----------
    sums
        The sum of the evidence of each candidate, without prior and calibration, in nats.
    landings
        Whether each was a landing: 0 or 1.
    prior_nats
        Log-odds of a landing at one pier in one night where they come from: the rate of those
        nights, not the site's.

    Raises
    ------
    ValueError
        Fewer than `LEAST_OF_A_KNOT` of either kind, something not finite, or sums that do not tell
        landings from others.
    """
    x = np.asarray(sums, np.float64)
    y = np.asarray(landings, np.float64)
    few = min(int(y.sum()), len(y) - int(y.sum())) < LEAST_OF_A_KNOT
    if few or x.shape != y.shape or not (np.isfinite(x).all() and set(np.unique(y)) <= {0.0, 1.0}):
        raise ValueError(
            f"calibration: expected {LEAST_OF_A_KNOT} landings and as many others, each with a "
            f"finite sum, got {int(y.sum())} of {len(y)}"
        )
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    line = LogisticRegression(C=1e6).fit(x[:, None], y)
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope < LEAST_SLOPE:
        raise ValueError(f"calibration: the sums do not tell landings from others ({slope:.3f})")
    at, odds, weights = _knots(x, y, slope, offset)
    rising = IsotonicRegression().fit(at, odds - LEAST_SLOPE * at, sample_weight=weights)
    nats = rising.predict(at) + LEAST_SLOPE * at - prior_nats
    return Calibration(
        version=version,
        source=source,
        sum_nats=tuple(at.round(4).tolist()),
        nats=tuple(nats.round(4).tolist()),
    )


def _knots(x: Floats, y: Floats, slope: float, offset: float) -> tuple[Floats, Floats, Floats]:
    """Sum, log-odds and number of candidates of each step of the isotonic regression."""
    steps = IsotonicRegression().fit(x, y).predict(x)
    begins = [0, *(np.flatnonzero(np.diff(steps) > 0) + 1).tolist(), len(x)]
    ends = [begins[0]]
    for end in begins[1:]:
        if end - ends[-1] >= LEAST_OF_A_KNOT:
            ends.append(end)
    ends[-1] = len(x)
    at, odds, weights = [], [], []
    for low, high in pairwise(ends):
        middle = math.fsum(x[low:high]) / (high - low)
        line = 1 / (1 + math.exp(-(offset + slope * middle)))
        share = (y[low:high].sum() + PSEUDO * line) / (high - low + PSEUDO)
        at.append(middle)
        odds.append(math.log(share / (1 - share)))
        weights.append(float(high - low))
    # The line goes on beyond the outer steps, to the outermost candidates.
    for edge in (float(x[0]) - 1.0, float(x[-1]) + 1.0):
        at.append(edge)
        odds.append(offset + slope * edge)
        weights.append(1.0)
    order = np.argsort(at)
    apart = [order[0]]
    for row in order[1:]:
        if at[row] - at[apart[-1]] >= LEAST_APART_NATS:
            apart.append(row)
    return np.array(at)[apart], np.array(odds)[apart], np.array(weights)[apart]


def probabilities(curve: Calibration, sums: ArrayLike, prior_nats: float) -> Floats:
    """The posterior of each sum under the curve."""
    odds = np.array([prior_nats + curve(s) for s in np.asarray(sums, np.float64).tolist()])
    return np.asarray(0.5 * (1 + np.tanh(odds / 2)), np.float64)


def quality(probability: ArrayLike, landings: ArrayLike) -> Quality:
    """Brier score, logarithmic loss and calibration error of probabilities.

    >>> quality([0.0, 1.0, 0.5, 0.5], [0, 1, 0, 1])
    Quality(brier=0.125, log_loss=0.3466, ece=0.0)
    """
    p, y = np.asarray(probability, np.float64), np.asarray(landings, np.float64)
    safe = p.clip(1e-12, 1 - 1e-12)
    loss = -(y * np.log(safe) + (1 - y) * np.log1p(-safe))
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    off = (abs((p - y)[bins == b].sum()) for b in range(_BINS))
    return Quality(
        round(float(((p - y) ** 2).mean()), 4),
        round(float(loss.mean()), 4),
        round(math.fsum(off) / len(p), 4),
    )


def sums_moved(before: ArrayLike, now: ArrayLike) -> float | None:
    """The stability index of the sums of evidence now against those the curve was fitted on.

    Returns
    -------
    None where either side has fewer than 200; above `MOST_MOVED` (0.2) the curve is to be fitted
    anew: `drifted`.
    """
    old, new = (pl.Series(np.asarray(v, np.float64)) for v in (before, now))
    if min(len(old), len(new)) < LEAST:
        return None
    return stability_index(old, new)


def drifted(before: ArrayLike, now: ArrayLike) -> bool:
    """Whether the sums of evidence moved so far that the calibration is not to be trusted."""
    moved = sums_moved(before, now)
    return moved is not None and moved > MOST_MOVED

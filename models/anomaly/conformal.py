"""Conformal p-values: how many quiet pier-nights were at least as unusual as this one.

Whatever the forest's scores mean, among exchangeable pier-nights p ≤ α happens at a rate of at
most α. The unit is the highest score of a pier in a night: a p-value of every minute would raise
an alarm many times as often as promised.

Sources: methods 5.3; Laxhammar & Falkman, AMAI 74:67 (2015); Bates et al., Annals of Statistics
51:149 (2023); Vovk & Wang, Annals of Statistics 49:1736 (2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, stdtrit

from models.anomaly.features import PIER_CLASSES, REGIMES

LEAST: Final = 200  # pier-nights of a stratum
#: The alternative that the nats bet on: p is distributed as Beta(½, 1).
_SHAPE: Final = 0.5
MOST_NATS: Final = 2.0

Floats = NDArray[np.float64]
Stratum = tuple[str, str]  # pier class, regime


def p_values(calibration: Floats, scores: ArrayLike) -> Floats:
    """(1 + #{calibration ≥ s}) / (n + 1) of each score; none is below 1 / (n + 1).

    Parameters
    ----------
    calibration
        Highest scores of the pier-nights that calibrate, ascending, shape (n,).

    >>> p_values(np.array([1.0, 2.0, 2.0, 3.0]), [0.0, 2.0, 9.0]).tolist()
    [1.0, 0.8, 0.2]
    """
    above = len(calibration) - np.searchsorted(calibration, np.asarray(scores, np.float64), "left")
    return (1 + above) / (len(calibration) + 1)


def nats(p: float) -> float:
    """What a p-value is worth: the logarithm of its density among landings over that among others.

    Among others p is uniform, density 1. Landings are taken to be more unusual by an unknown
    amount, as Beta(½, 1): density ½ p^(−½). This is a p-to-e calibrator of Vovk & Wang: its mean
    over uniform p is 1, so that it cannot gain on pier-nights without landings, whatever the truth
    is. Falls with p; 0 at p = ¼; between −0.69 and +2, which is reached at p = 0.0046.

    >>> [round(nats(p), 2) for p in (1.0, 0.25, 0.05, 0.01, 0.001)]
    [-0.69, 0.0, 0.8, 1.61, 2.0]
    """
    ratio = math.log(_SHAPE) + (_SHAPE - 1.0) * math.log(p)
    return min(max(ratio, -MOST_NATS), MOST_NATS)


def strata(counts: Mapping[Stratum, int], least: int = LEAST) -> dict[Stratum, tuple[Stratum, ...]]:
    """Which strata are taken as one: those with too few pier-nights join their nearest.

    The smallest group joins, again and again, the largest of its nearest ones (those with a pier
    class in common before those with a regime in common before any other), until every group has
    enough, or there is but one. Only the counts decide, never a score, so p-values stay valid in
    each group.

    Returns
    -------
    Every stratum there is, with the strata of its group.
    """
    groups: dict[tuple[Stratum, ...], int]
    groups = {((c, r),): counts.get((c, r), 0) for c in PIER_CLASSES for r in REGIMES}
    while len(groups) > 1:
        small = min(groups, key=lambda g: (groups[g], g))
        if groups[small] >= least:
            break
        others = [g for g in groups if g != small]
        near = min(others, key=lambda g: (-_in_common(g, small), -groups[g], g))
        groups[tuple(sorted((*small, *near)))] = groups.pop(small) + groups.pop(near)
    return {stratum: group for group in groups for stratum in group}


def _in_common(one: tuple[Stratum, ...], other: tuple[Stratum, ...]) -> int:
    same_class = not {c for c, _ in one}.isdisjoint(c for c, _ in other)
    same_regime = not {r for _, r in one}.isdisjoint(r for _, r in other)
    return 2 * same_class + same_regime


def realised_rate(n: int, alpha: float, share: float = 0.9) -> tuple[float, float]:
    """Between which rates p ≤ α really happens, given n that calibrate: Beta(k, n + 1 − k).

    Parameters
    ----------
    share
        Of the calibration sets for which it lies between them.

    >>> [round(rate, 4) for rate in realised_rate(1000, 0.01)]
    [0.0054, 0.0157]
    """
    k = math.floor((n + 1) * alpha + 1e-9)
    if not k:
        return 0.0, 0.0  # p never gets so low
    tail = (1.0 - share) / 2.0
    return float(betaincinv(k, n + 1 - k, tail)), float(betaincinv(k, n + 1 - k, 1.0 - tail))


@dataclass(frozen=True)
class Realised:
    """How often p ≤ α was said: `count` of `of` pier-nights, and between which shares (95 %) that
    lets the true rate lie; `low` and `high` are None where fewer than two nights were judged."""

    count: int
    of: int
    low: float | None
    high: float | None


def realised(p: ArrayLike, nights: ArrayLike, alpha: float) -> Realised:
    """How often α was really reached, beside the promise; what is independent is the night.

    Parameters
    ----------
    p
        What was said of pier-nights, each judged by nights before it.
    nights
        The night of each.

    Sources: Korn & Graubard, Survey Methodology 24:193 (1998): the exact binomial interval of
    Clopper & Pearson, of as many pier-nights as would vary alone by as much as whole nights do,
    and no more than there are; nights as clusters: Cochran, Sampling Techniques, 3rd ed., 9A.

    >>> found = realised([0.004] * 5 + [0.5] * 995, range(1000), 0.005)
    >>> found.count, found.of, round(found.low, 5), round(found.high, 5)
    (5, 1000, 0.00162, 0.01163)
    >>> all_in_one = realised([0.004] * 5 + [0.5] * 995, [i // 40 for i in range(1000)], 0.005)
    >>> round(all_in_one.low, 5), round(all_in_one.high, 5)
    (9e-05, 0.02962)
    """
    low = np.asarray(p, np.float64) <= alpha
    _, night = np.unique(np.asarray(nights), return_inverse=True)
    n, k, drawn = len(low), int(low.sum()), int(night.max(initial=-1)) + 1
    if drawn < 2:
        return Realised(k, n, None, None)
    share = k / n
    stray = np.bincount(night, low) - share * np.bincount(night)
    variance = float((stray**2).sum()) * drawn / (drawn - 1) / n**2
    alone = min(n, share * (1.0 - share) / variance) if variance and 0 < k < n else n
    alone *= float((stdtrit(n - 1, 0.975) / stdtrit(drawn - 1, 0.975)) ** 2)
    hits, rest = alone * share, alone * (1.0 - share)
    return Realised(
        k, n,
        float(betaincinv(hits, rest + 1.0, 0.025)) if k else 0.0,
        float(betaincinv(hits + 1.0, rest, 0.975)) if k < n else 1.0,
    )  # fmt: skip


def discoveries(p: ArrayLike, q: float = 0.2) -> NDArray[np.bool_]:
    """Benjamini & Hochberg: which may be called unusual with a share q of mistakes among them.

    A report at the end of a night: it looks at all piers at once, so it cannot judge as they come.

    >>> discoveries([0.01, 0.5, 0.03, 0.9]).tolist()
    [True, False, True, False]
    """
    values = np.asarray(p, np.float64)
    ordered = np.sort(values)
    within = ordered <= q * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    if not within.any():
        return np.zeros(len(values), np.bool_)
    return np.asarray(values <= ordered[np.flatnonzero(within)[-1]], np.bool_)

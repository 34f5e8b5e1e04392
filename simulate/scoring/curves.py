"""What is found and what is raised falsely as the threshold on `posterior` falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.scoring.intervals import Float
from simulate.scoring.pool import FALSE, TRUE, Figure, Ints, Pool, by_night, quotient


@dataclass(frozen=True, eq=False)
class Ranking:
    """Alerts that are true or false by falling posterior; equal ones stand or fall together.

    Columns of shape (alerts,): `night` and `true` in the order of the ranking. `last` (groups,) is
    where each group of equal posteriors ends; `threshold` (groups,) the posterior of each.
    """

    night: Ints
    true: Float
    last: Ints
    threshold: Float
    landings: Float  # (nights,)
    hundreds: Float  # (nights,)


def ranking(of: Pool) -> Ranking:
    """The alerts of a pool ranked; duplicates and brief ones are not in it."""
    rows = np.flatnonzero(of.is_(TRUE) | of.is_(FALSE))
    rows = rows[np.argsort(-of.a_score[rows], kind="stable")]
    score = of.a_score[rows]
    last = np.flatnonzero(np.append(score[1:] != score[:-1], len(score) > 0)[: len(score)])
    return Ranking(
        of.a_night[rows], of.is_(TRUE)[rows].astype(np.float64), last, score[last],
        by_night(of, of.l_night, np.ones(len(of.l_night))), of.night_piers / 100.0,
    )  # fmt: skip


def curve(ranked: Ranking, weights: Float) -> tuple[Float, Float]:
    """Found landings and false alarms at each threshold, shape (draws, groups) each."""
    counts = weights[:, ranked.night]
    true = np.cumsum(counts * ranked.true, axis=1)[:, ranked.last]
    every = np.cumsum(counts, axis=1)[:, ranked.last]
    return true, every - true


def average_precision(ranked: Ranking) -> Figure:
    """The mean of the precision over recall: Σ (Rₖ − Rₖ₋₁) Pₖ over the thresholds; landings that
    no alert matched are never found."""

    def figure(weights: Float) -> Float:
        true, false = curve(ranked, weights)
        precision = np.nan_to_num(quotient(true, true + false))
        gained = np.diff(true, axis=1, prepend=0.0)
        return quotient((gained * precision).sum(axis=1), weights @ ranked.landings)

    return figure


def recall_admitting(ranked: Ranking, per_night: float) -> Figure:
    """Recall where the threshold admits so many false alarms per night per 100 piers."""

    def figure(weights: Float) -> Float:
        true, false = curve(ranked, weights)
        allowed = per_night * (weights @ ranked.hundreds)
        admitted = (false <= allowed[:, None] + 1e-9).sum(axis=1)
        found = np.concatenate([np.zeros((len(true), 1)), true], axis=1)
        return quotient(found[np.arange(len(true)), admitted], weights @ ranked.landings)

    return figure


def threshold_admitting(of: Pool, per_night: float) -> float | None:
    """The lowest posterior at which no more false alarms stand than so many per night per 100
    piers; None where already the surest group is too many."""
    ranked = ranking(of)
    _, false = curve(ranked, np.ones((1, of.nights)))
    admitted = int((false[0] <= per_night * of.hundreds + 1e-9).sum())
    return float(ranked.threshold[admitted - 1]) if admitted else None


def r_precision(of: Pool) -> Figure:
    """Of the n highest alerts of a night with n landings the share that is true, averaged over
    such nights.

    Every alert that counts takes a place, duplicates too; a place that no alert takes is not true;
    of equal alerts that share the last places each takes its part.
    """
    landings = by_night(of, of.l_night, np.ones(len(of.l_night)))
    shares = np.zeros(of.nights)
    for night in np.flatnonzero(landings):
        rows = np.flatnonzero((of.a_night == night) & (of.a_verdict <= 2))
        places = float(landings[night])
        true = 0.0
        for score in np.unique(of.a_score[rows])[::-1]:
            same = rows[of.a_score[rows] == score]
            part = min(1.0, places / len(same))
            true += part * float(of.is_(TRUE)[same].sum())
            places -= part * len(same)
            if places <= 0:
                break
        shares[night] = true / landings[night]
    some = (landings > 0).astype(np.float64)
    return lambda weights: quotient(weights @ (shares * some), weights @ some)

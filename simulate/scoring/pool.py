"""Scored recordings as columns: one row a landing, one row an alert, nights counted through.

Every figure is a function of how often each night counts, `weights` of shape (draws, nights): once
each gives the figure itself, drawn again gives its spread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.scoring.alerts import MINUTE_US, Alert
from simulate.scoring.intervals import Estimate, Float, drawn_nights, poisson, spread, wilson
from simulate.scoring.judging import Judged, Verdict

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Figure = Callable[[Float], Float]

VERDICTS: Final[tuple[Verdict, ...]] = ("false", "true", "duplicate", "brief")
FALSE, TRUE, DUPLICATE, BRIEF = range(4)
_CELLS_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True, eq=False)
class Pool:
    """Columns of landings (`l_`) and alerts (`a_`).

    `night_piers` (nights,) how many piers were watched; `l_night`, `a_night` the row of the night
    (a true alert's is its landing's); `l_score` the posterior of the match, NaN where missed;
    `a_score` the posterior; `a_prior` the prior in nats; `a_verdict` an index of `VERDICTS`;
    `l_alert` the match's revisions.
    """

    judged: tuple[Judged, ...]
    night_piers: Float
    l_night: Ints
    l_score: Float
    l_alert: tuple[Alert | None, ...]
    l_from_us: Ints
    l_variant: NDArray[np.str_]
    l_township: NDArray[np.str_]
    l_covered: NDArray[np.str_]
    a_night: Ints
    a_score: Float
    a_prior: Float
    a_verdict: Ints
    a_stood_min: Float
    a_cause: NDArray[np.str_]
    a_township: NDArray[np.str_]
    alerts: tuple[Alert, ...]
    outranking: int

    @property
    def nights(self) -> int:
        """How many nights there are."""
        return len(self.night_piers)

    @property
    def hundreds(self) -> float:
        """Nights times piers, in hundreds: what a rate per night per 100 piers is counted over."""
        return float(self.night_piers.sum()) / 100.0

    @property
    def rate(self) -> float:
        """True landings a pier-night: the recordings' own prior."""
        return len(self.l_night) / float(self.night_piers.sum())

    def is_(self, verdict: int) -> Bools:
        """Shape (alerts,): which had this verdict."""
        return np.asarray(self.a_verdict == verdict, np.bool_)


def pool(judged: Sequence[Judged]) -> Pool:
    """All recordings as one; a night of one is a night of its own."""
    offsets = np.cumsum([0, *(len(j.nights) for j in judged)])
    landings = [(x, n + o) for j, o in zip(judged, offsets, strict=False)
                for x, n in zip(j.landings, j.landing_night, strict=True)]  # fmt: skip
    matches = [None if m is None else j.outcomes[m].alert for j in judged for m in j.matched]
    outcomes, nights = [], []
    for j, offset in zip(judged, offsets, strict=False):
        for outcome in j.outcomes:
            own = outcome.night if outcome.landing is None else j.landing_night[outcome.landing]
            outcomes.append(outcome)
            nights.append(own + offset)
    alerts = tuple(o.alert for o in outcomes)
    said = [alert.judged for alert in alerts]
    return Pool(
        judged=tuple(judged),
        night_piers=np.array([j.piers for j in judged for _ in j.nights], np.float64),
        l_night=np.array([n for _, n in landings], np.int64),
        l_score=np.array([np.nan if a is None else a.posterior for a in matches], np.float64),
        l_alert=tuple(matches),
        l_from_us=np.array([x.from_us for x, _ in landings], np.int64),
        l_variant=np.array([x.variant for x, _ in landings], np.str_),
        l_township=np.array([x.township for x, _ in landings], np.str_),
        l_covered=np.array(["+".join(x.covered_by) or "—" for x, _ in landings], np.str_),
        a_night=np.array(nights, np.int64),
        a_score=np.array([r.posterior for r in said], np.float64),
        a_prior=np.array([r.prior_nats for r in said], np.float64),
        a_verdict=np.array([VERDICTS.index(o.verdict) for o in outcomes], np.int64),
        a_stood_min=np.array([a.stood_us / MINUTE_US for a in alerts], np.float64),
        a_cause=np.array([o.cause or "" for o in outcomes], np.str_),
        a_township=np.array([o.township for o in outcomes], np.str_),
        alerts=alerts,
        outranking=sum(o.outranks for o in outcomes),
    )


def by_night(of: Pool, nights: Ints, values: Float | Bools) -> Float:
    """Shape (nights,): the sum of each night's values."""
    sums = np.bincount(nights, np.asarray(values, np.float64), minlength=of.nights)
    return np.asarray(sums, np.float64)


def quotient(above: Float, below: Float) -> Float:
    """Element by element; NaN where there is nothing below."""
    out = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=np.asarray(below) > 0), np.float64)


def ratio(above: Float, below: Float) -> Figure:
    """The figure that is a sum over nights divided by another."""
    return lambda weights: quotient(weights @ above, weights @ below)


def once(of: Pool, figure: Figure) -> float | None:
    """A figure of the nights as they were."""
    (value,) = figure(np.ones((1, of.nights)))
    return float(value) if np.isfinite(value) else None


def nights_span(of: Pool, figure: Figure, per_row: int = 1) -> tuple[float | None, float | None]:
    """The interval of a figure over nights drawn again; `per_row` cells are needed for a draw."""
    if of.nights < 2:
        return None, None
    weights = drawn_nights(of.nights)
    step = max(1, _CELLS_AT_ONCE // max(per_row, of.nights))
    parts = [figure(weights[i : i + step]) for i in range(0, len(weights), step)]
    return spread(np.concatenate(parts), of.nights)


def share(of: Pool, above: Float, below: Float) -> Estimate:
    """A share of things that each belong to a night: Wilson, and over nights."""
    count, total = float(above.sum()), float(below.sum())
    low, high = wilson(count, total)
    nights = nights_span(of, ratio(above, below))
    value = count / total if total else None
    return Estimate(value, low, high, "wilson", count, total, *nights)


def rate(of: Pool, above: Float) -> Estimate:
    """Things a night per 100 piers: Poisson, and over nights."""
    count = float(above.sum())
    low, high = poisson(count, of.hundreds)
    nights = nights_span(of, ratio(above, of.night_piers / 100.0))
    return Estimate(count / of.hundreds, low, high, "poisson", count, of.hundreds, *nights)


def over_nights(of: Pool, figure: Figure, per_row: int = 1) -> Estimate:
    """A figure that only the nights can give an interval for."""
    low, high = nights_span(of, figure, per_row)
    return Estimate(once(of, figure), low, high, "nights", nights_low=low, nights_high=high)


def groups(labels: NDArray[np.str_]) -> Iterator[tuple[str, Bools]]:
    """Each label with the rows that have it, in the order of the labels."""
    for label in sorted(set(labels.tolist())):
        yield label, np.asarray(labels == label, np.bool_)

"""A calibration from the standard set's tuning seeds: what the product's sums were worth there.

Fit it on other seeds than those on which the likelihoods were chosen: what was chosen on a seed
looks surer there than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.risk.calibration import IDENTITY, Calibration
from models.risk.calibration_fit import Quality, fit, probabilities, quality
from pipeline.baselines.weighing import uncorrected
from pipeline.evaluation.runs import Run
from simulate.scoring.calibration import evidence_nats, log_odds
from simulate.scoring.intervals import Float
from simulate.scoring.pool import FALSE, TRUE, Pool, pool


@dataclass(frozen=True)
class Fitted:
    """A curve, how many alerts it rests on, and how well posteriors fit with and without it."""

    curve: Calibration
    landings: int
    others: int
    without: Quality
    fitted: Quality

    def __str__(self) -> str:
        return (
            f"{self.landings} landings, {self.others} other alerts; calibration error "
            f"{self.without.ece} → {self.fitted.ece}, Brier {self.without.brier} → "
            f"{self.fitted.brier}, on the nights that it was fitted on"
        )


def fitted(runs: Sequence[Run], version: str, source: str) -> Fitted:
    """The curve over all that some runs weighed, duplicates and what was taken back soon apart.

    Raises
    ------
    ValueError
        Too few landings or others among them, or sums that do not tell one from the other.
    """
    of = pool([one.judged(uncorrected(one.replayed), "uncorrected") for one in runs])
    sums, landings = _sums(of)
    prior_nats = log_odds(of.rate)
    curve = fit(sums, landings, prior_nats, version, source)
    return Fitted(
        curve, int(landings.sum()), int((1 - landings).sum()),
        *(quality(probabilities(c, sums, prior_nats), landings) for c in (IDENTITY, curve)),
    )  # fmt: skip


def _sums(of: Pool) -> tuple[Float, Float]:
    """The evidence of each alert in nats, and whether it was a landing."""
    rows = np.flatnonzero(of.is_(TRUE) | of.is_(FALSE))
    return evidence_nats(of)[rows], of.is_(TRUE)[rows].astype(np.float64)

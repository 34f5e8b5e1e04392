"""One search for the threshold of the product and of every rival, on the tuning seeds alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulate.scoring.pool import FALSE, Pool

#: Thresholds that each contender may try: the same number for all.
BUDGET: Final = 200
#: False alarms that the threshold may admit, per night per 100 piers.
ADMITTED: Final = 1.0
NEVER: Final = 1.0  # above every posterior


@dataclass(frozen=True)
class Found:
    """The best threshold, what it did on the tuning seeds, and how many were tried.

    `threshold` is `NEVER` where none admits so few false alarms: such a contender says nothing.
    """

    threshold: float
    recall: float
    false_alarms: float
    tried: int


def search(of: Pool, budget: int = BUDGET, admitted: float = ADMITTED) -> Found:
    """The threshold of the highest recall that keeps within the admitted false alarms.

    Tried are `budget` of the posteriors that were said, evenly by rank, the highest and the lowest
    among them; of equal recall the highest threshold is taken.
    """
    said = np.unique(of.a_score)[::-1]
    picks = np.unique(np.linspace(0, len(said) - 1, min(budget, len(said))).round().astype(int))
    best = Found(NEVER, 0.0, 0.0, len(picks))
    landings = max(1, len(of.l_score))
    for threshold in said[picks].tolist():
        false = float((of.is_(FALSE) & (of.a_score >= threshold)).sum()) / of.hundreds
        found = float((np.nan_to_num(of.l_score, nan=-1.0) >= threshold).sum()) / landings
        if false <= admitted and found > best.recall:
            best = Found(threshold, found, false, len(picks))
    return best

"""What a kind of nuisance costs that was switched off in tuning: false alarms of it at a threshold
that was chosen as though it had never been.

The threshold is the lowest that admits one false alarm on the tuning seeds: there every kind takes
its part of what is admitted, and one that is left out lets the threshold fall. That threshold alone
is chosen anew. Likelihoods, their caps and the calibration came from tuning seeds on which every
kind is on, and the forest learns each night as it comes: what these would be without the kind is
not tested. Nor is what it does by hiding something: only false alarms whose cause it is are left
out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from pipeline.evaluation.search import ADMITTED, NEVER
from simulate.scoring.curves import threshold_admitting
from simulate.scoring.intervals import Estimate, Float
from simulate.scoring.judging import UNEXPLAINED
from simulate.scoring.pool import DUPLICATE, FALSE, Bools, Pool, by_night, over_nights, rate, ratio

#: Times as many false alarms as had it been on: no more are wanted.
BAR: Final = 2.0


def unseen(tuning: Pool, scored: Pool) -> dict[str, Any]:
    """False alarms of each kind on the scored seeds, as tuned and had the kind been off.

    Parameters
    ----------
    tuning, scored
        Everything that the product weighed.

    Returns
    -------
    `bar`; `threshold`, chosen with every kind on; `kinds`, those that made a false alarm at either
    threshold, the most frequent first: `name`, `threshold` without it, `known` and `unseen` false
    alarms per night per 100 piers, `times` as many, `kept`; `together`, the same of the sums over
    all kinds, each off alone.
    """
    known, rows, sums = _threshold(tuning), [], np.zeros((2, scored.nights))
    causes = {*tuning.a_cause.tolist(), *scored.a_cause.tolist()} - {"", UNEXPLAINED}
    for kind in sorted(causes):
        gone = replace(
            tuning, a_verdict=np.where(_caused(tuning, kind), DUPLICATE, tuning.a_verdict)
        )
        without = _threshold(gone)
        mine = _caused(scored, kind)
        counts = [
            by_night(scored, scored.a_night, mine & (scored.a_score >= at))
            for at in (known, without)
        ]
        sums += counts
        if any(count.any() for count in counts):
            rows.append({"name": kind, "threshold": without, **_beside(scored, *counts)})
    rows.sort(key=lambda row: (-row["unseen"].count, row["name"]))
    return {
        "bar": BAR, "threshold": known, "kinds": rows, "together": _beside(scored, *sums),
    }  # fmt: skip


def _threshold(of: Pool) -> float:
    found = threshold_admitting(of, ADMITTED)
    return NEVER if found is None else found


def _caused(of: Pool, kind: str) -> Bools:
    """Shape (alerts,): the false alarms of a kind."""
    return np.asarray(of.is_(FALSE) & (of.a_cause == kind), np.bool_)


def _beside(of: Pool, known: Float, unseen: Float) -> dict[str, Any]:
    low_high = over_nights(of, ratio(unseen, known))
    count, among = float(unseen.sum()), float(known.sum())
    times = Estimate(
        low_high.value, low_high.low, low_high.high, "nights", count, among,
        low_high.nights_low, low_high.nights_high,
    )  # fmt: skip
    return {
        "known": rate(of, known), "unseen": rate(of, unseen), "times": times,
        "kept": count <= BAR * among,
    }  # fmt: skip

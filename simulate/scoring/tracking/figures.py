"""The figures of a fusion with their intervals, from the sums of its nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from simulate.scoring.intervals import Estimate, Float, drawn_nights, spread
from simulate.scoring.pool import quotient
from simulate.scoring.tracking.sums import Sums

#: What the house wants of each figure, after methods 2.2: at least (+) or at most (−).
BARS: Final[Mapping[str, float]] = {
    "associated": 0.97, "completeness": 0.95, "ambiguity": -1.05, "spuriousness": -0.05,
    "switches_an_hour": -0.02, "rmse_10_km_m": -50.0, "dark_precision": 0.95, "dark_recall": 0.95,
    "dark_event_precision": 0.95, "dark_event_recall": 0.95,
    "dark_event_time_precision": 0.95, "dark_event_time_recall": 0.95,
}  # fmt: skip
#: Roots of means of squares.
ROOTS: Final = frozenset(
    {
        "rmse_m", "rmse_10_km_m", "rmse_10_km_radar_alone_m", "gospa_m", "gospa_localisation_m",
        "gospa_missed_m", "gospa_false_m",
    }
)  # fmt: skip


def figures(nights: Sequence[Sums]) -> dict[str, Any]:
    """Every figure, by name: `Estimate`s whose intervals are over the nights drawn again.

    Raises
    ------
    ValueError
        No night.
    """
    if not nights:
        raise ValueError("no night to make figures of")
    out: dict[str, Any] = {"nights": len(nights)}
    for name in dict.fromkeys(name for night in nights for name in night):
        above, below = np.array([night.get(name, (0.0, 0.0)) for night in nights], np.float64).T
        out[name] = _estimate(above, below, root=name.removesuffix("_reach") in ROOTS)
    return out


def _estimate(above: Float, below: Float, *, root: bool) -> Estimate:
    def figure(weights: Float) -> Float:
        mean = quotient(weights @ above, weights @ below)
        return np.sqrt(mean) if root else mean

    (value,) = figure(np.ones((1, len(above))))
    low, high = None, None
    if len(above) > 1:
        low, high = spread(figure(drawn_nights(len(above))), len(above))
    known = float(value) if np.isfinite(value) else None
    return Estimate(known, low, high, "nights", nights_low=low, nights_high=high)

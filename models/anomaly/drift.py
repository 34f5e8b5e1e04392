"""Whether the coast moves away from what was learned: p-values that are not uniform, features
that are distributed otherwise than before.

A change of regime (a moratorium, boats that shelter) is no drift: it is a stratum.

Source: methods 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import kolmogorov

from models.anomaly.features import FEATURES

RECENT_NIGHTS: Final = 7
LEAST: Final = 200  # values on either side: fewer move by chance alone
UNIFORM_P: Final = 0.01  # of the Kolmogorov-Smirnov test, once a week
MOST_MOVED: Final = 0.2  # population stability index
_BINS: Final = 10
_LEAST_SHARE: Final = 1e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """The last week beside what came before; None and left out where there is too little to say."""

    uniform_p: float | None = None  # how probable p-values so far from uniform are
    moved: Mapping[str, float] = field(default_factory=dict)  # feature → stability index

    def words(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Codes and their parameters; empty: nothing to recalibrate for."""
        out: list[tuple[str, dict[str, Any]]] = []
        if self.uniform_p is not None and self.uniform_p < UNIFORM_P:
            out.append(("p_values_not_uniform", {"p": self.uniform_p}))
        far = {name: index for name, index in self.moved.items() if index > MOST_MOVED}
        out += [("feature_moved", {"feature": name, "psi": far[name]}) for name in far]
        return tuple(out)


def drift(rows: pl.DataFrame, said: pl.DataFrame, night: int) -> Drift:
    """Compare the seven nights that end with this one with those before.

    Parameters
    ----------
    rows
        ROW, one a landing.
    said
        `night` and `p` of pier-nights, as it was said in the night.
    """
    recent = pl.col("night") > night - RECENT_NIGHTS
    p = said.filter(recent)["p"].drop_nulls().to_numpy()
    new, old = rows.filter(recent), rows.filter(~recent)
    moved = {}
    if min(len(new), len(old)) >= LEAST:
        moved = {name: stability_index(old[name], new[name]) for name in FEATURES}
    return Drift(uniformity(p) if len(p) >= LEAST else None, moved)


def uniformity(p: Floats) -> float:
    """P of the Kolmogorov-Smirnov test that the values are uniform on [0, 1].

    With Stephens' correction for finite n.
    """
    n, ordered = len(p), np.sort(p)
    steps = np.arange(n)
    farthest = max(((steps + 1) / n - ordered).max(), (ordered - steps / n).max())
    root = math.sqrt(n)
    return float(kolmogorov(float(farthest) * (root + 0.12 + 0.11 / root)))


def stability_index(before: pl.Series, now: pl.Series) -> float:
    """Population stability index over the tenths of what was before; not known is a bin of its own.

    Σ (a − b) ln(a / b) over the bins' shares now and before.
    """
    known = np.sort(before.drop_nulls().to_numpy())
    places = [len(known) * k // _BINS for k in range(1, _BINS)] if len(known) else []
    edges = np.unique(known[places])
    shares = []
    for values in (now, before):
        bins = np.searchsorted(edges, values.drop_nulls().to_numpy(), "right")
        counts = [*np.bincount(bins, minlength=len(edges) + 1).tolist(), values.null_count()]
        shares.append([max(count / len(values), _LEAST_SHARE) for count in counts])
    return math.fsum((a - b) * math.log(a / b) for a, b in zip(*shares, strict=True))

"""Tail probabilities feature by feature: which three numbers of a row are the most unusual.

They explain what the forest found; they are not summed into its score, for an ensemble of the two
did not do better than the forest alone (methods 5.1).

Source: Li et al., ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution
Functions, IEEE TKDE 35:12181 (2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.anomaly.features import FEATURES

MOST_NAMED: Final = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tail:
    """A feature with the share of rows, itself among them, that are as far out on its side.

    `side` is "low", "high", or "unknown" where it is unusual that it is not known (`value` None).
    """

    feature: str
    value: float | None
    side: str
    share: float


class Tails:
    """The known values of each feature in the rows that were learned."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._known = {name: rows[name].drop_nulls().sort().to_numpy() for name in FEATURES}
        self._rows = len(rows)

    def most_unusual(self, row: Mapping[str, float | None]) -> tuple[Tail, ...]:
        """The three features with the thinnest tails; of two alike the one that is named first."""
        tails = [self._tail(name, row[name]) for name in FEATURES]
        return tuple(sorted(tails, key=lambda t: t.share)[:MOST_NAMED])

    def _tail(self, name: str, value: float | None) -> Tail:
        known = self._known[name]
        if value is None:
            return Tail(name, None, "unknown", (self._rows - len(known) + 1) / (self._rows + 1))
        low = (int(np.searchsorted(known, value, "right")) + 1) / (len(known) + 1)
        high = (len(known) - int(np.searchsorted(known, value, "left")) + 1) / (len(known) + 1)
        return Tail(name, value, "low", low) if low < high else Tail(name, value, "high", high)


def outlyingness(matrix: Floats) -> Floats:
    """ECOD's score of each row among all of them: the thinner tail of each feature, −ln, summed.

    As pyod has it, where no feature is exactly symmetric (there it adds both tails).

    Parameters
    ----------
    matrix
        (n, features), finite.

    Returns
    -------
    Shape (n,), higher is more unusual.
    """
    total = np.zeros(len(matrix))
    for column in matrix.T:
        ordered = np.sort(column)
        low = np.searchsorted(ordered, column, "right")
        high = len(ordered) - np.searchsorted(ordered, column, "left")
        total -= np.log(np.minimum(low, high) / len(ordered))
    return total


def as_dicts(tails: Sequence[Tail]) -> list[dict[str, object]]:
    """As the parameters of an entry of evidence."""
    return [
        {"feature": t.feature, "value": t.value, "side": t.side, "share": t.share} for t in tails
    ]

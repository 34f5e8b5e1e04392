"""How well a figure is known: Wilson for shares, exact Poisson for counts, and the nights drawn
again (bootstrap), because what goes wrong goes wrong for a whole night at once."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

Float = NDArray[np.float64]

SURE: Final = 0.95
_Z: Final = 1.959963984540054  # of the normal distribution, both sides
DRAWS: Final = 1_000
SEED: Final = 20_261_122

Span = tuple[float | None, float | None]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None is not known.

    `count` of `of` is what it was made from. `low`, `high` are of `method` (`wilson`, `poisson`,
    `drawn` from the figures themselves, or `nights` where there is no closed form); `nights_low`,
    `nights_high` are of the bootstrap over nights, None where there are fewer than two nights.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    count: float | None = None
    of: float | None = None
    nights_low: float | None = None
    nights_high: float | None = None

    def json(self) -> dict[str, Any]:
        """As it is written; six decimals."""
        return {
            k: round(v, 6) if isinstance(v, float) else v
            for k, v in asdict(self).items()
            if v is not None or k in ("value", "low", "high")
        }


def wilson(count: float, of: float) -> Span:
    """Interval of a share, Wilson's score; not known of nothing.

    >>> [round(v, 4) for v in wilson(9, 10)]
    [0.5958, 0.9821]
    >>> wilson(0, 0)
    (None, None)
    """
    if of <= 0:
        return None, None
    share, z2 = count / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: float, over: float) -> Span:
    """Interval of a rate: a count over an exposure, exact.

    >>> [round(v, 4) for v in poisson(90, 1)]
    [72.3706, 110.6253]
    """
    if over <= 0:
        return None, None
    low = 0.0 if count == 0 else float(chi2.ppf((1 - SURE) / 2, 2 * count)) / 2
    high = float(chi2.ppf((1 + SURE) / 2, 2 * count + 2)) / 2
    return low / over, high / over


@lru_cache(maxsize=4)
def drawn_nights(nights: int, draws: int = DRAWS) -> Float:
    """How often each night is drawn, shape (draws, nights): the same for every figure."""
    dice = np.random.Generator(np.random.PCG64(SEED))
    picks = dice.integers(0, nights, size=(draws, nights))
    rows = np.repeat(np.arange(draws), nights)
    flat = np.bincount(rows * nights + picks.ravel(), minlength=draws * nights)
    drawn = flat.reshape(draws, nights).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def spread(values: Float, nights: int) -> Span:
    """The middle 95 % of a figure's values over the draws; draws that know none are left out."""
    known = values[np.isfinite(values)]
    if nights < 2 or len(known) < 2:
        return None, None
    low, high = np.quantile(known, [(1 - SURE) / 2, (1 + SURE) / 2])
    return float(low), float(high)

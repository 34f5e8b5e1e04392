"""Scans of a sensor that numbers nothing: plots in metres, each with its noise, at one time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.fusion.filters import NOT_MEASURED, Bool, Float, Int, Measurements

FARTHEST_M: Final = 1e7  # from the middle of the plane: beyond it there is no place on earth
MOST_VAR_M2: Final = 1e10
_UNIT: Final = 1e-6  # by which the square of a unit vector may miss 1


@dataclass(frozen=True)
class View:
    """The disc in which a sensor would see a target: outside it, nothing seen says nothing."""

    x_m: float
    y_m: float
    range_m: float

    def holds(self, x: Float) -> Bool:
        """Whether states (n, 4) are in view."""
        east, north = x[:, 0] - self.x_m, x[:, 1] - self.y_m
        return np.asarray(east * east + north * north <= self.range_m * self.range_m)


@dataclass(frozen=True)
class Scan:
    """What one turn of a sensor saw.

    Parameters
    ----------
    source
        The sensor's name, for errors.
    t_us
        Observed, microseconds since 1970 UTC.
    xy
        Plots, shape (n, 2): metres east and north in the plane.
    along
        Shape (n, 2): unit vector of the first axis of the noise (from a radar to its plot).
    along_var, across_var
        Shape (n,): m².
    detection
        Probability that a target in view and not hidden gives a plot, between 0 and 1.
    clutter_m2
        Plots of no target, per square metre, above 0.
    view
        None: everything is in view.
    further, extent_m
        Of a target larger than a plot: how many plots of it there are beyond the first, on average,
        and how far they lie from its middle (sigma of each coordinate). 0: a target is a point.
    visible_s, hidden_s
        For how long a target in view can be seen, on average, until something hides it or its echo
        runs into another's, and for how long it is hidden then. 0: nothing is ever hidden.
    """

    source: str
    t_us: int
    xy: Float
    along: Float
    along_var: Float
    across_var: Float
    detection: float
    clutter_m2: float
    view: View | None = None
    further: float = 0.0
    extent_m: float = 0.0
    visible_s: float = math.inf
    hidden_s: float = 0.0

    @staticmethod
    def of(
        source: str, t_us: int, xy: Float, sigma_m: float, detection: float, clutter_m2: float,
        view: View | None = None,
    ) -> Scan:  # fmt: skip
        """A scan whose plots all have the same round noise."""
        along, var = np.zeros((len(xy), 2)), np.full(len(xy), sigma_m * sigma_m)
        along[:, 0] = 1.0
        return Scan(source, t_us, xy, along, var, var, detection, clutter_m2, view)


@dataclass(frozen=True)
class Plots:
    """The plots of a scan that can be used, in an order that is theirs, not their sender's.

    `row` is the place of each in the scan; `refused` counts the others by reason.
    """

    row: Int
    seen: Measurements
    refused: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Int | Bool) -> Plots:
        """Some of them."""
        return Plots(self.row[which], self.seen.take(which))


def usable(scan: Scan, most: int) -> Plots:
    """The plots that are a place in the plane with a noise that can be one; `most` at most.

    Their order is that of their values, so that it does not matter in which they were sent; of
    too many, those stay that come first in it.
    """
    x, y, e, n = (np.asarray(a, np.float64) for a in (*scan.xy.T, *scan.along.T))
    along, across = (np.asarray(a, np.float64) for a in (scan.along_var, scan.across_var))
    order = np.lexsort((n, e, across, along, y, x))
    x, y, e, n, along, across = (column[order] for column in (x, y, e, n, along, across))
    with np.errstate(invalid="ignore", over="ignore"):
        placed = (np.abs(x) <= FARTHEST_M) & (np.abs(y) <= FARTHEST_M)
        noisy = (along > 0) & (along <= MOST_VAR_M2) & (across > 0) & (across <= MOST_VAR_M2)
        noisy &= np.abs(e * e + n * n - 1.0) <= _UNIT
    kept = (placed & noisy).nonzero()[0]
    refused = {
        "no_place": int(np.count_nonzero(~placed)),
        "no_noise": int(np.count_nonzero(placed & ~noisy)),
        "too_many_plots": max(len(kept) - most, 0),
    }
    kept = kept[:most]
    seen = Measurements(
        np.column_stack([x, y])[kept],
        np.column_stack([e, n])[kept],
        along[kept],
        across[kept],
        np.zeros((len(kept), 2)),
        np.full(len(kept), NOT_MEASURED),
        np.full(len(kept), scan.t_us, np.int64),
    )
    return Plots(order[kept].astype(np.int64), seen, refused)

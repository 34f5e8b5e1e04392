"""Which boats are near each other at the same instant, for all instants of a batch at once.

One tree over place and time: instants lie so far apart in it that only fixes of one are near.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from geo.plane import distance_m
from models.events.fix_rows import Rows
from models.events.instants import Float, Int, on_the_globe

MOST_IN_CELL: Final = 30  # boats within one cell of that distance; more are a flood
MOST_VESSELS: Final = 20_000  # of an instant; and, about, rows in one tree


def thinned(rows: Rows, some: Int, near_m: float) -> tuple[Int, int]:
    """Some rows without crowds and floods, and how many of them were left out."""
    if not len(some):
        return some, 0
    _, cell = np.unique(_cells(rows.lon[some], rows.lat[some], near_m), return_inverse=True)
    _, instant = np.unique(rows.clock_s[some], return_inverse=True)
    place = instant * (int(cell.max()) + 1) + cell
    _, crowd, count = np.unique(place, return_inverse=True, return_counts=True)
    fits = count[crowd] <= MOST_IN_CELL
    fit, instant = some[fits], instant[fits]
    fit = fit[np.arange(len(fit)) - np.searchsorted(instant, instant) < MOST_VESSELS]
    return fit, len(some) - len(fit)


def near_pairs(rows: Rows, some: Int, near_m: float) -> tuple[Int, Int, Float]:
    """Rows a < b of one instant within that distance, by (instant, a, b), and the metres between.

    Parameters
    ----------
    some
        The rows that are looked at, rising.
    """
    first = np.searchsorted(rows.clock_s[some], rows.clock_s[some])
    parts = first // MOST_VESSELS  # an instant is never cut
    found = []
    for part in np.unique(parts):
        these = some[parts == part]
        _, instant = np.unique(rows.clock_s[these], return_inverse=True)
        apart_m = 4.0 * near_m * instant[:, None]
        space = on_the_globe(rows.lon[these], rows.lat[these])
        tree = cKDTree(np.concatenate([space, apart_m], axis=1))
        found.append(these[tree.query_pairs(1.05 * near_m, output_type="ndarray")])
    pairs = np.concatenate([*found, np.empty((0, 2), np.int64)])
    a, b = pairs.min(axis=1), pairs.max(axis=1)
    metres = distance_m(rows.lon[a], rows.lat[a], rows.lon[b], rows.lat[b])
    near = np.flatnonzero(metres <= near_m)
    near = near[np.lexsort((b[near], a[near]))]  # rows are by instant
    return a[near], b[near], metres[near]


def _cells(lon: Float, lat: Float, cell_m: float) -> Int:
    """One number for each square of about that size."""
    north = np.floor(lat * (111_000.0 / cell_m))
    wide = np.cos(north * (cell_m / 111_000.0) * (np.pi / 180.0))
    east = np.floor(lon * wide * (111_000.0 / cell_m))
    return np.asarray(north.astype(np.int64) * 2**32 + east.astype(np.int64), np.int64)

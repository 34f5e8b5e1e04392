"""The land as a grid: where roads can run.

The counterpart of `simulate.waters`, in the same cells and of the same type, with land and water
changed over: its distance is from the shore, inland, and its routing cells are dry ones.
"""

from __future__ import annotations

import numpy as np
import shapely
from scipy.ndimage import distance_transform_edt, label

from geo.land import Land
from simulate.dice import Dice
from simulate.waters import CELL_M, COARSE, Float, Waters, land_raster

CLEAR_M = 100.0  # from the shore's own cells: no road comes nearer, but for its last leg
_LEAST_CELLS = 40  # about a square kilometre: smaller islands have no roads
_HILL_CELLS = 4
_HILLS = (1, 1, 1, 2, 2, 3, 5)


def ground(land: Land, waters: Waters) -> Waters:
    """Lay the grid over the same box; routing cells are in islands of a square kilometre or more.

    They are not all connected: there are no bridges, each island has roads of its own.
    """
    rings = []
    for polygon in shapely.get_parts(np.array(land.polygons, object)):
        for ring in shapely.get_rings(polygon):
            lon, lat = shapely.get_coordinates(ring).T
            rings.append(np.stack(land.plane.to_m(lon, lat), axis=1))
    # Rings given twice cancel out inside: what is left are the cells that the shore runs through.
    shore = land_raster([*rings, *rings], waters.origin_m, waters.off_m.shape, CELL_M)
    in_m = distance_transform_edt((waters.off_m == 0.0) & ~shore) * CELL_M
    passable = in_m[::COARSE, ::COARSE] >= CLEAR_M
    parts, _ = label(passable, structure=np.ones((3, 3), np.int64))
    large = np.bincount(parts.ravel()) >= _LEAST_CELLS
    large[0] = False
    return Waters(waters.origin_m, in_m, large[parts])


def hills(shape: tuple[int, int], dice: Dice) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """How dear the routing cells are: blocks of 600 m, so that roads bend around the dear ones."""
    rows, columns = (-(-size // _HILL_CELLS) for size in shape)
    drawn = np.array(_HILLS)[dice.many(0, len(_HILLS) - 1, rows * columns)].reshape(rows, columns)
    large = np.repeat(np.repeat(drawn, _HILL_CELLS, axis=0), _HILL_CELLS, axis=1)
    return np.asarray(large[: shape[0], : shape[1]], np.int64)


def eased(grid: Waters, points: Float, skip: int = 4) -> Float:
    """A path over routing cells as a road: every fourth point where the chord is dry, rounded."""
    keep, here = [0], 0
    while here < len(points) - 1:
        there = min(here + skip, len(points) - 1)
        while there > here + 1 and not grid.clear(points[here], points[there], CELL_M):
            there -= 1
        keep.append(there)
        here = there
    out = points[keep]
    for _ in range(3):
        if len(out) < 3:
            break
        before, corner, after = out[:-2], out[1:-1], out[2:]
        cut = np.stack([corner + 0.25 * (before - corner), corner + 0.25 * (after - corner)], 1)
        out = np.concatenate([out[:1], cut.reshape(-1, 2), out[-1:]])
    return out

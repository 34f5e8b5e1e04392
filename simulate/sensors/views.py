"""Who was before which camera, and when: over all tracks of a night at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from simulate.motion import Track

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_CELL_M = 100.0
_MOST = 6  # cameras that see one spot


@dataclass(frozen=True)
class View:
    """A stay before a camera: indices of the track and of the camera, and seconds.

    `nearest_s` is when it was nearest to the camera, `from_s` and `to_s` when it came and went.
    """

    track: int
    camera: int
    from_s: float
    to_s: float
    nearest_s: float


def views(tracks: Sequence[Track], xy_m: Float, range_m: Float) -> list[View]:
    """Stays within the cameras' ranges, by the tracks' own points.

    Parameters
    ----------
    xy_m, range_m
        Where the cameras are, of shape (n, 2), and how far each sees, of shape (n,).

    Returns
    -------
    In the order of track, time, camera.
    """
    if not tracks or not len(xy_m):
        return []
    t = np.concatenate([track.t_s for track in tracks])
    spots = np.concatenate([track.xy_m for track in tracks])
    owner = np.repeat(np.arange(len(tracks)), [len(track.t_s) for track in tracks])
    near = np.flatnonzero(_about(spots, xy_m, float(range_m.max())))
    if not len(near):
        return []
    _, found = KDTree(xy_m).query(spots[near], k=min(_MOST, len(xy_m)))
    camera = found.ravel().astype(np.int64)
    point = np.repeat(near, len(camera) // len(near))
    gap = spots[point] - xy_m[camera]
    away = np.round(np.sqrt((gap * gap).sum(axis=1)), 1)
    seen = away <= range_m[camera]
    return _runs(t, owner, point[seen], camera[seen], away[seen])


def _about(spots: Float, xy_m: Float, reach_m: float) -> NDArray[np.bool_]:
    """Which spots may be in reach of a camera at all."""
    wide = int(reach_m // _CELL_M) + 1
    cells = np.floor(xy_m / _CELL_M).astype(np.int64)
    low = cells.min(axis=0) - wide
    size = cells.max(axis=0) + wide + 1 - low
    marked = np.zeros(size, np.bool_)
    for column, row in (cells - low).tolist():
        marked[column - wide : column + wide + 1, row - wide : row + wide + 1] = True
    at = np.floor(spots / _CELL_M).astype(np.int64) - low
    inside = ((at >= 0) & (at < size)).all(axis=1)
    at[~inside] = 0
    return np.asarray(inside & marked[at[:, 0], at[:, 1]], np.bool_)


def _runs(t: Float, owner: Int, point: Int, camera: Int, away: Float) -> list[View]:
    """Points that follow one another on a track before one camera are one stay."""
    order = np.lexsort((point, camera))
    point, camera, away = point[order], camera[order], away[order]
    if not len(point):
        return []
    follows = (np.diff(point) == 1) & (np.diff(camera) == 0) & (np.diff(owner[point]) == 0)
    first = np.flatnonzero(np.concatenate([[True], ~follows]))
    last = np.concatenate([first[1:], [len(point)]])
    out = [
        View(
            track=int(owner[point[begin]]),
            camera=int(camera[begin]),
            from_s=float(t[point[begin]]),
            to_s=float(t[point[end - 1]]),
            nearest_s=float(t[point[begin + int(np.argmin(away[begin:end]))]]),
        )
        for begin, end in zip(first.tolist(), last.tolist(), strict=True)
    ]
    return sorted(out, key=lambda view: (view.track, view.from_s, view.camera))

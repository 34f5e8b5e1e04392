"""The picture as a whole, over time: SIAP and changes of identifier, on columns.

Single Integrated Air Picture metrics (Votruba et al. 2001), as Stone Soup defines them: J true
objects, JT of them with a track, N tracks, NA of them of an object, at each instant; sums of these
over time make the figures. What is continuous is counted between neighbouring instants.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simulate.scoring.tracking.sets import CUTOFF_M, matching

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class Siap:
    """Sums; those of several stretches of time add up. Times in seconds.

    Attributes
    ----------
    objects, tracked
        Σ J and Σ JT.
    tracks, assigned
        Σ N and Σ NA.
    error_m, error2_m2
        Σ of the assigned tracks' errors, and of their squares.
    changes
        Σ (NU − 1): pieces of track beyond the first that an object's time needs at least.
    switches
        How often the next piece has another identifier than the one before.
    tracked_s, longest_s, lived_s
        Time with a track; the longest piece of each object; time that there was.
    """

    objects: int = 0
    tracked: int = 0
    tracks: int = 0
    assigned: int = 0
    error_m: float = 0.0
    error2_m2: float = 0.0
    changes: int = 0
    switches: int = 0
    tracked_s: float = 0.0
    longest_s: float = 0.0
    lived_s: float = 0.0

    def __add__(self, other: Siap) -> Siap:
        return Siap(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Siap)))

    @property
    def completeness(self) -> float:
        """Share of the objects' instants that have a track (→ 1)."""
        return _share(self.tracked, self.objects)

    @property
    def ambiguity(self) -> float:
        """Tracks to a tracked object (→ 1)."""
        return _share(self.assigned, self.tracked)

    @property
    def spuriousness(self) -> float:
        """Share of the tracks' instants that are of no object (→ 0)."""
        return _share(self.tracks - self.assigned, self.tracks)

    @property
    def accuracy_m(self) -> float:
        """Mean error of the assigned tracks."""
        return _share(self.error_m, self.assigned)

    @property
    def rmse_m(self) -> float:
        """Root of their mean squared error."""
        return float(np.sqrt(_share(self.error2_m2, self.assigned)))

    @property
    def changes_per_s(self) -> float:
        """Rate of track number changes, a second of tracked time (→ 0)."""
        return _share(self.changes, self.tracked_s)

    @property
    def longest_segment(self) -> float:
        """Share of the objects' time that their longest piece of track covers (→ 1)."""
        return _share(self.longest_s, self.lived_s)


def siap(
    true_s: Float, true_object: Int, found_s: Float, found_track: Int, found_object: Int,
    found_error_m: Float,
) -> Siap:  # fmt: skip
    """SIAP of a picture.

    Parameters
    ----------
    true_s, true_object
        Shape (m,): every object at every instant at which it is there, once.
    found_s, found_track, found_object, found_error_m
        Shape (n,): every track at every instant at which it is there, once; the object it is of,
        −1 where of none or of one that is not there then; how far from it.
    """
    of = np.flatnonzero(found_object >= 0)
    instants = np.unique(np.concatenate([true_s, found_s]))
    steps = np.diff(instants)
    there_at = np.searchsorted(instants, true_s)
    lived = _neighbours(true_object, there_at)
    pieces = _Pieces.of(found_object[of], found_track[of], np.searchsorted(instants, found_s[of]))
    changes, switches, tracked, longest = pieces.followed(instants)
    pairs = np.stack([found_object[of].astype(np.float64), found_s[of]], axis=1)
    return Siap(
        objects=len(true_s),
        tracked=len(np.unique(pairs, axis=0)) if len(of) else 0,
        tracks=len(found_s),
        assigned=len(of),
        error_m=float(found_error_m[of].sum()),
        error2_m2=float((found_error_m[of] ** 2).sum()),
        changes=changes,
        switches=switches,
        tracked_s=tracked,
        longest_s=longest,
        lived_s=float(steps[lived].sum()),
    )


def assigned(
    found_s: Float, found_xy: Float, true_s: Float, true_object: Int, true_xy: Float,
    cutoff: float = CUTOFF_M,
) -> tuple[Int, Float]:  # fmt: skip
    """Whose each track is, by place alone: the best matching of each instant, then what is left
    goes to the nearest object.

    Returns
    -------
    Shape (n,): the object, −1 where none is nearer than `cutoff`; and how far it is, NaN there.
    """
    owner, error = np.full(len(found_s), -1, np.int64), np.full(len(found_s), np.nan)
    by_found, by_true = np.argsort(found_s, kind="stable"), np.argsort(true_s, kind="stable")
    for at_s in np.unique(found_s):
        rows = by_found[
            slice(*np.searchsorted(found_s[by_found], [at_s, np.nextafter(at_s, np.inf)]))
        ]
        there = by_true[
            slice(*np.searchsorted(true_s[by_true], [at_s, np.nextafter(at_s, np.inf)]))
        ]
        i, j, apart = matching(found_xy[rows], true_xy[there], cutoff)
        owner[rows[i]], error[rows[i]] = true_object[there[j]], apart
        for row in np.setdiff1d(rows, rows[i]).tolist() if len(there) else ():
            away = np.sqrt(((true_xy[there] - found_xy[row]) ** 2).sum(axis=1))
            nearest = int(np.argmin(away))
            if away[nearest] < cutoff:
                owner[row], error[row] = true_object[there[nearest]], away[nearest]
    return owner, error


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Pieces of track: an object had a track at all instants from `first` to `last` (indices)."""

    object: Int
    track: Int
    first: Int
    last: Int

    @staticmethod
    def of(object_: Int, track: Int, at: Int) -> _Pieces:
        order = np.lexsort((at, track, object_))
        o, t, a = object_[order], track[order], at[order]
        goes_on = (np.diff(o) == 0) & (np.diff(t) == 0) & (np.diff(a) == 1)
        begins = np.flatnonzero(np.concatenate([[True], ~goes_on]))[: len(o)]
        ends = np.append(begins[1:], len(o))[: len(begins)] - 1
        by = np.lexsort((a[ends], a[begins], o[begins]))
        return _Pieces(o[begins][by], t[begins][by], a[begins][by], a[ends][by])

    def followed(self, instants: Float) -> tuple[int, int, float, float]:
        """Changes, switches, time tracked, and time of the longest pieces, over all objects.

        Method: from each instant without a track yet, the piece that goes on longest is followed.
        """
        changes, switches, tracked_s, longest_s = 0, 0, 0.0, 0.0
        now, before, at, longest = -1, -1, -1, 0.0
        reached_s = 0.0
        rows = np.stack([self.object, self.track, self.first, self.last], axis=1).tolist()
        k = 0
        while k < len(rows):
            owner, _, first, _ = rows[k]
            if owner != now:
                longest_s += longest
                now, before, at, longest, reached_s = owner, -1, -1, 0.0, -np.inf
            at = max(at, first)
            best, track = -1, -1
            while k < len(rows) and rows[k][0] == now and rows[k][2] <= at:
                from_s, to_s = float(instants[rows[k][2]]), float(instants[rows[k][3]])
                longest = max(longest, to_s - from_s)
                tracked_s += max(to_s - max(from_s, reached_s), 0.0)
                reached_s = max(reached_s, to_s)
                if rows[k][3] > best:
                    best, track = rows[k][3], rows[k][1]
                k += 1
            if best >= at:
                changes += before >= 0
                switches += before >= 0 and track != before
                before, at = track, best + 1
        return changes, switches, tracked_s, longest_s + longest


def _neighbours(object_: Int, at: Int) -> Int:
    """Each instant (its index) after which an object is there at the next one too, by object."""
    order = np.lexsort((at, object_))
    o, a = object_[order], at[order]
    return np.asarray(a[:-1][(np.diff(o) == 0) & (np.diff(a) == 1)], np.int64)


def _share(above: float, below: float) -> float:
    return above / below if below else float("nan")

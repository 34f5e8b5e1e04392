"""The rows of an instant into the filters: all ranks of a track's rows over the same arrays.

A radar says several rows of a track within an instant, each of which is a step of its filter. What
does not hang on the filter is worked out for all rows at once; a step takes the first so many
columns, for tracks stand by how many rows they have, those with most first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.settings import FusionSettings
from models.fusion.filters import (
    SECOND_US,
    Estimates,
    Float,
    Int,
    back,
    begin,
    carried,
    corrected,
    moved,
    turn,
    turned,
)
from models.fusion.ground import Ground
from models.fusion.sources import FIRST_SPEED_MS, RESTART, Rows, Sources, agility, measured


@dataclass(frozen=True)
class Groups:
    """Rows that stand in groups one after another, so that each step takes one of each group.

    Attributes
    ----------
    first, last
        The first and the last row of each group, those of the longest group first.
    order
        The rows: the first ones of all groups, then the second ones, and so on.
    sizes
        How many rows each step takes.
    """

    first: Int
    last: Int
    order: Int
    sizes: list[int]

    @staticmethod
    def of(begins: Int, n: int, least: int = 1) -> Groups:
        """Groups that begin at `begins`, without those of fewer than `least` rows."""
        count = np.empty(len(begins), np.int64)
        count[:-1] = begins[1:] - begins[:-1]
        count[-1:] = n - begins[-1:]
        if least > 1:
            many = (count >= least).nonzero()[0]
            begins, count = begins[many], count[many]
        longest = np.argsort(-count, kind="stable")
        begins, count = begins[longest], count[longest]
        steps, sizes = [], []
        size = len(begins)
        for k in range(int(count[0]) if size else 0):
            while count[size - 1] <= k:
                size = int((count > k).nonzero()[0][-1]) + 1
            steps.append(begins[:size] + k)
            sizes.append(size)
        order = np.concatenate(steps) if steps else begins
        return Groups(begins, begins + count - 1, order, sizes)


def take(sources: Sources, at: Int, rows: Rows, ground: Ground, settings: FusionSettings) -> None:
    """Take rows of the tracks `at`, by track and time; those that are not newer are left out."""
    newer = rows.t_us > sources.places.t_us[at]
    if not newer.all():
        at, rows = at[newer], rows.at(newer)
    if not len(at):
        return
    begins = np.concatenate([[True], at[1:] != at[:-1]]).nonzero()[0]
    was_us, was_stopped = np.empty_like(rows.t_us), np.empty_like(rows.stopped)
    was_us[1:], was_stopped[1:] = rows.t_us[:-1], rows.stopped[:-1]
    was_us[begins] = sources.places.t_us[at[begins]]
    was_stopped[begins] = sources["stopped"][at[begins]]
    groups = Groups.of(begins, len(at))
    order, mine = groups.order, at[groups.first]
    rows, since_us, lying = rows.at(order), (rows.t_us - was_us)[order], was_stopped[order]
    lying &= rows.stopped
    seen = measured(rows, since_us, ground, settings)
    motion = moved(since_us / SECOND_US, *agility(lying, settings))
    noise = turn(turned(seen.along, seen.along_var, seen.across_var))
    held = sources.places.take(mine)
    x, p = held.x.T, turn(held.p)
    count = sources["rows"][mine]
    low = 0
    for n in groups.sizes:
        now = slice(low, low + n)
        ahead, grown = carried(x[:, :n], p[:, :, :n], tuple(part[now] for part in motion))  # type: ignore[arg-type]
        fresh, step = rows.fresh[now], seen.part(now)
        again = fresh | (_apart(ahead, grown, step.xy, noise[:, :, now]) > RESTART)
        corrected(ahead, grown, step)
        x[:, :n], p[:, :, :n] = ahead, grown
        restart = again.nonzero()[0]
        if len(restart):
            anew = begin(step.take(restart), FIRST_SPEED_MS)
            x[:, restart], p[:, :, restart] = anew.x.T, turn(anew.p)
        count[:n] = np.where(fresh, 1, count[:n] + 1)
        low += n
    # In the order of `order`, the last row of a group of k stands k-1 steps down.
    back_ = np.empty(len(order), np.int64)
    back_[order] = np.arange(len(order))
    newest = back_[groups.last]
    sources.places.put(mine, Estimates(x.T, back(p), rows.t_us[newest]))
    sources["rows"][mine] = count
    for name in ("stopped", "bias_var"):
        sources[name][mine] = getattr(rows, name)[newest]
    sources["seen_s"][mine] = rows.instant_s[newest]


def _apart(x: Float, p: Float, xy: Float, noise: Float) -> Float:
    """Squared Mahalanobis distances (n,) of places (n, 2) from `x` (4, n)."""
    z0, z1 = xy[:, 0] - x[0], xy[:, 1] - x[1]
    a, b, d = p[0, 0] + noise[0, 0], p[1, 0] + noise[1, 0], p[1, 1] + noise[1, 1]
    by = b / a
    z1 = z1 - by * z0
    return np.asarray(z0 * z0 / a + z1 * z1 / (d - by * b), np.float64)

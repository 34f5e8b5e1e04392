"""The rule that a plan has to beat, and what a set of windows really meets.

The rule: every pier from two hours before to two hours after the night's high water (the joint
patrol of the Xiangshan paper). No county has the teams for that, so the same team-hours go round:
window after window about high water, pier after pier in a fixed order, night after night. Nothing
is taken off for the way between piers, and nothing of it is secret: the rule gets more than a real
one would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from core.times import SECOND_US, unix_us
from geo.plane import distance_m
from geo.site import Site
from models.outlook.patrol import NEAR_M, Duty, Plan, Window
from models.outlook.risk_hours import HOUR_US

#: True landings: where and when they lay at the shore.
LANDED: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the pier table; null: at no pier
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),
    }
)


def fixed_rule(
    site: Site, night_from_us: int, duty: Duty, number: int, piers: Sequence[int] | None = None
) -> tuple[Window, ...]:
    """The rule's windows of a night, as many and as long as the duty's.

    Parameters
    ----------
    night_from_us
        Its noon.
    number
        Of the night, from 0: where the round has come to.
    piers
        The round; None: all piers of the site, in the register's order.
    """
    round_ = list(range(len(site.piers))) if piers is None else list(piers)
    if not round_:
        return ()
    table = site.piers.table
    length_us = duty.window_min * 60 * SECOND_US
    begin = _high_water_us(site, night_from_us) - duty.windows_each * length_us // 2
    made = []
    for k in range(duty.teams * duty.windows_each):
        slot, team = divmod(k, duty.teams)
        pier = round_[(number * duty.teams * duty.windows_each + k) % len(round_)]
        from_us = begin + slot * length_us
        spot = float(table["lon"][pier]), float(table["lat"][pier])
        made.append(Window(team, from_us, from_us + length_us, pier, None, *spot))
    return tuple(sorted(made, key=lambda w: (w.team, w.from_us)))


def _high_water_us(site: Site, night_from_us: int) -> int:
    """The high water nearest to one in the morning; that hour itself where there is no tide."""
    middle_us = night_from_us + 13 * HOUR_US
    if site.tide is None:
        return middle_us
    middle = datetime.fromtimestamp(middle_us // SECOND_US, UTC)
    peaks = site.tide.high_waters(middle - timedelta(hours=13), middle + timedelta(hours=13))
    return min(
        (unix_us(at) for at, _ in peaks), key=lambda us: abs(us - middle_us), default=middle_us
    )


def met(windows: Iterable[Window], landings: pl.DataFrame) -> frozenset[int]:
    """Rows of LANDED that some window meets: the stay overlaps it, at its pier or within 300 m."""
    lon, lat = (landings[name].to_numpy() for name in ("lon", "lat"))
    from_us, to_us = (landings[name].to_numpy() for name in ("from_us", "to_us"))
    pier = landings["pier"].fill_null(-1).to_numpy()
    found: set[int] = set()
    for window in windows:
        while_there = (from_us < window.to_us) & (to_us > window.from_us)
        if window.lon is None or window.lat is None or not while_there.any():
            continue
        there = distance_m(window.lon, window.lat, lon, lat) <= NEAR_M
        if window.pier is not None:
            there |= pier == window.pier
        found.update(np.flatnonzero(there & while_there).tolist())
    return frozenset(found)


@dataclass(frozen=True)
class Met:
    """What windows met over some nights."""

    nights: int
    landings: int
    met: int
    met_by_secret: int  # by a window of the lot, whatever else met it
    team_hours: float

    @property
    def share(self) -> float | None:
        """Of the true landings; None of nothing."""
        return self.met / self.landings if self.landings else None


def tally(nights: Iterable[tuple[Sequence[Window], pl.DataFrame]]) -> Met:
    """True landings met: each night's windows, and its LANDED.

    To compare plans, give both the same nights and see that their team-hours are the same.
    """
    count, landings, found, by_lot, hours = 0, 0, 0, 0, 0
    for windows, landed in nights:
        count += 1
        landings += len(landed)
        found += len(met(windows, landed))
        by_lot += len(met([w for w in windows if w.secret], landed))
        hours += sum(w.to_us - w.from_us for w in windows)
    return Met(count, landings, found, by_lot, hours / HOUR_US)


def landings_by_lot(
    nights: Iterable[tuple[Plan, pl.DataFrame]], shore: pl.DataFrame
) -> float | None:
    """Landings a night in the hours of the shift, known or not, from what secret windows met alone.

    Each drawn window met a landing with a chance that is known, the share of segments within 300 m
    of it times the share of starts that overlap its stay; one that was met stands for 1 / chance
    (Horvitz & Thompson 1952). Unbiased for landings within 300 m of some segment, and wide: a
    window is one segment of hundreds.

    Parameters
    ----------
    nights
        Each night's plan, and LANDED with at least what its secret windows met.
    shore
        The segments that were drawn among.

    Returns
    -------
    None where no window was drawn.
    """
    lon, lat = (shore[name].to_numpy() for name in ("lon", "lat"))
    windows, total = 0, 0.0
    for plan, landed in nights:
        starts = np.array(plan.starts_us, np.int64)
        for window in plan.windows:
            if not window.secret:
                continue
            windows += 1
            length_us = window.to_us - window.from_us
            for i in sorted(met([window], landed)):
                row = landed.row(i, named=True)
                near = distance_m(row["lon"], row["lat"], lon, lat) <= NEAR_M
                while_there = (starts < row["to_us"]) & (starts + length_us > row["from_us"])
                total += near.size * starts.size / (int(near.sum()) * int(while_there.sum()))
    return total / windows if windows else None

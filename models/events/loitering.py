"""Loitering: a boat lies or drifts near the shore where boats have no place of their own.

Two definitions (methods 1.1, standards): *inshore*, our own: under 2 kn for 30 min within 3 km of
the shore, away from piers and from the anchorages and farms that are mapped. *gfw*, that of Global
Fishing Watch: whole hours in a row, two or more, whose mean speed is under 2 kn, 20 nautical miles
or more from the shore. A run of instants knows no day: midnight cuts none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from core.settings import EventSettings
from geo.piers import Piers
from geo.plane import NAUTICAL_MILE_M
from geo.site import Site
from models.events.fix_rows import Rows, lies_clear_where
from models.events.instants import (
    GONE_S,
    Bool,
    Float,
    Grounds,
    Instant,
    Int,
    Roster,
    beyond,
    blank,
    dark,
    exempt,
    newer,
    said,
    sensors,
    us,
)
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput

KIND: Final = "loitering"
HOUR_S: Final = 3600
#: GFW: mean speed, hours in a row, distance from the shore; and how many instants make an hour.
HOUR_KN, HOURS_S, HOUR_SHORE_M, HOUR_LEAST = 2.0, 2 * HOUR_S, 20 * NAUTICAL_MILE_M, 6
#: What a vessel is remembered for after its last fix: longer than any pause and an hour.
MEMORY_S: Final = GONE_S + 2 * HOUR_S

VESSEL: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "seen_s": pl.Int64(),
        "asked_lon": pl.Float64(),
        "asked_lat": pl.Float64(),
        "clear": pl.Boolean(),  # boats have no place of their own there
        "from_s": pl.Int64(),  # of the run; -1: none
        "last_s": pl.Int64(),
        "told": pl.Boolean(),
        "lon": pl.Float64(),  # where it began
        "lat": pl.Float64(),
        "heard": pl.Int64(),
        "dark": pl.Boolean(),
        "target": pl.String(),
        "hour_s": pl.Int64(),  # that is being counted; -1: none
        "count": pl.Int64(),
        "speed_sum": pl.Int64(),  # of 0.01 kn: whole numbers add up the same in any order
    }
)


@dataclass(frozen=True)
class State:
    """Vessels that live, and since when they loiter."""

    until_s: int = 0
    vessels: pl.DataFrame = field(default_factory=lambda: empty(VESSEL))

    @staticmethod
    def initial() -> State:
        """Nothing seen yet."""
        return State()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {"clock": pl.DataFrame({"until_s": [self.until_s]}), "vessels": self.vessels}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> State:
        """As `frames` gave it."""
        return State(int(frames["clock"].item()), frames["vessels"])


def advance(
    state: State,
    _tracks: TrackOutput | None,
    fused: FusionOutput,
    until_s: int,
    site: Site,
    settings: EventSettings,
    *,
    labels: Collection[str] = (),
    zones: Piers | None = None,
) -> tuple[State, pl.DataFrame]:
    """Take the instants up to tick `until_s`.

    Parameters
    ----------
    labels
        Targets that are no boats: gear beacons, fixed echoes.
    zones
        Anchorages and farms, where boats lie; the site's piers are known.

    Returns
    -------
    The state, and `HAPPENING` of kind `loitering`: began (the tick at which it had lasted long
    enough), ended. Only what radar alone sees has a level. Without the site's land nothing is said.
    """
    left_out = exempt(site.vessels) | frozenset(labels)
    fixes = newer(fused.fixes, state.until_s, until_s, left_out=left_out)
    roster = Roster.of(state.vessels["vessel"], fixes["vessel"])
    watch = _Watch(state.vessels, roster, site, zones, settings)
    watch.take(Rows.of(fixes, roster))
    watch.expire(until_s)
    return State(until_s, watch.vessels(until_s)), said(watch.happened)


class _Watch:
    """The state as arrays while a batch is taken."""

    def __init__(
        self,
        kept: pl.DataFrame,
        roster: Roster,
        site: Site,
        zones: Piers | None,
        settings: EventSettings,
    ) -> None:
        self._roster, self._site, self._zones, self._settings = roster, site, zones, settings
        self._hours = settings.loitering == "gfw"
        who = roster.numbers(kept["vessel"])
        self._of: dict[str, NDArray[Any]] = {}
        for name, dtype in VESSEL.items():
            if name != "vessel":
                column = blank(len(roster), dtype)
                column[who] = kept[name].to_numpy()
                self._of[name] = column
        new = np.ones(len(roster), bool)
        new[who] = False
        self._forget(np.flatnonzero(new))
        of = self._of
        of["seen_s"][new], of["asked_lon"][new] = -MEMORY_S, np.nan
        self._grounds = Grounds(of["asked_lon"], of["asked_lat"], of["clear"])
        self._clear = of["clear"].copy()  # at the instant that is taken
        self.happened: list[dict[str, object]] = []

    def _forget(self, who: Int) -> None:
        """All but where it was asked and seen: these are known of the whole batch beforehand."""
        for name, column in self._of.items():
            if name not in ("seen_s", "asked_lon", "asked_lat", "clear"):
                column[who] = -1 if name in ("from_s", "hour_s") else blank(1, VESSEL[name])[0]

    def take(self, rows: Rows) -> None:
        """The fixes of a batch: what matters of it is taken instant by instant."""
        seen = np.ones(len(rows), bool)
        before_s = rows.seen_before_s(self._of["seen_s"], seen)
        new = rows.clock_s - before_s >= MEMORY_S
        asked = ~rows.coasting
        if self._hours:
            asked &= np.isfinite(rows.speed_kn)
        else:
            asked &= rows.speed_kn < self._settings.loitering_kn
        clear = lies_clear_where(rows, self._grounds, asked, new, self._ask)
        wanted = ~rows.coasting if self._hours else clear
        kept = np.flatnonzero(wanted | new)
        some = rows.take(kept)
        wanted, new, clear = wanted[kept], new[kept], clear[kept]
        for at, (begin, end) in zip(some.instants(), some.spans(), strict=True):
            self.expire(at.clock_s)
            if new[begin:end].any():
                self._forget(at.who[new[begin:end]])
            rest = wanted[begin:end]
            if self._hours:
                self._count(at.take(rest), clear[begin:end][rest])
            elif rest.all():
                self._lie(at)
            elif rest.any():
                self._lie(at.take(rest))

    def _ask(self, lon: Float, lat: Float) -> Bool:
        land, rule = self._site.land, self._settings
        if land is None:
            return np.zeros(len(lon), bool)
        if self._hours:
            return land.distance_m(lon, lat) >= HOUR_SHORE_M
        out = beyond(self._site.piers, lon, lat, rule.loitering_clear_m)
        out &= beyond(self._zones, lon, lat, 1.0)
        out[out] = land.distance_m(lon[out], lat[out]) <= rule.loitering_shore_m
        return out

    def _lie(self, lies: Instant) -> None:
        """Boats that lie where they have no place of their own."""
        of = self._of
        new = of["from_s"][lies.who] < 0
        if new.any():
            self._begin(lies.take(new), lies.clock_s)
        of["last_s"][lies.who] = lies.clock_s
        of["heard"][lies.who] |= lies.heard
        self._tell(lies.who, lies.clock_s, self._settings.loitering_min_s, lies)

    def _begin(self, at: Instant, from_s: int) -> None:
        of = self._of
        of["from_s"][at.who] = from_s
        of["heard"][at.who] = 0
        of["lon"][at.who], of["lat"][at.who] = np.round(at.lon, 6), np.round(at.lat, 6)
        of["target"][at.who], of["dark"][at.who] = at.target, dark(at.members)

    def _tell(self, who: Int, tick_s: int, least_s: int, at: Instant | None = None) -> None:
        of = self._of
        due = (tick_s - of["from_s"][who] >= least_s) & ~of["told"][who]
        if not due.any():
            return
        if at is not None:  # who speaks for it, at the tick at which it is told
            of["target"][who[due]] = at.target[due]
            of["dark"][who[due]] = dark(at.members[due])
        for one in who[due]:
            of["told"][one] = True
            self.happened.append(self._happening(int(one), tick_s, "began"))

    def _count(self, at: Instant, clear: Bool) -> None:
        """Take an instant into the hour."""
        of, hour_s = self._of, at.clock_s // HOUR_S * HOUR_S
        new = at.who[of["hour_s"][at.who] != hour_s]
        of["hour_s"][new] = hour_s
        of["count"][new] = of["speed_sum"][new] = 0
        known = np.isfinite(at.speed_kn)
        timed = at.take(known)
        self._clear[timed.who] = clear[known]
        hundredths = np.rint(np.minimum(timed.speed_kn, 1e4) * 100).astype(np.int64)
        of["count"][timed.who] += 1
        of["speed_sum"][timed.who] += hundredths
        rests = timed.take(of["from_s"][timed.who] < 0)
        of["lon"][rests.who], of["lat"][rests.who] = np.round(rests.lon, 6), np.round(rests.lat, 6)
        of["target"][rests.who], of["dark"][rests.who] = rests.target, dark(rests.members)
        of["heard"][timed.who] |= timed.heard

    def expire(self, tick_s: int) -> None:
        """Close hours that are over, and end what was not so for longer than it may pause."""
        of = self._of
        if self._hours:
            for hour_s in np.unique(of["hour_s"][of["hour_s"] >= 0]):
                if hour_s + HOUR_S <= tick_s:
                    self._close_hour(int(hour_s))
        pause_s = HOUR_S - 1 if self._hours else self._settings.motion_gap_s
        self._end(np.flatnonzero((of["from_s"] >= 0) & (of["last_s"] + pause_s < tick_s)), pause_s)

    def _close_hour(self, hour_s: int) -> None:
        of = self._of
        who = np.flatnonzero(of["hour_s"] == hour_s)
        of["hour_s"][who] = -1
        slow = of["speed_sum"][who] < HOUR_KN * 100 * of["count"][who]
        slow &= (of["count"][who] >= HOUR_LEAST) & self._clear[who]
        who = who[slow]
        broken: Bool = (of["from_s"][who] >= 0) & (of["last_s"][who] != hour_s)
        self._end(who[broken], HOUR_S - 1)
        of["from_s"][who[of["from_s"][who] < 0]] = hour_s
        of["last_s"][who] = hour_s + HOUR_S
        self._tell(who, hour_s + HOUR_S, HOURS_S)

    def _end(self, who: Int, pause_s: int) -> None:
        if not len(who):
            return
        of = self._of
        for one in who[of["told"][who]]:
            clock_s = int(of["last_s"][one]) + pause_s + 1
            self.happened.append(self._happening(int(one), clock_s, "ended"))
        of["from_s"][who] = -1
        of["told"][who] = False

    def _happening(self, who: int, clock_s: int, phase: str) -> dict[str, object]:
        one = {name: column[who] for name, column in self._of.items()}
        target, unseen = str(one["target"]), bool(one["dark"])
        from_s, last_s = int(one["from_s"]), int(one["last_s"])
        level = "watch" if unseen and not self._hours else None
        detail = {
            "dark": unseen,
            "definition": self._settings.loitering,
            "minutes": round((last_s - from_s) / 60, 1),
        }
        return {
            "kind": KIND,
            "matter": target,
            "clock_s": clock_s,
            "phase": phase,
            "targets": [target],
            "track": target,
            "from_us": us(from_s),
            "to_us": None if phase == "began" else us(last_s),
            "lon": float(one["lon"]),
            "lat": float(one["lat"]),
            "pier": None,
            "level": level,
            "nats": self._settings.loitering_nats if level else 0.0,
            "detail": json.dumps(detail, sort_keys=True),
            "sources": sensors(int(one["heard"])),
        }

    def vessels(self, until_s: int) -> pl.DataFrame:
        """What is remembered."""
        live = np.flatnonzero(self._of["seen_s"] > until_s - MEMORY_S)
        columns = {name: column[live] for name, column in self._of.items()}
        return pl.DataFrame({"vessel": self._roster.names[live], **columns}, schema=VESSEL)

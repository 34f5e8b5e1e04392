"""Scout: a boat with its AIS on goes ahead, along the way that a dark boat then takes to a pier.

Methods 1.6: of the last 15 km of a dark boat's way, 60 % or more lie within 500 m of where another
had gone 10 to 120 minutes before; that one does not unload there itself. Many boats go the same way
by habit, so the null is what is remembered of the ways that boats took to the piers around on other
nights (and at other hours): p is the share of them that lie as close. A scout is said where p is
0.01 or less, or where the same boat has gone ahead of a dark one on two nights, each time closer
than nine in ten of those ways.

A scout raises the piers around it for a day (`raised`) and never lowers any, whatever is found
aboard: while it is dealt with, the real landing happens elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import EventSettings
from core.times import utc_text
from geo.plane import distance_m
from geo.site import Site
from models.events.co_movement import Match, Path, along, p_value
from models.events.fix_rows import Rows
from models.events.going import path_points
from models.events.instants import (
    GONE_S,
    Bool,
    Float,
    Int,
    Roster,
    blank,
    exempt,
    newer,
    said,
    sensors,
    us,
)
from models.events.scout_memory import LED, NIGHT, VESSEL, WAY, Points, State
from models.fusion.schema import AIS, BEIDOU, FusionOutput
from models.tracks.fold import TrackOutput

__all__ = ["KIND", "State", "advance", "raised"]

KIND: Final = "scout"
POINT_M, POINT_S = 250.0, 600  # a path has a point so often
PATH_S: Final = 4 * 3600  # of a boat's path: an approach, and the scout's two hours before it
QUIET_S: Final = 600  # transponders unheard for so long under way: dark (methods 1.1)
STILL_KN: Final = 1.0  # a stop's end on radar (methods 1.1)
AT_PIER_M: Final = 300.0  # the pier that it lies at, or that a scout looks in at
LEAST_WAY_M: Final = 5000.0  # a shorter way says nothing
DARK_SHARE: Final = 0.5  # of its way, for a boat to count as dark or late with its AIS
AROUND_M: Final = 15_000.0  # surrogates end at piers that near
REPEATED: Final = 0.1  # of the surrogates may be as close on a night that counts as repeated
MOST_POINTS: Final = 400_000
MOST_WAYS: Final = 3000


def raised(state: State, tick_s: int, site: Site, settings: EventSettings) -> Float:
    """Nats by which scouts raise each pier of the site at a tick; never below 0, never twice."""
    nats = np.zeros(len(site.piers))
    lon, lat = (site.piers.table[name].to_numpy() for name in ("lon", "lat"))
    for pier in state.led.filter(pl.col("until_s") > tick_s)["pier"].unique():
        near = distance_m(lon[pier], lat[pier], lon, lat) <= settings.scout_reach_m
        nats[near] = settings.scout_nats
    return nats


def advance(
    state: State,
    _tracks: TrackOutput | None,
    fused: FusionOutput,
    until_s: int,
    site: Site,
    settings: EventSettings,
    *,
    labels: Collection[str] = (),
) -> tuple[State, pl.DataFrame]:
    """Take the instants up to tick `until_s`; paths are compared every `scout_step_s`.

    Returns
    -------
    The state, and `HAPPENING` of kind `scout`: each is a fact when it is said, so there is one row,
    `ended`, from when the scout went ahead until the dark boat lay at the `pier`.
    """
    left_out = exempt(site.vessels) | frozenset(labels)
    fixes = newer(fused.fixes, state.until_s, until_s, left_out=left_out)
    roster = Roster.of(state.vessels["vessel"], state.points["vessel"], fixes["vessel"])
    watch = _Watch(state, roster, site, settings)
    watch.take(Rows.of(fixes, roster))
    return watch.state(until_s), said(watch.happened)


class _Watch:
    """The state as arrays while a batch is taken; ways and nights as frames."""

    def __init__(self, state: State, roster: Roster, site: Site, settings: EventSettings) -> None:
        self._roster, self._site, self._settings = roster, site, settings
        self._zone = ZoneInfo(site.timezone)
        who = roster.numbers(state.vessels["vessel"])
        self._of: dict[str, NDArray[Any]] = {}
        for name, dtype in VESSEL.items():
            if name != "vessel":
                self._of[name] = blank(len(roster), dtype)
                self._of[name][who] = state.vessels[name].to_numpy()
        new = np.ones(len(roster), bool)
        new[who] = False
        for name in ("seen_s", "vocal_s", "point_s"):
            self._of[name][new] = -PATH_S
        self._of["lon"][new] = np.nan
        self._points = Points.of(state.points, roster)
        self._ways, self._nights, self._led = state.ways, state.nights, state.led
        self._fresh: list[pl.DataFrame] = []  # ways since the last pruning
        self._left_out = state.left_out
        self.happened: list[dict[str, object]] = []

    def take(self, rows: Rows) -> None:
        """The fixes of a batch: the paths grow; now and then they are compared."""
        looks = np.unique(rows.clock_s[self._looked_at(rows)]).tolist()
        heard = ~rows.coasting
        gone = rows.clock_s - rows.seen_before_s(self._of["seen_s"].copy(), heard) >= GONE_S
        vocal_s = self._vocal_s(rows, gone)
        anew = (rows.last(gone) > rows.before(heard))[heard]
        rows, vocal_s = rows.take(heard), vocal_s[heard]
        lies = self._lies(rows)
        grown, comes = self._paths(rows, lies, anew)
        still_s = self._still_s(rows, grown, anew)
        self._grow(rows.take(grown), still_s[grown], vocal_s[grown])
        fresh = True  # whether ways may have been remembered since they were pruned
        for tick_s in looks:
            self._left_out += self._points.forget(tick_s, PATH_S, MOST_POINTS)
            begin, end = np.searchsorted(rows.clock_s, [tick_s, tick_s + 1])
            arrived = begin + np.flatnonzero(comes[begin:end])
            if fresh or len(arrived) or tick_s == looks[-1]:
                self._prune(tick_s)
            fresh = bool(len(arrived))
            for row in arrived.tolist():
                self._arrive(rows, row, int(lies[row]))

    def _looked_at(self, rows: Rows) -> Bool:
        return np.asarray(rows.clock_s % self._settings.scout_step_s == 0, bool)

    def _vocal_s(self, rows: Rows, gone: Bool) -> Int:
        """When a transponder of each row's vessel was last heard."""
        vocal = (rows.heard & (AIS | BEIDOU)) > 0
        at = rows.last(vocal | gone)
        then_s = np.where(vocal, rows.clock_s, -PATH_S)
        found = np.where(at >= 0, then_s[at], self._of["vocal_s"][rows.who])
        end = rows.final(np.ones(len(rows), bool))
        self._of["vocal_s"][rows.who[end]] = found[end]
        return np.asarray(found, np.int64)

    def _lies(self, rows: Rows) -> Int:
        """The pier at which a boat lies when it is looked at; -1 where it does not."""
        lies = np.full(len(rows), -1, np.int64)
        still = np.flatnonzero(self._looked_at(rows) & (rows.speed_kn < STILL_KN))
        lies[still], _ = self._site.piers.nearest(rows.lon[still], rows.lat[still], AT_PIER_M)
        return lies

    def _paths(self, rows: Rows, lies: Int, anew: Bool) -> tuple[Bool, Bool]:
        """Rows that are points of their boat's path, and those at which it came to a pier."""
        of = self._of
        held = (of["lon"], of["lat"], of["point_s"], of["arrived"])
        rules = (POINT_M, POINT_S, self._settings.scout_step_s, -PATH_S)
        place = (rows.lon, rows.lat)
        return path_points(rows.who, rows.clock_s, place, anew, lies >= 0, held, rules)

    def _still_s(self, rows: Rows, grown: Bool, anew: Bool) -> Int:
        """How long each row's boat lay still since its path's last point before."""
        before_s = rows.seen_before_s(self._of["seen_s"], np.ones(len(rows), bool))
        lay_s = np.where(anew, POINT_S, np.minimum(rows.clock_s - before_s, POINT_S))
        lay_s = np.where(rows.speed_kn < STILL_KN, lay_s, 0)
        sum_s = rows.summed(lay_s)
        point, begun = rows.before(grown), rows.last(anew)
        base_s = np.where(point >= 0, sum_s[point], -self._of["still_s"][rows.who])
        base_s = np.where(begun > point, sum_s[begun] - lay_s[begun], base_s)
        still_s = np.asarray(sum_s - base_s, np.int64)
        end = rows.final(np.ones(len(rows), bool))
        self._of["still_s"][rows.who[end]] = np.where(grown[end], 0, still_s[end])
        return still_s

    def _grow(self, rows: Rows, still_s: Int, vocal_s: Int) -> None:
        dark = rows.clock_s - vocal_s > QUIET_S
        place = np.round(rows.lon, 6), np.round(rows.lat, 6)
        self._points.add((rows.who, rows.target, rows.clock_s, *place, still_s, dark))

    def _prune(self, tick_s: int) -> None:
        """Bound what is remembered of ways, nights and leads at a tick of looking."""
        since_s = tick_s - self._settings.scout_memory_nights * 86_400
        ways = _after(pl.concat([self._ways, *self._fresh]), "arrived_s", since_s)
        while len(ways) > MOST_WAYS:
            kept = ways.select("arrived_s", "target").unique()
            if len(kept) <= MOST_WAYS:
                break
            self._left_out += 1
            ways = ways.filter(pl.col("arrived_s") > kept["arrived_s"].min())
        self._ways, self._fresh = ways, []
        self._nights = _after(self._nights, "clock_s", since_s)
        self._led = _after(self._led, "until_s", tick_s)

    def _arrive(self, at: Rows, row: int, pier: int) -> None:
        """A boat came to lie at a pier: who went ahead of it?"""
        mine = self._points.here(self._points.who == at.who[row])
        path = mine.path()
        if path.back(LEAST_WAY_M) <= 0:
            return
        first = path.back(self._settings.scout_corridor_m)
        way = path.last(self._settings.scout_corridor_m)
        if len(way.t_s) < 2:
            return
        target, dark = str(at.target[row]), mine.dark[first:]
        if int(dark.sum()) >= DARK_SHARE * len(dark):
            surrogates: list[tuple[Match, int, str]] | None = None
            for scout, match in self._ahead(int(at.who[row]), way, pier):
                surrogates = self._surrogates(way, pier) if surrogates is None else surrogates
                self._judge(at, row, pier, scout, match, surrogates)
        kept = (np.arange(len(way.t_s)) % 2 == 0) | (way.t_s == way.t_s[-1])
        columns = {
            "arrived_s": int(at.clock_s[row]),
            "target": target,
            "pier": pier,
            "clock_s": way.t_s[kept],
            "lon": way.lon[kept],
            "lat": way.lat[kept],
        }
        self._fresh.append(pl.DataFrame(columns, schema=WAY))

    def _ahead(self, who: int, way: Path, pier: int) -> list[tuple[str, Match]]:
        """Boats with their AIS on that went the way before, and did not unload there."""
        rule, points = self._settings, self._points
        reach = rule.scout_m / 50_000.0  # degrees, ample below 60° of latitude
        since_s = int(way.t_s[0]) - rule.scout_lag_to_s - POINT_S
        others = points.here((points.who != who) & ~points.dark & (points.clock_s >= since_s))
        near = np.ones(len(others.who), bool)
        for place, side in ((others.lon, way.lon), (others.lat, way.lat)):
            near &= (place >= side.min() - reach) & (place <= side.max() + reach)
        spot = self._site.piers.table.row(pier, named=True)
        found = []
        for name in np.unique(others.who[near]):
            theirs = others.take(others.who == name)
            match = along(way, theirs.path(), rule.scout_m)
            if match is None or match.share < rule.scout_share:
                continue
            if not rule.scout_lag_from_s <= match.lag_s <= rule.scout_lag_to_s:
                continue
            away_m = distance_m(spot["lon"], spot["lat"], theirs.lon, theirs.lat)
            if int(theirs.still_s[away_m <= AT_PIER_M + POINT_M].sum()) < rule.scout_stop_s:
                found.append((str(theirs.target[-1]), match))
        return found

    def _surrogates(self, way: Path, pier: int) -> list[tuple[Match, int, str]]:
        """How other ways to the piers around lie along this one, with their times and boats."""
        table = self._site.piers.table
        lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
        around = np.flatnonzero(distance_m(lon[pier], lat[pier], lon, lat) <= AROUND_M)
        some = pl.concat([self._ways, *self._fresh]).filter(pl.col("pier").is_in(around.tolist()))
        nowhere = Match(0.0, -1, 2**62, 0)
        return [
            (along(way, Path.of(one), self._settings.scout_m) or nowhere, arrived_s, target)
            for (arrived_s, target), one in some.group_by(
                "arrived_s", "target", maintain_order=True
            )
        ]

    def _judge(
        self,
        at: Rows,
        row: int,
        pier: int,
        target: str,
        match: Match,
        surrogates: list[tuple[Match, int, str]],
    ) -> None:
        rule, tick_s = self._settings, int(at.clock_s[row])
        night = self._night(tick_s)
        null = self._null(surrogates, target, night)
        better = sum(other.apart_m <= match.apart_m for other in null)
        p = p_value(better, len(null))
        follower = str(at.target[row])
        if better <= REPEATED * len(null):
            noted = [[target, follower, night, tick_s]]
            new = pl.DataFrame(noted, schema=NIGHT, orient="row")
            self._nights = pl.concat([self._nights, new])
        nights = self._nights.filter(pl.col("target") == target)["night"].n_unique()
        if p > rule.scout_p and nights < rule.scout_nights:
            return
        until_s = tick_s + rule.scout_lasts_s
        new = pl.DataFrame([[pier, until_s]], schema=LED, orient="row")
        self._led = pl.concat([self._led, new])
        detail = {
            "follower": follower,
            "lag_min": round(match.lag_s / 60, 1),
            "nights": nights,
            "p": p,
            "raises": {
                "m": rule.scout_reach_m,
                "nats": rule.scout_nats,
                "until": utc_text(us(until_s)),
            },
            "share": round(match.share, 3),
            "surrogates": len(null),
        }
        spot = self._site.piers.table.row(pier, named=True)
        self.happened.append(
            {
                "kind": KIND,
                "matter": f"{target} {follower}",
                "clock_s": tick_s,
                "phase": "ended",
                "targets": sorted({target, follower}),
                "track": min(target, follower),
                "from_us": us(match.from_s),
                "to_us": us(tick_s),
                "lon": round(float(spot["lon"]), 6),
                "lat": round(float(spot["lat"]), 6),
                "pier": pier,
                "level": "watch",
                "nats": rule.scout_nats,
                "detail": json.dumps(detail, sort_keys=True),
                "sources": sensors(int(at.members[row]) | AIS),
            }
        )

    def _null(
        self, surrogates: list[tuple[Match, int, str]], target: str, night: int
    ) -> list[Match]:
        """Surrogates that are no scouting themselves: of other nights, or of others at no lag."""
        led = {(name, n) for a, b, n, _ in self._nights.iter_rows() for name in (a, b)}
        return [
            other
            for other, arrived_s, name in surrogates
            if (name, self._night(arrived_s)) not in led
            and (
                self._night(arrived_s) != night
                or (name != target and not 0 <= other.lag_s <= self._settings.scout_lag_to_s)
            )
        ]

    def _night(self, tick_s: int) -> int:
        """The operational night, from noon to noon, as a day number."""
        local = datetime.fromtimestamp(tick_s - 12 * 3600, self._zone)
        return local.toordinal()

    def state(self, until_s: int) -> State:
        """What is remembered."""
        live = np.flatnonzero(self._of["seen_s"] > until_s - GONE_S)
        columns = {name: column[live] for name, column in self._of.items()}
        vessels = pl.DataFrame({"vessel": self._roster.names[live], **columns}, schema=VESSEL)
        points = self._points.frame(self._roster)
        ways = pl.concat([self._ways, *self._fresh])
        rest = (frame.rechunk() for frame in (points, ways, self._nights, self._led))
        return State(until_s, self._left_out, vessels, *rest)


def _after(frame: pl.DataFrame, column: str, than_s: int) -> pl.DataFrame:
    """The rows that are newer; the frame itself where all are, which is nearly always."""
    if frame.is_empty() or int(frame[column].min()) > than_s:  # type: ignore[arg-type]
        return frame
    return frame.filter(pl.col(column) > than_s)

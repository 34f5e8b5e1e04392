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

from core.schema import empty
from core.settings import EventSettings
from core.times import utc_text
from geo.plane import distance_m
from geo.site import Site
from models.events.co_movement import Match, Path, along, p_value
from models.events.instants import (
    GONE_S,
    Float,
    Instant,
    Int,
    Roster,
    blank,
    exempt,
    instants,
    newer,
    said,
    sensors,
    us,
)
from models.events.scout_memory import LED, NIGHT, POINT, VESSEL, WAY, State
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
    roster = Roster.of(state.vessels["vessel"], fixes["vessel"])
    watch = _Watch(state, roster, site, settings)
    for at in instants(fixes, roster):
        watch.take(at)
    return watch.state(until_s), said(watch.happened)


class _Watch:
    """The state as arrays while a batch is taken; its paths and ways as frames."""

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
        self._forget(np.flatnonzero(new))
        self._points, self._fresh = state.points, [empty(POINT)]
        self._ways, self._nights, self._led = state.ways, state.nights, state.led
        self._left_out = state.left_out
        self.happened: list[dict[str, object]] = []

    def _forget(self, who: Int) -> None:
        of = self._of
        for name in ("seen_s", "vocal_s", "point_s"):
            of[name][who] = -PATH_S
        of["lon"][who], of["still_s"][who], of["arrived"][who] = np.nan, 0, False

    def take(self, at: Instant) -> None:
        """One instant: the paths grow; now and then they are compared."""
        of = self._of
        self._forget(at.who[of["seen_s"][at.who] <= at.clock_s - GONE_S])
        vocal = (at.heard & (AIS | BEIDOU)) > 0
        of["vocal_s"][at.who[vocal]] = at.clock_s
        at = at.take(~at.coasting)
        still = at.who[at.speed_kn < STILL_KN]
        of["still_s"][still] += np.minimum(at.clock_s - of["seen_s"][still], POINT_S)
        of["seen_s"][at.who] = at.clock_s
        far = ~(distance_m(of["lon"][at.who], of["lat"][at.who], at.lon, at.lat) < POINT_M)
        far |= of["point_s"][at.who] <= at.clock_s - POINT_S
        look = at.clock_s % self._settings.scout_step_s == 0
        lies = self._lies(at) if look else np.full(len(at.who), -1, np.int64)
        comes = (lies >= 0) & ~of["arrived"][at.who]
        self._grow(at.take(far | comes))
        if look:
            self._prune(at.clock_s)
            of["arrived"][at.who] = lies >= 0
            for row in np.flatnonzero(comes).tolist():
                self._arrive(at, row, int(lies[row]))

    def _lies(self, at: Instant) -> Int:
        """The pier at which a boat lies; -1 where it does not."""
        lies = np.full(len(at.who), -1, np.int64)
        still = np.flatnonzero(at.speed_kn < STILL_KN)
        lies[still], _ = self._site.piers.nearest(at.lon[still], at.lat[still], AT_PIER_M)
        return lies

    def _grow(self, at: Instant) -> None:
        of = self._of
        columns = {
            "vessel": self._roster.names[at.who],
            "target": at.target,
            "clock_s": np.full(len(at.who), at.clock_s),
            "lon": np.round(at.lon, 6),
            "lat": np.round(at.lat, 6),
            "still_s": of["still_s"][at.who],
            "dark": at.clock_s - of["vocal_s"][at.who] > QUIET_S,
        }
        self._fresh.append(pl.DataFrame(columns, schema=POINT))
        of["lon"][at.who], of["lat"][at.who] = at.lon, at.lat
        of["point_s"][at.who], of["still_s"][at.who] = at.clock_s, 0

    def _prune(self, tick_s: int) -> None:
        """Bound what is remembered, at the ticks at which paths are compared."""
        points = pl.concat([self._points, *self._fresh]).filter(pl.col("clock_s") > tick_s - PATH_S)
        self._left_out += max(len(points) - MOST_POINTS, 0)
        self._points, self._fresh = points.tail(MOST_POINTS), [empty(POINT)]
        memory_s = self._settings.scout_memory_nights * 86_400
        ways = self._ways.filter(pl.col("arrived_s") > tick_s - memory_s)
        while len(kept := ways.select("arrived_s", "target").unique()) > MOST_WAYS:
            self._left_out += 1
            ways = ways.filter(pl.col("arrived_s") > kept["arrived_s"].min())
        self._ways = ways
        self._nights = self._nights.filter(pl.col("clock_s") > tick_s - memory_s)
        self._led = self._led.filter(pl.col("until_s") > tick_s)

    def _arrive(self, at: Instant, row: int, pier: int) -> None:
        """A boat came to lie at a pier: who went ahead of it?"""
        mine = self._points.filter(pl.col("vessel") == self._roster.names[int(at.who[row])])
        path = Path.of(mine)
        first = path.back(self._settings.scout_corridor_m)
        way, mine = path.last(self._settings.scout_corridor_m), mine[first:]
        if len(way.t_s) < 2 or path.back(LEAST_WAY_M) <= 0:
            return
        target = str(at.target[row])
        dark = int(mine["dark"].sum()) >= DARK_SHARE * len(mine)
        if dark:
            surrogates: list[tuple[Match, int, str]] | None = None
            for scout, match in self._ahead(at, row, way, pier):
                surrogates = self._surrogates(way, pier) if surrogates is None else surrogates
                self._judge(at, row, pier, scout, match, surrogates)
        remembered = mine.filter(
            (pl.int_range(pl.len()) % 2 == 0) | (pl.col("clock_s") == way.t_s[-1])
        )
        new = remembered.select(
            pl.lit(at.clock_s).alias("arrived_s"),
            pl.lit(target).alias("target"),
            pl.lit(pier).alias("pier"),
            *("clock_s", "lon", "lat"),
        )
        self._ways = pl.concat([self._ways, new.cast(WAY)])

    def _ahead(
        self, at: Instant, row: int, way: Path, pier: int
    ) -> list[tuple[pl.DataFrame, Match]]:
        """Boats with their AIS on that went the way before, and did not unload there."""
        rule = self._settings
        reach = rule.scout_m / 50_000.0  # degrees, ample below 60° of latitude
        box = [
            pl.col(name).is_between(float(side.min()) - reach, float(side.max()) + reach)
            for name, side in (("lon", way.lon), ("lat", way.lat))
        ]
        others = self._points.filter(
            pl.col("vessel") != self._roster.names[int(at.who[row])],
            ~pl.col("dark"),
            pl.col("clock_s") >= int(way.t_s[0]) - rule.scout_lag_to_s - POINT_S,
        )
        near = others.filter(*box)["vessel"].unique().sort()
        spot = self._site.piers.table.row(pier, named=True)
        found = []
        for name in near:
            theirs = others.filter(pl.col("vessel") == name)
            match = along(way, Path.of(theirs), rule.scout_m)
            if match is None or match.share < rule.scout_share:
                continue
            if not rule.scout_lag_from_s <= match.lag_s <= rule.scout_lag_to_s:
                continue
            lon, lat = theirs["lon"].to_numpy(), theirs["lat"].to_numpy()
            there = distance_m(spot["lon"], spot["lat"], lon, lat) <= AT_PIER_M + POINT_M
            if int(theirs["still_s"].to_numpy()[there].sum()) < rule.scout_stop_s:
                found.append((theirs, match))
        return found

    def _surrogates(self, way: Path, pier: int) -> list[tuple[Match, int, str]]:
        """How other ways to the piers around lie along this one, with their times and boats."""
        table = self._site.piers.table
        lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
        around = np.flatnonzero(distance_m(lon[pier], lat[pier], lon, lat) <= AROUND_M)
        some = self._ways.filter(pl.col("pier").is_in(around.tolist()))
        nowhere = Match(0.0, -1, 2**62, 0)
        return [
            (along(way, Path.of(one), self._settings.scout_m) or nowhere, arrived_s, target)
            for (arrived_s, target), one in some.group_by(
                "arrived_s", "target", maintain_order=True
            )
        ]

    def _judge(
        self,
        at: Instant,
        row: int,
        pier: int,
        theirs: pl.DataFrame,
        match: Match,
        surrogates: list[tuple[Match, int, str]],
    ) -> None:
        rule, target = self._settings, str(theirs["target"][-1])
        night = self._night(at.clock_s)
        null = self._null(surrogates, target, night)
        better = sum(other.apart_m <= match.apart_m for other in null)
        p = p_value(better, len(null))
        follower = str(at.target[row])
        if better <= REPEATED * len(null):
            noted = [[target, follower, night, at.clock_s]]
            new = pl.DataFrame(noted, schema=NIGHT, orient="row")
            self._nights = pl.concat([self._nights, new])
        nights = self._nights.filter(pl.col("target") == target)["night"].n_unique()
        if p > rule.scout_p and nights < rule.scout_nights:
            return
        until_s = at.clock_s + rule.scout_lasts_s
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
                "clock_s": at.clock_s,
                "phase": "ended",
                "targets": sorted({target, follower}),
                "track": min(target, follower),
                "from_us": us(match.from_s),
                "to_us": us(at.clock_s),
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
        points = pl.concat([self._points, *self._fresh])
        rest = (frame.rechunk() for frame in (points, self._ways, self._nights, self._led))
        return State(until_s, self._left_out, vessels, *rest)

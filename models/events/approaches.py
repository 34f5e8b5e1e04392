"""Approach: which piers a boat may reach within the next half hour, and how probable each is.

Of a boat under way it is a cone about its heading; of one that fell silent under way, the
space-time prism (methods 3.1): what it can have reached since over water, at most at the bound of
its speed. Each pier in reach weighs by whether the boat would arrive in time at about the speed it
had, and by how much of its last heading led along the way there; a way that was not taken, because
the boat goes on past, weighs as much as one pier right ahead. The weights are normalised with that,
so that "none of them" has its probability too.

All weights are made of + − × ÷ and square roots: what is said does not depend on the processor.
It is drawn on the map (`State.predicted`); what is said of boats in the dark is for the record, and
nothing of it is an alert.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.schema import empty
from core.settings import EventSettings
from geo.plane import moved
from geo.site import Site
from geo.waterways import waterways
from models.events.instants import (
    Bool,
    Float,
    Instant,
    Int,
    Roster,
    blank,
    dark,
    instants,
    newer,
    on_the_globe,
    said,
    sensors,
    us,
)
from models.fusion.schema import FusionOutput
from models.tracks.cleaning import KN_MS
from models.tracks.fold import TrackOutput

KIND: Final = "approach"
#: A boat may go faster than it went last: by half, and 12 kn in any case. Own proposals.
FASTER, LEAST_BOUND_KN = 1.5, 12.0
SPREAD, LEAST_SPREAD_KN = 0.25, 0.5  # of its speed, one sigma
JUST_THERE_S: Final = 600  # a silent boat may have arrived so long ago and still matter
LOOK_M: Final = 1500.0  # so far ahead it is seen whether the heading leads along the way
ELSEWHERE: Final = 1.0  # the weight of no pier at all
FORGETS_S: Final = 3600.0  # after so long in silence half of the heading is forgotten
LONGEST_S: Final = 3 * 3600  # of a silence: the prism is the county by then
SHOWN: Final = 10  # piers of a boat
LEAST: Final = 0.01  # probability that is shown
CHANGE: Final = 0.1  # and that is said anew
HOMEWARD: Final = 0.5  # of all piers together: it is an approach

VESSEL: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "seen_s": pl.Int64(),
        "at_s": pl.Int64(),  # when it was last heard
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "target": pl.String(),
        "dark": pl.Boolean(),
        "heard": pl.Int64(),
        "from_s": pl.Int64(),  # of an approach in the dark; -1: none
        "told": pl.String(),  # what was said of it last: targets and piers
    }
)
#: What is drawn: the last prediction of every boat.
PREDICTED: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "clock_s": pl.Int64(),
        "target": pl.String(),
        "silent": pl.Boolean(),
        "pier": pl.Int64(),  # row of the site's pier table
        "probability": pl.Float64(),
    }
)


@dataclass(frozen=True)
class State:
    """Boats as they were last heard, and where they may be going."""

    until_s: int = 0
    vessels: pl.DataFrame = field(default_factory=lambda: empty(VESSEL))
    predicted: pl.DataFrame = field(default_factory=lambda: empty(PREDICTED))

    @staticmethod
    def initial() -> State:
        """Nothing seen yet."""
        return State()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        clock = pl.DataFrame({"until_s": [self.until_s]})
        return {"clock": clock, "vessels": self.vessels, "predicted": self.predicted}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> State:
        """As `frames` gave it."""
        return State(int(frames["clock"].item()), frames["vessels"], frames["predicted"])


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
    """Take the instants up to tick `until_s`.

    Returns
    -------
    The state, whose `predicted` is to be drawn, and `HAPPENING` of kind `approach`, of boats that
    are silent or that radar alone sees: began, changed (another pier leads, or a probability moved
    by 0.1), ended (it lies, turned away, or is lost). `pier` is the most probable one, `detail` has
    all that are shown. No level.
    """
    step_s = settings.approach_step_s
    left_out = frozenset(labels)
    fixes = newer(fused.fixes, state.until_s, until_s, step_s=step_s, left_out=left_out)
    roster = Roster.of(state.vessels["vessel"], fixes["vessel"])
    ahead = _Ahead(state, roster, site, settings)
    for at in instants(fixes, roster):
        ahead.take(at)
    ahead.forget(until_s)
    return ahead.state(until_s), said(ahead.happened)


def arrives(way_m: Float, speed_kn: Float, from_s: Float, to_s: Float) -> Float:
    """How probable it is that a boat of about this speed arrives between two times.

    Its speed is uncertain by `SPREAD`, in the form of Student's t with two degrees of freedom,
    whose distribution needs no more than a square root.

    >>> arrives(*(np.array([v]) for v in (5000.0, 8.0, 600.0, 1800.0))).round(3).tolist()
    [0.755]
    """
    spread = speed_kn * SPREAD + LEAST_SPREAD_KN
    soon = way_m / (np.maximum(from_s, 1.0) * KN_MS)
    late = way_m / (np.maximum(to_s, 1.0) * KN_MS)
    return _below((soon - speed_kn) / spread) - _below((late - speed_kn) / spread)


def _below(t: Float) -> Float:
    return np.asarray(0.5 + 0.5 * t / np.sqrt(2.0 + t * t), np.float64)


def reachable(way_m: Float, speed_kn: Float, seconds: Float, most_kn: float) -> Bool:
    """The prism of one end: whether it can be there by then."""
    bound_kn = np.minimum(np.maximum(FASTER * speed_kn, LEAST_BOUND_KN), most_kn)
    return np.asarray(way_m <= bound_kn * KN_MS * seconds, np.bool_)


def longest_dwell_s(to_m: Float, from_m: Float, speed_ms: float, between_s: float) -> Float:
    """The prism of two ends: how long it can have been at a place between two sightings.

    Negative where it cannot have been there at all (methods 3.1).

    >>> legs = np.array([7211.1]), np.array([5656.9])
    >>> (longest_dwell_s(*legs, 60 / 3.6, 40 * 60) / 60).round(3).tolist()
    [27.132]
    """
    return np.asarray(between_s - (to_m + from_m) / speed_ms, np.float64)


class _Ahead:
    """The state as arrays while a batch is taken."""

    def __init__(self, state: State, roster: Roster, site: Site, settings: EventSettings) -> None:
        self._roster, self._settings, self._site = roster, settings, site
        self._ways = waterways(site)
        table = site.piers.table
        self._pier_ids = table["pier_id"].to_list()
        self._spots = on_the_globe(table["lon"].to_numpy(), table["lat"].to_numpy())
        self._tree = cKDTree(self._spots) if len(self._spots) else None
        who = roster.numbers(state.vessels["vessel"])
        self._of: dict[str, NDArray[Any]] = {}
        for name, dtype in VESSEL.items():
            if name != "vessel":
                self._of[name] = blank(len(roster), dtype)
                self._of[name][who] = state.vessels[name].to_numpy()
        new = np.ones(len(roster), bool)
        new[who] = False
        for name in ("seen_s", "at_s"):
            self._of[name][new] = -LONGEST_S
        self._of["from_s"][new] = -1
        self._predicted = state.predicted
        self.happened: list[dict[str, object]] = []

    def take(self, at: Instant) -> None:
        """One instant: what is heard now, and where everybody may be going."""
        self.forget(at.clock_s)
        of = self._of
        of["seen_s"][at.who] = at.clock_s
        heard = at.take(~at.coasting)
        of["at_s"][heard.who] = at.clock_s
        for name in ("lon", "lat", "speed_kn", "course_deg"):
            of[name][heard.who] = getattr(heard, name)
        of["dark"][heard.who] = dark(heard.members)
        of["heard"][heard.who] = heard.members
        of["target"][heard.who] = heard.target
        going = (of["speed_kn"][at.who] >= self._settings.approach_kn) & np.isfinite(
            of["course_deg"][at.who]
        )
        silence_s = at.clock_s - of["at_s"][at.who]
        going &= silence_s < LONGEST_S
        who = at.who[going]
        row, pier, weight = self._weights(who, silence_s[going].astype(np.float64))
        total = ELSEWHERE + np.bincount(row, weight, len(who))
        chance: Float = np.asarray(np.round(weight / total[row], 4), np.float64)
        order = np.lexsort((pier, -chance, row))
        row, pier, chance = row[order], pier[order], chance[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        shown = (rank < SHOWN) & (chance >= LEAST)
        row, pier, chance = row[shown], pier[shown], chance[shown]
        self._draw(at.clock_s, who[row], pier, chance)
        landward = 1.0 - ELSEWHERE / total >= HOMEWARD
        self._tell(at.clock_s, who, landward, row, pier, chance)

    def _weights(self, who: Int, silence_s: Float) -> tuple[Int, Int, Float]:
        """Every boat with every pier that it can reach in time: row of `who`, pier, weight."""
        of, ahead_s = self._of, float(self._settings.approach_ahead_s)
        lon, lat, speed = (of[name][who] for name in ("lon", "lat", "speed_kn"))
        most_kn = self._settings.approach_max_kn
        bound_kn = np.minimum(np.maximum(FASTER * speed, LEAST_BOUND_KN), most_kn)
        reach_m = bound_kn * KN_MS * (silence_s + ahead_s)
        if self._tree is None or not len(who):
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        near = self._tree.query_ball_point(on_the_globe(lon, lat), 1.01 * reach_m)
        count = np.fromiter((len(found) for found in near), np.int64, len(who))
        row = np.repeat(np.arange(len(who)), count)
        pier = np.fromiter((p for found in near for p in sorted(found)), np.int64, len(row))
        way_m = self._ways.distance_m(lon[row], lat[row], pier)
        able = reachable(way_m, speed[row], silence_s[row] + ahead_s, most_kn)
        row, pier, way_m = row[able], pier[able], way_m[able]
        gone_s = silence_s[row]
        timely = arrives(way_m, speed[row], gone_s - JUST_THERE_S, gone_s + ahead_s)
        along = self._along(lon[row], lat[row], of["course_deg"][who][row], pier, way_m)
        narrow = 1.0 - float(np.cos(np.deg2rad(self._settings.approach_cone_deg)))
        off = 1.0 + (1.0 - along) / narrow
        forgotten = gone_s / (gone_s + FORGETS_S)
        ahead = (1.0 - forgotten) / (off * off) + forgotten * 0.25
        return row, pier, timely * ahead

    def _along(self, lon: Float, lat: Float, course: Float, pier: Int, way_m: Float) -> Float:
        """The cosine between the heading and the way over water, from −1 to 1.

        By how much the way shortens if the boat goes on as it does for a while.
        """
        step_m = np.minimum(LOOK_M, np.maximum(0.5 * way_m, 200.0))
        angle = course * (np.pi / 180.0)
        east, north = np.cos(angle - 0.5 * np.pi), np.cos(angle)
        there = moved(lon, lat, step_m * east, step_m * north)
        left_m = self._ways.distance_m(*there, pier)
        gain = np.where(np.isfinite(left_m), (way_m - left_m) / step_m, -1.0)
        return np.asarray(np.clip(gain, -1.0, 1.0), np.float64)

    def _draw(self, tick_s: int, who: Int, pier: Int, chance: Float) -> None:
        of = self._of
        columns = {
            "vessel": self._roster.names[who],
            "clock_s": np.full(len(who), tick_s),
            "target": of["target"][who],
            "silent": of["at_s"][who] < tick_s,
            "pier": pier,
            "probability": chance,
        }
        self._predicted = pl.DataFrame(columns, schema=PREDICTED)

    def _tell(
        self, tick_s: int, who: Int, landward: Bool, row: Int, pier: Int, chance: Float
    ) -> None:
        of = self._of
        unseen = of["dark"][who] | (of["at_s"][who] < tick_s)
        ends = np.searchsorted(row, np.arange(len(who) + 1))
        on = np.zeros(len(of["from_s"]), bool)
        on[who[unseen & landward & (ends[1:] > ends[:-1])]] = True
        for one in np.flatnonzero(~on & (of["from_s"] >= 0) & (of["seen_s"] == tick_s)).tolist():
            self._end(one, tick_s)
        for i in np.flatnonzero(on[who]).tolist():
            part = slice(ends[i], ends[i + 1])
            piers = dict(zip(pier[part].tolist(), chance[part].tolist(), strict=True))
            self._say(int(who[i]), tick_s, piers)

    def _say(self, one: int, tick_s: int, piers: dict[int, float]) -> None:
        of = self._of
        began = of["from_s"][one] < 0
        if began:
            of["from_s"][one] = tick_s
            target = str(of["target"][one])
        else:
            was = json.loads(of["told"][one])
            target, before = was["target"], {int(p): c for p, c in was["piers"]}
            both = before.keys() | piers.keys()
            step = max(abs(before.get(p, 0.0) - piers.get(p, 0.0)) for p in both)
            if next(iter(before)) == next(iter(piers)) and step < CHANGE:
                return
        place = [round(float(of[name][one]), 6) for name in ("lon", "lat")]
        place = place if began else json.loads(of["told"][one])["place"]
        told = {"target": target, "place": place, "piers": list(piers.items())}
        of["told"][one] = json.dumps(told)
        self._happen(one, tick_s, "began" if began else "changed")

    def _end(self, one: int, tick_s: int) -> None:
        self._happen(one, tick_s, "ended")
        self._of["from_s"][one] = -1
        self._of["told"][one] = ""

    def _happen(self, one: int, tick_s: int, phase: str) -> None:
        of = self._of
        told = json.loads(of["told"][one])
        piers = told["piers"]
        at_s, from_s = int(of["at_s"][one]), int(of["from_s"][one])
        detail = {
            "dark": bool(of["dark"][one]),
            "none": round(max(0.0, 1.0 - float(sum(chance for _, chance in piers))), 4),
            "piers": [[self._pier_ids[pier], chance] for pier, chance in piers],
            "silent_min": round((tick_s - at_s) / 60, 1),
        }
        row = {
            "kind": KIND,
            "matter": told["target"],
            "clock_s": tick_s,
            "phase": phase,
            "targets": [told["target"]],
            "track": told["target"],
            "from_us": us(from_s),
            "to_us": us(tick_s) if phase == "ended" else None,
            "lon": told["place"][0],
            "lat": told["place"][1],
            "pier": piers[0][0],
            "level": None,
            "nats": 0.0,
            "detail": json.dumps(detail, sort_keys=True),
            "sources": sensors(int(of["heard"][one])),
        }
        self.happened.append(row)

    def forget(self, tick_s: int) -> None:
        """End the approaches of boats that are no more."""
        of, pause_s = self._of, self._settings.motion_gap_s
        lost = np.flatnonzero((of["from_s"] >= 0) & (of["seen_s"] + pause_s < tick_s))
        for one in lost:
            self._end(int(one), int(of["seen_s"][one]) + pause_s + 1)
        of["speed_kn"][of["seen_s"] + LONGEST_S <= tick_s] = np.nan

    def state(self, until_s: int) -> State:
        """What is remembered."""
        live = np.flatnonzero(self._of["seen_s"] > until_s - LONGEST_S)
        columns = {name: column[live] for name, column in self._of.items()}
        vessels = pl.DataFrame({"vessel": self._roster.names[live], **columns}, schema=VESSEL)
        return State(until_s, vessels, self._predicted)

"""Rendezvous: two boats lie together where nobody has business to lie.

Three definitions (methods 1.1, standards): *inshore*, our own: within 100 m for 15 min, both under
2 kn, more than 1 km from piers. *gfw*, the encounter of Global Fishing Watch: within 500 m for 2 h
on a ten-minute grid, median speed under 2 kn, 10 km or more from an anchorage (the site's piers
stand for those). *skylight*, the standard rendezvous: both on AIS, within 250 m for more than
30 min. There is no day in here, so that none is lost at midnight, in UTC or on the coast.

One boat that is not yet known to be one (its radar echo beside its AIS) would lie with itself for
ever. So two are believed to be two where both have the same kind of transponder, or where both had
been known for a while when they came towards each other from afar.
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
from geo.site import Site
from models.events.fix_rows import Rows, lies_clear_where, spans
from models.events.instants import (
    GONE_S,
    Bool,
    Float,
    Grounds,
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
from models.events.near_pairs import near_pairs, thinned
from models.events.rendezvous_definitions import Definition
from models.fusion.schema import AIS, BEIDOU, FusionOutput
from models.tracks.fold import TrackOutput

KIND: Final = "rendezvous"
KNOWN_S: Final = 300  # a boat is known for a while
MOST_PAIRS: Final = 50_000

VESSEL: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "first_s": pl.Int64(),
        "last_s": pl.Int64(),
        "lon": pl.Float64(),  # where it was asked
        "lat": pl.Float64(),
        "clear": pl.Boolean(),  # no pier within reach of there
    }
)
PAIR: Final = pl.Schema(
    {
        "a": pl.String(),
        "b": pl.String(),
        "near_s": pl.Int64(),  # the last instant at which they were near each other
        "apart": pl.Boolean(),  # they came from afar: there are two of them
        "from_s": pl.Int64(),  # of the meeting; -1: they do not lie together
        "last_s": pl.Int64(),
        "slow": pl.Int64(),  # speeds below the limit, of so many
        "speeds": pl.Int64(),
        "metres": pl.Float64(),  # closest
        "lon": pl.Float64(),  # where it began
        "lat": pl.Float64(),
        "heard": pl.Int64(),
        "dark": pl.Boolean(),  # one of them is seen by radar alone
        "told": pl.Boolean(),
        "target_a": pl.String(),
        "target_b": pl.String(),
    }
)


@dataclass(frozen=True)
class State:
    """Vessels that live, and pairs of them that are near each other."""

    until_s: int = 0
    left_out: int = 0  # fixes in crowds and floods
    vessels: pl.DataFrame = field(default_factory=lambda: empty(VESSEL))
    pairs: pl.DataFrame = field(default_factory=lambda: empty(PAIR))

    @staticmethod
    def initial() -> State:
        """Nothing seen yet."""
        return State()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        clock = pl.DataFrame({"until_s": [self.until_s], "left_out": [self.left_out]})
        return {"clock": clock, "vessels": self.vessels, "pairs": self.pairs}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> State:
        """As `frames` gave it."""
        until_s, left_out = frames["clock"].row(0)
        return State(until_s, left_out, frames["vessels"], frames["pairs"])


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
    The state, and `HAPPENING` of kind `rendezvous`: began (the tick at which it had lasted long
    enough), ended; withdrawn where the median speed of the whole was too high after all.
    """
    rule = Definition.of(settings)
    left_out = exempt(site.vessels) | frozenset(labels)
    fixes = newer(fused.fixes, state.until_s, until_s, step_s=rule.step_s, left_out=left_out)
    roster = Roster.of(state.vessels["vessel"], fixes["vessel"])
    watch = _Watch(state, roster, rule, settings, site, zones)
    watch.take(Rows.of(fixes, roster))
    watch.expire(until_s)
    after, happened = watch.state(until_s), said(watch.happened)
    return after, happened


class _Watch:
    """The state as arrays while a batch is taken."""

    def __init__(
        self,
        state: State,
        roster: Roster,
        rule: Definition,
        settings: EventSettings,
        site: Site,
        zones: Piers | None,
    ) -> None:
        n, kept = len(roster), state.vessels
        who = roster.numbers(kept["vessel"])
        self._roster, self._rule, self._settings = roster, rule, settings
        self._piers, self._zones = site.piers, zones
        self._first, self._last = np.full(n, -GONE_S), np.full(n, -GONE_S)
        self._first[who], self._last[who] = kept["first_s"].to_numpy(), kept["last_s"].to_numpy()
        self._grounds = Grounds.unknown(n)
        for name in ("lon", "lat", "clear"):
            getattr(self._grounds, name)[who] = kept[name].to_numpy()
        self._left_out = state.left_out
        self._pairs: dict[str, NDArray[Any]] = {
            name: state.pairs[name].to_numpy().copy() for name in PAIR if name not in ("a", "b")
        }
        ends = (roster.numbers(state.pairs[end]) for end in ("a", "b"))
        self._key = _key(n, *ends)
        self.happened: list[dict[str, object]] = []

    def take(self, rows: Rows) -> None:
        """The fixes of a batch: who is near whom at once, then instant by instant."""
        new = rows.clock_s - rows.seen_before_s(self._last, np.ones(len(rows), bool)) >= GONE_S
        begun = rows.last(new)
        first_s = np.where(begun >= 0, rows.clock_s[begun], self._first[rows.who])
        end = rows.final(new)
        self._first[rows.who[end]] = rows.clock_s[end]
        known = rows.clock_s - first_s >= KNOWN_S
        able = ~rows.coasting & ((rows.members & self._rule.on) == self._rule.on)
        clear = lies_clear_where(rows, self._grounds, able, new, self._ask)
        fit, left_out = thinned(rows, np.flatnonzero(clear), self._rule.near_m)
        a, b, metres = near_pairs(rows, fit, self._rule.near_m)
        self._left_out += left_out
        clock_s = rows.clock_s[a]
        for begin, after in spans(clock_s):
            self._left_out += max(after - begin - MOST_PAIRS, 0)
            some = slice(begin, min(after, begin + MOST_PAIRS))
            self.expire(int(clock_s[begin]))
            self._meet(rows, a[some], b[some], metres[some], known)

    def _ask(self, lon: Float, lat: Float) -> Bool:
        """Which places are clear of piers and zones."""
        clear = beyond(self._piers, lon, lat, self._rule.clear_m)
        return clear & beyond(self._zones, lon, lat, 1.0)

    def _meet(self, at: Rows, a: Int, b: Int, metres: Float, known: Bool) -> None:
        """The pairs that are near each other at an instant: rows of both, metres between."""
        rows = self._rows(at, a, b, metres, known)
        pairs, rule = self._pairs, self._rule
        fast = np.maximum(at.speed_kn[a], at.speed_kn[b])
        lie = metres <= rule.apart_m
        lie &= fast < rule.max_kn if rule.each else True
        pairs["near_s"][rows] = at.clock_s[a]
        both = at.members[a] & at.members[b] & (AIS | BEIDOU)
        pairs["apart"][rows] |= both > 0
        begins = lie & (pairs["from_s"][rows] < 0)
        if begins.any():
            self._begin(at, rows[begins], a[begins], b[begins])
        if lie.any():
            self._go_on(at, rows[lie], a[lie], b[lie], metres[lie])

    def _rows(self, at: Rows, a: Int, b: Int, metres: Float, known: Bool) -> Int:
        """The pairs' rows; pairs that were not near before get one."""
        key = _key(len(self._roster), at.who[a], at.who[b])
        rows = np.searchsorted(self._key, key)  # these are sorted
        new = np.ones(len(key), bool)
        within = rows < len(self._key)
        new[within] = self._key[rows[within]] != key[within]
        if not new.any():
            return np.asarray(rows, np.int64)
        fresh = {name: blank(int(new.sum()), dtype) for name, dtype in PAIR.items()}
        fresh["from_s"] -= 1
        afar = metres[new] > self._rule.near_m / 2
        fresh["apart"] = known[a[new]] & known[b[new]] & afar
        both = np.concatenate([self._key, key[new]])
        order = np.argsort(both, kind="stable")
        self._key = both[order]
        for name, old in self._pairs.items():
            self._pairs[name] = np.concatenate([old, fresh[name]])[order]
        return np.asarray(np.searchsorted(self._key, key), np.int64)

    def _begin(self, at: Rows, rows: Int, a: Int, b: Int) -> None:
        pairs = self._pairs
        for name in ("slow", "speeds", "heard"):
            pairs[name][rows] = 0
        pairs["told"][rows] = pairs["dark"][rows] = False
        pairs["from_s"][rows], pairs["metres"][rows] = at.clock_s[a], np.inf
        pairs["lon"][rows] = np.round((at.lon[a] + at.lon[b]) * 0.5, 6)
        pairs["lat"][rows] = np.round((at.lat[a] + at.lat[b]) * 0.5, 6)

    def _go_on(self, at: Rows, rows: Int, a: Int, b: Int, metres: Float) -> None:
        pairs, rule = self._pairs, self._rule
        clock_s = int(at.clock_s[a[0]])
        pairs["last_s"][rows] = clock_s
        pairs["metres"][rows] = np.minimum(pairs["metres"][rows], metres)
        pairs["heard"][rows] |= at.heard[a] | at.heard[b]
        for end in (a, b):
            pairs["slow"][rows] += at.speed_kn[end] < rule.max_kn
            pairs["speeds"][rows] += np.isfinite(at.speed_kn[end])
        open_ = ~pairs["told"][rows]
        unseen = dark(at.members[a]) | dark(at.members[b])
        pairs["dark"][rows[open_]] = unseen[open_]
        for name, end in (("target_a", a), ("target_b", b)):
            pairs[name][rows[open_]] = at.target[end[open_]]
        lasted = clock_s - pairs["from_s"][rows]
        due = lasted > rule.min_s if rule.longer else lasted >= rule.min_s
        due &= open_ & pairs["apart"][rows] & self._slow_enough(rows)
        for row in rows[due]:
            pairs["told"][row] = True
            self.happened.append(self._happening(row, clock_s, "began"))

    def _slow_enough(self, rows: Int) -> NDArray[np.bool_]:
        pairs = self._pairs
        if self._rule.each:
            return np.ones(len(rows), bool)
        return np.asarray(2 * pairs["slow"][rows] > pairs["speeds"][rows], bool)

    def expire(self, tick_s: int) -> None:
        """End what was not so for longer than it may pause."""
        pairs, gap_s = self._pairs, self._rule.gap_s
        if not len(self._key):
            return
        over = np.flatnonzero((pairs["from_s"] >= 0) & (pairs["last_s"] + gap_s < tick_s))
        for row in over[pairs["told"][over]]:
            slow = bool(self._slow_enough(np.array([row]))[0])
            clock_s = int(pairs["last_s"][row]) + gap_s + 1
            phase = "ended" if slow else "withdrawn"
            self.happened.append(self._happening(row, clock_s, phase))
        if len(over):
            pairs["from_s"][over] = -1
            pairs["told"][over] = False
        keep = pairs["near_s"] + gap_s >= tick_s
        if not keep.all():
            self._key = self._key[keep]
            self._pairs = {name: column[keep] for name, column in pairs.items()}

    def _happening(self, row: int, clock_s: int, phase: str) -> dict[str, object]:
        pair = {name: column[row] for name, column in self._pairs.items()}
        targets = sorted({pair["target_a"], pair["target_b"]})
        until_s = int(pair["last_s"])
        detail = {
            "apart_m": round(float(pair["metres"]), 1),
            "dark": bool(pair["dark"]),
            "definition": self._settings.rendezvous,
            "minutes": round((until_s - int(pair["from_s"])) / 60, 1),
        }
        return {
            "kind": KIND,
            "matter": " ".join(targets),
            "clock_s": clock_s,
            "phase": phase,
            "targets": targets,
            "track": targets[0],
            "from_us": us(int(pair["from_s"])),
            "to_us": None if phase == "began" else us(until_s),
            "lon": float(pair["lon"]),
            "lat": float(pair["lat"]),
            "pier": None,
            "level": "watch",
            "nats": self._settings.rendezvous_nats + float(pair["dark"]),
            "detail": json.dumps(detail, sort_keys=True),
            "sources": sensors(int(pair["heard"])),
        }

    def state(self, until_s: int) -> State:
        """What is remembered."""
        live = np.flatnonzero(self._last > until_s - GONE_S)
        vessels = pl.DataFrame(
            {
                "vessel": self._roster.names[live],
                "first_s": self._first[live],
                "last_s": self._last[live],
                "lon": self._grounds.lon[live],
                "lat": self._grounds.lat[live],
                "clear": self._grounds.clear[live],
            },
            schema=VESSEL,
        )
        a, b = np.divmod(self._key, max(len(self._roster), 1))
        names = self._roster.names
        pairs = pl.DataFrame({"a": names[a], "b": names[b], **self._pairs}, schema=PAIR)
        return State(until_s, self._left_out, vessels, pairs)


def _key(n: int, a: Int, b: Int) -> Int:
    return np.asarray(a * n + b, np.int64)

"""Landings as one step of the fold: calls, links, approaches and land facts in, landings out.

Of every tick at which something came, or became due, the piers that are concerned are asked what
is known of them (`models.landings.shore`); what changed is told. Loops are over calls, links and
facts, never over observations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import polars as pl

from geo.daylight import night_at
from geo.piers import Piers
from models.fusion.schema import HAPPENING
from models.landings import saved
from models.landings.identity import Learning, Memory
from models.landings.members import Approach, Call, Fact, LandingSettings, Row, plate
from models.landings.prism import LonLat
from models.landings.schema import TRUCK_PASS, Landing
from models.landings.shore import BUSY, FactKey, Pier, View, judge
from models.landings.whereabouts import Whereabouts
from models.tracks.positions import SECOND_US

APPROACH: Final = "approach"
_CLEANED_S: Final = 3600


@dataclass(frozen=True)
class State:
    """Everything that the next batch needs to know of the past; values are never changed."""

    until_s: int = 0
    memory: Memory = field(default_factory=Memory)
    piers: Mapping[int, Pier] = field(default_factory=dict)
    due: Mapping[int, int] = field(default_factory=dict)

    @staticmethod
    def initial() -> State:
        """Nothing seen yet."""
        return State()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved: the same bytes however the input was cut."""
        return {
            "clock": pl.DataFrame({"until_s": [self.until_s]}, schema={"until_s": pl.Int64()}),
            "due": saved.due(self.due),
            **self.memory.forget(self.until_s).frames(),
            **saved.frames(self.piers),
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> State:
        """From what `frames` gave."""
        due = dict(frames["due"].iter_rows())
        until_s = int(frames["clock"].item())
        return State(until_s, Memory.load(frames), saved.load(frames), due)


def advance(
    state: State,
    calls: pl.DataFrame,
    links: pl.DataFrame,
    facts: pl.DataFrame,
    until_s: int,
    piers: Piers,
    settings: LandingSettings = LandingSettings(),  # noqa: B008
    *,
    approaches: pl.DataFrame | None = None,
) -> tuple[State, list[Landing]]:
    """Take what became known up to tick `until_s`.

    Parameters
    ----------
    calls, links, facts
        `models.events.pier_calls.CALL`, `models.fusion.schema.LINK` and
        `models.landings.schema.FACT`, with `clock_s` after the last batch's `until_s`; what is
        given again is left out.
    approaches
        `HAPPENING`; those of kind `approach` are read, of boats that no transponder speaks for.

    Returns
    -------
    The state, and every landing each time that something about it changed, by (tick, pier,
    beginning, subject).
    """
    ticks = _by_tick(state.until_s, until_s, calls, links, facts, approaches)
    if not ticks and min(state.due.values(), default=until_s + 1) > until_s:
        return State(until_s, _cleaned(state, until_s), state.piers, state.due), []
    run = _Run(state, piers, settings, learns=not links.is_empty())
    news: list[Landing] = []
    queue = sorted(ticks, reverse=True)
    while True:
        next_s = min(run.due.values(), default=until_s + 1)
        tick_s = min(next_s, queue[-1] if queue else until_s + 1)
        if tick_s > until_s:
            break
        if queue and queue[-1] == tick_s:
            queue.pop()
        news += run.tick(tick_s, ticks.get(tick_s, _Came()))
    after = State(state.until_s, run.memory, run.held(), run.due)
    return State(until_s, _cleaned(after, until_s), after.piers, after.due), news


def _cleaned(state: State, until_s: int) -> Memory:
    """The memory, without what is forgotten: looked at once an hour, for nobody reads that."""
    if until_s // _CLEANED_S == state.until_s // _CLEANED_S:
        return state.memory
    return state.memory.forget(until_s)


@dataclass
class _Came:
    """What became known at a tick."""

    calls: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)
    ahead: list[Row] = field(default_factory=list)


def _by_tick(
    was_s: int,
    until_s: int,
    calls: pl.DataFrame,
    links: pl.DataFrame,
    facts: pl.DataFrame,
    approaches: pl.DataFrame | None,
) -> dict[int, _Came]:
    """The new rows of each tick, in an order that does not depend on how they came."""
    came: dict[int, _Came] = {}
    if approaches is not None and len(approaches):
        approaches = approaches.select(HAPPENING.names()).filter(pl.col("kind") == APPROACH)
    for name, frame, order in (
        ("calls", calls, ["clock_s", "track", "t_us", "why", "pier"]),
        ("links", links, ["clock_s", "track", "phase", "vessel"]),
        ("facts", facts, ["clock_s", "pier", "kind", "object", "from_us", "to_us"]),
        ("ahead", approaches, ["clock_s", "track", "from_us", "phase"]),
    ):
        if frame is None or frame.is_empty():
            continue
        fresh = (pl.col("clock_s") > was_s) & (pl.col("clock_s") <= until_s)
        for row in frame.filter(fresh).sort(order, nulls_last=True).iter_rows(named=True):
            getattr(came.setdefault(row["clock_s"], _Came()), name).append(row)
    return came


class _Run:
    """The state lying open while a batch is taken."""

    def __init__(
        self, state: State, piers: Piers, settings: LandingSettings, *, learns: bool
    ) -> None:
        self._learning = Learning(state.memory) if learns else None
        memory = state.memory if self._learning is None else self._learning.memory()
        self.memory = memory
        self._piers = dict(state.piers)
        self._mine: set[int] = set()  # piers that were copied, and may be changed
        self.due = dict(state.due)
        self._table = _table(piers)
        self._vehicles = Whereabouts(self._piers, self._access, settings.before_s)
        self._met: dict[int, frozenset[str]] = {}
        self._settings = settings
        self._view = View(memory, self._status, self._is_night, self._vehicles.believed, settings)

    def held(self) -> dict[int, Pier]:
        """The piers at which something is remembered."""
        return {number: pier for number, pier in self._piers.items() if not pier.empty}

    def tick(self, tick_s: int, came: _Came) -> list[Landing]:
        """Take the rows of one tick, and tell what is new at the piers that they concern."""
        asked = {number for number, due_s in self.due.items() if due_s <= tick_s}
        if came.links and self._learning is not None:
            asked |= self._concerned(self._learning.take(came.links, tick_s))
        for row in came.calls:
            asked |= self._take_call(row, tick_s)
        asked |= self._take_facts(came.facts, tick_s)
        for row in came.ahead:
            asked |= self._take_ahead(row, tick_s)
        news = []
        for number in sorted(asked):
            told, due_s = judge(number, self._open(number), tick_s, self._view)
            self._met.pop(number, None)
            news += told
            for fact in self._open(number).forgotten:
                self._vehicles.drop(number, fact)
            self._open(number).forgotten.clear()
            self.due.pop(number, None)
            if due_s is not None:
                self.due[number] = due_s
        return news

    def _open(self, number: int) -> Pier:
        if number not in self._mine:
            self._piers[number] = self._piers.get(number, Pier()).copy()
            self._mine.add(number)
        return self._piers[number]

    def _concerned(self, new: set[str]) -> set[int]:
        """Piers with calls of tracks or vessels of which something is new."""
        if not new:
            return set()
        return {number for number, pier in self._piers.items() if not new.isdisjoint(pier.names)}

    def _take_call(self, row: Row, tick_s: int) -> set[int]:
        if row["from_us"] is None:
            return set()
        pier = self._open(row["pier"])
        key = (row["track"], row["from_us"])
        was = pier.calls.get(key)
        if was is not None and _same(was.row, row):
            return set()
        member = self.memory.of(row["track"], tick_s)
        vessel = None if member is None else member.vessel
        sure = 1.0 if member is None else member.probability
        nearing = self._settings.nearing
        call = Call(row, tick_s if was is None else was.first_s, vessel, sure)
        seen = row["berth_from_us"] is not None or row["dark_from_us"] is not None
        if call.begun_us is None or not (seen or self._status(row["pier"]) in nearing):
            return set()
        pier.calls[key] = call
        pier.changed()
        return {row["pier"]}

    def _take_facts(self, rows: list[Row], tick_s: int) -> set[int]:
        """Those of one tick together: one reading of a vehicle is told at every pier near it."""
        new = []
        for row in rows:
            pier = self._open(row["pier"])
            was = pier.facts.get((row["kind"], row["object"], row["from_us"]))
            if was is None or not _same(was.row, row):
                new.append((row["pier"], Fact(row, tick_s if was is None else was.first_s)))
        others: dict[tuple[int, FactKey], Fact] = {}
        for number, fact in new:
            others |= {(other, seen.key): seen for other, seen in self._telling_of(number, fact)}
        before = {where: self._vehicles.believed(where[0], seen) for where, seen in others.items()}
        for number, fact in new:
            pier = self._open(number)
            pier.facts[fact.key] = fact
            pier.shelf = None
            self._vehicles.put(number, fact)
        asked = {
            number
            for (number, key), was_so in before.items()
            if self._vehicles.believed(number, self._piers[number].facts[key]) != was_so
        }
        for number, fact in new:
            if fact.row["kind"] != TRUCK_PASS or self._awaits(number, fact):
                asked.add(number)
        return asked

    def _awaits(self, number: int, fact: Fact) -> bool:
        """Whether a passage may belong to a landing that goes on at a pier."""
        settings, low, high = self._settings, fact.row["from_us"], fact.last_us
        before_us = settings.before_s * SECOND_US
        after_us = (settings.longest_s + settings.after_s) * SECOND_US
        return self._status(number) != BUSY and any(
            begun_us - before_us <= high and low <= begun_us + after_us
            for begun_us in self._going_on(number)
        )

    def _going_on(self, number: int) -> list[int]:
        told = self._piers[number].told.values()
        return [one.berth_from_us or one.from_us for one in told if not one.over]

    def _telling_of(self, number: int, fact: Fact) -> list[tuple[int, Fact]]:
        """Facts at other piers that are told of a vehicle: more is known of where it was."""
        beside = self._vehicles.beside(number, fact)
        return [one for one in beside if fact.plate in self._plates(one[0])]

    def _plates(self, number: int) -> frozenset[str]:
        """The vehicles that the landings at a pier which go on are told with."""
        met = self._met.get(number)
        if met is None:
            told = (one for one in self._piers[number].told.values() if not one.over)
            met = frozenset(plate(edge.target or "") for one in told for edge in one.links)
            self._met[number] = met
        return met

    def _take_ahead(self, row: Row, tick_s: int) -> set[int]:
        """An approach goes for one pier at a time: the likeliest."""
        key = (row["track"], row["from_us"])
        ends = row["phase"] in ("ended", "withdrawn")
        asked = set()
        for number in sorted(self._piers):
            ahead = self._piers[number].ahead.get(key)
            if ahead is not None and ahead.to_s is None and (ends or number != row["pier"]):
                mine = self._open(number)
                mine.ahead[key] = Approach(**{**vars(ahead), "to_s": tick_s})
                mine.changed()
                asked.add(number)
        chance = 0.0 if ends or row["pier"] is None else _chance(row["detail"])
        nearing = self._settings.nearing
        if chance < self._settings.ahead or self._status(row["pier"]) not in nearing:
            return asked
        pier = self._open(row["pier"])
        was = pier.ahead.get(key)
        pier.changed()
        member = self.memory.of(row["track"], tick_s)
        pier.ahead[key] = Approach(
            *key,
            tick_s if was is None else was.first_s,
            None,
            chance,
            None if member is None else member.vessel,
            tuple(row["targets"]),
            tuple(row["sources"]),
        )
        return asked | {row["pier"]}

    def _status(self, number: int) -> str:
        status: str = self._table[number]["status"]
        return status

    def _is_night(self, number: int, at_us: int) -> bool:
        row = self._table[number]
        return night_at(row["lon"], row["lat"], at_us)

    def _access(self, number: int) -> LonLat:
        row = self._table[number]
        if row["access_lon"] is None or row["access_lat"] is None:
            return row["lon"], row["lat"]
        return row["access_lon"], row["access_lat"]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two versions say the same, whenever they came."""
    return all(other[name] == value for name, value in one.items() if name != "clock_s")


def _chance(detail: str) -> float:
    piers: Iterable[tuple[str, float]] = json.loads(detail).get("piers", ())
    return max((float(chance) for _, chance in piers), default=0.0)


@lru_cache(maxsize=4)
def _table(piers: Piers) -> list[Row]:
    return piers.table.select("status", "lon", "lat", "access_lon", "access_lat").to_dicts()

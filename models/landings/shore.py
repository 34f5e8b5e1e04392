"""One pier at a tick: from the calls, approaches and facts that are known, to its landings.

What is told is a function of what is known by the tick and of what was told before; the fold
decides when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Final

from models.landings.identity import Memory
from models.landings.links import (
    BERTHED_AT,
    EXPLAINED_BY,
    MERGED_INTO,
    NOT_SEEN_BY,
    TURNED_AWAY,
    Belief,
    Linked,
    Shore,
    because,
    berthings,
    coverage,
    links_of,
)
from models.landings.members import Approach, Call, Fact, Key, LandingSettings
from models.landings.schema import COVERAGE, TRUCK_PASS, Landing, Link
from models.landings.visits import (
    SEEDS,
    Visit,
    arrived,
    back_in_name,
    explains,
    of_calls,
    of_land,
    seen_before,
)
from models.tracks.positions import SECOND_US

FactKey = tuple[str, str, int]
#: Calls of one visit that are kept: a radar gives new numbers for as long as a boat lies there.
MOST_CALLS: Final = 32
_SAID: Final = attrgetter(*(part.name for part in fields(Landing) if part.name != "clock_s"))
#: On the road to a harbour in use lorries pass all night: that tells nothing.
BUSY: Final = "active"


@dataclass(frozen=True)
class Shelf:
    """The facts of a pier by what they are for."""

    seeds: list[Fact]  # that a visit may be born of
    chain: list[Fact]  # that may be part of one
    looked: list[Fact]  # coverage
    ends_s: int | None  # when the first of them is over

    @staticmethod
    def of(facts: Iterable[Fact], *, busy: bool) -> Shelf:
        """Sorted out."""
        shelf, first_s = Shelf([], [], [], None), None
        for fact in facts:
            kind, ends_s = fact.row["kind"], fact.ends_s
            if ends_s is not None and (first_s is None or ends_s < first_s):
                first_s = ends_s
            if kind == COVERAGE:
                shelf.looked.append(fact)
            elif not (busy and kind == TRUCK_PASS):
                shelf.chain.append(fact)
                if kind in SEEDS:
                    shelf.seeds.append(fact)
        return replace(shelf, ends_s=first_s)


@dataclass
class Pier:
    """What is known at one pier, lying open while a tick is taken.

    What is made of it is remembered until it changes: `visits` of calls and approaches (`changed`),
    `shelf` of facts (None, once a fact is other than it was), `born` of a shelf, and of all that
    how facts fit visits and what is linked. None of it is state: made anew, it is the same.
    """

    calls: dict[Key, Call] = field(default_factory=dict)
    facts: dict[FactKey, Fact] = field(default_factory=dict)
    ahead: dict[Key, Approach] = field(default_factory=dict)
    told: dict[Key, Landing] = field(default_factory=dict)
    forgotten: list[Fact] = field(default_factory=list)  # at the tick that is being taken
    visits: list[Visit] | None = field(default=None, compare=False)
    before: list[Visit] = field(default_factory=list, compare=False)  # `visits`, as they were
    shelf: Shelf | None = field(default=None, compare=False)
    born: tuple[Shelf, list[Visit]] | None = field(default=None, compare=False)
    shore: Shore | None = field(default=None, compare=False)
    linked: dict[Key, Linked] = field(default_factory=dict, compare=False)
    _names: frozenset[str] | None = field(default=None, compare=False)

    def copy(self) -> Pier:
        """One that may be changed: its values never are."""
        return replace(
            self, calls=dict(self.calls), facts=dict(self.facts), ahead=dict(self.ahead),
            told=dict(self.told), forgotten=[],
        )  # fmt: skip

    def changed(self) -> None:
        """A call or an approach is other than it was."""
        self.visits = self._names = None

    @property
    def names(self) -> frozenset[str]:
        """The tracks and vessels of its calls."""
        if self._names is None:
            calls = self.calls.values()
            found = {call.row["track"] for call in calls} | {call.vessel for call in calls}
            self._names = frozenset(name for name in found if name is not None)
        return self._names

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.calls or self.facts or self.ahead or self.told)


@dataclass(frozen=True)
class View:
    """What a pier is judged by besides its own."""

    memory: Memory
    status: Callable[[int], str]
    is_night: Callable[[int, int], bool]
    believed: Callable[[int, Fact], Belief]
    settings: LandingSettings


def judge(number: int, pier: Pier, tick_s: int, view: View) -> tuple[list[Landing], int | None]:
    """What is new at a pier at a tick, and the next tick at which to ask though nothing comes."""
    settings = view.settings
    _follow(pier, tick_s, view)
    status = view.status(number)
    if pier.shelf is None:
        pier.shelf = Shelf.of(pier.facts.values(), busy=status == BUSY)
    shelf = pier.shelf
    if pier.visits is None:
        seen = (pier.calls.values(), pier.ahead.values())
        pier.visits = pier.before = of_calls(number, *seen, settings, pier.before)
    unseen = _unseen(number, pier, shelf, tick_s, view)
    visits = pier.visits
    if any(not v.calls for v in visits):
        visits = back_in_name([v if v.calls else arrived(v, unseen, settings) for v in visits])
    visits = _forget(pier, visits, tick_s, settings)
    shelf = pier.shelf or Shelf.of(pier.facts.values(), busy=status == BUSY)
    pier.shelf = shelf
    tracked = [v for v in visits if not seen_before(v, unseen)]
    explained: dict[Key, Visit] = {}
    for visit in unseen:
        by = next((v for v in tracked if explains(v, visit, tick_s, settings)), None)
        if by is not None:
            explained[visit.key] = by
    stands = [*tracked, *(v for v in unseen if v.key not in explained)]
    live = {v.key for v in stands if _changes(v, pier, tick_s)}
    if pier.shore is None or not pier.shore.holds(stands, live, shelf.chain):
        pier.shore = Shore.of(stands, live, shelf.chain, tick_s, settings)
    linked = {
        v.key: links_of(v, pier.shore, view.believed, settings, pier.linked.get(v.key))
        for v in stands
        if v.key in live
    }
    pier.linked = linked
    found = {v.key: _landing(v, pier, linked.get(v.key), shelf, tick_s, view) for v in stands}
    for key, was in pier.told.items():
        if key not in found and was.stage != "withdrawn":
            found[key] = _withdrawn(was, _why(was, visits, explained, tick_s), tick_s)
    news = []
    for key in sorted(found, key=lambda k: (k[1], k[0])):
        landing, before = found[key], pier.told.get(key)
        if landing.over and (before is None or before.stage == "withdrawn"):
            continue  # of what was given up, or is forgotten, nothing is said again
        if before is None or not _same(landing, before):
            pier.told[key] = landing
            news.append(landing)
    return news, _next(pier, [*visits, *stands], tick_s, settings)


def _same(one: Landing, other: Landing) -> bool:
    """Whether two versions say the same, whenever they came."""
    return one is other or bool(_SAID(one) == _SAID(other))


def _unseen(number: int, pier: Pier, shelf: Shelf, tick_s: int, view: View) -> list[Visit]:
    """The visits that the land side speaks of: of facts that began by now, they stay the same."""
    if not shelf.seeds:
        return []
    if pier.born is not None and pier.born[0] is shelf:
        return pier.born[1]
    status, settings = view.status(number), view.settings
    born = of_land(
        number, shelf.seeds, status, lambda at_us: view.is_night(number, at_us), tick_s, settings
    )
    still = all(fact.row["from_us"] <= tick_s * SECOND_US for fact in shelf.seeds)
    pier.born = (shelf, born) if still else None
    return born


def _follow(pier: Pier, tick_s: int, view: View) -> None:
    """Calls that go on are of the vessel that fusion holds their track as of."""
    for key, call in pier.calls.items():
        if not call.left:
            member = view.memory.of(call.row["track"], tick_s)
            if member is not None and (member.vessel, member.probability) != (
                call.vessel,
                call.sure,
            ):
                pier.calls[key] = replace(call, vessel=member.vessel, sure=member.probability)
                pier.changed()


def _forget(pier: Pier, visits: list[Visit], tick_s: int, settings: LandingSettings) -> list[Visit]:
    """Drop what is over for long; the visits that remain."""
    kept = []
    for visit in visits:
        if visit.seen:
            closes_s = visit.closes_s
            over = closes_s is not None and closes_s + settings.keep_s <= tick_s
        else:  # an approach that ended may yet prove to have been a berthing
            to_s = visit.ahead.to_s if visit.ahead is not None else None
            over = to_s is not None and to_s + settings.late_s <= tick_s
        if not over:
            kept.append(visit)
            _thin(pier, visit)
            continue
        pier.changed()
        for call in visit.calls:
            del pier.calls[call.key]
        if visit.ahead is not None:
            del pier.ahead[(visit.ahead.track, visit.ahead.from_us)]
        if visit.seen:
            pier.told.pop(visit.key, None)
    keep_s = settings.fact_s
    if pier.shelf is None or _over(pier.shelf.ends_s, keep_s, tick_s):
        for fact_key, fact in list(pier.facts.items()):
            if _over(fact.ends_s, keep_s, tick_s):
                pier.forgotten.append(pier.facts.pop(fact_key))
        pier.shelf = None
    stand = {visit.key for visit in kept}
    for key, was in list(pier.told.items()):
        if was.over and was.clock_s + settings.keep_s <= tick_s and key not in stand:
            del pier.told[key]
    return kept


def _over(ends_s: int | None, keep_s: int, tick_s: int) -> bool:
    return ends_s is not None and ends_s + keep_s <= tick_s


def _thin(pier: Pier, visit: Visit) -> None:
    """Keep the first call of a visit and the newest."""
    if len(visit.calls) <= MOST_CALLS:
        return
    pier.changed()
    old = sorted((c.first_s, c.key) for c in visit.calls if c.left)[1:]
    for _, key in old[: max(len(visit.calls) - MOST_CALLS, 0)]:
        del pier.calls[key]


def _stands(pier: Pier, visit: Visit) -> Landing | None:
    """What was told of a visit and not taken back."""
    was = pier.told.get(visit.key)
    return was if was is not None and was.stage != "withdrawn" else None


def _landing(
    visit: Visit, pier: Pier, linked: Linked | None, shelf: Shelf, tick_s: int, view: View
) -> Landing:
    """What is known of a visit; once it is over, only names are learned."""
    was = _stands(pier, visit)
    targets = _targets(visit, tick_s, view)
    over = visit.closes_s is not None and visit.closes_s <= tick_s
    if was is not None and was.over and over:
        if (targets, visit.vessel) == (was.targets, was.vessel):
            return was
        return replace(was, clock_s=tick_s, targets=targets, vessel=visit.vessel)
    if was is None or linked is not None:
        links = () if linked is None else linked.links
        looked = coverage(visit, shelf.looked, tick_s)
    else:  # a boat that lies on: its tracks go on, its trucks are what they were
        met = (link for link in was.links if link.kind != BERTHED_AT)
        links, looked = (*berthings(visit), *met), was.coverage
    lies = visit.end_us is None or visit.lost
    stage = "approach" if not visit.seen else "berthed" if lies else "left"
    lost = visit.lost and over
    if over and not visit.seen:
        lost = "camera" not in looked
        if not lost:
            stage = "withdrawn"
            end_us = visit.end_us or visit.begun_us
            links = (because(NOT_SEEN_BY, "camera", end_us, "camera"), *links)
    return Landing(
        visit.pier,
        visit.from_us,
        tick_s,
        visit.subject,
        tuple(call.row for call in visit.calls),
        visit.vessel,
        targets,
        visit.berth_from_us,
        visit.gone_us if lost or stage == "left" else None,
        stage,
        links,
        looked,
        over,
        lost,
    )


def _changes(visit: Visit, pier: Pier, tick_s: int) -> bool:
    """Whether land facts may still become part of a visit."""
    was = _stands(pier, visit)
    if was is None:
        return True
    closes_s = visit.closes_s
    if closes_s is not None and closes_s <= tick_s:
        return not was.over
    return tick_s <= visit.reach_us[1] // SECOND_US + visit.settings.late_s


def _targets(visit: Visit, tick_s: int, view: View) -> tuple[str, ...]:
    names = visit.targets
    for vessel in visit.vessels:
        more = view.memory.targets(vessel, tick_s)
        if more != names and not all(name in names for name in more):
            names = tuple(sorted({*names, *more}))
    return names


def _why(was: Landing, visits: list[Visit], explained: Mapping[Key, Visit], tick_s: int) -> Link:
    """Why what was told is told no more."""
    at_us = tick_s * SECOND_US
    by = explained.get((was.subject, was.from_us))
    if by is not None:
        return _part_of(EXPLAINED_BY, by)
    mine = {(row["track"], row["from_us"]) for row in was.calls}
    for visit in visits:
        if mine & {call.key for call in visit.calls}:
            return _part_of(MERGED_INTO, visit)
    if was.subject.startswith("land:"):
        return because(NOT_SEEN_BY, was.subject.removeprefix("land:"), at_us, "land")
    return because(TURNED_AWAY, was.subject, at_us, "tracks")


def _part_of(kind: str, heir: Visit) -> Link:
    told = {"vessel": heir.vessel, "from_us": heir.from_us}
    return because(kind, heir.name, heir.begun_us, "tracks", **told)


def _withdrawn(was: Landing, why: Link, tick_s: int) -> Landing:
    return replace(
        was, clock_s=tick_s, stage="withdrawn", links=(why, *was.links), over=True, lost=False
    )


def _next(pier: Pier, visits: list[Visit], tick_s: int, settings: LandingSettings) -> int | None:
    """When something changes at the pier though nothing comes: it closes, or is forgotten."""
    times = []
    for visit in visits:
        closes_s = visit.closes_s
        if not visit.seen and visit.ahead is not None and visit.ahead.to_s is not None:
            times.append(visit.ahead.to_s + settings.late_s)
        elif closes_s is not None:
            times += [closes_s, closes_s + settings.keep_s]
    times += [was.clock_s + settings.keep_s for was in pier.told.values() if was.over]
    if pier.shelf is not None and pier.shelf.ends_s is not None:
        times.append(pier.shelf.ends_s + settings.fact_s)
    return min((t for t in times if t > tick_s), default=None)

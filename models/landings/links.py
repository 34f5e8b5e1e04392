"""The typed edges of a landing: who berthed, who saw it, which trucks met it and left with it.

A fact belongs to every visit at its pier that it fits in time; its probability is shared among
them by how well it fits, and each edge names the others. What one goods vehicle cannot have done
besides what else is known of it is left out (methods 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.events.pier_calls import confidence
from models.landings import prism
from models.landings.members import (
    CAMERA_S,
    TRUCKS,
    Call,
    Fact,
    Key,
    LandingSettings,
)
from models.landings.prism import LonLat, Sighting
from models.landings.schema import (
    BARRIER,
    CAMERA_BOAT,
    TRUCK_PASS,
    Landing,
    Link,
)
from models.landings.visits import Visit
from models.tracks.positions import SECOND_US, is_radar

BERTHED_AT, SEEN_BY, MET_BY = "berthed_at", "seen_by", "met_by"
LEFT_WITH, BARRED_BY = "left_with", "barred_by"
#: Why a landing is withdrawn: another visit explains it, or it became part of that; nobody who
#: looked saw a boat; the boat that was expected turned away.
EXPLAINED_BY, MERGED_INTO = "explained_by", "merged_into"
NOT_SEEN_BY, TURNED_AWAY = "not_seen_by", "turned_away"
REASONS: Final = (EXPLAINED_BY, MERGED_INTO, NOT_SEEN_BY, TURNED_AWAY)
_ORDER: Final = (BERTHED_AT, SEEN_BY, MET_BY, LEFT_WITH, BARRED_BY, *REASONS)
#: How far from a pier's access a vehicle that stands there may be.
_QUAY_M: Final = 300.0
#: That a boat which fell silent at a pier berthed there, as no stop was seen. Own proposal.
DARK_BERTH: Final = 0.5
#: Trucks that come later than this after the berthing come for something else more often.
LATE_WEIGHT: Final = 0.25
FADES_S: Final = 1800  # of a truck that is there before or after the vessel
CAMERA_FADES_S: Final = 300
LEAST: Final = 0.1  # of a link that is named
#: (pier, fact) -> how probable a fact is beside what else is known of its vehicle, and the piers
#: where the same vehicle is told of at the same time.
Belief = tuple[float, tuple[int, ...]]
#: A fact, the share of it that is a visit's by how well it fits, and whose else it may be.
Fit = tuple[Fact, float, tuple[str, ...]]


@dataclass(frozen=True)
class Shore:
    """What links are judged by besides the visit: the facts at the pier, and how they fit all."""

    visits: Sequence[Visit]
    live: Collection[Key]  # the visits that facts may still become part of
    facts: Sequence[Fact]
    fits: Mapping[Key, Sequence[Fit]]  # of the live visits
    still: bool  # as time passes, all of this stays as it is

    @staticmethod
    def of(
        visits: Sequence[Visit],
        live: Collection[Key],
        facts: Sequence[Fact],
        tick_s: int,
        settings: LandingSettings,
    ) -> Shore:
        """Every fact with all visits that it fits, where one of these is asked about (`live`).

        What began by now and goes on overlaps all that is to come: time alone changes no weight
        then.
        """
        fits: dict[Key, list[Fit]] = {key: [] for key in live}
        reach = [(v, *v.reach_us) for v in visits]
        asked = [(low, high) for v, low, high in reach if v.key in live]
        now_us = latest_us = tick_s * SECOND_US
        if asked:
            latest_us = max(now_us, *(v.begun_us for v in visits))
            first_us, last_us = min(low for low, _ in asked), max(high for _, high in asked)
        for fact in facts if asked else ():
            from_us, to_us = fact.row["from_us"], fact.to_us(tick_s)
            latest_us = max(latest_us, from_us)
            if to_us < first_us or from_us > last_us:
                continue
            held = [
                (v, w)
                for v, low, high in reach
                if to_us >= low and from_us <= high and (w := weight(v, fact, tick_s, settings))
            ]
            for i, (visit, _) in enumerate(held):
                if visit.key in live:
                    fit = _fit(fact, i, held, settings)
                    if fit is not None:
                        fits[visit.key].append(fit)
        return Shore(visits, live, facts, fits, latest_us <= now_us)

    def holds(self, visits: Sequence[Visit], live: Collection[Key], facts: Sequence[Fact]) -> bool:
        """Whether it is the same at a later tick, of these."""
        return (
            self.still
            and self.facts is facts
            and self.live == live
            and len(self.visits) == len(visits)
            and all(a is b for a, b in zip(self.visits, visits, strict=True))
        )


def _fit(
    fact: Fact, mine: int, held: Sequence[tuple[Visit, float]], settings: LandingSettings
) -> Fit | None:
    """What is one visit's of a fact that several may hold; None: too little to be named."""
    share = 1.0
    if fact.row["kind"] != BARRIER:
        in_all = settings.elsewhere + held[mine][1]
        for i, (_, other) in enumerate(held):
            if i != mine:
                in_all += other
        share = held[mine][1] / in_all
    if share * fact.row["probability"] < LEAST:
        return None
    if len(held) == 1:
        return fact, share, ()
    return fact, share, tuple(sorted(v.name for i, (v, _) in enumerate(held) if i != mine))


@dataclass(frozen=True)
class Linked:
    """The edges of a visit, and what they rest on."""

    visit: Visit
    fits: Sequence[Fit]
    beliefs: Sequence[Belief]
    links: tuple[Link, ...]


def links_of(
    visit: Visit,
    shore: Shore,
    believed: Callable[[int, Fact], Belief],
    settings: LandingSettings,
    was: Linked | None = None,
) -> Linked:
    """All edges of a visit as of a tick, by kind, time and object; `was` where nothing changed."""
    fits = shore.fits[visit.key]
    beliefs = [believed(visit.pier, fact) for fact, _, _ in fits]
    if was is not None and was.visit is visit and was.beliefs == beliefs and was.fits == fits:
        return was
    found = list(berthings(visit))
    for fit, belief in zip(fits, beliefs, strict=True):
        found += _of_fact(visit, fit, belief, settings)
    return Linked(visit, fits, beliefs, tuple(sorted(found, key=_place)))


def berthings(visit: Visit) -> list[Link]:
    """The edges of its tracks."""
    return sorted((call.edge(visit.begun_us, _berthed) for call in visit.calls), key=_place)


def _place(link: Link) -> tuple[int, int, str, str]:
    fact = str(link.detail.get("fact"))
    return _ORDER.index(link.kind), link.from_us, link.object, fact


def _berthed(visit_us: int, call: Call) -> Link:
    row = call.row
    berthed, dark = row["berth_from_us"] is not None, row["dark_from_us"] is not None
    ladder = confidence(row["entry_seen"], row["exit_seen"], berthed, dark)
    begun_us = call.begun_us or visit_us
    return Link(
        BERTHED_AT,
        row["track"],
        row["target"],
        begun_us,
        call.end_us if call.left else None,
        round(call.sure * (1.0 if berthed else DARK_BERTH), 4),
        (begun_us - visit_us) // SECOND_US,
        (),
        _sensor(row["target"]),
        None,
        {"confidence": ladder, "dark": dark, "vessel": call.vessel},
    )


def _sensor(target: str) -> str:
    return "radar" if is_radar(target) else "beidou" if target.startswith("beidou:") else "ais"


def _of_fact(visit: Visit, fit: Fit, belief: Belief, settings: LandingSettings) -> list[Link]:
    """The edges that a fact gives: that it met the visit, and that it left with it."""
    fact, share, others = fit
    kind = fact.row["kind"]
    sure, piers = belief
    probability = round(sure * share, 4)
    if probability < LEAST:
        return []
    rivals = (*others, *(f"pier:{p}" for p in piers))
    leaves = kind in TRUCKS and _leaves(visit, fact, settings)
    kinds = [LEFT_WITH] if leaves else []
    if not (leaves and _comes_after(visit, fact)):
        kinds.insert(0, _kind(kind))
    begun_us = visit.begun_us
    return fact.edges(
        (*kinds, begun_us, probability, rivals),
        lambda: [_link(each, begun_us, fact, probability, rivals) for each in kinds],
    )


def _kind(kind: str) -> str:
    return {CAMERA_BOAT: SEEN_BY, BARRIER: BARRED_BY}.get(kind, MET_BY)


def _link(
    kind: str, begun_us: int, fact: Fact, probability: float, rivals: tuple[str, ...]
) -> Link:
    row = fact.row
    return Link(
        kind,
        row["object"],
        row["target"],
        row["from_us"],
        row["to_us"],
        probability,
        (row["from_us"] - begun_us) // SECOND_US,
        rivals,
        row["sensor"],
        row["source"],
        {**fact.detail, "fact": row["kind"]},
    )


def _leaves(visit: Visit, fact: Fact, settings: LandingSettings) -> bool:
    """Whether a truck leaves within half an hour after the vessel, or is read on its way then."""
    if visit.end_us is None or visit.lost or not visit.seen:
        return False
    passes = fact.row["kind"] == TRUCK_PASS
    off_us = fact.row["from_us"] if passes else fact.row["to_us"]
    return off_us is not None and 0 <= off_us - visit.end_us <= settings.after_s * SECOND_US


def _comes_after(visit: Visit, fact: Fact) -> bool:
    return visit.end_us is not None and bool(fact.row["from_us"] > visit.end_us)


def weight(visit: Visit, fact: Fact, tick_s: int, settings: LandingSettings) -> float:
    """How well a fact within reach of a visit fits it in time, 0 … 1."""
    row = fact.row
    if visit.seeds and any(seed.key == fact.key for seed in visit.seeds):
        return 1.0
    to_us = fact.to_us(tick_s)
    end_us = max(tick_s * SECOND_US if visit.end_us is None else visit.end_us, visit.begun_us)
    apart_s: float = max(row["from_us"] - end_us, visit.begun_us - to_us, 0) / SECOND_US
    if row["kind"] == CAMERA_BOAT:
        return 0.0 if apart_s > CAMERA_S else 1.0 / (1.0 + apart_s / CAMERA_FADES_S)
    if row["kind"] == BARRIER:
        return 1.0
    late = row["from_us"] > visit.begun_us + settings.before_s * SECOND_US
    return (LATE_WEIGHT if late else 1.0) / (1.0 + apart_s / FADES_S)


def believed(
    pier: int,
    fact: Fact,
    elsewhere: Iterable[tuple[int, Fact, Sighting]],
    place: LonLat,
) -> Belief:
    """The probability of a fact beside what else is known of its vehicle, and the piers where it
    may have been meant to go: those where the vehicle is told of at the same time.

    Parameters
    ----------
    elsewhere
        All facts of the vehicle with their piers that can contradict it or be an alibi: of hours
        before and after. This one may be among them.
    place
        Where the road reaches the pier.
    """
    mine = fact.sighting(place)
    piers: set[int] = set()
    others: list[Sighting] = []
    once, own = {fact.read}, fact.key  # one reading is told at every pier that it may be for
    for number, other, seen in elsewhere:
        if number == pier:
            if other.key == own:
                continue
        elif (
            number not in piers
            and seen.from_us <= mine.to_us
            and mine.from_us <= seen.to_us
            and prism.possible(mine, seen)
        ):
            piers.add(number)
        if other.read not in once:
            once.add(other.read)
            others.append(seen)
    agree: list[Sighting] = []
    deny: list[Sighting] = []
    for seen in others:
        (agree if prism.possible(mine, seen) else deny).append(seen)
    if fact.row["kind"] == TRUCK_PASS and _alibi(place, mine, agree):
        return 0.0, ()
    return prism.believed(mine, deny), tuple(sorted(piers))


def _alibi(place: LonLat, mine: Sighting, others: list[Sighting]) -> bool:
    """Whether a vehicle that was read on the road can have stopped at the pier at no time then.

    `others` are possible beside that reading.
    """
    sure = [o for o in others if o.probability >= 0.5]
    before = [o for o in sure if o.to_us < mine.from_us]
    after = [o for o in sure if mine.to_us < o.from_us]
    if not before or not after:
        return False
    last = max(before, key=lambda s: (s.to_us, s.from_us, s.place))
    first = min(after, key=lambda s: (s.from_us, s.to_us, s.place))
    return prism.has_alibi(place, (last, mine, first), slack_m=_QUAY_M)


def coverage(visit: Visit, sights: Sequence[Fact], tick_s: int) -> frozenset[str]:
    """The sensors of the land side that looked at the pier for half of the stay or more."""
    now_us = tick_s * SECOND_US
    low = visit.begun_us
    high = min(now_us if visit.end_us is None else visit.end_us, low + 7200 * SECOND_US)
    high = max(high, low)
    looked: dict[str, int] = {}
    for fact in sights:
        row = fact.row
        if row["from_us"] <= high:
            to_us = max(now_us, high) if row["to_us"] is None else row["to_us"]
            if to_us >= low:
                mine = min(to_us, high) - max(row["from_us"], low)
                looked[row["object"]] = looked.get(row["object"], 0) + mine
    return frozenset(s for s, us in looked.items() if 2 * us >= high - low)


def because(kind: str, of: str, at_us: int, sensor: str, **detail: object) -> Link:
    """The edge that says why a landing was withdrawn."""
    return Link(kind, of, None, at_us, None, 1.0, 0, (), sensor, None, detail)


def heir(landing: Landing) -> tuple[int, int, str] | None:
    """`from_us` of the landing that a withdrawn one proved to be, since when that lies, and its
    subject."""
    if landing.stage != "withdrawn":
        return None
    first = next((k for k in landing.links if k.kind in (EXPLAINED_BY, MERGED_INTO)), None)
    if first is None:
        return None
    return int(first.detail["from_us"]), first.from_us, first.object.rpartition("@")[0]


def reason(landing: Landing) -> tuple[str, str] | None:
    """Why a landing was withdrawn, and by what; None where it was not."""
    found: Iterable[Link] = (link for link in landing.links if link.kind in REASONS)
    first = next(iter(found), None)
    return None if first is None else (first.kind, first.object)

"""Visits: what calls of several tracks, an approach, or the land side alone say of one boat's stay.

The calls at one pier of tracks that fusion holds as one vessel, whose times overlap or nearly
adjoin, are one visit. A visit that no track saw is born of land facts at night, and given up where
a track's visit explains them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import is_
from typing import Final

from models.landings.members import (
    CAMERA_S,
    USUAL_S,
    Approach,
    Call,
    Fact,
    Key,
    LandingSettings,
)
from models.landings.schema import BARRIER, CAMERA_BOAT, CAMERA_TRUCK, TRUCK_WAIT
from models.tracks.positions import SECOND_US, is_radar

#: What a visit that no track saw may be born of.
SEEDS: Final = (CAMERA_BOAT, TRUCK_WAIT, CAMERA_TRUCK, BARRIER)


@dataclass(frozen=True)
class Visit:
    """A stay at a pier as of a tick; its name is (`subject`, `from_us`)."""

    pier: int
    subject: str
    from_us: int
    first_s: int
    calls: tuple[Call, ...]  # the best witness first
    seeds: tuple[Fact, ...]  # that it was born of, the oldest first
    ahead: Approach | None
    vessel: str | None
    begun_us: int  # berthing, else the first sight
    berth_from_us: int | None
    end_us: int | None  # None: it goes on
    end_s: int | None  # the tick at which the end was known
    lost: bool
    settings: LandingSettings = field(compare=False, repr=False)

    @cached_property
    def key(self) -> Key:
        """Its name at the pier."""
        return self.subject, self.from_us

    @cached_property
    def name(self) -> str:
        """How other landings call it.

        A subject may call twice a night, so that its beginning is named too.
        """
        return f"{self.subject}@{self.from_us // SECOND_US}"

    @property
    def seen(self) -> bool:
        """Whether a boat was seen at the pier, by whatever sensor."""
        return self.berth_from_us is not None

    @property
    def gone_us(self) -> int:
        """Its end; after the usual stay where that is not known."""
        return self.begun_us + USUAL_S * SECOND_US if self.end_us is None else self.end_us

    @cached_property
    def reach_us(self) -> tuple[int, int]:
        """The times between which trucks belong to it."""
        settings = self.settings
        low = self.begun_us - settings.before_s * SECOND_US
        if self.end_us is None:  # a bar that is up all night is no boat that lies there all night
            of_land = not self.calls and not self.seen and self.ahead is None
            longest_s = settings.unseen_s if of_land else settings.longest_s
            return low, self.begun_us + (longest_s + settings.after_s) * SECOND_US
        end_us = min(self.end_us, self.begun_us + settings.longest_s * SECOND_US)
        return low, end_us + settings.after_s * SECOND_US

    @cached_property
    def closes_s(self) -> int | None:
        """The tick at which nothing more can belong to it; None: not known yet."""
        if self.end_us is None and self.calls:
            return None
        return max(self.reach_us[1] // SECOND_US + self.settings.late_s, self.end_s or 0)

    @cached_property
    def vessels(self) -> tuple[str, ...]:
        """The vessels that its tracks are of."""
        names = {call.vessel for call in self.calls} | {self.vessel}
        return tuple(sorted(name for name in names if name is not None))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The names of its tracks, and of the approach that led to it, sorted."""
        names = {call.row["target"] for call in self.calls}
        return tuple(sorted(names.union(self.ahead.targets if self.ahead is not None else ())))


def of_calls(
    pier: int,
    calls: Iterable[Call],
    heading: Iterable[Approach],
    settings: LandingSettings,
    before: Iterable[Visit] = (),
) -> list[Visit]:
    """The visits that tracks made of a pier, with the approaches that led to them.

    Those made `before` stand where their calls are the same, with all that was found of them.
    """
    made = {visit.calls[0].key: visit for visit in before if visit.calls}
    crews: dict[str, list[Call]] = {}
    for call in calls:
        if call.begun_us is not None:
            crews.setdefault(call.vessel or f"track:{call.row['track']}", []).append(call)
    heading = sorted(heading, key=lambda a: (a.first_s, a.from_us, a.track))
    used: set[Key] = set()
    visits = []
    for crew in sorted(crews):
        for group in _adjoining(crews[crew], settings):
            ahead = _led(group, heading, used, settings)
            if ahead is not None:
                used.add((ahead.track, ahead.from_us))
            best = tuple(sorted(group, key=lambda c: c.rank))
            was = made.get(best[0].key)
            same = was is not None and was.ahead is ahead and len(was.calls) == len(best)
            if was is not None and same and all(map(is_, was.calls, best)):
                visits.append(was)
            else:
                visits.append(_visit(pier, group, best, ahead, settings))
    visits += [_coming(pier, a, settings) for a in heading if (a.track, a.from_us) not in used]
    return sorted(visits, key=lambda v: (v.first_s, v.from_us, v.subject))


def _adjoining(calls: list[Call], settings: LandingSettings) -> list[list[Call]]:
    """Calls of one vessel, parted where more than `join_s` lies between them."""
    groups: list[list[Call]] = []
    until_us: int | None = 0
    for call in sorted(calls, key=lambda c: (c.begun_us, c.key)):
        begun_us = call.begun_us or 0
        apart = until_us is not None and begun_us > until_us + settings.join_s * SECOND_US
        if apart or not groups:
            groups.append([])
            until_us = 0
        groups[-1].append(call)
        end_us = call.end_us if call.left else None
        until_us = None if until_us is None or end_us is None else max(until_us, end_us)
    return groups


def _led(
    group: list[Call], heading: Sequence[Approach], used: set[Key], settings: LandingSettings
) -> Approach | None:
    """The first approach of the vessel that may have led here."""
    begun_us = min(c.begun_us or 0 for c in group)
    for approach in heading:
        mine = approach.vessel is not None and approach.vessel == group[0].vessel
        mine |= approach.track in {c.row["track"] for c in group}
        over_us = None if approach.to_s is None else approach.to_s * SECOND_US
        timely = over_us is None or over_us + settings.join_s * SECOND_US >= begun_us
        free = (approach.track, approach.from_us) not in used
        if mine and timely and free and approach.from_us <= begun_us:
            return approach
    return None


def _visit(
    pier: int,
    group: list[Call],
    best: tuple[Call, ...],
    ahead: Approach | None,
    settings: LandingSettings,
) -> Visit:
    first = min(group, key=lambda c: (c.first_s, c.row["from_us"], c.row["track"]))
    berths = [c.row["berth_from_us"] for c in group if c.row["berth_from_us"] is not None]
    begun_us = min(berths or [c.begun_us or 0 for c in group])
    end_us, end_s, lost = _end(group)
    led = ahead is not None and ahead.first_s <= first.first_s
    return Visit(
        pier,
        ahead.track if ahead is not None and led else first.row["track"],
        ahead.from_us if ahead is not None and led else first.row["from_us"],
        ahead.first_s if ahead is not None and led else first.first_s,
        best,
        (),
        ahead,
        group[0].vessel,
        begun_us,
        begun_us,
        end_us,
        end_s,
        lost,
        settings,
    )


def _end(group: list[Call]) -> tuple[int | None, int | None, bool]:
    """The end of the stay, when it was known, and whether it is only that nothing was heard.

    A member that fell silent at the pier is no witness that the boat is still there, once another
    saw it leave afterwards.
    """
    gone = [c for c in group if c.left]
    open_ = [c for c in group if not c.left]
    seen_off = [c for c in gone if c.row["exit_seen"]]
    off_us = max((c.end_us for c in seen_off), default=None)
    here = [
        c for c in open_ if not c.dark or off_us is None or c.row["dark_from_us"] > off_us
    ]  # fmt: skip
    if here or not gone:
        return None, None, False
    last = max(gone, key=lambda c: (c.end_us, c.row["clock_s"], c.key))
    end_s = max(c.row["clock_s"] for c in gone)
    end_us = last.end_us
    if last.lost and is_radar(last.row["target"]):  # nothing says that it is not there
        end_us = max(end_us, (last.begun_us or 0) + USUAL_S * SECOND_US)
    return end_us, end_s, last.lost


def _coming(pier: int, ahead: Approach, settings: LandingSettings) -> Visit:
    """A boat that is expected."""
    end_us = None if ahead.to_s is None else max(ahead.to_s * SECOND_US, ahead.from_us)
    return Visit(
        pier, ahead.track, ahead.from_us, ahead.first_s, (), (), ahead, ahead.vessel,
        ahead.from_us, None, end_us, ahead.to_s, lost=False, settings=settings,
    )  # fmt: skip


def of_land(
    pier: int,
    facts: Iterable[Fact],
    status: str,
    is_night: Callable[[int], bool],
    tick_s: int,
    settings: LandingSettings,
) -> list[Visit]:
    """The visits that the land side alone speaks of: a boat before a dock camera at night, or
    goods vehicles that wait, or a bar that is opened, at night where there is nothing to load."""
    seeds = [f for f in facts if f.row["probability"] > 0 and _sign(f, status, settings)]
    groups: list[list[Fact]] = []
    for seed in sorted(seeds, key=lambda f: (f.first_s, f.row["from_us"], f.key)):
        if not is_night(seed.row["from_us"]):
            continue
        group = next((g for g in groups if _of_one_boat(seed, g, tick_s, settings)), None)
        if group is None:
            groups.append([seed])
        else:
            group.append(seed)
    return [_unseen(pier, group, settings) for group in groups]


def _sign(fact: Fact, status: str, settings: LandingSettings) -> bool:
    kind = fact.row["kind"]
    if kind == CAMERA_BOAT:
        return True
    return kind in SEEDS and status in settings.idle


def _of_one_boat(seed: Fact, group: list[Fact], tick_s: int, settings: LandingSettings) -> bool:
    """Whether a sign belongs to the boat of these others.

    A boat that a camera sees long after it saw the last one go is another: a decoy may have been
    here just before.
    """
    boats = [f for f in group if f.row["kind"] == CAMERA_BOAT]
    if seed.row["kind"] == CAMERA_BOAT and boats:
        return any(_apart_s(seed, boat, tick_s) <= CAMERA_S for boat in boats)
    return _apart_s(seed, group[0], tick_s) <= settings.before_s


def _apart_s(one: Fact, other: Fact, tick_s: int) -> float:
    """Seconds between two facts; below zero where they overlap."""
    apart_us: int = max(
        one.row["from_us"] - other.to_us(tick_s), other.row["from_us"] - one.to_us(tick_s)
    )
    return apart_us / SECOND_US


def _unseen(pier: int, group: list[Fact], settings: LandingSettings) -> Visit:
    first = group[0]
    boats = [f for f in group if f.row["kind"] == CAMERA_BOAT]
    berth_us = min((f.row["from_us"] for f in boats), default=None)
    begun_us = min(f.row["from_us"] for f in group) if berth_us is None else berth_us
    ends = [f.row["to_us"] for f in (boats or group)]
    going_on = any(end is None for end in ends)
    end_us = None if going_on else max(ends)
    end_s = None if going_on else max(f.row["clock_s"] for f in (boats or group))
    return Visit(
        pier, f"land:{first.row['object']}", first.row["from_us"], first.first_s, (),
        tuple(group), None, None, begun_us, berth_us, end_us, end_s, lost=False, settings=settings,
    )  # fmt: skip


def arrived(coming: Visit, unseen: list[Visit], settings: LandingSettings) -> Visit:
    """The boat that was expected, once a dock camera sees one at its pier: that is it."""
    over_us = None if coming.end_us is None else coming.end_us + settings.late_s * SECOND_US
    for visit in unseen:
        berth_us = visit.berth_from_us
        if berth_us is None or berth_us < coming.from_us - CAMERA_S * SECOND_US:
            continue
        if over_us is None or berth_us <= over_us:
            return replace(
                coming, seeds=visit.seeds, begun_us=berth_us, berth_from_us=berth_us,
                end_us=visit.end_us, end_s=visit.end_s,
            )  # fmt: skip
    return coming


def back_in_name(visits: list[Visit]) -> list[Visit]:
    """One visit of a boat that a camera saw arrive and of the transponder that then spoke again.

    Radar lost it at the quay, so that fusion could not tell. Who was heard all the way in is
    another boat.
    """
    left = list(visits)
    for coming in visits:
        if coming.calls or not coming.seen:
            continue
        for visit in left:
            if not visit.calls or visit.ahead is not None or visit.first_s < coming.first_s:
                continue
            quiet = all(c.row["quiet_from_us"] is not None or not c.row["entry_seen"]
                        for c in visit.calls)  # fmt: skip
            late_us = visit.begun_us - (visit.begun_us if coming.end_us is None else coming.end_us)
            if quiet and coming.begun_us <= visit.begun_us and late_us <= CAMERA_S * SECOND_US:
                left.remove(coming)
                left[left.index(visit)] = replace(
                    visit, subject=coming.subject, from_us=coming.from_us,
                    first_s=coming.first_s, ahead=coming.ahead, begun_us=coming.begun_us,
                    berth_from_us=coming.berth_from_us,
                )  # fmt: skip
                break
    return sorted(left, key=lambda v: (v.first_s, v.from_us, v.subject))


def seen_before(visit: Visit, unseen: list[Visit]) -> bool:
    """Whether a radar's word that it lost a boat here is what a camera told already."""
    if not visit.calls or visit.ahead is not None or not all(c.vanished for c in visit.calls):
        return False
    return any(
        u.seen
        and u.first_s <= visit.first_s
        and abs(u.begun_us - visit.begun_us) <= CAMERA_S * SECOND_US
        for u in unseen
    )


def explains(visit: Visit, unseen: Visit, tick_s: int, settings: LandingSettings) -> bool:
    """Whether a boat that was seen, or is expected, is the one that the land side speaks of.

    Trucks wait for a boat that berths within two hours (methods 3.1), and not for one that had
    left half an hour before they came; a camera's boat is the one that lies there, unless it has
    lain longer than any unloading. Where a camera saw a boat, it is about that boat.
    """
    longest_us = visit.begun_us + settings.longest_s * SECOND_US
    ends_us = min(tick_s * SECOND_US if visit.end_us is None else visit.end_us, longest_us)
    if unseen.seen:
        low, high = visit.begun_us - CAMERA_S * SECOND_US, ends_us + CAMERA_S * SECOND_US
    else:
        low = visit.begun_us - settings.before_s * SECOND_US
        high = visit.begun_us + settings.before_s * SECOND_US
        if visit.end_us is not None and not visit.lost:
            high = min(high, ends_us + settings.after_s * SECOND_US)
    signs = (f for f in unseen.seeds if not unseen.seen or f.row["kind"] == CAMERA_BOAT)
    return any(f.row["from_us"] <= high and f.to_us(tick_s) >= low for f in signs)

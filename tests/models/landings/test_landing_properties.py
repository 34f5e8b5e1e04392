"""Cut, Repeat, Prefix and Settle (design, decision 3): of landings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from event_runs import dicts
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from landing_scenes import T0, Row, approach, call, fact, link, minute, told, truck, us

from models.landings.fold import State
from models.landings.saved import dump, parse
from models.landings.schema import FACT_KINDS, Landing

pytestmark = pytest.mark.timeout(TIMEOUT_S)
END = 30 * 60  # minutes: a night, and until all is forgotten
LAST_S = minute(END)
TRACKS = ("mmsi:412000001", "mmsi:412000002", "radar:R1:1", "radar:R1:2", "beidou:0000001")
minutes = st.integers(0, 10 * 60)
piers = st.sampled_from([0, 0, 0, 1, 2])
cuts = st.lists(st.integers(T0, LAST_S), max_size=6)


@st.composite
def stays(draw: st.DrawFn) -> list[Row]:
    """The rows of one call: it berths, lies on, falls silent, leaves; or not."""
    track, pier, at = draw(st.sampled_from(TRACKS)), draw(piers), draw(minutes)
    rows = [call(track, pier, at)]
    if draw(st.booleans()):
        rows.append(call(track, pier, at, "dwelt", at + 20))
    if draw(st.booleans()):
        rows.append(call(track, pier, at, "dark", at + 25, dark_from_us=us(at + 22)))
    if draw(st.booleans()):
        stay, seen = draw(st.integers(30, 200)), draw(st.booleans())
        gone = {} if seen else {"t_us": us(at + stay - 16), "berth_to_us": us(at + stay - 16)}
        rows.append(call(track, pier, at, "left", at + stay, exit_seen=seen, **gone))
    return rows


@st.composite
def crews(draw: st.DrawFn) -> list[Row]:
    """A track that joins a vessel, and leaves it or not."""
    track, vessel, at = draw(st.sampled_from(TRACKS)), draw(st.sampled_from("VW")), draw(minutes)
    rows = [link(track, vessel, at / 2)]
    if draw(st.booleans()):
        rows.append(link(track, vessel, at / 2 + draw(st.integers(1, 300)), "left"))
    return rows


@st.composite
def facts(draw: st.DrawFn) -> list[Row]:
    """A land fact that begins, and ends or not."""
    kind = draw(st.sampled_from(FACT_KINDS))
    name = draw(st.sampled_from(["plate:A", "plate:B", "camera"]))
    sure = draw(st.sampled_from([0.0, 0.3, 0.9]))
    pier, at, lasts = draw(piers), draw(minutes), draw(st.integers(5, 120))
    rows = [fact(kind, name, pier, at, probability=sure)]
    if draw(st.booleans()):
        rows.append(fact(kind, name, pier, at, at + lasts, probability=sure))
    return rows


@st.composite
def courses(draw: st.DrawFn) -> list[Row]:
    """A boat that heads for a pier, perhaps for another, and no more."""
    track, at = draw(st.sampled_from(TRACKS)), draw(minutes)
    rows = [approach(track, draw(piers), at)]
    if draw(st.booleans()):
        rows.append(approach(track, draw(piers), at, "changed", 3))
    if draw(st.booleans()):
        rows.append(approach(track, rows[-1]["pier"], at, "ended", draw(st.integers(4, 60))))
    return rows


def flat(parts: st.SearchStrategy[list[Row]], most: int) -> st.SearchStrategy[list[Row]]:
    return st.lists(parts, max_size=most).map(lambda found: [row for rows in found for row in rows])


Scene = tuple[list[Row], list[Row], list[Row], list[Row]]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A night of all these, and mostly a boat that a truck waits for and leaves with."""
    calls, links = draw(flat(stays(), 6)), draw(flat(crews(), 6))
    land, ahead = draw(flat(facts(), 8)), draw(flat(courses(), 2))
    if draw(st.integers(0, 3)):
        track, at = draw(st.sampled_from(TRACKS)), draw(minutes)
        stay, later = draw(st.integers(30, 120)), draw(st.integers(-5, 40))
        calls += [call(track, 0, at), call(track, 0, at, "left", at + stay)]
        land += truck("plate:C", 0, at - draw(st.integers(-20, 90)), at + stay + later)
    at, story = draw(minutes), draw(st.integers(0, 4))
    if story == 1:  # two tracks at a pier prove to be one vessel, later
        calls += [call(TRACKS[2], 2, at), call(TRACKS[0], 2, at + 7)]
        links += [link(TRACKS[2], "X", at), link(TRACKS[0], "Y", at + 2)]
        links.append(link(TRACKS[0], "X", at + draw(st.integers(11, 90))))
    elif story == 2:  # a boat is expected, seen by a camera, and speaks again
        ahead += [approach(TRACKS[3], 2, at), approach(TRACKS[3], 2, at, "ended", 12)]
        land += [fact("camera_boat", "C", 2, at + 10, end) for end in (None, at + 70)]
        if draw(st.booleans()):
            calls.append(call(TRACKS[1], 2, at + draw(st.integers(5, 80)), entry_seen=False))
    elif story == 3:  # radar follows a boat to the pier, and loses it there
        none = {"berth_from_us": None, "berth_to_us": None, "exit_seen": False}
        calls.append(call(TRACKS[3], 2, at, "left", at + 16, t_us=us(at + 1), **none))
    elif story == 4:  # trucks wait before a camera that sees no boat
        land += truck("plate:D", 2, at, at + 40)
        land.append(fact("coverage", "camera", 2, at - 10))
    return calls, links, land, ahead


def run(scene: Scene, ticks: list[int] | None = None) -> tuple[list[Landing], State]:
    return told(*scene, ticks=[LAST_S] if ticks is None else ticks)


def texts(said: list[Landing]) -> list[str]:
    return [dump(one) for one in said]


@examples(150)
@given(scenes(), cuts)
def test_any_cuts_tell_the_same_landings_and_leave_the_same_state(
    scene: Scene, ticks: list[int]
) -> None:
    end = max([*ticks, T0])
    whole, state = run(scene, [end])
    cut, after = run(scene, sorted({*ticks, end}))
    assert texts(cut) == texts(whole)
    assert dicts(after.frames()) == dicts(state.frames())


@examples(60)
@given(scenes(), st.integers(0, 99), st.integers(0, 600))
def test_rows_given_again_change_nothing(scene: Scene, which: int, later_s: int) -> None:
    whole, state = run(scene)
    doubled: Any = tuple([*rows, *rows[which % (len(rows) + 1) :]] for rows in scene)
    again, after = run(doubled)
    assert texts(again) == texts(whole)
    assert dicts(after.frames()) == dicts(state.frames())
    calls, links, land, ahead = scene
    newest = [row for row in calls if row["why"] == "left"][:1]
    later = [row | {"clock_s": row["clock_s"] + later_s} for row in newest]
    assert texts(run(([*calls, *later], links, land, ahead))[0]) == texts(whole)


@examples(100)
@given(scenes(), st.data())
def test_input_ended_at_a_tick_tells_exactly_what_was_told_by_then(
    scene: Scene, data: st.DataObject
) -> None:
    whole, _ = run(scene)
    ticks = sorted({T0, *(one.clock_s for one in whole), *(one.clock_s - 1 for one in whole)})
    tick = data.draw(st.sampled_from(ticks))
    early: Any = tuple([row for row in rows if row["clock_s"] <= tick] for rows in scene)
    short, _ = run(early, [tick])
    assert texts(short) == [text for text, one in zip(texts(whole), whole, strict=True)
                            if one.clock_s <= tick]  # fmt: skip


@examples(60)
@given(scenes(), st.randoms(use_true_random=False))
def test_rows_that_came_late_and_in_another_order_are_told_the_same_once_settled(
    scene: Scene, random: Any
) -> None:
    mixed: Any = tuple(random.sample(rows, len(rows)) for rows in scene)
    assert texts(run(mixed)[0]) == texts(run(scene)[0])


@examples(100)
@given(scenes())
def test_what_is_told_hangs_together(scene: Scene) -> None:
    said, state = run(scene)
    before: dict[tuple[int, int, str], Landing] = {}
    for one in said:
        key = (one.pier, one.from_us, one.subject)
        assert parse(dump(one)) == one
        assert all(0.0 <= edge.probability <= 1.0 for edge in one.links)
        assert one.berth_to_us is None or one.berth_to_us >= (one.berth_from_us or 0)
        was = before.get(key)
        assert was is None or replace(was, clock_s=one.clock_s) != one
        assert was is not None or one.stage != "withdrawn"
        before[key] = one
    for one in before.values():
        mine = [row for row in one.calls if row["why"] != "left"]
        assert one.over or mine or one.stage == "approach" or not one.calls
    assert {one.pier for one in said} >= {n for n, pier in state.piers.items() if pier.told}


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    stages: set[str] = set()
    kinds: set[str] = set()
    ends: set[tuple[bool, bool]] = set()

    @examples(150, enough=150)
    @given(scenes())
    def look(scene: Scene) -> None:
        for one in run(scene)[0]:
            stages.add(one.stage)
            kinds.update(edge.kind for edge in one.links)
            ends.add((one.over, one.lost))
            if any(edge.alternatives for edge in one.links):
                kinds.add("alternatives")

    look()
    assert stages == {"approach", "berthed", "left", "withdrawn"}
    assert kinds == {
        "alternatives", "barred_by", "berthed_at", "explained_by", "left_with", "merged_into",
        "met_by", "not_seen_by", "seen_by", "turned_away",
    }  # fmt: skip
    assert ends == {(False, False), (True, False), (True, True)}

"""The policy: fast issues, settled confirms, updates or cancels, whatever was said before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st

from alerts.envelope import ENVELOPE, line
from alerts.policy import MEMORY_S, Book, Said, advance
from core.times import utc_text

pytestmark = pytest.mark.timeout(TIMEOUT_S)
HOLD_S = 120
T0_S = 1_772_380_800
MIN_US = 60_000_000


def content(level: str = "watch", target: str = "mmsi:412000001", **more: Any) -> dict[str, Any]:
    """What a call amounts to."""
    return {"kind": "night_landing", "level": level, "targets": [target], "pier_id": "P1", **more}


def word(
    at_s: int,
    what: dict[str, Any] | None,
    *,
    settled: bool = False,
    track: str = "mmsi:412000001",
    pier: str = "P1",
    call: int = 0,
    berth_min: float = 0.0,
    over: bool = False,
    heir: tuple[int, float] | None = None,
) -> Said:
    """One voice's word, so many seconds after T0; `call` tells a voice's calls apart."""
    begun = T0_S * 1_000_000 + int(berth_min * MIN_US)
    said = Said(T0_S + at_s, settled, track, pier, begun + call, begun, what, over)
    if heir is None:
        return said
    its_us = T0_S * 1_000_000 + int(heir[1] * MIN_US)
    return replace(said, content=None, over=True, heir=(its_us + heir[0], its_us))


def hear(
    said: list[Said], until_s: int = 10_000, book: Book | None = None
) -> tuple[Book, list[dict[str, Any]]]:
    return advance(book or Book(), said, T0_S + until_s, site="scene", hold_s=HOLD_S)


def told(revisions: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Status, revision and seconds after T0 of each."""
    at = {utc_text((T0_S + s) * 1_000_000): s for s in range(100_000)}
    return [(r["status"], r["revision"], at[r["issued_at"]]) for r in revisions]


def test_a_fast_word_is_issued_at_once_and_confirmed_by_silence() -> None:
    said = [word(10, content()), word(130, content(), settled=True)]
    _, out = hear(said)
    assert told(out) == [("new", 1, 10)]
    assert out[0]["level"] == "watch"


def test_calls_that_begin_at_the_same_moment_are_told_apart_by_their_subjects() -> None:
    one, other = (content(target=f"radar:R1:{k}") for k in (1, 2))
    fast = [replace(word(10, one), subject="a"), replace(word(10, other), subject="b")]
    off = replace(word(40, None), subject="b")
    _, out = hear([*fast, off, *(replace(w, tick_s=T0_S + 130, settled=True) for w in fast)])
    assert told(out)[:3] == [("new", 1, 10), ("new", 1, 10), ("cancel", 2, 40)]
    assert out[2]["alert_id"] == out[1]["alert_id"] != out[0]["alert_id"]
    assert {r["alert_id"] for r in out} == {out[0]["alert_id"], out[1]["alert_id"]}


def test_a_fast_word_that_settles_otherwise_is_updated_when_it_has_settled() -> None:
    _, out = hear([word(10, content()), word(125, content("verify"), settled=True)])
    assert told(out) == [("new", 1, 10), ("update", 2, 130)]
    assert {r["alert_id"] for r in out} == {out[0]["alert_id"]}


def test_a_fast_word_that_never_settles_is_cancelled() -> None:
    _, out = hear([word(10, content())])
    assert told(out) == [("new", 1, 10), ("cancel", 2, 130)]
    assert out[1]["level"] == "watch", "a cancel says what it cancels"


def test_a_newer_fast_word_holds_the_settled_view_back_again() -> None:
    said = [
        word(10, content()),
        word(100, content("verify")),
        word(130, content(), settled=True),
        word(220, content("verify"), settled=True),
    ]
    assert told(hear(said)[1]) == [("new", 1, 10), ("update", 2, 100)]


def test_what_only_settling_finds_is_issued_then() -> None:
    _, out = hear([word(500, content(), settled=True)])
    assert told(out) == [("new", 1, 500)]


def test_what_is_no_alert_says_nothing() -> None:
    book, out = hear([word(10, None), word(130, None, settled=True)])
    assert out == []
    assert len(book.entries) == 1


def test_saying_the_same_again_says_nothing() -> None:
    said = [word(at, content()) for at in (10, 20, 30)]
    said += [word(at, content(), settled=True) for at in (130, 140, 150)]
    assert told(hear(said)[1]) == [("new", 1, 10)]


def test_an_alert_that_comes_back_after_its_cancel_keeps_its_name() -> None:
    _, out = hear([word(10, content()), word(900, content(), settled=True)])
    assert told(out) == [("new", 1, 10), ("cancel", 2, 130), ("update", 3, 900)]
    assert len({r["alert_id"] for r in out}) == 1


@pytest.mark.parametrize(("apart_min", "calls"), [(0, 1), (29.9, 1), (30, 1), (30.1, 2)])
def test_a_settled_call_adopts_a_fast_one_that_berthed_within_thirty_minutes(
    apart_min: float, calls: int
) -> None:
    said = [
        word(10, content(), call=1),
        word(130, content(), settled=True, call=2, berth_min=apart_min),
    ]
    _, out = hear(said)
    assert len({r["alert_id"] for r in out}) == calls


def test_of_several_calls_the_nearest_in_time_is_adopted() -> None:
    said = [
        word(10, content(), call=1, berth_min=0),
        word(20, content(), call=2, berth_min=25),
        word(130, content("verify"), settled=True, call=3, berth_min=24),
    ]
    _, out = hear(said)
    at_20 = out[1]["alert_id"]
    assert [r["status"] for r in out if r["alert_id"] == at_20] == ["new", "update"]
    assert told(out)[2:] == [("cancel", 2, 130), ("update", 2, 140)]


def test_other_tracks_and_other_piers_are_other_calls() -> None:
    said = [
        word(10, content()),
        word(11, content(), pier="P2"),
        word(12, content(), track="mmsi:412000001:2"),
    ]
    _, out = hear(said, 100)
    assert [r["status"] for r in out] == ["new"] * 3
    assert len({r["alert_id"] for r in out}) == 3


def test_two_alerts_of_one_target_raised_at_one_tick_have_two_names() -> None:
    said = [
        word(10, content()),
        word(10, content(), pier="P2"),
        word(10, content(), call=9, berth_min=99),
    ]
    whole = hear(said, 100)[1]
    assert len({r["alert_id"] for r in whole}) == 3
    assert hear(said, 100)[1] == whole


def test_the_name_of_an_alert_is_made_of_site_kind_tick_and_target() -> None:
    first = hear([word(10, content())])[1][0]["alert_id"]
    assert hear([word(10, content("verify"))])[1][0]["alert_id"] == first
    others = [
        hear([word(11, content())])[1][0]["alert_id"],
        hear([word(10, content(target="mmsi:412000002"))])[1][0]["alert_id"],
        advance(Book(), [word(10, content())], T0_S + 99, site="x", hold_s=9)[1][0]["alert_id"],
    ]
    assert first not in others


def test_a_call_that_lasts_for_weeks_keeps_its_alert_and_is_forgotten_after() -> None:
    weeks_s = 21 * 86400
    book, first = hear([word(10, content()), word(130, content(), settled=True)], 200)
    book, quiet = hear([], weeks_s, book)
    assert quiet == []
    end = [
        word(weeks_s + 10, content(berth_to="x"), over=True),
        word(weeks_s + 130, content(berth_to="x"), settled=True, over=True),
    ]
    book, last = hear(end, weeks_s + 200, book)
    assert [r["alert_id"] for r in last] == [first[0]["alert_id"]]
    assert last[0]["status"] == "update"
    assert len(hear([], weeks_s + MEMORY_S, book)[0].entries) == 1
    assert hear([], weeks_s + MEMORY_S + 130, book)[0].entries == ()


def test_a_forgotten_call_is_adopted_by_nobody_even_where_the_book_still_holds_it() -> None:
    said = [word(10, content(), over=True), word(MEMORY_S + 999, content(), settled=True, call=1)]
    until = MEMORY_S + 9999
    at_once = hear(said, until)[1]
    book, first = hear(said[:1], MEMORY_S + 500)
    assert at_once == first + hear(said[1:], until, book)[1]
    assert len({r["alert_id"] for r in at_once}) == 2


def test_a_line_has_the_fields_of_the_contract_in_their_order() -> None:
    _, out = hear([word(10, content(posterior=0.3, prior_nats=-7.0, evidence=[], berth_to=None))])
    found = list(json.loads(line(out[0])))
    assert found == [name for name in ENVELOPE if name in found]
    assert found[:5] == ["alert_id", "revision", "status", "kind", "issued_at"]
    assert '"berth_to": null' in line(out[0])


def test_chinese_stays_readable_in_a_line() -> None:
    assert "浙B12345" in line({"vehicles": ["plate:浙B12345"]})


#: Lorries at a pier are call 1; the boat that explains them berths 50 minutes later and is call 2.
LORRIES: dict[str, Any] = {"call": 1, "berth_min": 0.0}
BOAT: dict[str, Any] = {"call": 2, "berth_min": 50.0}
EXPLAINED: dict[str, Any] = {**LORRIES, "heir": (2, 50.0)}


def test_the_heir_of_what_is_explained_goes_on_under_its_name() -> None:
    said = [
        word(10, content(), **LORRIES),
        word(300, None, **EXPLAINED),
        word(300, content("verify"), **BOAT),
        word(130, content(), settled=True, **LORRIES),
        word(420, None, settled=True, **EXPLAINED),
        word(420, content("verify"), settled=True, **BOAT),
        word(900, content("verify", berth_to="x"), over=True, **BOAT),
        word(1020, content("verify", berth_to="x"), settled=True, over=True, **BOAT),
    ]
    _, out = hear(said)
    assert told(out) == [("new", 1, 10), ("update", 2, 300), ("update", 3, 900)]
    assert len({r["alert_id"] for r in out}) == 1


def test_the_settled_view_may_know_the_heir_alone() -> None:
    said = [
        word(10, content(), **LORRIES),
        word(60, None, **EXPLAINED),
        word(60, content("verify"), **BOAT),
        word(130, content("verify"), settled=True, **BOAT),
    ]
    assert told(hear(said)[1]) == [("new", 1, 10), ("update", 2, 60)]


def test_an_heir_that_was_spoken_of_before_and_was_no_alert_takes_it_over() -> None:
    said = [
        word(5, None, **BOAT),
        word(10, content(), **LORRIES),
        word(125, None, settled=True, **BOAT),
        word(130, content(), settled=True, **LORRIES),
        word(300, None, **EXPLAINED),
        word(300, content("verify"), **BOAT),
        word(420, None, settled=True, **EXPLAINED),
        word(420, content("verify"), settled=True, **BOAT),
    ]
    assert told(hear(said)[1]) == [("new", 1, 10), ("update", 2, 300)]


def test_an_heir_that_is_an_alert_of_its_own_keeps_its_name() -> None:
    said = [
        word(5, content("verify"), **BOAT),
        word(10, content(), **LORRIES),
        word(50, None, **EXPLAINED),
        word(125, content("verify"), settled=True, **BOAT),
        word(170, None, settled=True, **EXPLAINED),
    ]
    _, out = hear(said)
    assert [r["status"] for r in out] == ["new", "new", "cancel"]
    assert out[2]["alert_id"] == out[1]["alert_id"]


def test_an_heir_of_which_nothing_is_said_leaves_nothing_standing() -> None:
    said = [word(10, content(), **LORRIES), word(50, None, **EXPLAINED)]
    assert told(hear(said)[1]) == [("new", 1, 10), ("cancel", 2, 50)]


def test_what_is_handed_over_by_the_settled_view_alone_goes_on_too() -> None:
    said = [
        word(130, content(), settled=True, **LORRIES),
        word(420, None, settled=True, **EXPLAINED),
        word(420, content("verify"), settled=True, **BOAT),
    ]
    assert told(hear(said)[1]) == [("new", 1, 130), ("update", 2, 420)]


levels = st.sampled_from([None, "watch", "verify"])
#: A call: its number, and what each voice says of it, minute after minute.
stories = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(st.tuples(st.integers(0, 400), levels, st.integers(0, HOLD_S)), max_size=6),
        st.lists(st.tuples(st.integers(0, 400), levels), min_size=0, max_size=6),
    ),
    max_size=4,
    unique_by=lambda story: story[0],
)


def words(drawn: list[Any]) -> list[Said]:
    """Fast words, each late by what is allowed, and settled ones, as the engine says them."""
    said = []
    for call, fast, settled in drawn:
        common = {"call": call, "berth_min": 20.0 * call, "pier": "P1" if call < 3 else "P2"}
        heirs = {"heir": (call + 1, 20.0 * (call + 1))} if call < 2 else {}
        for i, (at, level, late) in enumerate(sorted(fast, key=lambda f: f[0])):
            over = i == len(fast) - 1
            what = None if level is None else content(level, call=call)
            said.append(word(at + late, what, over=over, **common, **(heirs if over else {})))
        for i, (at, level) in enumerate(sorted(settled, key=lambda s: s[0])):
            what = None if level is None else content(level, call=call)
            over = i == len(settled) - 1
            more = heirs if over and level is None else {}
            said.append(word(at + HOLD_S, what, settled=True, over=over, **common, **more))
    return said


def standing(revisions: list[dict[str, Any]]) -> list[tuple[int, str]]:
    last = {r["alert_id"]: r for r in revisions}
    return sorted((r["call"], r["level"]) for r in last.values() if r["status"] != "cancel")


@examples(150)
@given(stories)
def test_what_stands_in_the_end_is_the_settled_view_whatever_the_fast_one_said(
    drawn: list[Any],
) -> None:
    _, out = hear(words(drawn))
    views = {}
    for call, _, settled in drawn:
        for _, level in sorted(settled, key=lambda s: s[0]):
            views[call] = level
    assert standing(out) == sorted((c, level) for c, level in views.items() if level)


@examples(150)
@given(stories, st.lists(st.integers(0, 700), max_size=5))
def test_any_cuts_with_save_and_reload_give_the_same_revisions_and_book(
    drawn: list[Any], cuts: list[int]
) -> None:
    said = words(drawn)
    whole_book, whole = hear(said, 800)
    book, parts, was = Book(), [], -1
    for end in sorted({*cuts, 800}):
        batch = [s for s in said if was < s.tick_s - T0_S <= end]
        book, out = hear(batch, end, Book.load(book.dump()))
        parts += out
        was = end
    assert parts == whole
    assert book == whole_book


@examples(100)
@given(stories, st.integers(0, 700))
def test_input_ended_at_a_tick_gives_the_revisions_issued_until_then(
    drawn: list[Any], tick: int
) -> None:
    said = words(drawn)
    until = utc_text((T0_S + tick) * 1_000_000)
    assert until is not None
    short = hear([s for s in said if s.tick_s <= T0_S + tick], tick)[1]
    assert short == [r for r in hear(said)[1] if r["issued_at"] <= until]


@examples(100)
@given(stories)
def test_revisions_count_up_and_names_are_never_shared(drawn: list[Any]) -> None:
    seen: dict[str, int] = {}
    calls: dict[str, set[int]] = {}
    for r in hear(words(drawn))[1]:
        assert r["revision"] == seen.get(r["alert_id"], 0) + 1
        assert (r["status"] == "new") == (r["revision"] == 1)
        seen[r["alert_id"]] = r["revision"]
        calls.setdefault(r["alert_id"], set()).add(r["call"])
    assert [r["issued_at"] for r in hear(words(drawn))[1]] == sorted(
        r["issued_at"] for r in hear(words(drawn))[1]
    )


def test_a_word_with_grace_stands_until_the_settled_view_may_have_come_to_it_too() -> None:
    first = replace(word(10, content()), grace_s=60)
    late = word(170, content(), settled=True)
    assert told(hear([first, late])[1]) == [("new", 1, 10)]
    assert told(hear([first])[1]) == [("new", 1, 10), ("cancel", 2, 190)]


def test_a_last_fast_word_does_not_raise_what_the_settled_view_withdrew() -> None:
    said = [word(10, content()), word(500, content(end="late"), over=True)]
    assert told(hear(said)[1]) == [("new", 1, 10), ("cancel", 2, 130)]

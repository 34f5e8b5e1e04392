"""One alert for one visit: what touches in time at a pier is told together, the surest speaking."""

from __future__ import annotations

from typing import Any

import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st

from alerts.visits import MEMORY_S, SAME_VISIT, Book, advance
from core.settings import AlertSettings
from core.times import unix_seconds, utc_text

pytestmark = pytest.mark.timeout(TIMEOUT_S)
SETTINGS = AlertSettings()
T0_S = 1_772_380_800
Json = dict[str, Any]


def at(minutes: float) -> str:
    return utc_text(int((T0_S + minutes * 60) * 1_000_000)) or ""


def row(
    minutes: float,
    name: str,
    *,
    berth: float = 0.0,
    to: float | None = None,
    p: float = 0.3,
    status: str = "update",
    pier: str = "P1",
    level: str = "watch",
    why: Json | None = None,
) -> Json:
    """A revision of the policy's, so many minutes after T0."""
    said = {
        "alert_id": name, "revision": 1, "status": status, "issued_at": at(minutes),
        "kind": "night_landing", "level": level, "posterior": p, "pier_id": pier,
        "berth_from": at(berth), "berth_to": None if to is None else at(to),
        "targets": [f"radar:R1:{name}"], "vehicles": [f"plate:{name}"],
    }  # fmt: skip
    return said if why is None else {**said, "withdrawn": why}


def hear(rows: list[Json], book: Book | None = None) -> tuple[Book, list[Json]]:
    return advance(book or Book(), rows, {str(each["alert_id"]) for each in rows}, SETTINGS)


def told(out: list[Json]) -> list[tuple[str, str, int]]:
    """Alert, status and revision of each."""
    return [(one["alert_id"], one["status"], one["revision"]) for one in out]


def test_a_second_echo_at_the_pier_goes_into_the_alert_that_stands() -> None:
    _, out = hear([row(5, "a", p=0.3), row(20, "b", berth=12, p=0.2)])
    assert told(out) == [("a", "new", 1), ("a", "update", 2)]
    assert out[1]["targets"] == ["radar:R1:a", "radar:R1:b"]
    assert out[1]["vehicles"] == ["plate:a", "plate:b"]
    assert (out[1]["berth_from"], out[1]["posterior"]) == (at(0), 0.3)
    assert out[1]["also"] == [
        {"targets": ["radar:R1:b"], "berth_from": at(12), "berth_to": None, "posterior": 0.2}
    ]


def test_the_surest_speaks_and_a_verify_before_any_watch() -> None:
    rows = [row(5, "a", p=0.3), row(20, "b", berth=12, p=0.8)]
    _, out = hear([*rows, row(30, "c", berth=25, p=0.7, level="verify")])
    assert [(one["berth_from"], one["level"]) for one in out] == [
        (at(0), "watch"), (at(12), "watch"), (at(25), "verify"),
    ]  # fmt: skip


def test_who_is_taken_back_leaves_the_alert_standing_for_the_other() -> None:
    rows = [row(5, "a", p=0.8), row(20, "b", berth=12), row(30, "a", p=0.8, status="cancel")]
    _, out = hear(rows)
    assert told(out)[2:] == [("a", "update", 3)]
    assert out[2]["targets"] == ["radar:R1:b"]
    assert "also" not in out[2]


def test_the_last_that_is_taken_back_says_why() -> None:
    unlikely = {"code": "unlikely", "posterior": 0.01}
    rows = [row(5, "a"), row(20, "b", berth=12), row(30, "a", status="cancel")]
    _, out = hear([*rows, row(40, "b", berth=12, status="cancel", why=unlikely)])
    assert told(out)[3:] == [("a", "cancel", 4)]
    assert out[3]["withdrawn"] == unlikely


def test_a_boat_that_comes_half_an_hour_after_the_first_left_is_another_alert() -> None:
    gap = SETTINGS.visit_gap_min
    _, out = hear([row(5, "a", to=40), row(90, "b", berth=40 + gap + 1)])
    assert told(out) == [("a", "new", 1), ("b", "new", 1)]
    _, out = hear([row(5, "a", to=40), row(90, "b", berth=40 + gap)])
    assert told(out) == [("a", "new", 1), ("a", "update", 2)]


def test_a_stay_without_an_end_counts_for_two_hours() -> None:
    far = SETTINGS.visit_longest_min + SETTINGS.visit_gap_min + 1
    _, out = hear([row(5, "a"), row(far + 5, "b", berth=far)])
    assert told(out) == [("a", "new", 1), ("b", "new", 1)]


def test_two_alerts_that_prove_to_be_one_visit_become_the_first_and_the_other_says_so() -> None:
    rows = [row(5, "a", to=20), row(60, "b", berth=55), row(70, "a", to=30)]
    _, out = hear(rows)
    assert told(out) == [("a", "new", 1), ("b", "new", 1), ("b", "cancel", 2), ("a", "update", 2)]
    assert out[2]["withdrawn"] == {"code": SAME_VISIT, "alert_id": "a"}


def test_one_that_proves_to_be_two_keeps_its_number_for_the_landing_it_began_with() -> None:
    rows = [row(5, "a", p=0.2), row(95, "b", berth=90, p=0.9), row(100, "a", to=30, p=0.2)]
    _, out = hear(rows)
    assert told(out) == [
        ("a", "new", 1), ("a", "update", 2), ("a", "update", 3), ("b", "new", 1),
    ]  # fmt: skip
    assert [(one["alert_id"], one["posterior"]) for one in out[2:]] == [("a", 0.2), ("b", 0.9)]


def test_one_that_was_told_in_another_and_parts_again_goes_on_with_its_number() -> None:
    """Also where the service began anew in between: a number is given once."""
    rows = [row(5, "a", to=20), row(60, "b", berth=55), row(70, "a", to=30), row(80, "a", to=20)]
    book, out = Book(), list[Json]()
    for each in rows:
        book, told_now = advance(Book.load(book.dump()), [each], {"a", "b"}, SETTINGS)
        out += told_now
    assert out == hear(rows)[1]
    assert told(out)[3:] == [("a", "update", 2), ("a", "update", 3), ("b", "update", 3)]


def test_landings_of_one_tick_are_told_once() -> None:
    _, out = hear([row(5, "a"), row(5, "b", berth=2), row(5, "a", p=0.4)])
    assert told(out) == [("a", "new", 1)]
    assert out[0]["posterior"] == 0.4


def test_other_piers_and_other_kinds_are_not_concerned() -> None:
    dark = {**row(6, "d"), "kind": "dark_vessel", "berth_from": None}
    _, out = hear([row(5, "a"), dark, row(7, "b", pier="P2")])
    assert [one["alert_id"] for one in out] == ["a", "d", "b"]
    assert out[1] == dark


def test_of_what_nobody_can_speak_any_more_nothing_is_kept() -> None:
    book, _ = hear([row(5, "a")])
    book, out = advance(book, [], set(), SETTINGS)
    assert (book, out) == (Book(), [])


def test_a_landing_of_two_days_ago_is_joined_with_nothing() -> None:
    late = MEMORY_S / 60 + 6
    _, out = hear([row(5, "a"), row(late, "b", berth=10)])
    assert told(out) == [("a", "new", 1), ("b", "new", 1)]


@st.composite
def nights(draw: st.DrawFn) -> list[Json]:
    """Revisions of a few landings at two piers, in order of their ticks."""
    rows = []
    stands: dict[str, bool] = {}
    minutes = sorted(draw(st.lists(st.integers(0, 400), min_size=1, max_size=25)))
    for minute in minutes:
        name = draw(st.sampled_from("abcdef"))
        cancels = stands.get(name, False) and draw(st.booleans())
        berth = ord(name) % 6 * 25
        to = draw(st.none() | st.integers(berth + 1, berth + 150))
        p = draw(st.sampled_from([0.1, 0.3, 0.5, 0.7]))
        status = "cancel" if cancels else "update"
        pier = "P1" if name in "abcd" else "P2"
        level = draw(st.sampled_from(["watch", "verify"]))
        rows.append(
            row(minute, name, berth=berth, to=to, p=p, status=status, pier=pier, level=level)
        )
        stands[name] = not cancels
    return rows


def standing(out: list[Json]) -> list[Json]:
    """What stands in the end, without numbers and times of issue."""
    last = {str(one["alert_id"]): one for one in out}
    head = ("alert_id", "revision", "status", "issued_at", "withdrawn")
    left = [one for one in last.values() if one["status"] != "cancel"]
    plain = [{k: v for k, v in one.items() if k not in head} for one in left]
    return sorted(plain, key=lambda one: (one["pier_id"], one["berth_from"], str(one)))


@examples(200)
@given(nights(), st.lists(st.integers(0, 400), max_size=4))
def test_any_cut_with_save_and_reload_gives_the_same_lines(
    rows: list[Json], cuts: list[int]
) -> None:
    known = {str(each["alert_id"]) for each in rows}
    _, whole = hear(rows)
    book, parts = Book(), list[Json]()
    for low, high in zip([-1, *sorted(cuts)], [*sorted(cuts), 10_000], strict=True):
        some = [
            r for r in rows if T0_S + low * 60 < unix_seconds(r["issued_at"]) <= T0_S + high * 60
        ]
        book, out = advance(Book.load(book.dump()), some, known, SETTINGS)
        parts += out
    assert parts == whole


def test_of_two_that_are_as_sure_the_same_speaks_whichever_came_first() -> None:
    one, other = row(5, "a"), row(5, "b")
    _, first = hear([one, {**other, "issued_at": at(6)}])
    _, second = hear([other, {**one, "issued_at": at(6)}])
    assert standing(first) == standing(second)


@examples(200)
@given(nights(), st.randoms(use_true_random=False))
def test_what_stands_in_the_end_hangs_on_the_last_words_alone(rows: list[Json], dice: Any) -> None:
    """However they came: the last words in any other order leave the same standing."""
    last = list({str(each["alert_id"]): each for each in rows}.values())
    dice.shuffle(last)
    again = [{**each, "issued_at": at(500 + n)} for n, each in enumerate(last)]
    assert standing(hear(again)[1]) == standing(hear(rows)[1])


@examples(200)
@given(nights())
def test_every_alert_begins_once_counts_on_and_none_is_taken_back_twice(rows: list[Json]) -> None:
    seen: dict[str, Json] = {}
    for one in hear(rows)[1]:
        was = seen.get(one["alert_id"])
        assert (one["status"] == "new") == (was is None)
        assert one["revision"] == (1 if was is None else was["revision"] + 1)
        assert not (was and was["status"] == one["status"] == "cancel")
        seen[one["alert_id"]] = one
    told = [name for one in standing(list(seen.values())) for name in one["targets"]]
    assert len(told) == len(set(told)), "a landing is told in one alert"

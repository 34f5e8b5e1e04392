"""Alerts that state facts: revisions in the contract's envelope, weighed by nothing."""

from __future__ import annotations

from typing import Any

from alerts.notices import MEMORY_S, Book, Notice, advance, dump, load
from core.times import utc_text

T0_S = 1_772_380_800


def said(at_s: int, n: int | None, kind: str = "feed_silent", matter: str = "x") -> Notice:
    content = None if n is None else {"level": "watch", "targets": ["feed:a"], "params": {"n": n}}
    return Notice(T0_S + at_s, kind, matter, content)


def hear(
    notices: list[Notice], until_s: int = 1000, book: Book | None = None
) -> tuple[Book, list[dict[str, Any]]]:
    return advance(book or {}, notices, T0_S + until_s, site="scene", exercise=True)


def told(revisions: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(r["status"], r["revision"], r["issued_at"]) for r in revisions]


def at(seconds: int) -> str:
    return utc_text((T0_S + seconds) * 1_000_000) or ""


def test_it_is_raised_revised_and_cancelled_under_one_name() -> None:
    book, out = hear([said(10, 1), said(20, 1), said(30, 2), said(40, None)])
    assert told(out) == [("new", 1, at(10)), ("update", 2, at(30)), ("cancel", 3, at(40))]
    assert len({r["alert_id"] for r in out}) == 1
    assert book == {}


def test_what_comes_again_after_its_end_is_another_alert() -> None:
    _, out = hear([said(10, 1), said(40, None), said(50, 1)])
    assert [r["status"] for r in out] == ["new", "cancel", "new"]
    assert len({r["alert_id"] for r in out}) == 2


def test_a_book_saved_between_goes_on() -> None:
    words = [said(10, 1), said(30, 2), said(40, None), said(41, 3, matter="y")]
    _, whole = hear(words)
    book, first = hear(words[:1], 10)
    _, rest = hear(words[1:], 1000, load(dump(book)))
    assert [*first, *rest] == whole


def test_two_matters_of_one_tick_and_target_have_two_names() -> None:
    _, out = hear([said(10, 1), said(10, 1, matter="y")])
    assert len({r["alert_id"] for r in out}) == 2


def test_the_end_of_what_nobody_told_is_no_news() -> None:
    assert hear([said(10, None)])[1] == []


def test_calls_for_help_come_first_within_a_tick() -> None:
    _, out = hear([said(10, 1), said(10, 1, kind="sos")])
    assert [r["kind"] for r in out] == ["sos", "feed_silent"]


def test_what_stands_untouched_for_long_is_not_remembered() -> None:
    book, _ = hear([said(10, 1)], 10 + MEMORY_S - 1)
    assert len(book) == 1
    book, _ = hear([], 10 + MEMORY_S, book)
    assert book == {}

"""An alert that is taken back says why, whichever voice takes it back, and only then."""

from __future__ import annotations

from typing import Any

from alerts.policy import Book, Said, advance

T0_S = 1_772_380_800
RAISED = {"kind": "night_landing", "level": "watch", "targets": ["radar:R1:7"], "pier_id": "P1"}
UNLIKELY = {"code": "unlikely", "posterior": 0.03}
TURNED_AWAY = {"code": "turned_away"}


def word(
    at_s: int,
    what: dict[str, Any] | None,
    why: dict[str, Any] | None = None,
    *,
    settled: bool = False,
) -> Said:
    begun_us = T0_S * 1_000_000
    return Said(T0_S + at_s, settled, "landing", "P1", begun_us, begun_us, what, why=why)


def hear(
    said: list[Said], until_s: int, book: Book | None = None
) -> tuple[Book, list[dict[str, Any]]]:
    return advance(book or Book(), said, T0_S + until_s, site="scene", hold_s=120)


def test_the_fast_voice_says_it_at_once() -> None:
    _, out = hear([word(10, RAISED), word(40, None, UNLIKELY)], 50)
    assert [(r["status"], r.get("withdrawn")) for r in out] == [("new", None), ("cancel", UNLIKELY)]


def test_the_settled_voice_says_it_when_it_takes_over_also_after_a_restart() -> None:
    book, first = hear([word(10, RAISED), word(125, None, TURNED_AWAY, settled=True)], 126)
    _, then = hear([], 1_000, Book.load(book.dump()))
    assert [(r["status"], r.get("withdrawn")) for r in [*first, *then]] == [
        ("new", None), ("cancel", TURNED_AWAY),
    ]  # fmt: skip


def test_what_stands_again_says_no_more_why_it_did_not() -> None:
    _, out = hear([word(10, RAISED), word(40, None, UNLIKELY), word(60, RAISED)], 70)
    assert [(r["status"], "withdrawn" in r) for r in out] == [
        ("new", False), ("cancel", True), ("update", False),
    ]  # fmt: skip


def test_of_what_was_never_raised_no_reason_is_kept() -> None:
    book, out = hear([word(10, None, UNLIKELY), word(125, None, UNLIKELY, settled=True)], 1_000)
    assert out == []
    assert b"unlikely" not in book.dump()

"""The alert of a vessel that was never heard again stands as over since its last sign."""

from __future__ import annotations

from typing import Any

from alerts.policy import Book, Said, advance

T0_S = 1_772_380_800
LAST = "2026-03-01T17:40:00Z"
WATCH = {"kind": "night_landing", "level": "watch", "targets": ["radar:R1:7"], "pier_id": "P1"}


def word(at_s: int, what: dict[str, Any] | None, *, settled: bool = False) -> Said:
    begun_us = T0_S * 1_000_000
    return Said(T0_S + at_s, settled, "landing", "P1", begun_us, begun_us, what)


def lost(at_s: int, last_sign: str | None, *, settled: bool = False) -> Said:
    begun_us = T0_S * 1_000_000
    return Said(
        T0_S + at_s, settled, "landing", "P1", begun_us, begun_us, None,
        over=True, lost=True, last_sign=last_sign,
    )  # fmt: skip


def hear(*said: Said) -> list[dict[str, Any]]:
    return advance(Book(), said, T0_S + 10_000, site="scene", hold_s=120)[1]


RAISED = (word(10, WATCH), word(130, WATCH, settled=True))


def test_it_is_told_once_by_the_settled_view() -> None:
    new, over = hear(*RAISED, lost(900, LAST), lost(1020, LAST, settled=True))
    assert (new["status"], over["status"], over["level"]) == ("new", "update", "watch")
    assert "berth_to" not in new
    assert (over["berth_to"], over["explanation"]) == (LAST, {"lost": True})
    assert over["issued_at"] == "2026-03-01T16:17:00Z"


def test_it_goes_on_when_it_is_heard_again() -> None:
    gone = lost(1020, LAST, settled=True)
    again = word(1500, WATCH | {"level": "verify"}, settled=True)
    last = hear(*RAISED, gone, again)[-1]
    assert (last["status"], last["level"]) == ("update", "verify")
    assert "berth_to" not in last


def test_of_one_lost_long_ago_or_never_alerted_nothing_is_told() -> None:
    assert len(hear(*RAISED, lost(1020, None, settled=True))) == 1
    assert hear(word(10, None), word(130, None, settled=True), lost(1020, LAST, settled=True)) == []

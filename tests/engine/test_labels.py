"""What officers found out: labels of pier and berthing, that count from their tick on."""

from __future__ import annotations

from typing import Any

import polars as pl
from engine_decisions import decisions
from engine_scenes import place

from core.times import utc_text
from engine.labels import KEPT_S, LABEL, Labels, drop, take
from models.baseline.bursts import DAY_US, SUSPICIOUS

TICK_S, BERTH_US = 1_772_400_000, 1_772_390_000_000_000
HERE, THERE = 0, 1  # rows of P1 and of P2, a kilometre east


def told(kind: str, said: str, tick_s: int = TICK_S, pier: str = "P1") -> pl.DataFrame:
    content: dict[str, Any] = {
        "alert_id": "a", "pier_id": pier, "berth_from": utc_text(BERTH_US),
        "result" if kind == "interception" else "verdict": said, "at": utc_text(BERTH_US),
    }  # fmt: skip
    return take(pl.DataFrame(schema=LABEL), decisions([(tick_s, kind, content)]))


def outcome(held: pl.DataFrame, tick_s: int = TICK_S, off_us: int = 0) -> str | None:
    at_us = BERTH_US + off_us
    visits = pl.DataFrame([(HERE, at_us, 1, "x")], SUSPICIOUS, orient="row")
    return Labels(held).outcomes(place(), tick_s, visits, [HERE]).get((HERE, at_us))


def test_a_verdict_is_told_of_the_landing_it_is_about_from_its_tick_on() -> None:
    assert outcome(told("verdict", "confirmed")) == "confirmed"
    assert outcome(told("verdict", "lawful_fishing_boat_home")) == "lawful"
    assert outcome(told("verdict", "who_knows")) == "unknown"
    assert outcome(told("interception", "seized")) == "confirmed"
    assert outcome(told("verdict", "confirmed"), TICK_S - 1) is None
    assert outcome(told("verdict", "confirmed"), off_us=DAY_US) is None


def test_the_later_word_stands() -> None:
    both = pl.concat([told("verdict", "confirmed"), told("verdict", "lawful", TICK_S + 60)])
    assert outcome(both, TICK_S + 59) == "confirmed"
    assert outcome(both, TICK_S + 60) == "lawful"


def test_after_any_interception_others_nearby_are_watched_for_a_day() -> None:
    held = Labels(told("interception", "not_found"))

    def wave(pier: int, after_us: int, tick_s: int = TICK_S) -> bool:
        return held.second_wave(pier, BERTH_US + after_us, place(), tick_s)

    assert wave(THERE, DAY_US // 24)
    assert wave(THERE, -DAY_US // 24)
    assert wave(HERE, DAY_US // 2)
    assert not wave(HERE, 0), "it is no second wave of itself"
    assert not wave(THERE, DAY_US + 1)
    assert not wave(THERE, DAY_US // 24, TICK_S - 1)
    lawful = Labels(told("verdict", "lawful"))
    assert not lawful.second_wave(THERE, BERTH_US, place(), TICK_S)
    assert Labels(told("verdict", "confirmed")).second_wave(THERE, BERTH_US, place(), TICK_S)


def test_what_was_proved_is_told_by_pier_and_berthing() -> None:
    assert Labels(told("verdict", "confirmed")).proved(place(), TICK_S) == [(HERE, BERTH_US)]
    assert Labels(told("verdict", "lawful")).proved(place(), TICK_S) == []


def test_labels_are_forgotten_and_what_names_no_pier_labels_nothing() -> None:
    held = told("verdict", "confirmed")
    assert len(drop(held, TICK_S + KEPT_S - 1)) == 1
    assert drop(held, TICK_S + KEPT_S).is_empty()
    assert outcome(held, TICK_S + KEPT_S) is None
    nameless = decisions([(TICK_S, "verdict", {"alert_id": "a", "verdict": "confirmed"})])
    assert take(held, nameless).equals(held)

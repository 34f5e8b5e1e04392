"""What stands beside an alert's evidence is told in whole sentences, masked, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from explained import TERMINAL, explanation
from shapely.geometry import shape

from alerts.masking import masked
from alerts.visits import SAME_VISIT
from dashboard.alert_list import also, withdrawn
from dashboard.alert_text import alert_text
from dashboard.beside import before, beside, chain_features, following, links, reading
from dashboard.catalogue import LANGUAGES, words
from dashboard.reading import Run
from dashboard.verdicts import verdict_section, verdict_words
from engine.judging import UNLIKELY
from models.landings.links import _ORDER, REASONS
from models.landings.schema import TRUCK_PASS

RUN = Run(1, "replay", "sea", True, {}, ZoneInfo("Asia/Shanghai"), datetime(2026, 3, 1, tzinfo=UTC))
SINCE = "2026-02-28T16:35:30Z"
NAMES = {"P1": "石浦", "P2": "鹤浦"}
ALERT: dict[str, Any] = masked(
    {
        "alert_id": "a" * 16, "revision": 2, "status": "new", "kind": "night_landing",
        "level": "verify", "posterior": 0.9, "severity": 0.7, "prior_nats": -7.29,
        "exercise": True, "pier_id": "P1", "lon": 121.9, "lat": 29.1, "berth_from": SINCE,
        "berth_to": None, "issued_at": SINCE, "targets": ["radar:R1:17"], "vehicles": [TERMINAL],
        "evidence": [
            {"block": "identity", "nats": 2.0, "code": "radar_only", "params": {}, "sources": []}
        ],
        "not_covered": ["tide"], "explanation": explanation("P1", "P2", 121.9, 29.1, SINCE),
    }
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_a_sentence_with_its_names(language: str) -> None:
    said = words(language)
    lines = [
        *links(said, RUN, ALERT, NAMES), *reading(said, ALERT),
        *following(said, RUN, ALERT, NAMES), *before(said, RUN, ALERT, NAMES),
    ]  # fmt: skip
    assert len(lines) == 4 + 6 + 4 + 2
    text = "\n".join(lines)
    assert not any(sign in text for sign in "{}_")
    for told in (said("beside.ahead", n=12), said("beside.other_visit", at="00:35"), "鹤浦", "44%"):
        assert told in text
    assert said.of("value.outcome", "confirmed") in text
    assert len(beside(said, RUN, ALERT, NAMES)) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_patrol_reads_why_what_else_and_what_next_and_no_number_of_a_lorry(language: str) -> None:
    said = words(language)
    text = alert_text(said, RUN, ALERT, NAMES)
    assert said.of("reading", "fishing_boat_home") in text
    assert said("why.lead") in text
    assert said.of("sensor", "tide") in text
    assert "13812345678" not in text
    assert "浙B9YQM3" not in text
    assert "石浦" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_taken_back_says_why_in_words(language: str) -> None:
    said = words(language)
    against = {"block": "identity", "nats": -1.2, "code": "registered", "params": {}}
    why = {"code": "unlikely", "posterior": 0.031, "evidence": [against]}
    cancelled = {**ALERT, "status": "cancel", "withdrawn": why}
    lines = withdrawn(said, RUN, cancelled)
    assert "3.1%" in lines[0]
    assert len(lines) == 2
    assert all(line in alert_text(said, RUN, cancelled, NAMES) for line in lines)
    for code in (UNLIKELY, SAME_VISIT, *REASONS):
        assert withdrawn(said, RUN, {**cancelled, "withdrawn": {"code": code}})
    assert withdrawn(said, RUN, ALERT) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_else_is_at_the_pier_is_told_with_it_also_who_has_no_name(language: str) -> None:
    said = words(language)
    one = {"targets": ["radar:R1:18"], "berth_from": SINCE, "berth_to": None, "posterior": 0.27}
    both = {**ALERT, "also": [one, {**one, "targets": []}]}
    lines = also(said, RUN, both)
    assert ["00:35" in line and "27%" in line for line in lines] == [True, True]
    assert "radar:R1:18" in lines[0]
    assert said("why.nobody_named") in lines[1]
    assert all(line in alert_text(said, RUN, both, NAMES) for line in lines)
    assert also(said, RUN, ALERT) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_on_the_boat_before_is_none_on_the_one_that_came_alongside(language: str) -> None:
    said, live = words(language), replace(RUN, kind="live")
    verdict = {
        "verdict": "lawful", "because": "other", "berth_from": SINCE,
        "decided_at": datetime(2026, 2, 28, 17, tzinfo=UTC),
    }  # fmt: skip
    mine = str(verdict_section(said, live, ALERT, {"verdict": verdict}))
    assert "aria-pressed='true'" in mine
    later = {**ALERT, "berth_from": "2026-02-28T17:20:00Z"}
    others = str(verdict_section(said, live, later, {"verdict": verdict}))
    assert "aria-pressed='true'" not in others
    assert (
        said("verdict.before", verdict=verdict_words(said, "lawful", "other"), at="03-01 01:00")
        in others
    )


def test_an_alert_without_an_explanation_has_no_such_sections() -> None:
    plain = {name: value for name, value in ALERT.items() if name != "explanation"}
    assert beside(words("en"), RUN, plain, NAMES) == []
    assert chain_features(plain) == []


def test_the_chain_is_a_map() -> None:
    features = chain_features(ALERT)
    assert all(shape(each["geometry"]).is_valid for each in features)
    kinds = [each["geometry"]["type"] for each in features]
    assert kinds == ["Point"] * 5 + ["LineString"] * 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_link_has_its_word(language: str) -> None:
    assert words(language).group("link").keys() == {*_ORDER, TRUCK_PASS}


def test_the_number_of_a_terminal_is_masked_wherever_it_stands() -> None:
    told = str(masked({"a": [TERMINAL, f"land:{TERMINAL}@1771"], "b": "terminal:7"}))
    assert "1381234567" not in told
    assert "terminal:*********78" in told

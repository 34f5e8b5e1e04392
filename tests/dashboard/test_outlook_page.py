"""The page of the outlook: piers by hours, why, and a plan whose drawn windows nobody sees."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from outlook_place import idle_row

from core.settings import Settings
from dashboard.catalogue import LANGUAGES, words
from dashboard.outlook_page import outlook_page
from dashboard.patrol_plan import plan_of, seed_of
from dashboard.reading import Run
from engine.normal import Normal
from engine.outlooks import coming, document
from engine.place import Place
from models.outlook.patrol import Duty
from pipeline.sites import make_place

RUN = Run(
    1, "live", "cove", False, {"zh": "湾", "en": "Cove"}, ZoneInfo("Asia/Shanghai"),
    datetime(2026, 3, 10, tzinfo=UTC),
)  # fmt: skip
NIGHT = 20_522  # 2026-03-10
DUTY = Duty(teams=5)


@cache
def place() -> Place:
    return make_place(idle_row(4), Settings(), exercise=True)


@cache
def told() -> dict[str, Any]:
    found = coming(Normal(), NIGHT, place())
    assert found is not None
    return document(found, Normal(), place())


def test_the_document_has_every_pier_with_its_hours_and_what_was_not_covered() -> None:
    assert told()["evening"] == "2026-03-10"
    assert [len(row["hours"]) for row in told()["piers"]] == [24] * 4
    assert {"recurrence", "visits"} <= set(told()["not_covered"])
    for row in told()["piers"]:
        assert row["probability"] == pytest.approx(sum(row["hours"]))
        assert row["hours"][row["best"]] == max(row["hours"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_hours_why_and_the_plan_without_its_secret(language: str) -> None:
    said, names = words(language), {"P0": "石浦"}
    whole = plan_of(place().site, told(), seed_of(b"s", "cove", "2026-03-10"), DUTY)
    secret = [window for window in whole.windows if window.secret]
    assert secret
    shown = whole.shown_to(None)
    page = outlook_page(said, RUN, {}, told(), shown, names, ["P0", "P1", "P2", "P3"])
    text = str(page)
    assert "石浦" in text
    assert said("outlook.plan_lead") in text
    assert said.of("outlook_factor", "hour") in text
    assert said.of("outlook_gap", "recurrence") in text
    teams = [said("outlook.team_n", n=team + 1) for team in range(DUTY.teams)]
    assert sum(text.count(f"'{team}'") for team in teams) == len(shown.windows)
    assert not any(window.secret for window in shown.windows)
    assert len(shown.windows) == len(whole.windows) - len(secret)


def test_the_lot_hangs_on_the_secret_and_the_evening() -> None:
    seeds = {seed_of(s, "cove", e) for s in (b"a", b"b") for e in ("2026-03-10", "2026-03-11")}
    assert len(seeds) == 4
    assert plan_of(place().site, told(), "x", DUTY) == plan_of(place().site, told(), "x", DUTY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_an_outlook_the_page_says_when_there_will_be_one(language: str) -> None:
    said = words(language)
    assert said("outlook.none") in str(outlook_page(said, RUN, {}, None, None, {}, []))

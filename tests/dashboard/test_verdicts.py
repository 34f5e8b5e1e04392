"""What an alert turned out to be is said in one click, and labels its landing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime

import polars as pl
import pytest
from playwright.sync_api import Browser, expect
from screen_scene import seed, xiangshan
from screen_sight import Sight, on_the_wall, watched

from core.schema import DECISION
from core.times import unix_us
from dashboard.catalogue import LANGUAGES
from engine import labels
from store.engine import Store

pytestmark = [pytest.mark.postgis, pytest.mark.browser]
SITE = xiangshan()


@pytest.fixture(scope="module")
def scene(store: Store) -> Store:
    """The store with a night that is live."""
    seed(store, SITE, kind="live")
    return store


@pytest.fixture
def sight(browser: Browser, address: str) -> Iterator[Sight]:
    yield from watched(on_the_wall(browser), address)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_click_says_what_an_alert_turned_out_to_be_and_another_corrects_it(
    sight: Sight, store: Store, language: str
) -> None:
    sight.sign_in(f"?still&lang={language}")
    page = sight.page
    page.locator("[data-alert]").first.click()
    lawful, confirmed = page.locator(".verdict.lawful").first, page.locator(".verdict.confirmed")
    lawful.click()
    expect(lawful).to_have_attribute("aria-pressed", "true")
    confirmed.click()
    expect(confirmed).to_have_attribute("aria-pressed", "true")
    expect(lawful).to_have_attribute("aria-pressed", "false")
    rows = store.decisions_after(SITE.name, 0)[-2:]
    told = [row["content"] for row in rows]
    assert [each["verdict"] for each in told] == ["lawful", "confirmed"]
    assert told[0]["because"] == "fishing_boat_home"
    held = labels.take(pl.DataFrame(schema=labels.LABEL), decisions(rows))
    assert held["outcome"].to_list() == ["lawful", "confirmed"]
    berth_us = unix_us(datetime.fromisoformat(told[0]["berth_from"]))
    assert held["berth_us"].to_list() == [berth_us] * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_click_says_what_came_of_a_boarding_and_opens_the_watch_for_a_second_wave(
    sight: Sight, store: Store, language: str
) -> None:
    sight.sign_in(f"?still&lang={language}")
    page = sight.page
    page.locator("[data-alert]").first.click()
    seized = page.locator(".verdict.seized")
    seized.click()
    expect(seized).to_have_attribute("aria-pressed", "true")
    (row,) = store.decisions_after(SITE.name, 0)[-1:]
    assert (row["kind"], row["content"]["result"]) == ("interception", "seized")
    held = labels.take(pl.DataFrame(schema=labels.LABEL), decisions([row]))
    assert held.select("outcome", "caught").rows() == [("confirmed", True)]
    at_us = unix_us(datetime.fromisoformat(row["content"]["at"]))
    assert held["at_us"].to_list() == [at_us]
    page.locator(".verdict.not_found").click()
    expect(page.locator(".verdict.not_found")).to_have_attribute("aria-pressed", "true")
    expect(seized).to_have_attribute("aria-pressed", "false")
    if os.environ.get("PIERWATCH_SCREENSHOTS") == "1":
        page.screenshot(path=f"var/boarded-{language}.png")


def decisions(rows: list[dict[str, object]]) -> pl.DataFrame:
    """As the engine gets them, a second apart."""
    return pl.DataFrame(
        [(n, row["decision_id"], row["kind"], json.dumps(row["content"]))
         for n, row in enumerate(rows)],
        DECISION, orient="row",
    )  # fmt: skip


def test_nothing_is_decided_in_a_replay(browser: Browser, address: str, store: Store) -> None:
    seed(store, SITE)
    for sight in watched(on_the_wall(browser), address):
        sight.sign_in("?still&lang=en")
        sight.page.locator("[data-alert]").first.click()
        sight.page.wait_for_selector(".why")
        assert not sight.page.locator(".verdict").count()

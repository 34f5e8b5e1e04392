"""Fog is declared in two clicks, is seen to hold, and is ended; a replay offers none of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from screen_scene import TICK, Clock, seed, xiangshan
from screen_sight import Sight, on_the_wall, watched

from core.decisions import checked
from dashboard.catalogue import LANGUAGES
from dashboard.regimes import content_of, standing
from store.engine import Store

SITE = xiangshan()
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def on_screen(test: Any) -> Any:
    """It needs a database and a browser."""
    return pytest.mark.postgis(pytest.mark.browser(test))


def test_what_the_desk_declares_stands_beside_what_the_file_says_until_it_is_over() -> None:
    fog = content_of("fog", "3", NOW)
    in_file = {"moratorium_trawl", "moratorium_gillnet", "moratorium_purse_seine"}
    assert set(standing([fog], SITE, NOW)) == {"fog", *in_file}
    assert standing([fog], SITE, NOW)["fog"] == (NOW + timedelta(hours=3), True)
    assert "fog" not in standing([fog], SITE, NOW + timedelta(hours=3))
    assert standing([content_of("gale", "further", NOW)], None, NOW) == {"gale": (None, True)}
    assert standing([content_of("gale", "over", NOW)], None, NOW) == {}
    for until in ("3", "further", "over"):
        assert checked("regime", content_of("fog", until, NOW))


@pytest.fixture(scope="module")
def scene(store: Store) -> Store:
    """The store with a night that is live."""
    seed(store, SITE, kind="live")
    return store


@pytest.fixture
def sight(browser: Browser, address: str, clock: Clock) -> Iterator[Sight]:
    clock.now_s = TICK.timestamp()
    yield from watched(on_the_wall(browser), address)


@on_screen
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_clicks_declare_and_two_more_end(sight: Sight, store: Store, language: str) -> None:
    sight.sign_in(f"?still&lang={language}")
    fog = sight.page.locator("details.regime").first
    fog.locator("summary").click()
    fog.locator("button").first.click()
    expect(fog.locator("b")).to_be_visible()  # it holds
    (said,) = [each for each in store.regimes(SITE.name) if each["kind"] == "fog"]
    assert said["from"] == TICK.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert said["to"] == (TICK + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fog.locator("summary").click()
    fog.locator("button.over").click()
    expect(fog.locator("b")).to_have_count(0)
    (said,) = [each for each in store.regimes(SITE.name) if each["kind"] == "fog"]
    assert said["to"] == said["from"]


@on_screen
def test_a_replay_shows_what_the_file_says_and_offers_nothing(
    browser: Browser, address: str, store: Store
) -> None:
    seed(store, SITE)
    for sight in watched(on_the_wall(browser), address):
        sight.sign_in("?still&lang=en")
        sight.page.wait_for_selector("#conditions h2")
        assert not sight.page.locator("details.regime").count()

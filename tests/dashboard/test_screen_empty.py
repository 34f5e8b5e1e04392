"""The page before there is anything to show, and where a site has no piers, coast or tide."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from screen_scene import PASSWORD, in_thread, seed
from screen_sight import Sight, watched

from core.errors import StoreUnavailable
from core.settings import ScreenSettings
from dashboard.app import create_app
from dashboard.catalogue import words
from store.engine import Store

pytestmark = [pytest.mark.postgis, pytest.mark.browser]


@pytest.fixture
def sight(browser: Browser, store: Store) -> Iterator[Sight]:
    """A page over a store that was empty at first."""
    app = create_app(store, ScreenSettings(), password=PASSWORD, secret=bytes(32))
    address, server, thread = in_thread(app)
    yield from watched(browser.new_page(viewport={"width": 1366, "height": 768}), address)
    server.should_exit = True
    thread.join(10)


def test_an_empty_store_says_what_to_do_and_a_first_run_comes_by_itself(sight: Sight, store: Store):
    said = words("en")
    sight.enter("?still&lang=en")
    expect(sight.page.locator("#map-empty")).to_contain_text(said("page.no_run"))
    expect(sight.page.locator("#alerts")).to_contain_text(said("alerts.empty"))
    expect(sight.page.locator("#health")).to_contain_text(said("health.empty"))
    seed(store, None, vessels=40)
    expect(sight.page.locator("#vessel-counts")).to_have_text(re.compile("Vessels 37"))
    expect(sight.page.locator("#map-empty")).to_be_empty()


def test_a_sea_without_piers_coast_and_tide_follows_its_vessels(sight: Sight):
    said = words("en")
    sight.sign_in("?still&lang=en")
    expect(sight.page.locator("#conditions")).to_contain_text(said("pier.empty"))
    expect(sight.page.locator("#conditions")).to_contain_text(said("conditions.no_tide"))
    expect(sight.page.locator("#vessel-counts")).to_have_text(re.compile("Vessels 37"))
    scale = sight.page.locator(".maplibregl-ctrl-scale").inner_text()
    assert re.fullmatch(r"[1-9]\d? nm", scale.replace("\u00a0", " "))


def test_a_store_that_goes_away_is_said_and_what_was_shown_stays(
    sight: Sight, store: Store, monkeypatch: pytest.MonkeyPatch
):
    said = words("en")
    sight.sign_in("?still&lang=en")
    gone = StoreUnavailable("PostGIS", expected="an answer", came="none")

    def refuse(*_: object, **__: object) -> None:
        raise gone

    with monkeypatch.context() as patch:
        patch.setattr(store, "current_run", refuse)
        expect(sight.page.locator("#line")).to_have_text(said("page.trouble"))
        expect(sight.page.locator("#vessel-counts")).to_have_text(re.compile("Vessels 37"))
        assert sight.page.locator("[data-alert]").count() == 4
    expect(sight.page.locator("#line")).to_have_text(said("page.live"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "current_run", refuse)
        sight.page.reload()
        expect(sight.page.locator("#page")).to_contain_text(str(gone))
    sight.page.locator(".notice-card a").click()
    expect(sight.page.locator("#vessel-counts")).to_have_text(re.compile("Vessels 37"))

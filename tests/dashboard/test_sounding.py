"""The budget is one of sounds: everything is listed, the first by rank are heard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect
from screen_scene import BERTHED, PASSWORD, TICK, alerts, in_thread, seed, stamp, xiangshan
from screen_sight import Sight, on_the_wall, watched

from core.settings import AlertSettings, ScreenSettings
from dashboard.app import create_app
from dashboard.catalogue import words
from dashboard.reading import Run
from dashboard.sounding import sounding
from store.engine import Store

Json = dict[str, Any]
MOST = 2
#: Counts tones, and has the sound on: nobody hears a browser without a head.
COUNTED = """
  localStorage.setItem("pierwatch-sound", "on");
  let tones = 0;
  const made = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    document.documentElement.dataset.tones = ++tones;
    return made.call(this);
  };
"""
A_SOUND = 2  # tones
ANY = re.compile(r"\d+")


def landing(name: str, posterior: float, level: str = "watch", **more: Any) -> Json:
    told = {"alert_id": name, "revision": 1, "status": "new", "posterior": posterior}
    return {**alerts([(121.9, 29.1, None)])[0], **told, "level": level, **more}


def run() -> Run:
    from zoneinfo import ZoneInfo

    return Run(1, "live", "x", False, {"zh": "x", "en": "x"}, ZoneInfo("Asia/Shanghai"), TICK)


def test_the_first_of_tonight_by_rank_are_heard_in_whatever_order_they_came() -> None:
    low, high, check = landing("low", 0.2), landing("high", 0.5), landing("check", 0.3, "verify")
    for order in ([low, high, check], [check, high, low], [high, check, low]):
        assert sounding(run(), order, 2) == ["check", "high"]
    assert sounding(run(), [low, high, check], 9) == ["check", "high", "low"]
    assert sounding(run(), [low], 0) == []


def test_a_second_landing_at_a_pier_spends_no_sound() -> None:
    one, same, other = (
        landing(name, posterior, pier_id=pier)
        for name, posterior, pier in (("one", 0.9, "P1"), ("same", 0.8, "P1"), ("other", 0.2, "P2"))
    )
    assert sounding(run(), [one, same, other], 2) == ["one", "other"]


def test_what_is_over_or_of_an_earlier_night_spends_no_sound() -> None:
    gone = landing("gone", 0.9, "verify", status="cancel")
    before = landing("before", 0.9, "verify", berth_from="2026-02-26T17:00:00Z")
    assert sounding(run(), [gone, before, landing("now", 0.2)], 1) == ["now"]


def test_a_call_for_help_is_always_heard_and_takes_nobodys_place() -> None:
    call = {**landing("call", 0.0), "kind": "sos", "posterior": None, "severity": None}
    assert sounding(run(), [landing("now", 0.2), call], 1) == ["call", "now"]
    assert sounding(run(), [call], 0) == ["call"]
    assert sounding(run(), [{**call, "status": "cancel"}], 1) == []


def test_a_feed_that_falls_silent_is_heard_and_takes_nobodys_place() -> None:
    silent = {**landing("silent", 0.0), "kind": "feed_silent", "posterior": None, "severity": None}
    assert sounding(run(), [landing("now", 0.2), silent], 1) == ["silent", "now"]
    assert sounding(run(), [{**silent, "status": "cancel"}], 1) == []


def test_the_budget_that_ships_is_the_methods() -> None:
    assert AlertSettings().sounds == 3


@pytest.fixture
def heard_at(store: Store) -> Iterator[tuple[str, int]]:
    """Where a screen listens that may make two sounds a night, and its run: three leads stand."""
    site = xiangshan()
    run_id = seed(store, site, vessels=30)
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(32),
        site_of=lambda name: site if name == site.name else None, sounds=MOST,
    )  # fmt: skip
    where, server, thread = in_thread(app)
    yield where, run_id
    server.should_exit = True
    thread.join(10)


@pytest.mark.postgis
@pytest.mark.browser
def test_one_beyond_the_budget_is_listed_without_a_sound_and_a_stronger_one_sounds(
    browser: Browser, store: Store, heard_at: tuple[str, int]
) -> None:
    address, run_id = heard_at
    page = on_the_wall(browser)
    page.add_init_script(COUNTED)
    for sight in watched(page, address):
        sight.sign_in("?still&lang=zh")
        told(sight, store, run_id)


def told(sight: Sight, store: Store, run_id: int) -> None:
    page, mark = sight.page, words("zh")("alerts.sounding")
    expect(page.locator(".tag.sounding")).to_have_text([mark] * MOST)
    assert marked(page) == ["a000000000000000", "a200000000000000"]
    whole = page.locator("html")
    expect(whole).not_to_have_attribute("data-tones", ANY)  # what stood already is not news
    came = {**placed(), "issued_at": stamp(TICK), "berth_from": stamp(BERTHED)}
    store.write_alerts(run_id, [{**came, **head("weak", 0.12, "watch")}])
    expect(page.locator("[data-alert=weak]")).to_be_visible()
    expect(whole).not_to_have_attribute("data-tones", ANY)
    assert "weak" not in marked(page)
    store.write_alerts(run_id, [{**came, **head("strong", 0.97, "verify")}])
    expect(page.locator("[data-alert=strong]")).to_be_visible()
    expect(whole).to_have_attribute("data-tones", str(A_SOUND))
    assert marked(page) == ["strong", "a000000000000000"]
    cards = [card.get_attribute("data-alert") for card in page.locator("[data-alert]").all()]
    assert {"weak", "strong", "a100000000000000", "a200000000000000"} <= set(cards)
    risen = {**came, **head("weak", 0.99, "verify"), "revision": 2, "status": "update"}
    store.write_alerts(run_id, [risen])
    expect(whole).to_have_attribute("data-tones", str(2 * A_SOUND))
    expect(page.locator("[data-alert]").first).to_have_attribute("data-alert", "weak")
    assert marked(page) == ["weak", "strong"]
    features = httpx.get(f"{sight.address}/api/alerts", auth=("watch", PASSWORD)).json()
    assert features["sounding"] == ["weak", "strong"]


@pytest.mark.postgis
@pytest.mark.browser
def test_an_answer_that_comes_late_takes_no_newer_lead_off_the_map(
    browser: Browser, store: Store, heard_at: tuple[str, int]
) -> None:
    address, run_id = heard_at
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        """The first answer is kept back."""
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    for sight in watched(on_the_wall(browser), address):
        sight.sign_in("?still&lang=en")
        page, asked = sight.page, "**/api/alerts"
        page.route(asked, hold)
        came = {**placed(), "issued_at": stamp(TICK), "berth_from": stamp(BERTHED)}
        store.write_alerts(run_id, [{**came, **head("first", 0.5, "watch")}])
        while not held:
            page.wait_for_timeout(20)
        with page.expect_response(asked):
            apart = {"lon": 122.1, "lat": 29.3}
            store.write_alerts(run_id, [{**came, **apart, **head("second", 0.6, "watch")}])
        route, answer = held[0]
        with page.expect_response(asked):
            route.fulfill(response=answer)
        page.locator("[data-alert=second]").click()
        expect(page.locator("#why h2")).not_to_be_empty()
        sight.settle()
        page.keyboard.press("Escape")
        expect(page.locator("#conditions")).to_be_visible()
        box = page.locator("#map").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator("[data-alert=second]")).to_have_attribute("aria-current", "true")


def marked(page: Page) -> list[str]:
    """The cards that are marked as heard, in their order."""
    cards = page.locator("[data-alert]:has(.tag.sounding)")
    return [str(card.get_attribute("data-alert")) for card in cards.all()]


def placed() -> Json:
    found = alerts([(121.9, 29.1, None)])[0]
    return json.loads(json.dumps(found))


def head(name: str, posterior: float, level: str) -> Json:
    return {"alert_id": name, "posterior": posterior, "severity": 0.9, "level": level}

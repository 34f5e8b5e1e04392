"""The feeds over a real PostGIS: what `/api/feeds` tells, what the page and the screen show."""

from __future__ import annotations

import io
import itertools
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from feed_scene import PLATE, SECRET
from PIL import Image
from playwright.sync_api import Browser, expect
from screen_scene import PASSWORD, Clock, in_thread, seed, xiangshan
from screen_sight import HEAD, SIZES, STICKING_OUT, Sight, opened_once
from websockets.sync.client import connect

from core.settings import ScreenSettings
from dashboard.app import create_app
from dashboard.catalogue import words
from dashboard.sign_in import COOKIE
from store.engine import Store

pytestmark = [pytest.mark.postgis]
browser_test = pytest.mark.browser
IMAGES = Path(__file__).parents[2] / "docs" / "images"
WHOLE = ".top *, .feed-table *, .feeds-summary *, .map-title *, .card *, .notices *, .why *"


@pytest.fixture(scope="module")
def address(store: Store) -> Iterator[str]:
    """Where the screen listens over a night of every feed."""
    site = xiangshan()
    seed(store, site, feeds=True)
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(range(32)),
        site_of=lambda name: site if name == site.name else None, clock=Clock(),
    )  # fmt: skip
    where, server, thread = in_thread(app)
    yield where
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def officer(address: str) -> Iterator[httpx.Client]:
    """Somebody who knows the password."""
    with httpx.Client(base_url=address, auth=("watch", PASSWORD)) as client:
        yield client


@pytest.fixture(scope="module")
def wall(browser: Browser, address: str) -> Iterator[Callable[[str], Sight]]:
    """The page on the wall, which the tests share, in a language."""
    with opened_once(browser, address) as page:
        yield page


@pytest.fixture(scope="module")
def feeds(browser: Browser, address: str) -> Iterator[Callable[[str], Sight]]:
    """The page of feeds, which the tests share, in a language; they leave every feed closed."""

    def enter(sight: Sight, language: str) -> None:
        sight.enter(f"?still&lang={language}&page=feeds")
        sight.page.wait_for_selector(".feed-table")
        sight.page.wait_for_selector("#feeds-map[data-drawn=all]")

    with opened_once(browser, address, enter, sharp=True) as page:
        yield page


def test_every_feed_tells_state_rate_lag_refusals_and_what_its_source_says(officer):
    told = officer.get("/api/feeds").json()
    feeds = {feed["feed"]: feed for feed in told["feeds"]}
    assert list(feeds) == ["ais-coast", "beidou", "radar", "trucks", "cameras", "gates"]
    assert {name: feed["state"] for name, feed in feeds.items()} == {
        "ais-coast": "heard", "beidou": "heard", "radar": "partly", "trucks": "quarantine",
        "cameras": "heard", "gates": "down",
    }  # fmt: skip
    trucks = feeds["trucks"]
    assert (trucks["n_sources"], trucks["n_silent"], trucks["suspects"]) == (
        48, 1, ["clock_8h", "gcj02"],
    )  # fmt: skip
    assert {r["reason"]: r["n"] for r in trucks["refused"]} == {
        "not_authenticated": 212, "not_hex": 5, "two_terminals_one_id": 3,
    }  # fmt: skip
    assert (trucks["live"]["lost"], trucks["live"]["peers"]) == (340, 48)
    assert (told["stale"], told["exercise"]) == (False, True)
    assert feeds["cameras"]["live"]["url"] == "mqtt://broker:1883"
    assert (feeds["radar"]["live"]["owner"], feeds["cameras"]["live"]["owner"]) == ("海事局", None)


def test_nothing_private_leaves_by_the_report_or_the_live_line(officer, address):
    answer = officer.get("/api/feeds")
    for secret in (PLATE, PLATE[2:], SECRET, "secret@", "watch:"):
        assert secret not in answer.text
    assert "浙B****5" in answer.text
    signed = officer.post("/sign-in", data={"password": PASSWORD})
    cookie = {"Cookie": f"{COOKIE}={signed.cookies[COOKIE]}"}
    live = address.replace("http", "ws") + "/live"
    with connect(live, additional_headers=cookie, origin=address, max_size=None) as socket:
        said = [socket.recv(5) for _ in range(4)]
    (ashore,) = [json.loads(m) for m in said if isinstance(m, str) and '"ashore"' in m[:20]]
    assert 20 <= len(ashore["trucks"]) <= 30
    assert "plate" not in json.dumps(ashore)
    assert "0139" not in json.dumps(ashore)
    assert [s["state"] for s in ashore["stations"] if s["id"] == "R2"] == ["silent"]
    assert {c["what"] for c in ashore["cameras"] if c["at_ms"]} >= {"boat", "truck", "raised"}


def test_a_station_tells_where_it_heard(officer):
    found = officer.get("/api/feeds/NANTIAN/reception", params={"hours": 6}).json()
    assert len(found["features"]) > 50
    assert all(cell["properties"]["heard"] > 0 for cell in found["features"])
    assert officer.get("/api/feeds/nobody/reception").json()["features"] == []
    for hours in ("0", "169", "x"):
        answer = officer.get("/api/feeds/NANTIAN/reception", params={"hours": hours})
        assert answer.status_code == 400


@browser_test
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_officer_reads_state_time_and_reason_in_the_table(
    feeds: Callable[[str], Sight], language: str
):
    """The picture is saved for the documents where PIERWATCH_SCREENSHOTS=1."""
    page, said = feeds(language).page, words(language)
    table = page.locator(".feed-table")
    for text in (
        said("feed_state.down"), said("feed_state.partly"), said("suspect.gcj02"),
        said("suspect.clock_ahead_h", n=8), said("refusal.not_authenticated"),
        said("feeds.lost", n=340), "Connection refused", said("vessels.ago_min", n=11), "R2",
    ):  # fmt: skip
        expect(table).to_contain_text(text)
    assert table.locator("tbody").count() == 6
    expect(page.locator("#station-name")).to_contain_text("NANTIAN")
    page.wait_for_selector("#feeds-map[data-drawn=all]")
    picture = page.screenshot()
    assert Image.open(io.BytesIO(picture)).size == SIZES["wall"]
    if os.environ.get("PIERWATCH_SCREENSHOTS") == "1":
        (IMAGES / f"feeds-{language}.png").write_bytes(picture)


@browser_test
def test_a_feed_opens_to_all_its_sources_and_samples_and_stays_open(feeds: Callable[[str], Sight]):
    page = feeds("zh").page
    assert page.locator(".source-row").count() == 4  # those in trouble
    page.locator("[data-feed=cameras]").click()
    expect(page.locator(".samples-row code").first).to_be_visible()
    assert page.locator(".source-row").count() == 4 + 24
    expect(page.locator(".samples-row")).to_contain_text("浙B****5")
    page.evaluate("window.dash_clientside.set_props('feeds-beat', { data: 99 })")
    page.wait_for_timeout(500)
    assert page.locator(".source-row").count() == 4 + 24
    page.locator("[data-feed=cameras]").click()
    expect(page.locator(".samples-row")).to_have_count(0)


@browser_test
def test_choosing_a_station_draws_what_it_hears(feeds: Callable[[str], Sight]):
    page = feeds("zh").page
    page.locator("[data-feed=ais-coast]").click()
    page.locator("[data-station=JUEXI]").click()
    expect(page.locator("#station-name")).to_contain_text("JUEXI")
    expect(page.locator("[data-station=JUEXI]")).to_have_attribute("aria-current", "true")
    page.wait_for_selector("#feeds-map[data-drawn=all]")
    page.wait_for_timeout(300)
    image = Image.open(io.BytesIO(page.locator("#feeds-map").screenshot())).convert("RGB")
    bluish = sum(n for n, (r, g, b) in image.getcolors(1_000_000) or [] if b > r + 40 and b > 80)
    assert bluish > 5000
    page.locator("[data-feed=ais-coast]").click()


@browser_test
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_of_the_page_of_feeds_sticks_out_at_any_size(
    feeds: Callable[[str], Sight], language: str
):
    page = feeds(language).page
    page.locator("[data-feed=trucks]").click()
    page.wait_for_selector(".samples-row")
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if width > 900:
            assert page.evaluate(STICKING_OUT, WHOLE) == [], name
        boxes = page.evaluate(HEAD)
        for left, right in itertools.pairwise(boxes if width > 900 else []):
            assert left["right"] <= right["left"], (name, left, right)
    page.locator("[data-feed=trucks]").click()


@browser_test
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_call_for_help_stands_above_everything_and_notices_apart(
    wall: Callable[[str], Sight], language: str
):
    page, said = wall(language).page, words(language)
    call = page.locator("#sos .card.sos")
    expect(call).to_have_count(1)
    expect(call).to_contain_text(said("notices.sos"))
    expect(call).to_contain_text(said("page.simulated"))
    boxes = [page.locator(name).bounding_box() for name in ("#sos", "#alerts", "#notices")]
    assert [box["y"] for box in boxes if box] == sorted(box["y"] for box in boxes if box)
    expect(page.locator("#notices")).to_contain_text("R2")
    expect(page.locator("#notices")).to_contain_text("83%")
    assert page.locator("#alerts .card").count() == 5  # four landings, and the call that is over
    expect(page.locator("#alert-counts")).to_have_text(
        said("alerts.standing", verify=1, watch=2)
    )  # fmt: skip
    call.click()
    panel = page.locator("#why")
    expect(panel).to_contain_text(said("why.lead_sos"))
    expect(panel).not_to_contain_text(said("alerts.posterior"))
    page.locator(".notice-line").first.click()
    expect(panel).to_contain_text(said("why.lead_system"))
    assert said("why.targets") not in panel.locator("th").all_inner_texts()
    assert said("level.verify") not in panel.inner_text()


@browser_test
def test_the_main_screen_leads_to_the_feeds_and_back_in_its_language(wall: Callable[[str], Sight]):
    page = wall("en").page
    page.locator(".panel-link[href*='page=feeds']").click()
    page.wait_for_selector(".feed-table")
    expect(page.locator(".feeds-summary")).to_contain_text(words("en")("feeds.title"))
    page.get_by_role("link", name=words("en")("page.screen")).click()
    page.wait_for_selector("#vessel-counts:not(:empty)")


@browser_test
def test_a_row_that_stands_still_counts_its_age_on(feeds: Callable[[str], Sight], store: Store):
    """The table is not asked again for it: the data's clock is enough."""
    seen = feeds("zh").page.locator("tbody.partly .source-row [data-seen]")
    expect(seen).to_have_text(words("zh")("vessels.ago_min", n=11))
    run = store.current_run()
    assert run is not None
    store.set_tick(run["run_id"], run["tick"] + timedelta(minutes=4))
    expect(seen).to_have_text(words("zh")("vessels.ago_min", n=15))

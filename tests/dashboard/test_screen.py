"""The page in a real browser: what an officer sees, does and must never meet."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from screen_scene import LANDING, PASSWORD, Clock, in_thread, seed

from core.settings import ScreenSettings
from dashboard.app import create_app
from dashboard.catalogue import words
from store.engine import Store

pytestmark = [pytest.mark.postgis, pytest.mark.browser]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"wall": (1920, 1080), "desk": (1366, 768), "phone": (390, 844)}
#: Elements that a text or a sign must not stick out of.
WHOLE = ".top *, .card *, .why *, .conditions *, .feeds *, .legend *, .credit *, .vessel-counts"
STICKING_OUT = """(selector) => [...document.querySelectorAll(selector)].filter((e) => {
  const box = e.getBoundingClientRect();
  return e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && box.width > 0
    && getComputedStyle(e).display !== "inline";
}).map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`)"""


@dataclass
class Sight:
    """A page and what it did behind the officer's back."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)

    def sign_in(self, query: str = "?still") -> None:
        """From the door to the map with its vessels."""
        self.page.goto(f"{self.address}/{query}")
        self.page.fill("#password", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#vessel-counts:not(:empty)")
        self.page.wait_for_selector("[data-alert]")
        self.page.wait_for_selector(".conditions")
        self.settle()

    def settle(self) -> None:
        """Wait until the map has drawn all it has."""
        self.page.wait_for_function("document.getElementById('map').dataset.drawn === 'all'")


@pytest.fixture
def sight(request: pytest.FixtureRequest, browser: Browser, address: str, clock: Clock) -> Iterator[Sight]:
    """A page of the size that the test asks for."""
    width, height = SIZES[getattr(request, "param", "wall")]
    page = browser.new_page(viewport={"width": width, "height": height})
    yield from watched(page, address)


def watched(page: Page, address: str) -> Iterator[Sight]:
    seen = Sight(page, address)
    page.on("console", lambda m: seen.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "request",
        lambda r: seen.abroad.append(r.url)
        if not r.url.startswith((address, "blob:", "data:"))
        else None,
    )
    page.on("websocket", lambda s: seen.abroad.append(s.url) if address[4:] not in s.url else None)
    yield seen
    page.close()
    assert seen.complaints == []
    assert seen.abroad == []


@pytest.mark.parametrize("sight", SIZES, indirect=True)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_and_nothing_sticks_out(sight: Sight, language: str):
    sight.sign_in(f"?still&lang={language}")
    page = sight.page
    assert page.evaluate(STICKING_OUT, WHOLE) == []
    page.locator("[data-alert]").first.click()
    page.wait_for_selector(".why")
    assert page.evaluate(STICKING_OUT, WHOLE) == []
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert sizes[0] <= sizes[1]


@pytest.mark.parametrize("sight", ["wall", "desk"], indirect=True)
def test_the_parts_of_the_head_do_not_overlap(sight: Sight):
    sight.sign_in("?still&lang=en")
    boxes = sight.page.evaluate(
        "[...document.querySelectorAll('.title, .banner, .tools > *')]"
        ".map((e) => e.getBoundingClientRect()).filter((b) => b.width).map((b) => [b.left, b.right])"
    )
    assert all(left[1] <= right[0] for left, right in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_click_on_an_alert_says_why(sight: Sight, language: str):
    sight.sign_in(f"?still&lang={language}")
    page, said = sight.page, words(language)
    page.locator("[data-alert]").first.click()
    panel = page.locator("#why")
    for text in (
        said("why.lead"),
        said("page.simulated"),
        said("why.times_more", factor="77"),
        said("evidence.unregistered"),
        said("criterion.goods"),
        said("why.dwell_h", h=1, min=6),
        said("sensor.camera"),
        LANDING,
        "+2.29",
        "91%",
    ):
        expect(panel).to_contain_text(text)
    expect(page.locator("[data-alert]").first).to_have_attribute("aria-current", "true")
    assert not page.locator("#conditions").is_visible()
    page.locator("[data-close]").click()
    expect(page.locator("#conditions")).to_be_visible()


def test_an_alert_opens_from_the_map_and_from_its_address(sight: Sight):
    sight.sign_in("?still&alert=a100000000000000")
    page = sight.page
    expect(page.locator("#why h2")).not_to_be_empty()
    sight.settle()
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.keyboard.press("Escape")
    expect(page.locator("#conditions")).to_be_visible()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#why h2")).not_to_be_empty()


def test_a_name_from_the_air_is_text_and_never_a_page(sight: Sight):
    sight.sign_in()
    page = sight.page
    page.locator("[data-alert]").first.click()
    expect(page.locator("#why")).to_contain_text("浙岭渔<b>8</b>")
    assert page.locator("#why table b").count() == 0


def test_every_alert_and_the_page_itself_say_that_it_is_simulated(sight: Sight):
    sight.sign_in()
    page, said = sight.page, words("zh")
    cards = page.locator("[data-alert]")
    assert cards.count() == 4
    for card in cards.all():
        expect(card).to_contain_text("模拟")
    expect(page.locator("#banner")).to_contain_text(said("page.banner_replay"))
    expect(page.locator("#banner")).to_contain_text(said("page.banner_simulated"))
    expect(page.locator(".credit")).to_contain_text("© OpenStreetMap contributors (ODbL)")
    expect(page.locator(".credit")).to_contain_text("示意图")


def test_the_sound_is_off_until_somebody_turns_it_on(sight: Sight):
    sight.sign_in()
    button = sight.page.locator("#sound")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_the_map_shows_sea_land_and_signs(sight: Sight):
    sight.sign_in()
    image = Image.open(io.BytesIO(sight.page.locator("#map").screenshot())).convert("RGB")
    colours = {colour: n for n, colour in image.getcolors(maxcolors=1_000_000) or []}
    sea, land, idle = (9, 21, 30), (27, 42, 52), (242, 193, 78)
    whole = image.width * image.height
    assert colours.get(sea, 0) > 0.2 * whole
    assert colours.get(land, 0) > 0.2 * whole
    assert colours.get(idle, 0) > 500


def test_every_character_has_its_glyph(sight: Sight):
    """A character without a glyph is drawn as the box that a private-use character is drawn as."""
    sight.sign_in()
    boxed = sight.page.evaluate(
        """(text) => {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 40;
          const pen = canvas.getContext("2d", { willReadFrequently: true });
          pen.font = `24px ${getComputedStyle(document.body).fontFamily}`;
          const drawn = (character) => {
            pen.clearRect(0, 0, 40, 40);
            pen.fillText(character, 4, 30);
            return pen.getImageData(0, 0, 40, 40).data.join();
          };
          const box = drawn("\\u{10FFFF}");
          return [...new Set(text)].filter((c) => c.trim() && drawn(c) === box);
        }""",
        "".join(words(language)(key) for language in ("zh", "en") for key in words(language).keys()),
    )
    assert boxed == []


def test_a_store_without_a_run_says_what_to_do(
    browser: Browser, store: Store, tmp_path: Path
):
    with store.transaction("empty the runs") as connection:
        kept = connection.exec_driver_sql("SELECT max(opened_serial) FROM run").scalar()
        assert kept is not None
    said = words("zh")("page.no_run")
    assert "pierwatch replay" in said


def test_a_sea_without_piers_coast_and_tide_follows_its_vessels(
    browser: Browser, store: Store
):
    seed(store, None, vessels=40)
    app = create_app(store, ScreenSettings(), password=PASSWORD, secret=bytes(32))
    address, server, thread = in_thread(app)
    try:
        for sight in watched(browser.new_page(viewport={"width": 1366, "height": 768}), address):
            sight.sign_in("?still&lang=en")
            expect(sight.page.locator("#conditions")).to_contain_text(words("en")("pier.empty"))
            expect(sight.page.locator("#conditions")).to_contain_text(
                words("en")("conditions.no_tide")
            )
            expect(sight.page.locator("#vessel-counts")).to_have_text(re.compile("Vessels 41"))
    finally:
        server.should_exit = True
        thread.join(10)
        seed_again = store.open_run  # the night of the other tests is the current run again
        seed_again(
            "replay", "scene", "xiangshan", True, "scene-xiangshan",
            "象山海岸（示意图）", "Xiangshan coast (sketch)", "Asia/Shanghai",
        )  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_screen_is_a_picture_worth_a_look(sight: Sight, language: str):
    """Saved as documentation where PIERWATCH_SCREENSHOTS=1; else only drawn."""
    sight.sign_in(f"?still&lang={language}")
    sight.page.locator("[data-alert]").first.click()
    expect(sight.page.locator("#why h2")).not_to_be_empty()
    sight.settle()
    picture = sight.page.screenshot()
    assert Image.open(io.BytesIO(picture)).size == SIZES["wall"]
    if os.environ.get("PIERWATCH_SCREENSHOTS") == "1":
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / f"screen-{language}.png").write_bytes(picture)

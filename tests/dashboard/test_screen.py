"""The page in a real browser: what an officer sees, does and must never meet."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from screen_scene import HOSTILE, LANDING, Clock
from screen_sight import HEAD, SIZES, STICKING_OUT, Sight, on_the_wall, opened_once, watched

from dashboard.catalogue import words

pytestmark = [pytest.mark.postgis, pytest.mark.browser]

ROOT = Path(__file__).parents[2]
IMAGES, WORDS = ROOT / "docs" / "images", ROOT / "dashboard" / "words"
#: Elements that a text or a sign must not stick out of.
WHOLE = ".top *, .card *, .why *, .conditions *, .feeds *, .legend *, .credit *, .vessel-counts"


@pytest.fixture(scope="module")
def wall(browser: Browser, address: str) -> Iterator[Callable[[str], Sight]]:
    """The page on the wall, which the tests share, in a language."""
    with opened_once(browser, address, sharp=True) as page:
        yield page


@pytest.fixture
def sight(browser: Browser, address: str, clock: Clock) -> Iterator[Sight]:
    """A page of the test's own."""
    yield from watched(on_the_wall(browser), address)


@pytest.fixture
def sharp(browser: Browser, address: str, clock: Clock) -> Iterator[Sight]:
    """A page of the test's own whose pixels are looked at."""
    yield from watched(on_the_wall(browser, sharp=True), address)


def test_the_map_shows_sea_land_and_signs(wall: Callable[[str], Sight]):
    image = Image.open(io.BytesIO(wall("zh").page.locator("#map").screenshot())).convert("RGB")
    colours = {colour: n for n, colour in image.getcolors(maxcolors=1_000_000) or []}
    sea, land, idle = (9, 21, 30), (27, 42, 52), (242, 193, 78)
    whole = image.width * image.height
    assert colours.get(sea, 0) > 0.2 * whole
    assert colours.get(land, 0) > 0.2 * whole
    assert colours.get(idle, 0) > 500


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_overlaps_or_sticks_out_at_any_size(
    wall: Callable[[str], Sight], language: str
):
    page = wall(language).page
    for chosen in (False, True):
        if chosen:
            page.locator("[data-alert]").first.click()
            page.wait_for_selector(".why")
        for name, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(STICKING_OUT, WHOLE) == [], name
            across = page.evaluate("document.documentElement.scrollWidth")
            assert across <= width, name
            boxes = page.evaluate(HEAD)
            for left, right in itertools.pairwise(boxes if width > 900 else []):
                assert left["right"] <= right["left"], (name, left, right)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_click_on_an_alert_says_why(wall: Callable[[str], Sight], language: str):
    page, said = wall(language).page, words(language)
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


def test_the_chain_of_the_chosen_alert_is_drawn(sharp: Sight):
    sharp.sign_in()
    page = sharp.page
    with page.expect_response("**/chain") as answered:
        page.locator("[data-alert]").first.click()
    sharp.settle()
    features = answered.value.json()["features"]
    lines = [f for f in features if f["geometry"]["type"] == "LineString"]
    assert {line["properties"]["kind"] for line in lines} == {"berthed_at", "met_by"}
    assert len(features) - len(lines) == 5
    box = page.locator("#map").bounding_box()
    assert box is not None
    # Beside the alert's own ring, where the lorries waited.
    beside = {"x": box["x"] + box["width"] / 2 - 80, "y": box["y"] + box["height"] / 2 - 20}
    shot = page.screenshot(clip={**beside, "width": 55, "height": 40})
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    colours = {colour: n for n, colour in image.getcolors(maxcolors=1_000_000) or []}
    assert colours.get((255, 111, 89), 0) > 20


def test_the_panel_of_what_was_taken_back_says_why(wall: Callable[[str], Sight]):
    page, said = wall("zh").page, words("zh")
    page.locator("[data-alert=a300000000000000]").click()
    expect(page.locator(".why .withdrawn")).to_contain_text(said.of("withdrawn", "unlikely"))
    expect(page.locator(".why .withdrawn")).to_contain_text("3.0%")


def test_a_name_from_the_air_is_text_and_never_a_page(wall: Callable[[str], Sight]):
    page = wall("zh").page
    page.locator("[data-alert=a100000000000000]").click()
    expect(page.locator("#why")).to_contain_text(HOSTILE)
    assert page.locator("#why table b").count() == 0


def test_every_alert_and_the_page_itself_say_that_it_is_simulated(wall: Callable[[str], Sight]):
    page, said = wall("zh").page, words("zh")
    cards = page.locator("[data-alert]")
    assert cards.count() == 4
    for card in cards.all():
        expect(card).to_contain_text("模拟")
    expect(page.locator("#banner")).to_contain_text(said("page.banner_replay"))
    expect(page.locator("#banner")).to_contain_text(said("page.banner_simulated"))
    expect(page.locator(".credit")).to_contain_text("© OpenStreetMap contributors (ODbL)")
    expect(page.locator(".credit")).to_contain_text("示意图")


def test_the_sound_is_off_until_somebody_turns_it_on(wall: Callable[[str], Sight]):
    button = wall("zh").page.locator("#sound")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_every_character_has_its_glyph(wall: Callable[[str], Sight]):
    """A character without a glyph is drawn as the box that a private-use character is drawn as."""
    boxed = wall("zh").page.evaluate(
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
        "".join(path.read_text("utf-8") for path in sorted(WORDS.glob("*.toml"))),
    )
    assert boxed == []

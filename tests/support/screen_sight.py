"""A page of the screen in a real browser, and what it did behind the officer's back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page
from screen_scene import PASSWORD

SIZES = {"wall": (1920, 1080), "desk": (1366, 768), "phone": (390, 844)}
STICKING_OUT = """(selector) => [...document.querySelectorAll(selector)].filter((e) => {
  const box = e.getBoundingClientRect();
  return e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && box.width > 0
    && getComputedStyle(e).display !== "inline";
}).map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`)"""
HEAD = """() => [...document.querySelectorAll(".title, .banner, .tools > *")].map((e) => {
  const { left, right } = e.getBoundingClientRect();
  return { text: e.textContent, left, right };
}).filter((b) => b.right > b.left)"""


def on_the_wall(browser: Browser, *, sharp: bool = False) -> Page:
    """A page of the wall's size, drawn with half the pixels a side where `sharp` is false.

    Without a graphics card the drawing of maps is most of a page's time. Layout and clicks are
    those of the wall; what looks at pixels, or at whether a text fits, wants them all.
    """
    width, height = SIZES["wall"]
    return browser.new_page(
        viewport={"width": width, "height": height}, device_scale_factor=1.0 if sharp else 0.5
    )


@dataclass
class Sight:
    """A page and what it did behind the officer's back."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)

    def enter(self, query: str = "?still") -> None:
        """Through the door."""
        self.page.goto(f"{self.address}/{query}")
        self.page.fill("#password", PASSWORD)
        self.page.click("button[type=submit]")

    def sign_in(self, query: str = "?still") -> None:
        """From the door to the map with its vessels."""
        self.enter(query)
        self.page.wait_for_selector("#vessel-counts:not(:empty)")
        self.page.wait_for_selector("[data-alert]")
        self.page.wait_for_selector(".conditions", state="attached")
        self.settle()

    def settle(self) -> None:
        """Wait until the map has drawn all it has."""
        self.page.wait_for_selector("#map[data-drawn=all]")


def watched(page: Page, address: str) -> Iterator[Sight]:
    """The page; at its end it must have complained of nothing and asked no other host."""
    seen = Sight(page, address)
    page.on("console", lambda m: seen.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "request",
        lambda r: (
            seen.abroad.append(r.url) if not r.url.startswith((address, "blob:", "data:")) else None
        ),
    )
    page.on("websocket", lambda s: seen.abroad.append(s.url) if address[4:] not in s.url else None)
    yield seen
    page.close()
    assert seen.complaints == []
    assert seen.abroad == []


def to_the_map(sight: Sight, language: str) -> None:
    """From the door to the map, in a language."""
    sight.sign_in(f"?still&lang={language}")


@contextlib.contextmanager
def opened_once(
    browser: Browser,
    address: str,
    enter: Callable[[Sight, str], None] = to_the_map,
    *,
    sharp: bool = False,
) -> Iterator[Callable[[str], Sight]]:
    """Pages on the wall that tests share, one a language: opening one is most of a test's time.

    Each is handed out with nothing chosen, at the size of the wall; `sharp` as in `on_the_wall`.
    """
    width, height = SIZES["wall"]
    pages: dict[str, Sight] = {}
    with contextlib.ExitStack() as stack:

        def page(language: str) -> Sight:
            if language not in pages:
                made = on_the_wall(browser, sharp=sharp)
                pages[language] = stack.enter_context(
                    contextlib.contextmanager(watched)(made, address)
                )
                enter(pages[language], language)
            found = pages[language].page
            found.set_viewport_size({"width": width, "height": height})
            found.keyboard.press("Escape")
            return pages[language]

        yield page

"""The screen on a real port over a real store with a made-up night in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from screen_scene import PASSWORD, Clock, in_thread, seed, xiangshan

from core.settings import ScreenSettings
from dashboard.app import create_app
from store.engine import Store

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000.0  # as Playwright's own for clicks; its 5 s are too few on a busy machine
UNPACKED = Path(__file__).parents[2] / "var" / "apt" / "bin" / "chromium"


@pytest.fixture(scope="module")
def module_clock() -> Clock:
    return Clock()


@pytest.fixture
def clock(module_clock: Clock) -> Clock:
    """The screen's clock, moved on so far that wrong passwords of other tests are forgotten."""
    module_clock.now_s += 1000
    return module_clock


@pytest.fixture(scope="module")
def scene(store: Store) -> Store:
    """The store with its night."""
    seed(store, xiangshan())
    return store


@pytest.fixture(scope="module")
def address(scene: Store, module_clock: Clock) -> Iterator[str]:
    """Where the screen listens."""
    site = xiangshan()
    app = create_app(
        scene,
        ScreenSettings(),
        password=PASSWORD,
        secret=bytes(range(32)),
        site_of=lambda name: site if name == site.name else None,
        clock=module_clock,
    )
    where, server, thread = in_thread(app)
    yield where
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def visitor(address: str, clock: Clock) -> Iterator[httpx.Client]:
    """Somebody at the door."""
    with httpx.Client(base_url=address) as client:
        yield client


@pytest.fixture
def officer(address: str, clock: Clock) -> Iterator[httpx.Client]:
    """Somebody who knows the password."""
    with httpx.Client(base_url=address, auth=("watch", PASSWORD)) as client:
        yield client


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as it is installed, unpacked or named in PIERWATCH_CHROMIUM."""
    found = os.environ.get("PIERWATCH_CHROMIUM") or shutil.which("chromium")
    if not found and UNPACKED.exists():
        found = str(UNPACKED)
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have Chromium")
        pytest.skip("needs Chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield made
        made.close()

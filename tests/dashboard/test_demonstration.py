"""The demonstration itself on the screen: recording → engine → PostGIS → map → why.

Nothing here is made up for the picture: it is what `make demo` shows at half past one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from commands import SELDOM
from PIL import Image
from playwright.sync_api import Browser
from screen_scene import PASSWORD, Clock, in_thread
from screen_sight import Sight, watched

from core.settings import ScreenSettings
from dashboard.app import create_app
from pipeline.database import open_run
from pipeline.demo import demo_folder
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.runner import write_site
from pipeline.sites import make_place
from store.engine import Store

pytestmark = [pytest.mark.postgis, pytest.mark.browser]

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
PICTURES = os.environ.get("PIERWATCH_SCREENSHOTS") == "1"
SOAK = os.environ.get("PIERWATCH_TEST_SOAK") == "1"
HALF_PAST_ONE = datetime(2026, 3, 9, 17, 30, tzinfo=UTC)  # on the coast


@pytest.fixture(scope="module")
def night(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the screen listens over the demonstration's night, replayed until half past one."""
    settings = SELDOM.model_copy(update={"site": ROOT / "sites" / "xiangshan"})
    recording = read_recording(demo_folder(settings, tmp_path_factory.mktemp("demo")))
    run_id = open_run(store, recording, "demonstration")
    write_site(store, run_id, make_place(recording.site, settings, exercise=True))
    replay(recording, settings, sink=store, run_id=run_id, until=HALF_PAST_ONE)
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(range(32)),
        site_of=lambda _name: recording.site, clock=Clock(),
    )  # fmt: skip
    where, server, thread = in_thread(app)
    yield where
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def sight(browser: Browser, night: str) -> Iterator[Sight]:
    """A page on the wall."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    yield from watched(page, night)


@pytest.mark.parametrize("language", ["zh", "en"] if PICTURES or SOAK else ["zh"])
def test_the_demonstrations_night_is_on_the_map_and_its_alert_says_why(
    sight: Sight, language: str
) -> None:
    """The picture is saved for the README where PIERWATCH_SCREENSHOTS=1."""
    sight.sign_in(f"?still&lang={language}")
    page = sight.page
    counted = page.locator("#vessel-counts").inner_text()
    vessels = int("".join(c for c in counted.split("·")[0].split("•")[0] if c.isdigit()))
    assert vessels >= 100
    page.locator("[data-alert]").first.click()
    page.wait_for_selector(".why")
    sight.settle()
    told = page.locator("#why").inner_text()
    assert "−7.29" in told
    assert {"zh": "模拟", "en": "Simulated"}[language].lower() in told.lower()
    assert {"zh": "静默", "en": "silence"}[language] in told
    picture = page.screenshot()
    assert Image.open(io.BytesIO(picture)).size == (1920, 1080)
    if PICTURES:
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / f"screen-{language}.png").write_bytes(picture)

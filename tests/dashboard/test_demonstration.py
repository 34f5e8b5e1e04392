"""The demonstration itself: recording → engine → PostGIS → map → why, as `make demo` shows it.

Nothing here is made up for the picture. Of the story's three nights the second and the third are
replayed, until half past one of the third: the first only makes the gang's habit plainer.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser
from screen_scene import PASSWORD, Clock, in_thread
from screen_sight import Sight, watched

from core.settings import ScreenSettings, Settings
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
HISTORY_ENDS = datetime(2026, 3, 9, 4, tzinfo=UTC)  # noon on the coast
HALF_PAST_ONE = datetime(2026, 3, 10, 17, 30, tzinfo=UTC)
Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What the engine said of the third night, what is true of it, and where the screen is."""

    alerts: list[Json]
    truth: Json
    address: str

    @property
    def landing(self) -> Json:
        """The third."""
        row: Json = self.truth["landings"][-1]
        return row

    def nuisance(self, kind: str) -> Json:
        """The last of a kind."""
        return [row for row in self.truth["nuisance"] if row["kind"] == kind][-1]

    def said(self, kind: str, pier: str | None = None) -> list[Json]:
        """All revisions of the alerts of a kind (at a pier)."""
        return [a for a in self.alerts if a["kind"] == kind and pier in (None, a["pier_id"])]


@pytest.fixture(scope="module")
def told(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The demonstration's night, replayed until half past one."""
    root = tmp_path_factory.mktemp("demo")
    settings = Settings(site=ROOT / "sites" / "xiangshan")  # as shipped, vessels too
    folder, state, out = demo_folder(settings, root / "made"), root / "state", root / "out"
    for path in folder.glob("feeds/*/*-20260306.*"):
        path.unlink()
    recording = read_recording(folder)
    replay(recording, settings, until=HISTORY_ENDS, state_dir=state)
    run_id = open_run(store, recording, "demonstration")
    write_site(store, run_id, make_place(recording.site, settings, exercise=True))
    replay(
        recording, settings, out=out, sink=store, run_id=run_id, until=HALF_PAST_ONE,
        state_dir=state,
    )  # fmt: skip
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(range(32)),
        site_of=lambda _name: recording.site, clock=Clock(),
    )  # fmt: skip
    lines = (out / "alerts.jsonl").read_text("utf-8").splitlines()
    where, server, thread = in_thread(app)
    truth = json.loads((folder / "truth.json").read_bytes())
    yield Told([json.loads(line) for line in lines], truth, where)
    server.should_exit = True
    thread.join(10)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_boat_that_went_dark_is_said_while_it_is_on_its_way(told: Told) -> None:
    (carrier,) = told.landing["vessels"]
    mine = [a for a in told.said("dark_vessel") if carrier in a["targets"]]
    assert at(mine[0]["issued_at"]) < at(told.landing["berth_from"]) - timedelta(minutes=30)
    assert any(target.startswith("radar:") for target in mine[0]["targets"])


def test_the_pier_beside_lights_up_before_the_boat_is_alongside_and_its_chain_is_whole(
    told: Told,
) -> None:
    said = told.said("night_landing", told.landing["pier_id"])
    verify = [a for a in said if a["level"] == "verify" and a["status"] != "cancel"]
    assert at(verify[0]["issued_at"]) < at(told.landing["berth_from"])
    last = said[-1]
    assert last["posterior"] > 0.95
    assert told.landing["vessels"][0] in last["targets"]
    kinds = {node["kind"] for node in last["explanation"]["chain"]["nodes"]}
    assert {"landing", "pier", "vessel", "track", "camera", "vehicle"} <= kinds
    assert {a["exercise"] for a in told.alerts} == {True}


def test_the_twins_watch_is_taken_back_once_it_has_named_itself(told: Told) -> None:
    row = told.nuisance("engine_trouble")
    opened, *_, closed = told.said("night_landing", row["pier_id"])
    assert (opened["status"], opened["level"]) == ("new", "watch")
    assert {"radar_only"} <= {entry["code"] for entry in opened["evidence"]}
    assert closed["status"] == "cancel"
    assert closed["withdrawn"]["code"] == "unlikely"
    assert closed["withdrawn"]["posterior"] < 0.2
    assert at(closed["issued_at"]) - at(row["from"]) < timedelta(minutes=35)


def test_the_scout_is_said_when_the_boat_that_it_led_lies_at_another_pier(told: Told) -> None:
    said = told.said("scout")
    assert set(said[0]["targets"]) == {told.landing["scout"], *told.landing["vessels"]}
    assert said[0]["pier_id"] == told.landing["pier_id"]
    assert told.nuisance("scout")["pier_id"] != told.landing["pier_id"]


@pytest.fixture
def sight(browser: Browser, told: Told) -> Iterator[Sight]:
    """A page on the wall."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    yield from watched(page, told.address)


@pytest.mark.parametrize("language", ["zh", "en"] if PICTURES or SOAK else ["zh"])
def test_the_demonstrations_night_is_on_the_map_and_its_alert_says_why(
    sight: Sight, language: str
) -> None:
    """The picture is saved for the README where PIERWATCH_SCREENSHOTS=1."""
    sight.sign_in(f"?still&lang={language}")
    page = sight.page
    counted = page.locator("#vessel-counts").inner_text()
    vessels = int("".join(c for c in counted.split("·")[0].split("•")[0] if c.isdigit()))
    assert vessels >= 60
    assert page.locator("[data-alert] .cancelled").count() >= 1
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

"""The page of the night's report: what stood out, what of it was alerted, promised and realised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, expect
from screen_scene import PASSWORD, in_thread, seed, xiangshan
from screen_sight import STICKING_OUT, Sight, on_the_wall, watched

from core.settings import ScreenSettings
from dashboard.app import create_app
from dashboard.catalogue import LANGUAGES, words
from dashboard.night_report_page import MOST, night_report_page
from dashboard.reading import Run
from store.engine import Store

RUN = Run(
    1, "live", "cove", False, {"zh": "湾", "en": "Cove"}, ZoneInfo("Asia/Shanghai"),
    datetime(2026, 3, 11, 4, 30, tzinfo=UTC),
)  # fmt: skip


def told(n: int = 40) -> dict[str, Any]:
    """A night as `engine.night_reports.document` tells it: two stand out, one of them alerted."""
    rows = [
        {
            "pier_id": f"P{i:03}", "pier_class": ("idle", "low", "active")[i % 3],
            "regime": "calm" if i % 2 else "storm_shelter", "p": round((i + 1) / (n + 1), 6),
            "found": i < 2, "alerts": [],
        }
        for i in range(n)
    ]  # fmt: skip
    rows[0]["alerts"] = [{"alert_id": "a000", "level": "verify"}]
    rows[n - 1]["alerts"] = [{"alert_id": "a001", "level": None}]
    beyond = {"pier_id": "P900", "pier_class": None, "regime": None, "p": None, "found": False}
    rows.append({**beyond, "alerts": [{"alert_id": "a002", "level": "watch"}]})
    return {
        "evening": "2026-03-10", "q": 0.2, "alpha": 0.005, "piers": 210, "judged": n,
        "not_judged": 1, "found": 2, "found_alerted": 1,
        "alerts": {"standing": 2, "taken_back": 1},
        "so_far": {
            "promised": 0.005, "realised": 0.005, "count": 5, "of": 1000, "low": 0.00163,
            "high": 0.01163, "nights": 21,
        },
        "not_covered": [], "pier_nights": rows,
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_what_stood_out_unalerted_and_the_promise_beside_what_came(
    language: str,
) -> None:
    said, text = words(language), str(night_report_page(words(language), RUN, {}, told(), {}))
    assert said("night_report.lead") in text
    assert said("night_report.found", q="20%", n=2, alerted=1, missed=1) in text
    assert said(
        "night_report.realised", realised="0.5%", count=5, of=1000, nights=21, low="0.16%",
        high="1.2%",
    ) in text  # fmt: skip
    assert text.count(f"'{said('night_report.yes')}'") == 2
    assert text.count(f"'{said('night_report.not_alerted')}'") == 1
    assert "P024" in text
    assert "P025" not in text  # beyond those that are shown
    assert MOST == 25
    for alert in ("a000", "a001", "a002"):
        assert f"alert={alert}" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_one_judged_night_the_page_knows_no_interval(language: str) -> None:
    report = told()
    report["so_far"] |= {"nights": 1, "count": 0, "of": 30, "realised": 0.0, "low": None}
    report["so_far"]["high"] = None
    said = words(language)
    assert said(
        "night_report.realised", realised="0%", count=0, of=30, nights=1, low="—", high="—"
    ) in str(night_report_page(said, RUN, {}, report, {}))  # fmt: skip


def test_a_night_in_which_nobody_was_judged_has_no_table() -> None:
    empty = {**told(), "pier_nights": []}
    assert "Table(" in str(night_report_page(words("en"), RUN, {}, told(), {}))
    assert "Table(" not in str(night_report_page(words("en"), RUN, {}, empty, {}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_night_ended_the_page_says_so(language: str) -> None:
    said = words(language)
    assert said("night_report.none") in str(night_report_page(said, RUN, {}, None, {}))


@pytest.fixture(scope="module")
def report_address(store: Store) -> Iterator[str]:
    """Where a screen listens whose run has a report on its last night."""
    site = xiangshan()
    run_id = seed(store, site, vessels=30)
    piers = sorted(site.piers.table["pier_id"].to_list())
    report = told()
    for row, pier_id in zip(report["pier_nights"], piers, strict=False):
        row["pier_id"] = pier_id
    standing = {"alert_id": "a000000000000000", "level": "verify"}
    report["pier_nights"][0]["alerts"] = [standing]
    store.write_night_reports(run_id, [report])
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(32),
        site_of=lambda name: site if name == site.name else None,
    )  # fmt: skip
    where, server, thread = in_thread(app)
    yield where
    server.should_exit = True
    thread.join(10)


@pytest.mark.postgis
@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_screen_to_the_report_and_from_it_to_an_alert(
    browser: Browser, report_address: str, language: str
) -> None:
    for sight in watched(on_the_wall(browser, sharp=True), report_address):
        through(sight, language)


def through(sight: Sight, language: str) -> None:
    page = sight.page
    sight.sign_in(f"?still&lang={language}")
    assert page.evaluate(STICKING_OUT, ".panel header *") == []
    page.locator(".panel-link[href*='page=night-report']").click()
    expect(page.locator(".outlook h2")).to_contain_text("2026-03-10")
    assert page.evaluate(STICKING_OUT, ".top *, .outlook *") == []
    expect(page.locator("tr.found")).to_have_count(2)
    page.locator("tr.found .tag").click()
    expect(page.locator(".why")).to_be_visible()


@pytest.mark.postgis
def test_the_report_is_told_over_the_interface_by_its_evening(report_address: str) -> None:
    with httpx.Client(base_url=report_address, auth=("watch", PASSWORD)) as officer:
        newest = officer.get("/api/night-report").json()
        assert newest["found"] == 2
        asked = officer.get("/api/night-report", params={"evening": "2026-03-10"}).json()
        assert asked == newest
        assert officer.get("/api/night-report", params={"evening": "2026-03-09"}).json() == {}
        assert officer.get("/api/night-report", params={"evening": "x"}).status_code == 400
    assert httpx.get(f"{report_address}/api/night-report").status_code == 401

"""One symbol a vessel, and what stands before what is over: in a real browser over a real store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, expect
from screen_scene import BERTHED, PASSWORD, TICK, Clock, alerts, in_thread, stamp
from screen_sight import Sight, on_the_wall, opened_once, watched

from core.schema import IDENTITY, OBSERVATION
from core.settings import ScreenSettings
from dashboard.alert_list import alert_list, counts, place_of
from dashboard.app import create_app
from dashboard.catalogue import words
from dashboard.reading import Run, standing, stands
from store.engine import Store
from store.vessel_tables import BOND

pytestmark = [pytest.mark.postgis, pytest.mark.browser]
LOUD, DARK, OVER = "mmsi:412000001", "mmsi:412000002", "a500000000000000"
ECHO = "radar:R1:19"
#: target: seconds before the tick, longitude, latitude. The dark boat's echo is in the middle.
SEEN = {
    LOUD: (4, 121.80, 29.00), "beidou:60001": (50, 121.801, 29.0), "radar:R1:17": (3, 121.80, 29.0),
    DARK: (2400, 121.82, 29.05), "radar:R1:18": (3, 121.90, 29.10), "radar:R2:4": (5, 121.9, 29.1),
    "mmsi:412000003": (9000, 122.0, 29.2),
    ECHO: (20, 121.95, 29.02),
    "radar:R1:5": (200, 121.99, 29.01), "radar:R1:6": (4000, 121.98, 29.02),
}  # fmt: skip
BONDS = {
    "a": (LOUD, "beidou:60001", "radar:R1:17"),
    "b": (DARK, "radar:R1:18", "radar:R2:4"),
    "c": (ECHO,),
}


def night(store: Store) -> None:
    """A few vessels as several sensors have them, and an alert that is over."""
    run_id = store.open_run(
        "replay", "one", "sea", True, "one symbol", "一片海", "A sea", "Asia/Shanghai"
    )
    store.set_tick(run_id, TICK)
    rows = [
        {
            "key": target.encode().ljust(16)[:16], "source": "S1", "target": target,
            "sensor": target.partition(":")[0].replace("mmsi", "ais"),
            "observed_at": TICK - timedelta(seconds=s), "received_at": TICK - timedelta(seconds=s),
            "lon": lon, "lat": lat, "speed_kn": 6.0, "course_deg": 45.0, "detail": "{}",
        }
        for target, (s, lon, lat) in SEEN.items()
    ]  # fmt: skip
    store.write_observations(run_id, pl.DataFrame(rows, schema=OBSERVATION))
    fix = {
        "vessel": "b", "clock_s": int(TICK.timestamp()), "lon": 121.9, "lat": 29.1, "sigma_m": 73.2,
        "speed_kn": 6.0, "course_deg": 45.0, "age_s": 3, "heard": 4, "members": 5, "target": DARK,
        "coasting": False, "rival": None, "rival_probability": None,
    }  # fmt: skip
    other = {"vessel": "c", "target": ECHO, "rival": LOUD, "rival_probability": 0.4,
             "lon": SEEN[ECHO][1], "lat": SEEN[ECHO][2]}  # fmt: skip
    store.write_latest_fixes(run_id, pl.DataFrame([fix, {**fix, **other}]))
    named = {"key": b"k" * 16, "target": DARK, "name": "浙象渔00002", "received_at": BERTHED}
    store.write_identities(run_id, pl.DataFrame([named], schema=IDENTITY))
    bonds = [
        (target, vessel, targets[0], BERTHED)
        for vessel, targets in BONDS.items()
        for target in targets
    ]
    store.write_bonds(run_id, pl.DataFrame(bonds, schema=BOND, orient="row"))
    store.write_alerts(run_id, [*alerts([(121.7, 28.9, None)] * 5), ended()])


def ended() -> dict[str, object]:
    """Likelier and worse than all that stands, and over."""
    (base,) = (alert for alert in alerts([(121.7, 28.9, None)] * 5) if alert["posterior"] > 0.9)
    went = {
        "block": "identity", "code": "dark_vessel", "nats": 3.0, "sources": ["radar:R1"],
        "params": {"form": "went_dark", "silent_min": 40, "to": stamp(TICK)},
    }  # fmt: skip
    about = {"alert_id": OVER, "revision": 1, "status": "new", "kind": "dark_vessel"}
    return {**base, **about, "posterior": 0.99, "targets": [DARK], "evidence": [went]}


@pytest.fixture(scope="module")
def address(store: Store) -> Iterator[str]:
    """Where the screen listens."""
    night(store)
    app = create_app(
        store, ScreenSettings(), password=PASSWORD, secret=bytes(range(32)),
        site_of=lambda _name: None, clock=Clock(),
    )  # fmt: skip
    where, server, thread = in_thread(app)
    yield where
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def wall(browser: Browser, address: str) -> Iterator[Callable[[str], Sight]]:
    """The page on the wall, which the tests share, in a language."""
    with opened_once(browser, address) as page:
        yield page


@pytest.fixture
def sight(browser: Browser, address: str) -> Iterator[Sight]:
    """A page of the test's own."""
    yield from watched(on_the_wall(browser), address)


def click_the_middle(page: Page) -> None:
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_head_of_the_map_counts_vessels_and_not_what_every_sensor_calls_them(
    wall: Callable[[str], Sight], language: str
):
    sight, said = wall(language), words(language)
    expected = [
        f"{said('vessels.title')} {said('vessels.n', n=3)}",
        said("vessels.silent", n=1),
        said("vessels.dark", n=1),
        said("vessels.radar", n=1),
    ]
    expect(sight.page.locator("#vessel-counts")).to_have_text(" · ".join(expected))
    expect(sight.page.locator(".legend")).to_contain_text(said("legend.dark"))


def test_a_boat_that_went_dark_stands_by_its_name_where_radar_sees_it(wall: Callable[[str], Sight]):
    sight = wall("en")
    click_the_middle(sight.page)
    popup = sight.page.locator(".maplibregl-popup")
    expect(popup).to_contain_text("浙象渔00002")
    expect(popup).to_contain_text(words("en")("sensor.dark"))
    expect(popup).to_contain_text("3 s ago")
    expect(popup).to_contain_text(words("en")("vessels.sigma_m", n=73))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_echo_that_may_be_anothers_is_said_to_be_ambiguous(sight: Sight, language: str):
    sight.sign_in(f"?still&lang={language}&vessel={ECHO}")
    said, popup = words(language), sight.page.locator(".maplibregl-popup")
    expect(popup).to_contain_text(said("vessels.ambiguous"))
    expect(popup).to_contain_text(said("vessels.rival", target=LOUD.partition(":")[2], n=40))


def test_a_vessel_opens_from_its_address(sight: Sight):
    sight.sign_in(f"?still&lang=en&vessel={LOUD}")
    expect(sight.page.locator(".maplibregl-popup")).to_contain_text(LOUD.partition(":")[2])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_over_stands_below_and_is_not_counted(wall: Callable[[str], Sight], language: str):
    page, said = wall(language).page, words(language)
    order = [card.get_attribute("data-alert") for card in page.locator("[data-alert]").all()]
    assert order[-2:] == [OVER, "a300000000000000"]
    assert len(order) == 5
    expect(page.locator("#alert-counts")).to_have_text(
        said("alerts.standing", verify=1, watch=2)
    )  # fmt: skip
    expect(page.locator(".cards-line")).to_have_text(said("alerts.over", n=2))
    card = page.locator(f"[data-alert={OVER}]")
    expect(card).to_have_class(re.compile(r"\bover\b"))
    expect(card.locator(".tag").first).to_have_text(said("status.ended"))
    card.click()
    expect(page.locator("#why")).to_contain_text(said("kind.dark_vessel"))


def test_a_landing_stands_though_something_of_it_has_ended():
    told = ended()
    assert not stands(told)
    assert stands({**told, "kind": "night_landing"})
    assert not stands({**told, "kind": "night_landing", "status": "cancel"})
    going_on = {**told, "evidence": [{"code": "dark_vessel", "params": {"to": None}}]}
    assert stands(going_on)
    assert standing([told, going_on]) == [going_on, told]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_where_all_is_over_the_list_says_first_that_nothing_stands(language: str):
    said = words(language)
    run = Run(1, "replay", "sea", True, {}, ZoneInfo("Asia/Shanghai"), TICK)
    over = {
        "alert_id": "a1", "revision": 2, "status": "cancel", "kind": "dark_vessel",
        "level": "watch", "issued_at": "2026-03-01T17:22:10Z", "posterior": 0.01, "evidence": [],
        "severity": 0.1, "pier_id": None, "lon": 121.9, "lat": 29.1, "targets": ["radar:R1:17"],
    }  # fmt: skip
    first, line, card = alert_list(said, run, [over], {}).children
    assert said("alerts.empty") in str(first)
    assert said("alerts.over", n=1) in str(line)
    assert "a1" in str(card)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_leads_of_earlier_nights_stand_below_those_of_tonight(language: str):
    said = words(language)
    run = Run(1, "live", "sea", False, {}, ZoneInfo("Asia/Shanghai"), TICK)

    def lead(name: str, berth_from: str, level: str) -> dict[str, object]:
        return {
            "alert_id": name, "revision": 1, "status": "new", "kind": "night_landing",
            "level": level, "issued_at": berth_from, "berth_from": berth_from, "posterior": 0.9,
            "severity": 0.5, "pier_id": "P1", "evidence": [], "targets": [],
        }  # fmt: skip

    night = f"{TICK:%Y-%m-%d}"
    leads = [
        lead("older", "2026-02-26T17:00:00Z", "verify"),
        lead("old", "2026-02-27T17:00:00Z", "watch"),
        lead("now", f"{night}T15:00:00Z", "watch"),
    ]
    shown = [str(part) for part in alert_list(said, run, leads, {}).children]
    assert ["now" in shown[0], "old" in shown[2], "older" in shown[3]] == [True] * 3
    assert said("alerts.earlier", n=2) in shown[1]
    assert counts(said, run, leads) == said("alerts.standing", verify=0, watch=1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_second_landing_at_a_pier_tonight_is_a_line_under_the_first(language: str):
    said = words(language)
    run = Run(1, "live", "sea", False, {}, ZoneInfo("Asia/Shanghai"), TICK)

    def lead(name: str, pier_id: str, posterior: float) -> dict[str, object]:
        return {
            "alert_id": name, "revision": 1, "status": "new", "kind": "night_landing",
            "level": "watch", "issued_at": f"{TICK:%Y-%m-%dT%H:%M:%SZ}", "posterior": posterior,
            "berth_from": f"{TICK:%Y-%m-%dT%H:%M:%SZ}", "severity": 0.5, "pier_id": pier_id,
            "evidence": [], "targets": [],
        }  # fmt: skip

    leads = [lead("strong", "P1", 0.9), lead("between", "P2", 0.6), lead("second", "P1", 0.3)]
    shown = alert_list(said, run, leads, {}).children
    assert [part.className.split()[1] for part in shown] == ["watch", "also", "watch"]
    assert ["strong" in str(shown[0]), "second" in str(shown[1]), "between" in str(shown[2])] == [
        True
    ] * 3
    assert said("alerts.same_pier") in str(shown[1])
    assert counts(said, run, leads) == said("alerts.standing", verify=0, watch=3)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_dark_vessel_is_not_at_the_pier_that_it_heads_for(language: str):
    said, names = words(language), {"P1": "North pier"}
    dark = {"kind": "dark_vessel", "pier_id": "P1", "lon": 121.9, "lat": 29.1}
    assert place_of(said, dark, names) == said("alerts.toward", place="North pier") != "North pier"
    assert place_of(said, {**dark, "kind": "night_landing"}, names) == "North pier"

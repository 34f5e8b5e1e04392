"""The report of the feeds says what is so, doubts itself when its clock stands, names nobody."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from feed_scene import PLATE, SECRET
from hypothesis import given, settings
from hypothesis import strategies as st

from core.schema import FEED_HEALTH
from dashboard.catalogue import LANGUAGES, words
from dashboard.feed_report import MOST_SOURCES, STATES, Told, report
from dashboard.feed_table import SIGNS, feed_table, suspect
from dashboard.samples import SHOWN_CHARACTERS, shown

AT = datetime(2026, 3, 1, 17, 10, tzinfo=UTC)


def health(*rows: dict[str, object]) -> pl.DataFrame:
    base = dict.fromkeys(FEED_HEALTH.names()) | {
        "feed": "ais-1", "source": "S1", "sensor": "ais", "state": "heard", "first_at": AT,
        "last_at": AT - timedelta(seconds=12), "frames": 90, "per_min": 4.5, "lag_s": 1.25,
        "waiting": 0, "suspects": "",
    }  # fmt: skip
    return pl.DataFrame([{**base, **row} for row in rows], schema=FEED_HEALTH)


def live(**changes: object) -> dict[str, object]:
    row = {
        "feed": "ais-1", "sensor": "ais", "url": "udp://0.0.0.0:10110", "state": "listening",
        "detail": "", "waiting": 0, "lost": 0, "peers": 1, "refused": {}, "samples": {},
        "stored_after_s": 0.2, "updated_at": AT,
    }  # fmt: skip
    return {**row, **changes}


def only(told: Told) -> dict[str, object]:
    (feed,) = report(told, AT, None)["feeds"]
    return feed


def test_a_feed_is_the_sum_of_its_sources():
    feed = only(
        Told(health({}, {"source": "S2", "last_at": AT - timedelta(hours=1), "lag_s": 3.0}))
    )
    assert (feed["age_s"], feed["frames"], feed["per_min"], feed["lag_s"]) == (12.0, 180, 9.0, 3.0)
    assert (feed["state"], feed["n_sources"], feed["live"]) == ("heard", 2, None)
    assert feed["last_at"] == "2026-03-01T17:09:48Z"


@pytest.mark.parametrize(
    ("states", "said", "wanted"),
    [
        (["heard", "heard"], None, "heard"),
        (["heard", "silent"], None, "partly"),
        (["silent", "silent"], "listening", "silent"),
        (["heard", "quarantine"], None, "quarantine"),
        (["heard"], "waiting", "down"),
        (["heard"], "connecting", "down"),
        ([], "listening", "waiting"),
    ],
)
def test_the_worst_that_is_known_of_a_feed_is_its_state(states, said, wanted):
    rows = [{"source": f"S{i}", "state": state} for i, state in enumerate(states)]
    told = Told(health(*rows) if rows else health().clear(), [live(state=said)] if said else [])
    assert only(told)["state"] == wanted


def test_a_feed_of_which_half_cannot_be_read_is_in_doubt():
    refused = {"feed": "", "source": "S1", "reason": "unknown_radar", "samples": []}
    assert only(Told(health({}), refusals=[{**refused, "n": 44}]))["state"] == "heard"
    assert only(Told(health({}), refusals=[{**refused, "n": 45}]))["state"] == "quarantine"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_says_which_department_answers_for_a_feed(language: str):
    told = report(Told(health({}), [live(owner="海事局")]), AT, None)
    assert told["feeds"][0]["live"]["owner"] == "海事局"
    assert "海事局" in str(feed_table(words(language), told, ()))


def test_where_the_engines_clock_stands_nothing_is_known():
    told = Told(health({}))
    fresh = report(told, AT, AT.timestamp() + 5)
    old = report(told, AT, AT.timestamp() + 95)
    never = report(told, None, AT.timestamp())
    replayed = report(told, AT, None)
    assert [r["stale"] for r in (fresh, old, never, replayed)] == [False, True, True, False]
    assert [r["feeds"][0]["state"] for r in (fresh, old, never)] == ["heard", "unknown", "unknown"]
    assert (old["tick_age_s"], never["tick_age_s"]) == (95.0, None)


def test_a_refusal_finds_its_feed_by_name_by_source_or_stands_alone():
    refusals = [
        {"feed": "", "source": "S1", "reason": "no_time", "n": 2, "samples": ["!AIVDM"]},
        {"feed": "ais-1", "source": "", "reason": "no_time", "n": 3, "samples": []},
        {"feed": "", "source": "ais-1", "reason": "too_long", "n": 1, "samples": []},
        {"feed": "", "source": "stranger", "reason": "bad_json", "n": 4, "samples": ["{"]},
    ]
    feeds = report(Told(health({}), [live(refused={"bad_line": 7})], refusals), AT, None)["feeds"]
    found = {feed["feed"]: {r["reason"]: r["n"] for r in feed["refused"]} for feed in feeds}
    assert found == {
        "ais-1": {"bad_line": 7, "no_time": 5, "too_long": 1}, "stranger": {"bad_json": 4},
    }  # fmt: skip
    first = next(feed for feed in feeds if feed["feed"] == "ais-1")
    assert first["sources"][0]["refused"] == [{"reason": "no_time", "n": 2, "sample": "!AIVDM"}]


def test_of_thousands_of_sources_those_in_trouble_are_kept():
    rows = [{"source": f"{i:05d}", "feed": "trucks", "sensor": "vehicles"} for i in range(5000)]
    rows[4321] |= {"suspects": "gcj02"}
    rows[4999] |= {"state": "silent"}
    feed = only(Told(health(*rows)))
    assert (feed["n_sources"], len(feed["sources"])) == (5000, MOST_SOURCES)
    assert feed["left_out"] == 5000 - MOST_SOURCES
    assert {"04321", "04999"} <= {source["source"] for source in feed["sources"]}
    assert feed["suspects"] == ["gcj02"]


def test_doubts_stand_beside_the_source_of_their_sensor():
    doubts = [
        {"sensor": "vehicle", "source": "1", "reason": "jump", "n": 3, "samples": []},
        {"sensor": "ais", "source": "1", "reason": "on_land", "n": 9, "samples": []},
    ]
    row = {"feed": "trucks", "sensor": "vehicles", "source": "1"}
    feed = only(Told(health(row), doubts=doubts))
    assert feed["sources"][0]["doubted"] == [{"reason": "jump", "n": 3}]


@pytest.mark.parametrize(
    ("sample", "hidden"),
    [
        (f'{{"PlateNo":"{PLATE}"}}', PLATE),
        ('{"plate":"浙b7q2k5"}', "7q2k5"),
        ('{"plate":"浙Ｂ７Ｑ２Ｋ５"}', "7Q2K"),
        (f"$BDTXR,1,0242407,2,1722,{SECRET}*00", SECRET),
        (f"!tag$BDTCI,0242407,0242408,1,{SECRET}*00", SECRET),
        (f'{{"text": "{SECRET}"}}', SECRET),
        ("7e0100" + "d5e3423132333435" * 12, "d5e3423132333435" * 4),
        ('{"image":"' + "QUJD" * 40 + '"}', "QUJD" * 25),
    ],
)
def test_a_sample_shows_no_plate_no_picture_and_no_message(sample: str, hidden: str):
    assert hidden in unicodedata.normalize("NFKC", sample)
    assert hidden.casefold() not in shown(sample).casefold()


@settings(deadline=None)
@given(st.text(max_size=400))
def test_a_sample_is_short_and_printable_whatever_came(text: str):
    told = shown(text)
    assert told.isprintable()
    assert len(told) <= SHOWN_CHARACTERS + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_suspicion_has_a_sign_and_words(language: str):
    said = words(language)
    assert set(SIGNS) == set(STATES) == set(said.group("feed_state"))
    assert len(set(SIGNS.values())) == len(SIGNS)
    for code in ("clock_8h", "clock_minus_8h", "clock", "gcj02"):
        assert suspect(said, code) != code
    assert "8" in suspect(said, "clock_minus_8h")
    assert suspect(said, "moonlight") == "moonlight"


@pytest.mark.parametrize("language", LANGUAGES)
def test_by_how_much_a_radar_measures_wrong_stands_beside_it(language: str):
    bias = {"range_m": 58.2, "range_sigma_m": 0.6, "bearing_deg": -0.61, "bearing_sigma_deg": 0.01,
            "clock_offset_s": 0.9, "clock_sigma_s": 0.1}  # fmt: skip
    rows = health({"sensor": "radar", "source": "R1", **bias}, {"sensor": "radar", "source": "R2"})
    made = report(Told(rows), AT, None)
    one, other = made["feeds"][0]["sources"]
    assert (one["bias"], other["bias"]) == (bias, None)
    text = str(feed_table(words(language), made, ["ais-1"]))
    signed = {"range_m": "+58.2", "bearing_deg": "-0.61", "clock_offset_s": "+0.9"}
    assert text.count(words(language)("feeds.bias", **{**bias, **signed})) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_is_made_of_whatever_the_report_holds(language: str):
    row = dict.fromkeys(FEED_HEALTH) | {"feed": "x", "sensor": "sonar", "source": "",
                                                  "state": "asleep", "frames": 0}  # fmt: skip
    strange = Told(pl.DataFrame([row], schema=FEED_HEALTH), [live(feed="y", state="", peers=None)])
    made = report(strange, None, None)
    text = str(feed_table(words(language), made, ["x", "y"]))
    assert "sonar" in text
    assert "asleep" in text
    assert words(language)("health.empty") in str(feed_table(words(language), None, []))

"""From a boat's night to what is said of it: alerts that add up, and silence where none is due."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from a_landing import END_S, NIGHT_S, SHIP, coast, landing
from engine_runs import run
from engine_scenes import place
from made_tracks import T0_S, Fix

from core.settings import AlertSettings
from core.times import utc_text
from engine.judging import Silences
from engine.place import Place

REGISTER = (
    "vessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier\n"
    "V1,Ferry,412000002,,passenger,30,2.0,P2\n"
    "V2,Patrol,412000003,,law_enforcement,20,1.5,P2\n"
    "V3,Fisher,412000004,,fishing,18,1.5,P1\n"
)
DAY_S = 12 * 3600  # noon on the coast


@cache
def with_register() -> Place:
    return place(REGISTER)


def alerts_of(
    fixes: Sequence[Fix], name: str = SHIP, where: Place | None = None
) -> list[dict[str, Any]]:
    said, _, _ = run(coast({name: fixes}), [T0_S + END_S], where=where)
    return [json.loads(text) for text in said.splitlines()]


@cache
def of_a_landing() -> list[dict[str, Any]]:
    """What is said of a boat that goes dark and lies at an idle pier at night."""
    return alerts_of(landing(NIGHT_S))


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def test_a_boat_that_goes_dark_and_berths_at_an_idle_pier_at_night_is_an_alert() -> None:
    said = of_a_landing()
    assert said
    first = said[0]
    assert (first["status"], first["kind"], first["pier_id"]) == ("new", "night_landing", "P1")
    assert first["targets"] == [SHIP]
    assert first["exercise"] is True
    berth_s = T0_S + NIGHT_S + 1200 + 3000
    assert first["berth_from"] == utc_text(berth_s * 1_000_000)
    assert first["issued_at"] == utc_text((berth_s + 180) * 1_000_000), "three minutes in"
    codes = {e["code"] for e in first["evidence"]}
    assert {"dark_approach", "night_hours"} <= codes
    dark = next(e for e in first["evidence"] if e["code"] == "dark_approach")
    assert dark["params"]["silent_min"] == pytest.approx(50, abs=1)


def test_the_nats_of_every_revision_add_up_to_its_log_odds() -> None:
    said = of_a_landing()
    assert len(said) >= 3
    for alert in said:
        total = alert["prior_nats"] + sum(e["nats"] for e in alert["evidence"])
        assert log_odds(alert["posterior"]) == pytest.approx(total, abs=0.01)


def test_the_dwell_is_told_as_it_grows_and_the_end_when_it_left() -> None:
    said = of_a_landing()
    assert [a["status"] for a in said[1:]] == ["update"] * (len(said) - 1)
    assert [a["berth_to"] for a in said[:-1]] == [None] * (len(said) - 1)
    assert said[-1]["berth_to"] == utc_text((T0_S + NIGHT_S + 4200 + 79 * 60) * 1_000_000)
    assert len({a["alert_id"] for a in said}) == 1


def test_the_severity_is_made_of_its_parts() -> None:
    for alert in of_a_landing():
        parts = alert["severity_parts"]
        assert {p["criterion"] for p in parts} == {
            "vessel_size", "trucks", "goods", "recurrence", "minutes_left",
        }  # fmt: skip
        assert alert["severity"] == pytest.approx(sum(p["contribution"] for p in parts), abs=1e-3)
        assert not next(p for p in parts if p["criterion"] == "trucks")["known"]


def test_what_no_sensor_covered_is_named() -> None:
    first = of_a_landing()[0]
    assert {"beidou", "camera", "radar", "vehicles", "tide", "register"} <= set(
        first["not_covered"]
    )
    registered = alerts_of(landing(NIGHT_S), where=with_register())[0]
    assert "register" not in registered["not_covered"]


def test_by_day_there_is_none() -> None:
    assert alerts_of(landing(DAY_S)) == []


def test_at_a_busy_pier_it_is_worth_less() -> None:
    idle = of_a_landing()[0]
    busy = alerts_of(landing(NIGHT_S, east_m=1177.0))
    assert all(a["posterior"] < idle["posterior"] for a in busy)


def test_a_boat_that_was_heard_all_the_way_is_none() -> None:
    path = landing(NIGHT_S, dark_min=0)
    assert all(a["level"] != "verify" for a in alerts_of(path))


@pytest.mark.parametrize("name", ["mmsi:412000002", "mmsi:412000003"])
def test_the_ferry_and_the_patrol_boat_are_nobodys_errand(name: str) -> None:
    """A ferry that comes dark to an idle pier by night is a line of the list at most."""
    known = alerts_of(landing(NIGHT_S), name, with_register())
    strangers = alerts_of(landing(NIGHT_S), SHIP, with_register())
    assert all(alert["level"] == "watch" for alert in known)
    assert max((a["posterior"] for a in known), default=0.0) < 0.1 * strangers[-1]["posterior"]


def test_a_fisher_at_his_own_pier_is_worth_less_than_a_stranger() -> None:
    home = alerts_of(landing(NIGHT_S), "mmsi:412000004", with_register())
    away = alerts_of(landing(NIGHT_S), SHIP, with_register())
    assert max((a["posterior"] for a in home), default=0.0) < away[0]["posterior"]


def test_passing_by_at_night_is_none() -> None:
    past: list[Fix] = [(NIGHT_S + 30 * i, -3000.0 + 100.0 * i, -100.0, 6.5) for i in range(60)]
    assert alerts_of(past) == []


def test_the_silence_behind_an_alert_is_remembered_as_long_as_the_boat_lies_there() -> None:
    """Dark by night, four days in berth: what was known of its silence stays in the evidence."""
    path = landing(NIGHT_S, lie_min=80)[:-30]
    at = int(path[-1][0])
    stays: list[Fix] = [(at + 1200 * i, 10.0, -20.0, 0.0) for i in range(1, 4 * 72)]
    gone = stays[-1][0]
    goes: list[Fix] = [(gone + 30 * i, 10.0, -100.0 * i, 6.5) for i in range(1, 30)]
    frame = coast({SHIP: [*path, *stays, *goes]})
    end = T0_S + int(gone) + 7200
    low = AlertSettings(watch=0.001)  # so that a long stay stays an alert
    where = replace(place(), settings=place().settings.model_copy(update={"alerts": low}))
    whole = run(frame, [end], where=where)
    cut = run(frame, [*range(T0_S, end, 6 * 3600), end], save=True, where=where)
    assert cut[:2] == whole[:2]
    said = [json.loads(text) for text in whole[0].splitlines()]
    assert len({a["alert_id"] for a in said}) == 1, "one call, one alert"
    last = said[-1]
    assert last["berth_to"] == utc_text((T0_S + int(gone)) * 1_000_000)
    assert "dark_approach" in {e["code"] for e in last["evidence"]}


def test_an_outage_of_the_receiver_is_not_the_vessels_darkness() -> None:
    """All others fall silent too for most of the approach: little speaks against the boat."""
    dark_from, dark_to = T0_S + NIGHT_S + 1200, T0_S + NIGHT_S + 1200 + 3000
    frame = coast({SHIP: landing(NIGHT_S)})
    at_s = pl.col("observed_at").dt.epoch("us") // 1_000_000
    deaf = frame.filter(~at_s.is_between(dark_from + 60, dark_to - 1))
    said, _, _ = run(deaf, [T0_S + END_S])
    for text in said.splitlines():
        codes = {e["code"]: e["nats"] for e in json.loads(text)["evidence"]}
        assert codes.get("dark_approach", 0.0) < 0.5


def test_words_that_come_late_do_not_make_an_alert_flicker() -> None:
    """Every line 20 s late: the silence is called later, and still nothing is cancelled."""
    frame = coast({SHIP: landing(NIGHT_S)})
    late = frame.with_columns(pl.col("arrived_at") + pl.duration(seconds=20))
    said, _, _ = run(late, [T0_S + END_S])
    statuses = [json.loads(text)["status"] for text in said.splitlines()]
    assert "new" in statuses
    assert "cancel" not in statuses


def test_announced_night_work_speaks_for_the_vessel_it_was_announced_for() -> None:
    head = "pier_id,from,to,vessel_id,plate,reason,issued_by\n"
    times = "2026-03-01T15:00:00Z,2026-03-01T22:00:00Z"
    anyone = place(permits=head + f"P1,{times},,,unloading,harbour\n")
    another = place(permits=head + f"P1,{times},V9,,unloading,harbour\n")
    elsewhere = place(permits=head + f"P2,{times},,,unloading,harbour\n")
    plain = of_a_landing()[0]["posterior"]
    assert all(a["posterior"] < plain for a in alerts_of(landing(NIGHT_S), where=anyone))
    for where in (another, elsewhere):
        assert alerts_of(landing(NIGHT_S), where=where)[0]["posterior"] == plain


def test_a_second_ship_under_a_patrols_number_is_not_the_patrol() -> None:
    patrol = "mmsi:412000003"
    real: list[Fix] = [(30.0 * i, 15_000.0, 0.0, 0.0) for i in range(1000)]
    twin = sorted([*real, *landing(NIGHT_S)])
    assert alerts_of(landing(NIGHT_S), patrol, with_register()) == []
    said = alerts_of(twin, patrol, with_register())
    assert said
    assert {e["code"] for e in said[0]["evidence"]}.isdisjoint({"known_service", "registered"})


def test_a_departure_that_nobody_saw_gives_a_dwell_of_at_least() -> None:
    """Heard for 30 minutes at the pier, and again an hour later far away."""
    story = [f for f in landing(NIGHT_S, lie_min=30) if f[2] > -9001]
    away = [f for f in story if f[0] <= NIGHT_S + 1200 + 3000 + 30 * 60]
    back: list[Fix] = [(NIGHT_S + 10_000.0 + 30 * i, 20.0, -9000.0, 6.0) for i in range(20)]
    last = alerts_of([*away, *back])[-1]
    dwell = next(e for e in last["evidence"] if e["code"] == "dwell")
    assert dwell["params"]["at_least"] is True


def test_a_vessel_never_heard_again_makes_no_news_a_day_later() -> None:
    story = [f for f in landing(NIGHT_S) if f[0] <= NIGHT_S + 1200 + 3000 + 30 * 60]
    said = alerts_of(story)
    assert said
    latest = max(a["issued_at"] for a in said)
    assert latest < utc_text((T0_S + NIGHT_S + 5 * 3600) * 1_000_000)
    assert said[-1]["status"] != "cancel"


def test_the_small_hours_belong_to_the_evening_before() -> None:
    """2026-03-02 is a Monday; its small hours are Sunday's night."""
    first = of_a_landing()[0]
    hour = next(e for e in first["evidence"] if e["code"] == "night_hours")
    assert hour["params"]["day_kind"] == "weekend"


def test_a_number_that_the_register_gives_twice_excuses_nobody() -> None:
    twice = place(REGISTER + "V4,Other,412000003,,cargo,40,3.0,P2\n")
    said = alerts_of(landing(NIGHT_S), "mmsi:412000003", twice)
    assert said
    assert "known_service" not in {e["code"] for e in said[0]["evidence"]}
    assert "register" in said[0]["not_covered"]


def test_a_call_for_help_is_never_evidence_against_the_vessel() -> None:
    """The same night with and without the flag: what is said of landings stays."""
    rows = coast({SHIP: landing(NIGHT_S)})
    terminal = rows.filter(pl.col("target") == SHIP).with_columns(
        pl.lit("beidou").alias("sensor"),
        pl.lit("beidou:0242407").alias("target"),
        pl.lit('{"sentence":"BDDWR"}').alias("detail"),
    )
    asks = pl.lit('{"sentence":"BDDWR","sos":true}').alias("detail")
    mine = pl.col("target") == SHIP
    flag = pl.when(mine).then(pl.lit('{"type":18,"sos":true}')).otherwise("detail").alias("detail")
    calm = pl.concat([rows, terminal]).sort("arrived_at")
    asking = pl.concat([rows.with_columns(flag), terminal.with_columns(asks)]).sort("arrived_at")
    without, with_ = (run(frame, [T0_S + END_S]) for frame in (calm, asking))
    said = [text for text in with_[0].splitlines() if json.loads(text)["kind"] != "sos"]
    assert said
    assert said == without[0].splitlines()
    assert with_[1] == without[1]
    assert len(with_[0].splitlines()) > len(said)


def test_a_silence_that_outlasted_its_memory_ends_when_its_call_says() -> None:
    from_us = 1_772_384_400_000_000
    row = {
        "to_us": None, "covered_in_all_s": None, "covered_s": 300, "interval_s": 30, "heard": 90,
        "expected": 100, "called_s": 1_772_385_000, "moving": True,
    }  # fmt: skip
    silences = Silences({("mmsi:412000001", from_us): row})
    nats, moored = silences.nats(
        "mmsi:412000001", from_us, place(), ended_us=from_us + 3_600_000_000
    )
    assert not moored
    assert nats is None or nats >= 0

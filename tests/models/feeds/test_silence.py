"""Silences of feeds: raised within the limit at that tick, together where the cause is one."""

from __future__ import annotations

from typing import Any

import polars as pl
from feed_rows import T0_S, alive, facts, heard

from core.schema import ALIVE, FACT, HEARD, empty
from models.feeds.watch import Watch, advance

Told = list[tuple[int, list[str] | None]]


def watched(
    frames: list[pl.DataFrame],
    until: int,
    *,
    told: pl.DataFrame | None = None,
    live: pl.DataFrame | None = None,
    radars: dict[str, float] | None = None,
) -> list[tuple[int, str, dict[str, Any] | None]]:
    rows = pl.concat(frames) if frames else empty(HEARD)
    shown = empty(ALIVE) if live is None else live
    named = shown.select(
        pl.concat_str(pl.lit("camera:"), "source").alias("name"),
        pl.col("arrived_at").dt.epoch("s").alias("tick_s"),
    )
    facts_ = empty(FACT) if told is None else told
    _, said = advance(Watch(), rows, named, facts_, 0, T0_S + until, radars or {})
    return said


def short(said: list[tuple[int, str, dict[str, Any] | None]]) -> Told:
    return [(tick - T0_S, what and what["targets"]) for tick, _, what in said]


def test_a_station_that_stops_is_told_at_its_limit_and_taken_back_when_it_returns() -> None:
    other = heard(range(0, 6000, 10), "S2")
    mine = heard([*range(0, 2000, 10), *range(4000, 6000, 10)], "S1")
    said = watched([other, mine], 6000)
    assert short(said) == [(1990 + 300, ["station:S1"]), (4000, None)]
    assert said[0][2] is not None
    assert said[0][2]["params"] == {"n": 1, "feeds": [], "most": 1, "everything": False}


def test_a_power_cut_is_one_alert_and_says_that_everything_is_silent() -> None:
    live = pl.concat([alive(range(0, 2000, 60), f"C{i}") for i in range(60)])
    cameras = [heard(range(i, 2000, 60), f"C{i}", sensor="cameras") for i in range(60)]
    stations = [heard(range(0, 2000, 10), f"S{i}") for i in range(3)]
    said = watched([*cameras, *stations], 6000, live=live)
    assert len({name for _, name, _ in said}) == 1
    last = said[-1][2]
    assert last is not None
    assert last["params"]["n"] == 60 + 3 + 2
    assert last["params"]["everything"]
    assert sorted(last["params"]["feeds"]) == ["ais", "cameras"]


def test_it_is_updated_as_some_return_and_over_when_all_are_back() -> None:
    one = heard([*range(0, 2000, 10), *range(3000, 5000, 10)], "S1")
    two = heard([*range(0, 2005, 10), *range(3500, 5000, 10)], "S2")
    third = heard(range(0, 5000, 10), "S3")
    assert short(watched([one, two, third], 5000)) == [
        (2290, ["station:S1"]),
        (2300, ["station:S1", "station:S2"]),
        (3000, ["station:S2"]),
        (3500, None),
    ]


def test_failures_apart_are_alerts_apart() -> None:
    ends = {"S1": 2000, "S2": 3000}
    frames = [heard(range(0, end, 10), source) for source, end in ends.items()]
    said = watched([*frames, heard(range(0, 6000, 10), "S3")], 6000)
    assert len({name for _, name, _ in said}) == 2


def test_a_configured_feed_that_never_comes_is_told_at_its_own_limit() -> None:
    told = facts((5, "silent_after_s", "trucks", 40.0), (5, "silent_after_s", "coast", 100.0))
    said = watched([heard(range(6, 500, 10), "S1")], 500, told=told)
    assert short(said) == [(45, ["feed:trucks"])]


def test_a_feed_that_left_the_configuration_is_not_awaited_any_more() -> None:
    told = facts(
        (5, "silent_after_s", "trucks", 40.0), (5, "silent_after_s", "coast", 100.0),
        (200, "silent_after_s", "coast", 100.0),
    )  # fmt: skip
    said = watched([heard(range(6, 500, 10), "S1")], 500, told=told)
    assert short(said) == [(45, ["feed:trucks"]), (200, None)]


def test_while_the_service_itself_was_down_nobody_was_silent() -> None:
    ticks = [*range(0, 2000, 10), *range(9000, 9600, 10)]
    told = facts((9000, "down_s", "", 7005.0))
    assert watched([heard(ticks, "S1")], 9600, told=told) == []
    assert short(watched([heard(ticks, "S1")], 9600))[0][0] == 2290


def test_terminals_are_no_feeds_but_their_feed_is() -> None:
    boats = [heard(range(0, 3000, 60), f"B{i}", sensor="beidou") for i in range(5)]
    said = watched([*boats, heard(range(0, 2000, 60), "B9", sensor="beidou")], 3500)
    assert said == []
    said = watched(boats, 6000)
    assert short(said) == [(2940 + 900, ["feed:beidou"])]


def test_a_camera_without_keep_alives_may_be_quiet_for_long() -> None:
    cameras = heard([*range(0, 2000, 100)], "C1", sensor="cameras")
    others = heard(range(0, 8000, 100), "C2", sensor="cameras")
    assert watched([cameras, others], 8000) == []
    said = watched([cameras, others], 8000, live=alive(range(0, 2000, 100), "C1"))
    assert short(said) == [(1900 + 300, ["camera:C1"])]


def test_a_radar_is_silent_after_five_turns_but_not_before_a_minute() -> None:
    slow = heard(range(0, 2000, 20), "R1", sensor="radar")
    fast = heard(range(0, 5000, 3), "R2", sensor="radar")
    said = watched([slow, fast], 5000, radars={"radar:R1": 20.0, "radar:R2": 3.0})
    assert short(said) == [(1980 + 100, ["radar:R1"])]


def test_one_that_was_always_sparse_is_given_three_times_its_usual_longest_gap() -> None:
    days = 3 * 86400
    sparse = heard(range(0, days, 700), "S9")
    steady = heard(range(0, days + 9000, 10), "S1")
    said = short(watched([sparse, steady], days + 9000))
    first_day = [t for t, _ in said if t < 8 * 3600]
    assert first_day, "at first nobody knows"
    later = [(t, names) for t, names in said if t > 9 * 3600]
    assert later == [(max(range(0, days, 700)) + 2100, ["station:S9"])]


def test_a_name_heard_once_is_nobody() -> None:
    assert watched([heard([100], "S7"), heard(range(0, 3000, 10), "S1")], 3000) == []

"""Events: each once, as settled, in the order of settling."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from engine_runs import run
from made_tracks import SHIP, T0_S, Fix, every, rows
from nasty_scenes import observations

from core.times import utc_text
from engine.fold import WAIT_S

COMES: list[Fix] = [(30.0 * i, 10.0, -2000.0 + 100 * i, 6.5) for i in range(20)]
LIES: list[Fix] = [(600.0 + 60 * i, 10.0, -20.0, 0.0) for i in range(30)]
GOES: list[Fix] = [(2400.0 + 30 * i, 10.0, -100.0 - 100 * i, 6.5) for i in range(20)]
END_S = 30 * 3600


def happened(fixes: list[Fix], until_s: int = END_S) -> list[dict[str, Any]]:
    frame = rows(fixes).with_columns(pl.col("clock_s").alias("arrived_s"))
    return [json.loads(e) for e in run(observations(frame), [T0_S + until_s])[1].splitlines()]


def at(seconds: float) -> str | None:
    return utc_text((T0_S + int(seconds)) * 1_000_000)


def one(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    found = [e for e in events if e["kind"] == kind]
    assert len(found) == 1
    return found[0]


def test_a_stop_and_its_call_settle_after_the_allowed_lateness() -> None:
    events = happened([*COMES, *LIES, *GOES])
    stop, call = one(events, "stop"), one(events, "pier_call")
    assert (stop["from"], stop["to"], stop["pier_id"]) == (at(600), at(2400), None)
    assert stop["detail"] == {"dwell_min": 30.0}
    assert stop["settled_at"] == at(2400 + WAIT_S)
    assert (call["pier_id"], call["targets"]) == ("P1", [SHIP])
    assert call["detail"] == {
        "confidence": 4,
        "berth_from": at(600),
        "berth_to": at(2340),
        "dark_from": None,
    }
    assert call["settled_at"] == at(2400 + 30 * 2 + WAIT_S), "the first row beyond 250 m"


def test_nothing_is_settled_a_tick_too_early() -> None:
    path = [*COMES, *LIES, *GOES]
    assert happened(path, 2400 + WAIT_S - 1) == []
    assert [e["kind"] for e in happened(path, 2400 + WAIT_S)] == ["stop"]


def test_a_silence_has_both_ends_or_none_where_nobody_came_back() -> None:
    again: list[Fix] = [(9000.0 + 30 * i, 10.0, -5000.0, 6.5) for i in range(3)]
    ended = [e for e in happened([*COMES, *again]) if e["kind"] == "silence"]
    assert [(e["from"], e["to"]) for e in ended] == [(at(570), at(9000)), (at(9060), None)]
    assert ended[0]["detail"]["silent_min"] == 140.5
    assert ended[0]["detail"]["moving"] is True
    assert ended[1]["detail"]["silent_min"] is None
    assert ended[1]["settled_at"] > at(9060 + 25 * 3600)


def test_passing_between_two_piers_is_a_call_at_the_nearest_only() -> None:
    past: list[Fix] = [(30.0 * i, -900.0 + 100.0 * i, -100.0, 6.5) for i in range(12)]
    assert [e["pier_id"] for e in happened(past) if e["kind"] == "pier_call"] == ["P1", "P3"]
    away: list[Fix] = [(30.0 * i, -900.0 + 100.0 * i, -160.0, 6.5) for i in range(12)]
    assert [e for e in happened(away) if e["kind"] == "pier_call"] == []


def test_every_event_has_a_name_of_its_own_that_repeats() -> None:
    path = [*COMES, *LIES, *GOES]
    events = happened(path)
    assert len({e["event_id"] for e in events}) == len(events)
    assert [e["event_id"] for e in happened(path)] == [e["event_id"] for e in events]


def test_only_vessels_make_events() -> None:
    frames = [
        rows(every(60, 30), name)
        for name in ("mmsi:002123456", "mmsi:992123456", "mmsi:111123456", "plate:浙B12345")
    ]
    frame = pl.concat(frames).with_columns(pl.col("clock_s").alias("arrived_s"))
    alerts, events, state = run(observations(frame), [T0_S + END_S])
    assert (alerts, events) == ("", "")
    assert state.fast.tracks.tracks.is_empty()


def test_the_state_of_a_coast_gone_quiet_becomes_empty_again() -> None:
    """Memory is bounded by what may still be asked for, not by what was heard."""
    path = [*COMES, *LIES, *GOES]
    frame = observations(rows(path).with_columns(pl.col("clock_s").alias("arrived_s")))
    _, _, state = run(frame, [T0_S + 3 * 86400, T0_S + 20 * 86400])
    for half in (state.fast, state.settled):
        assert all(f.is_empty() for f in half.tracks.frames().values())
        assert half.presences.is_empty()
        assert half.silences.is_empty()
    assert all(frame.is_empty() for frame in state.waiting)
    assert state.book.calls.entries == ()


def test_a_position_that_is_no_number_or_has_no_time_is_left_out() -> None:
    path = [*COMES, *LIES, *GOES]
    frame = observations(rows(path).with_columns(pl.col("clock_s").alias("arrived_s")))
    bad = pl.concat(
        [
            frame.with_columns(pl.lit(value, pl.Float64).alias(name))
            for name in ("lon", "lat")
            for value in (None, float("nan"), float("inf"))
        ]
        + [frame.with_columns(pl.lit(None).alias("observed_at").cast(frame["observed_at"].dtype))]
    )
    whole = run(pl.concat([frame, bad]).sort("arrived_at"), [T0_S + END_S])
    assert whole[:2] == run(frame, [T0_S + END_S])[:2]

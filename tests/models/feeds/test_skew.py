"""Clocks that are off: who is judged, when, and what becomes of the rows that wait."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from feed_rows import T0_S, frame, row

from core.schema import OBSERVATION, arriving, empty
from models.feeds.quarantine import Quarantine, advance, arrived
from models.feeds.skew import PATIENCE_S, suspicion

H8 = 8 * 3600.0


def passed(
    rows: list[dict[str, Any]], *, until: float, ahead: list[dict[str, Any]] | None = None
) -> tuple[Quarantine, pl.DataFrame, pl.DataFrame]:
    """State, what passed with `skew` (said in its detail) and `waited_s`, what was refused."""
    taken = arrived(frame(rows), frame(ahead or []))
    state, out, refused = advance(Quarantine(), taken, T0_S + int(until))
    said = pl.col("detail").str.extract(r'"skew_s":(-?[\d.]+)').cast(pl.Float64).alias("skew")
    came = -(-pl.col("arrived_at").dt.epoch("us") // 1_000_000)
    return state, out.with_columns(said, (pl.col("tick_s") - came).alias("waited_s")), refused


def every(step: float, n: int, **more: Any) -> list[dict[str, Any]]:
    return [row(step * i, **more) for i in range(n)]


def test_a_right_clock_passes_untouched_and_leaves_nothing_behind() -> None:
    rows = every(10, 50, off_s=-3.0)
    state, out, refused = passed(rows, until=600)
    assert (state.clocks, len(state.waiting), len(refused)) == ({}, 0, 0)
    assert out.select(arriving(OBSERVATION).names()).equals(frame(rows))


def test_a_clock_eight_hours_ahead_is_judged_and_all_its_rows_are_corrected() -> None:
    terminal = every(15, 20, sensor="vehicle", source="T1", off_s=H8 - 2)
    state, out, refused = passed([], ahead=terminal, until=400)
    assert len(refused) == 0
    assert out["skew"].to_list() == [H8] * 20, "those that waited, too"
    assert (out["arrived_at"] - out["observed_at"]).dt.total_seconds().unique().to_list() == [2]
    assert out["waited_s"].to_list() == [60, 45, 30, 15, *[0] * 16], "five over a minute"
    assert sorted(out["key"]) == sorted(r["key"] for r in terminal), "keys are of what came"
    (clock,) = state.clocks.values()
    assert suspicion(clock.skew_s) == "clock_8h"
    assert json.loads(out["detail"][0]) == {"skew_s": 28800}


def test_twelve_rows_are_enough_within_a_minute() -> None:
    _, out, _ = passed([], ahead=every(1, 20, sensor="radar", source="R1", off_s=300.0), until=30)
    assert out["waited_s"].max() == 11
    assert out["skew"].unique().to_list() == [300.0]


def test_a_clock_that_runs_behind_by_more_than_its_lateness_is_judged_in_ten_stretches() -> None:
    state, out, _ = passed(every(30, 40, sensor="vehicle", source="T1", off_s=-3600.0), until=1300)
    assert out["skew"].to_list().count(-3600.0) == 38, "the first two only looked late"
    assert out["waited_s"].max() == 540
    assert suspicion(next(iter(state.clocks.values())).skew_s) == "clock_minus_1h"


def test_within_the_lateness_nobody_is_judged() -> None:
    state, out, _ = passed(every(30, 60, sensor="beidou", source="B1", off_s=-850.0), until=3000)
    assert out["skew"].null_count() == 60
    assert state.clocks == {}


def test_a_station_whose_receipts_are_ahead_of_our_arrivals_is_judged_too() -> None:
    station = every(10, 30, off_s=1800.0)
    for each in station:
        each["received_at"] = each["observed_at"]  # its `c:`, so the decoder calls none ahead
    _, out, refused = passed(station, until=400)
    assert len(refused) == 0
    assert out["skew"].unique().to_list() == [1800.0]


def test_a_batch_after_a_dead_spot_is_no_skew() -> None:
    """One message with an hour of old rows, and another: only the newest is looked at."""
    batches = [
        row(at, "vehicle", "T1", off_s=-age)
        for at in (3600.0, 4800.0)
        for age in range(5, 3600, 30)
    ]
    state, out, _ = passed(batches, until=8000)
    assert state.clocks == {}
    assert out["skew"].null_count() == len(batches)


def test_store_and_forward_with_varying_lag_passes_at_once_as_it_is() -> None:
    rng = np.random.default_rng(5)
    lags = rng.uniform(1000, 4000, 60)
    late = [row(20.0 * i, "beidou", "B1", off_s=-float(lag)) for i, lag in enumerate(lags)]
    state, out, refused = passed(late, until=5000)
    assert len(refused) == 0
    assert out["skew"].null_count() == 60
    assert out["waited_s"].max() == 0
    assert state.clocks == {}, "forgotten"


def test_ahead_without_a_constant_offset_is_refused_after_the_patience() -> None:
    wild = [row(20.0 * i, "radar", "R1", off_s=100.0 + 97.0 * i) for i in range(30)]
    _, out, refused = passed([], ahead=wild, until=620)
    assert len(out) == 0, "the first still waits"
    _, out, refused = passed([], ahead=wild, until=5000)
    assert len(out) == 0
    assert refused["tick_s"].to_list() == [T0_S + 20 * i + PATIENCE_S for i in range(30)]


def test_a_source_that_is_right_again_is_judged_anew() -> None:
    wrong = every(15, 20, sensor="vehicle", source="T1", off_s=H8)
    right = [row(300 + 15.0 * i, "vehicle", "T1") for i in range(80)]
    state, out, _ = passed(right, ahead=wrong, until=2000)
    late = out.filter(pl.col("observed_at").dt.epoch("s") >= T0_S + 300)
    assert len(out) == 100
    assert late["skew"].null_count() == 80, "the right rows are never moved by eight hours"
    assert state.clocks == {}


def test_a_drift_is_followed() -> None:
    rows = [row(15.0 * i, "vehicle", "T1", off_s=400.0 + 0.2 * i) for i in range(400)]
    _, out, _ = passed([], ahead=rows, until=7000)
    off = (out["observed_at"] - out["arrived_at"]).dt.total_milliseconds() / 1000
    assert out["skew"].null_count() == 0
    assert off.abs().max() < 6.0
    assert out["skew"].max() > 470.0


def test_another_source_is_not_touched() -> None:
    mixed = [*every(10, 30), *every(10, 30, source="S2")]
    _, out, _ = passed(mixed, ahead=every(10, 30, source="S3", off_s=H8), until=400)
    by = dict(out.group_by("source").agg(pl.col("skew").count()).rows())
    assert by == {"S1": 0, "S2": 0, "S3": 30}


def test_what_the_site_knew_already_is_said_beside_it() -> None:
    rows = every(10, 20, sensor="vehicle", source="T1", off_s=600.0, detail='{"skew_s":10}')
    _, out, _ = passed([], ahead=rows, until=400)
    assert json.loads(out["detail"][0]) == {"skew_s": 10, "judged_skew_s": 600}


@pytest.mark.parametrize(("skew", "code"), [(7 * 3600 + 110.0, "clock_7h"), (5000.0, "clock")])
def test_suspicions_have_names(skew: float, code: str) -> None:
    assert suspicion(skew) == code


def test_a_batch_of_nothing_is_nothing() -> None:
    nothing = arrived(empty(arriving(OBSERVATION)), empty(arriving(OBSERVATION)))
    state, out, refused = advance(Quarantine(), nothing, T0_S)
    assert (len(out), len(refused), state.clocks) == (0, 0, {})

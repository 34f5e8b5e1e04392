"""Rows that are hard to believe, each with its reason."""

from __future__ import annotations

from typing import Any

import polars as pl
from feed_rows import frame, row
from feed_scenes import coast

from core.schema import empty
from models.feeds.plausibility import NEWEST, forget, judge
from models.feeds.quarantine import RELEASED, arrived


def doubted(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Reason and target, by time; the land lies west of 121.9."""
    taken = arrived(frame(rows), frame([])).select(RELEASED.names())
    minute = (-(-pl.col("tick_s") // 60) * 60).alias("stretch_s")
    site = coast().site
    _, doubts = judge(empty(NEWEST), taken.with_columns(minute), site.land, site.piers)
    return doubts.select("reason", "target").rows()


def reasons(rows: list[dict[str, Any]]) -> list[str]:
    return [reason for reason, _ in doubted(rows)]


def sea(at: float, sensor: str = "ais", **more: Any) -> dict[str, Any]:
    return row(at, sensor, **{"lon": 122.0, "lat": 29.25, **more})


def test_what_is_plausible_is_not_doubted() -> None:
    assert reasons([sea(10.0 * i, lon=122.0 + 5e-4 * i, speed_kn=9.0) for i in range(60)]) == []


def test_a_speed_that_its_kind_does_not_reach() -> None:
    assert reasons([sea(0, speed_kn=61.0)]) == ["speed"]
    assert reasons([sea(0, "radar", speed_kn=61.0)]) == []
    assert reasons([sea(0, "beidou", speed_kn=41.0)]) == ["speed"]


def test_a_jump_is_measured_from_the_row_before_over_minutes_too() -> None:
    there = [sea(0), sea(100, lon=122.1), sea(200, lon=122.1)]
    assert reasons(there) == ["jump"]
    assert reasons([sea(0), sea(7000, lon=122.1)]) == []


def test_a_radar_s_own_error_is_no_jump() -> None:
    plots = [sea(0, "radar", sigma_m=300.0), sea(3, "radar", sigma_m=300.0, lon=122.015)]
    assert reasons(plots) == []
    assert reasons([{**p, "sigma_m": 10.0} for p in plots]) == ["jump"]


def test_the_same_fix_by_two_paths_is_a_duplicate_but_a_frame_given_again_is_none() -> None:
    first = sea(0)
    assert reasons([first, {**first, "key": b"another key 1234"}]) == ["duplicate"]
    assert reasons([first, {**first, "arrived_at": first["arrived_at"] + 5_000_000}]) == []


def test_a_ship_far_inland_and_a_lorry_far_out() -> None:
    assert reasons([row(0, lon=121.85, lat=29.3)]) == ["on_land"]
    assert reasons([row(0, lon=121.8995, lat=29.3)]) == [], "49 m from the shore"
    assert reasons([row(0, "radar", lon=121.897, lat=29.3, sigma_m=150.0)]) == []
    assert reasons([row(0, "vehicle", lon=121.95, lat=29.3)]) == ["at_sea"]
    assert reasons([row(0, "vehicle", lon=121.85, lat=29.3)]) == []
    assert reasons([row(0, "vehicle", lon=121.9121, lat=29.2001)]) == [], "on a pier"


def test_what_is_older_than_nothing_re_judges() -> None:
    assert reasons([sea(0, off_s=-37 * 3600.0)]) == ["too_old"]
    assert reasons([row(0, "camera", "C1", off_s=-37 * 3600.0)]) == ["too_old"]


def test_an_older_row_is_no_jump_backwards() -> None:
    assert reasons([sea(100, lon=122.1), sea(130, off_s=-125.0)]) == []


def test_who_is_not_heard_for_six_hours_begins_anew() -> None:
    far = [sea(0), sea(6 * 3600 + 60, off_s=-6 * 3600 - 55.0, lon=122.3)]
    assert reasons(far) == []
    site = coast().site
    taken = arrived(frame(far[:1]), frame([])).select(RELEASED.names())
    rows = taken.with_columns((-(-pl.col("tick_s") // 60) * 60).alias("stretch_s"))
    newest, _ = judge(empty(NEWEST), rows, site.land, site.piers)
    at_s = int(newest["tick_s"][0])
    assert len(forget(newest, at_s + 6 * 3600 - 60)) == 1
    assert len(forget(newest, at_s + 6 * 3600)) == 0

"""Cleaning: what is left out, what is a jump, and whose row it is."""

from __future__ import annotations

import numpy as np
import polars as pl
from made_tracks import (
    LAT,
    LON,
    NORTH_DEG_M,
    SETTINGS,
    SHIP,
    T0_S,
    Fix,
    every,
    over_batches,
    rows,
    take,
)

from core.settings import TrackSettings
from geo.plane import distance_m
from models.tracks import cleaning

KN_MS = 1852 / 3600
DAY_S = 86400


def test_a_row_that_is_not_newer_than_the_newest_used_is_left_out() -> None:
    frame = rows(every(30, 10))
    state, _ = take(frame, 300)
    late = rows([(100, 500.0, 0.0, 5.0), (270, 500.0, 0.0, 5.0), (290, 1.0, 0.0, 0.0)])
    late = late.with_columns(pl.lit(T0_S + 301, pl.Int64).alias("clock_s"))
    _, out = take(late, 301, state=state)
    assert out.linked["t_us"].to_list() == [(T0_S + 290) * 1_000_000]


def test_of_rows_at_one_time_the_first_visible_counts_and_then_the_least_key() -> None:
    one, two = rows([(5, 0.0, 0.0, 1.0)]), rows([(5, 9.0, 0.0, 2.0)])
    two = two.with_columns(pl.lit(b"a").alias("key"))
    _, out = take(pl.concat([one, two]), 10)
    assert out.linked["speed_kn"].to_list() == [2.0]
    sooner = one.with_columns(pl.col("clock_s") - 1)
    _, out = take(pl.concat([two, sooner]), 10)
    assert out.linked["speed_kn"].to_list() == [1.0]


def test_an_impossible_jump_is_kept_and_labelled_and_leaves_the_track_alone() -> None:
    fixes: list[Fix] = [*every(30, 5), (150, 40_000.0, 0.0, 0.0), *every(30, 5, begin_s=180)]
    _, out = take(rows(fixes), 400)
    jumps = out.linked.filter("jump")
    assert jumps["track"].to_list() == [f"{SHIP}:2"]
    assert jumps["t_us"].to_list() == [(T0_S + 150) * 1_000_000]
    main = out.linked.filter(pl.col("track") == SHIP)
    assert len(main) == 10
    assert main["dt_s"].to_list()[1:] == [30, 30, 30, 30, 60, 30, 30, 30, 30]


def test_two_ships_under_one_number_are_two_tracks_and_stay_two_over_batches() -> None:
    here: list[Fix] = [(60 * i, 50.0 * i, 0.0, 1.6) for i in range(60)]
    there: list[Fix] = [(60 * i + 25, 30_000.0, 40.0 * i, 1.3) for i in range(60)]
    frame = rows(sorted(here + there))
    _, whole = take(frame, 3600)
    _, parts = over_batches(frame, [100, 777, 1800, 1801, 3000, 3600])
    linked = pl.concat([p.linked.select("t_us", "track") for p in parts])
    assert linked.sort("t_us").equals(whole.linked.select("t_us", "track").sort("t_us"))
    side = (whole.linked["lon"] > LON + 0.2).to_list()
    assert [name == f"{SHIP}:2" for name in whole.linked["track"]] == side
    assert whole.linked["jump"].sum() == 1


def test_45_knots_is_a_boat_and_a_little_more_is_a_jump() -> None:
    reach_m = 60 * 45 * KN_MS + cleaning.POSITION_SLACK_M
    for metres, jumps in ((reach_m - 5, 0), (reach_m + 5, 1)):
        frame = rows([(0, 0.0, 0.0, 9.0), (60, 0.0, 0.0, 9.0)]).with_columns(
            pl.Series("lat", [LAT, LAT + metres / NORTH_DEG_M])
        )
        apart_m = float(distance_m(LON, LAT, LON, frame["lat"][1]))
        assert (apart_m > reach_m) == bool(jumps)
        assert take(frame, 100)[1].linked["jump"].sum() == jumps


def test_steps_shorter_than_two_seconds_are_judged_as_two() -> None:
    """On real data steps under a second give implied speeds of 784,182 kn (methods 1.3)."""
    _, out = take(rows([(0.0, 0.0, 0.0, 9.0), (0.01, 140.0, 0.0, 9.0)]), 2)
    assert out.linked["jump"].to_list() == [False, False]
    _, out = take(rows([(0.0, 0.0, 0.0, 9.0), (0.01, 150.0, 0.0, 9.0)]), 2)
    assert out.linked["jump"].to_list() == [False, True]


def test_after_24_hours_a_track_begins_anew_and_may_be_anywhere() -> None:
    for gap_s, fresh in ((DAY_S, False), (DAY_S + 1, True), (3 * DAY_S, True)):
        _, out = take(rows([(0, 0.0, 0.0, 0.0), (gap_s, 0.0, 0.0, 0.0)]), gap_s)
        assert out.linked["fresh"].to_list() == [True, fresh]
    _, out = take(rows([(0, 0.0, 0.0, 0.0), (DAY_S + 1, 9e5, 0.0, 0.0)]), DAY_S + 1)
    assert out.linked["track"].to_list() == [SHIP, SHIP]
    assert out.linked["jump"].to_list() == [False, False]


def test_a_new_segment_knows_nothing_of_the_habits_before_it() -> None:
    slow = every(900, 20, speed_kn=5.0)
    again = every(900, 3, begin_s=slow[-1][0] + DAY_S + 1, speed_kn=5.0)
    frame = rows([*slow, *again])
    end = int(again[-1][0])
    _, whole = take(frame, end + 700)
    _, parts = over_batches(frame, [end - 1700, end - 3, end + 700])
    called = [s for p in parts for s in p.called["from_us"].to_list()]
    assert sorted(called) == sorted(whole.called["from_us"].to_list())
    assert (T0_S + int(again[0][0])) * 1_000_000 in called


def test_a_hostile_feed_cannot_make_more_than_eight_instances_of_a_target() -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform(-9e5, 9e5, (400, 2))
    fixes: list[Fix] = [(10 * i, x, y, None) for i, (x, y) in enumerate(places)]
    state, out = take(rows(fixes), 4000)
    assert out.linked["track"].n_unique() == cleaning.MAX_INSTANCES
    assert len(out.linked) == 400
    assert state.tracks["track"].n_unique() <= cleaning.MAX_INSTANCES
    assert out.linked["fresh"].all(), "a teleport begins a segment, it is no movement"
    assert out.linked["speed_kn"].is_null().all()


def test_targets_done_as_columns_get_the_tracks_that_the_walk_gives() -> None:
    rng = np.random.default_rng(7)
    frames = []
    for ship in range(40):
        steps = rng.choice(
            [1, 30, 600, 7200, DAY_S, DAY_S + 1], 25, p=[0.2, 0.4, 0.2, 0.1, 0.05, 0.05]
        )
        north = np.cumsum(np.minimum(steps, 600) * rng.uniform(-10, 10, 25))
        fixes: list[Fix] = [
            (float(t), 0.0, float(m), None) for t, m in zip(np.cumsum(steps), north, strict=True)
        ]
        frames.append(rows(fixes, f"mmsi:4120000{ship:02}"))
    frame = cleaning.newest_only(take(frames[0][:0], 0)[0].tracks, pl.concat(frames))
    tracks = take(frame[:0], 0)[0].tracks
    columns = cleaning.split(tracks, frame, SETTINGS)
    assert not columns["jump"].any()
    live = tracks.select("target", "instance", "t_us", "lon", "lat")
    walked = cleaning._walk(live, frame, SETTINGS)
    assert walked["instance"].to_list() == columns["instance"].to_list()


def test_a_slower_limit_splits_more() -> None:
    frame = rows([(0, 0.0, 0.0, 9.0), (60, 1000.0, 0.0, 9.0)])
    assert take(frame, 60)[1].linked["jump"].sum() == 0
    assert take(frame, 60, TrackSettings(max_speed_kn=20.0))[1].linked["jump"].sum() == 1


def test_what_is_ruled_out_without_measuring_is_farther_than_that() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-180, 180, (2, 3000)), rng.uniform(-80, 80, 3000)
    near = lon[0] + rng.normal(0, 1, 3000)
    for other in (lon[1], near):
        north = lat + rng.normal(0, 1, 3000)
        metres = distance_m(lon[0], lat, other, north)
        least = [cleaning._least_m(*p) for p in zip(lon[0], lat, other, north, strict=True)]
        assert (np.array(least) <= metres).all()
        assert (np.array(least) >= 0.65 * metres).all(), "and rules most of it out"

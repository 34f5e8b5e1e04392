"""Stops: begin below 0.2 kn, end above 0.5 kn (Global Fishing Watch), three minutes at least."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from made_tracks import SHIP, T0_S, Fix, every, over_batches, rows, take

from core.settings import TrackSettings

SECOND_US = 1_000_000


def stops_of(fixes: list[Fix], until_s: int = 200_000) -> list[tuple[int, int]]:
    """Seconds after T0 from which to which the boat stopped."""
    found = take(rows(fixes), until_s)[1].stops
    return [
        (a // SECOND_US - T0_S, b // SECOND_US - T0_S)
        for a, b in found.select("from_us", "to_us").iter_rows()
    ]


def speeds(*speed_kn: float | None) -> list[Fix]:
    return [(60.0 * i, 0.0, 0.0, v) for i, v in enumerate(speed_kn)]


@pytest.mark.parametrize(
    ("begin", "stopped"), [(0.0, True), (0.19, True), (0.2, False), (0.21, False)]
)
def test_a_stop_begins_below_two_tenths_of_a_knot_and_not_at_it(
    begin: float, stopped: bool
) -> None:
    assert bool(stops_of(speeds(6, begin, 0.3, 0.3, 0.3, 6))) == stopped


@pytest.mark.parametrize(("noise", "goes_on"), [(0.49, True), (0.5, True), (0.51, False)])
def test_a_stop_ends_above_half_a_knot_and_not_at_it(noise: float, goes_on: bool) -> None:
    found = stops_of(speeds(6, 0.1, 0.1, 0.1, 0.1, noise, 0.3, 0.3, 0.3, 6))
    assert found == [(60, 540 if goes_on else 300)]


def test_between_the_thresholds_it_stays_as_it_was() -> None:
    assert stops_of(speeds(6, 0.3, 0.3, 0.3, 0.3, 0.3, 6)) == []
    assert stops_of(speeds(6, 0.1, 0.3, 0.4, 0.5, 0.3, 6)) == [(60, 360)]


def test_a_stop_lasts_three_minutes_at_least() -> None:
    short = [(0.0, 0.0, 0.0, 6.0), (10.0, 0.0, 0.0, 0.0), (189.0, 0.0, 0.0, 6.0)]
    assert stops_of(short) == []
    assert stops_of([*short[:2], (190.0, 0.0, 0.0, 6.0)]) == [(10, 190)]


def test_without_a_speed_the_one_between_the_positions_counts() -> None:
    still: list[Fix] = [(60.0 * i, 0.0, 0.0, None) for i in range(8)]
    gone: list[Fix] = [(480.0 + 60 * i, 200.0 * (i + 1), 0.0, None) for i in range(3)]
    # The first row has no speed of any kind; the second lies where the first did.
    assert stops_of([*still, *gone]) == [(60, 480)]


def test_a_moored_boat_stays_stopped_over_a_silence_and_one_that_moved_meanwhile_does_not() -> None:
    lying = every(60, 10)
    for moved_m, expected in ((150.0, [(0, 10_600)]), (250.0, [(0, 540), (10_000, 10_600)])):
        after: list[Fix] = [(10_000.0 + 60 * i, moved_m, 0.0, 0.0) for i in range(10)]
        assert stops_of([*lying, *after, (10_600.0, moved_m, 0.0, 6.0)]) == expected


def test_a_stop_of_a_track_that_is_given_up_ends_at_its_last_row() -> None:
    lying, day_s = every(60, 10), 25 * 3600
    assert stops_of(lying, 540 + day_s - 1) == []
    _, out = take(rows(lying), 540 + day_s)
    assert out.stops["clock_s"].to_list() == [T0_S + 540 + day_s]
    assert stops_of(lying, 540 + day_s) == [(0, 540)]


def test_a_stop_lies_where_it_began_and_belongs_to_its_track() -> None:
    fixes: list[Fix] = [(60.0 * i, 3.0 * i, 0.0, 0.1) for i in range(9)]
    found = take(rows([*fixes, (540, 30.0, 0.0, 5.0)]), 600)[1].stops
    assert found["track"].to_list() == [SHIP]
    assert found["lon"].to_list() == pytest.approx([121.9])


def test_the_end_of_one_track_does_not_leak_into_the_next() -> None:
    """The models are forward fills over one sorted frame: a neighbour must not be heard."""
    stopped = rows(every(60, 10), "mmsi:412000001")
    unsure = rows([(60.0 * i, 0.0, 0.0, 0.3) for i in range(10)], "mmsi:412000002")
    _, out = take(pl.concat([stopped, unsure]), 700)
    by = out.linked.group_by("track").agg(pl.col("stopped").any()).sort("track")
    assert by["stopped"].to_list() == [True, False]


def by_hand(t: list[float], speed: list[float], begin: float, end: float) -> list[tuple[int, int]]:
    """The definition read aloud: one row after the other."""
    found, since = [], None
    for at, v in zip(t, speed, strict=True):
        if since is None and v < begin:
            since = at
        elif since is not None and v > end:
            found.append((int(since), int(at)))
            since = None
    return [(a, b) for a, b in found if b - a >= 180]


@pytest.mark.parametrize("seed", range(5))
def test_stops_are_those_of_global_fishing_watch_row_by_row(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.integers(5, 120, 400)).astype(float).tolist()
    speed = rng.choice([0.0, 0.1, 0.19, 0.2, 0.3, 0.5, 0.51, 2.0], 400).tolist()
    fixes: list[Fix] = [(at, 0.0, 0.0, v) for at, v in zip(t, speed, strict=True)]
    expected = by_hand(t, speed, 0.2, 0.5)
    assert expected
    assert stops_of(fixes, int(t[-1])) == expected
    radar = TrackSettings(stop_begin_kn=0.5, stop_end_kn=1.0)
    _, parts = over_batches(rows(fixes), [3000, 9000, 9001, int(t[-1])], radar)
    found = [
        (a // SECOND_US - T0_S, b // SECOND_US - T0_S)
        for p in parts
        for a, b in p.stops.select("from_us", "to_us").iter_rows()
    ]
    assert found == by_hand(t, speed, 0.5, 1.0)

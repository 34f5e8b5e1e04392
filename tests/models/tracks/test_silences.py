"""Silences: judged by the vessel's own habit and by reception, never by a threshold alone."""

from __future__ import annotations

import polars as pl
import pytest
from made_tracks import SHIP, T0_S, Fix, every, over_batches, rows, take

from core.settings import TrackSettings
from models.tracks.silences import nominal_interval_s, surprise_nats

SECOND_US = 1_000_000


def called_after(
    fixes: list[Fix], until_s: int, settings: TrackSettings | None = None
) -> list[int]:
    """How many seconds after its last row each silence was called."""
    out = take(rows(fixes), until_s, settings or TrackSettings())[1].called
    return [b - a // SECOND_US for a, b in out.select("from_us", "called_s").iter_rows()]


def test_a_moving_boat_is_silent_after_ten_minutes_and_a_moored_one_after_thirty() -> None:
    moving, moored = every(30, 20, speed_kn=6.0), every(30, 20, speed_kn=0.1)
    assert called_after(moving, 570 + 599) == []
    assert called_after(moving, 570 + 600) == [600]
    assert called_after(moored, 570 + 1799) == []
    assert called_after(moored, 570 + 1800) == [1800]


def test_a_boat_that_is_rarely_heard_is_given_ten_of_its_own_intervals() -> None:
    rare = every(170, 16, speed_kn=6.0)
    last = 170 * 15
    assert called_after(rare, last + 1699) == []
    assert called_after(rare, last + 1700) == [1700]


def test_its_own_interval_is_the_median_of_the_last_fifteen() -> None:
    mixed: list[Fix] = [*every(30, 9, speed_kn=6.0), *every(200, 8, begin_s=440, speed_kn=6.0)]
    assert called_after(mixed, 1840 + 5000) == [2000]  # eight of fifteen are 200 s
    fewer = mixed[:-1]
    assert called_after(fewer, 1640 + 5000) == [600]  # seven of fifteen


def test_two_intervals_are_no_habit_and_no_patience_is_longer_than_six_hours() -> None:
    assert called_after(every(500, 3, speed_kn=6.0), 99_000) == [600]
    assert called_after(every(500, 4, speed_kn=6.0), 99_000) == [5000]
    assert called_after(every(5000, 6, speed_kn=6.0), 99_000)[-1] == 6 * 3600


def test_a_silence_is_not_called_where_a_row_came_at_that_very_tick() -> None:
    moving = every(30, 20, speed_kn=6.0)
    assert called_after([*moving, (570 + 600, 0.0, 0.0, 6.0)], 570 + 700) == []
    assert called_after([*moving, (570 + 601, 0.0, 0.0, 6.0)], 570 + 700) == [600]


def test_a_silence_ends_with_the_next_row_and_is_remembered_with_both_ends() -> None:
    frame = rows([*every(30, 20, speed_kn=6.0), (4000, 0.0, 500.0, 6.0)])
    _, parts = over_batches(frame, [600, 1169, 1170, 3999, 4000])
    assert [len(p.called) for p in parts] == [0, 0, 1, 0, 0]
    row = parts[-1].silences.row(0, named=True)
    assert (row["from_us"], row["to_us"]) == (
        (T0_S + 570) * SECOND_US,
        (T0_S + 4000) * SECOND_US,
    )
    assert row["ended_s"] == T0_S + 4000
    assert parts[-1].linked["after_silence"].to_list() == [True]


def test_a_silence_is_called_once_however_often_it_is_looked_for() -> None:
    frame = rows(every(30, 20, speed_kn=6.0))
    _, parts = over_batches(frame, [570, *range(1000, 9000, 500)])
    assert sum(len(p.called) for p in parts) == 1


def test_rows_of_the_state_are_not_judged_again_without_the_habit_before_them() -> None:
    """Sixteen rows are kept; the first of them lack the intervals that gave them patience."""
    frame = rows(every(900, 40, speed_kn=6.0))
    _, parts = over_batches(frame, [900 * i + 1 for i in range(40)])
    assert sum(len(p.called) for p in parts) == 3  # the first three rows, which had no habit yet
    assert take(frame, 900 * 39)[1].called.height == 3


def test_a_shorter_patience_for_the_moored_is_looked_at_in_time() -> None:
    quick = TrackSettings(silence_moored_s=60, silence_moving_s=3600)
    assert called_after(every(5, 20, speed_kn=0.0), 95 + 60, quick) == [60]
    _, parts = over_batches(rows(every(5, 20, speed_kn=0.0)), [95, 95 + 59, 95 + 60], quick)
    assert [len(p.called) for p in parts] == [0, 0, 1]


def test_a_row_that_comes_later_than_its_silence_is_due_is_not_called_before_it_came() -> None:
    quick = TrackSettings(silence_moving_s=30, silence_moored_s=30, silence_intervals=1)
    late = rows([(0.0, 0.0, 0.0, 6.0)]).with_columns(pl.col("clock_s") + 100)
    assert take(late, 100, quick)[1].called["called_s"].to_list() == [T0_S + 100]


@pytest.mark.parametrize(
    ("ais_type", "speed_kn", "interval_s"),
    [
        (1, 0.0, 180), (1, 0.5, 180), (1, 0.6, 10), (3, 14.0, 10), (1, 14.1, 6), (2, 23.0, 6),
        (1, 23.1, 2), (18, 1.9, 180), (18, 2.0, 30), (19, 12.0, 30), (None, 6.0, 30),
        (1, None, 180),
    ],
)  # fmt: skip
def test_the_nominal_interval_is_that_of_itu_m1371(
    ais_type: int | None, speed_kn: float | None, interval_s: int
) -> None:
    frame = pl.DataFrame({"target": [SHIP], "ais_type": [ais_type], "speed_kn": [speed_kn]})
    frame = frame.cast({"ais_type": pl.Int16, "speed_kn": pl.Float64})
    assert frame.select(nominal_interval_s()).item() == interval_s


def test_the_oracles_of_silence_as_a_probability() -> None:
    """0.3 heard, every 30 s, 10 min: 0.7^20, 7.13 nats; 0.5, 180 s, 30 min: 6.93 (methods 1.2)."""
    assert surprise_nats(600, 600, 30, 30, 100, 99.0) == 7.13
    assert surprise_nats(1800, 1800, 180, 50, 100, 99.0) == 6.93
    assert surprise_nats(600, 600, 30, 30, 100, 5.0) == 5.0, "capped: losses are correlated"


def test_a_perfect_reception_stays_finite_and_an_unknown_one_says_nothing() -> None:
    assert surprise_nats(600, 600, 30, 1000, 1000, 1e9) == pytest.approx(138.16)
    assert surprise_nats(600, 600, 30, 900, 900, 5.0) == 5.0
    assert surprise_nats(600, 600, 30, 15, 19, 5.0) is None
    assert surprise_nats(600, 600, 30, 0, 1000, 5.0) == 0.0


def test_a_deaf_receiver_says_nothing_of_a_vessel() -> None:
    assert surprise_nats(600, 0, 30, 300, 1000, 5.0) is None


def test_the_silence_of_one_vessel_is_called_with_its_name_and_place() -> None:
    out = take(rows(every(30, 20, speed_kn=6.0)), 3000)[1].called.row(0, named=True)
    assert (out["track"], out["moving"], out["interval_s"]) == (SHIP, True, 30)
    assert out["lon"] == pytest.approx(121.9)

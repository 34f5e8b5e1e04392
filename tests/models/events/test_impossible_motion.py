"""Impossible motion: 45 and 70 kn, two seconds, one happening a stretch."""

from __future__ import annotations

import event_runs
import polars as pl
import pytest
from event_runs import NOTHING_FUSED, detail
from made_tracks import T0_S, Fix, rows

from core.settings import EventSettings
from models.events import impossible_motion
from models.events.impossible_motion import ImpossibleState
from models.tracks.fold import TrackOutput

SETTINGS = EventSettings()
KN_MS = 1852 / 3600
GONE = T0_S + 30 * 3600


def step(
    state: ImpossibleState, tracks: TrackOutput, _was: int, until: int
) -> tuple[ImpossibleState, pl.DataFrame]:
    return impossible_motion.advance(state, tracks, NOTHING_FUSED, until, SETTINGS)


def say(frame: pl.DataFrame, *ends: int) -> pl.DataFrame:
    begun = ImpossibleState.initial()
    return event_runs.run(frame, [*ends, GONE], begun, ImpossibleState.load, step)[0]


def leap(metres: float, dt_s: float) -> list[Fix]:
    """Ten minutes here, then so far north within so long, and on from there."""
    here: list[Fix] = [(60.0 * i, 0.0, 0.0, 5.0) for i in range(10)]
    return [*here, *((540.0 + dt_s + 60 * i, 0.0, metres, 5.0) for i in range(5))]


def test_a_leap_across_the_county_is_one_happening_with_its_speed() -> None:
    said = say(rows(leap(40_000.0, 60.0)))
    assert said["phase"].to_list() == ["began", "ended"]
    first = said.row(0, named=True)
    assert first["clock_s"] == T0_S + 600
    assert (first["from_us"], first["to_us"]) == ((T0_S + 540) * 1_000_000, None)
    assert detail(first)["jumps"] == 1
    assert detail(first)["knots"] == pytest.approx(40_000 / 60 / KN_MS, rel=2e-3)
    assert said["level"].to_list() == [None, None]
    assert said.row(1, named=True)["clock_s"] == T0_S + 600 + 1800


@pytest.mark.parametrize(
    ("target", "knots"), [("mmsi:412000001", 45.0), ("beidou:0123456", 45.0), ("radar:R1:7", 70.0)]
)
def test_the_fastest_that_a_target_may_be_is_by_its_sensor(target: str, knots: float) -> None:
    for share, found in ((0.97, False), (1.03, True)):
        metres = (knots * KN_MS * 300.0 + 100.0) * share  # 100 m are two fixes' own difference
        said = say(rows(leap(metres, 300.0), target))
        assert ("began" in said["phase"].to_list()) == found


def test_steps_under_two_seconds_say_nothing() -> None:
    assert say(rows(leap(4_000.0, 1.0))).is_empty()
    assert len(say(rows(leap(4_000.0, 2.0)))) == 2


def test_to_and_fro_all_night_is_one_happening() -> None:
    far: list[Fix] = [(60.0 * i, 0.0, 30_000.0 * (i % 2), 5.0) for i in range(300)]
    said = say(rows(far), *range(T0_S, T0_S + 18_000, 777))
    assert said["phase"].to_list() == ["began", "ended"]
    assert detail(said.row(1, named=True))["jumps"] == 299


def test_jumps_half_an_hour_apart_are_two() -> None:
    for wait_s, n in ((1740, 1), (1860, 2)):
        out = leap(40_000.0, 60.0)[:11]
        back = [(600.0 + wait_s, 0.0, 0.0, 5.0), (660.0 + wait_s, 0.0, 0.0, 5.0)]
        between: list[Fix] = [(600.0 + 60 * i, 0.0, 40_000.0, 5.0) for i in range(1, wait_s // 60)]
        said = say(rows([*out, *between, *back]))
        assert said["phase"].to_list().count("began") == n


def test_after_a_day_of_silence_a_boat_may_be_anywhere() -> None:
    away: list[Fix] = [(0.0, 0.0, 0.0, 5.0), (86_401.0, 0.0, 4_000_000.0, 5.0)]
    frame = rows(away)
    assert say(frame).is_empty()


def test_an_honest_boat_at_full_speed_is_possible() -> None:
    path: list[Fix] = [(10.0 * i, 0.0, 10.0 * i * 44 * KN_MS, 44.0) for i in range(200)]
    assert say(rows(path)).is_empty()

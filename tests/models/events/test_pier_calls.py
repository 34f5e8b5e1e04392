"""Pier calls: 150 m in, 250 m out, and how sure one can be that there was one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from engine_scenes import place
from made_tracks import SETTINGS, T0_S, Fix, every, rows

from core.schema import empty
from core.settings import CallSettings
from geo.piers import Piers
from models.events import pier_calls
from models.events.pier_calls import confidence
from models.tracks.fold import TrackState
from models.tracks.fold import advance as advance_tracks

P1, P2, P3 = 0, 1, 2  # P1 from 0 to 19 m east of the place, P3 from 146 m, P2 from 1,167 m
GONE_S = 30 * 3600


@pytest.fixture(scope="module")
def piers() -> Piers:
    return place().site.piers


def take(
    frame: pl.DataFrame, piers: Piers, ends_s: Sequence[int] = (GONE_S,)
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was said of calls, and the presences still open, after batches until the ends."""
    state, presences, was, said = TrackState.initial(), empty(pier_calls.PRESENCE), 0, []
    for end in ends_s:
        batch = frame.filter(pl.col("clock_s") > was, pl.col("clock_s") <= T0_S + end)
        state, out = advance_tracks(state, batch, T0_S + end, SETTINGS)
        presences, calls = pier_calls.advance(
            presences, out, T0_S + end, piers, CallSettings(), SETTINGS
        )
        said.append(calls)
        was = T0_S + end
    return pl.concat(said), presences


def south(*metres: float, step_s: int = 30, begin_s: int = 0, kn: float = 6.0) -> list[Fix]:
    """A boat south of P1, so many metres off it, row after row."""
    return [(begin_s + i * step_s, 10.0, -m, kn) for i, m in enumerate(metres)]


def lying(n: int, begin_s: int, metres: float = 20.0, step_s: int = 60) -> list[Fix]:
    return south(*[metres] * n, step_s=step_s, begin_s=begin_s, kn=0.0)


def left(said: pl.DataFrame, pier: int = P1) -> dict[str, object]:
    """The one call that ended at a pier."""
    ended = said.filter(pl.col("why") == "left", pl.col("pier") == pier)
    ended = ended.filter(pl.col("from_us").is_not_null())
    assert len(ended) == 1
    return dict(ended.row(0, named=True))


COMES, GOES = (600.0, 400.0, 300.0, 140.0), (140.0, 260.0, 400.0, 600.0)


def test_a_call_begins_within_150_metres_and_ends_beyond_250(piers: Piers) -> None:
    path = south(300, 240, 160, 151, 149, 20, 149, 160, 249, 149, 249, 251, 249, 160, 300)
    said, _ = take(rows(path), piers)
    call = left(said)
    assert call["from_us"] == (T0_S + 4 * 30) * 1_000_000
    assert call["t_us"] == (T0_S + 10 * 30) * 1_000_000
    assert call["clock_s"] == T0_S + 11 * 30
    assert (call["entry_seen"], call["exit_seen"]) == (True, True)


def test_who_never_comes_within_150_metres_makes_no_call(piers: Piers) -> None:
    said, _ = take(rows(south(300, 240, 160, 151, 160, 300)), piers)
    assert said.filter(pl.col("from_us").is_not_null()).is_empty()


@pytest.mark.parametrize(
    ("before", "after", "sure"),
    [
        (COMES, GOES, 4),
        ((), GOES, 3),
        (COMES, (), 3),
        ((), (), 2),
    ],
)
def test_a_stop_with_its_entry_and_exit_is_four_and_a_stop_alone_two(
    piers: Piers, before: tuple[float, ...], after: tuple[float, ...], sure: int
) -> None:
    path = [*south(*before), *lying(10, 120), *south(*after, begin_s=720)]
    call = left(take(rows(path), piers)[0])
    berthed = call["berth_from_us"] is not None
    assert berthed
    assert confidence(bool(call["entry_seen"]), bool(call["exit_seen"]), berthed, False) == sure


def test_passing_by_is_an_entry_and_an_exit_and_no_more_than_one(piers: Piers) -> None:
    call = left(take(rows(south(*COMES, *GOES)), piers)[0])
    assert call["berth_from_us"] is None
    assert call["dark_from_us"] is None
    assert call["passed"]
    assert confidence(bool(call["entry_seen"]), bool(call["exit_seen"]), False, False) == 1


def test_a_boat_first_heard_at_200_metres_is_seen_entering(piers: Piers) -> None:
    call = left(take(rows([*south(200, 140), *lying(10, 60)]), piers)[0])
    assert call["entry_seen"] is True


def test_a_boat_that_comes_in_over_a_silence_is_not_seen_entering(piers: Piers) -> None:
    path = [*south(600, 400, 200), *lying(10, 3600)]
    call = left(take(rows(path), piers)[0])
    assert call["entry_seen"] is False
    assert (call["quiet_from_us"], call["quiet_to_us"]) == (
        (T0_S + 60) * 1_000_000,
        (T0_S + 3600) * 1_000_000,
    )


def test_a_boat_that_goes_dark_in_berth_is_said_to_at_the_tick_of_its_silence(
    piers: Piers,
) -> None:
    path = [*south(*COMES), *lying(2, 120)]  # too short for a stop
    said, presences = take(rows(path), piers, [180 + 1799, 180 + 1800])
    dark = said.filter(pl.col("why") == "dark")
    assert dark["clock_s"].to_list() == [T0_S + 180 + 1800]
    assert dark["dark_from_us"].to_list() == [(T0_S + 180) * 1_000_000]
    assert presences["dark_from_us"].is_not_null().any()
    call = left(take(rows(path), piers)[0])
    assert confidence(bool(call["entry_seen"]), bool(call["exit_seen"]), False, True) == 3


def test_dark_counts_at_the_nearest_pier_only(piers: Piers) -> None:
    path = [*south(*COMES), *lying(2, 120)]  # P3 lies 140 m off
    said, _ = take(rows(path), piers)
    assert said.filter(pl.col("why") == "dark")["pier"].to_list() == [P1]


def test_of_two_piers_beside_each_other_the_one_nearest_to_the_stop_is_called_at(
    piers: Piers,
) -> None:
    for east_m, pier in ((20.0, P1), (75.0, P1), (95.0, P3), (150.0, P3)):
        fixes: list[Fix] = [(60.0 * i, east_m, -30.0, 0.0) for i in range(10)]
        said, _ = take(rows(fixes), piers)
        berths = said.filter(pl.col("why") == "berthed")
        assert berths["pier"].to_list() == [pier]


def test_swinging_at_a_berth_does_not_change_the_pier(piers: Piers) -> None:
    """Positions that wander to the other pier's side belong to where it lay down."""
    fixes: list[Fix] = [(60.0 * i, 60.0 + 12.0 * (i % 5), -10.0, 0.1) for i in range(20)]
    said, _ = take(rows(fixes), piers)
    assert set(said.filter(pl.col("why") == "berthed")["pier"]) == {P1}


def test_berthed_is_said_after_three_minutes_and_dwelt_at_its_marks(piers: Piers) -> None:
    path = [*south(*COMES), *lying(200, 120), *south(*GOES, begin_s=12_200)]
    said, _ = take(rows(path), piers)
    said = said.filter(pl.col("pier") == P1)
    assert said["why"].to_list() == ["berthed", "dwelt", "dwelt", "dwelt", "left"]
    minutes = [(s - T0_S - 120) / 60 for s in said["clock_s"].to_list()[:4]]
    assert minutes == [3, 20, 50, 180]
    assert said["berth_from_us"].unique().to_list() == [(T0_S + 120) * 1_000_000]


def test_a_stop_shorter_than_three_minutes_is_no_berth(piers: Piers) -> None:
    said, _ = take(rows([*south(*COMES), *lying(3, 120), *south(*GOES, begin_s=280)]), piers)
    assert set(said["why"]) == {"left"}


def test_a_berth_ends_with_the_last_row_of_the_stop(piers: Piers) -> None:
    path = [*lying(10, 0), *south(30, 60, 90, 120, 300, begin_s=600)]
    call = left(take(rows(path), piers)[0])
    assert call["berth_to_us"] == (T0_S + 540) * 1_000_000


def test_who_is_heard_no_more_has_left_when_its_track_is_given_up(piers: Piers) -> None:
    last, over = 540, 540 + 25 * 3600
    said, presences = take(rows(lying(10, 0)), piers, [last, over - 1])
    assert "left" not in said["why"].to_list()
    assert len(presences)
    said, presences = take(rows(lying(10, 0)), piers, [last, over - 1, over])
    assert left(said)["clock_s"] == T0_S + over
    assert left(said)["exit_seen"] is False
    assert presences.is_empty()


def test_an_old_silence_is_no_part_of_the_approach(piers: Piers) -> None:
    for wait_s, known in ((3600, True), (8 * 3600, False)):
        away = every(600, wait_s // 600, begin_s=10_000, speed_kn=3.0)
        away = [(t, 10.0, -900.0, v) for t, _, _, v in away]
        begin = 10_000 + wait_s
        path = [*south(900, 900, 900), *away, *lying(10, begin)]
        berthed = take(rows(path), piers)[0].filter(pl.col("why") == "berthed")
        assert len(berthed) == 1
        assert (berthed["quiet_from_us"][0] is not None) == known


def test_two_boats_at_one_pier_are_two_calls(piers: Piers) -> None:
    path = [*south(*COMES), *lying(10, 120), *south(*GOES, begin_s=720)]
    both = pl.concat([rows(path, "mmsi:412000001"), rows(path, "mmsi:412000002")])
    ended = take(both, piers)[0].filter(pl.col("why") == "left", pl.col("pier") == P1)
    assert ended["target"].to_list() == ["mmsi:412000001", "mmsi:412000002"]


def test_without_piers_nothing_is_said() -> None:
    none = Piers(pl.DataFrame({"pier_id": []}), [], place().site.plane)
    said, presences = take(rows(lying(10, 0)), none)
    assert said.is_empty()
    assert presences.is_empty()

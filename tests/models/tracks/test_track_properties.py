"""Cut, Repeat, Prefix and Settle (design, decision 3): of the track models."""

from __future__ import annotations

import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import example, given
from hypothesis import strategies as st
from nasty_scenes import FIRST_S, LAST_S, LATENESS_S, Story, delayed, positions, scene, stories

from core.settings import TrackSettings
from models.tracks.fold import TrackState, advance
from models.tracks.positions import ceil_s

pytestmark = pytest.mark.timeout(TIMEOUT_S)
cuts = st.lists(st.integers(FIRST_S, LAST_S), max_size=6)
near_cuts = st.lists(st.integers(FIRST_S, FIRST_S + 4 * 3600), max_size=6)
SETTINGS = TrackSettings()

#: What a later step may use of a row; what came before it is known only within its segment.
LINKED = ["track", "target", "t_us", "clock_s", "lon", "lat", "speed_kn", "dt_s", "jump", "fresh"]
LINKED += ["after_silence", "stopped", "stop_from_us", "stop_lon", "stop_lat"]
LINKED += ["quiet_from_us", "quiet_to_us"]
CALLED = pl.exclude("to_us", "ended_s")


def run(rows: pl.DataFrame, ticks: list[int]) -> tuple[dict[str, pl.DataFrame], TrackState]:
    """All that was put out after taking the rows in batches that end at the ticks."""
    state, was = TrackState.initial(), 0
    out: dict[str, list[pl.DataFrame]] = {"linked": [], "stops": [], "called": [], "ends": []}
    for tick in ticks:
        batch = rows.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        state, said = advance(state, batch, tick, SETTINGS)
        out["linked"].append(said.linked.select(LINKED))
        out["stops"].append(said.stops)
        out["called"].append(said.called.select(CALLED))
        ended = said.silences.filter(pl.col("ended_s") > was)
        out["ends"].append(
            ended.select("track", "from_us", "to_us", pl.col("ended_s").alias("clock_s"))
        )
        was = tick
    frames = {name: pl.concat(parts) for name, parts in out.items()}
    return {name: frame.sort(frame.columns) for name, frame in frames.items()}, state


def equal(one: dict[str, pl.DataFrame], two: dict[str, pl.DataFrame]) -> None:
    for name, frame in one.items():
        assert frame.to_dicts() == two[name].to_dicts(), name


def in_order(parts: list[Story]) -> pl.DataFrame:
    """The rows of the settled pass: visible at the tick of their observation."""
    return positions(scene(parts)).with_columns(ceil_s(pl.col("t_us")).alias("clock_s"))


@examples(40)
@given(stories, st.integers(0, 99), cuts | near_cuts)
@example([("habit", 0)], 0, [1_772_424_637])  # kept rows without their full habit
def test_any_cuts_give_the_same_rows_stops_and_silences(
    parts: list[Story], seed: int, ticks: list[int]
) -> None:
    rows = positions(delayed(scene(parts), seed))
    end = max(ticks, default=LAST_S)
    whole, state = run(rows, [end])
    cut, cut_state = run(rows, sorted({*ticks, end}))
    equal(cut, whole)
    for name, frame in state.frames().items():
        assert cut_state.frames()[name].equals(frame), name


@examples(25)
@given(stories, st.integers(0, 99), st.integers(0, 500), st.integers(0, LATENESS_S))
def test_rows_given_again_change_nothing(
    parts: list[Story], seed: int, which: int, later_s: int
) -> None:
    rows = positions(delayed(scene(parts), seed))
    some = rows[which % len(rows) : which % len(rows) + 20]
    again = some.with_columns(pl.col("clock_s") + later_s)
    equal(run(pl.concat([rows, again]), [LAST_S])[0], run(rows, [LAST_S])[0])


@examples(30)
@given(stories, st.integers(0, 99), st.integers(FIRST_S, FIRST_S + 6 * 3600) | st.none(), st.data())
def test_input_ended_at_a_tick_gives_exactly_what_was_known_by_then(
    parts: list[Story], seed: int, tick: int | None, data: st.DataObject
) -> None:
    rows = positions(delayed(scene(parts), seed))
    whole, _ = run(rows, [LAST_S])
    if tick is None:  # at a tick at which something happens
        tick = data.draw(st.sampled_from(_ticks_of(whole)))
    short, _ = run(rows.filter(pl.col("clock_s") <= tick), [tick])
    when = {"linked": "clock_s", "stops": "clock_s", "called": "called_s", "ends": "clock_s"}
    equal(short, {name: frame.filter(pl.col(when[name]) <= tick) for name, frame in whole.items()})


def _ticks_of(out: dict[str, pl.DataFrame]) -> list[int]:
    called = out["called"]["called_s"].to_list()
    ticks = {*called, *(t - 1 for t in called), *out["stops"]["clock_s"], *out["ends"]["clock_s"]}
    return sorted({*ticks, *out["linked"]["clock_s"]})


@examples(15)
@given(stories, st.integers(0, 99))
def test_in_the_order_of_observation_it_does_not_matter_when_rows_arrived(
    parts: list[Story], seed: int
) -> None:
    rows = in_order(parts)
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=seed)
    equal(run(mixed, [LAST_S])[0], run(rows, [LAST_S])[0])


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    parts: list[Story] = [("berth", 1), ("sparse", 3), ("clones", 2), ("wild", 5), ("heard", 1)]
    out, _ = run(positions(scene(parts)), [LAST_S])
    assert all(len(frame) for frame in out.values())
    assert out["linked"]["jump"].any()
    assert out["linked"]["speed_kn"].is_not_null().any()

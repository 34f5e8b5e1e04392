"""Cut, Repeat and Prefix (design, decision 3): of pier calls."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from engine_scenes import place
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from nasty_scenes import FIRST_S, LAST_S, Story, delayed, positions, scene, stories

from core.schema import empty
from core.settings import CallSettings, TrackSettings
from geo.piers import Piers
from models.events import pier_calls
from models.tracks.fold import TrackState
from models.tracks.fold import advance as advance_tracks

pytestmark = pytest.mark.timeout(TIMEOUT_S)
TRACKS, CALLS = TrackSettings(), CallSettings()
cuts = st.lists(st.integers(FIRST_S, LAST_S), max_size=6)
near_cuts = st.lists(st.integers(FIRST_S, FIRST_S + 4 * 3600), max_size=6)


@cache
def piers() -> Piers:
    return place().site.piers


def run(rows: pl.DataFrame, ticks: list[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was said of calls in batches that end at the ticks, and the presences still open."""
    state, presences, was, said = TrackState.initial(), empty(pier_calls.PRESENCE), 0, []
    for tick in ticks:
        batch = rows.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        state, out = advance_tracks(state, batch, tick, TRACKS)
        presences, calls = pier_calls.advance(presences, out, tick, piers(), CALLS, TRACKS)
        said.append(calls)
        was = tick
    return pl.concat(said), presences


@examples(40)
@given(stories, st.integers(0, 99), cuts | near_cuts)
def test_any_cuts_say_the_same_of_calls_in_the_same_order(
    parts: list[Story], seed: int, ticks: list[int]
) -> None:
    rows = positions(delayed(scene(parts), seed))
    end = max(ticks, default=LAST_S)
    whole, open_ = run(rows, [end])
    cut, cut_open = run(rows, sorted({*ticks, end}))
    assert cut.to_dicts() == whole.to_dicts()
    assert cut_open.equals(open_)


@examples(20)
@given(stories, st.integers(0, 99), st.integers(0, 500), st.integers(0, 120))
def test_rows_given_again_say_nothing_new(
    parts: list[Story], seed: int, which: int, later_s: int
) -> None:
    rows = positions(delayed(scene(parts), seed))
    some = rows[which % len(rows) : which % len(rows) + 20]
    again = some.with_columns(pl.col("clock_s") + later_s)
    assert run(pl.concat([rows, again]), [LAST_S])[0].equals(run(rows, [LAST_S])[0])


@examples(40)
@given(stories, st.integers(0, 99), st.data())
def test_input_ended_at_a_tick_says_exactly_what_was_said_by_then(
    parts: list[Story], seed: int, data: st.DataObject
) -> None:
    rows = positions(delayed(scene(parts), seed))
    whole, _ = run(rows, [LAST_S])
    ticks = sorted({FIRST_S, *whole["clock_s"], *(whole["clock_s"] - 1)})
    tick = data.draw(st.sampled_from(ticks))
    short, _ = run(rows.filter(pl.col("clock_s") <= tick), [tick])
    assert short.to_dicts() == whole.filter(pl.col("clock_s") <= tick).to_dicts()


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    parts: list[Story] = [("berth", s) for s in range(12)]
    said, _ = run(positions(scene([*parts, ("heard", 1)])), [LAST_S])
    assert set(said["why"]) == {"berthed", "dwelt", "dark", "left"}

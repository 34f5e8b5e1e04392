"""Cut, Repeat, Prefix and Settle (design, decision 3): of the events of identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import event_runs
import polars as pl
import pytest
from event_runs import NOTHING_FUSED, Step, dicts, same
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from nasty_scenes import FIRST_S, LAST_S, Story, delayed, positions, scene, stories

from core.settings import EventSettings
from models.events import impossible_motion
from models.tracks.fold import TrackOutput
from models.tracks.positions import ceil_s

pytestmark = pytest.mark.timeout(TIMEOUT_S)
SETTINGS = EventSettings()
cuts = st.lists(st.integers(FIRST_S, LAST_S), max_size=6)
near_cuts = st.lists(st.integers(FIRST_S, FIRST_S + 4 * 3600), max_size=6)


@dataclass(frozen=True)
class Detector:
    """One detector as the properties need it."""

    initial: Callable[[], Any]
    load: Callable[[dict[str, pl.DataFrame]], Any]
    step: Step


def _impossible(state: Any, tracks: TrackOutput, _was: int, until: int) -> tuple[Any, pl.DataFrame]:
    return impossible_motion.advance(state, tracks, NOTHING_FUSED, until, SETTINGS)


DETECTORS = {
    "impossible_motion": Detector(
        impossible_motion.ImpossibleState.initial,
        impossible_motion.ImpossibleState.load,
        _impossible,
    ),
}
each = pytest.mark.parametrize("name", sorted(DETECTORS))


def run(
    name: str, rows: pl.DataFrame, ticks: list[int]
) -> tuple[pl.DataFrame, dict[str, list[dict[str, Any]]]]:
    d = DETECTORS[name]
    said, frames = event_runs.run(rows, ticks, d.initial(), d.load, d.step)
    return said, dicts(frames)


@each
@examples(25)
@given(parts=stories, seed=st.integers(0, 99), ticks=cuts | near_cuts)
def test_any_cuts_say_the_same(name: str, parts: list[Story], seed: int, ticks: list[int]) -> None:
    rows = positions(delayed(scene(parts), seed))
    end = max(ticks, default=LAST_S)
    whole, state = run(name, rows, [end])
    cut, cut_state = run(name, rows, sorted({*ticks, end}))
    assert same(cut, whole)
    assert cut_state == state


@each
@examples(15)
@given(
    parts=stories, seed=st.integers(0, 99), which=st.integers(0, 500), later_s=st.integers(0, 120)
)
def test_rows_given_again_say_nothing_new(
    name: str, parts: list[Story], seed: int, which: int, later_s: int
) -> None:
    rows = positions(delayed(scene(parts), seed))
    some = rows[which % len(rows) : which % len(rows) + 20]
    again = some.with_columns(pl.col("clock_s") + later_s)
    twice, _ = run(name, pl.concat([rows, again]), [LAST_S])
    assert same(twice, run(name, rows, [LAST_S])[0])


@each
@examples(25)
@given(parts=stories, seed=st.integers(0, 99), data=st.data())
def test_input_ended_at_a_tick_says_exactly_what_was_said_by_then(
    name: str, parts: list[Story], seed: int, data: st.DataObject
) -> None:
    rows = positions(delayed(scene(parts), seed))
    whole, _ = run(name, rows, [LAST_S])
    ticks = sorted({FIRST_S, *whole["clock_s"], *(whole["clock_s"] - 1)})
    tick = data.draw(st.sampled_from(ticks))
    short, _ = run(name, rows.filter(pl.col("clock_s") <= tick), [tick])
    assert same(short, whole.filter(pl.col("clock_s") <= tick))


@each
@examples(15)
@given(parts=stories, seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_however_rows_were_delayed_the_settled_events_are_the_same(
    name: str, parts: list[Story], seeds: tuple[int, int]
) -> None:
    """The settled pass takes rows in the order of observation, once the lateness is over."""
    told = []
    for seed in seeds:
        came = positions(delayed(scene(parts), seed)).sort("clock_s", "key")
        settled = came.with_columns(ceil_s(pl.col("t_us")).alias("clock_s"))
        told.append(run(name, settled, [LAST_S])[0])
    assert same(*told)

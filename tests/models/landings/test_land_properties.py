"""Cut, Repeat, Prefix and Settle (design, decision 3): of what the land side says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from land_scene import KINDS, T0_S, Story, delayed, run, scene, stories

pytestmark = pytest.mark.timeout(TIMEOUT_S)
LAST_S = T0_S + 14 * 86400
NEAR_S = T0_S + 6 * 3600
cuts = st.lists(st.integers(T0_S, NEAR_S), max_size=6)


@examples(25)
@given(stories, st.integers(0, 99), cuts)
def test_any_cuts_say_the_same_and_remember_the_same(
    parts: list[Story], seed: int, ticks: list[int]
) -> None:
    rows = delayed(scene(parts), seed)
    for end in (max(ticks, default=NEAR_S), LAST_S):
        whole, kept = run(rows, [end])
        cut, cut_kept = run(rows, sorted({*ticks, end}))
        assert cut.to_dicts() == whole.to_dicts()
        for name, frame in kept.items():
            assert cut_kept[name].to_dicts() == frame.to_dicts(), name


@pytest.mark.parametrize("seed", [0, 1])
def test_a_full_shore_cut_every_few_minutes_says_the_same(seed: int) -> None:
    kinds = [(kind, 10 * seed + s) for kind in KINDS for s in range(8)]
    rows = delayed(scene(kinds), seed)
    ticks = [*range(T0_S, NEAR_S, 293), LAST_S]
    whole, kept = run(rows, [LAST_S])
    cut, cut_kept = run(rows, ticks)
    assert cut.to_dicts() == whole.to_dicts()
    assert {n: f.to_dicts() for n, f in cut_kept.items()} == {
        n: f.to_dicts() for n, f in kept.items()
    }


@examples(15)
@given(stories, st.integers(0, 99), st.integers(0, 500), st.integers(0, 120))
def test_rows_given_again_say_nothing_new(
    parts: list[Story], seed: int, which: int, later_s: int
) -> None:
    rows = delayed(scene(parts), seed)
    some = rows[which % len(rows) : which % len(rows) + 20]
    some = some.filter(pl.col("what") != "alive")  # that a camera lived is said once more
    again = some.with_columns(pl.col("clock_s") + later_s)
    once, twice = (
        run(frame, [LAST_S])[0].filter(pl.col("kind") != "coverage")
        for frame in (rows, pl.concat([rows, again]))
    )
    assert twice.to_dicts() == once.to_dicts()


@examples(15)
@given(stories, st.integers(0, 99), st.data())
def test_input_ended_at_a_tick_says_exactly_what_was_said_by_then(
    parts: list[Story], seed: int, data: st.DataObject
) -> None:
    rows = delayed(scene(parts), seed)
    whole, _ = run(rows, [LAST_S])
    ticks = sorted({T0_S, *whole["clock_s"], *(whole["clock_s"] - 1)})
    tick = data.draw(st.sampled_from(ticks))
    short, _ = run(rows.filter(pl.col("clock_s") <= tick), [tick])
    assert short.to_dicts() == whole.filter(pl.col("clock_s") <= tick).to_dicts()


@examples(10)
@given(stories, st.integers(0, 99))
def test_rows_in_any_order_that_settle_at_their_times_say_the_same(
    parts: list[Story], seed: int
) -> None:
    rows = scene(parts)
    mixed = rows[np.random.default_rng(seed).permutation(len(rows))]
    assert run(mixed, [LAST_S])[0].to_dicts() == run(rows, [LAST_S])[0].to_dicts()


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    said, _ = run(scene([(kind, s) for kind in KINDS for s in range(6)]), [LAST_S])
    kinds = {"truck_wait", "truck_pass", "camera_boat", "camera_truck", "barrier", "coverage"}
    assert set(said["kind"]) == kinds
    assert said.filter(pl.col("to_us").is_not_null())["kind"].n_unique() == len(kinds)

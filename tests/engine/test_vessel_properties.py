"""Cut, Repeat, Prefix and Settle (design, decision 3): of what the engine says of vessels."""

from __future__ import annotations

import json
from datetime import datetime

import polars as pl
import pytest
from engine_runs import run, same_state, standing
from engine_vessels import BEGIN_S, END_S, LASTS_S, boats, radar_place
from example_counts import MOST_CUTS, TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from nasty_scenes import delayed, observations

from engine.fold import EngineState, Output

pytestmark = pytest.mark.timeout(TIMEOUT_S)
seeds = st.integers(0, 999)
ticks = st.integers(BEGIN_S, BEGIN_S + LASTS_S + 1200)
Told = tuple[str, str, pl.DataFrame, pl.DataFrame, pl.DataFrame]


def told(rows: pl.DataFrame, ends: list[int], *, save: bool = False) -> Told:
    """Alerts, events, the settled fixes and links, and the fast fixes."""
    return told_of(rows, ends, save=save)[0]


def told_of(rows: pl.DataFrame, ends: list[int], *, save: bool = False) -> tuple[Told, EngineState]:
    """What is told, and the state after it."""
    out: list[Output] = []
    alerts, happened, state = run(rows, ends, save=save, where=radar_place(), outputs=out)
    settled = [pl.concat([getattr(o.vessels, name) for o in out]) for name in ("fixes", "links")]
    fast = pl.concat([o.fast.fixes for o in out])
    return (alerts, happened, settled[0], settled[1], fast), state


def same(one: Told, two: Told, upto: int = 5) -> None:
    assert one[0].splitlines() == two[0].splitlines()
    assert one[1].splitlines() == two[1].splitlines()
    for a, b in zip(one[2:upto], two[2:upto], strict=True):
        assert a.to_dicts() == b.to_dicts()


@examples(5)
@given(seeds, seeds, st.lists(ticks, max_size=MOST_CUTS))
def test_any_cuts_with_save_and_reload_give_the_same_vessels(
    seed: int, delay: int, cuts: list[int]
) -> None:
    rows = observations(delayed(boats(seed), delay))
    ends = sorted({*cuts, END_S})
    parts, after = told_of(rows, ends, save=True)
    whole, state = told_of(rows, [END_S])
    same(parts, whole)
    assert same_state(after, state)


@examples(4)
@given(seeds, seeds, st.integers(0, 500), st.integers(0, 100))
def test_a_frame_given_again_changes_no_vessel(
    seed: int, delay: int, which: int, later_s: int
) -> None:
    rows = observations(delayed(boats(seed), delay))
    again = rows[which % len(rows) : which % len(rows) + 20].with_columns(
        pl.col("arrived_at") + pl.duration(seconds=later_s)
    )
    same(told(pl.concat([rows, again]), [END_S]), told(rows, [END_S]))


@examples(5)
@given(seeds, seeds, ticks)
def test_input_ended_at_a_tick_gives_exactly_the_vessels_until_then(
    seed: int, delay: int, tick: int
) -> None:
    rows = observations(delayed(boats(seed), delay))
    whole = told(rows, [END_S])
    arrived_s = -(-rows["arrived_at"].dt.epoch("us") // 1_000_000)
    short = told(rows.filter(arrived_s <= tick), [tick])
    for name, i in (("issued_at", 0), ("settled_at", 1)):
        until = [text for text in whole[i].splitlines() if _tick(text, name) <= tick]
        assert short[i].splitlines() == until
    assert short[4].to_dicts() == whole[4].filter(pl.col("clock_s") <= tick).to_dicts()
    last_s = short[2]["clock_s"].max() if len(short[2]) else 0
    assert short[2].to_dicts() == whole[2].filter(pl.col("clock_s") <= last_s).to_dicts()


def _tick(text: str, name: str) -> int:
    return int(datetime.fromisoformat(json.loads(text)[name]).timestamp())


@examples(5)
@given(seeds, seeds, st.integers(1, 120))
def test_lines_delayed_within_their_sensors_limits_leave_the_vessels_as_they_settle(
    seed: int, delay: int, most_s: int
) -> None:
    on_time = told(observations(boats(seed)), [END_S])
    late = told(observations(delayed(boats(seed), delay, most_s)), [END_S])
    assert late[1].splitlines() == on_time[1].splitlines()
    assert standing(late[0]) == standing(on_time[0])
    for a, b in zip(late[2:4], on_time[2:4], strict=True):
        assert a.to_dicts() == b.to_dicts()


def test_the_scenes_hold_vessels_of_several_sensors_and_what_befalls_them() -> None:
    members, kinds = set(), set()
    for seed in range(4):
        rows = observations(boats(seed))
        _, happened, fixes, links, fast = told(rows, [END_S])
        members |= set(fixes["members"])
        kinds |= {json.loads(line)["kind"] for line in happened.splitlines()}
        assert len(links)
        assert len(fast) >= len(fixes)
    assert members & {3, 5, 6, 7}, "some vessel is of two sensors at least"
    assert len(kinds) > 1

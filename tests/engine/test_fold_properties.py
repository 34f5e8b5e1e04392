"""Cut, Repeat, Prefix and Settle (design, decision 3): of the whole engine."""

from __future__ import annotations

import json
from datetime import datetime

import polars as pl
import pytest
from engine_runs import run, same_state, scene_place, standing
from engine_scenes import START_S, night, raw
from example_counts import MOST_CUTS, TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from nasty_scenes import FIRST_S, LAST_S, delayed, observations, scene, stories

from core.schema import LATENESS_S
from engine.fold import Batch, EngineState, Output, advance

pytestmark = pytest.mark.timeout(TIMEOUT_S)
END_S = LAST_S + 86400
SECOND_SHIP_LON = 122.2  # it lies 39 km to the east of all piers
seeds = st.integers(0, 99)
cuts = st.lists(
    st.integers(FIRST_S, LAST_S) | st.integers(FIRST_S, FIRST_S + 14400), max_size=MOST_CUTS
)
nights = st.integers(0, 9999)
scenes = stories.map(scene) | nights.map(lambda seed: raw(night(seed)))


@examples(8)
@given(scenes, seeds, cuts)
def test_any_cuts_of_the_input_with_save_and_reload_give_the_same_bytes(
    frame: pl.DataFrame, seed: int, ticks: list[int]
) -> None:
    rows = observations(delayed(frame, seed))
    end = max(ticks, default=END_S)
    at_once: list[Output] = []
    bit_by_bit: list[Output] = []
    whole = run(rows, [end], outputs=at_once)
    parts = run(rows, sorted({*ticks, end}), save=True, outputs=bit_by_bit)
    assert parts[0].splitlines() == whole[0].splitlines()
    assert parts[1].splitlines() == whole[1].splitlines()
    assert same_state(parts[2], whole[2])
    assert at_noon(bit_by_bit) == at_noon(at_once)


@examples(6)
@given(scenes, seeds, st.integers(0, 500), st.integers(0, 400))
def test_a_frame_given_again_changes_nothing(
    frame: pl.DataFrame, seed: int, which: int, later_s: int
) -> None:
    rows = observations(delayed(frame, seed))
    again = rows[which % len(rows) : which % len(rows) + 20].with_columns(
        pl.col("arrived_at") + pl.duration(seconds=later_s)
    )
    once: list[Output] = []
    twice: list[Output] = []
    whole = run(rows, [END_S], outputs=once)
    assert run(pl.concat([rows, again]), [END_S], outputs=twice)[:2] == whole[:2]
    assert at_noon(twice) == at_noon(once)


@examples(6)
@given(scenes, seeds, st.data())
def test_input_ended_at_a_tick_gives_exactly_the_lines_issued_until_then(
    frame: pl.DataFrame, seed: int, data: st.DataObject
) -> None:
    rows = observations(delayed(frame, seed))
    ever: list[Output] = []
    whole = run(rows, [END_S], outputs=ever)
    said = {_tick(text, "issued_at") for text in whole[0].splitlines()}
    said |= {_tick(text, "settled_at") for text in whole[1].splitlines()}
    reports = at_noon(ever)
    said |= {_tick(text, "made_at") for text in reports}
    near = sorted({FIRST_S, *said, *(tick - 1 for tick in said)})
    tick = data.draw(st.sampled_from(near) | st.integers(FIRST_S, FIRST_S + 4 * 3600))
    arrived_s = -(-rows["arrived_at"].dt.epoch("us") // 1_000_000)
    then: list[Output] = []
    short = run(rows.filter(arrived_s <= tick), [tick], outputs=then)
    for name, i in (("issued_at", 0), ("settled_at", 1)):
        until = [text for text in whole[i].splitlines() if _tick(text, name) <= tick]
        assert short[i].splitlines() == until
    assert at_noon(then) == [text for text in reports if _tick(text, "made_at") <= tick]


def at_noon(outputs: list[Output]) -> list[str]:
    """The reports on the nights that ended, a line each."""
    return [json.dumps(one) for out in outputs for one in out.night_reports]


def _tick(text: str, name: str) -> int:
    return int(datetime.fromisoformat(json.loads(text)[name]).timestamp())


@examples(6)
@given(scenes, seeds, st.integers(1, LATENESS_S["ais"]))
def test_lines_delayed_within_the_allowed_lateness_leave_what_stands_the_same(
    frame: pl.DataFrame, seed: int, most_s: int
) -> None:
    on_time = run(observations(frame), [END_S])
    late = run(observations(delayed(frame, seed, most_s)), [END_S])
    assert late[1].splitlines() == on_time[1].splitlines()
    assert standing(late[0]) == standing(on_time[0])


@examples(5)
@given(scenes, seeds, st.integers(1, 40), st.sampled_from([1, 60, 3600, 90000]))
def test_rows_beyond_the_allowed_lateness_change_nothing_but_their_count(
    frame: pl.DataFrame, seed: int, n: int, late_s: int
) -> None:
    """Late by ever another time: one and the same would be a clock's (see models/feeds/skew)."""
    rows = frame.sample(min(n, len(frame)), seed=seed).sort("t_us").with_row_index("i")
    allowed = pl.when(pl.col("target").str.starts_with("beidou:")).then(900).otherwise(120)
    late = allowed + late_s + pl.col("i").cast(pl.Int64) * 211 % 1200
    latest = pl.max_horizontal(-(-pl.col("t_us") // 1_000_000) + late, "arrived_s")
    moved = rows.with_columns(
        latest.alias("arrived_s"), pl.col("lon") + 0.001, pl.col("t_us") - 1_000_000
    ).drop("i")
    alerts, happened, state = run(observations(pl.concat([frame, moved])), [END_S])
    without = run(observations(frame), [END_S])
    assert (alerts, happened) == without[:2]
    assert state.late == without[2].late + len(moved)


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    """Properties of nothing would hold too: over some scenes alerts, cancels and events come.

    In two places is who was given a second ship under the number (`night`), and nobody else,
    though rows come late and a second station's copies are a little elsewhere.
    """
    statuses, kinds, sizes = set(), set(), set()
    ended: list[Output] = []
    for seed in (*range(7), 21):
        for frame in (raw(night(seed)), scene([("jitter", seed), ("berth", seed), ("heard", 1)])):
            rows = observations(delayed(frame, seed))
            alerts, happened, _ = run(rows, [END_S], outputs=ended)
            statuses |= {json.loads(a)["status"] for a in alerts.splitlines()}
            events = [json.loads(e) for e in happened.splitlines()]
            kinds |= {e["kind"] for e in events}
            odd = {t for e in events if e["kind"] == "identity_conflict" for t in e["targets"]}
            assert odd <= set(frame.filter(pl.col("lon") > SECOND_SHIP_LON)["target"])
            parts = [p for a in alerts.splitlines() for p in json.loads(a)["severity_parts"]]
            sizes |= {p["value"] for p in parts if p["criterion"] == "vessel_size" and p["known"]}
    assert statuses == {"new", "update", "cancel"}
    # Impossible are wild positions, second ships, and 3 km in two minutes (`_jitter`).
    assert kinds == {"stop", "silence", "pier_call", "identity_conflict", "impossible_motion"}
    assert len(sizes) > 1  # claimed lengths are known and change
    counts = [json.loads(text)["alerts"] for text in at_noon(ended)]
    assert all(any(count[how] for count in counts) for how in ("standing", "taken_back"))


def test_a_batch_from_the_past_is_refused() -> None:
    rows = night(1)
    state, _ = advance(EngineState.initial(), Batch(rows, START_S + 14400), scene_place())
    with pytest.raises(ValueError, match="has passed"):
        advance(state, Batch(rows[:0], START_S), scene_place())


def test_an_empty_batch_says_nothing() -> None:
    _, out = advance(EngineState.initial(), Batch(night(1)[:0], START_S), scene_place())
    assert isinstance(out, Output)
    assert (out.alerts, out.events) == ([], [])

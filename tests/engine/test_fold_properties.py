"""Cut, Repeat, Prefix and Settle (design, decision 3): of the whole engine."""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from engine_scenes import START_S, night, place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.envelope import line
from engine.fold import WAIT_S, Batch, EngineState, Output, advance
from engine.place import Place

FROM_S = START_S - 3 * 3600
UNTIL_S = START_S + 4 * 3600
EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
seeds = st.integers(0, 10_000)


@cache
def scene() -> Place:
    return place()


def run(
    rows: pl.DataFrame, ticks: list[int], *, save: bool = False
) -> tuple[str, str, EngineState]:
    """The lines of alerts and events after taking the rows in batches that end at the ticks."""
    state, alerts, happened = EngineState.initial(), [], []
    arrived_s = -(-rows["arrived_at"].dt.epoch("us") // 1_000_000)
    was = -1
    for tick in ticks:
        batch = rows.filter((arrived_s > was) & (arrived_s <= tick))
        if save:
            state = EngineState.load(state.save())
        state, out = advance(state, Batch(batch, tick), scene())
        alerts += [line(a) for a in out.alerts]
        happened += [json.dumps(e) for e in out.events]
        was = tick
    return "\n".join(alerts), "\n".join(happened), state


def standing(alerts: str) -> set[str]:
    """What the alerts say that stand at the end, but for id, revision and time of issue."""
    last: dict[str, dict[str, Any]] = {}
    for text in alerts.splitlines():
        alert = json.loads(text)
        last[alert["alert_id"]] = alert
    drop = ("alert_id", "revision", "issued_at", "status")
    kept = [a for a in last.values() if a["status"] != "cancel"]
    texts = [json.dumps({k: v for k, v in a.items() if k not in drop}) for a in kept]
    assert len(set(texts)) == len(texts), "two alerts stand for one call"
    return set(texts)


def same_state(one: EngineState, two: EngineState) -> bool:
    """Whether two states hold the same rows, the same book and the same clock."""
    a, b = one.save(), two.save()
    frames = [n for n in a if n.endswith(".arrow")]
    equal = all(pl.read_ipc(BytesIO(a[n])).equals(pl.read_ipc(BytesIO(b[n]))) for n in frames)
    return equal and a["clock"] == b["clock"] and a["book.json"] == b["book.json"]


@EXAMPLES
@given(seeds, st.lists(st.integers(FROM_S, UNTIL_S), max_size=6))
def test_any_cuts_of_the_input_with_save_and_reload_give_the_same_bytes(
    seed: int, cuts: list[int]
) -> None:
    rows = delayed(night(seed), seed, 100)
    whole = run(rows, [UNTIL_S])
    parts = run(rows, [*sorted(cuts), UNTIL_S], save=True)
    assert parts[:2] == whole[:2]
    assert same_state(parts[2], whole[2])


@EXAMPLES
@given(seeds, st.integers(0, 500), st.integers(0, 90))
def test_a_frame_given_again_changes_nothing(seed: int, which: int, later_s: int) -> None:
    rows = night(seed)
    again = rows[which % len(rows) : which % len(rows) + 20].with_columns(
        pl.col("arrived_at") + pl.duration(seconds=later_s)
    )
    assert run(pl.concat([rows, again]), [UNTIL_S])[:2] == run(rows, [UNTIL_S])[:2]


@EXAMPLES
@given(seeds, st.integers(FROM_S, UNTIL_S))
def test_input_ended_at_a_tick_gives_exactly_the_lines_issued_until_then(
    seed: int, tick: int
) -> None:
    rows = delayed(night(seed), seed, 100)
    arrived_s = -(-rows["arrived_at"].dt.epoch("us") // 1_000_000)
    short = run(rows.filter(arrived_s <= tick), [tick])
    whole = run(rows, [UNTIL_S])
    at = np.datetime64(tick, "s").astype(str) + "Z"
    for name, i in (("issued_at", 0), ("settled_at", 1)):
        until = [text for text in whole[i].splitlines() if json.loads(text)[name] <= at]
        assert short[i].splitlines() == until


@EXAMPLES
@given(seeds, st.integers(1, WAIT_S - 2))
def test_lines_delayed_within_the_allowed_lateness_leave_what_stands_the_same(
    seed: int, most_s: int
) -> None:
    rows = night(seed)
    on_time, late = run(rows, [UNTIL_S]), run(delayed(rows, seed, most_s), [UNTIL_S])
    assert late[1] == on_time[1]
    assert standing(late[0]) == standing(on_time[0])


def delayed(rows: pl.DataFrame, seed: int, most_s: int) -> pl.DataFrame:
    """The rows, some of them arriving later, in the order of their arrival."""
    rng = np.random.default_rng(seed + 1)
    wait = np.where(rng.random(len(rows)) < 0.3, rng.integers(0, most_s + 1, len(rows)), 0)
    later = pl.col("arrived_at") + pl.duration(seconds=pl.Series(wait))
    return rows.with_columns(later).sort("arrived_at", "key")


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    """Properties of nothing would hold too: over some seeds alerts, cancels and events come."""
    statuses, kinds = set(), set()
    for seed in range(12):
        alerts, happened, _ = run(delayed(night(seed), seed, 100), [UNTIL_S])
        statuses |= {json.loads(a)["status"] for a in alerts.splitlines()}
        kinds |= {json.loads(e)["kind"] for e in happened.splitlines()}
    assert {"new", "update"} <= statuses
    assert {"stop", "silence", "pier_call"} <= kinds


def test_a_batch_from_the_past_is_refused() -> None:
    state, _ = advance(EngineState.initial(), Batch(night(1), UNTIL_S), scene())
    with pytest.raises(ValueError, match="has passed"):
        advance(state, Batch(night(1)[:0], UNTIL_S - 1), scene())


def test_an_empty_batch_says_nothing() -> None:
    _, out = advance(EngineState.initial(), Batch(night(1)[:0], UNTIL_S), scene())
    assert isinstance(out, Output)
    assert (out.alerts, out.events) == ([], [])

"""What is certain to be released before its tick is over comes out of the tick as it went in."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from feed_rows import T0_S, frame, row
from hypothesis import given
from hypothesis import strategies as st

from core.schema import OBSERVATION, arriving
from models.feeds.quarantine import RELEASED, Quarantine, advance, arrived, certain, strange

pytestmark = pytest.mark.timeout(TIMEOUT_S)
TICK = 1000
_OFFSETS = (0.0, 0.0, -3.0, 59.9, 60.0, 60.1, 300.0, 302.0, 28800.0, -899.0, -901.0, -3600.0)
_SENSORS = ("ais", "beidou", "vehicle", "camera")
sources = st.sampled_from(["S1", "S2"])
rows_of = st.builds(
    lambda at, sensor, source, off_s: row(at, sensor, source, off_s=off_s),
    st.integers(1, 1000), st.sampled_from(_SENSORS), sources, st.sampled_from(_OFFSETS),
)  # fmt: skip


def batch(rows: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Observations and those ahead, as decoders part them."""
    ahead = [each for each in rows if each["observed_at"] > each["received_at"] + 60_000_000]
    return frame([each for each in rows if each not in ahead]), frame(ahead)


def at(rows: list[dict[str, Any]], begin: float, step: float) -> list[dict[str, Any]]:
    """The rows moved: their times of arrival are steps after a beginning."""
    out = []
    for each in rows:
        by = round((begin + step * (each["arrived_at"] / 1e6 - T0_S)) * 1e6) + T0_S * 1_000_000
        moved = {n: each[n] + by - each["arrived_at"] for n in ("observed_at", "received_at")}
        out.append({**each, **moved, "arrived_at": by})
    return out


@examples(150)
@given(st.lists(rows_of, max_size=40), st.lists(rows_of, max_size=60), st.integers(0, 60))
def test_certain_rows_come_out_unchanged_whatever_else_the_tick_brings(
    before: list[dict[str, Any]], now: list[dict[str, Any]], shown: int
) -> None:
    until_s = T0_S + TICK
    state, _, _ = advance(Quarantine(), arrived(*batch(at(before, 0, TICK / 1000))), until_s)
    tick = at(now, TICK, 0.001)
    first, _ = batch(tick[:shown])
    sure = first.filter(certain(state, first, until_s))
    _, out, _ = advance(state, arrived(*batch(tick)), until_s + 1)
    assert not set(map(repr, sure.rows())) - set(
        map(repr, out.select(arriving(OBSERVATION).names()).rows())
    )


@examples(150)
@given(
    st.lists(rows_of, max_size=40), st.lists(rows_of, max_size=60), st.lists(rows_of, max_size=60),
    st.integers(0, 60),
)  # fmt: skip
def test_rows_are_certain_though_the_tick_before_them_is_being_taken(
    before: list[dict[str, Any]], taken: list[dict[str, Any]], now: list[dict[str, Any]], shown: int
) -> None:
    until_s = T0_S + TICK
    state, _, _ = advance(Quarantine(), arrived(*batch(at(before, 0, TICK / 1000))), until_s)
    given_now = arrived(*batch(at(taken, TICK, 0.003)))  # three ticks at once
    names = strange(state, given_now)
    plain = given_now.with_columns(pl.col("source").fill_null("").alias("who")).join(
        names, on=["sensor", "who"], how="anti"
    )
    tick = at(now, TICK + 3, 0.001)
    first, _ = batch(tick[:shown])
    sure = first.filter(certain(state, first, until_s + 3, names))
    between, out, _ = advance(state, given_now, until_s + 3)
    assert not set(map(repr, plain.select(RELEASED.names()).rows())) - set(map(repr, out.rows()))
    _, out, _ = advance(between, arrived(*batch(tick)), until_s + 4)
    assert not set(map(repr, sure.rows())) - set(
        map(repr, out.select(arriving(OBSERVATION).names()).rows())
    )


def test_a_verdict_of_the_same_tick_does_not_touch_what_agreed_before_it() -> None:
    right = row(TICK + 0.001, "radar", "R1")
    wrong = [row(TICK + 0.01 * i, "radar", "R1", off_s=300.0) for i in range(2, 16)]
    first = frame([right])
    assert certain(Quarantine(), first, T0_S + TICK).to_list() == [True]
    state, out, _ = advance(Quarantine(), arrived(*batch([right, *wrong])), T0_S + TICK + 1)
    assert next(iter(state.clocks.values())).skew_s == 300.0
    assert len(out) == 15, "the verdict freed those that are ahead"
    assert out.select(first.columns).filter(pl.col("key") == right["key"]).equals(first)


def test_only_right_clocks_and_ordinary_offsets_of_the_very_next_tick_are_certain() -> None:
    wrong = [row(10.0 * i, "radar", "R1", off_s=300.0) for i in range(20)]
    state, _, _ = advance(Quarantine(), arrived(*batch(wrong)), T0_S + TICK)
    nobody = {**row(TICK + 0.7, "radar", "R2"), "source": None}
    rows = [
        row(TICK + 0.4, "radar", "R1"), row(TICK + 0.5, "radar", "R2"),
        row(TICK + 0.6, "radar", "R2", off_s=-5000.0), nobody, row(TICK + 1.5, "radar", "R2"),
    ]  # fmt: skip
    told = certain(state, frame(rows), T0_S + TICK)
    assert told.to_list() == [False, True, False, True, False]

"""Each part alone: cut anywhere, or given again, it says the same."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from feed_rows import T0_S
from feed_scenes import END_S, Feeds, coast, feeds
from hypothesis import given
from hypothesis import strategies as st

from core.schema import empty
from models.feeds import plausibility, quarantine, reception, sos, watch
from models.feeds.skew import Clock, agrees, follow

pytestmark = pytest.mark.timeout(TIMEOUT_S)
LAST_S = END_S + 3600
seeds = st.integers(0, 9999)
cuts = st.lists(st.integers(0, LAST_S), max_size=8).map(lambda t: sorted({*t, LAST_S}))


def parts(scene: Feeds, ticks: list[int]) -> list[tuple[int, int, pl.DataFrame, Any]]:
    """Begin, end, rows and batch of each part."""
    out, was = [], 0
    for tick in ticks:
        batch = scene.between(was, T0_S + tick)
        rows = quarantine.arrived(batch.observations, batch.ahead)
        out.append((was, T0_S + tick, rows, batch))
        was = T0_S + tick
    return out


def released(scene: Feeds, ticks: list[int]) -> tuple[list[Any], list[Any], quarantine.Quarantine]:
    state, out, refused = quarantine.Quarantine(), [], []
    for _, until_s, rows, _ in parts(scene, ticks):
        state = quarantine.Quarantine.load(state.dump(), state.waiting)
        state, passed, lost = quarantine.advance(state, rows, until_s)
        out += passed.rows()
        refused += lost.rows()
    return sorted(map(repr, out)), sorted(map(repr, refused)), state


@examples(12)
@given(seeds, cuts)
def test_the_quarantine_does_not_know_where_it_was_cut(seed: int, ticks: list[int]) -> None:
    scene = feeds(seed)
    one, many = released(scene, [LAST_S]), released(scene, ticks)
    assert many[:2] == one[:2]
    assert many[2].clocks == one[2].clocks
    assert many[2].waiting.equals(one[2].waiting)


@examples(12)
@given(seeds, cuts)
def test_the_watch_does_not_know_where_it_was_cut(seed: int, ticks: list[int]) -> None:
    scene = feeds(seed)

    def told(ends: list[int]) -> tuple[list[watch.Said], watch.Watch]:
        state, said = watch.Watch(), []
        for after_s, until_s, _, batch in parts(scene, ends):
            shown = batch.alive.select(
                pl.concat_str(pl.lit("camera:"), "source").alias("name"),
                (-(-pl.col("arrived_at").dt.epoch("us") // 1_000_000)).alias("tick_s"),
            )
            state, words = watch.advance(
                state, batch.heard, shown, batch.facts, after_s, until_s, {}
            )
            said += words
        return said, state

    (one, whole), (many, cut) = told([LAST_S]), told(ticks)
    assert many == one
    assert cut.judged.equals(whole.judged)
    assert cut.outages == whole.outages


@examples(12)
@given(seeds, cuts, st.integers(0, 3000))
def test_calls_for_help_know_neither_cuts_nor_repeats(
    seed: int, ticks: list[int], later_s: int
) -> None:
    scene = feeds(seed)

    def told(ends: list[int]) -> list[sos.Said]:
        calls, said = sos.Calls(), []
        for _, until_s, rows, _ in parts(scene, ends):
            calls, words, _ = sos.take(sos.Calls.load(calls.dump()), rows, until_s)
            said += words
        return said

    assert told(ticks) == told([LAST_S])
    _, _, rows, _ = parts(scene, [LAST_S])[0]
    again = rows.with_columns(pl.col("tick_s") + later_s).filter(
        pl.col("tick_s") <= T0_S + LAST_S, pl.int_range(pl.len()) % 7 == 0
    )
    both = pl.concat([rows, again]).sort("tick_s", maintain_order=True)
    assert sos.take(sos.Calls(), both, T0_S + LAST_S)[1] == told([LAST_S])


@examples(12)
@given(seeds, st.lists(st.integers(1, LAST_S // 15), max_size=6))
def test_doubts_and_maps_do_not_know_where_they_were_cut(seed: int, ends: list[int]) -> None:
    whole = parts(feeds(seed), [LAST_S])[0][2].select(quarantine.RELEASED.names())
    rows = whole.with_columns((-(-pl.col("tick_s") // 15) * 15).alias("stretch_s"))
    site = coast().site

    def told(stops: list[int]) -> tuple[list[Any], list[Any], pl.DataFrame, pl.DataFrame]:
        newest, cells = empty(plausibility.NEWEST), empty(reception.COUNTED)
        doubts, hours, was = [], [], 0
        for stop in stops:
            mine = rows.filter(pl.col("stretch_s") > was, pl.col("stretch_s") <= stop)
            newest, said = plausibility.judge(newest, mine, site.land, site.piers)
            newest = plausibility.forget(newest, stop)
            cells = reception.learn(cells, reception.counted(mine))
            cells, closed = reception.closed(cells, stop)
            doubts += said.rows()
            hours += closed.rows()
            was = stop
        return doubts, hours, newest, cells

    last = (T0_S + LAST_S) // 15 * 15 + 15
    one = told([last])
    many = told(sorted({*(T0_S // 15 * 15 + 15 * end for end in ends), last}))
    assert many[:2] == one[:2]
    assert many[2].equals(one[2])
    assert many[3].equals(one[3])


offsets = st.lists(st.sampled_from([0.0, -3.0, 62.0, 400.0, 405.0, -400.0, 28800.0]), max_size=60)


@examples(60)
@given(offsets, st.integers(1, 59), st.sampled_from([1, 15, 70]))
def test_a_clock_does_not_know_where_it_was_cut_and_never_disagrees_with_its_verdict(
    offsets_s: list[float], at: int, step: int
) -> None:
    ticks = [step * i for i in range(len(offsets_s))]
    whole, changes, looks = follow(Clock(), ticks, offsets_s, 120.0)
    half, first, early = follow(Clock(), ticks[:at], offsets_s[:at], 120.0)
    rest, second, later = follow(half, ticks[at:], offsets_s[at:], 120.0)
    assert (rest, [*first, *second], [*early, *later]) == (whole, changes, looks)
    for _, skew in changes:
        assert skew == 0.0 or not agrees(skew, 0.0, 120.0)

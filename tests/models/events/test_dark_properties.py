"""Cut, Repeat, Prefix and Settle (design, decision 3): of dark vessels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from dark_scene import Night, called, joined, night, reception, registered, small_boats
from event_runs import dicts, saved
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from made_fixes import STEP_S, T0_S, Boat, fixes, lying, sailing, site

from core.settings import EventSettings
from geo.visibility import Lookout
from models.events.dark_vessels import DarkState, advance
from models.fusion.schema import AIS, BEIDOU, RADAR

pytestmark = pytest.mark.timeout(TIMEOUT_S)
RULE = EventSettings()
WHERE = site((("P1", 2_500.0, 200.0),), ((-900.0, -900.0, 0.0, 0.0),))
RADARS = Lookout.of(
    pl.DataFrame({"radar_id": ["R1"], "lon": [121.9], "lat": [29.2], "range_m": [9_000.0]})
)
LAST_S = 3 * 3600
Story = tuple[str, int]
KINDS = ("echo", "ship", "switched_on", "went_dark", "neighbour", "buoy")
stories: st.SearchStrategy[list[Story]] = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 999)), min_size=1, max_size=4
)
cuts = st.lists(st.integers(1, LAST_S), max_size=6)


def scene(parts: list[Story]) -> Night:
    """A neighbour that is heard, and a vessel a story."""
    frames = [fixes(Boat("heard", lying(1_000.0, 1_000.0), "mmsi:412999999", AIS, to_s=5_400))]
    links: list[dict[str, object]] = []
    silences: list[dict[str, object]] = []
    for number, (kind, seed) in enumerate(parts):
        rng = np.random.default_rng([number, KINDS.index(kind), seed])
        frame, name = _vessel(kind, number, rng), f"v{number}"
        frames.append(frame)
        join_s = int(rng.integers(0, 20)) * STEP_S
        links.append(joined(name, f"radar:R1:{number}", join_s))
        if rng.random() < 0.3:
            links.append(joined(name, f"radar:R2:{number}", join_s + 600, source="R2"))
            links.append(joined(name, f"radar:R2:{number}", join_s + 1_500, "left", "R2"))
        if kind == "went_dark":
            mute = frame.filter((pl.col("heard") & AIS) == 0)["clock_s"]
            from_s = (mute[0] if len(mute) else T0_S) - T0_S - STEP_S
            when = from_s + int(rng.integers(300, 1_500))
            row = called(f"mmsi:{412_000_000 + number}", from_s, 0.0, 0.0, when)
            silences.append({**row, "heard": int(rng.choice([0, 300, 900]))})
    words = [registered("R1", 600), registered("R1", 3_000, "learning"), registered("R2", 3_330)]
    share = 0.9 if parts[0][1] % 5 else 0.2
    hours = (-1,) if parts[0][1] % 2 else (-1, 0)
    small = [
        small_boats(40 + parts[-1][1] % 60, float(x), float(y), (-1, 0, 1))
        for x in range(-9_000, 9_001, 3_000)
        for y in (-4_000, 0, 4_000)
    ]
    return night(
        *frames, links=sorted(links, key=lambda row: str(row["clock_s"])), registrations=words,
        silences=silences, cells=reception(share, hours), rows=pl.concat(small).sort("clock_s"),
    )  # fmt: skip


def _vessel(kind: str, number: int, rng: np.random.Generator) -> pl.DataFrame:
    """Its fixes: along a broken line, with pauses on the edges of what counts."""
    begin_s = int(rng.integers(0, 40)) * STEP_S
    end_s = begin_s + int(rng.choice([240, 270, 300, 1_800, 1_800, 3_600]))
    x = np.cumsum(rng.choice([-1_500.0, -700.0, 0.0, 900.0, 1_500.0], 6))
    y = np.cumsum(rng.choice([-1_200.0, 0.0, 600.0, 1_200.0], 6))
    legs = zip(np.linspace(begin_s, end_s, 6).tolist(), x.tolist(), y.tolist(), strict=True)
    mmsi, radar = f"mmsi:{412_000_000 + number}", f"radar:R1:{number}"
    place = sailing(*legs) if kind != "buoy" else lying(float(x[0]), float(y[0]))
    pause_s = begin_s + int(rng.integers(1, 30)) * STEP_S
    pauses = ((pause_s, pause_s + int(rng.choice([30, 570, 600, 630, 1_200]))),)
    named = kind in ("ship", "went_dark", "neighbour")
    members = {"neighbour": AIS, "ship": AIS | RADAR, "went_dark": AIS | RADAR}.get(kind, RADAR)
    boat = Boat(f"v{number}", place, mmsi if named else radar, members, begin_s, end_s, pauses)
    frame, turn = fixes(boat), T0_S + int(rng.integers(begin_s, end_s + 1))
    after = pl.col("clock_s") > turn
    if kind == "went_dark":
        back = turn + int(rng.choice([900, 2_400, 10_000]))
        mute = after & (pl.col("clock_s") < back)
        bits = pl.when(mute).then(pl.col("heard") & RADAR).otherwise("heard")
        return frame.with_columns(bits.cast(pl.UInt8).alias("heard"))
    if kind == "switched_on":
        bit = int(rng.choice([AIS, BEIDOU]))
        bits = [pl.when(after).then(pl.col(c) | bit).otherwise(c).cast(pl.UInt8).alias(c)
                for c in ("members", "heard")]  # fmt: skip
        who = pl.when(after).then(pl.lit(mmsi)).otherwise("target").alias("target")
        return frame.with_columns(*bits, who)
    return frame


def run(given_: Night, ticks: list[int]) -> tuple[list[dict[str, object]], DarkState]:
    """What was said in batches that end so many seconds after the start, and the last state."""
    state, was, said = DarkState.initial(), 0, []
    for tick in (T0_S + second for second in ticks):
        tracks, fused = given_.batch(was, tick)
        state = DarkState.load(saved(state))
        state, told = advance(state, tracks, fused, tick, WHERE, RADARS, RULE)
        said.append(told)
        was = tick
    return pl.concat(said).to_dicts(), state


@examples(40)
@given(stories, cuts)
def test_any_cuts_say_the_same_in_the_same_order(parts: list[Story], ticks: list[int]) -> None:
    whole, state = run(scene(parts), [LAST_S])
    cut, cut_state = run(scene(parts), sorted({*ticks, LAST_S}))
    assert cut == whole
    assert dicts(cut_state.frames()) == dicts(state.frames())


@examples(15)
@given(stories, st.integers(0, 500), st.integers(0, LAST_S))
def test_fixes_given_again_say_nothing_new(parts: list[Story], which: int, later_s: int) -> None:
    one = scene(parts)
    some = one.fixes[which % len(one.fixes) :][:20]
    twice = replace(one, fixes=pl.concat([one.fixes, some]))
    assert run(twice, [later_s, LAST_S])[0] == run(one, [LAST_S])[0]


@examples(25)
@given(stories, st.data())
def test_input_ended_at_a_tick_says_exactly_what_was_said_by_then(
    parts: list[Story], data: st.DataObject
) -> None:
    whole, _ = run(scene(parts), [LAST_S])
    said_s = [int(str(row["clock_s"])) - T0_S for row in whole]
    tick = data.draw(st.sampled_from(sorted({1, *said_s, *(s - 1 for s in said_s)})))
    short, _ = run(scene(parts), [tick])
    assert short == [row for row in whole if int(str(row["clock_s"])) <= T0_S + tick]


@examples(10)
@given(stories, st.integers(0, 99))
def test_the_order_of_rows_does_not_show(parts: list[Story], seed: int) -> None:
    one = scene(parts)
    mixed = (
        frame.sample(fraction=1.0, shuffle=True, seed=seed)
        for frame in (one.fixes, one.links, one.registrations, one.called, one.cells, one.rows)
    )
    assert run(Night(*mixed), [LAST_S])[0] == run(one, [LAST_S])[0]


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    phases, forms = set(), set()
    for seed in range(12):
        parts: list[Story] = [(kind, seed) for kind in KINDS]
        for row in run(scene(parts), [LAST_S])[0]:
            phases.add(row["phase"])
            forms.add("went_dark" in str(row["detail"]))
    assert {"began", "changed", "ended"} <= phases
    assert forms == {True, False}

"""Cut, Repeat, Prefix and Settle (design, decision 3): of fusion alone."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from made_vessels import SETTINGS, SITE, T0_S, Seen, straight

from models.fusion.fold import FusionState, advance
from models.fusion.schema import FusionOutput

pytestmark = pytest.mark.timeout(TIMEOUT_S)
LAST_S = 1_200
ticks = st.lists(st.integers(1, LAST_S), max_size=4)
seeds = st.integers(0, 99)
parts = st.lists(
    st.sampled_from(["crossing", "dark", "renumbered", "registered", "moored", "shared"]),
    min_size=1,
    max_size=3,
    unique=True,
)


def scene(names: Sequence[str], seed: int, late_s: float) -> pl.DataFrame:
    """Boats that cross, go dark, change their radar number, lie side by side, share an MMSI."""

    def of(target: str, **how: float) -> Seen:
        slow = target.startswith("radar")
        return Seen(target, seed=seed, late_s=late_s, to_s=float(how.pop("to_s", LAST_S)),
                    every_s=10.0 if slow else float(how.pop("every_s", 30)), **how)  # fmt: skip

    one, two = straight(4_000, 6_000, 8, 45), straight(4_000, 7_500, 8, 135)
    far, still = straight(-5_000, 3_000, 7, 0), straight(-7_000, -2_000, 0, 0)
    beside = straight(-6_960, -2_000, 0, 0)
    made = {
        "crossing": [
            of("mmsi:412000005").rows(one), of("radar:R1:1").rows(one),
            of("mmsi:412000006").rows(two), of("radar:R1:2").rows(two),
        ],
        "dark": [
            of("mmsi:412000007", to_s=500).rows(far), of("radar:R1:3").rows(far),
            of("radar:R2:3", from_s=300).rows(far),
        ],
        "renumbered": [
            of("radar:R1:4", to_s=600).rows(straight(2_000, -6_000, 9, 200)),
            of("radar:R1:9", from_s=650).rows(straight(2_000, -6_000, 9, 200)),
        ],
        "registered": [
            of("mmsi:412000001").rows(straight(8_000, 0, 8, 180)),
            of("beidou:0000001", every_s=180).rows(straight(8_000, 0, 8, 180)),
        ],
        "moored": [
            of("mmsi:412000008", every_s=180).rows(still), of("radar:R1:6").rows(still),
            of("beidou:7777777", every_s=180).rows(beside),
        ],
        "shared": [
            of("mmsi:412000009").rows(straight(0, 9_000, 6, 90)),
            of("mmsi:412000009").rows(straight(0, -9_000, 6, 90), track="mmsi:412000009:2"),
        ],
    }  # fmt: skip
    return pl.concat([rows for name in names for rows in made[name]])


def run(rows: pl.DataFrame, ends: Sequence[int]) -> tuple[FusionOutput, dict[str, pl.DataFrame]]:
    """All that is said in batches that end at these seconds, saved and loaded at each."""
    state, was, out = FusionState.initial(), 0, []
    for end in sorted(set(ends)):
        tick = T0_S + end
        batch = rows.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        state, said = advance(state, batch, tick, SITE, SETTINGS)
        out.append(said)
        state, was = FusionState.load(saved(state)), tick
    whole = {name: pl.concat([getattr(part, name) for part in out]) for name in vars(out[0])}
    return FusionOutput(**whole), state.frames()


def saved(state: FusionState) -> dict[str, pl.DataFrame]:
    """The state's frames after a trip through files."""
    found = {}
    for name, frame in state.frames().items():
        buffer = BytesIO()
        frame.write_ipc(buffer)
        found[name] = pl.read_ipc(BytesIO(buffer.getvalue()))
    return found


def same(one: FusionOutput, two: FusionOutput) -> None:
    for name in vars(one):
        assert getattr(one, name).equals(getattr(two, name)), name


@examples(8)
@given(parts, seeds, ticks)
def test_any_cuts_give_the_same_vessels_links_and_state(
    names: list[str], seed: int, cuts: list[int]
) -> None:
    rows = scene(names, seed, 40.0)
    whole, state = run(rows, [LAST_S])
    cut, cut_state = run(rows, [*cuts, LAST_S])
    same(cut, whole)
    for name, frame in state.items():
        assert cut_state[name].equals(frame), name


@examples(5)
@given(parts, seeds)
def test_a_vessel_speaks_by_the_name_of_a_track_that_is_or_was_its_own(
    names: list[str], seed: int
) -> None:
    out, _ = run(scene(names, seed, 0.0), [LAST_S])
    own = set(out.links.select("vessel", "target").iter_rows())
    assert set(out.fixes.select("vessel", "target").iter_rows()) <= own


@examples(5)
@given(parts, seeds, st.integers(0, 500), st.integers(0, 90))
def test_rows_given_again_change_nothing(
    names: list[str], seed: int, which: int, later_s: int
) -> None:
    rows = scene(names, seed, 0.0)
    some = rows[which % len(rows) : which % len(rows) + 20]
    again = some.with_columns(pl.col("clock_s") + later_s)
    same(run(pl.concat([rows, again]), [LAST_S])[0], run(rows, [LAST_S])[0])


@examples(6)
@given(parts, seeds, st.integers(1, LAST_S))
def test_input_ended_at_a_tick_gives_exactly_what_was_said_by_then(
    names: list[str], seed: int, end: int
) -> None:
    rows = scene(names, seed, 40.0)
    whole, _ = run(rows, [LAST_S])
    short, _ = run(rows.filter(pl.col("clock_s") <= T0_S + end), [end])
    said = pl.col("clock_s") <= T0_S + end
    same(short, FusionOutput(**{n: getattr(whole, n).filter(said) for n in vars(whole)}))


@examples(5)
@given(parts, seeds)
def test_in_the_order_of_observation_it_does_not_matter_how_rows_arrived(
    names: list[str], seed: int
) -> None:
    rows = scene(names, seed, 0.0)
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=seed)
    same(run(mixed, [LAST_S])[0], run(rows, [LAST_S])[0])


def test_the_scenes_hold_what_the_properties_are_about() -> None:
    every = ["crossing", "dark", "renumbered", "registered", "moored", "shared"]
    out, _ = run(scene(every, 1, 20.0), [LAST_S])
    assert {"joined", "left"} <= set(out.links["phase"])
    assert {"own", "motion", "motion_and_register"} <= set(out.links["reason"])
    assert out.fixes["coasting"].any()
    assert len(out.registrations)

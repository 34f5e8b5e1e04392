"""Cut, Repeat, Prefix and Settle (design, decision 3): of the detectors of motion."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from made_fixes import fused
from motion_scenes import FIRST_S, LAST_S, Story, cove, cuts, scene, stories

from core.settings import EventSettings
from models.events import approaches, loitering, rendezvous, scouts

pytestmark = pytest.mark.timeout(TIMEOUT_S)
DETECTORS = {
    "rendezvous": (rendezvous, EventSettings()),
    "rendezvous of gfw": (rendezvous, EventSettings(rendezvous="gfw")),
    "rendezvous of skylight": (rendezvous, EventSettings(rendezvous="skylight")),
    "loitering": (loitering, EventSettings()),
    "approach": (approaches, EventSettings()),
    "scout": (scouts, EventSettings(scout_p=0.9, scout_share=0.3, scout_stop_s=36_000)),
    "loitering of gfw": (loitering, EventSettings(loitering="gfw")),
}
each = pytest.mark.parametrize("name", DETECTORS)


def saved(frames: dict[str, pl.DataFrame]) -> dict[str, bytes]:
    """A state as the engine keeps it."""
    out = {}
    for name, frame in frames.items():
        buffer = BytesIO()
        frame.write_ipc(buffer)
        out[name] = buffer.getvalue()
    return out


def run(name: str, frame: pl.DataFrame, ticks: list[int]) -> tuple[pl.DataFrame, dict[str, bytes]]:
    """All that was said in batches that end at the ticks, and the state as it is saved."""
    detector, settings = DETECTORS[name]
    state: Any = detector.State.initial()
    was, out = 0, []
    for tick in ticks:
        batch = frame.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        state = detector.State.load(
            {n: pl.read_ipc(BytesIO(b)) for n, b in saved(state.frames()).items()}
        )
        state, happened = detector.advance(state, None, fused(batch), tick, cove(), settings)
        out.append(happened)
        was = tick
    return pl.concat(out), saved(state.frames())


@each
@examples(8)
@given(parts=stories, ticks=cuts)
def test_any_cuts_say_the_same(name: str, parts: list[Story], ticks: list[int]) -> None:
    frame = scene(parts)
    end = max(ticks, default=LAST_S)
    whole, state = run(name, frame, [end])
    cut, cut_state = run(name, frame, sorted({*ticks, end}))
    assert cut.to_dicts() == whole.to_dicts()
    assert cut_state == state


@each
@examples(4)
@given(parts=stories, seed=st.integers(0, 99), ticks=cuts)
def test_fixes_given_again_and_in_any_order_change_nothing(
    name: str, parts: list[Story], seed: int, ticks: list[int]
) -> None:
    frame = scene(parts)
    ends = sorted({*ticks, LAST_S})
    again = frame.sample(fraction=0.3, seed=seed)
    mixed = pl.concat([frame, again]).sample(fraction=1.0, shuffle=True, seed=seed)
    assert run(name, mixed, ends)[0].equals(run(name, frame, ends)[0])
    assert run(name, mixed, ends)[1] == run(name, frame, ends)[1]


@each
@examples(6)
@given(parts=stories, data=st.data())
def test_input_ended_at_a_tick_says_exactly_what_was_said_by_then(
    name: str, parts: list[Story], data: st.DataObject
) -> None:
    frame = scene(parts)
    whole, _ = run(name, frame, [LAST_S])
    ticks = sorted({FIRST_S, *whole["clock_s"], *(whole["clock_s"] - 1)})
    tick = data.draw(st.sampled_from(ticks))
    short, _ = run(name, frame.filter(pl.col("clock_s") <= tick), [tick])
    assert short.to_dicts() == whole.filter(pl.col("clock_s") <= tick).to_dicts()


@each
@examples(4)
@given(parts=stories)
def test_what_is_said_hangs_together(name: str, parts: list[Story]) -> None:
    said, _ = run(name, scene(parts), [LAST_S + 36 * 3600])
    for _, rows in said.group_by("matter", "from_us"):
        phases = rows.sort("clock_s", maintain_order=True)["phase"].to_list()
        assert phases[0] == ("ended" if name == "scout" else "began")
        assert phases[-1] in ("ended", "withdrawn")
        assert set(phases[1:-1]) <= {"changed"}
    ended = said.filter(pl.col("phase") == "ended")
    assert (ended["to_us"] <= ended["clock_s"] * 1_000_000).all()


@pytest.mark.parametrize("kind", ["rendezvous", "loitering", "approach", "scout"])
def test_the_scenes_hold_what_the_properties_are_about(kind: str) -> None:
    stories: list[Story] = [("meets", 0), ("meets", 3), ("lies", 2), ("follows", 1)]
    scenes = ([(story, shift + seed) for story, shift in stories] for seed in range(4))
    assert sum(len(run(kind, scene(parts), [LAST_S])[0]) for parts in scenes) >= 4

"""What radar alone sees is a boat from the instant at which it has left its place."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from core.settings import EventSettings
from models.events.moved_boats import MovedState, advance, boats
from models.fusion.schema import AIS, FIX, RADAR

SETTINGS = EventSettings()


def fixes(
    vessel: str, north_m: list[float], members: int = RADAR, step_s: int = 30
) -> pl.DataFrame:
    rows = [
        {
            "vessel": vessel, "clock_s": step_s * i, "lon": 121.9, "lat": 29.2 + m / 110_850,
            "sigma_m": 20.0, "speed_kn": 3.0, "course_deg": 0.0, "age_s": 0, "heard": members,
            "members": members, "target": vessel, "coasting": False,
        }
        for i, m in enumerate(north_m)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=FIX)


def kept(frame: pl.DataFrame) -> list[int]:
    state = advance(MovedState.initial(), frame, 3000, SETTINGS)
    return boats(frame, state)["clock_s"].to_list()


def test_a_buoy_is_never_one_and_a_boat_is_from_where_it_left() -> None:
    assert kept(fixes("a", [0.0, 90.0, -90.0, 40.0])) == []
    assert kept(fixes("b", [0.0, 200.0, 290.0, 310.0, 0.0])) == [90, 120]


def test_what_a_transponder_spoke_for_is_one_wherever_it_lies() -> None:
    assert kept(fixes("c", [0.0, 0.0], members=AIS)) == [0, 30]


def test_a_prediction_that_drifted_has_not_moved() -> None:
    drifted = fixes("d", [0.0, 5000.0]).with_columns(pl.lit(True).alias("coasting"))
    assert kept(drifted) == []


def test_vessels_that_are_gone_are_forgotten() -> None:
    state = advance(MovedState.initial(), fixes("e", [0.0, 400.0]), 60, SETTINGS)
    assert len(state.places) == 1
    assert advance(state, fixes("e", []), 30 + 3600, SETTINGS).places.is_empty()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 250.0, 299.0, 320.0, 900.0]), max_size=12), max_size=4),
    st.lists(st.integers(0, 360), max_size=4),
)
def test_no_cut_shows(ways: list[list[float]], cuts: list[int]) -> None:
    frame = pl.concat([fixes(f"v{i}", way) for i, way in enumerate(ways)] + [fixes("w", [])])
    whole = advance(MovedState.initial(), frame, 360, SETTINGS)
    state, found = MovedState.initial(), []
    was = -1
    for end in sorted({*cuts, 360}):
        part = frame.filter(pl.col("clock_s") > was, pl.col("clock_s") <= end)
        state = advance(MovedState.load(state.frames()), part, end, SETTINGS)
        found.append(boats(part, state))
        was = end
    order = ["vessel", "clock_s"]
    assert pl.concat(found).sort(order).equals(boats(frame, whole).sort(order))
    assert state.places.equals(whole.places)

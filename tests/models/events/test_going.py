"""Loops along fixes measure as everything else does."""

from __future__ import annotations

from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from geo.plane import distance_m
from models.events.going import metres_apart

DEGREES = st.tuples(st.floats(-180, 180), st.floats(-89, 89))


@examples(500, 100)
@given(DEGREES, DEGREES)
def test_a_compiled_distance_is_that_of_the_plane_to_the_bit(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    assert metres_apart(*one, *other) == distance_m(*one, *other).item()

"""Positions in a block of lines: counted off or searched for, the answer is the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.nmea.text import first_at


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=200) | st.integers(1, 4),
    st.integers(0, 3),
    st.integers(65, 200),
    st.integers(0, 9),
)
def test_what_is_counted_off_is_what_is_searched_for(
    behind: list[int] | int, before: int, n: int, closing: int
) -> None:
    counts = behind if isinstance(behind, list) else [behind] * n
    ends = np.cumsum(np.array(counts) + 1)
    places = ends - np.array(counts) - 1
    positions = np.setdiff1d(np.arange(int(ends[-1])), places) + before
    positions = np.concatenate([np.arange(before), positions, np.full(closing, ends[-1] + before)])
    found = first_at(positions, places + before)
    assert found.tolist() == np.searchsorted(positions, places + before).tolist()

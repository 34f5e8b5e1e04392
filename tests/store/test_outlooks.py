"""Outlooks in the store: a night's newest stands, the last night is read."""

from __future__ import annotations

import pytest

from store.engine import Store

pytestmark = pytest.mark.postgis


def test_the_last_night_is_read_and_a_night_told_again_is_replaced(store: Store) -> None:
    titles = ("湾", "Cove", "Asia/Shanghai")
    run_id = store.open_run("replay", "outlook", "cove", True, "outlook", *titles)
    assert store.outlook(run_id) is None
    nights = [{"evening": f"2026-03-{day}", "piers": []} for day in (11, 10)]
    assert store.write_outlooks(run_id, nights) == 2
    assert store.outlook(run_id) == nights[0]
    store.write_outlooks(run_id, [{**nights[0], "expected": 0.5}])
    again = store.outlook(run_id)
    assert again is not None
    assert again["expected"] == 0.5

"""Outlooks and reports in the store: a night's newest stands, the last night is read."""

from __future__ import annotations

from datetime import date

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


def test_a_report_is_read_by_its_evening_or_the_last_and_stands_apart_from_outlooks(
    store: Store,
) -> None:
    titles = ("湾", "Cove", "Asia/Shanghai")
    run_id = store.open_run("replay", "report", "cove", True, "report", *titles)
    assert store.night_report(run_id) is None
    nights = [{"evening": f"2026-03-{day}", "found": day} for day in (10, 11)]
    assert store.write_night_reports(run_id, nights) == 2
    assert store.night_report(run_id) == nights[1]
    assert store.night_report(run_id, date(2026, 3, 10)) == nights[0]
    assert store.night_report(run_id, date(2026, 3, 9)) is None
    assert store.outlook(run_id) is None

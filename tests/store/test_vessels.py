"""Vessels in the store: where they are, where they were, whose tracks are theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from models.fusion.schema import FIX, LINK
from store.engine import Store
from store.vessel_tables import FIX as KEPT
from store.vessel_tables import HISTORY_S

pytestmark = pytest.mark.postgis
T0_S = 1_772_380_800
assert T0_S % HISTORY_S == 0


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(T0_S + seconds, UTC)


def fixes(*rows: tuple[str, int, float], **given: Any) -> pl.DataFrame:
    base = {
        "sigma_m": 12.5, "speed_kn": 6.0, "course_deg": None, "age_s": 4, "heard": 5, "members": 5,
        "target": "mmsi:412000001", "coasting": False, "rival": None, "rival_probability": None,
    }  # fmt: skip
    told = [
        {**base, **given, "vessel": vessel, "clock_s": T0_S + s, "lon": lon, "lat": 29.2}
        for vessel, s, lon in rows
    ]
    return pl.DataFrame(told, schema=FIX)


def test_the_newest_fix_of_each_vessel_stands_and_an_older_one_moves_nothing(
    store: Store, run_id: int
) -> None:
    two = fixes(("a", 0, 121.9), ("a", 30, 121.91), ("b", 30, 122.0))
    assert store.write_latest_fixes(run_id, two) == 2
    assert store.write_latest_fixes(run_id, two) == 0
    assert store.write_latest_fixes(run_id, fixes(("a", 0, 121.0))) == 0
    found = store.latest_fixes(run_id)
    assert found.schema == KEPT
    assert found.select("vessel", "lon", "at").rows() == [
        ("a", 121.91, at(30)), ("b", 122.0, at(30)),
    ]  # fmt: skip
    assert found["coasting"].to_list() == [False, False]
    store.write_latest_fixes(run_id, fixes(("b", 60, 122.1), coasting=True))
    assert store.latest_fixes(run_id, at(31)).select("vessel", "coasting").rows() == [("b", True)]
    assert store.latest_fixes(run_id + 1000).schema == KEPT


def test_where_a_vessel_was_is_kept_every_five_minutes_and_once(store: Store, run_id: int) -> None:
    way = fixes(*((("v", s, 121.9 + s * 1e-5)) for s in range(0, 601, 30)), ("w", 0, 122.0))
    assert store.write_fixes(run_id, way) == 4
    assert store.write_fixes(run_id, way) == 0
    found = store.fixes(run_id, "v", at(0), at(600))
    assert found["at"].to_list() == [at(0), at(300)]
    assert store.fixes(run_id, "v", at(0), at(601))["lon"].to_list() == [121.9, 121.903, 121.906]


def test_the_tracks_of_a_vessel_are_told_in_their_order(store: Store, run_id: int) -> None:
    row = {
        "vessel": "v", "track": "radar:R1:17", "target": "radar:R1:17", "sensor": "radar",
        "source": "R1", "clock_s": T0_S + 60, "phase": "joined", "since_s": T0_S + 60,
        "probability": 0.97, "margin": None, "instants": 3, "reason": "motion",
    }  # fmt: skip
    left = {**row, "phase": "left", "clock_s": T0_S + 90}
    told = pl.DataFrame([left, row], schema=LINK)
    assert store.write_links(run_id, told) == 2
    assert store.write_links(run_id, told) == 0
    found = store.links(run_id, "v")
    assert found.select("phase", "at", "since_at", "probability", "margin").rows() == [
        ("joined", at(60), at(60), 0.97, None), ("left", at(90), at(60), 0.97, None),
    ]  # fmt: skip

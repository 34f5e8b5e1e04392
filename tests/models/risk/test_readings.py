"""What else may have been seen, what was like it before, and what comes next."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import models.risk
from models.baseline.bursts import DAY_US, SUSPICIOUS, Burst
from models.baseline.likely import Follows
from models.risk.evidence_table import parse_evidence
from models.risk.innocent_readings import features, innocent_readings
from models.risk.landing_facts import LandingFacts
from models.risk.outlook import earlier, next_steps, risky_lags
from models.risk.readings_table import FEATURES

BY_NIGHT = (0.10, 0.35, 0.30, 0.05)
TABLE = parse_evidence((Path(models.risk.__file__).parent / "evidence.toml").read_bytes())
HEARD = LandingFacts(silent_min=0.0, silence_nats=0.0, in_register=True)
CASES = {
    "fishing_boat_home": replace(HEARD, at_home=True, vessel_type="fishing", pier_status="low"),
    "fish_truck": replace(HEARD, vessel_type="fishing", pier_status="active", trucks=1.0),
    "ferry_service_patrol": replace(HEARD, vessel_type="passenger", pier_status="idle"),
    "permit": replace(HEARD, announced=True, pier_status="idle", trucks=3.0),
    "weather_shelter": replace(HEARD, rough=True, pier_status="idle", dwell_min=300.0),
    "engine_trouble": replace(HEARD, pier_status="idle", dwell_min=300.0, silent_min=None),
    "anglers": LandingFacts(unseen=True, pier_status="idle", camera_boat=True),
    "parked_or_misread_truck": LandingFacts(
        unseen=True, pier_status="idle", trucks=1.0, camera_boat=False
    ),
    "false_echo": LandingFacts(
        radar_only=True, pier_status="idle", camera_boat=False, dwell_min=8.0, dwell_over=True
    ),
    "unknown": LandingFacts(
        pier_status="idle", silent_min=60.0, silence_nats=5.0, in_register=False, trucks=4.0,
        burst=Burst(3, 7, 4.0), dwell_min=80.0,
    ),
}  # fmt: skip


def test_each_reading_is_the_nearest_of_what_is_typical_of_it() -> None:
    assert set(CASES) == set(TABLE.readings)
    nearest = {case: innocent_readings(TABLE, facts)[0].code for case, facts in CASES.items()}
    assert nearest == {case: case for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_a_reading_says_what_fits_it_and_what_would_decide(case: str) -> None:
    found = innocent_readings(TABLE, CASES[case])
    assert math.fsum(r.probability for r in found) == pytest.approx(1.0, abs=0.01)
    assert [r.nats for r in found] == sorted((r.nats for r in found), reverse=True)
    first = found[0]
    row, held = TABLE.readings[first.code], features(TABLE, CASES[case])
    assert set(first.fits) | set(first.against) == {n for n in row.nats if n in held}
    told = math.log(row.share) + math.fsum(row.nats[n] for n in (*first.fits, *first.against))
    assert first.nats == pytest.approx(told, abs=0.006)
    assert first.confirm
    assert first.refute
    assert json.loads(json.dumps(first.as_dict()))["code"] == first.code


def test_every_feature_of_the_table_can_hold() -> None:
    more = (
        *CASES.values(),
        replace(HEARD, left_with=2.0, small_repeats=9.0, follows=Follows(3.0, 2, 0.1, here=False)),
        replace(HEARD, dwell_min=5.0, dwell_over=True),
    )
    assert frozenset().union(*(features(TABLE, f) for f in more)) == set(FEATURES)
    assert features(TABLE, LandingFacts()) == frozenset()


def remembered(*rows: tuple[int, float, str]) -> pl.DataFrame:
    """(pier, days ago, track) before day 100."""
    data = [(p, int((100 - days) * DAY_US), int(100 - days), t) for p, days, t in rows]
    return pl.DataFrame(data, schema=SUSPICIOUS, orient="row")


def test_earlier_landings_are_told_the_last_first_with_their_outcome() -> None:
    held = remembered((1, 9.0, "a"), (2, 2.0, "b"), (3, 1.0, "far"), (1, 0.1, "now"))
    outcomes = {(1, 91 * DAY_US): "lawful"}
    found = earlier(held, 1, [2], 100 * DAY_US, outcomes)
    told = [(e.pier, e.days, e.here, e.outcome) for e in found]
    assert told == [(2, 2.0, False, None), (1, 9.0, True, "lawful")]


def test_of_one_pier_and_night_one_landing_is_told_that_which_officers_spoke_of() -> None:
    held = remembered((2, 2.0, "a"), (2, 2.1, "b"), (2, 1.9, "c"), (1, 2.0, "d"), (2, 5.0, "e"))
    spoken_of = {(2, int(97.9 * DAY_US)): "confirmed"}
    found = earlier(held, 1, [2], 100 * DAY_US, spoken_of)
    assert [(e.pier, e.days, e.outcome) for e in found] == [
        (1, 2.0, None), (2, 2.1, "confirmed"), (2, 5.0, None)]  # fmt: skip
    assert [e.track for e in earlier(held, 1, [2], 100 * DAY_US)] == ["c", "d", "e"]


@given(st.permutations(range(6)))
def test_the_order_of_what_is_remembered_changes_nothing(order: list[int]) -> None:
    rows = [(1 + k % 2, float(1 + k // 2), f"t{k}") for k in range(6)]
    shuffled = remembered(*(rows[k] for k in order))
    assert earlier(shuffled, 1, [2], 100 * DAY_US) == earlier(
        remembered(*rows), 1, [2], 100 * DAY_US
    )


def test_the_next_nights_are_the_likeliest_after_a_landing() -> None:
    assert risky_lags(BY_NIGHT) == [2, 3]
    assert risky_lags((0.0, 0.0)) == []
    assert risky_lags(()) == []


def test_what_comes_next_is_told_the_soonest_first_and_only_what_can_still_come() -> None:
    here = LandingFacts(dwell_min=20.0, trucks_covered=True)
    steps = next_steps(TABLE, here, date(2026, 2, 27), BY_NIGHT, ["C7"], ["P2"])
    assert [s.code for s in steps] == [
        "next_trucks_come", "next_boat_leaves", "next_trucks_road", "next_nights", "next_piers",
    ]  # fmt: skip
    assert steps[1].params == {"in_min": 65}
    assert steps[3].params == {"nights": ["2026-03-01", "2026-03-02"]}
    gone = next_steps(TABLE, replace(here, dwell_over=True), date(2026, 2, 27), BY_NIGHT)
    assert [s.code for s in gone] == ["next_nights"]

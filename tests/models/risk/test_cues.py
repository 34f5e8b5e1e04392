"""Facts of a pier call become entries of evidence."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models.risk
from models.risk import cues
from models.risk.evidence_table import parse_evidence

TABLE = parse_evidence((Path(models.risk.__file__).parent / "evidence.toml").read_bytes())


def nats(entry: object) -> float:
    return entry.nats


def test_no_cue_of_time_is_worth_more_than_its_ceiling() -> None:
    assert nats(cues.tide_window(TABLE, hours_from_high_water=0)) < 1.13


def test_a_berth_that_was_dry_excludes_a_landing_and_scarce_water_points_to_it() -> None:
    dry = cues.tide_window(TABLE, hours_from_high_water=5, margin_m=-1.2)
    assert nats(dry) == -4.0
    assert nats(cues.tide_window(TABLE, margin_m=-0.1)) == pytest.approx(-0.4)
    scarce = cues.tide_window(TABLE, margin_m=0.4, feasible_share=0.3)
    assert nats(scarce) == pytest.approx(-0.15 * math.log(0.3), abs=0.006)
    assert nats(cues.tide_window(TABLE, margin_m=4.0, feasible_share=1.0)) == 0.0
    assert cues.tide_window(TABLE) is None


@pytest.mark.parametrize(
    ("dwell_min", "sign"), [(5, -1), (30, 0), (85, 1), (149, 1), (165, 0), (240, -1), (900, -1)]
)
def test_a_finished_call_is_telling_when_it_lasted_as_long_as_unloading(
    dwell_min: float, sign: int
) -> None:
    value = nats(cues.dwell(TABLE, dwell_min, over=True))
    assert (value > 0) - (value < 0) == sign


@given(st.floats(0, 2000), st.booleans())
def test_dwell_is_always_worth_a_finite_bounded_amount(dwell_min: float, over: bool) -> None:
    assert abs(nats(cues.dwell(TABLE, dwell_min, over))) <= 3.5


@given(st.floats(0, 1999))
def test_a_call_that_goes_on_never_jumps_from_one_minute_to_the_next(dwell_min: float) -> None:
    now, later = (cues.dwell(TABLE, m, over=False) for m in (dwell_min, dwell_min + 1))
    assert abs(nats(now) - nats(later)) < 0.25


def test_the_register_speaks_for_those_it_knows_and_against_those_it_does_not() -> None:
    assert nats(cues.home_pier(TABLE, True)) == pytest.approx(-3.0)
    assert cues.home_pier(TABLE, False) is None
    assert cues.known_service(TABLE, "fishing") is None


def test_an_entry_is_what_the_envelope_asks_for() -> None:
    entry = cues.dwell(TABLE, 85.4, over=True)
    assert entry is not None
    assert entry.as_dict() == {
        "block": "timing",
        "nats": 1.31,
        "code": "dwell",
        "params": {"dwell_min": 85, "over": True},
        "sources": [],
    }

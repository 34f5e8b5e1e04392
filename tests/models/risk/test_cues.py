"""Facts of a pier call become entries of evidence."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models.risk
from models.risk import cues
from models.risk.call_facts import CallFacts, call_evidence
from models.risk.evidence import weigh
from models.risk.evidence_table import parse_evidence
from models.risk.likelihood import prior_nats

TABLE = parse_evidence((Path(models.risk.__file__).parent / "evidence.toml").read_bytes())
PRIOR = prior_nats(0.068)
NIGHT_LANDING = CallFacts(
    pier_status="idle",
    hour_local=1,
    hours_from_high_water=-0.8,
    dwell_min=85,
    dwell_over=True,
    silent_min=74,
    silence_nats=5.0,
    in_register=False,
    heard_by=("ais:S1",),
)


def nats(entry: object) -> float:
    return entry.nats


def test_a_silent_boat_at_an_idle_pier_in_the_small_hours_is_to_be_verified() -> None:
    entries, missing = call_evidence(TABLE, NIGHT_LANDING)
    w = weigh(TABLE, entries, PRIOR)
    assert missing == []
    assert w.level == "verify"
    assert w.posterior > 0.9
    assert {e.code for e in w.evidence} >= {"dark_approach", "idle_pier", "night_hours", "dwell"}


def test_a_fishing_boat_that_comes_home_in_the_small_hours_raises_nothing() -> None:
    home = CallFacts(
        pier_status="low", hour_local=3, dwell_min=400, dwell_over=True, silent_min=0,
        silence_nats=0.0, in_register=True, at_home=True, vessel_type="fishing",
    )  # fmt: skip
    assert weigh(TABLE, call_evidence(TABLE, home)[0], PRIOR).level is None


@pytest.mark.parametrize("vessel_type", ["law_enforcement", "passenger", "service"])
def test_a_vessel_whose_work_explains_the_call_raises_nothing(vessel_type: str) -> None:
    facts = CallFacts(**{**NIGHT_LANDING.__dict__, "vessel_type": vessel_type, "in_register": True})
    assert weigh(TABLE, call_evidence(TABLE, facts)[0], PRIOR).level is None


def test_what_nobody_covered_counts_nothing_and_is_named() -> None:
    entries, missing = call_evidence(TABLE, CallFacts(pier_status="idle"))
    assert [e.code for e in entries] == ["idle_pier"]
    assert missing == ["hour", "register", "silence", "tide"]


def test_a_holiday_night_weighs_more_than_a_workday_night_by_the_documented_amount() -> None:
    holiday, workday = (cues.night_hours(TABLE, 2, kind) for kind in ("holiday", "workday"))
    assert nats(holiday) - nats(workday) == pytest.approx(0.85)


def test_the_joint_table_of_hours_and_days_is_a_likelihood_ratio() -> None:
    share_of_days = {"workday": 0.685, "weekend": 0.238, "holiday": 0.077}
    mean = sum(
        share / 24 * math.exp(x)
        for kind, share in share_of_days.items()
        for x in getattr(TABLE.night_hours, kind)
    )
    assert mean == pytest.approx(1, abs=2e-3)  # landings' hours sum to one as innocent hours do


def test_no_cue_of_time_is_worth_more_than_its_ceiling() -> None:
    assert nats(cues.night_hours(TABLE, 2, "workday")) < 1.57
    assert nats(cues.tide_window(TABLE, hours_from_high_water=0)) < 1.13


def test_silence_counts_by_how_surprising_it_is_and_less_when_it_began_at_a_mooring() -> None:
    moving = cues.dark_approach(TABLE, 74, 5.0)
    assert nats(moving) == pytest.approx(math.log(0.7 / (0.0067 + 0.9933 * 0.03)), abs=0.01)
    assert nats(cues.dark_approach(TABLE, 74, 0.3)) < nats(moving)
    assert nats(cues.dark_approach(TABLE, 74, 5.0, moored=True)) < nats(moving)
    assert nats(cues.dark_approach(TABLE, 74, 5.0, corroborated=True)) > nats(moving)
    assert nats(cues.dark_approach(TABLE, 740, 50.0)) == nats(moving)  # capped
    assert nats(cues.dark_approach(TABLE, 12, 0.0)) == 0.0  # losses explain it: says nothing
    heard = cues.dark_approach(TABLE, 0, 0.0)
    assert nats(heard) < 0
    assert heard is not None
    assert heard.code == "heard_all_the_way"


def test_a_pier_is_the_more_surprising_the_less_it_is_used() -> None:
    by_status = [nats(cues.idle_pier(TABLE, s)) for s in ("idle", "low", "unknown", "active")]
    assert by_status == sorted(by_status, reverse=True)
    assert by_status[0] == pytest.approx(4.35)
    assert by_status[-1] < 0


def test_visits_seen_on_covered_nights_correct_the_register() -> None:
    back_in_use = cues.idle_pier(TABLE, "idle", visits=60, covered_days=60)
    assert nats(back_in_use) < 1.5
    camera_down = cues.idle_pier(TABLE, "idle", visits=0, covered_days=0)
    assert nats(camera_down) == nats(cues.idle_pier(TABLE, "idle"))


def test_a_berth_that_was_dry_excludes_a_landing_and_scarce_water_points_to_it() -> None:
    dry = cues.tide_window(TABLE, hours_from_high_water=5, margin_m=-1.2)
    assert nats(dry) == -4.0
    assert nats(cues.tide_window(TABLE, margin_m=-0.1)) == pytest.approx(-0.4)
    scarce = cues.tide_window(TABLE, margin_m=0.4, feasible_share=0.3)
    assert nats(scarce) == pytest.approx(-0.6 * math.log(0.3), abs=0.006)
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
    assert nats(cues.unregistered(TABLE, False)) == pytest.approx(1.25)
    assert nats(cues.unregistered(TABLE, True)) == pytest.approx(-0.98)
    assert cues.unregistered(TABLE, None) is None
    assert nats(cues.home_pier(TABLE, True)) == pytest.approx(-3.0)
    assert cues.home_pier(TABLE, False) is None
    assert cues.known_service(TABLE, "fishing") is None


def test_an_entry_is_what_the_envelope_asks_for() -> None:
    entry = cues.dark_approach(TABLE, 74.4, 5.0, sources=("radar:R1", "ais:S1"))
    assert entry is not None
    assert entry.as_dict() == {
        "block": "identity",
        "nats": 2.95,
        "code": "dark_approach",
        "params": {"silent_min": 74},
        "sources": ["ais:S1", "radar:R1"],
    }

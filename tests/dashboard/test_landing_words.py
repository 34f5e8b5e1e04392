"""Whatever is said of a landing is said in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import models.risk
from dashboard.catalogue import LANGUAGES, words
from models.baseline.bursts import Burst
from models.baseline.likely import Follows
from models.risk.evidence_table import parse_evidence
from models.risk.landing_facts import CODES, LandingFacts, landing_evidence
from models.risk.outlook import OUTCOMES, STEPS, next_steps
from models.risk.readings_table import CHECKS, FEATURES

ZONE = ZoneInfo("Asia/Shanghai")
TABLE = parse_evidence((Path(models.risk.__file__).parent / "evidence.toml").read_bytes())
SEEN = LandingFacts(
    pier_status="idle", pier_visits=1.0, pier_nights=40.0, visit_probability=0.6, hour_local=2,
    hour_share=0.03, margin_m=1.0, feasible_share=0.4, dwell_min=30, silent_min=60,
    silence_nats=5.0, in_register=False, at_home=True, vessel_type="service", announced=True,
    trucks=3.0, trucks_covered=True, truck_lag_min=-20, left_with=1.0, trucks_passing=2.0,
    camera_boat=True, barrier="raised", burst=Burst(3, 7, 4.0),
    follows=Follows(8.0, 2, 0.03, here=True),
    small_repeats=6.0, second_wave=True, scouted=0.7, anomaly_nats=1.0,
    anomaly={"p": 0.01, "n": 800, "among": ["idle/calm"], "score": 0.6, "tails": []},
)  # fmt: skip
OTHERS = (
    SEEN,
    LandingFacts(radar_only=True, trucks=2.0, camera_boat=False, barrier="lowered"),
    LandingFacts(unseen=True, sea_covered=True, trucks_covered=True, dwell_min=60, hour_local=3),
    LandingFacts(silent_min=0.0, silence_nats=0.0, in_register=True, doubtful_name=True),
    LandingFacts(silent_min=0.0, silence_nats=0.0, in_register=True, ais_withheld=True),
    LandingFacts(unseen=True, nameless=True, camera_boat=True, visit_probability=0.8),
    LandingFacts(silent_min=0.0, silence_nats=0.0, in_register=True, memory_nights=60.0),
    LandingFacts(pier_status="idle", barrier="raised", waited_min=40.0, quay_covered=True),
    LandingFacts(pier_status="idle", storm=True, visit_probability=0.6),
    LandingFacts(radar_only=True, had_transponder=True, follows=Follows(2.0, 4, 0.3, here=False)),
    LandingFacts(silent_min=40.0, silence_nats=2.0, silence_moored=True, pier_nights=9.0),
    LandingFacts(hours_from_high_water=0.5, dwell_min=90, dwell_over=True, dwell_at_least=True),
)


def test_these_landings_show_every_reason_that_there_is() -> None:
    shown = {e.code for facts in OTHERS for e in landing_evidence(TABLE, facts)[0]}
    assert shown == set(CODES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", OTHERS, ids=range(len(OTHERS)))
def test_every_reason_and_every_next_step_is_a_whole_sentence(
    language: str, facts: LandingFacts
) -> None:
    said = words(language)
    entries, _ = landing_evidence(TABLE, facts)
    steps = next_steps(TABLE, facts, date(2026, 3, 1), (0.1, 0.4), ["C1"], ["P2", "P3"])
    told = [(e.code, e.params) for e in entries] + [(s.code, s.params) for s in steps]
    for code, params in told:
        sentence = said.sentence(code, params, ZONE)
        assert not sentence.startswith(code), sentence
        assert "{" not in sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_about_a_landing_has_its_word(language: str) -> None:
    said = words(language)
    for group, codes in (
        ("reading", TABLE.readings),
        ("feature", FEATURES),
        ("check", CHECKS),
        ("value.outcome", OUTCOMES),
        ("value.bar", ("raised", "damaged")),
    ):
        assert said.group(group).keys() == set(codes), group
    known = {code.partition(".")[0] for code in said.group("evidence")}
    assert {*CODES, *STEPS, "earlier"} <= known


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_earlier_landing_is_told_with_its_outcome_or_without(language: str) -> None:
    said = words(language)
    labelled, open_ = (
        said.sentence("earlier", {"days": 2.0, "pier": "P4", **more}, ZONE)
        for more in ({"outcome": "lawful"}, {})
    )
    assert "P4" in labelled
    assert said.of("value.outcome", "lawful") in labelled
    assert labelled != open_

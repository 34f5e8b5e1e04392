"""Whatever is known of a landing gives finite evidence of codes that are known."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models.risk
from models.baseline.bursts import Burst
from models.baseline.likely import Follows
from models.risk.evidence import weigh
from models.risk.evidence_table import BLOCKS, parse_evidence
from models.risk.landing_facts import CODES, MISSING, LandingFacts, landing_evidence
from models.risk.landing_table import SIGHTINGS
from models.risk.likelihood import prior_nats
from models.risk.pier_use import CLASSES

TABLE = parse_evidence((Path(models.risk.__file__).parent / "evidence.toml").read_bytes())
PRIOR = prior_nats(0.068)
NUMBERS = st.none() | st.floats(-1e3, 1e3)
CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "pier_status": st.sampled_from([*CLASSES, "unknown", "strange"]),
    "pier_kind": st.sampled_from(["pier", "beach", "mudflat"]),
    "hour_local": st.none() | st.integers(0, 23),
    "day_kind": st.sampled_from(["workday", "weekend", "holiday"]),
    "vessel_type": st.sampled_from([None, "fishing", "passenger", "service"]),
    "barrier": st.sampled_from([None, "raised", "damaged", "lowered"]),
    "truck_classes": st.lists(st.sampled_from(["refrigerated", "van"]), max_size=3).map(tuple),
    "heard_by": st.just(("ais",)),
    "trucks_seen_by": st.just(("vehicles",)),
    "trucks_usual": st.just(()) | st.tuples(*4 * [st.floats(0, 90)]),
    "burst": st.none() | st.builds(Burst, st.integers(2, 9), st.just(14), st.floats(0, 50)),
    "follows": st.none()
    | st.builds(Follows, st.floats(0, 1e6), st.integers(1, 60), st.floats(0, 1), st.booleans()),
    "anomaly": st.just({"p": 0.01}),
    "visits_tonight": st.integers(0, 9),
    "idle_visited": st.integers(0, 90),
    "idle_piers": st.integers(0, 90),
    "sighting": st.none() | st.sampled_from(SIGHTINGS),
    "waited_min": st.none() | st.floats(0, 900),
    "suspicious_14d": st.none() | st.integers(0, 9),
    **{
        n: st.floats(-1, 20) for n in ("visit_probability", "trucks", "trucks_passing", "left_with")
    },
}


@st.composite
def any_facts(draw: st.DrawFn) -> LandingFacts:
    values = {}
    for field in fields(LandingFacts):
        plain = st.booleans() if "bool" in str(field.type) else NUMBERS
        if field.type == "bool | None":
            plain = st.none() | st.booleans()
        values[field.name] = draw(CHOICES.get(field.name, plain))
    return LandingFacts(**values)


@given(any_facts())
def test_whatever_is_known_gives_finite_evidence_of_known_codes_and_each_once(
    facts: LandingFacts,
) -> None:
    entries, missing = landing_evidence(TABLE, facts)
    assert {e.code for e in entries} <= set(CODES)
    assert len({e.code for e in entries}) == len(entries)
    assert {e.block for e in entries} <= set(BLOCKS)
    assert set(missing) <= set(MISSING)
    w = weigh(TABLE, entries, PRIOR)
    total = round(w.prior_nats * 100) + sum(round(e.nats * 100) for e in w.evidence)
    assert w.posterior == pytest.approx(1 / (1 + math.exp(-total / 100)), abs=1e-6)

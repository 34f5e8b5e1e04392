"""The chain in plain values: each lorry once, in whatever order the links come."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.landings.schema import Landing, Link
from models.risk.chain_facts import chain_facts
from models.risk.landing_facts import LandingFacts


def link(kind: str, fact: str, target: str | None, p: float = 1.0, lag_s: int = 0) -> Link:
    sensor = {"truck_wait": "vehicle", "barrier": "barrier"}.get(fact, "camera")
    detail = {"fact": fact, **({"state": "damaged"} if fact == "barrier" else {})}
    return Link(kind, f"{fact}:{target}", target, 0, None, p, lag_s, (), sensor, None, detail)


CHAIN = (
    link("met_by", "truck_wait", "plate:A", 0.8, -600),
    link("met_by", "truck_wait", "plate:A", 0.6, 1200),
    link("met_by", "truck_wait", "B", 0.7, 300),
    link("met_by", "truck_pass", "plate:B", 0.9, -3000),
    link("met_by", "truck_pass", "C", 0.4, -2000),
    link("left_with", "truck_wait", "B", 0.7, 300),
    link("seen_by", "camera_boat", None),
    link("barred_by", "barrier", None),
)
LANDING = Landing(
    3, 0, 0, "mmsi:1", (), None, ("mmsi:1",), 0, None, "berthed", CHAIN,
    frozenset({"vehicles", "anpr", "camera"}), over=False, lost=False,
)  # fmt: skip


def test_each_lorry_counts_once_and_one_that_stood_does_not_pass_by_as_well() -> None:
    facts = chain_facts(LANDING)
    assert facts["trucks"] == pytest.approx(1.5)
    assert facts["trucks_passing"] == pytest.approx(0.4)
    assert facts["left_with"] == pytest.approx(0.7)
    assert facts["truck_lag_min"] == -10
    assert (facts["trucks_seen_by"], facts["camera_boat"]) == (("vehicle",), True)
    assert (facts["trucks_covered"], facts["roads_covered"]) == (True, True)
    assert facts["barrier"] == "damaged"


def test_they_are_fields_of_the_facts_of_a_landing() -> None:
    assert set(chain_facts(LANDING)) <= {f.name for f in fields(LandingFacts)}
    assert LandingFacts(**chain_facts(LANDING)).trucks == pytest.approx(1.5)


def test_lorries_without_a_name_before_the_dock_camera_are_one_at_least() -> None:
    filmed = replace(LANDING, links=(link("met_by", "camera_truck", None, 0.8),))
    assert chain_facts(filmed)["trucks"] == 0.8
    both = replace(LANDING, links=(*CHAIN, *filmed.links))
    assert chain_facts(both)["trucks"] == pytest.approx(1.5)


def test_classes_are_told_of_all_lorries_or_of_none() -> None:
    known = {"A": "refrigerated", "B": "van"}
    assert chain_facts(LANDING, known)["truck_classes"] == ("refrigerated", "van")
    assert chain_facts(LANDING, {"A": "refrigerated"})["truck_classes"] == ()


def test_nobody_on_camera_is_said_only_of_who_should_have_been_there() -> None:
    bare = replace(LANDING, links=())
    assert chain_facts(bare)["camera_boat"] is False
    assert chain_facts(replace(bare, coverage=frozenset()))["camera_boat"] is None
    assert chain_facts(replace(bare, berth_from_us=None))["camera_boat"] is None
    assert chain_facts(bare)["barrier"] is None
    assert chain_facts(bare, has_bar=True)["barrier"] == "lowered"


@given(st.permutations(CHAIN))
def test_the_order_of_the_links_changes_nothing(links: list[Link]) -> None:
    assert chain_facts(replace(LANDING, links=tuple(links))) == chain_facts(LANDING)


def test_a_lorry_that_stood_there_for_hours_before_is_parked() -> None:
    parked = link("met_by", "truck_wait", "plate:D", 1.0, -5_401)
    more = replace(LANDING, links=(*CHAIN, parked))
    assert chain_facts(more, earliest_min=-90.0) == chain_facts(LANDING, earliest_min=-90.0)
    assert chain_facts(more)["trucks"] == chain_facts(LANDING)["trucks"] + 1.0  # methods: 120 min

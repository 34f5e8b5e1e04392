"""Labels move the weights as Dirichlet counts do, and nothing moves without them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outlook_place import HOUSE
from scipy.stats import beta

from models.risk.evidence import weigh
from models.risk.evidence_table import parse_evidence
from models.risk.landing_facts import LandingFacts, landing_evidence
from models.risk.shadow_weights import (
    INNOCENT,
    LANDINGS,
    LEFT_ALONE,
    ONE_SIDED,
    Weight,
    answers,
    questions,
    rescored,
    weights,
)
from models.risk.table_parts import Cue

TABLE = parse_evidence((HOUSE / "models/risk/evidence.toml").read_bytes())
WATCH, VERIFY, PRIOR = 0.1, 0.6, -7.29
Alert = dict[str, Any]


def alert(*missing: str, **facts: Any) -> Alert:
    """A landing as its alert has it: evidence, prior and posterior."""
    usual = LandingFacts(pier_status="idle", hour_local=1, silent_min=0.0, in_register=True)
    entries, _ = landing_evidence(TABLE, replace(usual, **facts))
    found = weigh(TABLE, entries, PRIOR, WATCH, VERIFY)
    return {
        "evidence": [entry.as_dict() for entry in found.evidence],
        "not_covered": list(missing),
        "prior_nats": found.prior_nats,
        "posterior": found.posterior,
        "level": found.level,
    }


def dark(**facts: Any) -> Alert:
    told = {"silent_min": 70.0, "silence_nats": 4.0, "in_register": False, "trucks": 2.0}
    return alert(**{**told, "trucks_covered": True, "camera_boat": True, **facts})


def of(found: list[Weight], question: str, answer: str = "yes") -> Weight:
    (one,) = [w for w in found if (w.question, w.answer) == (question, answer)]
    return one


def test_without_labels_every_weight_stays_and_every_alert_keeps_its_posterior() -> None:
    found = weights(TABLE, [])
    assert {w.proposed - w.current for w in found} == {0.0}
    assert all(w.low < w.current < w.high for w in found)
    for one in (alert(), dark(), dark(announced=True), dark(dwell_min=70.0, dwell_over=True)):
        then = rescored(TABLE, found, one, WATCH, VERIFY)
        assert (then.posterior, then.level) == (one["posterior"], one["level"])


def test_what_is_neither_confirmed_nor_lawful_counts_nothing() -> None:
    assert weights(TABLE, [("unknown", dark())] * 50) == weights(TABLE, [])


def test_labels_are_added_to_what_the_table_counts_as() -> None:
    """The table's camera: 0.8 of landings and 0.5 of innocent calls show a boat."""
    seen, empty = dark(), dark(camera_boat=False)
    labelled = [("confirmed", seen)] * 9 + [("confirmed", empty)]
    labelled += [("lawful", seen)] * 2 + [("lawful", empty)] * 8
    found = of(weights(TABLE, labelled), "landing.camera_boat")
    ours, theirs = (16 + 9) / (20 + 10), (20 + 2) / (40 + 10)
    assert found.current == pytest.approx(math.log(0.8 / 0.5))
    assert found.proposed == pytest.approx(math.log(ours / theirs))
    spread = math.sqrt(_variance(25, 5) + _variance(22, 28))
    assert found.high - found.proposed == pytest.approx(1.959964 * spread, rel=1e-6)
    assert (found.confirmed, found.of_confirmed, found.lawful, found.of_lawful) == (9, 10, 2, 10)
    other = of(weights(TABLE, labelled), "landing.camera_boat", "no")
    assert other.proposed == pytest.approx(math.log((1 - ours) / (1 - theirs)))


def _variance(a: float, b: float) -> float:
    """Of the logarithm of a Beta(a, b), by quadrature."""
    mean = beta(a, b).expect(math.log)
    return float(beta(a, b).expect(lambda x: (math.log(x) - mean) ** 2))


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_manner_and_register_together_are_the_counts_of_the_joint_table(
    heard: int, known: int, unknown: int
) -> None:
    """A Dirichlet over the cells: of its sums and of its shares within a sum, the same."""
    quiet = {"silent_min": 70.0, "silence_nats": 4.0}
    labelled = [("confirmed", alert())] * heard
    labelled += [("confirmed", alert(**quiet))] * known
    labelled += [("confirmed", alert(**quiet, in_register=False))] * unknown
    found = weights(TABLE, labelled)
    joint = TABLE.landing.seen.landing
    n = heard + known + unknown
    for cell, count in (("registered", known), ("unregistered", unknown)):
        whole, part = of(found, "landing.seen", "silent"), of(found, "landing.seen.silent", cell)
        moved = whole.proposed - whole.current + part.proposed - part.current
        share = getattr(joint.silent, cell)
        wanted = math.log((LANDINGS * share + count) / ((LANDINGS + n) * share))
        assert moved == pytest.approx(wanted, abs=1e-12)


def test_more_labels_make_it_surer_and_move_it_further() -> None:
    before = of(weights(TABLE, []), "landing.barrier_up")
    for n in (1, 10, 100):
        after = of(
            weights(TABLE, [("confirmed", dark(barrier="raised"))] * n), "landing.barrier_up"
        )
        assert after.proposed > before.proposed
        assert after.high - after.low < before.high - before.low
        before = after
    limit = math.log(1 / TABLE.landing.barrier_up.innocent_share)
    assert before.proposed < limit


def test_the_shares_of_each_question_stay_whole() -> None:
    labelled = [("confirmed", dark(trucks=float(k % 5))) for k in range(30)]
    labelled += [("lawful", dark(trucks=float(k % 2))) for k in range(30)]
    found = weights(TABLE, labelled)
    for one in questions(TABLE).values():
        assert math.fsum(one.landing_share) == pytest.approx(1, abs=1e-6)
        assert math.fsum(one.innocent_share) == pytest.approx(1, abs=1e-6)
        mine = [w for w in found if w.question == one.name]
        ours, theirs = mine[0].of_confirmed, mine[0].of_lawful
        if one.name in ONE_SIDED:
            assert [w.answer for w in mine] == ["yes"]
        else:
            assert sum(w.confirmed for w in mine) == ours
            assert sum(w.lawful for w in mine) == theirs
        for share, w in zip(one.innocent_share, mine, strict=False):
            other = (one.innocent * share + w.lawful) / (one.innocent + theirs)
            assert math.exp(w.proposed) * other <= 1 + 1e-9
    counts = [of(found, "landing.trucks.idle", k) for k in "0123"]
    assert [w.confirmed for w in counts] == [6, 6, 6, 12]
    assert [w.lawful for w in counts] == [15, 15, 0, 0]
    assert of(found, "landing.trucks.low", "3").confirmed == 12, "landings know no use of a pier"
    assert of(found, "landing.trucks.low", "0").lawful == 0


def test_an_alert_moves_by_what_its_reasons_move_within_the_caps() -> None:
    one = dark()
    found = weights(TABLE, [("lawful", one)] * 30)
    then = rescored(TABLE, found, one, WATCH, VERIFY)
    assert then.posterior < one["posterior"]
    assert {e.code for e in then.evidence} >= {e["code"] for e in one["evidence"]} - {"block_cap"}
    for block in ("identity", "land_side"):
        limits = TABLE.block(block)
        total = sum(e.nats for e in then.evidence if e.block == block)
        assert limits.floor_nats - 1e-9 <= total <= limits.cap_nats + 1e-9
    assert rescored(
        TABLE, weights(TABLE, [("confirmed", one)] * 30), one, WATCH, VERIFY
    ).posterior >= one["posterior"]  # fmt: skip


def test_what_was_not_asked_is_no_answer() -> None:
    def said(one: Alert) -> dict[str, str]:
        return {a.question: a.answer for a in answers(TABLE, one)}

    nothing = said(alert(silent_min=None, in_register=None))
    assert nothing == {
        "landing.doubtful_name": "no", "announced": "no", "landing.scouted": "no",
    }  # fmt: skip
    assert "landing.nameless" not in said(dark())
    assert said(dark() | {"not_covered": ["radar"]})["landing.nameless"] == "no"
    assert said(alert(waited_min=30.0, quay_covered=True)).get("landing.seen") == "heard"
    assert "dwell" not in said(dark(dwell_min=70.0))
    assert said(dark(dwell_min=70.0, dwell_over=True))["dwell"] == "50"
    assert said(dark(trucks=7.0))["landing.trucks.idle"] == "3"
    assert said(dark(announced=True))["landing.trucks.announced"] == "2"


def test_every_table_is_either_asked_about_or_left_alone_by_name() -> None:
    tables = {
        *(name for name, row in TABLE if isinstance(row, Cue)),
        *(f"landing.{name}" for name, row in TABLE.landing if isinstance(row, Cue)),
    } - {"landing.consequence"}
    asked = {name for name in tables if any(q.startswith(name) for q in questions(TABLE))}
    assert asked | set(LEFT_ALONE) == tables
    assert not asked & set(LEFT_ALONE)
    assert INNOCENT == 2 * LANDINGS

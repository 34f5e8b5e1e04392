"""Severity from judgements that are data; what is wrong in them is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models.risk
from core.errors import JudgementError
from models.risk.judgements import parse_judgements
from models.risk.severity import likely_goods, severity

ROOM = Path(models.risk.__file__).parent
DEFAULTS = (ROOM / "judgements.toml").read_bytes()
JUDGEMENTS = parse_judgements(DEFAULTS)

FACTS = st.fixed_dictionaries(
    {
        "vessel_size": st.none() | st.floats(allow_nan=True),
        "trucks": st.none() | st.floats(-1, 50) | st.lists(st.sampled_from(["truck_heavy", "?"])),
        "goods": st.none() | st.sampled_from(["diesel", "sugar", "gold"]),
        "recurrence": st.none() | st.integers(0, 20),
        "minutes_left": st.none() | st.floats(-100, 1000),
    }
)


def test_the_default_judgements_are_clearly_consistent_and_put_goods_first() -> None:
    assert JUDGEMENTS.cr < 0.05
    assert JUDGEMENTS.random_index == "alonso_lamata"
    assert sum(JUDGEMENTS.weights.values()) == pytest.approx(1, abs=1e-10)
    ranked = sorted(JUDGEMENTS.weights, key=JUDGEMENTS.weights.__getitem__, reverse=True)
    assert ranked == ["goods", "vessel_size", "trucks", "minutes_left", "recurrence"]
    assert all(c.title_zh and c.title_en for c in JUDGEMENTS.criteria)


def test_the_papers_own_hierarchy_is_kept_as_data() -> None:
    paper = parse_judgements((ROOM / "judgements_paper.toml").read_bytes())
    expected = [0.3192, 0.1840, 0.0683, 0.3192, 0.1093]
    assert list(paper.weights.values()) == pytest.approx(expected, abs=5e-4)
    group = paper.groups["severity"].together
    assert (group.lambda_max, group.cr) == pytest.approx((5.0364, 0.0081), abs=5e-4)


def test_a_large_ship_with_many_trucks_is_graver_than_a_small_boat() -> None:
    grave = severity(
        JUDGEMENTS,
        {
            "vessel_size": 62.0,
            "trucks": ["refrigerated"] * 8,
            "goods": "frozen_meat",
            "recurrence": 4,
            "minutes_left": 40,
        },
    )
    slight = severity(
        JUDGEMENTS,
        {"vessel_size": 7.0, "trucks": 0, "goods": "catch", "recurrence": 0, "minutes_left": 0},
    )
    assert grave.score > 0.85
    assert slight.score < 0.1
    assert grave.not_covered == slight.not_covered == ()
    assert grave.version == "severity-2026.11"


def test_what_is_not_known_takes_its_neutral_value_and_is_named() -> None:
    nothing = severity(JUDGEMENTS, {})
    assert set(nothing.not_covered) == set(JUDGEMENTS.weights)
    assert nothing.score == pytest.approx(0.4625, abs=1e-4)


@given(FACTS)
def test_contributions_add_up_to_the_score_exactly(facts: dict[str, object]) -> None:
    s = severity(JUDGEMENTS, facts)
    assert 0 <= s.score <= 1
    assert round(sum(p.contribution for p in s.contributions), 6) == s.score
    assert all(0 <= p.value <= 1 for p in s.contributions)


def test_trucks_weigh_by_their_class() -> None:
    def trucks(*classes: str) -> float:
        return severity(JUDGEMENTS, {"trucks": classes}).contributions[1].value

    assert trucks("car") == 0
    assert trucks("truck_light") < trucks("truck_heavy") < trucks("truck_heavy", "tanker")
    assert 0 < trucks("something else") < trucks("truck_heavy")


def test_goods_are_guessed_from_trucks_before_the_vessel() -> None:
    assert likely_goods("tanker", ["refrigerated"]) == "frozen_meat"
    assert likely_goods("tanker") == "diesel"
    assert likely_goods(None) is None


TREE = b"""
version = "t1"
[[criterion]]
code = "harm"
title_zh = "h"
title_en = "h"
[[criterion]]
code = "fire"
parent = "harm"
title_zh = "f"
title_en = "f"
points = [[0, 0], [1, 1]]
unknown = 0
[[criterion]]
code = "disease"
parent = "harm"
title_zh = "d"
title_en = "d"
points = [[0, 0], [1, 1]]
unknown = 0
[[criterion]]
code = "size"
title_zh = "s"
title_en = "s"
points = [[0, 0], [1, 1]]
unknown = 0
[[matrix]]
judge = "customs"
weight = 3
upper = [[3]]
[[matrix]]
judge = "police"
upper = [["1/3"]]
[[matrix]]
of = "harm"
upper = [[4]]
"""


def test_criteria_may_form_a_tree_judged_by_a_group() -> None:
    j = parse_judgements(TREE)
    # AIJ of 3 (weight 3) and 1/3 (weight 1): 3^0.75 · 3^−0.25 = √3.
    harm = 3**0.5 / (1 + 3**0.5)
    expected = {"fire": harm * 0.8, "disease": harm * 0.2, "size": 1 - harm}
    assert j.weights == pytest.approx(expected, abs=1e-9)
    assert j.groups["severity"].spread[0, 1] > 2.5
    assert severity(j, {"fire": 1.0, "disease": 1.0, "size": 1.0}).score == pytest.approx(1)


def test_a_judgement_that_nobody_gave_is_filled_in_and_said_so() -> None:
    j = parse_judgements(DEFAULTS.replace(b'[1, "1/2", 3, 2]', b'[1, "?", 3, 2]'))
    assert j.filled == ("default: vessel_size : goods",)
    assert j.weights["goods"] == pytest.approx(JUDGEMENTS.weights["goods"], abs=0.03)


def test_contradictory_judgements_are_refused_with_the_one_to_look_at() -> None:
    with pytest.raises(JudgementError) as caught:
        parse_judgements(DEFAULTS.replace(b'[1, "1/2", 3, 2]', b'[1, "1/2", "1/9", 2]'))
    said = str(caught.value)
    assert "matrix of severity by default: expected a consistency ratio below 0.10" in said
    assert "Look at the judgement vessel_size : recurrence = 1/9" in said
    assert "1/2 would give CR 0.1065 (2 changes reach 0.0459)" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"[[matrix]]\nof", b"[[matrx]]\nof", "expected only combine, criterion, matrix"),
        (b"[4, 2], ", b"[4, 0], ", 'row 3, judgement 2: expected a judgement from "1/9" to 9'),
        (b"[4, 2], ", b"[4, nan], ", 'judgement 2: expected a judgement from "1/9" to 9'),
        (b"[4, 2], ", b"[4, -2], ", 'judgement 2: expected a judgement from "1/9" to 9'),
        (b"[4, 2], ", b"[4], ", "row 3: expected 2 judgements"),
        (b"[4, 2], ", b"", "expected 4 rows for 5 criteria, got 3 rows"),
        (b"[4, 2], ", b"4, ", "row 3: expected 2 judgements"),
        (b'"alonso_lamata"', b'"saaty"', "expected one of alonso_lamata"),
        (b'combine = "judgements"', b'combine = "votes"', "expected judgements or priorities"),
        (b'of = "severity"', b'of = "harm"', "expected 0 rows for 0 criteria"),
        (b'of = "severity"', b"weight = -1", "weight: expected a positive number, got -1"),
        (b'code = "trucks"', b'code = "goods"', "expected a code of its own"),
        (b'code = "trucks"', b'code = "trucks"\nparent = "x"', "a parent that is a criterion"),
        (b"[8, 0.1]", b"[4, 0.1]", "expected x rising from pair to pair, got 4 after 5"),
        (b"[8, 0.1]", b"[8, 1.1]", "points: expected a number from 0 to 1, got 1.1"),
        (b"unknown = 0.5\n", b"", "criterion vessel_size, unknown: expected a number from 0 to 1"),
        (b"version", b"\xff", "expected a TOML file in UTF-8"),
        (b'version = "severity-2026.11"', b"version = 3", "expected `version` as text, got 3"),
    ],
)
def test_malformed_judgements_are_refused_with_place_and_expectation(
    old: bytes, new: bytes, says: str
) -> None:
    assert old in DEFAULTS
    with pytest.raises(JudgementError) as caught:
        parse_judgements(DEFAULTS.replace(old, new, 1))
    assert says in str(caught.value)


@pytest.mark.parametrize("toml", [b"", b'version = "1"', b'version = "1"\ncriterion = 3'])
def test_a_file_without_criteria_is_refused(toml: bytes) -> None:
    with pytest.raises(JudgementError):
        parse_judgements(toml)


@given(st.binary(max_size=60))
def test_no_bytes_ever_raise_anything_but_a_judgement_error(rubbish: bytes) -> None:
    cut = len(rubbish) * 40 % len(DEFAULTS)
    with pytest.raises(JudgementError):
        parse_judgements(DEFAULTS[:cut] + b"\x00" + rubbish)

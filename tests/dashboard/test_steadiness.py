"""How firm an alert's place is: by weights drawn around those judged, and by the nearest turn."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.catalogue import words
from dashboard.steadiness import MOST, steadiness

WEIGHTS = {"vessel_size": 0.5, "goods": 0.5}


def alert(name: str, posterior: float, size: float, goods: float, **more: Any) -> dict[str, Any]:
    values = {"vessel_size": size, "goods": goods}
    parts = [{"criterion": c, "weight": w, "value": values[c]} for c, w in WEIGHTS.items()]
    severity = sum(part["weight"] * part["value"] for part in parts)
    return {
        "alert_id": name, "kind": "night_landing", "posterior": posterior, "severity": severity,
        "severity_parts": parts, **more,
    }  # fmt: skip


def lines(tonight: list[dict[str, Any]], at: int, language: str = "en") -> list[str]:
    return steadiness(words(language), tonight, tonight[at])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_above_by_every_criterion_is_first_whatever_the_weights(language: str) -> None:
    tonight = [alert("low", 0.4, 0.3, 0.3), alert("high", 0.9, 0.8, 0.7)]
    place, drawn, turn = lines(tonight, 1, language)
    assert "1" in place
    assert "2" in place
    assert "100%" in drawn
    assert "0." not in turn or "τ" in turn
    assert "0%" in lines(tonight, 0, language)[1]


def test_two_that_are_good_at_one_thing_each_turn_where_their_scores_cross() -> None:
    tonight = [alert("size", 0.5, 1.0, 0.4), alert("goods", 0.5, 0.2, 1.0)]
    # 1.0 t + 0.4 (1 - t) = 0.2 t + 1.0 (1 - t) at t = 3/7
    assert lines(tonight, 0)[2].endswith("Size of vessels weighed 0.43 instead of 0.50")
    first, second = (
        int(lines(tonight, at)[1].split("first in ")[1].split("%")[0]) for at in (0, 1)
    )
    assert first > second > 5
    assert first + second in (99, 100, 101)


def test_an_alert_alone_one_of_another_kind_or_by_other_weights_is_not_compared() -> None:
    one, other = alert("one", 0.9, 1.0, 1.0), alert("other", 0.3, 1.0, 1.0)
    assert lines([one], 0) == []
    assert lines([one, {**other, "kind": "dark_vessel"}], 0) == []
    reweighed = [{**part, "weight": 0.4} for part in other["severity_parts"]]
    assert lines([one, {**other, "severity_parts": reweighed}], 0) == []
    assert lines([one, {**other, "severity_parts": None}], 1) == []


def test_only_the_first_are_compared_the_others_are_told_their_place() -> None:
    tonight = [alert(f"a{i}", 0.9 - i / 100, 0.5, 0.5) for i in range(MOST + 2)]
    assert lines(tonight, MOST + 1) == [
        f"Number {MOST + 2} of {MOST + 2} by probability × severity tonight"
    ]
    assert len(lines(tonight, MOST - 1)) == 3

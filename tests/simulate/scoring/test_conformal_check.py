"""The conformal check: what was promised beside what came, over every pier-night, alert or not."""

from __future__ import annotations

from typing import Any

import pytest
from scored import alert, landing, report, scored, site

from core.errors import RecordingError
from simulate.scoring.calibration import answer
from simulate.scoring.intervals import Estimate, wilson
from simulate.scoring.judging import Judged
from simulate.scoring.report_text import report_text
from simulate.scoring.scores import plain, scores
from simulate.scoring.words import WORDS

WIDE = site({f"Q{i}": i * 1_000.0 for i in range(100)})


def check(*judged: Judged) -> dict[str, Any]:
    found: dict[str, Any] = plain(scores(judged))["conformal"]
    return found


def by_alpha(part: dict[str, Any]) -> dict[float, dict[str, Any]]:
    return {row["promised"]: row for row in part["by_alpha"]}


def test_pier_nights_without_an_alert_count_and_those_with_a_true_landing_do_not() -> None:
    # P2 is 200 m from the landing's pier: one place to the scorer.
    told = [report(0, {"P1": 0.001, "P2": 0.002, "FAR": 0.04, "EDGE": 0.5}), report(1, {"P1": 0.3})]
    found = check(scored([alert("t")], [landing("P1")], nights=2, reports=told))
    assert found["counts"] == {
        "pier_nights": 10, "reported_nights": 2, "nobody_came": 5, "not_judged": 0,
        "with_landing": 2, "judged": 3,
    }  # fmt: skip
    rows = by_alpha(found["together"])
    assert (rows[0.05]["realised"]["count"], rows[0.05]["realised"]["of"]) == (1, 3)
    assert rows[0.01]["realised"]["count"] == 0
    low, high = wilson(1, 3)
    assert (rows[0.05]["realised"]["low"], rows[0.05]["realised"]["high"]) == pytest.approx(
        (low, high), abs=1e-6
    )


def test_nights_that_are_not_reported_or_not_judged_yet_are_named_and_not_counted() -> None:
    told = [report(0, {"P1": None}, not_judged=2), report(1, {"P1": 0.3, "FAR": 0.7})]
    found = check(scored([], [], nights=3, reports=told))
    assert found["counts"]["reported_nights"] == 2
    assert (found["counts"]["not_judged"], found["counts"]["judged"]) == (2, 2)
    assert found["counts"]["nobody_came"] == 10 - 2 - 2


def many(low: int) -> Judged:
    """Ten nights at 100 piers, of which so many a night are below 0.1 and none below 0.05."""
    told = [
        report(n, {f"Q{i}": 0.06 if i < low else 0.5 + i / 1000 for i in range(100)})
        for n in range(10)
    ]
    return scored([], [], nights=10, place=WIDE, reports=told)


@pytest.mark.parametrize(("low", "said"), [(2, "below"), (10, "inside"), (30, "above")])
def test_a_promise_is_kept_where_it_lies_in_the_interval_over_nights(low: int, said: str) -> None:
    found = check(many(low))
    (stratum,) = found["strata"]
    assert stratum["name"] == "idle/calm + low/calm"
    assert stratum["pier_nights"] == 1000
    rows = by_alpha(stratum)
    assert rows[0.1]["answer"] == said
    assert rows[0.1]["reachable"] == 0.1
    assert rows[0.05]["answer"] == "below"  # none of a thousand: Wilson's interval answers
    assert rows[0.001]["answer"] == "inside"
    assert found["together"]["by_alpha"] == stratum["by_alpha"]


def test_nights_that_go_wrong_together_are_not_taken_as_independent_pier_nights() -> None:
    told = [
        report(n, {f"Q{i}": 0.01 if n < 2 and i < 50 else 0.6 for i in range(100)})
        for n in range(10)
    ]
    row = by_alpha(check(scored([], [], nights=10, place=WIDE, reports=told))["together"])[0.05]
    assert row["realised"]["value"] == 0.1
    assert row["realised"]["low"] > 0.05
    assert row["realised"]["nights_low"] == 0.0
    assert row["answer"] == "inside"


def test_uniform_p_values_keep_every_promise_and_their_ks_is_small() -> None:
    told = [report(n, {f"Q{i}": (i * 10 + n + 0.5) / 1000 for i in range(100)}) for n in range(10)]
    found = check(scored([], [], nights=10, place=WIDE, reports=told))["together"]
    assert found["ks"] == pytest.approx(0.0005)
    assert {row["answer"] for row in found["by_alpha"]} == {"inside"}


def test_strata_of_few_pier_nights_count_together_only() -> None:
    found = check(scored([], [], nights=1, reports=[report(0, {"P1": 0.5, "FAR": 0.2})]))
    assert found["strata"] == []
    assert found["smaller"] == {"strata": 1, "pier_nights": 2}
    assert by_alpha(found["together"])[0.1]["answer"] is None  # one night has no interval


def test_what_p_can_never_reach_is_not_asked() -> None:
    told = [report(n, {"P1": 0.5, "FAR": 0.2}, calibrated_by=100) for n in range(4)]
    rows = by_alpha(check(scored([], [], nights=4, reports=told))["together"])
    assert rows[0.01]["reachable"] == pytest.approx(1 / 101, abs=1e-6)
    assert rows[0.005]["reachable"] == 0.0
    assert rows[0.005]["answer"] is None


def test_of_a_run_that_does_not_tell_its_strata_all_is_counted_together() -> None:
    told = [report(n, {"P1": 0.05, "FAR": 0.2}, calibrated_by=None) for n in range(4)]
    found = check(scored([], [], nights=4, reports=told))
    assert (found["strata"], found["smaller"]["strata"]) == ([], 0)
    row = by_alpha(found["together"])[0.1]
    assert (row["realised"]["value"], row["reachable"], row["answer"]) == (0.5, None, "above")


def test_recordings_are_counted_night_by_night_and_one_without_reports_adds_none() -> None:
    one = scored([], [], nights=2, reports=[report(n, {"P1": 0.05}) for n in range(2)])
    other = scored([], [], nights=2, reports=[report(n, {"P1": 0.5, "FAR": 0.6}) for n in range(2)])
    found = check(one, scored([], [], nights=3), other)
    assert found["counts"]["reported_nights"] == 4
    assert found["counts"]["pier_nights"] == 20
    row = by_alpha(found["together"])[0.1]["realised"]
    assert (row["count"], row["of"]) == (2, 6)
    assert row["nights_low"] < row["value"] < row["nights_high"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_of_a_version_without_reports_shows_a_dash(language: str) -> None:
    found = plain(scores([scored([alert("a")], [])]))
    assert found["conformal"] == {"covered": False}
    said = WORDS["conformal_none"][("en", "zh").index(language)]
    assert said.startswith("– ")
    assert said in report_text(found, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_answers_in_words(language: str) -> None:
    index = ("en", "zh").index(language)
    text = report_text(plain(scores([many(30)])), language)
    low, high = wilson(300, 1000)
    assert f"0.30000 ({low:.5f}–{high:.5f}) [0.30000–0.30000]" in text
    for code in ("above", "below", "inside", "together"):
        assert WORDS[code][index] in text


def test_without_an_interval_nothing_is_answered() -> None:
    assert answer(Estimate(None, None, None, "wilson"), 0.1) is None


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ([report(5, {})], "evening"),
        ([report(0, {}), report(0, {})], "evening"),
        ([report(0, {"P1": 1.5})], r"pier_nights\[0\], p"),
        ([report(0, {"nowhere": 0.5})], "pier_id"),
        ([report(0, {}, not_judged=-1)], "not_judged"),
        ([{**report(0, {}), "strata": [{"among": ["x"], "calibrated_by": 0}]}], "calibrated_by"),
        ([{**report(0, {}), "pier_nights": None}], "pier_nights"),
    ],
)
def test_a_report_that_is_not_of_this_recording_is_named_with_its_line(
    told: list[dict[str, Any]], named: str
) -> None:
    with pytest.raises(RecordingError, match=rf"night_reports\.jsonl, line \d.*{named}"):
        scored([], [], reports=told)

"""Figures worked by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import alert, at, landing, nuisance, scored, site

from simulate.scoring.calibration import log_odds
from simulate.scoring.curves import r_precision, ranking, recall_admitting, threshold_admitting
from simulate.scoring.intervals import drawn_nights, poisson, wilson
from simulate.scoring.judging import Judged
from simulate.scoring.pool import once, pool
from simulate.scoring.scores import at_threshold, plain, scores


def figures(*judged: Judged) -> dict[str, Any]:
    found: dict[str, Any] = plain(scores(judged, county_piers=5))
    return found


@pytest.fixture(scope="module")
def evening() -> Judged:
    """One night, 5 piers: 4 landings, 3 of them found; 3 false alarms.

    By posterior: 0.9 true, 0.8 false, 0.7 true, 0.6 false, 0.6 true, 0.1 false.
    """
    truth = [
        landing("P1", 0, 90), landing("FAR", 0, 90, variant="never"), landing("P1", 300, 390),
        landing("EDGE", 300, 390, variant="never", covered_by=["radar", "ais"]),
    ]  # fmt: skip
    rows = [
        alert("t1", "P1", 0, posterior=0.9),
        alert("t2", "FAR", 0, posterior=0.7, issued=-10),
        alert("t3", "P1", 310, posterior=0.6, issued=345),
        alert("f1", "EDGE", -200, posterior=0.8),
        alert("f2", "FAR", -400, posterior=0.6),
        alert("f3", "P3", 500, posterior=0.1),
    ]
    return scored(rows, truth, [nuisance("patrol", "P3", 480, 490)])


def test_recall_and_precision_with_wilsons_interval(evening: Judged) -> None:
    found = figures(evening)
    assert found["recall"]["value"] == 0.75
    assert found["precision"]["value"] == 0.5
    assert (found["recall"]["low"], found["recall"]["high"]) == pytest.approx(
        wilson(3, 4), abs=1e-6
    )


def test_average_precision_takes_equal_posteriors_together(evening: Judged) -> None:
    # Thresholds 0.9: 1/1; 0.7: 2/3; 0.6: 3/5 (both of 0.6 at once); one landing is never found.
    expected = (1 / 4) * (1 + 2 / 3 + 3 / 5)
    assert figures(evening)["average_precision"]["value"] == pytest.approx(expected, abs=1e-6)


def test_recall_where_the_threshold_admits_so_many_false_alarms() -> None:
    # 50 piers for 2 nights are one hundred pier-nights: 0.5, 1 and 2 false alarms are admitted.
    place = site({f"Q{i}": i * 1_000.0 for i in range(50)})
    truth = [landing(f"Q{i}") for i in range(4)]
    sure = [0.9, 0.7, 0.5, 0.3]
    rows = [alert(f"t{i}", f"Q{i}", posterior=sure[i]) for i in range(4)]
    rows += [alert(f"f{i}", f"Q{9 + i}", posterior=0.8 - 0.2 * i) for i in range(3)]
    found = figures(scored(rows, truth, nights=2, place=place))
    got = [(r["threshold"], r["recall"]["value"]) for r in found["recall_admitting"]]
    assert got == [(0.9, 0.25), (0.7, 0.5), (0.5, 0.75)]
    assert found["false_alarms"]["value"] == 3.0
    low, high = poisson(3, 1.0)
    assert (found["false_alarms"]["low"], found["false_alarms"]["high"]) == pytest.approx(
        (low, high), abs=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.2, 0.4, 0.6])), max_size=12))
def test_the_threshold_that_is_named_gives_the_recall_that_is_drawn(
    drawn: list[tuple[bool, float]],
) -> None:
    place = site({f"Q{i}": i * 1_000.0 for i in range(100)})
    truth = [landing(f"Q{i}") for i, (true, _) in enumerate(drawn) if true] or [landing("Q90")]
    rows = [alert(f"a{i}", f"Q{i}", posterior=sure) for i, (_, sure) in enumerate(drawn)]
    of = pool([scored(rows, truth, place=place)])
    for per_night in (0.5, 1.0, 2.0, 3.0):
        threshold = threshold_admitting(of, per_night)
        found = at_threshold(of, 1.0 if threshold is None else threshold)
        assert once(of, recall_admitting(ranking(of), per_night)) == found["recall"].value
        assert found["false_alarms"].count <= per_night


def test_where_the_surest_alarms_are_too_many_nothing_is_found(evening: Judged) -> None:
    rows = [alert("t", "P1", posterior=0.9), alert("f", "FAR", posterior=0.9)]
    found = figures(scored(rows, [landing()]))
    assert [r["threshold"] for r in found["recall_admitting"]] == [None, None, None]
    assert [r["recall"]["value"] for r in found["recall_admitting"]] == [0.0, 0.0, 0.0]
    assert found["delay"]["alerted"]["value"] == 0.0
    assert found["delay"]["median_min"]["value"] is None


def test_r_precision_takes_the_n_highest_alerts_of_a_night_with_n_landings() -> None:
    # Night 0: two landings, places go to 0.9 (true) and 0.8 (false): 1/2. Night 1: one landing,
    # no alert: 0. Night 2: nothing, left out. Night 3: a place shared by a true and a false: 1/2.
    truth = [landing("P1"), landing("FAR"), landing("P1", night=1), landing("P1", night=3)]
    rows = [
        alert("a", "P1", posterior=0.9), alert("b", "EDGE", 300, posterior=0.8),
        alert("c", "FAR", posterior=0.5), alert("d", "FAR", night=2),
        alert("e", "P1", night=3), alert("f", "FAR", night=3),
    ]  # fmt: skip
    of = pool([scored(rows, truth, nights=4)])
    assert once(of, r_precision(of)) == pytest.approx((0.5 + 0 + 0.5) / 3)


def test_a_duplicate_takes_a_place_among_the_highest() -> None:
    rows = [alert("dup", begins=100, posterior=0.9), alert("match", posterior=0.5)]
    of = pool([scored(rows, [landing()])])
    assert once(of, r_precision(of)) == 0.0


def test_the_delay_runs_from_the_true_berthing_to_the_first_revision_over_the_threshold() -> None:
    place = site({f"Q{i}": i * 1_000.0 for i in range(100)})
    truth = [landing(f"Q{i}", 100, 190) for i in range(5)]
    rows = [
        alert("f", "Q50", posterior=0.6), alert("g", "Q60", posterior=0.4),  # 0.6 is admitted
        alert("a", "Q0", 100, issued=90, posterior=0.7),  # ten minutes before
        alert("b", "Q1", 100, issued=105, posterior=0.5),
        alert("b", "Q1", 100, issued=120, posterior=0.6, revision=2, status="update"),
        alert("c", "Q2", 100, issued=102, posterior=0.9),
        alert("c", "Q2", 100, issued=130, posterior=0.9, revision=2, status="cancel"),
        alert("c", "Q2", 100, issued=140, posterior=0.9, revision=3, status="update"),
        alert("d", "Q3", 100, issued=101, posterior=0.9),
        alert("d", "Q3", 100, issued=150, posterior=0.9, revision=2, status="cancel"),
    ]  # fmt: skip
    delay = figures(scored(rows, truth, place=place))["delay"]
    assert delay["threshold"] == 0.6
    # -10, 20, 40; d was cancelled for good and Q4 never alerted.
    assert delay["median_min"]["value"] == 20.0
    assert delay["p90_min"]["value"] == pytest.approx(36.0)
    assert delay["alerted"]["value"] == 0.6
    assert delay["within_30_min"]["value"] == 0.4
    assert delay["within_30_min_of_alerted"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert delay["before_berthing"]["value"] == 0.2
    curve = {row["within_min"]: row["share"] for row in delay["curve"]}
    assert [curve[m] for m in (-20, -10, 0, 20, 30, 40)] == [0.0, 0.2, 0.2, 0.4, 0.4, 0.6]


def stood(*rows: dict[str, Any], truth: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    place = site({f"Q{i}": i * 1_000.0 for i in range(100)})
    found = figures(scored(list(rows), truth or [], place=place))["minutes_stood"]
    return {k: v["value"] for k, v in found.items() if k != "bar"}


def test_minutes_stood_end_with_the_cancel_with_berth_to_or_three_hours_after_the_last() -> None:
    assert stood(alert("a", "Q1", issued=5))["all"] == 180.0
    later = alert("a", "Q1", issued=25, revision=2, status="update")
    assert stood(alert("a", "Q1", issued=5), later)["all"] == 200.0
    cancel = alert("a", "Q1", issued=45, revision=2, status="cancel")
    assert stood(alert("a", "Q1", issued=5), cancel)["all"] == 40.0
    assert stood(alert("a", "Q1", 0, 65, issued=5))["all"] == 60.0
    assert stood(alert("a", "Q1", 0, 600, issued=5))["all"] == 180.0
    assert stood(alert("a", "Q1", 0, 3, issued=5))["all"] == 0.0
    assert stood(alert("a", "Q1", 0, 15, issued=5), {**cancel, "berth_to": at(99)})["all"] == 10.0


def test_minutes_of_duplicates_and_of_brief_alerts_are_of_those_that_matched_nothing() -> None:
    brief = [alert("b", "Q9", issued=5), alert("b", "Q9", issued=13, revision=2, status="cancel")]
    rows = [alert("t", "Q1", posterior=0.9), alert("d", "Q1", 10, 75, issued=15), *brief]
    found = stood(*rows, truth=[landing("Q1")])
    assert found == {"all": 68.0, "false": 0.0, "duplicate": 60.0, "brief": 8.0}


def test_while_it_was_cancelled_an_alert_did_not_stand() -> None:
    rows = [
        alert("a", "Q1", issued=0),
        alert("a", "Q1", issued=20, revision=2, status="cancel"),
        alert("a", "Q1", issued=50, revision=3, status="update"),
        alert("a", "Q1", issued=55, revision=4, status="cancel"),
    ]
    assert stood(*rows)["all"] == 25.0


def test_brier_and_calibration_error_have_the_prior_of_the_recordings_own_rate() -> None:
    # 5 piers, one night, one landing: 0.2 a pier-night. Evidence of each alert: log-odds + 7.29.
    evidence = math.log(0.2 / 0.8)
    said = 1 / (1 + math.exp(-(log_odds(0.01) + 7.29 + evidence)))
    other = 1 / (1 + math.exp(-(log_odds(0.0005) + 7.29 + evidence)))
    rows = [
        alert("t", posterior=0.01), alert("f", "FAR", posterior=0.0005),
        alert("dup", begins=60, posterior=0.9),
    ]  # fmt: skip
    found = figures(scored(rows, [landing()]))["calibration"]
    assert found["rate_per_pier_night"] == 0.2
    assert found["brier"]["value"] == pytest.approx(((1 - said) ** 2 + other**2) / 2, abs=1e-6)
    assert int(said * 10) != int(other * 10)
    assert found["ece"]["value"] == pytest.approx((1 - said + other) / 2, abs=1e-6)
    full = [row for row in found["reliability"] if row["alerts"]]
    assert [row["was"] for row in full] == [0.0, 1.0]


def test_alerts_of_one_bin_offset_each_other_in_the_calibration_error() -> None:
    rows = [alert("t", posterior=0.5, prior_nats=-1.3862944),
            alert("f", "FAR", posterior=0.5, prior_nats=-1.3862944)]  # fmt: skip
    found = figures(scored(rows, [landing()]))["calibration"]
    assert found["brier"]["value"] == pytest.approx(0.25, abs=1e-6)
    assert found["ece"]["value"] == pytest.approx(0.0, abs=1e-6)


def test_few_alerts_scatter_even_where_every_posterior_is_right() -> None:
    """Of two coins one falls on either side half of the time; else the bin is off by a half."""
    rows = [alert("t", posterior=0.5, prior_nats=-1.3862944),
            alert("f", "FAR", posterior=0.5, prior_nats=-1.3862944)]  # fmt: skip
    right = figures(scored(rows, [landing()]))["calibration"]["ece_if_right"]
    assert right["value"] == pytest.approx(0.25, abs=0.03)
    assert (right["low"], right["high"]) == (0.0, 0.5)
    many = [
        alert(f"t{k}", "FAR", begins=k, posterior=0.5, prior_nats=-1.3862944) for k in range(40)
    ]
    less = figures(scored(many, [landing()]))["calibration"]["ece_if_right"]
    assert less["value"] < 0.1


def test_by_variant_by_cause_by_township_and_by_coverage(evening: Judged) -> None:
    found = figures(evening)
    recalls = {row["name"]: row["recall"]["value"] for row in found["by_variant"]}
    assert recalls == {"dark": 1.0, "never": 0.5}
    causes = {row["name"]: row["false_alarms"]["count"] for row in found["by_cause"]}
    assert causes == {"unexplained": 2.0, "patrol": 1.0}
    stood = {row["name"]: row["stood_min"]["value"] for row in found["by_cause"]}
    assert stood == {"unexplained": 7200.0, "patrol": 3600.0}  # 3 h each; 5 piers, one night
    soon = {row["name"]: row["within_30_min"]["value"] for row in found["by_variant"]}
    assert soon == {"dark": 0.5, "never": 0.0}  # 5 piers admit no false alarm: 0.9 alone stands
    covered = {row["name"]: row["recall"]["value"] for row in found["by_coverage"]}
    assert covered == {"ais": 1.0, "ais+radar": 0.0}
    towns = {row["name"]: row for row in found["by_township"]}
    assert towns["North"]["recall"]["value"] == 1.0
    assert towns["North"]["false_alarms"]["count"] == 1.0
    assert towns["South"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-6)


def test_at_the_sources_own_rate_false_alarms_stay_and_true_ones_get_rare() -> None:
    # Two nights; 2 landings, both found; 3 false alarms, one of them `verify` in the night shift.
    truth = [landing("P1"), landing("P1", night=1)]
    rows = [
        alert("t", level="verify"), alert("u", night=1),
        alert("f", "FAR", 60, level="verify"), alert("g", "FAR", 200),
        alert("h", "EDGE", -500, level="verify", issued=-490),
    ]  # fmt: skip
    own = figures(scored(rows, truth, nights=2))["own_rate"]
    views = {view["view"]: view for view in own["views"]}
    assert own["landings_a_night"] == pytest.approx(50 / 365, abs=1e-6)
    assert own["landings_a_night_recorded"] == 1.0
    assert views["any"]["false_a_night"]["value"] == 1.5
    expected = (3 + 2 * 50 / 365) / (2 * 50 / 365)
    assert views["any"]["alerts_a_true_landing"]["value"] == pytest.approx(expected, abs=1e-5)
    assert views["verify"]["recall"]["value"] == 0.5
    assert views["verify"]["false_a_night"]["value"] == 1.0
    assert views["verify"]["false_a_night_shift"]["value"] == 0.5  # h came at ten to four
    assert views["any"]["nights_without_false_alarm"]["value"] == 0.5


def test_false_alarms_of_a_part_are_counted_for_the_whole_county() -> None:
    # Five of 20 piers: two nights, one with a false alarm, one landing found.
    rows = [alert("t"), alert("f", "FAR", night=1)]
    own = plain(scores([scored(rows, [landing()], nights=2)], county_piers=20))["own_rate"]
    any_ = own["views"][0]
    assert any_["false_a_night"]["value"] == 4 * 0.5
    assert any_["nights_without_false_alarm"]["value"] == 0.5**4
    rare = 50 / 365
    expected = (4 * 1 + 2 * rare) / (2 * rare)
    assert any_["alerts_a_true_landing"]["value"] == pytest.approx(expected, abs=1e-5)
    assert own["prior_nats"] == pytest.approx(log_odds(rare / 20), abs=1e-6)


def test_posteriors_moved_to_the_sources_own_rate_choose_what_is_shown() -> None:
    # 50 a year over 5 piers is 0.0274 a pier-night, -3.57 nats: posteriors rise by that + 7.29.
    up = log_odds(50 / 365 / 5) + 7.29

    def before(share: float) -> float:
        return round(1 / (1 + math.exp(-(log_odds(share) - up))), 6)

    rows = [alert("a", posterior=before(0.19)), alert("b", "FAR", posterior=before(0.21)),
            alert("c", "P3", posterior=before(0.59)), alert("d", "EDGE", -200,
                                                            posterior=before(0.61))]  # fmt: skip
    views = {v["view"]: v for v in figures(scored(rows, []))["own_rate"]["views"]}
    assert views["rebased_watch"]["false_a_night"]["count"] == 3.0
    assert views["rebased_verify"]["false_a_night"]["count"] == 1.0


def test_what_was_cancelled_soon_was_seen_all_the_same() -> None:
    rows = [alert("b", "FAR", level="verify"),
            alert("b", "FAR", issued=8, revision=2, status="cancel")]  # fmt: skip
    found = figures(scored(rows, [landing()]))
    assert found["counts"]["brief"] == 1
    assert found["false_alarms"]["count"] == 0
    assert found["own_rate"]["views"][1]["false_a_night"]["value"] == 1.0


def test_recordings_are_pooled_night_by_night(evening: Judged) -> None:
    found = figures(evening, scored([], [landing()]))
    assert found["counts"]["nights"] == 2
    assert found["counts"]["landings"] == 5
    assert found["recall"]["value"] == 0.6
    low, high = found["recall"]["nights_low"], found["recall"]["nights_high"]
    assert (low, high) == (0.0, 0.75)


def test_one_night_has_no_interval_over_nights(evening: Judged) -> None:
    found = figures(evening)
    assert found["average_precision"]["low"] is None
    assert "nights_low" not in found["recall"]


def test_the_same_nights_are_drawn_every_time() -> None:
    first = drawn_nights(7)
    assert (first.sum(axis=1) == 7).all()
    assert (first == drawn_nights(7)).all()
    assert first[:3].tolist() != first[3:6].tolist()


def test_without_a_landing_nothing_is_claimed() -> None:
    found = figures(scored([alert("f")], []))
    assert found["recall"]["value"] is None
    assert found["average_precision"]["value"] is None
    assert found["r_precision"]["value"] is None
    assert found["calibration"] == {"known": False, "rate_per_pier_night": 0.0}
    assert found["own_rate"]["views"][0]["alerts_a_true_landing"]["value"] is None
    assert found["false_alarms"]["count"] == 1


def test_without_an_alert_nothing_is_precise() -> None:
    found = figures(scored([], [landing()]))
    assert found["recall"]["value"] == 0.0
    assert found["precision"]["value"] is None
    assert found["average_precision"]["value"] == 0.0
    assert found["false_alarms"]["value"] == 0.0


def test_a_posterior_that_prior_and_evidence_do_not_amount_to_is_counted() -> None:
    def said(posterior: float, *nats: float, **more: Any) -> dict[str, Any]:
        entries = [{"block": "timing", "nats": n, "code": "x", "params": {}} for n in nats]
        return alert(f"{posterior}/{nats}", "P1", posterior=posterior, evidence=entries, **more)

    # methods 3.2: from -7.2855, 7.29 nats give 0.5011 and 10 give 0.9379
    right = [
        said(0.5011, 3.29, 4.0, prior_nats=-7.2855), said(0.9379, 10, prior_nats=-7.2855),
        said(0.999, 30), said(0.0001, -5),
    ]  # fmt: skip
    wrong = [said(0.5011, 3.29, 3.9, prior_nats=-7.2855), said(0.999, 10), said(0.5)]
    assert figures(scored(right, []))["counts"]["evidence_does_not_add_up"] == 0
    assert figures(scored(wrong, []))["counts"]["evidence_does_not_add_up"] == 3


def test_a_threshold_chosen_elsewhere_is_applied_as_it_is(evening: Judged) -> None:
    found = plain(at_threshold(pool([evening]), 0.65))
    assert found["recall"]["count"] == 2.0
    assert found["precision"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["false_alarms"]["count"] == 1.0


def test_methods_oracle_of_the_poisson_interval() -> None:
    low, high = poisson(90, 90)
    assert low is not None
    assert high is not None
    assert (high - low) / 2 == pytest.approx(0.21, abs=0.01)  # 90 ± 21 %
    assert at(0) == "2026-03-01T16:00:00Z"

"""The contract's "How alerts are scored", sentence by sentence, on nights worked by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scored import alert, landing, lon_lat, matches, nuisance, scored, site, verdicts

from simulate.scoring.matching import cheapest
from simulate.scoring.pool import pool


def test_only_alerts_of_kind_night_landing_count() -> None:
    other = alert("dark", kind="dark_vessel")
    assert verdicts(scored([other, alert("a")], [landing()])) == {"a": "true"}


def test_pier_and_berthing_are_those_of_the_latest_revision_that_is_not_a_cancel() -> None:
    rows = [
        alert("a", "FAR", 200, issued=205),
        alert("a", "P1", 0, issued=206, revision=2, status="update"),
        alert("a", "FAR", 300, issued=230, revision=3, status="cancel"),
    ]
    assert verdicts(scored(rows, [landing("P1", 0, 90)])) == {"a": "true"}


@pytest.mark.parametrize(("pier", "verdict"), [("P1", "true"), ("P2", "true"), ("P3", "false")])
def test_the_pier_is_the_same_or_lies_within_300_m(pier: str, verdict: str) -> None:
    assert verdicts(scored([alert("a", pier)], [landing("P1")])) == {"a": verdict}


def test_the_300_m_are_from_centre_to_centre_and_the_edge_is_within() -> None:
    near = site({"P1": 0.0, "A": 299.9})
    over = site({"P1": 0.0, "A": 300.2})
    assert verdicts(scored([alert("a", "A")], [landing("P1")], place=near)) == {"a": "true"}
    assert verdicts(scored([alert("a", "A")], [landing("P1")], place=over)) == {"a": "false"}


def test_where_pier_id_is_null_the_place_is_lon_lat() -> None:
    lon, lat = lon_lat(250.0)
    beach = landing(None, lon=lon, lat=lat)
    assert verdicts(scored([alert("a", "P1")], [beach])) == {"a": "true"}
    assert verdicts(scored([alert("a", "FAR")], [beach])) == {"a": "false"}
    away_lon, away_lat = lon_lat(650.0)
    at_sea = alert("a", None, lon=away_lon, lat=away_lat)
    assert verdicts(scored([at_sea], [landing("P1")])) == {"a": "false"}
    assert verdicts(scored([at_sea], [landing("P3", 0, 90)])) == {"a": "true"}


def test_lon_and_lat_of_an_alert_say_nothing_where_it_names_a_pier() -> None:
    lon, lat = lon_lat(5_000.0)
    assert verdicts(scored([alert("a", "P1", lon=lon, lat=lat)], [landing("P1")])) == {"a": "true"}


@pytest.mark.parametrize(
    ("begins", "verdict"), [(-30, "true"), (30, "true"), (-30.1, "false"), (30.1, "duplicate")]
)
def test_berthing_lies_within_30_minutes_of_the_true_one(begins: float, verdict: str) -> None:
    # A second alert makes the landing matched, so that what begins too late is a duplicate.
    found = verdicts(scored([alert("a", begins=begins), alert("b", "P2", 0)], [landing()]))
    expected = "duplicate" if verdict == "true" and abs(begins) == 30 else verdict
    assert found["b"] == "true"
    assert found["a"] == expected
    alone = verdicts(scored([alert("a", begins=begins)], [landing()]))
    assert alone == {"a": "true" if verdict == "true" else "false"}


@pytest.mark.parametrize(
    ("begins", "ends", "verdict"),
    [
        (45, 90, "true"),  # 45 of 90 common: half of the longer
        (45.1, 90, "false"),
        (-40, 90, "true"),  # 90 of 130
        (-100, 90, "false"),  # 90 of 190
        (45, 135, "true"),  # 45 common, both are 90 long
        (46, 136, "false"),
    ],
)
def test_or_the_intervals_overlap_by_at_least_half_of_the_longer(
    begins: float, ends: float, verdict: str
) -> None:
    assert verdicts(scored([alert("a", begins=begins, ends=ends)], [landing()])) == {"a": verdict}


def test_an_open_berth_to_has_no_interval() -> None:
    assert verdicts(scored([alert("a", begins=31, ends=None)], [landing(ends=600)])) == {
        "a": "false"
    }
    assert verdicts(scored([alert("a", begins=31, ends=600)], [landing(ends=600)])) == {"a": "true"}


def test_an_interval_without_length_overlaps_nothing() -> None:
    assert verdicts(scored([alert("a", begins=200, ends=200)], [landing()])) == {"a": "false"}


def test_an_alert_that_names_no_berthing_matches_nothing() -> None:
    assert verdicts(scored([alert("a", begins=None, issued=5)], [landing()])) == {"a": "false"}


def test_most_matches_come_before_the_higher_posterior() -> None:
    # The sure alert can be either landing, the unsure one only the first: both are matched.
    rows = [alert("sure", "P2", 0, posterior=0.9), alert("unsure", "P1", -25, posterior=0.01)]
    truth = [landing("P1", 0, 90), landing("P3", 20, 110)]
    found = matches(scored(rows, truth))
    assert found == {"unsure": "P1/0/0", "sure": "P3/0/20"}


def test_then_the_higher_posterior_comes_before_the_nearer_in_time() -> None:
    rows = [alert("near", begins=0, posterior=0.5), alert("sure", begins=29, posterior=0.500001)]
    judged = scored(rows, [landing()])
    assert verdicts(judged) == {"near": "duplicate", "sure": "true"}


def test_then_the_nearer_in_time() -> None:
    rows = [alert("b", begins=10), alert("a", begins=-11)]
    assert verdicts(scored(rows, [landing()])) == {"b": "true", "a": "duplicate"}
    crossed = [alert("x", "P1", 0), alert("y", "P2", 20)]
    truth = [landing("P1", 20, 110), landing("P2", 0, 90)]
    assert matches(scored(crossed, truth)) == {"x": "P2/0/0", "y": "P1/0/20"}


def test_one_alert_matches_one_landing_only() -> None:
    judged = scored([alert("a", "P2")], [landing("P1"), landing("P3")])
    assert sum(row is not None for row in judged.matched) == 1


@pytest.mark.parametrize(
    ("begins", "verdict"),
    [(-30, "duplicate"), (-31, "false"), (60, "duplicate"), (150, "duplicate"), (151, "false")],
)
def test_a_further_alert_from_30_minutes_before_to_one_hour_after_is_a_duplicate(
    begins: float, verdict: str
) -> None:
    rows = [alert("match", begins=0, posterior=0.9), alert("more", begins=begins, posterior=0.2)]
    assert verdicts(scored(rows, [landing(ends=90)])) == {"match": "true", "more": verdict}


def test_there_are_no_duplicates_of_a_landing_that_nothing_matched() -> None:
    assert verdicts(scored([alert("late", begins=120)], [landing(ends=90)])) == {"late": "false"}


def test_a_duplicate_at_another_pier_is_a_false_alarm() -> None:
    rows = [alert("match"), alert("far", "FAR")]
    assert verdicts(scored(rows, [landing()])) == {"match": "true", "far": "false"}


def test_a_duplicate_that_was_surer_than_the_match_is_reported() -> None:
    rows = [alert("match", posterior=0.1), alert("surer", begins=100, posterior=0.9)]
    judged = scored(rows, [landing()])
    assert [o.outranks for o in judged.outcomes] == [False, True]


@pytest.mark.parametrize(("minutes", "verdict"), [(10, "brief"), (10.02, "true")])
def test_a_cancelled_alert_counts_if_it_stood_for_more_than_10_minutes(
    minutes: float, verdict: str
) -> None:
    rows = [alert("a", issued=5), alert("a", issued=5 + minutes, revision=2, status="cancel")]
    judged = scored(rows, [landing()])
    assert verdicts(judged) == {"a": verdict}
    assert (judged.matched == (None,)) == (verdict == "brief")


def test_the_minutes_of_an_alert_that_was_raised_again_are_added_up() -> None:
    def rows(second: float) -> list[dict[str, object]]:
        return [
            alert("a", issued=5),
            alert("a", issued=11, revision=2, status="cancel"),
            alert("a", issued=20, revision=3, status="update"),
            alert("a", issued=20 + second, revision=4, status="cancel"),
        ]

    assert verdicts(scored(rows(4), [landing()])) == {"a": "brief"}
    assert verdicts(scored(rows(5), [landing()])) == {"a": "true"}


def test_an_alert_that_was_raised_again_and_stands_counts() -> None:
    rows = [
        alert("a", issued=5),
        alert("a", issued=6, revision=2, status="cancel"),
        alert("a", issued=7, revision=3, status="update"),
    ]
    assert verdicts(scored(rows, [landing()])) == {"a": "true"}


def test_an_alert_cancelled_at_once_leaves_its_landing_to_another() -> None:
    rows = [
        alert("gone", issued=5, posterior=0.9),
        alert("gone", issued=6, revision=2, status="cancel", posterior=0.9),
        alert("stays", begins=20, posterior=0.3),
    ]
    assert verdicts(scored(rows, [landing()])) == {"gone": "brief", "stays": "true"}


def test_the_posterior_is_the_highest_until_60_minutes_after_the_berthing() -> None:
    rows = [
        alert("a", issued=5, posterior=0.2),
        alert("a", issued=40, posterior=0.6, revision=2, status="update"),
        alert("a", issued=60, posterior=0.4, revision=3, status="update"),
        alert("a", issued=60.02, posterior=0.9, revision=4, status="update"),
    ]
    (outcome,) = scored(rows, [landing()]).outcomes
    assert outcome.alert.posterior == 0.6


def test_it_is_that_of_the_first_revision_where_none_is_so_early() -> None:
    rows = [
        alert("a", issued=70, posterior=0.3),
        alert("a", issued=80, posterior=0.9, revision=2, status="update"),
    ]
    (outcome,) = scored(rows, [landing()]).outcomes
    assert outcome.alert.posterior == 0.3


def test_the_60_minutes_count_from_the_berthing_that_the_latest_revision_says() -> None:
    rows = [
        alert("a", begins=0, issued=65, posterior=0.3),
        alert("a", begins=10, issued=66, posterior=0.8, revision=2, status="update"),
    ]
    (outcome,) = scored(rows, [landing()]).outcomes
    assert outcome.alert.posterior == 0.8


def test_a_false_alarm_has_the_kind_of_a_nuisance_at_its_pier_within_30_minutes() -> None:
    rows = [
        alert("a", "P1", 100), alert("b", "FAR", 100), alert("c", "FAR", 200),
        alert("d", "FAR", 202), alert("e", "FAR", 150, 201),
    ]  # fmt: skip
    kinds = [
        nuisance("engine_trouble", "P2", 40, 70),
        nuisance("patrol", "FAR", 0, 69),
        nuisance("angler", "FAR", 231, 300),
    ]
    causes = {o.alert.alert_id: o.cause for o in scored(rows, [], kinds).outcomes}
    assert causes == {"a": "engine_trouble", "b": "unexplained", "c": "unexplained",
                      "d": "angler", "e": "angler"}  # fmt: skip


def test_of_several_nuisances_the_one_that_names_the_vessel_goes_before_the_nearer() -> None:
    kinds = [
        nuisance("angler", "P1", 90, 110),
        nuisance("fish_truck", "P1", 0, 75, vessels=["mmsi:412000001"]),
        nuisance("shared_mmsi", None, 0, 50, vessels=["mmsi:412000001"]),
        nuisance("gale", None, 0, 500),
    ]
    (outcome,) = scored([alert("a", begins=100)], [], kinds).outcomes
    assert outcome.cause == "fish_truck"
    (outcome,) = scored([alert("a", "FAR", 60)], [], kinds).outcomes
    assert outcome.cause == "shared_mmsi"
    (outcome,) = scored([alert("a", "FAR", 60, targets=[])], [], kinds).outcomes
    assert outcome.cause == "unexplained"


def test_a_night_runs_from_noon_to_noon_local_time() -> None:
    rows = [landing(begins=-719, ends=-700), landing(begins=719, ends=730),
            landing(begins=-720, ends=-700, night=1)]  # fmt: skip
    assert scored([], rows, nights=2).landing_night == (0, 0, 1)


def test_a_true_alert_belongs_to_the_night_of_its_landing() -> None:
    rows = [alert("late", begins=725), alert("alone", "FAR", 725)]
    of = pool([scored(rows, [landing(begins=719, ends=800)], nights=2)])
    assert of.a_night.tolist() == [0, 1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_matching_is_the_best_of_all_that_there_are(data: st.DataObject) -> None:
    pier = st.sampled_from(["P1", "P2", "P3"])
    minute = st.integers(0, 6).map(lambda k: k * 10)
    truth = [
        landing(p, m, m + 60, landing_id=f"L{i}")
        for i, (p, m) in enumerate(data.draw(st.lists(st.tuples(pier, minute), max_size=4)))
    ]
    sure = st.sampled_from([0.1, 0.2, 0.30000000000000004, 0.3])
    rows = [
        alert(f"a{i}", p, m, posterior=s)
        for i, (p, m, s) in enumerate(
            data.draw(st.lists(st.tuples(pier, minute, sure), max_size=5))
        )
    ]
    judged = scored(rows, truth)
    found = [(i, row) for i, row in enumerate(judged.matched) if row is not None]
    outcomes = judged.outcomes

    def worth(pairs: list[tuple[int, int]]) -> tuple[int, list[float], float]:
        posteriors = sorted((outcomes[j].alert.posterior for _, j in pairs), reverse=True)
        apart = sum(abs((outcomes[j].alert.from_us or 0) - judged.landings[i].from_us)
                    for i, j in pairs)  # fmt: skip
        return len(pairs), posteriors, -apart

    east = {"P1": 0, "P2": 200, "P3": 400}

    def fits(i: int, j: int) -> bool:
        one, other = judged.landings[i], outcomes[j].alert
        near = abs(east[str(one.spot.pier_id)] - east[str(other.spot.pier_id)]) <= 300
        return near and abs((other.from_us or 0) - one.from_us) <= 30 * 60_000_000

    every = [
        list(zip(some, those, strict=True))
        for n in range(min(len(truth), len(rows)) + 1)
        for some in itertools.combinations(range(len(truth)), n)
        for those in itertools.permutations(range(len(rows)), n)
    ]
    best = max(worth(pairs) for pairs in every if all(fits(i, j) for i, j in pairs))
    assert all(fits(i, j) for i, j in found)
    assert worth(found) == best


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_assignments_cost_as_little_as_scipys(n: int, more: int, seed: int) -> None:
    costs = np.random.default_rng(seed).integers(-50, 50, size=(n, n + more))
    columns = cheapest(costs.tolist())
    assert len(set(columns)) == n
    assert costs[range(n), columns].sum() == costs[linear_sum_assignment(costs)].sum()


def test_a_pier_with_hundreds_of_alerts_is_scored_quickly() -> None:
    rows = [alert(f"a{i:03}", begins=i % 30, posterior=0.2 + i / 1000) for i in range(400)]
    found = list(verdicts(scored(rows, [landing(), landing("P2", 10, 100)])).values())
    assert found.count("true") == 2
    assert found.count("duplicate") == 398

"""SIAP: small pictures by hand, and Stone Soup's own figures on random ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
from stonesoup.types.association import AssociationSet, TimeRangeAssociation
from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
from stonesoup.types.state import State
from stonesoup.types.time import TimeRange
from stonesoup.types.track import Track

from simulate.scoring.tracking.picture import Siap, assigned, siap

START = datetime(2026, 3, 1, tzinfo=UTC)


def picture(truth: dict[int, range], tracks: list[tuple[int, int, range]]) -> Siap:
    """Objects by the seconds in which they are there; tracks as (track, object, seconds)."""
    true = [(t, o) for o, seconds in truth.items() for t in seconds]
    found = [(t, track, o) for track, o, seconds in tracks for t in seconds]
    true_s, true_object = np.array(true).T
    found_s, found_track, found_object = np.array(found).reshape(-1, 3).T
    error = np.where(found_object >= 0, 3.0, np.nan)
    return siap(
        true_s.astype(float), true_object, found_s.astype(float), found_track, found_object, error
    )


def test_one_object_with_one_track_is_a_perfect_picture() -> None:
    one = picture({7: range(10)}, [(1, 7, range(10))])
    assert (one.completeness, one.ambiguity, one.spuriousness) == (1.0, 1.0, 0.0)
    assert (one.changes, one.switches, one.longest_segment, one.rmse_m) == (0, 0, 1.0, 3.0)


def test_a_track_of_nothing_is_spurious_and_a_second_one_ambiguous() -> None:
    one = picture({7: range(10)}, [(1, 7, range(10)), (2, 7, range(5)), (3, -1, range(5))])
    assert one.completeness == 1.0
    assert one.ambiguity == 1.5
    assert one.spuriousness == 5 / 20


def test_a_new_identifier_is_a_switch_and_the_old_one_again_is_a_change_only() -> None:
    other = picture({7: range(10)}, [(1, 7, range(5)), (2, 7, range(5, 10))])
    again = picture({7: range(10)}, [(1, 7, range(4)), (1, 7, range(6, 10))])
    assert (other.changes, other.switches) == (1, 1)
    assert (again.changes, again.switches) == (1, 0)
    assert other.longest_segment == 4 / 9
    assert other.tracked_s == 8.0


def test_of_two_tracks_that_overlap_the_one_that_goes_on_is_followed() -> None:
    one = picture({7: range(10)}, [(1, 7, range(10)), (2, 7, range(3, 6)), (3, 7, range(8))])
    assert (one.changes, one.switches) == (0, 0)
    two = picture({7: range(10)}, [(1, 7, range(6)), (2, 7, range(3, 10)), (3, 7, range(4, 7))])
    assert (two.changes, two.switches) == (1, 1)


def test_time_in_which_an_object_is_not_there_does_not_count() -> None:
    one = picture({7: range(4), 8: range(10)}, [(1, 7, range(4))])
    assert one.completeness == 4 / 14
    assert one.lived_s == 3.0 + 9.0


def test_sums_of_two_stretches_add_up() -> None:
    first, second = picture({7: range(5)}, [(1, 7, range(5))]), picture({7: range(5)}, [])
    assert (first + second).completeness == 0.5


def test_of_an_empty_picture_nothing_is_known() -> None:
    assert np.isnan(Siap().completeness)


def test_tracks_go_to_the_best_matching_and_what_is_left_to_the_nearest() -> None:
    true_xy = np.array([[0.0, 0.0], [50.0, 0.0]])
    found_xy = np.array([[5.0, 0.0], [60.0, 0.0], [90.0, 0.0], [900.0, 0.0]])
    at = np.zeros(4)
    owner, error = assigned(at, found_xy, at[:2], np.array([4, 9]), true_xy, 100.0)
    assert owner.tolist() == [4, 9, 9, -1]
    np.testing.assert_allclose(error, [5.0, 10.0, 40.0, np.nan])


def test_stone_soup_gives_the_same_siap_of_random_pictures() -> None:
    dice = np.random.default_rng(5)
    for _ in range(12):
        truth = {o: range(0, 40) for o in range(3)}
        tracks = []
        for k in range(dice.integers(1, 9)):
            begin, end = sorted(dice.choice(40, 2, replace=False).tolist())
            tracks.append((k, int(dice.integers(-1, 3)), range(begin, end + 1)))
        ours, theirs = picture(truth, tracks), stone_soup(truth, tracks)
        assert ours.completeness == pytest.approx(theirs["SIAP Completeness"], rel=1e-9)
        if ours.tracked:
            assert ours.ambiguity == pytest.approx(theirs["SIAP Ambiguity"], rel=1e-9)
            assert ours.accuracy_m == pytest.approx(theirs["SIAP Position Accuracy"], rel=1e-9)
            assert ours.changes_per_s == pytest.approx(
                theirs["SIAP Rate of Track Number Change"], rel=1e-9
            )
        assert ours.spuriousness == pytest.approx(theirs["SIAP Spuriousness"], rel=1e-9)
        assert ours.longest_segment == pytest.approx(theirs["SIAP Longest Track Segment"], rel=1e-9)


def stone_soup(truth: dict[int, range], tracks: list[tuple[int, int, range]]) -> dict[str, float]:
    def when(t: int) -> datetime:
        return START + timedelta(seconds=t)

    paths = {
        o: GroundTruthPath(
            [GroundTruthState(np.zeros((4, 1)), timestamp=when(t)) for t in seconds], id=str(o)
        )
        for o, seconds in truth.items()
    }
    three = np.array([[3.0], [0.0], [0.0], [0.0]])
    lines = {
        k: Track([State(three, timestamp=when(t)) for t in seconds], id=str(k))
        for k, _, seconds in tracks
    }
    pairs = {
        TimeRangeAssociation({lines[k], paths[o]}, TimeRange(when(s[0]), when(s[-1])))
        for k, o, s in tracks
        if o >= 0
    }
    siap_of = SIAPMetrics(
        position_measure=Euclidean((0, 2)), velocity_measure=Euclidean((1, 3)),
        tracks_key="tracks", truths_key="truths",
    )  # fmt: skip
    manager = MultiManager([siap_of])
    manager.add_data({"tracks": set(lines.values()), "truths": set(paths.values())})
    manager.association_set = AssociationSet(pairs)
    return {metric.title: metric.value for metric in siap_of.compute_metric(manager)}

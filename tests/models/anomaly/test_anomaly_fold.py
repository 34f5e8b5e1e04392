"""The anomaly as one value: closed at noon, saved as rows, and the same after every load."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_candidates import candidates
from polars.testing import assert_frame_equal

from models.anomaly import fold
from models.anomaly.conformal import realised_rate
from models.anomaly.features import checked
from models.anomaly.fold import Anomaly, close_night, without
from models.anomaly.learned import Unusual

NIGHT = 20_500


@cache
def learned() -> Anomaly:
    """Three strata in three nights: idle piers in calm, in a moratorium, active ones in calm."""
    anomaly = Anomaly()
    for k in range(3):
        rows = [
            candidates(k, 150, NIGHT + k, versions=2),
            shifted(candidates(10 + k, 90, NIGHT + k, regime="moratorium", length_m=45.0), 1000),
            shifted(candidates(20 + k, 90, NIGHT + k, pier_class="active", dwell_min=20.0), 2000),
        ]
        anomaly = close_night(anomaly, NIGHT + k, pl.concat(rows))
    return anomaly


def shifted(rows: pl.DataFrame, piers: int) -> pl.DataFrame:
    return rows.with_columns(pl.col("pier") + piers)


def reloaded(anomaly: Anomaly) -> Anomaly:
    frames = {}
    for name, frame in anomaly.frames().items():
        file = BytesIO()
        frame.write_ipc(file)
        frames[name] = pl.read_ipc(BytesIO(file.getvalue()))
    return Anomaly.load(frames)


def assert_same(one: Anomaly, other: Anomaly) -> None:
    for name, frame in one.frames().items():
        assert_frame_equal(frame, other.frames()[name], check_exact=True)


def test_nothing_is_said_before_two_hundred_pier_nights() -> None:
    few = close_night(Anomaly(), NIGHT, candidates(1, 199, versions=3))
    odd = candidates(9, 1, NIGHT + 1, dwell_min=900.0, turn_deg=179.0, silence_min=600.0)
    assert few.score(odd) == [Unusual()]
    enough = close_night(few, NIGHT + 1, candidates(2, 1, NIGHT + 1))
    (said,) = enough.score(odd)
    assert said.calibrated_by == 200
    assert said.nats > 0
    assert enough.said["p"].null_count() == 200


def test_what_was_saved_and_loaded_says_the_same_to_the_last_digit_in_any_order() -> None:
    asked = candidates(5, 40, NIGHT + 3)
    again = reloaded(learned())
    assert again.score(asked) == learned().score(asked)
    night = candidates(6, 30, NIGHT + 3, versions=2)
    shuffled = night.sample(fraction=1.0, shuffle=True, seed=1)
    assert_same(close_night(again, NIGHT + 3, shuffled), close_night(learned(), NIGHT + 3, night))


nights = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=6)


@given(nights, st.integers(0, 9))
@settings(deadline=None, max_examples=40)
def test_neither_order_nor_saving_nor_repetition_changes_what_is_kept(
    plan: list[tuple[int, int]], seed: int
) -> None:
    plain = kept = Anomaly()
    for k, (piers, versions) in enumerate(plan):
        night = NIGHT + 40 * k
        rows = candidates(k, piers, night, versions=versions)
        shuffled = pl.concat([rows, rows]).sample(fraction=1.0, shuffle=True, seed=seed)
        plain = close_night(plain, night, rows)
        kept = close_night(reloaded(kept), night, shuffled)
    assert_same(plain, kept)


def test_the_order_of_the_rows_asked_and_what_is_asked_with_them_change_nothing() -> None:
    asked = candidates(5, 30, NIGHT + 3)
    together = learned().score(asked)
    assert learned().score(asked[::-1])[::-1] == together
    assert [learned().score(asked[k : k + 1])[0] for k in range(30)] == together


def test_the_forest_of_another_day_has_another_seed_and_that_of_the_same_day_the_same() -> None:
    asked = candidates(5, 10, NIGHT + 5)
    nobody = candidates(5, 0)
    later, again = (close_night(learned(), NIGHT + 4, nobody) for _ in range(2))
    assert_frame_equal(later.rows, learned().rows)
    assert later.score(asked) == again.score(asked)
    assert [s.score for s in later.score(asked)] != [s.score for s in learned().score(asked)]


def test_more_unusual_never_gets_fewer_nats_in_its_stratum() -> None:
    asked = pl.concat([candidates(k, 40, NIGHT + 3, dwell_min=85.0 + 40 * k) for k in range(6)])
    said = sorted(learned().score(asked), key=lambda s: s.score or 0.0)
    assert all(a.nats <= b.nats for a, b in pairwise(said))
    assert all(-2 <= s.nats <= 2 for s in said)
    assert len({s.among for s in said}) == 1


def test_what_is_planted_is_found_and_named() -> None:
    odd = candidates(8, 20, NIGHT + 3, dwell_min=400.0, turn_deg=179.0, silence_min=300.0,
                     length_m=90.0)  # fmt: skip
    said = learned().score(odd)
    assert np.mean([s.nats for s in said]) > 1.0
    far = {"dwell_min", "turn_deg", "silence_min", "length_m"}
    assert all({t.feature for t in s.tails} <= far for s in said)
    assert said[0].params()["tails"][0]["side"] == "high"


def test_each_stratum_is_judged_by_its_own_kind() -> None:
    """What is ordinary among its own is so, however it compares with the others."""
    strange = candidates(7, 200, NIGHT + 3, regime="moratorium", length_m=45.0)
    moratorium = learned().score(strange)
    assert moratorium[0].among == ("idle/moratorium",)
    assert moratorium[0].calibrated_by == 270
    assert np.mean([s.p or 1.0 for s in moratorium]) == pytest.approx(0.5, abs=0.08)
    active = learned().score(candidates(7, 200, NIGHT + 3, pier_class="active", dwell_min=20.0))
    assert active[0].among == ("active/calm",)
    assert np.mean([s.p or 1.0 for s in active]) == pytest.approx(0.5, abs=0.08)
    festival = learned().score(candidates(7, 1, NIGHT + 3, regime="festival"))
    assert festival[0].among == ("idle/calm",)  # nobody has seen one: the nearest with enough


@pytest.mark.parametrize("versions", [1, 5])
def test_the_promised_rate_of_false_alarms_a_pier_night_is_kept(versions: int) -> None:
    """Of fresh pier-nights, each with the lowest p of its versions; 600 calibrate."""
    known = close_night(Anomaly(), NIGHT, candidates(31, 600, versions=versions))
    fresh = candidates(32, 1500, NIGHT + 1, versions=versions)
    p = close_night(known, NIGHT + 1, fresh).said.filter(pl.col("night") == NIGHT + 1)["p"]
    for alpha in (0.02, 0.1, 0.3):
        low, high = realised_rate(600, alpha, share=0.998)
        slack = 3 * (alpha * (1 - alpha) / 1500) ** 0.5
        assert low - slack <= (p <= alpha).mean() <= high + slack


def test_nights_are_forgotten_after_ninety_and_where_there_are_too_many_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anomaly = close_night(Anomaly(), NIGHT, candidates(1, 5))
    assert len(close_night(anomaly, NIGHT + 89, candidates(2, 5, NIGHT + 89)).rows) == 10
    later = close_night(anomaly, NIGHT + 90, candidates(2, 5, NIGHT + 90))
    assert later.rows["night"].unique().to_list() == [NIGHT + 90]
    assert later.said["night"].unique().to_list() == [NIGHT + 90]
    monkeypatch.setattr(fold, "MOST_ROWS", 12)
    for k in range(1, 5):
        anomaly = close_night(anomaly, NIGHT + k, candidates(k, 5, NIGHT + k))
    assert anomaly.rows["night"].unique().sort().to_list() == [NIGHT + 3, NIGHT + 4]
    flood = close_night(anomaly, NIGHT + 5, candidates(9, 50, NIGHT + 5))
    assert len(flood.rows) == 12


def test_confirmed_cases_are_forgotten_by_the_forest_too() -> None:
    cases = pl.DataFrame({"pier": [3, 3, 77], "night": [NIGHT, NIGHT, NIGHT + 1]})
    innocent = without(learned(), cases)
    assert len(innocent.rows) == len(learned().rows) - 4  # two versions each
    assert len(innocent.said) == len(learned().said) - 2
    asked = candidates(5, 1, NIGHT + 3)
    assert innocent.score(asked)[0].calibrated_by == learned().score(asked)[0].calibrated_by - 2
    assert_same(without(innocent, cases), innocent)


def test_a_night_is_closed_once_and_with_its_own_rows() -> None:
    with pytest.raises(ValueError, match="closed already"):
        close_night(learned(), NIGHT + 2, candidates(1, 3, NIGHT + 2))
    with pytest.raises(ValueError, match="rows of night"):
        close_night(learned(), NIGHT + 3, candidates(1, 3, NIGHT + 2))


def test_the_report_of_a_night_finds_what_is_unusual_among_all_its_piers() -> None:
    odd = candidates(8, 6, NIGHT + 3, dwell_min=900.0, turn_deg=179.0, silence_min=600.0,
                     length_m=200.0, approach_kn=40.0)  # fmt: skip
    rows = pl.concat([candidates(4, 60, NIGHT + 3), shifted(odd, 500)])
    report = close_night(learned(), NIGHT + 3, rows).report(NIGHT + 3)
    assert report["p"].is_sorted()
    assert len(report) == 66
    found = report.filter("found")
    assert set(found["pier"]) >= set(range(500, 506))
    assert len(found) <= 9


def test_a_quiet_anomaly_has_nothing_to_report() -> None:
    assert Anomaly().report(NIGHT).is_empty()
    assert Anomaly().drift().words() == ()
    assert Anomaly().score(candidates(1, 2)) == [Unusual(), Unusual()]


def test_a_single_row_is_judged_as_among_others() -> None:
    asked = checked(candidates(5, 40, NIGHT + 9))
    alone = [learned().judge_one(row) for row in asked.iter_rows(named=True)]
    assert alone == learned().score(asked)
    assert Anomaly().judge_one(asked.row(0, named=True)) == Unusual()

"""A plan that teams can keep, that nobody can foresee, and that meets what is expected."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from outlook_place import DEEP_M, TABLE, coast, idle_row, told

from geo.plane import distance_m
from geo.site import Site
from models.outlook.patrol import AS_GOOD, PLAN, Duty, Plan, Window, plan
from models.outlook.risk_hours import HOUR_US, Outlook
from models.outlook.shore import SEGMENT, segments

pytestmark = pytest.mark.timeout(TIMEOUT_S)
STAY_MIN = TABLE.hours.usual_stay_min
SITE = coast(*(("idle", "pier", DEEP_M, (i - 6) * 3_000.0) for i in range(12)))
SHORE = segments(SITE)
TOLD = told(SITE, (3, 2, 0.8), (9, 3, 0.5))
NOTHING = SHORE.clear()

duties = st.builds(
    Duty, teams=st.integers(0, 5), windows_each=st.integers(0, 4),
    window_min=st.sampled_from([30, 60, 120, 240]), step_min=st.sampled_from([15, 30, 60]),
    from_h=st.sampled_from([6.0, 8.0, 10.5]), to_h=st.sampled_from([16.0, 18.0]),
    speed_kmh=st.sampled_from([0.5, 8.0, 40.0, 300.0]),
)  # fmt: skip


def made(duty: Duty, seed: str = "a", shore: pl.DataFrame = SHORE, of: Outlook = TOLD) -> Plan:
    return plan(of, SITE.piers, shore, duty, seed, STAY_MIN)


def way_us(duty: Duty, a: Window, b: Window) -> float:
    assert a.lon is not None
    assert a.lat is not None
    assert b.lon is not None
    assert b.lat is not None
    return float(duty.way_us(distance_m(a.lon, a.lat, b.lon, b.lat)))


@examples(80)
@given(duties, st.text(max_size=8))
def test_no_team_is_booked_twice_or_sent_farther_than_it_can_go(duty: Duty, seed: str) -> None:
    found = made(duty, seed)
    counts = Counter(w.team for w in found.windows)
    assert all(0 <= team < duty.teams and n <= duty.windows_each for team, n in counts.items())
    for window in found.windows:
        assert window.to_us - window.from_us == duty.window_min * 60_000_000
        assert window.from_us >= TOLD.from_us + duty.from_h * HOUR_US
        assert window.to_us <= TOLD.from_us + duty.to_h * HOUR_US
        assert (window.segment is None) == (window.pier is not None) == (not window.secret)
    for first, second in itertools.pairwise(found.windows):
        if first.team == second.team:
            assert first.to_us + way_us(duty, first, second) <= second.from_us + 1


@examples(30)
@given(duties, st.text(max_size=8))
def test_the_same_seed_gives_the_same_plan(duty: Duty, seed: str) -> None:
    assert made(duty, seed) == made(duty, seed)
    assert made(duty, seed).frame().schema == PLAN
    assert made(duty, seed).seed == seed


def test_one_window_in_five_is_drawn_by_lot_over_all_the_shore() -> None:
    duty = Duty(teams=3, windows_each=2)
    plans = [made(duty, f"night {k}") for k in range(400)]
    drawn = [w for p in plans for w in p.windows if w.secret]
    assert sum(len(p.windows) for p in plans) == 2_400
    assert 440 <= len(drawn) <= 520
    places = Counter(w.segment for w in drawn)
    assert len(places) > 0.9 * len(SHORE) * (1 - np.exp(-len(drawn) / len(SHORE)))
    assert max(places.values()) <= 20 + 3 * len(drawn) / len(SHORE)
    assert len({w.from_us for w in drawn}) == len(plans[0].starts_us) == 17
    assert plans[0].segments == len(SHORE)
    assert {w.team for w in drawn} == {0, 1, 2}


def test_a_drawn_window_is_seen_by_its_team_alone_and_the_seed_by_nobody() -> None:
    found = next(
        p for p in (made(Duty(), f"{k}") for k in range(50)) if any(w.secret for w in p.windows)
    )
    (secret,) = [w for w in found.windows if w.secret][:1]
    for team in (None, 0, 1, 2):
        shown = found.shown_to(team)
        assert shown.seed is None
        assert all(w.team == team for w in shown.windows if w.secret)
        assert [w for w in shown.windows if not w.secret] == [
            w for w in found.windows if not w.secret
        ]
    assert secret in found.shown_to(secret.team).windows
    assert secret not in found.shown_to(None).windows


def test_the_lot_does_not_look_at_the_risk() -> None:
    other = told(SITE, (0, 2, 1.0))
    for k in range(30):
        drawn = [[w for w in made(Duty(), f"{k}", of=of).windows if w.secret]
                 for of in (TOLD, other)]  # fmt: skip
        assert drawn[0] == drawn[1]


def test_the_first_window_is_about_as_good_as_the_best() -> None:
    duty = Duty(teams=1, windows_each=1)
    (one,) = made(duty, shore=NOTHING).windows
    assert one.pier == 3
    assert one.expected >= AS_GOOD * _best(SITE, TOLD, duty)
    assert 12 * HOUR_US <= one.from_us - TOLD.from_us <= 15 * HOUR_US


def test_the_greedy_choice_meets_most_of_what_the_best_pair_would() -> None:
    duty = Duty(teams=2, windows_each=1, from_h=11.0, to_h=18.0, step_min=60)
    found = made(duty, shore=NOTHING)
    starts = range(11, 17)
    best = max(
        _met(TOLD, a, b) for a, b in itertools.combinations(itertools.product(range(12), starts), 2)
    )
    said = sum(w.expected for w in found.windows)
    spots = [(w.pier or 0, (w.from_us - TOLD.from_us) // HOUR_US) for w in found.windows]
    assert said == pytest.approx(_met(TOLD, *spots), abs=1e-6)
    assert said >= 0.9 * best


def test_more_teams_are_expected_to_meet_more() -> None:
    sums = [
        sum(w.expected for w in made(Duty(teams=n), shore=NOTHING).windows) for n in range(1, 6)
    ]
    assert all(b > a for a, b in itertools.pairwise(sums))


def test_piers_within_300_m_are_watched_together() -> None:
    near = coast(*(("idle", "pier", DEEP_M, m) for m in (0.0, 250.0, 500.0, 9_000.0)))
    windows = plan(told(near), near.piers, NOTHING, Duty(1, 1), "s", STAY_MIN).windows
    assert [w.pier for w in windows] == [1]


def test_a_base_too_far_away_leaves_a_team_at_home() -> None:
    far = Duty(teams=1, windows_each=2, bases=((122.9, 29.2),), speed_kmh=5.0)
    assert made(far).windows == ()
    near = Duty(teams=1, windows_each=2, bases=((121.9, 29.2),), speed_kmh=40.0)
    first = min(made(near).windows, key=lambda w: w.from_us)
    assert first.lon is not None
    assert first.lat is not None
    way = float(near.way_us(distance_m(121.9, 29.2, first.lon, first.lat)))
    assert first.from_us - TOLD.from_us - 8 * HOUR_US >= way


def test_a_quiet_coast_is_not_watched_at_the_same_piers_every_night() -> None:
    site = idle_row(6)
    of = told(site, remembered=0)
    seen = {
        w.pier
        for k in range(20)
        for w in plan(of, site.piers, NOTHING, Duty(1, 1), f"{k}", STAY_MIN).windows
    }
    assert len(seen) >= 5


def test_without_piers_or_shore_there_is_an_empty_plan() -> None:
    site = coast()
    assert plan(told(site), site.piers, NOTHING, Duty(), "s", STAY_MIN).windows == ()


@pytest.mark.parametrize(
    "wrong",
    [{"teams": -1}, {"teams": 201}, {"window_min": 0}, {"window_min": 700}, {"step_min": 0},
     {"speed_kmh": 0.0}, {"speed_kmh": float("nan")}, {"detour": 0.5}, {"bases": ((1.0, 2.0),)}],
)  # fmt: skip
def test_an_impossible_duty_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"shift|speed"):
        Duty(**wrong)  # type: ignore[arg-type]


def test_the_shore_is_cut_into_even_segments_and_piers_stand_in_without_land() -> None:
    assert SHORE.schema == SEGMENT
    assert SHORE["segment"].to_list() == list(range(len(SHORE)))
    assert len(SHORE) == pytest.approx((2 * 60_000 + 2 * 1_980) / 500, abs=2)
    near = segments(SITE, 1_000.0)
    assert 0 < len(near) < len(SHORE)
    assert len(segments(coast())) == len(SHORE)  # the land of the same strip


def _best(site: Site, of: Outlook, duty: Duty) -> float:
    hours = np.arange(duty.from_h, duty.to_h - duty.window_min / 60 + 0.01, duty.step_min / 60)
    return max(_met(of, (p, h)) for p in range(len(site.piers)) for h in hours)


def _met(of: Outlook, *windows: tuple[int, float]) -> float:
    """Landings met by two-hour windows (pier, hour after noon), counted cell by cell."""
    left = of.by_hour(12).copy()
    total = 0.0
    for pier, start in windows:
        for hour in range(24):
            low, high = max(hour, start - STAY_MIN / 60), min(hour + 1, start + 2)
            part = max(high - low, 0.0)
            total += left[pier, hour] * part
            left[pier, hour] *= 1 - part
    return total

"""How likely a landing is at each pier and hour of the coming night, and why."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import polars as pl
import pytest
from example_counts import TIMEOUT_S, examples
from hypothesis import given
from hypothesis import strategies as st
from outlook_place import DEEP_M, EVENING, PRIORS, TABLE, Pier, coast, idle_row, told

from models.baseline import rates
from models.outlook.recurrence import Before, background, follows
from models.outlook.risk_hours import FACTORS, OUTLOOK, outlook

pytestmark = pytest.mark.timeout(TIMEOUT_S)
STATUSES, KINDS = ("idle", "low", "active", "unknown"), ("pier", "beach", "mudflat")
some_piers = st.lists(
    st.tuples(
        st.sampled_from(STATUSES), st.sampled_from(KINDS),
        st.one_of(st.none(), st.floats(-6, 10)), st.integers(-25, 25).map(lambda k: k * 1_000.0),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
memories = st.lists(st.tuples(st.integers(0, 5), st.integers(-2, 40), st.floats(0, 1)), max_size=12)
sites = st.tuples(some_piers, st.booleans(), st.sampled_from([0.068, 2.0, 60.0]))


@examples(60)
@given(sites, memories, st.dates(date(2024, 1, 1), date(2027, 12, 31)))
def test_probabilities_lie_between_0_and_1_and_sum_to_the_landings_expected(
    made: tuple[list[Pier], bool, float], known: list[tuple[int, int, float]], evening: date
) -> None:
    piers, tide, rate = made
    site = coast(*piers, tide=tide, rate=rate)
    found = told(site, *known, evening=evening)
    assert found.table.schema == OUTLOOK
    assert len(found.table) == 24 * len(piers)
    cells = found.by_hour(len(piers))
    assert ((cells >= 0) & (cells <= 1)).all()
    assert (cells.sum(axis=1) <= 1 + 1e-9).all()
    assert found.expected == pytest.approx(cells.sum(), abs=1e-9)
    nats = found.table.select(pl.sum_horizontal(f"{name}_nats" for name in FACTORS)).to_series()
    assert np.allclose(nats, np.log(found.table["probability"]), atol=1e-4)


@examples(60)
@given(some_piers, memories, st.integers(0, 5), st.integers(2, 3), st.floats(0, 1))
def test_a_suspicious_landing_two_or_three_days_ago_never_lowers_any_pier(
    piers: list[Pier], known: list[tuple[int, int, float]], pier: int, ago: int, sure: float
) -> None:
    site = coast(*piers)
    before, after = told(site, *known), told(site, *known, (pier, ago, sure))
    assert (after.by_hour(len(piers)) >= before.by_hour(len(piers)) - 1e-12).all()
    if pier < len(piers) and sure > 0.01:
        assert after.expected > before.expected


@examples(30)
@given(some_piers, memories, st.randoms())
def test_neither_the_order_of_what_is_known_nor_the_future_matters(
    piers: list[Pier], known: list[tuple[int, int, float]], dice: object
) -> None:
    site = coast(*piers)
    first = told(site, *known).table
    turned = [*known, (0, 0, 1.0), (0, -3, 1.0)]
    dice.shuffle(turned)  # type: ignore[attr-defined]
    assert told(site, *turned).table.equals(first)


def test_what_is_no_pier_or_no_probability_is_left_out() -> None:
    site = idle_row(2)
    odd = [(7, 2, 1.0), (-1, 2, 1.0), (0, 2, math.nan), (None, 2, 1.0), (0, 2, None)]
    assert told(site, *odd).table.equals(told(site).table)  # type: ignore[arg-type]


def test_a_site_that_remembers_nothing_expects_its_own_rate() -> None:
    site = idle_row(5)
    share = math.exp(TABLE.holiday.other_nats)
    assert told(site, remembered=0).expected == pytest.approx(5 * 0.00068 * share, rel=1e-7)
    quiet = told(site, remembered=90).expected  # a fortnight without any
    assert quiet < 0.8 * 5 * 0.00068 * share


def test_over_all_histories_the_site_expects_its_own_rate() -> None:
    """Landings known by the share that the table says, at the rate that the site says."""
    site, piers = coast(*(("idle", "pier", DEEP_M, i * 1e3) for i in range(20)), rate=2.0), 20
    dice, said = np.random.default_rng(5), []
    chance = 0.02 * math.exp(TABLE.holiday.other_nats)
    for _ in range(60):
        known = [(int(p), int(ago), 1.0) for ago in range(1, 15)
                 for p in np.flatnonzero(dice.random(piers) < 0.6 * chance)]  # fmt: skip
        said.append(told(site, *known).expected)
    assert np.mean(said) == pytest.approx(piers * chance, rel=0.06)


def test_a_landing_is_followed_after_two_nights_more_likely_than_after_one_or_seven() -> None:
    site = idle_row(3)
    here = {ago: told(site, (0, ago, 0.8)).by_hour(3).sum(axis=1) for ago in (1, 2, 3, 7, 30)}
    assert here[2][0] > here[3][0] > here[1][0] > here[7][0] > here[30][0]
    assert here[2][0] > 50 * here[30][0]
    assert here[2][1] == pytest.approx(here[30][1])  # 8 km away


def test_neighbours_within_5_km_share_what_follows() -> None:
    site = coast(*(("idle", "pier", DEEP_M, m) for m in (0.0, 2_000.0, 4_900.0, 5_200.0)))
    found, before = told(site, (0, 2, 0.8)), told(site)
    rise = (found.by_hour(4) - before.by_hour(4)).sum(axis=1)
    assert rise[0] > rise[1] > 0
    assert rise[1] == pytest.approx(rise[2], rel=0.05)
    assert rise[3] == pytest.approx(0)
    assert found.table["last_nights"].to_list()[::24] == [2, 2, 2, None]
    row = found.table.row(0, named=True)
    assert row["recurrence_nats"] > 4 > 0 > before.table["recurrence_nats"][0]


def test_idle_piers_are_likelier_than_busy_ones_and_a_pier_in_use_becomes_less_likely() -> None:
    site = coast(*((s, "pier", DEEP_M, i * 9e3) for i, s in enumerate(STATUSES)))
    idle, low, active, unknown = told(site).by_hour(4).sum(axis=1)
    assert idle > low > active
    assert idle > unknown > active
    used = pl.DataFrame({"pier": [0], "visits": [60.0], "nights": [30.0]}, schema=rates.RATE)
    now = told(site, visits=used)
    assert now.by_hour(4).sum(axis=1)[0] < 0.5 * idle
    assert now.table["idle"][0] < 1e-6 < 0.9 < told(site).table["idle"][0]


def test_too_little_water_tells_against_an_hour_but_never_excludes_it() -> None:
    site = coast(("idle", "pier", -3.0, 0.0), ("idle", "pier", DEEP_M, 9e3))
    found = told(site)
    shallow, deep = found.by_hour(2)
    margin = found.table["margin_m"].to_numpy()[:24]
    nats = found.table["water_nats"].to_numpy()[:24]
    assert (nats[margin >= 0] == 0).all()
    assert nats[margin < -1.1] == pytest.approx(-4.0)
    assert (shallow > 0).all()
    assert shallow.sum() < deep.sum()
    both = margin.argmax(), margin.argmin()
    assert shallow[both[0]] / deep[both[0]] > 20 * shallow[both[1]] / deep[both[1]]


def test_beaches_and_mudflats_are_free_of_the_tide() -> None:
    site = coast(("idle", "beach", -4.0, 0.0), ("idle", "mudflat", None, 9e3))
    assert set(told(site).table["water_nats"]) == {0.0}


def test_without_a_depth_the_hours_about_high_water_count() -> None:
    found = told(coast(("idle", "pier", None, 0.0)))
    near = found.table.filter(pl.col("high_water_h") <= 2)
    assert set(near["water_nats"]) == {0.68}
    assert set(found.table["water_nats"]) == {0.68, -0.62}
    assert "depth" in found.not_covered


def test_what_is_not_known_counts_nothing_and_is_named() -> None:
    found = told(coast(("idle", "pier", -3.0, 0.0), tide=False), remembered=0)
    assert found.not_covered == ("recurrence", "tide", "visits")
    assert set(found.table["water_nats"]) == {0.0}
    assert found.table["margin_m"].null_count() == 24
    nothing = told(coast(rate=1.0))
    assert nothing.expected == 0
    assert nothing.not_covered == ("piers",)
    assert nothing.table.is_empty()


def test_small_hours_lead_and_a_holiday_eve_is_likelier() -> None:
    site = idle_row(2)
    hours = told(site).by_hour(2)[0]  # from noon
    assert hours[12:17].sum() > 0.8 * hours.sum()
    eve = told(site, evening=date(2026, 9, 30)).expected
    assert eve / told(site).expected == pytest.approx(math.exp(0.56), rel=1e-6)


def test_dark_nights_are_a_little_likelier_hour_by_hour() -> None:
    site = idle_row(1)
    full, new = (told(site, evening=day).table for day in (date(2026, 3, 3), date(2026, 3, 18)))
    assert full["moon_lit"][12] > 0.95
    assert new["moon_lit"][12] == 0
    assert 0.2 < new["moon_nats"][12] - full["moon_nats"][12] <= 0.3


@pytest.mark.parametrize(("day", "hours"), [(28, 23), (29, 24)])
def test_a_night_in_which_clocks_change_has_an_hour_less_and_the_same_landings(
    day: int, hours: int
) -> None:
    site = coast(("idle", "pier", DEEP_M, 0.0), timezone="Europe/Berlin")
    found = told(site, evening=date(2026, 3, day), remembered=0)
    assert len(found.table) == hours
    assert found.expected == pytest.approx(0.00068 * math.exp(TABLE.holiday.other_nats))


def times(*before: Before, nights: int = 60) -> float:
    told = follows(before, nights, 0.001, TABLE.recurrence)
    return 0.0 if told is None else told.times


@pytest.mark.parametrize("probability", [0.01, 0.5])
def test_a_landing_draws_the_next_most_after_two_or_three_nights_and_by_how_likely_it_was(
    probability: float,
) -> None:
    by_lag = [times(Before(True, lag, probability, 0.65)) for lag in (1, 2, 3, 4, 9)]
    assert by_lag[1] == max(by_lag)
    assert by_lag[2] > by_lag[0] > by_lag[3] > by_lag[4]
    assert times(Before(True, 2, probability / 2, 0.65)) < by_lag[1]
    assert times(Before(False, 2, probability, 0.05)) < by_lag[1]
    assert by_lag[1] == pytest.approx(
        background(TABLE.recurrence, 60) + probability * 0.75 * 0.35 * 0.65 / 0.001
    )


def test_of_several_landings_before_the_one_that_draws_most_counts_and_is_told() -> None:
    weak, strong = Before(True, 1, 0.01, 0.65), Before(False, 2, 0.9, 0.05)
    told = follows([weak, strong, weak], 60, 0.001, TABLE.recurrence)
    assert told == follows([strong], 60, 0.001, TABLE.recurrence)
    assert told is not None
    assert (told.nights, told.probability, told.here) == (2, 0.9, False)


def test_what_is_of_this_night_or_long_ago_draws_nothing() -> None:
    for nights in (0, -1, 15, 400):
        assert follows([Before(True, nights, 0.9, 0.65)], 60, 0.001, TABLE.recurrence) is None
    assert follows([], 60, 0.001, TABLE.recurrence) is None


def test_an_unknown_status_is_taken_as_unknown() -> None:
    site = coast(("low", "pier", DEEP_M, 0.0))
    only = {"unknown": PRIORS["low"]}
    args = (EVENING, rates.initial(), pl.DataFrame(schema={"pier": pl.Int64, "night": pl.Int32,
            "probability": pl.Float64}), 0)  # fmt: skip
    assert outlook(site, TABLE, only, *args).table.equals(outlook(site, TABLE, PRIORS, *args).table)

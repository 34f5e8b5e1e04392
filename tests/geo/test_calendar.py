"""Nights from noon to noon, and holidays with their swap days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.calendar import holiday, operational_night


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Copenhagen", "Australia/Sydney"]),
)
def test_a_night_is_the_local_day_that_began_at_noon(moment: datetime, zone: str) -> None:
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    expected = local.date() if local.hour >= 12 else local.date() - timedelta(days=1)
    assert operational_night(moment.replace(tzinfo=UTC), zone) == expected
    times = np.array([moment, moment], "datetime64[us]")
    assert operational_night(times, zone).tolist() == [expected, expected]


def test_a_landing_over_midnight_is_one_night() -> None:
    landing = np.array(["2026-03-01T15:30", "2026-03-01T17:30"], "M8[us]")  # 23:30 to 01:30 local
    assert len(set(operational_night(landing, "Asia/Shanghai").tolist())) == 1


def test_a_missing_time_has_no_night() -> None:
    assert np.isnat(operational_night(np.array(["NaT"], "M8[us]"), "Asia/Shanghai")).all()


# From the State Council's notice on the holidays of 2026.
@pytest.mark.parametrize(
    ("day", "off"),
    [
        ("2026-01-02", True),
        ("2026-01-04", False),
        ("2026-02-14", False),
        ("2026-02-15", True),
        ("2026-02-23", True),
        ("2026-02-28", False),
        ("2026-04-06", True),
        ("2026-05-05", True),
        ("2026-05-09", False),
        ("2026-09-20", False),
        ("2026-10-07", True),
        ("2026-10-10", False),
    ],
)
def test_the_swap_days_of_2026_are_known(day: str, off: bool) -> None:
    found = holiday(date.fromisoformat(day))
    assert found is not None
    assert (found.off, found.source) == (off, "chinese_calendar")


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-02", "2026-02-24"])
def test_an_ordinary_day_or_weekend_is_no_holiday(day: str) -> None:
    assert holiday(date.fromisoformat(day)) is None


def test_a_worked_sunday_is_swapped_and_a_festival_is_not() -> None:
    worked, festival = holiday(date(2026, 1, 4)), holiday(date(2026, 2, 17))
    assert worked is not None
    assert festival is not None
    assert (worked.swapped, worked.off) == (True, False)
    assert (festival.swapped, festival.name_zh) == (False, "春节")


@pytest.mark.parametrize(
    ("day", "name"),
    [("2035-10-01", "国庆节"), ("2035-02-08", "春节"), ("2003-10-01", "国庆节")],
)
def test_years_without_a_notice_are_computed_and_say_so(day: str, name: str) -> None:
    found = holiday(date.fromisoformat(day))
    assert found is not None
    assert found.source == "holidays"
    assert name in found.name_zh
    assert found.off


def test_a_year_without_a_notice_has_ordinary_days_too() -> None:
    assert holiday(date(2035, 3, 7)) is None

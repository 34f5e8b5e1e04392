"""Operational nights and holidays: local days, which exist on screens and in calendars only.

An operational night runs from noon to noon, local time, so that no landing is split at midnight;
it is named by the date of its evening.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal, overload

import chinese_calendar
import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from core.schema import UTC_TIME

Dates = NDArray[np.datetime64]


@overload
def operational_night(times: datetime, timezone: str) -> date: ...
@overload
def operational_night(times: ArrayLike, timezone: str) -> Dates: ...
def operational_night(times: datetime | ArrayLike, timezone: str) -> date | Dates:
    """The operational night that each time falls into.

    Parameters
    ----------
    times
        One aware `datetime`, or an array of `datetime64` in UTC, shape (n,).
    timezone
        The site's, such as `Asia/Shanghai`.

    Returns
    -------
    One date, or an array of `datetime64[D]` (NaT for NaT).

    >>> from datetime import UTC
    >>> operational_night(datetime(2026, 3, 1, 17, tzinfo=UTC), "Asia/Shanghai")  # 01:00 local
    datetime.date(2026, 3, 1)
    >>> noon = np.array(["2026-03-02T03:59:59", "2026-03-02T04:00:00"], "M8[us]")
    >>> operational_night(noon, "Asia/Shanghai").astype(str).tolist()
    ['2026-03-01', '2026-03-02']
    """
    if isinstance(times, datetime):
        night: date = _nights(pl.Series([times], dtype=UTC_TIME), timezone).item()
        return night
    at = np.atleast_1d(np.asarray(times, "datetime64[us]"))
    series = pl.Series(at, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    return _nights(series, timezone).to_numpy().astype("datetime64[D]")


def _nights(times: pl.Series, timezone: str) -> pl.Series:
    local = times.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    return local.dt.offset_by("-12h").dt.date()


@dataclass(frozen=True)
class Holiday:
    """A day of a Chinese statutory holiday, or one worked in exchange for it (调休).

    `off` is False on a worked day: a Saturday or Sunday on which people are at work. `swapped`
    says that the day was moved by the yearly notice. `source` names the calendar that said so:
    `chinese_calendar`, which holds the State Council's notices, or `holidays`, which computes the
    festivals of years that have none yet, mostly without their swap days.
    """

    day: date
    name_zh: str
    name_en: str
    off: bool
    swapped: bool
    source: Literal["chinese_calendar", "holidays"]


_NAMES_ZH = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


@lru_cache(maxsize=4096)
def holiday(day: date) -> Holiday | None:
    """The holiday that a local day belongs to; None for any other day, weekends among them.

    >>> holiday(date(2026, 2, 17)).name_zh, holiday(date(2026, 2, 28)).off  # a Saturday worked
    ('春节', False)
    >>> holiday(date(2026, 3, 1)) is None  # a Sunday
    True
    >>> holiday(date(2040, 10, 1)).source
    'holidays'
    """
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # a year without a notice
        return _computed(day)
    if name is None:
        return None
    swapped = not off or chinese_calendar.is_in_lieu(day)
    return Holiday(day, _NAMES_ZH.get(name, name), name, off, swapped, "chinese_calendar")


def _computed(day: date) -> Holiday | None:
    names_zh, names_en, worked = _computed_year(day.year)
    if day in worked:
        return Holiday(day, "调休上班", "Working day in exchange", False, True, "holidays")
    if day not in names_zh:
        return None
    swapped = "substituted" in names_en[day]
    return Holiday(day, names_zh[day], names_en[day], True, swapped, "holidays")


@lru_cache(maxsize=64)
def _computed_year(year: int) -> tuple[dict[date, str], dict[date, str], frozenset[date]]:
    import holidays  # here, because it is seldom needed and takes its time

    zh = holidays.country_holidays("CN", years=year, language="zh_CN")
    en = holidays.country_holidays("CN", years=year, language="en_US")
    return dict(zh), dict(en), frozenset(zh.weekend_workdays)

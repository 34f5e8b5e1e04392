"""How likely a landing is in each hour of the coming night, at each pier, and why.

The site's landing rate is spread over its piers by how idle they are, over the hours by when
landings berth, and both by water and moon; what an earlier landing draws comes on top. In nats the
factors of a cell sum to the logarithm of its probability, so that an officer sees each of them.
A pier has one landing a night at most: the probabilities sum to the expected number of landings.

Where nothing is known a factor is 0 and named in `not_covered`. The outlook is a lead to where to
look, made for an officer to decide on; it says nothing of anybody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import gammainc

from core.times import SECOND_US, day_number, unix_us
from geo.calendar import holiday
from geo.site import Site
from models.baseline import rates
from models.outlook import recurrence
from models.outlook.moon import moon
from models.outlook.table import OutlookTable
from models.outlook.water import Water, water
from models.risk.evidence_table import Rate

Float = NDArray[np.float64]

HOUR_US: Final = 3_600 * SECOND_US
MOST_A_NIGHT: Final = 0.99  # of a pier's background
FACTORS: Final = ("base", "place", "recurrence", "holiday", "hour", "water", "moon")

#: One row a pier and hour, by pier and hour. `…_nats` sum to the logarithm of `probability`.
OUTLOOK: Final = pl.Schema(
    {
        "pier": pl.Int64(),  # row of the site's pier table
        "hour_from_us": pl.Int64(),
        "probability": pl.Float64(),  # that a landing berths at this pier in this hour
        **{f"{name}_nats": pl.Float64() for name in FACTORS},
        "idle": pl.Float64(),  # posterior that the pier is visited less than once in 30 nights
        "last_nights": pl.Int64(),  # since the last suspicious landing here or near; null: none
        "margin_m": pl.Float64(),  # least water to spare during a stay; null: depth not known
        "high_water_h": pl.Float64(),  # hours from the nearest high water; null without a tide
        "moon_lit": pl.Float64(),  # lit share, 0 while it is down
    }
)


@dataclass(frozen=True)
class Outlook:
    """A night, noon to noon, local: `table` is OUTLOOK, `expected` the landings of the site."""

    evening: date
    from_us: int
    to_us: int
    table: pl.DataFrame
    expected: float
    not_covered: tuple[str, ...]
    version: str

    def by_hour(self, piers: int) -> Float:
        """The probabilities, shape (piers, hours)."""
        return self.table["probability"].to_numpy().reshape(piers, -1)


def outlook(
    site: Site,
    table: OutlookTable,
    priors: Mapping[str, Rate],
    evening: date,
    visits: pl.DataFrame,
    known: pl.DataFrame,
    nights_remembered: int,
) -> Outlook:
    """The outlook on the night of an evening.

    Parameters
    ----------
    priors
        Rates of visits by what the register says of a pier; needs `unknown`.
    visits
        `models.baseline.rates.RATE`: what was learned of each pier.
    known
        `models.outlook.recurrence.RECENT`.
    nights_remembered
        How many nights `known` reaches back; 0: nothing was looked at yet.
    """
    hours_us, local = _hours(evening, site.timezone)
    piers = len(site.piers)
    if not piers:
        empty = pl.DataFrame(schema=OUTLOOK)
        return Outlook(evening, hours_us[0], hours_us[-1] + HOUR_US, empty, 0.0, ("piers",),
                       table.version)  # fmt: skip
    idle, weight = _places(site, table, priors, visits)
    wet, lit = water(site, table.water, hours_us, table.hours.usual_stay_min), _lit(site, hours_us)
    hour = _even([table.hours.landing_share[h] for h in local])
    moon_nats = table.moon.nats_per_lit * (lit - table.moon.usual_lit)
    when = hour * np.exp(wet.nats + moon_nats)  # (piers, hours)
    usable = _across(when)
    total = _along(weight * usable)
    rate = site.landings_per_100_pier_nights / 100.0
    holiday_nats = _holiday_nats(evening, table)
    usual = rate * piers * math.exp(holiday_nats) * weight * usable / total
    night = day_number(evening)
    lured, lags = recurrence.drawn(known, night, site.piers, weight, table.recurrence)
    alone = np.minimum(usual * recurrence.background(table.recurrence, nights_remembered),
                       MOST_A_NIGHT)  # fmt: skip
    of_night = 1.0 - (1.0 - alone) * (1.0 - lured * np.minimum(usable, 1.0))
    cells = np.round(of_night[:, None] * when / usable[:, None], 12)
    nats = {
        "base": math.log(rate / len(local)) + math.log(_along(weight) / total),
        "place": np.log(weight * piers / _along(weight))[:, None],
        "recurrence": np.log(of_night / usual)[:, None],
        "holiday": holiday_nats,
        "hour": np.log(hour * len(local)),
        "water": wet.nats,
        "moon": moon_nats,
    }
    frame = _frame(hours_us, cells, nats, idle, lags, wet, lit)
    missing = [*wet.not_covered, *([] if nights_remembered else ["recurrence"]),
               *(["visits"] if visits.is_empty() else [])]  # fmt: skip
    expected = math.fsum(cells.ravel().tolist())
    return Outlook(evening, hours_us[0], hours_us[-1] + HOUR_US, frame, expected,
                   tuple(sorted(missing)), table.version)  # fmt: skip


def _frame(
    hours_us: list[int],
    cells: Float,
    nats: Mapping[str, Any],
    idle: Float,
    lags: list[int | None],
    wet: Water,
    lit: Float,
) -> pl.DataFrame:
    shape = piers, hours = cells.shape
    columns: dict[str, Any] = {
        "pier": np.repeat(np.arange(piers), hours),
        "hour_from_us": np.tile(np.array(hours_us), piers),
        "probability": cells.ravel(),
        **{f"{n}_nats": np.round(np.broadcast_to(nats[n], shape).ravel(), 6) for n in FACTORS},
        "idle": np.repeat(np.round(idle, 6), hours),
        "last_nights": [lag for lag in lags for _ in hours_us],
        "margin_m": wet.margin_m.ravel(),
        "high_water_h": np.tile(wet.high_water_h, piers),
        "moon_lit": np.tile(lit, piers),
    }
    frame = pl.DataFrame({name: pl.Series(v, dtype=OUTLOOK[name]) for name, v in columns.items()})
    return frame.with_columns(pl.col("margin_m", "high_water_h").fill_nan(None))


def _hours(evening: date, timezone: str) -> tuple[list[int], list[int]]:
    """Where each hour of the night begins, and its local hour; 23 to 25 where clocks change."""
    zone = ZoneInfo(timezone)
    noons = (datetime.combine(day, time(12), zone) for day in (evening, evening + timedelta(1)))
    from_us, to_us = (unix_us(noon) for noon in noons)
    begins = list(range(from_us, to_us, HOUR_US))
    at = (datetime.fromtimestamp(us // SECOND_US, UTC).astimezone(zone) for us in begins)
    return begins, [t.hour for t in at]


def _places(
    site: Site, table: OutlookTable, priors: Mapping[str, Rate], visits: pl.DataFrame
) -> tuple[Float, Float]:
    """Shape (piers,): how surely each is idle, and its weight among landing places."""
    seen = {pier: (n, nights) for pier, n, nights in visits.select(rates.RATE.names()).iter_rows()}
    row = table.place
    of = {k: getattr(row.landing_share, k) / getattr(row.pier_share, k)
          for k in ("idle", "low", "busy")}  # fmt: skip
    idle, weight = [], []
    for pier, status in enumerate(site.piers.table["status"].to_list()):
        prior = priors.get(status, priors["unknown"])
        n, nights = seen.get(pier, (0.0, 0.0))
        a, b = prior.a + n, prior.b_days + nights
        under = float(gammainc(a, b * row.idle_below_a_night))
        over = max(1.0 - float(gammainc(a, b * row.busy_above_a_night)), 0.0)
        idle.append(under)
        weight.append(
            of["idle"] * under + of["busy"] * over + of["low"] * max(1.0 - under - over, 0.0)
        )
    return np.array(idle), np.array(weight)


def _lit(site: Site, hours_us: list[int]) -> Float:
    """Shape (hours,): the lit share of the moon in the middle of each, 0 while it is down."""
    middle = np.array(hours_us, "datetime64[us]") + np.timedelta64(30, "m")
    high, lit = moon(site.plane.lon0, site.plane.lat0, middle)
    return np.where(high > 0, lit, 0.0)


def _holiday_nats(evening: date, table: OutlookTable) -> float:
    days = [holiday(evening), holiday(evening + timedelta(days=1))]
    free = any(day is not None and day.off for day in days)
    return table.holiday.free_nats if free else table.holiday.other_nats


def _even(shares: list[float]) -> Float:
    """Shares that sum to 1 also in a night of 23 or 25 hours."""
    return np.array(shares) / math.fsum(shares)


def _across(values: Float) -> Float:
    """Sum over the hours, one after another."""
    total = np.zeros(len(values))
    for column in values.T:
        total = total + column
    return total


def _along(values: Float) -> float:
    return math.fsum(values.tolist())

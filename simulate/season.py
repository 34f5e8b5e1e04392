"""The season of a recording: what the weather, the law and the calendar do to each night.

Regimes after methods 7.1: the summer moratorium by gear, storm shelter (回港避风), fog, gale and
the Spring Festival. Each can be switched off; the rows of regimes.csv follow from what is left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from geo.calendar import holiday
from simulate.dice import Dice
from simulate.scale import Row, table

#: Noon of these days, local; after the usual announcements for this coast (26.5°N to 35°N).
_MORATORIUM = {"trawl": (9, 16), "gillnet": (8, 16), "purse_seine": (8, 1)}
_STORM_PERCENT = {7: 6, 8: 8, 9: 6, 10: 3}  # of nights on which a typhoon's shelter begins
_COLD_PERCENT = {11: 4, 12: 5, 1: 5, 2: 4, 3: 3}  # a cold surge's
_FOG_PERCENT = {3: 10, 4: 14, 5: 14, 6: 10, 2: 6}
_GALE_PERCENT = {11: 9, 12: 10, 1: 10, 2: 8, 3: 6}
_SOURCE = "模拟 simulated"


@dataclass(frozen=True)
class Conditions:
    """One night's: `evening` is its first local day.

    Attributes
    ----------
    sea_state
        Douglas.
    shelter
        The fleet has been called in: `first` on the night on which it comes.
    closed, reopened
        Gear whose moratorium is in force; gear whose moratorium ended at the last noon.
    festival_d
        Days from the Spring Festival's first day, -12 to 8; None at other times.
    free
        A holiday or its eve.
    """

    evening: date
    sea_state: int
    shelter: bool = False
    first: bool = False
    fog: bool = False
    gale: bool = False
    closed: frozenset[str] = frozenset()
    just_closed: frozenset[str] = frozenset()
    reopened: frozenset[str] = frozenset()
    festival_d: int | None = None
    free: bool = False


def season(start_on: date, nights: int, dice: Dice, off: Collection[str] = ()) -> list[Conditions]:
    """The conditions of consecutive nights."""
    out: list[Conditions] = []
    left, cold = 0, False
    for k in range(nights):
        day = start_on + timedelta(days=k)
        throw = dice.child(f"night {k}")
        storm = throw.chance(_STORM_PERCENT.get(day.month, 0))
        surge = throw.chance(_COLD_PERCENT.get(day.month, 1))
        first = left == 0 and (storm or surge) and "shelter" not in off
        if first:
            left, cold = throw.between(2, 3) if storm else throw.between(1, 2), not storm
        shelter = left > 0
        left -= shelter
        gale = "gale" not in off and (shelter or throw.chance(_GALE_PERCENT.get(day.month, 3)))
        fog = "fog" not in off and not gale and throw.chance(_FOG_PERCENT.get(day.month, 2))
        calm = throw.pick((1, 2, 2, 2, 3, 3))
        sea_state = (5 if cold else 6) if shelter else 4 if gale else 1 if fog else calm
        closed = _closed(day) if "moratorium" not in off else frozenset()
        before = _closed(day - timedelta(days=1)) if "moratorium" not in off else frozenset()
        out.append(
            Conditions(
                evening=day,
                sea_state=sea_state,
                shelter=shelter,
                first=first,
                fog=fog,
                gale=gale,
                closed=closed,
                just_closed=closed - before,
                reopened=before - closed,
                festival_d=_festival_d(day) if "spring_festival" not in off else None,
                free=_free(day) or _free(day + timedelta(days=1)),
            )
        )
    return out


def _closed(day: date) -> frozenset[str]:
    """Gear that may not be used in the night of a day."""
    return frozenset(
        gear
        for gear, (month, ends) in _MORATORIUM.items()
        if date(day.year, 5, 1) <= day < date(day.year, month, ends)
    )


def _free(day: date) -> bool:
    found = holiday(day)
    return found is not None and found.off


def _festival_d(day: date) -> int | None:
    """Days from the Spring Festival's first, which is the day after the holiday's eve."""
    for away in range(-12, 9):
        then = day - timedelta(days=away)
        found, eve = holiday(then), holiday(then - timedelta(days=1))
        spring = found is not None and found.name_zh == "春节" and found.off
        if spring and (eve is None or eve.name_zh != "春节" or not eve.off):
            return away
    return None


def regimes_csv(nights: list[Conditions], timezone: str) -> bytes:
    """The rows of regimes.csv: what an announcement of each spell would have said."""
    rows: list[Row] = []
    zone = ZoneInfo(timezone)
    years = sorted({c.evening.year for c in nights})
    for year in years:
        for gear in sorted({gear for c in nights for gear in c.closed | c.reopened}):
            month, ends = _MORATORIUM[gear]
            noon = (
                datetime(year, 5, 1, 12, tzinfo=zone),
                datetime(year, month, ends, 12, tzinfo=zone),
            )
            rows.append(_row(f"moratorium_{gear}", *noon))
    spells = {
        "typhoon_shelter": [c.shelter for c in nights],
        "fog": [c.fog for c in nights],
        "gale": [c.gale for c in nights],
        "festival": [c.festival_d is not None and 0 <= c.festival_d <= 7 for c in nights],
    }
    for kind, there in spells.items():
        for k, now in enumerate(there):
            if now and (k == 0 or not there[k - 1]):
                last = k
                while last + 1 < len(there) and there[last + 1]:
                    last += 1
                begin = datetime.combine(nights[k].evening, datetime.min.time(), zone)
                end = datetime.combine(nights[last].evening, datetime.min.time(), zone)
                rows.append(_row(kind, begin + timedelta(hours=12), end + timedelta(hours=36)))
    return table(["kind", "from", "to", "source"], rows)


def _row(kind: str, from_: datetime, to: datetime) -> Row:
    utc = ZoneInfo("UTC")
    return {
        "kind": kind,
        "from": from_.astimezone(utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "to": to.astimezone(utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": _SOURCE,
    }

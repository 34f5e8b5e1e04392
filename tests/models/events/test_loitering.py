"""Loitering: both definitions at their boundaries, and who is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from made_fixes import T0_S, Boat, fixes, fused, lying, sailing, site

from core.settings import EventSettings
from models.events.loitering import State, advance
from models.fusion.schema import AIS, RADAR

INSHORE, GFW = EventSettings(), EventSettings(loitering="gfw")
ONE = "mmsi:412000001"
SHORE = ((-5000.0, 0.0, 5000.0, 4000.0),)  # the sea lies south of it


def told(
    boat: Boat,
    settings: EventSettings = INSHORE,
    *,
    piers: tuple[tuple[str, float, float], ...] = (),
    speed_kn: float | None = None,
    later_s: int = 0,
    **more: Any,
) -> list[dict[str, Any]]:
    frame = fixes(boat, speed_kn=speed_kn).with_columns(pl.col("clock_s") + later_s)
    where = site(piers, SHORE)
    _, out = advance(State(), None, fused(frame), T0_S + 60 * 3600, where, settings, **more)
    return out.to_dicts()


def there(lasts_s: int, north_m: float = -1000.0, begin_s: int = 1800) -> Boat:
    """A boat that comes, lies there so long, and goes."""
    end_s = begin_s + lasts_s
    path = sailing(
        (0, 0.0, north_m - 30_000.0),
        (begin_s - 1, 0.0, north_m - 100.0),
        (begin_s, 0.0, north_m),
        (end_s + 1, 0.0, north_m),
        (end_s + 2, 0.0, north_m - 100.0),
        (end_s + 1800, 0.0, north_m - 30_000.0),
    )
    return Boat(ONE, path, to_s=end_s + 1740)


@pytest.mark.parametrize(("lasts_s", "found"), [(1770, 0), (1800, 1)])
def test_it_lasts_half_an_hour(lasts_s: int, found: int) -> None:
    assert [row["phase"] for row in told(there(lasts_s))] == ["began", "ended"][: 2 * found]


@pytest.mark.parametrize(("speed_kn", "found"), [(1.9, 1), (2.0, 0)])
def test_it_is_under_two_knots(speed_kn: float, found: int) -> None:
    assert len(told(there(2400), speed_kn=speed_kn)) == 2 * found


@pytest.mark.parametrize(("north_m", "found"), [(-2980.0, 1), (-3020.0, 0)])
def test_it_is_within_three_kilometres_of_the_shore(north_m: float, found: int) -> None:
    assert len(told(there(2400, north_m))) == 2 * found


@pytest.mark.parametrize(("east_m", "found"), [(245.0, 0), (255.0, 1)])
def test_a_boat_at_a_pier_is_at_home(east_m: float, found: int) -> None:
    assert len(told(there(2400), piers=(("P1", east_m, -1010.0),))) == 2 * found


def test_farms_and_labelled_targets_are_left_out() -> None:
    farm = site((("F1", -10.0, -1010.0),)).piers
    assert told(there(2400), zones=farm) == []
    assert told(there(2400), labels=[ONE]) == []


def test_only_a_dark_boat_is_a_matter_for_people() -> None:
    calm = there(2400)
    dark = Boat("radar:R1:7", calm.place, members=RADAR, to_s=calm.to_s)
    assert [row["level"] for row in told(calm)] == [None, None]
    assert [row["level"] for row in told(dark)] == ["watch", "watch"]
    assert [row["sources"] for row in told(dark)] == [["radar"], ["radar"]]


@pytest.mark.parametrize("settings", [INSHORE, GFW], ids=lambda s: s.loitering)
@pytest.mark.parametrize("hour", [0, 16])
def test_no_midnight_hides_it(settings: EventSettings, hour: int) -> None:
    turn_s = int(datetime(2026, 3, 3, hour, tzinfo=UTC).timestamp())
    boat = there(2400) if settings is INSHORE else there(7200, -40_000.0)
    later_s = turn_s - T0_S - (3000 if settings is INSHORE else 5400)
    began, ended = told(boat, settings, later_s=later_s)
    assert began["from_us"] < turn_s * 1_000_000 < ended["to_us"]


@pytest.mark.parametrize(("lasts_s", "begin_s", "found"), [(7200, 3600, 1), (7200, 5400, 0)])
def test_of_gfw_two_whole_hours_in_a_row_are_slow(lasts_s: int, begin_s: int, found: int) -> None:
    rows = told(there(lasts_s, -40_000.0, begin_s), GFW)
    assert [row["phase"] for row in rows] == ["began", "ended"][: 2 * found]
    if found:
        assert json.loads(rows[-1]["detail"])["minutes"] == 120
        assert [row["clock_s"] - T0_S for row in rows] == [10_800, 14_400]


@pytest.mark.parametrize(("north_m", "found"), [(-37_100.0, 1), (-36_900.0, 0)])
def test_of_gfw_it_is_twenty_miles_off(north_m: float, found: int) -> None:
    assert len(told(there(7200, north_m, 3600), GFW)) == 2 * found


@pytest.mark.parametrize(("speed_kn", "found"), [(1.99, 1), (2.0, 0)])
def test_of_gfw_the_mean_speed_counts(speed_kn: float, found: int) -> None:
    rows = told(there(7200, -40_000.0, 3600), GFW, speed_kn=speed_kn)
    assert bool(rows) == bool(found)


def test_a_boat_that_is_only_predicted_is_not_seen_to_loiter() -> None:
    boat = there(3600)
    silent = Boat(ONE, boat.place, to_s=boat.to_s, silent=((1900, 5000),))
    assert told(silent) == []


def test_without_land_nothing_is_said() -> None:
    boat = Boat(ONE, lying(0, 0), members=AIS, to_s=7200)
    _, out = advance(State(), None, fused(fixes(boat)), T0_S + 9000, site(), INSHORE)
    assert out.is_empty()

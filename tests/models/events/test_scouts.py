"""Scouts: who goes ahead of a dark boat, how it is told from habit, and what it raises."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from made_fixes import EAST_DEG_M, LAT, LON, NORTH_DEG_M, T0_S, Boat, fixes, fused, sailing, site

from core.settings import EventSettings
from models.events.co_movement import Path, along
from models.events.scouts import WAY, State, advance, raised
from models.fusion.schema import AIS, RADAR

SETTINGS = EventSettings()
SCOUT, DARK = "mmsi:412000001", "radar:R1:7"
PIERS = (("P1", 0.0, -10.0), ("P2", 3000.0, -10.0), ("P3", 15_000.0, -10.0))
SHORE = ((-40_000.0, 0.0, 40_000.0, 4000.0),)
WHERE = site(PIERS, SHORE)
DAY_S = 86_400


def goes(
    name: str,
    start_s: int,
    *,
    aside_m: float = 0.0,
    members: int = AIS,
    lies_s: int = 3600,
    pier_m: float = 0.0,
) -> Boat:
    """In from 20 km out at about 9 kn to a pier, there for a while, and out again the same way."""
    off, near = (6000.0 + aside_m, -20_000.0), (aside_m, -4000.0)
    there = (pier_m + 10.0, -60.0)
    path = sailing(
        (start_s, *off),
        (start_s + 3600, *near),
        (start_s + 4500, *there),
        (start_s + 4500 + lies_s, *there),
        (start_s + 5400 + lies_s, *near),
        (start_s + 9000 + lies_s, *off),
    )
    return Boat(name, path, members=members, from_s=start_s, to_s=start_s + 9000 + lies_s)


def habit(n: int, aside_m: float) -> State:
    """Ways that other boats took to P1 on other nights, so far beside the usual one."""
    north = np.linspace(-20_000.0, -60.0, 30)
    east = np.interp(north, [-20_000.0, -4000.0, -60.0], [6000.0, 0.0, 10.0]) + aside_m
    frames = [
        pl.DataFrame(
            {
                "arrived_s": T0_S - (1 + i % 12) * DAY_S - i,
                "target": f"mmsi:4139{i:05}",
                "pier": 0,
                "clock_s": T0_S - (1 + i % 12) * DAY_S - i - 4500 + np.arange(30) * 150,
                "lon": LON + east / EAST_DEG_M,
                "lat": LAT + north / NORTH_DEG_M,
            },
            schema=WAY,
        )
        for i in range(n)
    ]
    return State(ways=pl.concat(frames)) if frames else State()


def told(
    *boats: Boat, state: State | None = None, until_s: int = 8 * 3600
) -> tuple[State, list[dict[str, Any]]]:
    after, out = advance(
        state or State(), None, fused(fixes(*boats)), T0_S + until_s, WHERE, SETTINGS
    )
    return after, out.to_dicts()


def ahead_of_a_dark_boat(lag_s: int, day: int = 0, **scout: Any) -> list[Boat]:
    start = day * DAY_S
    scout = {"lies_s": 300, "pier_m": 3000.0, **scout}
    follower = goes(f"radar:R1:{7 + day}", start + lag_s, members=RADAR)
    return [goes(SCOUT, start, **scout), follower]


def test_a_way_that_nobody_else_goes_is_enough_for_one_night() -> None:
    boats = ahead_of_a_dark_boat(2400)
    _, said = told(*boats, state=habit(99, 4000.0))
    assert [row["targets"] for row in said] == [[SCOUT, DARK]]
    detail = json.loads(said[0]["detail"])
    assert detail["p"] == 0.01
    assert detail["lag_min"] == pytest.approx(40, abs=2)
    assert detail["share"] > 0.6
    assert (said[0]["pier"], said[0]["level"], said[0]["nats"]) == (0, "watch", 1.0)


def test_one_night_without_anything_to_compare_is_not_enough() -> None:
    assert told(*ahead_of_a_dark_boat(2400))[1] == []


def test_where_many_go_that_way_it_is_habit() -> None:
    assert told(*ahead_of_a_dark_boat(2400), state=habit(120, 100.0))[1] == []


def test_twice_ahead_of_dark_boats_is_told_on_the_second_night() -> None:
    boats = [*ahead_of_a_dark_boat(2400), *ahead_of_a_dark_boat(3000, day=2)]
    _, said = told(*boats, until_s=3 * DAY_S)
    assert [json.loads(row["detail"])["nights"] for row in said] == [2]
    assert said[0]["from_us"] > (T0_S + 2 * DAY_S) * 1_000_000


@pytest.mark.parametrize(("lag_s", "found"), [(300, 0), (900, 1), (6900, 1), (7800, 0)])
def test_it_goes_ahead_by_ten_minutes_to_two_hours(lag_s: int, found: int) -> None:
    boats = ahead_of_a_dark_boat(lag_s)
    assert len(told(*boats, state=habit(99, 4000.0))[1]) == found


@pytest.mark.parametrize(("aside_m", "found"), [(400.0, 1), (700.0, 0)])
def test_it_goes_within_five_hundred_metres(aside_m: float, found: int) -> None:
    boats = ahead_of_a_dark_boat(2400, aside_m=aside_m)
    assert len(told(*boats, state=habit(99, 4000.0))[1]) == found


@pytest.mark.parametrize(("lies_s", "pier_m", "found"), [(420, 0.0, 1), (1800, 0.0, 0)])
def test_one_that_unloads_at_the_pier_itself_is_no_scout(
    lies_s: int, pier_m: float, found: int
) -> None:
    boats = ahead_of_a_dark_boat(3600, lies_s=lies_s, pier_m=pier_m)
    assert len(told(*boats, state=habit(99, 4000.0))[1]) == found


def test_at_another_pier_it_may_lie_as_long_as_it_likes() -> None:
    boats = ahead_of_a_dark_boat(3600, lies_s=5400)
    assert len(told(*boats, state=habit(99, 4000.0))[1]) == 1


def test_a_boat_that_is_heard_all_the_way_is_led_by_nobody() -> None:
    scout, _ = ahead_of_a_dark_boat(2400)
    heard = goes("mmsi:412000009", 2400, members=AIS)
    assert told(scout, heard, state=habit(99, 4000.0))[1] == []


def test_a_dark_boat_ahead_of_a_dark_boat_is_no_scout() -> None:
    boats = ahead_of_a_dark_boat(2400, members=RADAR)
    assert told(*boats, state=habit(99, 4000.0))[1] == []


def test_a_scout_raises_the_piers_around_for_a_day_and_lowers_none() -> None:
    state, said = told(*ahead_of_a_dark_boat(2400), state=habit(99, 4000.0))
    at_s = said[0]["clock_s"]
    assert raised(state, at_s, WHERE, SETTINGS).tolist() == [1.0, 1.0, 0.0]
    assert raised(state, at_s + DAY_S - 1, WHERE, SETTINGS).tolist() == [1.0, 1.0, 0.0]
    assert raised(state, at_s + DAY_S, WHERE, SETTINGS).tolist() == [0.0, 0.0, 0.0]


def test_a_path_back_along_the_same_way_is_not_taken_for_the_way_in() -> None:
    n = 40
    t, lon = np.arange(n) * 60, np.full(n, LON)
    lat = LAT - np.linspace(0.1, 0.0, n)
    way = Path(t + 3600, lon, lat)
    twice = Path(
        np.concatenate([t, 2400 + t]), np.concatenate([lon, lon]), np.concatenate([lat, lat[::-1]])
    )
    match = along(way, twice, 500.0)
    assert match is not None
    assert (match.share, match.lag_s) == (1.0, 3600)
    back = along(way, Path(t, lon, lat[::-1]), 500.0)
    assert back is None

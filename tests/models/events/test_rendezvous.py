"""Rendezvous: each definition at its boundaries, at either midnight, and who is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from made_fixes import T0_S, Boat, fixes, fused, lying, sailing, site

from core.settings import EventSettings
from models.events.rendezvous import State, advance
from models.fusion.schema import AIS, BEIDOU, RADAR

INSHORE = EventSettings()
GFW = EventSettings(rendezvous="gfw")
SKYLIGHT = EventSettings(rendezvous="skylight")
ONE, TWO = "mmsi:412000001", "mmsi:412000002"
REGISTER = "vessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier\n"


def told(
    *boats: Boat, settings: EventSettings = INSHORE, until_s: int = 6 * 3600, **more: Any
) -> list[dict[str, Any]]:
    """What was said of the boats, in one batch."""
    where = more.pop("site", site())
    frame = fixes(*boats, speed_kn=more.pop("speed_kn", None))
    frame = frame.with_columns(pl.col("clock_s") + more.pop("later_s", 0))
    _, out = advance(State.initial(), None, fused(frame), T0_S + 60 * 3600, where, settings, **more)
    return out.to_dicts()


def pair(
    apart_m: float, lasts_s: int, *, leap_m: float = 2000.0, begin_s: int = 1800
) -> list[Boat]:
    """One lies there, the other comes alongside from afar and leaves."""
    out, end_s = (5000.0, 0.0), begin_s + lasts_s
    path = sailing(
        (0, *out),
        (begin_s - 61, leap_m, 0.0),
        (begin_s - 1, leap_m, 0.0),
        (begin_s, apart_m, 0.0),
        (end_s + 1, apart_m, 0.0),
        (end_s + 2, leap_m, 0.0),
        (end_s + 1800, *out),
    )
    return [Boat(ONE, lying(0, 0), to_s=end_s + 3600), Boat(TWO, path, to_s=end_s + 3600)]


@pytest.mark.parametrize(
    ("settings", "apart_m", "found"),
    [
        *((INSHORE, 99.5, 1), (INSHORE, 100.5, 0), (SKYLIGHT, 249, 1), (SKYLIGHT, 251, 0)),
        *((GFW, 498, 1), (GFW, 502, 0)),
    ],
)
def test_they_lie_within_the_distance_of_the_definition(
    settings: EventSettings, apart_m: float, found: int
) -> None:
    begun = [
        row for row in told(*pair(apart_m, 9000), settings=settings) if row["phase"] == "began"
    ]
    assert len(begun) == found


@pytest.mark.parametrize(
    ("settings", "lasts_s", "found"),
    [
        *((INSHORE, 900, 1), (INSHORE, 870, 0), (SKYLIGHT, 1800, 0), (SKYLIGHT, 1830, 1)),
        *((GFW, 7200, 1), (GFW, 7170, 0)),
    ],
)
def test_they_lie_together_for_as_long_as_the_definition_says(
    settings: EventSettings, lasts_s: int, found: int
) -> None:
    rows = told(*pair(60.0, lasts_s), settings=settings)
    assert [row["phase"] for row in rows] == ["began", "ended"][: 2 * found]
    if found:
        assert json.loads(rows[1]["detail"])["minutes"] == lasts_s / 60


@pytest.mark.parametrize(
    ("settings", "speed_kn", "found"),
    [(INSHORE, 1.9, 1), (INSHORE, 2.0, 0), (GFW, 1.9, 1), (GFW, 2.0, 0), (SKYLIGHT, 9.0, 1)],
)
def test_they_are_as_slow_as_the_definition_says(
    settings: EventSettings, speed_kn: float, found: int
) -> None:
    rows = told(*pair(60.0, 9000), settings=settings, speed_kn=speed_kn)
    assert len(rows) == 2 * found


def test_of_gfw_the_median_speed_counts_and_takes_an_encounter_back() -> None:
    slow, fast = pair(60.0, 5 * 3600)
    frame = fixes(slow, fast)
    late = pl.col("clock_s") > T0_S + 1800 + 8400
    frame = frame.with_columns(pl.when(late).then(4.0).otherwise(0.5).alias("speed_kn"))
    _, out = advance(State(), None, fused(frame), T0_S + 9 * 3600, site(), GFW)
    assert out["phase"].to_list() == ["began", "withdrawn"]


@pytest.mark.parametrize("settings", [INSHORE, GFW, SKYLIGHT], ids=lambda s: s.rendezvous)
@pytest.mark.parametrize("midnight", ["UTC", "coast"])
@pytest.mark.parametrize("before_s", [600, 1200, 7200])
def test_no_midnight_hides_a_meeting(settings: EventSettings, midnight: str, before_s: int) -> None:
    hour = 0 if midnight == "UTC" else 16
    turn_s = int(datetime(2026, 3, 3, hour, tzinfo=UTC).timestamp())
    least_s = {"inshore": 900, "gfw": 7200, "skylight": 1860}[settings.rendezvous]
    before_s = min(before_s, least_s - 300)
    assert before_s >= 300
    later_s = turn_s - (before_s - before_s % 600) - (T0_S + 1800)
    rows = told(*pair(60.0, least_s), settings=settings, later_s=later_s)
    assert [row["phase"] for row in rows] == ["began", "ended"]
    assert rows[1]["from_us"] < turn_s * 1_000_000 <= rows[1]["to_us"]


def test_one_boat_seen_twice_does_not_meet_itself() -> None:
    ais = Boat(ONE, lying(0, 0), members=AIS)
    echo = Boat("radar:R1:7", lying(40, 0), members=RADAR)
    assert told(ais, echo) == []


def test_a_dark_boat_that_comes_alongside_is_met_and_weighs_more() -> None:
    calm, comer = pair(40.0, 2400, leap_m=250.0)
    dark = Boat("radar:R1:7", comer.place, members=RADAR, to_s=comer.to_s)
    began, _ = told(calm, dark)
    seen, _ = told(calm, comer)
    assert began["targets"] == [ONE, "radar:R1:7"]
    assert began["nats"] == seen["nats"] + 1
    assert began["sources"] == ["ais", "radar"]


@pytest.mark.parametrize(("north_m", "found"), [(990.0, 0), (1010.0, 1)])
def test_nothing_is_said_within_a_kilometre_of_a_pier(north_m: float, found: int) -> None:
    where = site((("P1", -10.0, north_m),))
    assert len(told(*pair(60.0, 1800), site=where)) == 2 * found


@pytest.mark.parametrize(("north_m", "found"), [(9950.0, 0), (10100.0, 1)])
def test_of_gfw_nothing_is_said_within_ten_kilometres(north_m: float, found: int) -> None:
    where = site((("P1", -10.0, north_m),))
    assert len(told(*pair(60.0, 9000), site=where, settings=GFW)) == 2 * found


@pytest.mark.parametrize("kind", ["law_enforcement", "service"])
def test_patrols_and_tugs_meet_for_their_living(kind: str) -> None:
    row = f"V1,x,{TWO[5:]},,{kind},20,2,\n"
    assert told(*pair(60.0, 1800), site=site(vessels=REGISTER + row)) == []
    assert told(*pair(60.0, 1800), labels={ONE}) == []


def test_anchorages_that_are_mapped_are_where_boats_lie() -> None:
    zone = site((("Z", 20.0, -10.0),)).piers
    assert told(*pair(25.0, 1800), zones=zone) == []


def test_a_short_pause_does_not_cut_a_meeting_and_a_long_one_does() -> None:
    def with_pause(pause_s: int) -> list[dict[str, Any]]:
        calm, comer = pair(60.0, 3600)
        silent = Boat(TWO, comer.place, to_s=comer.to_s, silent=((3000, 3000 + pause_s),))
        return told(calm, silent)

    assert [row["phase"] for row in with_pause(300)] == ["began", "ended"]
    assert [row["phase"] for row in with_pause(900)] == ["began", "ended"] * 2


def test_two_boats_heard_by_beidou_are_two() -> None:
    boats = [
        Boat("beidou:1", lying(0, 0), members=BEIDOU),
        Boat("beidou:2", lying(50, 0), members=BEIDOU | RADAR),
    ]
    assert [row["phase"] for row in told(*boats)] == ["began", "ended"]


def test_it_is_told_at_the_tick_at_which_it_has_lasted_and_ended_after_the_pause() -> None:
    began, ended = told(*pair(60.0, 1800))
    assert began["clock_s"] == T0_S + 1800 + 900
    assert ended["clock_s"] == T0_S + 1800 + 1800 + INSHORE.motion_gap_s + 1
    assert began["to_us"] is None
    assert ended["to_us"] == (T0_S + 3600) * 1_000_000
    assert (began["matter"], began["from_us"]) == (ended["matter"], ended["from_us"])


def test_a_crowd_is_left_out_and_counted() -> None:
    boats = [Boat(f"mmsi:4130{i:05}", lying(i % 8, i // 8), to_s=1200) for i in range(40)]
    state, out = advance(State(), None, fused(fixes(*boats)), T0_S + 1200, site(), INSHORE)
    assert out.is_empty()
    assert state.left_out > 0
    assert state.pairs.is_empty()

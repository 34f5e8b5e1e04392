"""Dark vessels: what makes one, what explains one, and when people are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from dark_scene import (
    ECHO,
    SHIP,
    T0_S,
    UNDER_WAY,
    Night,
    called,
    echo,
    fell_silent,
    joined,
    neighbour,
    night,
    reception,
    registered,
    small_boats,
)
from made_fixes import Boat, fixes, lying, sailing, site

from core.settings import EventSettings
from geo.visibility import Lookout
from models.events.dark_vessels import DarkState, advance, labels, verdicts
from models.fusion.schema import AIS, RADAR

RULE = EventSettings()
OPEN_SEA = site()
BLIND = Lookout()
LATER = T0_S + 12 * 3600


def told(
    scene: Night, where: Any = OPEN_SEA, radars: Lookout = BLIND, settings: EventSettings = RULE
) -> list[dict[str, Any]]:
    tracks, fused = scene.batch(0, LATER)
    state = DarkState.initial()
    _, out = advance(state, tracks, fused, LATER, where, radars, settings)
    return [{**row, **json.loads(row["detail"])} for row in out.to_dicts()]


def phases(scene: Night, **more: Any) -> list[str]:
    return [row["phase"] for row in told(scene, **more)]


ALONE = night(fixes(neighbour()), fixes(echo()), links=[joined("v-echo", ECHO)])


def test_an_echo_that_moves_like_a_boat_and_has_no_transponder_is_dark_after_fifteen_instants() -> (
    None
):
    began, ended = told(ALONE)
    assert (began["phase"], ended["phase"]) == ("began", "ended")
    assert began["clock_s"] == T0_S + 14 * 30
    assert began["form"] == "never_identified"
    assert began["targets"] == [ECHO]
    assert began["sources"] == ["radar:R1"]
    assert began["matter"] == ECHO
    assert ended["to_us"] == (T0_S + 3_600) * 1_000_000
    assert ended["clock_s"] == T0_S + 3_600 + 600


def test_a_case_that_is_not_over_goes_on_where_it_was_seen_last() -> None:
    states = {}
    for until_s in (T0_S + 13 * 30, T0_S + 3_000, LATER):
        tracks, fused = ALONE.batch(0, until_s)
        start = DarkState.initial()
        states[until_s], _ = advance(start, tracks, fused, until_s, OPEN_SEA, BLIND, RULE)
    before, during, after = (state.going_on() for state in states.values())
    assert before.is_empty()
    assert after.is_empty()
    assert during.select("phase", "matter", "to_us").rows() == [("changed", ECHO, None)]
    (last,) = ALONE.fixes.filter(vessel="v-echo", clock_s=T0_S + 3_000).to_dicts()
    assert during["lon"].item() == pytest.approx(last["lon"], abs=1e-6)
    assert during["lat"].item() == pytest.approx(last["lat"], abs=1e-6)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(lying(500.0, 500.0), id="it lies still"),
        pytest.param(sailing((0, 0.0, 0.0), (3_600, 1_000.0, 0.0)), id="it drifts"),
        pytest.param(sailing((0, 0.0, 0.0), (3_600, 90_000.0, 0.0)), id="it flies"),
        pytest.param(lambda s: (60.0 * (s // 30 % 2), 40.0 * (s // 60 % 2)), id="it jitters"),
    ],
)
def test_what_does_not_move_like_a_boat_is_none(
    place: Callable[[float], tuple[float, float]],
) -> None:
    assert phases(night(fixes(neighbour()), fixes(echo(place=place)))) == []


def test_fourteen_instants_are_too_few() -> None:
    assert phases(night(fixes(neighbour()), fixes(echo(to_s=13 * 30)))) == []
    assert phases(night(fixes(neighbour()), fixes(echo(to_s=14 * 30)))) == ["began", "ended"]


def test_a_boat_that_comes_for_five_minutes_and_then_lies_is_dark_at_the_fifteenth_instant() -> (
    None
):
    """Its window no longer moves by then; it is the boat that came."""
    comes = sailing((0, 0.0, 3_000.0), (270, 700.0, 3_000.0), (3_600, 700.0, 3_000.0))
    began, ended = told(night(fixes(neighbour()), fixes(echo(place=comes))))
    assert (began["phase"], ended["phase"]) == ("began", "ended")
    assert began["clock_s"] == T0_S + 14 * 30
    assert began["speed_kn"] == 0.0
    assert began["travelled_m"] == pytest.approx(700, abs=5)


def test_how_far_it_came_is_measured_from_where_it_was_first_seen() -> None:
    """Two hundred metres in two minutes and two hundred more: not enough without the first."""
    comes = sailing((0, 0.0, 3_000.0), (240, 400.0, 3_000.0), (3_600, 400.0, 3_000.0))
    assert phases(night(fixes(neighbour()), fixes(echo(place=comes)))) == ["began", "ended"]


def test_who_came_long_before_a_transponder_was_cleared_away_is_none_by_lying_there() -> None:
    """A ship lies beside it as it comes, and may be it; she leaves when that was long ago."""
    comes = sailing((0, 0.0, 3_000.0), (270, 700.0, 3_000.0), (7_200, 700.0, 3_000.0))
    for leaves_s, expected in ((10 * 30, ["began", "ended"]), (3_600, [])):
        ship = Boat("v-ship", lying(700.0, 3_040.0), SHIP, AIS, to_s=leaves_s)
        assert phases(night(fixes(neighbour()), fixes(ship), fixes(echo(place=comes)))) == expected


def test_a_boat_that_lay_for_hours_and_sets_out_is_dark_then() -> None:
    out = sailing((0, -6_000.0, 3_000.0), (5_400, -6_000.0, 3_000.0), (7_200, 3_000.0, 3_000.0))
    began = told(night(fixes(neighbour()), fixes(echo(place=out, to_s=7_200))))[0]
    assert began["phase"] == "began"
    assert 5_400 < began["clock_s"] - T0_S < 5_400 + 300
    assert began["travelled_m"] < 1_500


def test_where_nobody_is_heard_nothing_is_dark() -> None:
    assert phases(night(fixes(echo()))) == []


def test_where_reception_is_learned_to_be_poor_nothing_is_dark() -> None:
    scene = [fixes(neighbour()), fixes(echo())]
    assert phases(night(*scene, cells=reception(0.3))) == []
    assert phases(night(*scene, cells=reception(0.6))) == ["began", "ended"]


def test_before_reception_is_learned_a_station_in_range_will_do() -> None:
    scene = night(fixes(neighbour()), fixes(echo()), cells=reception(0.9, ()))
    assert phases(scene) == []
    near = site()
    object.__setattr__(near, "stations", _station(30_000.0))
    assert phases(scene, where=near) == ["began", "ended"]
    object.__setattr__(near, "stations", _station(1_000.0))
    assert phases(scene, where=near) == []
    object.__setattr__(near, "stations", OPEN_SEA.stations[:0])


@pytest.mark.parametrize(("every_s", "expected"), [(30, ["began", "ended"]), (90, [])])
def test_of_small_boats_class_b_tells_whether_they_would_be_heard(
    every_s: int, expected: list[str]
) -> None:
    rows = pl.concat([small_boats(every_s, x, 3_000.0) for x in range(-6_000, 12_001, 3_000)])
    assert phases(night(fixes(neighbour()), fixes(echo()), rows=rows)) == expected


def test_before_class_b_is_learned_a_small_boat_is_heard_on_a_part_of_a_stations_range() -> None:
    near = site()
    for range_m, expected in ((40_000.0, ["began", "ended"]), (7_000.0, [])):
        object.__setattr__(near, "stations", _station(range_m))
        found = phases(night(fixes(neighbour()), fixes(echo(to_s=1_800))), where=near)
        object.__setattr__(near, "stations", OPEN_SEA.stations[:0])
        assert found == expected


def test_a_ship_of_class_a_that_falls_silent_is_heard_farther() -> None:
    scene = fell_silent(Boat("v-ship", UNDER_WAY, SHIP, AIS | RADAR, to_s=7_200), 1_800)
    rows = pl.concat([small_boats(90, x, 3_000.0) for x in range(-6_000, 30_001, 2_500)])
    for interval_s, expected in ((10, ["began", "ended"]), (30, [])):
        silence = {**called(SHIP, 1_800, -3_750.0, 3_000.0), "interval_s": interval_s}
        told_ = phases(night(fixes(neighbour()), scene, silences=[silence], rows=rows))
        assert told_ == expected


def _station(range_m: float) -> pl.DataFrame:
    row = {"station_id": ["S1"], "lon": [121.9], "lat": [29.2], "range_m": [range_m]}
    return pl.DataFrame(row)


def test_an_hour_that_is_not_over_teaches_nothing_yet() -> None:
    scene = night(fixes(neighbour()), fixes(echo(to_s=3_000)), cells=reception(0.9, [0]))
    assert phases(scene) == []


def test_echoes_on_land_are_none() -> None:
    ashore = site(land=((-8_000.0, 2_000.0, 40_000.0, 4_000.0),))
    assert phases(ALONE, where=ashore) == []


def test_a_vessel_that_has_a_transponder_is_not_dark() -> None:
    boat = Boat("v-ship", UNDER_WAY, SHIP, AIS | RADAR)
    assert phases(night(fixes(neighbour()), fixes(boat))) == []


def test_a_transponder_without_an_echo_nearby_may_be_its_own() -> None:
    beside = Boat("v-ship", lambda s: (UNDER_WAY(s)[0], UNDER_WAY(s)[1] + 50.0), SHIP, AIS)
    aside = Boat("v-ship", lambda s: (UNDER_WAY(s)[0], UNDER_WAY(s)[1] + 300.0), SHIP, AIS)
    for boat, expected in ((beside, []), (aside, ["began", "ended"])):
        assert phases(night(fixes(neighbour()), fixes(boat), fixes(echo()))) == expected


@pytest.mark.parametrize(("radar", "expected"), [("R2", []), ("R1", ["began", "ended"])])
def test_one_radar_sees_one_boat_once_and_two_may_see_it_apart(
    radar: str, expected: list[str]
) -> None:
    """Beside a ship that has an echo of its own: of another radar, or of the same."""
    ship = Boat("v-ship", lambda s: (UNDER_WAY(s)[0], UNDER_WAY(s)[1] + 50.0), SHIP, AIS | RADAR)
    links = [joined("v-echo", ECHO), joined("v-ship", SHIP)]
    links.append(joined("v-ship", f"radar:{radar}:5", source=radar))
    assert phases(night(fixes(neighbour()), fixes(ship), fixes(echo()), links=links)) == expected


def test_an_identity_that_spoke_all_along_explains_it() -> None:
    """Its AIS track was another vessel, far off, until fusion knew better."""
    other = Boat("v-other", lying(9_000.0, 0.0), SHIP, AIS, to_s=1_800)
    late = fixes(echo(to_s=3_600))
    named = (pl.col("clock_s") > T0_S + 1_800).alias("named")
    late = late.with_columns(named).with_columns(
        *(pl.when("named").then(AIS | RADAR).otherwise(c).cast(pl.UInt8).alias(c)
          for c in ("heard", "members")),
        pl.when("named").then(pl.lit(SHIP)).otherwise("target").alias("target"),
    ).drop("named")  # fmt: skip
    rows = told(night(fixes(neighbour()), fixes(other), late))
    assert [row["phase"] for row in rows] == ["began", "withdrawn"]
    assert rows[1]["identity"] == SHIP
    rows = told(night(fixes(neighbour()), late))  # nobody had heard of it: it was switched on
    assert [row["phase"] for row in rows] == ["began", "ended"]


SILENT = [
    fixes(neighbour()),
    fell_silent(Boat("v-ship", UNDER_WAY, SHIP, AIS | RADAR, to_s=7_200), 900, 5_400),
]
LINKS = [joined("v-ship", SHIP), joined("v-ship", ECHO)]
QUIET = called(SHIP, 900, -1_400.0, 3_000.0)


def test_a_transponder_that_falls_silent_while_the_echo_goes_on_went_dark() -> None:
    began, ended = told(night(*SILENT, links=LINKS, silences=[QUIET], registrations=[registered()]))
    assert began["form"] == "went_dark"
    assert began["clock_s"] == T0_S + 1_800
    assert began["nats"] == 5.0
    assert began["targets"] == [SHIP, ECHO]
    assert began["matter"] == SHIP
    assert began["from_us"] == QUIET["from_us"]
    assert ended["phase"] == "ended"
    assert ended["clock_s"] == T0_S + 5_430  # it spoke again
    assert ended["identity"] == SHIP


def test_a_ship_that_lies_when_her_silence_is_called_has_not_gone_dark() -> None:
    """At a berth transponders are switched off lawfully, and those of class B send seldom."""
    comes = sailing((0, 0.0, 3_000.0), (1_300, 5_000.0, 3_000.0), (7_200, 5_000.0, 3_000.0))
    ship = fell_silent(Boat("v-ship", comes, SHIP, AIS | RADAR, to_s=7_200), 900)
    silence = called(SHIP, 900, 3_460.0, 3_000.0)
    assert phases(night(fixes(neighbour()), ship, links=LINKS, silences=[silence])) == []


def test_who_is_heard_again_within_a_quarter_of_an_hour_has_not_gone_dark() -> None:
    """A silence under way is called after ten minutes; some that send are unheard for so long."""
    ship = fell_silent(Boat("v-ship", UNDER_WAY, SHIP, AIS | RADAR, to_s=7_200), 900, 1_740)
    assert phases(night(SILENT[0], ship, links=LINKS, silences=[QUIET])) == []


def test_a_silence_that_may_be_chance_counts_its_surprise() -> None:
    poor = called(SHIP, 900, -1_400.0, 3_000.0, heard=120)
    began = told(night(*SILENT, links=LINKS, silences=[poor], registrations=[registered()]))[0]
    assert began["nats"] == pytest.approx(2.56, abs=0.01)  # 20 × -ln 0.88


def test_a_pause_that_is_no_silence_yet_is_nothing() -> None:
    assert phases(night(*SILENT, links=LINKS)) == []


def test_a_boat_that_still_speaks_by_beidou_has_not_gone_dark() -> None:
    still = SILENT[1].with_columns(pl.col("heard") | 2)
    assert phases(night(SILENT[0], still, links=LINKS, silences=[QUIET])) == []


def test_an_unregistered_radar_counts_less_and_says_so() -> None:
    scene = {"links": LINKS, "silences": [QUIET]}
    learning = [registered(state="learning")]
    for rows in ([], learning, [registered(), registered(at_s=60, state="impossible")]):
        began = told(night(*SILENT, **scene, registrations=rows))[0]  # type: ignore[arg-type]
        assert began["nats"] == pytest.approx(5.0 * RULE.dark_unregistered, abs=0.01)
        assert began["registered"] is False
    began = told(night(*SILENT, **scene, registrations=[registered()]))[0]  # type: ignore[arg-type]
    assert began["registered"] is True


def test_by_night_people_are_told_where_it_heads_for_a_pier() -> None:
    ahead = site((("P1", 4_000.0, 3_100.0),))
    rows = told(ALONE, where=ahead)
    assert [row["level"] for row in rows] == ["watch", "watch"]
    assert rows[0]["pier"] == 0
    aside = site((("P1", 6_000.0, 20_000.0),))
    assert [row["level"] for row in told(ALONE, where=aside)] == [None, None]


def test_when_it_turns_towards_a_pier_that_is_said() -> None:
    turning = sailing((0, 0.0, 20_000.0), (1_800, -9_000.0, 20_000.0), (3_600, -9_000.0, 11_000.0))
    pier = site((("P1", -9_000.0, 10_000.0),))
    rows = told(night(fixes(neighbour()), fixes(echo(place=turning)), cells=reception(0.9)), pier)
    assert [row["phase"] for row in rows] == []  # beyond the cells where anybody is heard
    near = Boat("v-near", lying(-5_000.0, 19_000.0), "mmsi:412999998", AIS)
    rows = told(night(fixes(near), fixes(echo(place=turning))), pier)
    assert [(row["phase"], row["level"]) for row in rows] == [
        ("began", None), ("changed", "watch"), ("ended", "watch"),
    ]  # fmt: skip


def test_by_day_nobody_is_told() -> None:
    ahead = site((("P1", 4_000.0, 3_100.0),))
    noon = 12 * 3600
    day = Night(
        ALONE.fixes.with_columns(pl.col("clock_s") + noon), ALONE.links, ALONE.registrations,
        ALONE.called, reception(0.9, [10, 11]),
    )  # fmt: skip
    tracks, fused = day.batch(0, LATER + noon)
    _, out = advance(DarkState.initial(), tracks, fused, LATER + noon, ahead, BLIND, RULE)
    assert out["level"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("radar_sees", "covered", "verdict"),
    [(True, True, "goes_on"), (False, True, "sees_nothing"), (False, False, "not_covered")],
)
def test_a_silence_is_judged_by_what_radar_sees_there(
    radar_sees: bool, covered: bool, verdict: str
) -> None:
    boat = SILENT[1]
    if not radar_sees:
        mute = boat.with_columns((pl.col("heard") & AIS).alias("heard"))
        boat = mute.with_columns(pl.lit(AIS, pl.UInt8).alias("members"))
    row = {"radar_id": ["R1"], "lon": [121.9], "lat": [29.2], "range_m": [30_000.0]}
    radars = Lookout.of(pl.DataFrame(row)) if covered else BLIND
    tracks, fused = night(SILENT[0], boat, silences=[QUIET]).batch(0, LATER)
    state, _ = advance(DarkState.initial(), tracks, fused, LATER, OPEN_SEA, radars, RULE)
    assert verdicts(state)["verdict"].to_list() == [verdict]
    assert verdicts(state)["radars"].to_list() == [int(covered)]


def test_echoes_are_labelled_and_none_is_deleted() -> None:
    scene = night(
        fixes(neighbour()),
        fixes(echo("buoy", lying(500.0, 500.0), "radar:R1:1")),
        fixes(echo("rain", lying(900.0, 500.0), "radar:R1:2", from_s=3_500)),
        fixes(echo("boat", UNDER_WAY, "radar:R1:3")),
        fixes(Boat("ship", UNDER_WAY, SHIP, AIS | RADAR)),
    )
    tracks, fused = scene.batch(0, T0_S + 3_600)
    state, _ = advance(DarkState.initial(), tracks, fused, T0_S + 3_600, OPEN_SEA, BLIND, RULE)
    found = labels(state, RULE)
    assert dict(found.select("vessel", "label").iter_rows()) == {
        "buoy": "fixed_echo", "rain": "clutter", "boat": "boat", "ship": "vessel",
    }  # fmt: skip
    assert found.filter(vessel="buoy")["target"].item() == "radar:R1:1"


def test_the_state_holds_only_what_lives() -> None:
    tracks, fused = ALONE.batch(0, LATER)
    state, _ = advance(DarkState.initial(), tracks, fused, LATER, OPEN_SEA, BLIND, RULE)
    last = fixes(Boat("v-last", lying(0.0, 0.0), NEIGHBOURS, AIS, from_s=30_000, to_s=30_000))
    tracks, fused = night(last).batch(LATER - 20_000, LATER)
    state, _ = advance(state, tracks, fused, LATER + 1, OPEN_SEA, BLIND, RULE)
    sizes = {name: len(frame) for name, frame in state.frames().items()}
    assert all(sizes[name] <= 1 for name in ("counts", "members", "open", "lives", "speakers"))


NEIGHBOURS = "mmsi:412999997"

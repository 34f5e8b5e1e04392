"""Landings in scenes: what is told of a night, as sentences."""

from __future__ import annotations

import pytest
from landing_scenes import (
    ACTIVE,
    IDLE,
    UNKNOWN,
    Row,
    approach,
    call,
    fact,
    last,
    link,
    minute,
    told,
    truck,
    us,
)

from models.landings.links import (
    EXPLAINED_BY,
    LEFT_WITH,
    MERGED_INTO,
    MET_BY,
    NOT_SEEN_BY,
    SEEN_BY,
    TURNED_AWAY,
    reason,
)
from models.landings.schema import Landing, Link

DARK, AIS, FISHER = "radar:R1:17", "mmsi:412000001", "mmsi:412000009"


def edges(landing: Landing, kind: str) -> list[Link]:
    return [one for one in landing.links if one.kind == kind]


def test_a_dark_vessel_met_by_two_trucks_is_one_chain_with_the_name_that_it_had() -> None:
    links = [link(AIS, "V", -120), link(DARK, "V", -100), link(AIS, "V", -60, "left")]
    calls = [call(DARK, IDLE, 60), call(DARK, IDLE, 60, "left", 150)]
    facts = [*truck("plate:A", IDLE, 40, 160), *truck("plate:B", IDLE, 70, 155)]
    said, _ = told(calls, links, facts)
    assert said[0].subject == "land:plate:A"
    mine = [one for one in said if one.subject == DARK]
    first, end = mine[0], mine[-1]
    assert first.clock_s == minute(63)
    assert (first.vessel, first.targets) == ("V", (AIS, DARK))
    assert [one.object for one in edges(first, MET_BY)] == ["plate:A"]
    assert (end.stage, end.over, end.lost) == ("left", True, False)
    assert [one.object for one in edges(end, MET_BY)] == ["plate:A", "plate:B"]
    assert [one.object for one in edges(end, LEFT_WITH)] == ["plate:A", "plate:B"]
    assert [one.lag_s for one in edges(end, MET_BY)] == [-20 * 60, 10 * 60]
    assert {(one.pier, one.from_us) for one in mine} == {(IDLE, us(59))}


def test_a_truck_between_a_fishing_boat_and_a_dark_one_is_shared_and_each_is_named() -> None:
    links = [link(FISHER, "F", -60), link(DARK, "V", -60)]
    calls = [call(FISHER, IDLE, 50), call(DARK, IDLE, 60)]
    said, _ = told(calls, links, truck("plate:A", IDLE, 70, 100), until=120)
    mine = last(said)
    shares = []
    for subject, other in ((FISHER, DARK), (DARK, FISHER)):
        (met,) = edges(mine[IDLE, subject], MET_BY)
        assert [name.rpartition("@")[0] for name in met.alternatives] == [other]
        shares.append(met.probability)
    assert shares[0] == shares[1] == pytest.approx(0.9 / 2.1, abs=1e-4)


def test_a_boat_that_radar_alone_sees_is_a_landing_without_a_name() -> None:
    said, _ = told([call(DARK, IDLE, 60)], [link(DARK, "V", 0)], [], until=120)
    assert [(one.stage, one.vessel, one.targets) for one in said] == [("berthed", "V", (DARK,))]
    assert said[0].berth_from_us == us(60)


def test_a_boat_whose_ais_comes_back_at_the_pier_stays_one_visit_under_its_first_subject() -> None:
    links = [link(DARK, "V", 0), link(AIS, "V", 90)]
    calls = [call(DARK, IDLE, 60), call(AIS, IDLE, 87), call(DARK, IDLE, 60, "left", 130)]
    calls.append(call(AIS, IDLE, 87, "left", 131))
    said, _ = told(calls, links, [])
    assert {one.subject for one in said} == {DARK}
    assert said[-1].over
    assert said[-1].stage == "left"
    assert [row["track"] for row in said[-1].calls] == [AIS, DARK]
    assert said[-1].targets == (AIS, DARK)
    assert said[-1].berth_from_us == us(60)


def test_a_name_that_comes_back_at_sea_is_learned_after_the_boat_left() -> None:
    links = [link(DARK, "V", 0), link(AIS, "V", 200)]
    calls = [call(DARK, IDLE, 60), call(DARK, IDLE, 60, "left", 130)]
    said, _ = told(calls, links, [])
    assert said[-1].clock_s == minute(200)
    assert said[-1].targets == (AIS, DARK)


def test_a_name_that_speaks_elsewhere_while_the_boat_is_seen_was_not_its_own() -> None:
    links = [link(AIS, "V", -60), link(DARK, "V", -50), link(AIS, "V", -20, "left")]
    links.append(link(AIS, "W", 80))
    said, _ = told([call(DARK, IDLE, 60)], links, [], until=200)
    assert [one.targets for one in said] == [(AIS, DARK), (DARK,)]


def test_two_numbers_that_a_radar_gave_one_boat_are_one_visit() -> None:
    links = [link(DARK, "V", 0), link(DARK, "V", 80, "left"), link("radar:R1:40", "V", 81)]
    calls = [call(DARK, IDLE, 60), call("radar:R1:40", IDLE, 82)]
    calls.append(call(DARK, IDLE, 60, "left", 94, t_us=us(79), berth_to_us=us(79), exit_seen=False))
    said, _ = told(calls, links, [], until=120)
    assert {(one.subject, one.stage) for one in said} == {(DARK, "berthed")}
    assert len(said[-1].calls) == 2


def test_two_tracks_that_prove_to_be_one_vessel_become_one_landing_and_the_younger_says_why() -> (
    None
):
    links = [link(DARK, "V", 0), link(AIS, "W", 60), link(AIS, "V", 90)]
    said, _ = told([call(DARK, IDLE, 60), call(AIS, IDLE, 70)], links, [], until=120)
    mine = last(said)
    gone = mine[IDLE, AIS]
    assert gone.stage == "withdrawn"
    assert gone.over
    assert reason(gone) == (MERGED_INTO, f"{DARK}@{minute(59)}")
    assert len(mine[IDLE, DARK].calls) == 2


@pytest.mark.parametrize("looked", [False, True])
def test_trucks_that_wait_for_a_boat_that_nobody_sees_are_a_watch_until_they_leave(
    looked: bool,
) -> None:
    facts = truck("plate:A", IDLE, 60, 120)
    if looked:
        facts.append(fact("coverage", "camera", IDLE, -60))
    said, _ = told([], [], facts)
    first, end = said[0], said[-1]
    assert (first.subject, first.stage, first.berth_from_us) == ("land:plate:A", "approach", None)
    assert first.clock_s == minute(65)
    assert end.over
    assert end.clock_s == minute(120 + 30 + 15)
    if looked:
        assert (end.stage, reason(end)) == ("withdrawn", (NOT_SEEN_BY, "camera"))
        assert end.coverage == {"camera"}
    else:
        assert (end.stage, end.lost, reason(end)) == ("approach", True, None)


def test_a_boat_that_comes_to_the_waiting_trucks_explains_them() -> None:
    said, _ = told([call(FISHER, IDLE, 90)], [], truck("plate:A", IDLE, 60, 120), until=300)
    gone = last(said)[IDLE, "land:plate:A"]
    assert gone.stage == "withdrawn"
    assert gone.clock_s == minute(93)
    assert reason(gone) == (EXPLAINED_BY, f"{FISHER}@{minute(89)}")
    assert [one.object for one in edges(last(said)[IDLE, FISHER], MET_BY)] == ["plate:A"]


def test_a_boat_before_a_dock_camera_at_night_is_a_landing_that_a_track_explains() -> None:
    sighting = fact("camera_boat", "camera:C1:1", IDLE, 60, 65)
    alone, _ = told([], [], [sighting])
    assert [one.stage for one in alone] == ["left", "left"]
    assert alone[0].berth_from_us == us(60)
    assert [one.kind for one in alone[0].links] == [SEEN_BY]
    seen, _ = told([call(DARK, IDLE, 58, at=68)], [], [sighting], until=120)
    assert last(seen)[IDLE, "land:camera:C1:1"].stage == "withdrawn"
    by_day, _ = told([], [], [fact("camera_boat", "camera:C1:1", IDLE, 12 * 60, 12 * 60 + 5)])
    assert by_day == []


def test_a_boat_that_a_camera_sees_come_hours_after_another_berthed_is_another() -> None:
    lies = call(FISHER, UNKNOWN, -9 * 60, at=-8 * 60)
    sighting = fact("camera_boat", "camera:C1:1", UNKNOWN, 60, 140)
    said, _ = told([lies], [], [sighting], until=300)
    assert last(said)[UNKNOWN, "land:camera:C1:1"].stage == "left"
    fresh, _ = told([call(FISHER, UNKNOWN, -60, at=0)], [], [sighting], until=300)
    assert (UNKNOWN, "land:camera:C1:1") not in last(fresh)


def decoy() -> list[Row]:
    """A boat that calls for seven minutes and is heard all the way in and out."""
    return [call(FISHER, IDLE, 20), call(FISHER, IDLE, 20, "left", 27)]


def test_a_decoy_that_left_explains_neither_the_boat_that_a_camera_sees_after_it_nor_trucks() -> (
    None
):
    boat = [
        fact("camera_boat", "camera:C1:1", IDLE, 60),
        fact("camera_boat", "camera:C1:1", IDLE, 60, 120),
    ]
    said, _ = told(decoy(), [], [*boat, *truck("plate:A", IDLE, 70, 110)], until=300)
    mine = last(said)[IDLE, "land:camera:C1:1"]
    assert (mine.stage, mine.berth_from_us) == ("left", us(60))
    assert [one.object for one in edges(mine, MET_BY)] == ["plate:A"]
    assert all(one.stage != "withdrawn" for one in said if one.subject == mine.subject)
    assert edges(last(said)[IDLE, FISHER], MET_BY) == []
    alone, _ = told(decoy(), [], truck("plate:A", IDLE, 70, 110), until=300)
    assert last(alone)[IDLE, "land:plate:A"].stage != "withdrawn"


def test_a_decoy_and_the_boat_after_it_are_two_visits_to_the_camera_that_saw_both() -> None:
    boats = [
        fact("camera_boat", "camera:C1:1", IDLE, 20, 27),
        fact("camera_boat", "camera:C1:2", IDLE, 60, 120),
    ]
    said, _ = told(decoy(), [], [*boats, *truck("plate:A", IDLE, 70, 110)], until=300)
    assert last(said)[IDLE, "land:camera:C1:2"].berth_from_us == us(60)
    assert (IDLE, "land:camera:C1:1") not in last(said)


def test_a_bar_that_is_opened_at_night_at_an_idle_pier_is_a_landing_that_nobody_sees() -> None:
    opened = [fact("barrier", "bar:B1", IDLE, 60), fact("barrier", "bar:B1", IDLE, 60, 170)]
    said, _ = told([], [], [*opened, *truck("plate:A", IDLE, 70, 160)])
    first = said[0]
    assert (first.subject, first.stage, first.berth_from_us) == ("land:bar:B1", "approach", None)
    assert [one.object for one in edges(last(said)[IDLE, "land:bar:B1"], MET_BY)] == ["plate:A"]
    assert told([], [], [fact("barrier", "bar:B1", ACTIVE, 60, 170)])[0] == []
    assert told([], [], [fact("barrier", "bar:B1", IDLE, 12 * 60, 13 * 60)])[0] == []


def test_a_bar_that_is_left_open_all_night_is_told_of_for_three_hours_and_ends_like_a_stay() -> (
    None
):
    said, _ = told([], [], [fact("barrier", "bar:B1", IDLE, 60)], until=600)
    end = said[-1]
    assert (end.stage, end.over, end.lost) == ("approach", True, True)
    assert end.clock_s == minute(60 + 180 + 30 + 15)
    assert end.berth_to_us == us(60 + 85)


def test_trucks_at_a_pier_in_use_are_no_landing() -> None:
    assert told([], [], truck("plate:A", ACTIVE, 60, 120))[0] == []


def test_a_boat_that_heads_for_an_idle_pier_is_a_landing_from_its_approach_on() -> None:
    links = [link(DARK, "V", 0)]
    ahead = [approach(DARK, IDLE, 30), approach(DARK, IDLE, 30, "ended", 33)]
    said, _ = told([call(DARK, IDLE, 61)], links, [], ahead, until=200)
    assert [one.stage for one in said] == ["approach", "berthed"]
    assert {(one.subject, one.from_us) for one in said} == {(DARK, us(30))}
    assert [one.clock_s for one in said] == [minute(30), minute(64)]
    assert said[-1].berth_from_us == us(61)


def test_a_boat_that_a_dock_camera_sees_arrive_is_the_one_that_was_expected() -> None:
    links = [link(AIS, "V", -120), link(DARK, "V", -100), link(AIS, "V", -60, "left")]
    ahead = [approach(DARK, IDLE, 30), approach(DARK, IDLE, 30, "ended", 12)]
    facts = truck("plate:A", IDLE, 40, 100)
    facts += [fact("camera_boat", "camera:C1:1", IDLE, 45, end) for end in (None, 90)]
    said, state = told([], links, facts, ahead)
    mine = last(said)
    assert (mine[IDLE, DARK].stage, mine[IDLE, DARK].over) == ("left", True)
    assert (mine[IDLE, DARK].vessel, mine[IDLE, DARK].targets) == ("V", (AIS, DARK))
    assert mine[IDLE, DARK].berth_from_us == us(45)
    assert [one.kind for one in mine[IDLE, DARK].links] == [SEEN_BY, MET_BY, LEFT_WITH]
    assert {one.subject for one in said} == {DARK}
    assert state.piers == {}
    name = call(FISHER, IDLE, 62, quiet_from_us=us(-30), quiet_to_us=us(60))
    back, _ = told([name], links, facts, ahead, until=80)
    assert {one.subject for one in back} == {DARK}
    assert (back[-1].targets, back[-1].berth_from_us) == ((FISHER, DARK), us(45))
    other, _ = told([call(FISHER, IDLE, 62)], links, facts, ahead, until=80)
    assert {one.subject for one in other} == {DARK, FISHER}


def test_a_boat_that_turns_away_is_withdrawn_and_one_that_turns_to_another_pier_is_told_there() -> (
    None
):
    ahead = [approach(DARK, IDLE, 30), approach(DARK, UNKNOWN, 30, "changed", 5)]
    ahead.append(approach(DARK, UNKNOWN, 30, "ended", 10))
    said, _ = told([], [link(DARK, "V", 0)], [], ahead, until=200)
    ends = last(said)
    assert ends[IDLE, DARK].clock_s == minute(35 + 15)
    assert ends[UNKNOWN, DARK].clock_s == minute(40 + 15)
    assert {reason(one) for one in ends.values()} == {(TURNED_AWAY, DARK)}
    assert told([], [], [], [approach(DARK, ACTIVE, 30)])[0] == []


def test_a_plate_that_was_read_where_the_truck_cannot_be_is_an_alibi() -> None:
    here = fact("truck_pass", "plate:A", IDLE, 70, 70)
    around = [
        fact("truck_pass", "plate:A", IDLE, at, at, detail='{"lat": 29.2, "lon": 121.91}')
        for at in (68, 72)
    ]
    calls = [call(DARK, IDLE, 60)]
    alone = last(told(calls, [], [here], until=120)[0])[IDLE, DARK]
    assert [one.kind for one in alone.links] == ["berthed_at", MET_BY]
    passing = last(told(calls, [], [here, *around], until=120)[0])[IDLE, DARK]
    assert us(70) not in {one.from_us for one in edges(passing, MET_BY)}


def test_a_weak_reading_gives_way_to_the_terminal_that_is_elsewhere() -> None:
    far = fact("truck_wait", "plate:A", ACTIVE, 65, 90, probability=0.95,
               detail='{"lat": 29.4, "lon": 122.2}')  # fmt: skip
    misread = fact("truck_pass", "plate:A", IDLE, 70, 70, probability=0.3)
    calls = [call(DARK, IDLE, 60)]
    assert edges(last(told(calls, [], [misread], until=80)[0])[IDLE, DARK], MET_BY)
    assert not edges(last(told(calls, [], [misread, far], until=120)[0])[IDLE, DARK], MET_BY)


def test_a_stop_that_two_piers_share_names_the_other_pier() -> None:
    facts = [fact("truck_wait", "plate:A", number, 50, 90, probability=0.5) for number in (0, 2)]
    said, _ = told([call(DARK, IDLE, 60)], [], facts, until=120)
    (met,) = edges(last(said)[IDLE, DARK], MET_BY)
    assert met.alternatives == (f"pier:{UNKNOWN}",)


def test_a_boat_that_radar_loses_at_the_pier_is_over_and_lost() -> None:
    gone = call(DARK, IDLE, 60, "left", 95, t_us=us(80), berth_to_us=us(80), exit_seen=False)
    said, state = told([call(DARK, IDLE, 60), gone], [link(DARK, "V", 0)], [])
    assert (said[-1].over, said[-1].lost, said[-1].stage) == (True, True, "berthed")
    assert state.piers == {}
    assert state.due == {}


def test_a_boat_that_radar_follows_to_an_idle_pier_and_loses_there_is_a_landing() -> None:
    none = {"berth_from_us": None, "berth_to_us": None, "exit_seen": False}
    gone = call(DARK, IDLE, 60, "left", 76, t_us=us(61), **none)
    said, _ = told([gone], [link(DARK, "V", 0)], truck("plate:A", IDLE, 80, 140))
    mine = [one for one in said if one.subject == DARK]
    assert (mine[0].stage, mine[0].berth_from_us, mine[0].clock_s) == (
        "berthed",
        us(61),
        minute(76),
    )
    assert [one.object for one in edges(mine[-1], MET_BY)] == ["plate:A"]
    assert (mine[-1].over, mine[-1].lost, mine[-1].berth_to_us) == (True, True, us(61 + 85))
    assert told([gone | {"pier": ACTIVE}], [], [])[0] == []
    camera = fact("camera_boat", "camera:C1:1", IDLE, 60, 64)
    both, state = told([gone], [], [camera])
    assert {one.subject for one in both} == {"land:camera:C1:1"}
    assert state.piers == {}
    assert told([gone | {"passed": False}], [], [])[0] == []


def test_a_boat_that_lies_for_weeks_keeps_the_state_small() -> None:
    calls, links, facts = [call(FISHER, IDLE, 60)], [link(FISHER, "F", 0)], []
    for day in range(20):
        number = f"radar:R1:{day}"
        at = 100 + day * 24 * 60
        links += [link(number, "F", at), link(number, "F", at + 600, "left")]
        calls += [call(number, IDLE, at), call(number, IDLE, at, "left", at + 600)]
        facts += truck(f"plate:{day}", IDLE, at, at + 60)
    said, state = told(calls, links, facts, until=40 * 24 * 60)
    assert len(state.frames()["facts"]) == 0
    assert len(state.frames()["members"]) == 1
    assert {one.subject for one in said if one.calls} == {FISHER}

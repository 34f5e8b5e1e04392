"""What the land side says: trucks that wait and pass, cameras, bars, and what was looked at."""

from __future__ import annotations

from typing import Any

import pytest
from land_scene import T0_S, US, fix, read, row, run, seen, site, stand, told
from land_scene import rows as rows_of

TRUCK = "plate:浙B80001"


def last(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest version of each fact."""
    newest = {(f["pier"], f["kind"], f["object"], f["from_us"]): f for f in facts}
    return list(newest.values())


def test_a_truck_that_stands_at_an_access_waits_there_until_it_leaves() -> None:
    begun, ended = told(stand(TRUCK, 600, 3000, 60.0), "truck_wait")
    assert (begun["pier"], begun["object"], begun["to_us"]) == (0, TRUCK, None)
    assert begun["from_us"] == (T0_S + 600) * US
    assert begun["clock_s"] == T0_S + 900  # five minutes
    assert ended["to_us"] == (T0_S + 3000) * US
    assert ended["clock_s"] <= T0_S + 3000 + 420
    assert begun["probability"] == 1.0
    assert begun["detail"]["metres"] == pytest.approx(60, abs=1)


@pytest.mark.parametrize(("lasts_s", "east_m"), [(240, 0.0), (1800, 320.0)])
def test_a_short_stop_is_no_wait_nor_one_away_from_accesses(lasts_s: int, east_m: float) -> None:
    assert told(stand(TRUCK, 600, 600 + lasts_s, east_m), "truck_wait") == []


def test_stops_less_than_five_minutes_apart_are_one() -> None:
    around = [fix(1300 + 30 * k, TRUCK, 0.0, 200.0, 15.0) for k in range(8)]
    parts = [
        *(fix(600 + 30 * k, TRUCK, 0.0) for k in range(24)),
        *around,
        *stand(TRUCK, 1560, 2500, 0.0)[2:],
    ]
    assert len(last(told(parts, "truck_wait"))) == 1


def test_a_position_that_drifts_or_leaps_between_houses_ends_no_stop() -> None:
    wander = [0.0, 60.0, 130.0, 190.0, 120.0, 850.0, 40.0, 0.0, 100.0, 20.0] * 3
    parts = [fix(300 * k, TRUCK, 0.0, north) for k, north in enumerate(wander)]
    (only,) = last(told(parts, "truck_wait"))
    assert (only["to_us"] - only["from_us"]) // US == 300 * (len(wander) - 1)


def test_a_truck_that_drives_past_between_drifting_fixes_waits_nowhere() -> None:
    parts = [fix(30 * k, TRUCK, 0.0, 900.0 - 60.0 * k, 6.0) for k in range(30)]
    assert told(parts, "truck_wait") == []


def test_a_terminal_that_falls_silent_ends_its_wait_at_its_last_fix() -> None:
    parts = [fix(600 + 60 * k, TRUCK, 0.0) for k in range(20)]
    ended = told(parts, "truck_wait")[-1]
    assert ended["to_us"] == (T0_S + 600 + 60 * 19) * US
    assert ended["clock_s"] == T0_S + 600 + 60 * 19 + 3600


def test_two_piers_as_near_share_the_wait() -> None:
    facts = last(told(stand(TRUCK, 600, 3000, 2020.0), "truck_wait"))
    assert {f["pier"]: f["probability"] for f in facts} == {1: 0.5, 2: 0.5}
    assert [f["detail"]["piers"] for f in facts] == [[2], [1]]
    facts = last(told(stand(TRUCK, 600, 3000, 1990.0), "truck_wait"))
    near, far = (f["probability"] for f in facts)
    assert near > 0.6 > far
    assert near + far == pytest.approx(1.0)


def test_an_unregistered_terminal_waits_with_less_than_certainty() -> None:
    fact = told(stand("terminal:77", 600, 3000, 0.0), "truck_wait")[0]
    assert fact["probability"] == 0.9
    assert fact["detail"]["registered"] is False


def test_a_private_car_is_never_reported_nor_kept() -> None:
    car = "浙B8C003"
    parts = [
        *stand(f"plate:{car}", 600, 3000, 0.0),
        read(700, car, code="K33", what="alive"),
        read(710, car, what="vehicle", code="X99"),
        read(720, car),  # the reader takes it for a lorry, the register knows better
        read(730, "沪C55555", what="vehicle", code="X99"),
        seen(800, "vehicle", "e1", 790, plate=car),
        seen(900, "vehicle", "e2", 890, plate="沪C55555"),
        seen(950, "truck", "e3", 940, plate=car),
    ]
    facts, kept = run(rows_of(parts), [T0_S + 5000])
    assert set(facts["kind"]) <= {"coverage"}
    for frame in [facts, *kept.values()]:
        text = frame.write_json()
        assert car[1:] not in text
        assert "C55555" not in text


def test_a_passage_is_one_fact_at_every_pier_near_the_camera() -> None:
    parts = [read(600, "浙B80001"), read(700, "浙B80001", "R2"), read(5000, "浙B80001")]
    facts = last(told(parts, "truck_pass"))
    mine = [f for f in facts if f["pier"] == 0]
    assert [(f["from_us"] // US - T0_S, f["detail"]["n"]) for f in mine] == [(600, 2), (5000, 1)]
    assert mine[0]["to_us"] == (T0_S + 700) * US
    assert {f["object"] for f in facts} == {TRUCK}
    assert {f["pier"] for f in facts} == {0, 1, 2}  # P4 has no road
    assert mine[0]["probability"] == 0.98


def test_a_misread_plate_stays_a_possible_match_beside_the_stranger_it_may_be() -> None:
    facts = [f for f in told([read(600, "浙B8D001")], "truck_pass") if f["pier"] == 0]
    shares = {f["object"]: f["probability"] for f in facts}
    assert shares == {TRUCK: 0.5, "plate:浙B8D001": 0.45}
    matched = next(f for f in facts if f["object"] == TRUCK)
    assert matched["detail"]["read"] == "浙B8D001"
    assert matched["detail"]["matched"] == "浙B80001"
    assert matched["detail"]["alternatives"] == ["浙B8D001"]


def test_a_plate_without_its_province_is_the_registered_one() -> None:
    facts = [f for f in told([read(600, "B80001")], "truck_pass") if f["pier"] == 0]
    assert {f["object"]: f["probability"] for f in facts} == {TRUCK: 0.9}


def test_a_plate_of_another_weight_is_no_match() -> None:
    facts = told([read(600, "浙B8D001", code="H31")], "truck_pass")
    assert {f["object"] for f in facts} == {"plate:浙B8D001"}


def test_a_vehicle_that_cannot_have_come_there_is_no_match() -> None:
    away = fix(550, TRUCK, 30_000.0)
    facts = told([away, read(600, "浙B8D001")], "truck_pass")
    assert {f["object"] for f in facts} == {"plate:浙B8D001"}
    elsewhere = [read(500, "浙B80001", "R2"), read(510, "浙B8D001")]  # 1 km in 10 s
    facts = [f for f in told(elsewhere, "truck_pass") if f["clock_s"] == T0_S + 510]
    assert {f["object"] for f in facts} == {"plate:浙B8D001"}


def test_a_vehicle_whose_terminal_was_there_is_nearly_sure_to_be_the_match() -> None:
    facts = told([fix(590, TRUCK, 0.0, 480.0, 20.0), read(600, "浙B8D001")], "truck_pass")
    assert {f["object"]: f["probability"] for f in facts if f["pier"] == 0} == {
        TRUCK: 0.95,
        "plate:浙B8D001": 0.045,
    }


def test_sightings_of_a_boat_are_one_interval_until_nothing_is_seen() -> None:
    parts = [
        seen(600, "boat", "a", 600, score=0.6),
        seen(700, "boat", "a", 600, score=0.9),
        seen(1500, "boat", "a", 600, over=True),
        seen(2000, "boat", "b", 1990, score=0.7),
        seen(2200, "boat", "b", 1990, over=True),
    ]
    facts = told(parts, "camera_boat")
    assert {(f["pier"], f["object"]) for f in facts} == {(0, f"camera:D1:{(T0_S + 600) * US}")}
    assert [f["to_us"] for f in facts][:-1] == [None] * (len(facts) - 1)
    assert facts[-1]["to_us"] == (T0_S + 2200) * US
    assert facts[-1]["clock_s"] == T0_S + 2200 + 600
    assert facts[-1]["detail"]["n"] == 2


def test_a_lamp_that_is_taken_for_a_boat_for_seconds_is_doubted() -> None:
    brief = [seen(600, "boat", "a", 600, score=0.6), seen(620, "boat", "a", 600, over=True)]
    assert [f["probability"] for f in last(told(brief, "camera_boat"))] == [0.4]
    long = [seen(600, "boat", "a", 600, score=0.8), seen(720, "boat", "a", 600, over=True)]
    assert [f["probability"] for f in last(told(long, "camera_boat"))] == [0.8]


def test_an_event_whose_end_is_never_heard_lapses() -> None:
    (begun, ended) = told([seen(600, "boat", "a", 600)], "camera_boat")
    assert begun["to_us"] is None
    assert ended["clock_s"] == T0_S + 600 + 7200 + 600
    assert ended["to_us"] == (T0_S + 600) * US


def test_a_lorry_at_the_quay_has_the_plate_that_was_read_last() -> None:
    parts = [
        seen(600, "truck", "a", 600),
        {**seen(640, "plate", "a", 640, plate="浙B80001"), "over": False},
        seen(1500, "truck", "a", 600, over=True),
    ]
    facts = told(parts, "camera_truck")
    assert facts[0]["target"] is None
    assert {f["target"] for f in facts[1:]} == {TRUCK}


def test_a_bar_is_raised_until_it_is_lowered() -> None:
    says = [(100, "lowered"), (600, "raised"), (700, "raised"), (900, "damaged"), (2000, "lowered")]
    parts = [row(s, "bar", "B1", state=state) for s, state in says]
    facts = told(parts, "barrier")
    assert [(f["detail"]["state"], f["to_us"]) for f in facts] == [
        ("raised", None),
        ("damaged", None),
        ("damaged", (T0_S + 2000) * US),
    ]
    assert {(f["pier"], f["object"], f["from_us"]) for f in facts} == {
        (0, "bar:B1", (T0_S + 600) * US)
    }
    assert told(parts[:1], "barrier") == []


def spans(
    parts: list[dict[str, Any]], what: str, regimes: str | None = None
) -> list[tuple[Any, ...]]:
    """Pier, begin and end of what was covered, in seconds of the scene."""
    facts = last(told(parts, "coverage", site(regimes)))
    return [
        (f["pier"], f["from_us"] // US - T0_S, f["to_us"] and f["to_us"] // US - T0_S)
        for f in facts
        if f["object"] == what
    ]


def test_a_camera_that_sends_keep_alives_looks_while_they_come() -> None:
    ticks = [*range(0, 3601, 90), *range(9000, 9901, 90)]
    parts = [row(s, "alive", "D1", keeps=True) for s in ticks]
    assert spans(parts, "camera") == [(0, 0, 3900), (0, 9000, 10200)]


def test_a_camera_that_speaks_of_sightings_only_looks_as_long_as_its_feed_lives() -> None:
    others = [row(s, "bar", "B1", state="lowered") for s in range(0, 40_000, 3000)]
    parts = [seen(600, "boat", "a", 600), *others]
    assert spans(parts, "camera") == [(0, 600, 39_000 + 3600)]


def test_in_an_announced_fog_no_dock_camera_looks() -> None:
    parts = [row(s, "alive", "D1", keeps=True) for s in range(0, 7201, 90)]
    fog = "kind,from,to,source\nfog,2026-03-02T01:00:00+08:00,2026-03-02T01:30:00+08:00,met\n"
    assert spans(parts, "camera", fog) == [(0, 0, 1800), (0, 3600, 7500)]


def test_terminals_and_plates_are_looked_at_where_the_pier_has_a_road() -> None:
    parts = [*(fix(s, "terminal:9", 5000.0) for s in range(0, 3001, 60)), read(60, None)]
    assert spans(parts, "vehicles") == [(pier, 0, 3600) for pier in range(3)]
    assert spans(parts, "anpr") == [(pier, 60, 3660) for pier in range(3)]

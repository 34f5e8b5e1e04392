"""Roads and what drives on them: on land, as vehicles move, each once a night."""

from __future__ import annotations

from collections import Counter

import night_ashore
import numpy as np
import pytest
from night_ashore import Meeting

from simulate.dice import Dice
from simulate.land import failures
from simulate.land.driving import MPS_PER_KMH, Drive, driving_s, spread
from simulate.land.garage import garage_of
from simulate.land.habits import manner_of
from simulate.land.meeting import haul, meet, unbar
from simulate.land.roads import Spot
from simulate.motion import length_m
from simulate.night import Night
from simulate.scene import Scene

Played = tuple[Night, list[Meeting], Scene]


@pytest.fixture(scope="module")
def played() -> Played:
    at = night_ashore.night()
    met = night_ashore.meetings(at)
    return at, met, night_ashore.ashore(at, met)


def test_no_road_vehicle_is_at_sea(played: Played) -> None:
    at, _, scene = played
    worst = max(
        float(night_ashore.off_road_m(trip, np.arange(0.0, at.end_s, 60.0)).max())
        for trip in scene.trips
    )
    assert worst < 35.0  # at a bend along a shore


def test_vehicles_keep_to_a_countys_speeds_and_to_what_they_can_brake(played: Played) -> None:
    at, _, scene = played
    second = np.arange(0.0, at.end_s, 5.0)
    fast = []
    for trip in scene.trips:
        velocity = trip.track.velocity_mps(second)
        kmh = np.sqrt((velocity**2).sum(axis=1)) / MPS_PER_KMH
        assert kmh.max() < 85.0, trip.plate
        assert np.abs(np.diff(kmh)).max() < 28.0, trip.plate  # in five seconds
        fast += kmh[kmh > 3.0].tolist()
    assert 35.0 < np.median(fast) < 55.0


def test_parked_means_standing(played: Played) -> None:
    _, _, scene = played
    for trip in scene.trips:
        for from_s, to_s in trip.parked:
            spots = trip.track.at(np.linspace(from_s, to_s, 9))
            assert np.ptp(spots, axis=0).max() < 0.05, trip.plate


def test_each_vehicle_has_one_trip_a_night_and_the_register_is_used_up(played: Played) -> None:
    _, _, scene = played
    plates = Counter(trip.plate for trip in scene.trips)
    terminals = Counter(trip.terminal for trip in scene.trips if trip.terminal)
    assert max(plates.values()) == max(terminals.values()) == 1
    assert set(night_ashore.site().vehicles["plate"]) <= set(plates)


def test_a_vehicle_that_is_private_has_no_terminal_and_is_in_no_register(played: Played) -> None:
    _, _, scene = played
    known = set(night_ashore.site().vehicles["plate"])
    private = [trip for trip in scene.trips if trip.private]
    assert len(private) > 100
    assert all(trip.terminal is None and trip.plate not in known for trip in private)


def test_a_road_passes_its_camera_and_joins_its_ends(played: Played) -> None:
    roads = night_ashore.roads()
    assert played
    a, b = Spot(0), Spot(roads.far_from(0)[0])
    path = roads.way(a, b)
    assert path[0] == pytest.approx(roads.point(a))
    assert path[-1] == pytest.approx(roads.point(b))
    assert length_m(path) == pytest.approx(roads.distance_m(a.hub, b.hub), abs=20)
    gaps = np.sqrt(((path[1:] - path[:-1]) ** 2).sum(axis=1))
    assert gaps.max() < 700.0


def test_a_way_along_one_spur_does_not_go_back_to_its_hub() -> None:
    roads = night_ashore.roads()
    at = night_ashore.night()
    pier = next(p for p in at.piers("idle") if roads.reaches(p))
    far, near = roads.quay(pier, 400.0), roads.quay(pier, 50.0)
    inward, outward = roads.way(far, near), roads.way(near, far)
    assert length_m(inward) == pytest.approx(far.back_m - near.back_m, abs=1.0)
    assert inward == pytest.approx(outward[::-1])
    assert inward[0] == pytest.approx(roads.point(far))


def test_a_drive_takes_as_long_as_was_planned() -> None:
    roads, at = night_ashore.roads(), night_ashore.night()
    path = roads.way(Spot(0), Spot(roads.far_from(0)[-1]))
    drive = Drive(0.0, path[0]).go(path, 50.0, at.dice.child("drive"))
    assert drive.now_s == pytest.approx(driving_s(path, 50.0), rel=0.15)
    assert drive.now_s > length_m(path) / (55.0 * MPS_PER_KMH)


def test_spread_points_keep_the_corners() -> None:
    path = np.array([[0.0, 0.0], [60.0, 0.0], [60.0, 0.0], [60.0, 10.0]])
    points = spread(path)
    assert points.tolist() == [[0, 0], [20, 0], [40, 0], [60, 0], [60, 10]]


def test_trucks_gather_near_the_pier_then_load_while_the_vessel_lies_there(
    played: Played,
) -> None:
    at, met, _ = played
    waited = 0
    for each in met:
        quay = night_ashore.roads().point(night_ashore.roads().quay(each.pier))
        assert len(each.trips) >= 2
        for trip in each.trips:
            t = np.arange(max(float(trip.track.t_s[0]), 0.0), at.end_s, 30.0)
            away = np.sqrt(((trip.track.at(t) - quay) ** 2).sum(axis=1))
            there = t[away < 60.0]
            assert there.min() > each.arrive_s - 300.0
            assert there.max() < each.leave_s + 1_500.0
            assert len(there) * 30.0 >= 480.0
            waited += bool(((away < 2_600.0) & (t < each.arrive_s - 300.0)).sum() > 10)
            assert away[-1] > 900.0  # small islands have no more
    assert waited >= sum(len(each.trips) for each in met) // 2


def test_a_lookout_watches_from_before_to_after(played: Played) -> None:
    _, met, _ = played
    for each in met:
        quay = night_ashore.roads().point(night_ashore.roads().quay(each.pier))
        middle = each.lookout.track.at(np.array([each.arrive_s - 600.0, each.leave_s]))
        away = np.sqrt(((middle - quay) ** 2).sum(axis=1))
        assert away[0] == pytest.approx(away[1])
        assert away[0] < 4_500.0
        assert each.lookout.private


def test_a_gangs_own_trucks_come_again_on_other_nights() -> None:
    roads, gang = night_ashore.roads(), Dice(night_ashore.SEED, "gang 1")
    pier = next(p for p in night_ashore.night().piers("idle") if roads.reaches(p))
    seen: Counter[str] = Counter()
    terminals = set()
    for k in range(6):
        at = night_ashore.night(k)
        trips = meet(at, pier, 34_000.0, 39_000.0, 6, at.dice.child("x"), gang=gang)
        seen.update(trip.plate for trip in trips)
        terminals |= {(trip.plate, trip.terminal) for trip in trips}
    known = set(night_ashore.site().vehicles["plate"])
    own = {plate: times for plate, times in seen.items() if plate not in known}
    assert len(own) <= 12
    assert max(own.values()) >= 2
    assert len(terminals) == len(seen)


def test_gangs_differ_and_test_seeds_draw_from_other_ranges() -> None:
    by_seed = {
        seed: [manner_of(seed, Dice(seed, "gang", str(k))) for k in range(200)]
        for seed in (101, 201)
    }
    tuning, test = ([each.wait_m for each in by_seed[seed]] for seed in (101, 201))
    assert min(tuning) >= 500
    assert max(tuning) <= 2_000
    assert min(test) < 500
    assert max(test) > 2_000
    assert len(set(tuning)) > 100


def test_where_no_road_leads_no_truck_comes() -> None:
    at, roads = night_ashore.night(), night_ashore.roads()
    lonely = next(i for i in range(len(at.place.site.piers)) if not roads.reaches(i))
    assert meet(at, lonely, 30_000.0, 35_000.0, 4, at.dice.child("x")) == []
    assert haul(at, lonely, 30_000.0, 35_000.0, 4, at.dice.child("x")) == []


def test_lawful_lorries_shuttle() -> None:
    at, roads = night_ashore.night(), night_ashore.roads()
    pier = next(p for p in at.piers("low") if roads.reaches(p))
    trips = haul(at, pier, at.clock_s(-2.0), at.clock_s(3.0), 2, at.dice.child("haul"))
    quay = roads.point(roads.quay(pier))
    for trip in trips:
        t = np.arange(0.0, at.end_s, 30.0)
        near = np.sqrt(((trip.track.at(t) - quay) ** 2).sum(axis=1)) < 60.0
        assert (np.diff(near.astype(int)) == 1).sum() >= 2
        assert trip.plate in set(at.place.site.vehicles["plate"])


def test_every_nuisance_is_labelled_and_can_be_switched_off(played: Played) -> None:
    _, _, scene = played
    kinds = {str(row["kind"]) for row in scene.nuisances}
    assert kinds == {
        "fish_truck", "anglers", "overnight_truck", "festival_traffic", "camera_outage",
    }  # fmt: skip
    plates = {trip.plate for trip in scene.trips}
    for row in scene.nuisances:
        assert str(row["from"]) <= str(row["to"])
        assert set(row.get("plates", [])) <= plates  # type: ignore[call-overload]
    quiet = night_ashore.night(off=tuple(sorted(kinds)))
    assert night_ashore.ashore(quiet, []).nuisances == []


def test_a_bar_goes_up_for_the_trucks_and_down_again() -> None:
    at = night_ashore.night()
    barred = set(at.place.site.bars["pier_id"])
    pier = next(p for p in at.piers("idle") if at.pier(p)["pier_id"] in barred)
    seen = Counter()
    for k in range(60):
        gates = unbar(at, pier, 30_000.0, 35_000.0, at.dice.child(f"bar {k}"))
        states = tuple(gate.state for gate in gates)
        seen[states] += 1
        assert all(gate.at_s < 30_000.0 for gate in gates if gate.state != "lowered")
        assert all(gate.at_s > 35_000.0 for gate in gates if gate.state == "lowered")
    assert set(seen) == {(), ("raised", "lowered"), ("damaged",)}


def test_a_stranger_has_nobodys_plate() -> None:
    garage = garage_of(night_ashore.night())
    plates = [garage.stranger(0, "truck_light").plate for _ in range(2_000)]
    known = set(night_ashore.site().vehicles["plate"])
    assert len(set(plates)) == 2_000
    assert not known & set(plates)


def test_a_platform_that_is_down_is_labelled_for_as_long() -> None:
    at = night_ashore.night()
    scene = failures.platform_outage(at, 100)
    (outage,), (row,) = scene.outages, scene.nuisances
    assert (outage.sensor, outage.source) == ("vehicles", None)
    assert at.second(str(row["from"])) == pytest.approx(outage.from_s, abs=1.0)
    assert at.second(str(row["to"])) == pytest.approx(outage.to_s, abs=1.0)
    assert failures.platform_outage(at, 0) == Scene()
    assert failures.platform_outage(night_ashore.night(off=("vehicles_outage",)), 100) == Scene()


def test_one_camera_in_twenty_is_down() -> None:
    down = [len(failures.camera_outages(night_ashore.night(k)).outages) for k in range(8)]
    share = sum(down) / (8 * len(night_ashore.night(0).place.cameras))
    assert 0.03 < share < 0.07

"""What cameras and bars report of a night, read by the product's decoder."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import night_ashore
import numpy as np
import polars as pl
import pytest

from simulate.dice import Dice
from simulate.fleet import Voyage
from simulate.motion import Journey, Track
from simulate.night import Night
from simulate.scene import Gate, Glimpse, Outage, Scene
from simulate.sensors import barriers, cameras, dock_cameras, road_cameras
from simulate.sensors.plan import EIGHT_HOURS_MS, SensorPlan
from simulate.sensors.plates import misread
from simulate.sensors.views import View, views
from simulate.sensors.written import Written

RIGHT = SensorPlan({}, {}, {})


@pytest.fixture(scope="module")
def at() -> Night:
    return night_ashore.night()


@pytest.fixture(scope="module")
def scene(at: Night) -> Scene:
    return night_ashore.ashore(at, night_ashore.meetings(at))


@pytest.fixture(scope="module")
def road(at: Night, scene: Scene) -> Written:
    return road_cameras.frames(scene, at, RIGHT, at.dice.child("road"))[0]


@pytest.fixture(scope="module")
def passes(road: Written, at: Night) -> pl.DataFrame:
    decoded = night_ashore.cameras_read(road)
    assert decoded.refusals.is_empty()
    return seconds(decoded.observations, at)


def seconds(frame: pl.DataFrame, at: Night) -> pl.DataFrame:
    since = pl.col("observed_at") - pl.lit(at.start_at)
    return frame.with_columns(at_s=since.dt.total_milliseconds() / 1000)


def details(frame: pl.DataFrame) -> list[dict[str, object]]:
    return [json.loads(text) for text in frame["detail"]]


def test_views_are_stays_before_a_camera() -> None:
    t = np.array([0.0, 10.0, 20.0, 30.0, 40.0, 500.0, 510.0])
    x = np.array([-200.0, -50.0, 5.0, 50.0, 200.0, 30.0, 300.0])
    track = Track(t, np.stack([x, np.zeros(7)], axis=1))
    far = Track(np.array([0.0, 9.0]), np.array([[5e4, 0.0], [6e4, 0.0]]))
    found = views([far, track], np.array([[0.0, 0.0], [9e3, 0.0]]), np.array([60.0, 60.0]))
    assert found == [View(1, 0, 10.0, 30.0, 20.0), View(1, 0, 500.0, 500.0, 500.0)]
    assert views([far], np.array([[0.0, 0.0]]), np.array([60.0])) == []
    assert views([], np.zeros((0, 2)), np.zeros(0)) == []


def test_a_misreading_is_one_letter_or_the_province() -> None:
    plates = night_ashore.site().vehicles["plate"].to_list()
    for k in range(2_000):
        plate = plates[k % len(plates)]
        read = misread(plate, Dice(k, "plate"))
        assert read != plate
        if len(read) == len(plate):
            assert sum(a != b for a, b in zip(read, plate, strict=True)) == 1
        else:
            assert read == plate[1:]


def test_a_vehicle_was_before_the_camera_when_it_says_so(
    passes: pl.DataFrame, scene: Scene, at: Night
) -> None:
    by_plate = {trip.plate: trip for trip in scene.trips}
    where = {row["camera_id"]: row for row in at.place.cameras.to_dicts()}
    checked = 0
    for row in passes.filter(pl.col("target").is_not_null()).to_dicts():
        trip = by_plate.get(row["target"].removeprefix("plate:"))
        if trip is None:
            continue  # misread
        camera = where[row["source"]]
        spot = np.array(at.place.plane.to_m(camera["lon"], camera["lat"])).ravel()
        window = row["at_s"] + np.arange(-2.0, 3.0)
        away = np.sqrt(((trip.track.at(window) - spot) ** 2).sum(axis=1)).min()
        assert away < camera["range_m"] + 5.0
        checked += 1
    assert checked > 300


def test_catches_and_misreadings_are_those_of_the_methods(
    passes: pl.DataFrame, scene: Scene, at: Night
) -> None:
    rows = at.place.cameras.filter(pl.col("kind") == "road")
    spots = np.stack(at.place.plane.to_m(rows["lon"].to_numpy(), rows["lat"].to_numpy()), axis=1)
    seen = views([t.track for t in scene.trips], spots, rows["range_m"].to_numpy())
    down = {outage.source for outage in scene.outages}
    ids = rows["camera_id"].to_list()
    there = [v for v in seen if 0 <= v.nearest_s < at.end_s and ids[v.camera] not in down]
    up = passes.filter(~pl.col("source").is_in(sorted(map(str, down))))
    assert 0.90 < len(up) / len(there) < 0.97
    plates = {trip.plate for trip in scene.trips}
    read = [row["plate"] for row in details(up) if "plate" in row]
    assert 0.03 < sum(plate not in plates for plate in read) / len(read) < 0.10
    assert 0.005 < 1 - len(read) / len(up) < 0.04


def test_a_misread_goods_vehicle_is_labelled_with_both_plates(road: Written, scene: Scene) -> None:
    private = {trip.plate for trip in scene.trips if trip.private}
    assert len(road.labels) > 5
    for row in road.labels:
        (true,) = row["plates"]  # type: ignore[misc]
        assert row["kind"] == "plate_misread"
        assert row["read"] != true
        assert true not in private
    quiet = night_ashore.night(off=("plate_misread",))
    (plain,) = road_cameras.frames(scene, quiet, RIGHT, quiet.dice.child("road"))
    plates = {trip.plate for trip in scene.trips}
    read = details(night_ashore.cameras_read(plain).observations)
    assert {row["plate"] for row in read if "plate" in row} <= plates


def test_some_cameras_send_several_vehicles_at_once(at: Night, scene: Scene) -> None:
    pairs = [replace(trip, plate=f"{trip.plate[:6]}{k}") for trip in scene.trips for k in (0, 1)]
    (file,) = road_cameras.frames(Scene(trips=pairs), at, RIGHT, at.dice.child("pairs"))
    assert night_ashore.cameras_read(file).refusals.is_empty()
    sizes = Counter(
        len(json.loads(line)["payload"]["MotorVehicleListObject"]["MotorVehicleObject"])
        for line in file.in_order().splitlines()
    )
    assert sizes[1] > sizes[2] > 20


def berthed(at: Night, hour: float, minutes: float) -> tuple[Scene, list[str]]:
    """A boat before every dock camera, in the night."""
    rows = at.place.cameras.filter(pl.col("kind") == "dock")
    boats = []
    for i, (lon, lat) in enumerate(rows.select("lon", "lat").rows()):
        spot = np.array(at.place.plane.to_m(lon, lat)).ravel() + 20.0
        begin_s = at.clock_s(hour) + i
        journey = Journey(begin_s, spot).stay(begin_s + 60.0 * minutes, 1.0, at.dice.child(i))
        boats.append(Voyage(at.fleet.stranger("fishing", 20, 30), journey.track()))
    return Scene(boats), rows["camera_id"].to_list()


def test_most_boats_at_a_pier_are_noticed_at_night_and_when_they_leave(at: Night) -> None:
    scene, ids = berthed(at, 1.0, 100.0)
    calm = night_ashore.night(off=("camera_false",))
    share = []
    for k in range(6):
        (file,) = dock_cameras.frames(scene, calm, RIGHT, at.dice.child(f"dock {k}"))
        rows = seconds(night_ashore.cameras_read(file).observations, at)
        share.append(rows["source"].n_unique() / len(ids))
        said = [row for row in details(rows) if row["format"] == "frigate.events"]
        kinds = Counter(str(row["type"]) for row in said)
        assert kinds["new"] <= kinds["end"] + 2
        assert kinds["update"] >= 3 * kinds["new"]
        assert {row["label"] for row in said} == {"boat"}
        assert rows["at_s"].min() >= at.clock_s(1.0)
        assert rows["at_s"].max() <= at.clock_s(1.0) + 6_600.0
    assert 0.78 < np.mean(share) < 0.93


def test_a_lamp_is_a_boat_now_and_then_and_always_labelled(at: Night) -> None:
    dice, count, cameras_there = Dice(5, "lamps"), 0, 0
    for k in range(12):
        (file,) = dock_cameras.frames(Scene(), at, RIGHT, dice.child(k))
        told = night_ashore.cameras_read(file).observations["source"].unique().to_list()
        assert sorted(told) == sorted(str(row["source"]) for row in file.labels)
        count += len(file.labels)
        cameras_there += len(dock_cameras.dock_cameras(at, RIGHT))
    assert 0.05 < count / cameras_there < 0.20
    calm = night_ashore.night(off=("camera_false",))
    (file,) = dock_cameras.frames(Scene(), calm, RIGHT, dice)
    assert file.text == b""


def test_trucks_that_load_are_seen_by_a_dock_camera_and_persons_bare(
    at: Night, scene: Scene
) -> None:
    glimpse = Glimpse(at.place.cameras["camera_id"][0], 30_000.0, "person")
    more = Scene(trips=scene.trips, glimpses=[glimpse])
    (file,) = dock_cameras.frames(more, at, RIGHT, at.dice.child("dock"))
    decoded = night_ashore.cameras_read(file)
    assert decoded.refusals.is_empty()
    said = details(decoded.observations)
    labels = Counter(str(row.get("label") or row.get("type")) for row in said)
    assert min(labels[kind] for kind in ("truck", "car", "person", "Vehicle", "Human")) > 0
    assert all("plate" not in row for row in said if row.get("label") == "person")
    assert sum("plate" in row for row in said) > 10


def test_a_camera_that_is_down_says_nothing(at: Night, scene: Scene) -> None:
    full = [o for o in scene.outages if o.from_s == 0.0 and o.to_s == at.end_s]
    assert full
    down = {outage.source for outage in full}
    for file in cameras.frames(scene, at, RIGHT, at.dice.child("all")):
        told = set(night_ashore.cameras_read(file).observations["source"].to_list())
        assert told
        assert not told & down
    everything = Scene(trips=scene.trips, outages=[Outage("cameras", None, 0.0, 1e6)])
    quiet = cameras.frames(everything, at, RIGHT, at.dice.child("all"))
    assert all(file.text == b"" for file in quiet)


def test_clocks_of_cameras_and_bars_are_wrong_as_planned(at: Night, scene: Scene) -> None:
    for module, sensor in ((road_cameras, "camera_id"), (barriers, "bar_id")):
        ids = at.place.cameras if sensor == "camera_id" else at.place.site.bars
        late = SensorPlan({f"cameras:{name}": -EIGHT_HOURS_MS for name in ids[sensor]}, {}, {})
        right, wrong = (
            night_ashore.cameras_read(module.frames(scene, at, plan, at.dice.child("c"))[0])
            for plan in (RIGHT, late)
        )
        gaps = right.observations["observed_at"] - wrong.observations["observed_at"]
        assert set(gaps.to_list()) == {timedelta(hours=8)}


def test_a_bar_tells_its_changes_and_its_state_in_between(at: Night) -> None:
    bars = [bar for bar in at.place.site.bars["bar_id"] if barriers.online(at, bar)]
    silent = [bar for bar in at.place.site.bars["bar_id"] if not barriers.online(at, bar)]
    gates = [Gate(bars[0], 30_000.0, "raised"), Gate(bars[0], 36_000.0, "lowered"),
             Gate(silent[0], 30_000.0, "damaged")]  # fmt: skip
    (file,) = barriers.frames(Scene(gates=gates), at, RIGHT, at.dice.child("bars"))
    rows = seconds(night_ashore.cameras_read(file).observations, at).sort("at_s")
    assert set(rows["source"]) == set(bars)
    assert 0.4 < len(bars) / (len(bars) + len(silent)) < 0.8
    mine = rows.filter(pl.col("source") == bars[0])
    states = [str(row["state"]) for row in details(mine)]
    assert len(states) == 5  # two changes, and three times the state
    times = mine["at_s"].to_list()
    for at_s, state in zip(times, states, strict=True):
        assert state == ("raised" if 30_000.0 <= at_s < 36_000.0 else "lowered")

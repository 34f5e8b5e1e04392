"""What the platform receives of a night's terminals, read by the product's decoder."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import night_ashore
import numpy as np
import polars as pl
import pytest

from ingest.decoded import concat
from ingest.jt808 import Jt808Decoder
from simulate.land.zones import zones_of
from simulate.night import Night
from simulate.scene import Outage, Scene, Trip
from simulate.sensors import vehicles
from simulate.sensors.plan import EIGHT_HOURS_MS, SensorPlan
from simulate.sensors.written import Written

RIGHT = SensorPlan({}, {}, {})


@pytest.fixture(scope="module")
def at() -> Night:
    return night_ashore.night()


@pytest.fixture(scope="module")
def scene(at: Night) -> Scene:
    return night_ashore.ashore(at, night_ashore.meetings(at))


@pytest.fixture(scope="module")
def wrote(at: Night, scene: Scene) -> Written:
    (file,) = vehicles.frames(scene, at, RIGHT, at.dice.child("vehicles"))
    return file


@pytest.fixture(scope="module")
def rows(wrote: Written, at: Night) -> pl.DataFrame:
    decoded = night_ashore.terminals_read(wrote)
    assert decoded.refusals.is_empty()
    return _with_seconds(decoded.observations, at)


def _with_seconds(frame: pl.DataFrame, at: Night) -> pl.DataFrame:
    start = pl.lit(at.start_at)
    return frame.with_columns(
        at_s=(pl.col("observed_at") - start).dt.total_milliseconds() / 1000,
        heard_s=(pl.col("received_at") - start).dt.total_milliseconds() / 1000,
        late=pl.col("detail").str.contains('"late":true'),
    )


def told(trips: Sequence[Trip]) -> dict[str, Trip]:
    return {trip.terminal: trip for trip in trips if trip.terminal is not None}


def test_all_three_editions_are_on_the_air_and_all_is_read(
    wrote: Written, rows: pl.DataFrame, scene: Scene
) -> None:
    assert {trip.generation for trip in told(scene.trips).values()} == {2011, 2013, 2019}
    counts = night_ashore.terminals_read(wrote).counts
    for kind in ("type_0100", "type_0102", "type_0002", "type_0200", "type_0704"):
        assert counts[kind] > 0, kind
    assert rows["source"].n_unique() > 0.9 * len(told(scene.trips))


def test_a_position_is_where_the_vehicle_is_but_between_houses(
    rows: pl.DataFrame, scene: Scene, at: Night
) -> None:
    houses, plane = zones_of(at.place).houses, at.place.plane
    clear, among = [], []
    for terminal, trip in told(scene.trips).items():
        mine = rows.filter(pl.col("source") == terminal)
        truth = trip.track.at(mine["at_s"].to_numpy())
        seen = np.stack(plane.to_m(mine["lon"].to_numpy(), mine["lat"].to_numpy()), axis=1)
        off_m = np.sqrt(((seen - truth) ** 2).sum(axis=1))
        inside = houses.hold(truth)
        clear.append(off_m[~inside])
        among.append(off_m[inside])
    sky, streets = np.concatenate(clear), np.concatenate(among)
    assert 3.0 < np.median(sky) < 8.0
    assert sky.max() < 25.0
    assert 25.0 < np.median(streets) < 60.0
    assert 0.002 < (streets > 200.0).mean() < 0.008


def test_reports_come_every_half_minute_on_the_road_and_every_few_minutes_parked(
    rows: pl.DataFrame, scene: Scene
) -> None:
    road, parked = [], []
    for terminal, trip in told(scene.trips).items():
        mine = rows.filter((pl.col("source") == terminal) & ~pl.col("late"))["at_s"].to_numpy()
        gaps, middle = np.diff(np.sort(mine)), (np.sort(mine)[1:] + np.sort(mine)[:-1]) / 2
        still = np.zeros(len(middle), bool)
        for from_s, to_s in trip.parked:
            still |= (middle > from_s + 600) & (middle < to_s - 600)
        parked += gaps[still].tolist()
        road += gaps[~still].tolist()
    assert 10.0 <= np.median(road) <= 30.0
    assert 180.0 <= np.median(parked) <= 300.0
    assert np.percentile(parked, 99) <= 600.0


def test_an_unplugged_terminal_says_nothing(at: Night, scene: Scene) -> None:
    spans = ((15_000.0, 30_000.0), (50_000.0, 51_000.0))
    trips = [replace(trip, silences=spans) for trip in scene.trips]
    (file,) = vehicles.frames(Scene(trips=trips), at, RIGHT, at.dice.child("vehicles"))
    read = night_ashore.terminals_read(file)
    rows = _with_seconds(read.observations, at)
    assert len(rows) > 10_000
    for from_s, to_s in spans:
        assert rows.filter((pl.col("at_s") >= from_s) & (pl.col("at_s") < to_s)).is_empty()
    quiet = pl.col("arrived_at") - pl.lit(at.start_at)
    alive = read.alive.filter((quiet > timedelta(seconds=15_001)) & (quiet < timedelta(hours=8)))
    assert alive.is_empty()


def test_what_is_said_in_a_dead_spot_comes_in_a_batch_afterwards(
    rows: pl.DataFrame, scene: Scene, at: Night
) -> None:
    dead, checked = zones_of(at.place).dead, 0
    for terminal, trip in told(scene.trips).items():
        mine = rows.filter(pl.col("source") == terminal)
        inside = dead.hold(trip.track.at(mine["at_s"].to_numpy()))
        assert (mine["late"].to_numpy() == inside).all()
        checked += int(inside.sum())
        heard_in = dead.hold(trip.track.at(mine["heard_s"].to_numpy() - 15.0))
        assert (heard_in & ~inside).sum() <= 6  # sent on the way in
    assert checked > 100


def test_a_platform_that_is_down_receives_nothing_and_what_was_kept_later(
    at: Night, scene: Scene
) -> None:
    down = Outage("vehicles", None, 20_000.0, 24_000.0)
    other = replace(scene, outages=[*scene.outages, down])
    (file,) = vehicles.frames(other, at, RIGHT, at.dice.child("vehicles"))
    rows = _with_seconds(night_ashore.terminals_read(file).observations, at)
    heard = rows["heard_s"]
    assert rows.filter((heard > 20_004.0) & (heard < 24_000.0)).is_empty()
    kept = rows.filter((pl.col("at_s") >= 20_000) & (pl.col("at_s") < 24_000))
    assert len(kept) > 500
    assert kept["late"].all()
    assert kept["heard_s"].min() > 24_000.0


def test_a_clock_eight_hours_ahead_is_exactly_that_on_the_wire(at: Night, scene: Scene) -> None:
    trip = next(t for t in scene.trips if t.terminal and t.parked and not t.silences)
    assert trip.terminal is not None
    alone = Scene(trips=[trip])
    ahead = SensorPlan({f"vehicles:{trip.terminal}": EIGHT_HOURS_MS}, {}, {})
    right, wrong = (
        vehicles.frames(alone, at, plan, at.dice.child("x"))[0] for plan in (RIGHT, ahead)
    )
    true = night_ashore.terminals_read(right).observations["observed_at"]
    read = night_ashore.terminals_read(wrong, quarantine=True)
    assert read.observations.is_empty()
    assert (read.ahead["observed_at"] - true == timedelta(hours=8)).all()
    decoder = Jt808Decoder(skew_s={trip.terminal: 28_800.0})
    again = concat([decoder.feed(wrong.in_order()), decoder.close()])
    assert (again.observations["observed_at"] == true).all()


def test_a_site_whose_vehicles_count_in_gcj02_is_written_so(at: Night, scene: Scene) -> None:
    place = copy.copy(at.place)
    place.site = replace(place.site, vehicle_datum="gcj02")
    shifted = copy.copy(at)
    shifted.place = place
    trip = next(t for t in scene.trips if t.terminal and t.parked)
    (file,) = vehicles.frames(Scene(trips=[trip]), shifted, RIGHT, at.dice.child("x"))
    (plain,) = vehicles.frames(Scene(trips=[trip]), at, RIGHT, at.dice.child("x"))
    decoder = Jt808Decoder(datum="gcj02")
    back = concat([decoder.feed(file.in_order()), decoder.close()]).observations
    true = night_ashore.terminals_read(plain).observations
    assert np.abs(back["lon"].to_numpy() - true["lon"].to_numpy()).max() < 5e-6
    raw = night_ashore.terminals_read(file).observations
    assert np.abs(raw["lon"].to_numpy() - true["lon"].to_numpy()).min() > 1e-3


def test_lines_are_those_of_the_night(wrote: Written, at: Night) -> None:
    assert wrote.stem == "vehicles/platform"
    assert (wrote.at_ms >= at.start_ms).all()
    assert (wrote.at_ms < at.start_ms + at.end_s * 1000 + 60_000).all()
    stamps = [float(line.split()[0]) for line in wrote.in_order().splitlines()]
    assert stamps == sorted(stamps)


def test_a_drift_beside_a_pier_is_labelled_and_can_be_switched_off(
    wrote: Written, scene: Scene
) -> None:
    assert {row["kind"] for row in wrote.labels} <= {"gps_drift"}
    assert all(row["pier_id"] and row["plates"] for row in wrote.labels)
    calm = night_ashore.night(off=("gps_drift",))
    (file,) = vehicles.frames(scene, calm, RIGHT, calm.dice.child("vehicles"))
    assert file.labels == []
    moving = night_ashore.terminals_read(file).observations
    assert json.loads(moving["detail"][0])["type"] == "0x0200"

"""Named reads give back what was written, in the contract's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import shapely
from sqlalchemy import text

from geo.piers import PIER, Piers
from geo.plane import MetricPlane
from store.desk_reads import DeskReads
from store.forget import forget_run
from store.reads import LATEST_POSITION, TRACK

pytestmark = pytest.mark.postgis


def revised(alert, **changes):
    return {**alert, **changes}


def test_an_alert_comes_back_as_its_latest_revision_and_in_all_of_them(store, run_id, alert):
    later = revised(alert, revision=2, status="update", issued_at="2026-03-01T17:40:00Z")
    other = revised(alert, alert_id="b" * 16, issued_at="2026-03-01T17:30:00Z", pier_id=None)
    assert store.write_alerts(run_id, [alert, other]) == 2
    assert store.write_alerts(run_id, [alert, other, later]) == 1
    assert store.alerts(run_id) == [later, other]
    assert store.alerts(run_id, limit=1) == [later]
    assert store.alerts(run_id, since=datetime(2026, 3, 1, 17, 30, tzinfo=UTC)) == [later]
    assert store.alert_revisions(run_id, alert["alert_id"]) == [alert, later]
    assert store.alert_revisions(run_id, "nothing") == []


def test_a_stream_of_alerts_resumes_behind_the_serial_that_it_has(store, run_id, alert):
    store.write_alerts(run_id, [alert])
    ((serial, envelope),) = store.alerts_after(run_id, 0)
    assert envelope == alert
    assert store.alerts_after(run_id, serial) == []
    later = revised(alert, revision=2, status="cancel")
    store.write_alerts(run_id, [later])
    assert [envelope for _, envelope in store.alerts_after(run_id, serial)] == [later]


def test_events_are_written_once_and_read_by_their_kind(store, run_id):
    event = {
        "event_id": "e1", "kind": "stop", "from": "2026-03-01T17:00:00Z", "to": None,
        "lon": 121.9, "lat": 29.1, "targets": ["mmsi:412345678"], "pier_id": "P1",
        "detail": {"注": 1},
    }  # fmt: skip
    other = {**event, "event_id": "e2", "kind": "silence", "detail": '{"a":2}'}
    assert store.write_events(run_id, [event]) == 1
    assert store.write_events(run_id, [event, other]) == 1
    reads = DeskReads(store.url)
    found = reads.settled_events(run_id)
    assert found["event_id"].to_list() == ["e1", "e2"]
    assert found["detail"].to_list() == ['{"注": 1}', '{"a": 2}']
    assert reads.settled_events(run_id, "silence")["event_id"].to_list() == ["e2"]
    reads.close()


def test_a_track_is_one_target_within_its_times_in_their_order(store, run_id, observations, start):
    frame = observations(300)
    store.write_observations(run_id, frame)
    to = start + timedelta(seconds=60)
    wanted = frame.filter(
        pl.col("target") == "mmsi:412345671", pl.col("observed_at").is_between(start, to, "left")
    ).sort("observed_at")
    assert wanted.height > 10
    assert store.track(run_id, "mmsi:412345671", start, to).equals(wanted.select(list(TRACK)))


def test_latest_positions_know_the_register_and_leave_vehicles_out(
    store, run_id, observations, start
):
    frame = observations(20, ships=2)
    truck = frame.head(1).with_columns(
        sensor=pl.lit("vehicle"), target=pl.lit("plate:浙B12345"), key=pl.lit(bytes(16))
    )
    store.write_observations(run_id, pl.concat([frame, truck]))
    vessels = pl.DataFrame(
        {"vessel_id": ["V1"], "name": ["浙象渔运1"], "mmsi": ["412345670"], "beidou_id": [None],
         "type": ["cargo"], "length_m": [52.0], "draught_m": [3.1], "home_pier": ["P1"],
         "owner": ["unknown to the table"]}
    )  # fmt: skip
    vehicles = pl.DataFrame(
        {"terminal": [None], "plate": ["浙B12345"], "class": ["truck_heavy"], "owner": [None]}
    )
    for _ in range(2):
        assert store.write_registers(run_id, vessels, vehicles) == 2
    found = store.latest_positions(run_id)
    assert found.schema == LATEST_POSITION
    assert found["target"].to_list() == ["mmsi:412345670", "mmsi:412345671"]
    assert found["name"].to_list() == ["浙象渔运1", None]
    assert found["register_type"].to_list() == ["cargo", None]
    assert store.latest_positions(run_id, sensors=["vehicle"]).height == 1
    assert store.latest_positions(run_id, since=start + timedelta(minutes=2)).is_empty()
    assert store.latest_positions(run_id + 1000).schema == LATEST_POSITION


def test_piers_come_back_as_features_and_replace_those_before(store, run_id):
    plane = MetricPlane(121.9, 29.1)
    box = shapely.box(121.9, 29.1, 121.901, 29.101)
    row = {
        "pier_id": "P1", "name": "石浦道头", "aliases": ["道头"], "kind": "pier", "status": "idle",
        "township": "石浦", "depth_m": -1.5, "access_lon": None, "access_lat": None,
        "lon": 121.9005, "lat": 29.1005,
    }  # fmt: skip
    rows = [row, {**row, "pier_id": "P2"}]
    store.write_piers(run_id, Piers(pl.DataFrame(rows, schema=PIER), [box, box], plane))
    store.write_piers(run_id, Piers(pl.DataFrame([row], schema=PIER), [box], plane))
    (feature,) = store.piers(run_id)
    assert feature["properties"] == row
    assert shapely.equals_exact(
        shapely.geometry.shape(feature["geometry"]), box, tolerance=1e-6, normalize=True
    )


def test_a_segment_is_a_line_measured_in_epoch_seconds_and_grows(store, run_id, start):
    times = [start + timedelta(seconds=30 * i) for i in range(4)]
    frame = pl.DataFrame(
        {"segment_id": ["s1", "s2"], "target": ["mmsi:1", "mmsi:2"],
         "observed_at": [times[:2], times[:1]], "lon": [[121.0, 121.1], [121.0]],
         "lat": [[29.0, 29.1], [29.0]]}
    )  # fmt: skip
    grown = pl.DataFrame(
        {"segment_id": ["s1"], "target": ["mmsi:1"], "observed_at": [times],
         "lon": [[121.0, 121.1, 121.2, 121.3]], "lat": [[29.0, 29.1, 29.2, 29.3]]}
    )  # fmt: skip
    assert store.write_segments(run_id, frame) == 1  # one point is no line
    assert store.write_segments(run_id, grown) == 1
    assert store.write_segments(run_id, frame) == 0
    with store.transaction("look") as connection:
        line = connection.execute(
            text(
                "SELECT st_astext(geom), st_m(st_endpoint(geom)), st_srid(geom) FROM segment "
                "WHERE run_id = :run_id"
            ),
            {"run_id": run_id},
        ).one()
    assert line[0].startswith("LINESTRING M (121 29 ")
    assert (line[1], line[2]) == (times[-1].timestamp(), 4326)


def test_counts_of_feeds_are_totals_that_replace_each_other(store, run_id, start):
    store.set_tick(run_id, start, {"ais": {"position": 5, "refused_bad_checksum": 1}})
    store.set_tick(run_id, start + timedelta(seconds=1), {"ais": {"position": 9}})
    assert store.feed_counts(run_id) == {"ais": {"position": 9, "refused_bad_checksum": 1}}
    (run,) = [run for run in store.runs() if run["run_id"] == run_id]
    assert run["tick"] == start + timedelta(seconds=1)


def test_a_forgotten_run_leaves_nothing_and_the_others_stay(store, observations):
    about = ("replay", "n", "s", True)
    gone = store.open_run(*about, "to forget", "甲", "a", "Asia/Shanghai")
    kept = store.open_run(*about, "to keep", "甲", "a", "Asia/Shanghai")
    for run in (gone, kept):
        store.write_observations(run, observations(10))
    assert forget_run(store, "to forget")
    assert not forget_run(store, "to forget")
    assert store.latest_positions(gone).is_empty()
    assert store.latest_positions(kept).height > 0

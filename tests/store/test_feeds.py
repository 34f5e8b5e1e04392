"""What is stored of the feeds is counted once however often it is read, and tells no secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely
from sqlalchemy import text

from core.schema import DOUBT, FEED_HEALTH, OBSERVATION, TRANSPORT
from geo.piers import PIER, Piers
from geo.plane import MetricPlane
from ingest import decoded
from models.feeds.reception import RECEIVED
from store import feed_tables
from store.feed_writes import SAMPLES
from store.forget import forget_run
from store.spool import Spool

AT = datetime(2026, 3, 1, 17, 10, tzinfo=UTC)
postgis = pytest.mark.postgis


def message(**changes: object) -> pl.DataFrame:
    row = {
        "source": "bd-1", "sender": "beidou:0242407", "sent_at": AT, "received_at": AT,
        "length_bytes": 12, "emergency": None, "text": None, "arrived_at": AT, "line": 1,
    }  # fmt: skip
    return pl.DataFrame([{**row, **changes}], schema=decoded.MESSAGE)


def heard(*rows: tuple[str, float, float, datetime, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RECEIVED, orient="row")


def sighting(source: str, at: datetime, key: int, **changes: object) -> dict[str, object]:
    row = dict.fromkeys(OBSERVATION.names()) | {
        "key": key.to_bytes(16), "sensor": "camera", "source": source, "observed_at": at,
        "received_at": at, "detail": '{"label":"boat"}',
    }  # fmt: skip
    return {**row, **changes}


def test_a_stored_message_has_the_decoders_columns_without_its_transport():
    kept = {k: v for k, v in decoded.MESSAGE.items() if k not in TRANSPORT}
    assert dict(feed_tables.MESSAGE) == kept


@postgis
def test_a_message_is_stored_once_and_no_read_gives_its_text(store, run_id):
    secret = message(text="岸\x00上见", sent_at=AT + timedelta(seconds=9))
    both = pl.concat([message(), secret])
    assert store.write_messages(run_id, both) == 2
    assert store.write_messages(run_id, both) == 0
    assert store.write_messages(run_id, message().clear()) == 0
    (told,) = store.messages_heard(run_id)
    assert told["n"] == 2
    assert "岸" not in str(told)
    with store.transaction("look") as connection:
        texts = connection.scalars(
            text("SELECT text FROM message WHERE run_id = :run_id"), {"run_id": run_id}
        )
        assert set(texts) == {None, "岸上见"}


HOUR = AT.replace(minute=0)


@postgis
def test_the_counts_of_an_hour_replace_those_that_are_there(store, run_id):
    later = HOUR + timedelta(hours=1)
    rows = heard(("S1", 121.9, 29.1, HOUR, 6), ("S1", -0.02, 29.1, HOUR, 1),
                 ("S1", 121.9, 29.1, later, 4), ("S2", 121.9, 29.1, HOUR, 2))  # fmt: skip
    assert store.write_receptions(run_id, rows) == 4
    assert store.write_receptions(run_id, rows) == 0
    assert store.write_receptions(run_id, heard(("S1", 121.9, 29.1, HOUR, 7))) == 1
    assert store.write_receptions(run_id, rows.clear()) == 0
    found = store.reception_map(run_id, "S1", AT, AT + timedelta(minutes=1))
    assert found.rows() == [(-0.02, 29.1, 1), (121.9, 29.1, 7)]
    assert store.reception_map(run_id, "S1", AT, AT + timedelta(hours=1))["heard"].sum() == 12
    assert store.reception_map(run_id, "S2", AT, AT + timedelta(hours=1))["heard"].sum() == 2
    assert store.reception_map(run_id, "S9", AT, AT + timedelta(hours=1)).is_empty()


def health(**changes: object) -> pl.DataFrame:
    row = dict.fromkeys(FEED_HEALTH.names()) | {
        "feed": "ais-1", "source": "S1", "sensor": "ais", "state": "heard", "first_at": AT,
        "last_at": AT, "frames": 9, "per_min": 4.5, "lag_s": 1.25, "waiting": 0, "suspects": "",
    }  # fmt: skip
    return pl.DataFrame([{**row, **changes}], schema=FEED_HEALTH)


@postgis
def test_health_replaces_what_was_known_and_comes_back_as_it_was(store, run_id):
    store.write_feed_health(run_id, pl.concat([health(), health(source="S2")]))
    now = pl.concat([health(source=None), health(suspects="clock_8h,gcj02", skew_s=28800.0)])
    assert store.write_feed_health(run_id, now) == 2
    found = store.feed_health(run_id)
    assert found.equals(now.with_columns(pl.col("source").fill_null("")))
    store.write_feed_health(run_id, now.clear())
    assert store.feed_health(run_id).is_empty()


@postgis
def test_a_state_is_kept_without_user_and_password(store, run_id):
    row = {
        "feed": "cameras", "sensor": "cameras", "url": "mqtt://watch:hunter2@broker:1883",
        "state": "connected", "updated_at": "2026-03-01T17:10:00+00:00", "peers": 3,
        "owner": "公安局", "refused": {"too_long": 4}, "samples": {"too_long": ["x" * 500] * 9},
    }  # fmt: skip
    assert store.write_feed_states(run_id, [row]) == 1
    (found,) = store.feed_states(run_id)
    assert (found["url"], found["owner"]) == ("mqtt://broker:1883", "公安局")
    assert found["updated_at"] == AT
    assert (found["peers"], found["waiting"], found["refused"]) == (3, None, {"too_long": 4})
    assert len(found["samples"]["too_long"]) == SAMPLES
    assert max(map(len, found["samples"]["too_long"])) <= 200
    store.write_feed_states(run_id, [])
    assert store.feed_states(run_id) == []


@postgis
def test_a_total_of_refusals_replaces_the_one_before(store, run_id):
    rows = [
        {"source": "S1", "reason": "bad_checksum", "n": 3, "samples": ["!AIVDM\x00\ud800"]},
        {"source": None, "reason": "not_hex", "n": 9, "samples": [], "feed": "trucks"},
    ]
    store.write_refusals(run_id, rows)
    store.write_refusals(run_id, [{**rows[0], "n": 4}])
    assert [(r["feed"], r["source"], r["reason"], r["n"]) for r in store.refusals(run_id)] == [
        ("trucks", "", "not_hex", 9), ("", "S1", "bad_checksum", 4),
    ]  # fmt: skip
    assert store.refusals(run_id)[1]["samples"] == ["!AIVDM?"]


def doubted(*ticks: int, reason: str = "jump") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"sensor": "ais", "source": None, "target": f"mmsi:{tick}", "key": bytes(16),
             "tick_s": tick, "reason": reason, "detail": "74 kn"}
            for tick in ticks
        ],
        schema=DOUBT,
    )  # fmt: skip


@postgis
def test_doubts_are_counted_once_a_tick_and_the_last_few_are_shown(store, run_id):
    assert store.write_doubts(run_id, doubted(1, 2, 2, 3)) == 4
    assert store.write_doubts(run_id, doubted(2, 3, 4, 5, 6, 7, 8)) == 5
    assert store.write_doubts(run_id, doubted(8)) == 0
    assert store.write_doubts(run_id, doubted(8, reason="on_land")) == 1
    jump, land = store.doubts(run_id)
    assert (jump["reason"], jump["n"], land["reason"], land["n"]) == ("jump", 9, "on_land", 1)
    assert [sample["tick_s"] for sample in jump["samples"]] == [4, 5, 6, 7, 8]


def pier(store, run_id: int, lon: float, lat: float) -> None:
    row = dict.fromkeys(PIER.names()) | {
        "pier_id": "P1", "kind": "pier", "status": "idle", "lon": lon, "lat": lat, "aliases": [],
    }  # fmt: skip
    shape = shapely.box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4)
    piers = Piers(pl.DataFrame([row], schema=PIER), np.array([shape]), MetricPlane(lon, lat))
    store.write_piers(run_id, piers)


@postgis
def test_trucks_show_near_piers_only_and_without_a_name(store, run_id):
    pier(store, run_id, 121.9, 29.1)
    rows = [
        sighting(
            "T", AT, i, sensor="vehicle", target=f"plate:浙B{i}2345", lon=121.9 + off, lat=29.1
        )
        for i, off in enumerate((0.0, 0.002, 0.02))
    ]
    store.write_observations(run_id, pl.DataFrame(rows, schema=OBSERVATION))
    found = store.latest_vehicles(run_id)
    assert found["lon"].to_list() == [121.9, 121.902]
    assert set(found["pier_id"]) == {"P1"}
    assert not {"target", "source", "name"} & set(found.columns)
    assert store.latest_vehicles(run_id, since=AT + timedelta(seconds=1)).is_empty()
    assert store.latest_positions(run_id).is_empty()


@postgis
def test_targets_of_every_sensor_afloat_are_on_the_picture(store, run_id):
    rows = [
        sighting("X", AT, i, sensor=sensor, target=target, lon=121.9, lat=29.1)
        for i, (sensor, target) in enumerate(
            [("ais", "mmsi:1"), ("beidou", "beidou:2"), ("radar", "radar:R1:3"),
             ("vehicle", "terminal:4")]
        )
    ]  # fmt: skip
    store.write_observations(run_id, pl.DataFrame(rows, schema=OBSERVATION))
    assert store.latest_positions(run_id)["sensor"].to_list() == ["beidou", "ais", "radar"]


@postgis
def test_a_cameras_last_sighting_stands_whatever_order_they_come_in(store, run_id):
    rows = [
        sighting("CD001", AT + timedelta(minutes=5), 1, detail='{"label":"truck"}'),
        sighting("CD001", AT, 2),
        sighting("bar-1", AT, 3, sensor="barrier"),
        sighting(None, AT, 4),  # type: ignore[arg-type]
    ]
    for row in rows:
        store.write_observations(run_id, pl.DataFrame([row], schema=OBSERVATION))
    assert store.latest_sightings(run_id).rows() == [
        ("barrier", "bar-1", AT, '{"label":"boat"}'),
        ("camera", "CD001", AT + timedelta(minutes=5), '{"label":"truck"}'),
    ]


@postgis
def test_the_spool_brings_everything_of_the_feeds_in_order(store, run_id, tmp_path):
    spool = Spool(store, tmp_path)
    with spool:
        spool.write_messages(run_id, message())
        spool.write_receptions(run_id, heard(("S1", 121.9, 29.1, HOUR, 3)))
        spool.write_feed_health(run_id, health())
        spool.write_feed_states(
            run_id, [{"feed": "a", "sensor": "ais", "state": "listening", "updated_at": AT}]
        )
        spool.write_refusals(run_id, [{"source": "S1", "reason": "no_time", "n": 1}])
        spool.write_doubts(run_id, doubted(1))
        assert spool.flush(10)
    assert spool.refused == {}
    assert len(spool.inserted) == 6
    assert (store.feed_health(run_id).height, len(store.feed_states(run_id))) == (1, 1)
    assert (len(store.refusals(run_id)), len(store.doubts(run_id))) == (1, 1)


@postgis
def test_what_waits_on_the_disk_is_written_with_its_times(store, run_id, tmp_path):
    state = {"feed": "a", "sensor": "ais", "state": "listening", "updated_at": AT}
    waiting = Spool(store, tmp_path)
    waiting._stopping = True  # a writer that ended before it wrote
    waiting._thread.join(0)
    waiting.write_feed_states(run_id, [state])
    waiting.write_doubts(run_id, doubted(1))
    waiting.close(0)
    with Spool(store, tmp_path) as spool:
        assert spool.flush(10)
    assert store.feed_states(run_id)[0]["updated_at"] == AT
    assert store.doubts(run_id)[0]["n"] == 1


@postgis
def test_a_forgotten_run_leaves_nothing_of_its_feeds(store):
    about = ("a", "s", True, "to be forgotten", "甲", "a", "Asia/Shanghai")
    run_id = store.open_run("replay", *about)
    store.write_messages(run_id, message())
    store.write_receptions(run_id, heard(("S1", 121.9, 29.1, HOUR, 3)))
    store.write_feed_health(run_id, health())
    store.write_doubts(run_id, doubted(1))
    assert forget_run(store, "to be forgotten")
    with store.transaction("look") as connection:
        for table in feed_tables.metadata.sorted_tables:
            if "run_id" in table.c:
                left = connection.scalar(
                    text(f'SELECT count(*) FROM "{table.name}" WHERE run_id = :run_id'),
                    {"run_id": run_id},
                )
                assert left == 0, table.name

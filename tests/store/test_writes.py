"""Writing twice is writing once, and what is written is what is read."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from sqlalchemy import text

from core.errors import StoreError
from core.schema import IDENTITY, OBSERVATION
from store import copy
from store.columns import fetch

pytestmark = pytest.mark.postgis


def stored(store, run_id):
    columns = pl.Schema({name: dtype for name, dtype in OBSERVATION.items() if name != "key"})
    query = copy.SQL("SELECT * FROM observation WHERE run_id = %(run_id)s ORDER BY key")
    with store.cursor("read back") as cursor:
        return fetch(cursor, query, {"run_id": run_id}, columns)


def test_what_was_written_is_read_back_to_the_last_bit(store, run_id, observations):
    frame = observations(400)
    assert store.write_observations(run_id, frame) == 400
    assert stored(store, run_id).equals(frame.sort("key").drop("key"))


def test_the_same_observations_twice_insert_nothing_the_second_time(store, run_id, observations):
    frame = observations(500)
    assert store.write_observations(run_id, frame) == 500
    assert store.write_observations(run_id, frame) == 0
    assert store.write_observations(run_id, pl.concat([frame, observations(10, seed=1)])) == 10


def test_a_batch_that_holds_a_row_twice_inserts_it_once(store, run_id, observations):
    frame = observations(100)
    assert store.write_observations(run_id, pl.concat([frame, frame])) == 100


def test_large_batches_take_the_fast_way_and_are_idempotent_all_the_same(
    store, run_id, observations, monkeypatch
):
    monkeypatch.setattr(copy, "STAGE_ROWS", 300)
    monkeypatch.setattr(copy, "_WORTH_TRYING", 50)
    frame = observations(1000)
    assert store.write_observations(run_id, frame.head(700)) == 700
    assert store.write_observations(run_id, frame) == 300
    assert store.write_observations(run_id, frame) == 0
    assert stored(store, run_id).equals(frame.sort("key").drop("key"))


def test_two_runs_hold_the_same_frames_apart(store, run_id, observations):
    other = store.open_run("live", "n", "s", False, "another", "甲", "a", "Asia/Shanghai")
    frame = observations(20)
    assert store.write_observations(run_id, frame) == 20
    assert store.write_observations(other, frame) == 20


def test_each_utc_day_of_receipt_has_its_partition(store, run_id, observations):
    store.write_observations(run_id, observations(20))
    with store.transaction("look") as connection:
        counts = connection.execute(
            text(
                "SELECT tableoid::regclass::text, count(*) FROM observation "
                "WHERE run_id = :run_id GROUP BY 1 ORDER BY 1"
            ),
            {"run_id": run_id},
        ).all()
    assert [tuple(row) for row in counts] == [
        ("days.observation_20260301", 10),
        ("days.observation_20260302", 10),
    ]


def test_a_row_without_its_time_is_refused_and_nothing_of_the_batch_stays(
    store, run_id, observations
):
    frame = observations(10).with_columns(
        pl.when(pl.int_range(10) == 9).then(None).otherwise("observed_at").alias("observed_at")
    )
    with pytest.raises(StoreError, match="observed_at"):
        store.write_observations(run_id, frame)
    assert stored(store, run_id).is_empty()


def test_an_older_position_never_replaces_a_newer_one(store, run_id, observations, start):
    newer = observations(5, ships=1).with_columns(target=pl.lit("mmsi:412000001"))
    older = newer.with_columns(
        pl.col("observed_at") - timedelta(hours=1),
        key=pl.Series([bytes([i] * 16) for i in range(5)]),
    )
    store.write_observations(run_id, newer)
    before = store.latest_positions(run_id)
    store.write_observations(run_id, older)
    assert store.latest_positions(run_id).equals(before)
    assert before["observed_at"].to_list() == [newer["observed_at"].max()]


def identities(*rows):
    known = [{"key": bytes([i + 1] * 16), **row} for i, row in enumerate(rows)]
    return pl.DataFrame(known, schema=IDENTITY)


def test_each_field_of_an_identity_is_the_newest_that_was_given(store, run_id, observations, start):
    target = "mmsi:412345670"
    claims = identities(
        {"target": target, "received_at": start, "name": "浙岱渔1", "length_m": 30.0},
        {"target": target, "received_at": start + timedelta(minutes=6), "ship_type": 30},
    )
    late = identities(
        {"target": target, "received_at": start - timedelta(hours=1), "name": "OLD", "imo": 7}
    ).with_columns(key=pl.lit(bytes([9] * 16)))
    assert store.write_identities(run_id, claims) == 2
    assert store.write_identities(run_id, late) == 1
    assert store.write_identities(run_id, claims) == 0
    store.write_observations(run_id, observations(50))
    row = store.latest_positions(run_id).row(by_predicate=pl.col("target") == target, named=True)
    assert (row["name"], row["ship_type"], row["length_m"]) == ("浙岱渔1", 30, 30.0)


def test_the_same_digest_is_the_same_run_and_the_last_opened_is_current(store):
    about = ("site", True)
    first = store.open_run("replay", "a", *about, "digest a", "甲", "A", "Asia/Shanghai")
    second = store.open_run("live", "b", *about, "digest b", "乙", "B", "Asia/Shanghai")
    assert second != first
    assert store.current_run()["run_id"] == second
    assert store.open_run("replay", "a", *about, "digest a", "甲", "A", "Asia/Shanghai") == first
    assert store.current_run()["run_id"] == first
    assert [run["run_id"] for run in store.runs()[:2]] == [first, second]

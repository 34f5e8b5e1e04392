"""What `live` and a paced replay write reaches the database, whenever that is there."""

from __future__ import annotations

import json

import pytest
from commands import ROOT, rows
from living import Living, paced, speaker, stop_gently, wait_until
from recordings import make_recording

from core.errors import StoreError
from core.settings import Settings, StoreSettings
from pipeline.live_store import ONLY_RUN, open_live
from pipeline.sites import make_place, read_site
from store.engine import Store, connect
from store.spool import wait_for

pytestmark = pytest.mark.postgis


@pytest.fixture
def sentences(night):
    path = min((night / "feeds/ais").iterdir(), key=lambda p: p.stat().st_size)
    return [line[line.rindex(b"\\") + 1 :] for line in path.read_bytes().splitlines()]


def count(store: Store, table: str) -> int:
    with store.transaction("count") as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_database_away_at_the_start_and_again_midway_gets_every_row(cluster, tmp_path, sentences):
    url = cluster.url
    cluster.stop()
    settings = {"DATABASE_URL": url, "PIERWATCH_STORE__SPOOL_DIR": str(tmp_path / "spool")}
    settings["PIERWATCH_STORE__SPOOL_ROWS"] = "100"
    with speaker(lambda: paced(sentences, 100)) as speech:
        service = Living(tmp_path, speech, store=True, **settings)
        try:
            wait_until(lambda: service.ticks() >= 4, f"seconds without a database: {service.log}")
            assert "is kept until it answers" in service.log
            cluster.start()
            store = connect(url)
            assert wait_for(store, 20)
            wait_until(lambda: rows_there(store) > 100, "rows once it is there")
            cluster.stop()
            seconds = service.ticks()
            wait_until(lambda: service.ticks() >= seconds + 3, "seconds without it again")
            assert list((tmp_path / "spool").glob("live-*/*.arrow")), "memory was not bounded"
            cluster.start()
            assert wait_for(store, 20)
            before = rows_there(store)
            wait_until(lambda: rows_there(store) > before, "rows when it is back")
            assert service.end() == 0, service.log
        finally:
            stop_gently(service.process)
    said = service.summary()["said"]
    assert count(store, "observation") == said["observations"]
    assert count(store, "pier") > 300
    assert not list((tmp_path / "spool").glob("live-*/refused/*"))
    with store.transaction("look") as connection:
        run_ = connection.exec_driver_sql("SELECT kind, simulated, digest FROM run").all()
    assert [tuple(row) for row in run_] == [("live", False, "live xiangshan")]
    seconds = service.ticks()
    service.start()
    wait_until(lambda: service.ticks() > seconds, "the same run again")
    assert service.end() == 0
    assert count(store, "run") == 1
    store.close()


def rows_there(store: Store) -> int:
    try:
        return count(store, "observation")
    except StoreError:
        return 0  # no tables yet


def test_a_replay_is_stored_and_stored_again_is_no_row_more(cluster, tmp_path, night, pierwatch):
    cluster.start()
    options = {"DATABASE_URL": cluster.url}
    once = pierwatch("replay", night, "--json", "--out", tmp_path, **options)
    assert once.code == 0, once.err
    store = connect(cluster.url)
    tables = ("run", "observation", "identity", "event", "alert", "segment")
    counts = {table: count(store, table) for table in tables}
    said = json.loads(once.out)["said"]
    (run_id,) = [r["run_id"] for r in store.runs() if r["kind"] == "replay"]
    with store.transaction("look") as connection:
        stored = {
            table: connection.exec_driver_sql(
                f"SELECT count(*) FROM {table} WHERE run_id = {run_id}"
            ).scalar_one()
            for table in ("observation", "identity", "alert", "event")
        }
    assert stored["observation"] == said["observations"]
    assert stored["identity"] == said["identities"]
    assert stored["alert"] == len(rows((tmp_path / "alerts.jsonl").read_text()))
    assert stored["event"] == len(rows((tmp_path / "events.jsonl").read_text()))
    assert counts["segment"] > 50
    assert pierwatch("replay", night, **options).code == 0
    assert {table: count(store, table) for table in tables} == counts
    store.close()


def test_a_paced_replay_stores_what_one_flat_out_says(cluster, tmp_path, sentences, pierwatch):
    cluster.start()
    from nmea_lines import tag_block

    lines = b"".join(
        tag_block(b"c:%d" % (1772385730 + i // 20)) + line + b"\n"
        for i, line in enumerate(sentences[:400])
    )
    recording = make_recording(tmp_path / "r", {"a.nmea": lines})
    settings = {"DATABASE_URL": cluster.url, "PIERWATCH_STORE__SPOOL_DIR": str(tmp_path / "spool")}
    paced_ = pierwatch("replay", recording, "--speed", "20", "--json", **settings)
    assert paced_.code == 0, paced_.err
    flat = pierwatch("replay", recording, "--json", "--no-store")
    assert json.loads(paced_.out) == json.loads(flat.out)
    store = connect(cluster.url)
    with store.transaction("look") as connection:
        stored = connection.exec_driver_sql(
            "SELECT count(*) FROM observation JOIN run USING (run_id) WHERE site = 'sea'"
        ).scalar_one()
    store.close()
    assert stored == json.loads(flat.out)["said"]["observations"]
    assert not any((tmp_path / "spool").iterdir())


def test_a_database_that_was_made_anew_gets_the_run_again(cluster, tmp_path, stop_event):
    cluster.start()
    settings = Settings(store=StoreSettings(url=cluster.url, spool_dir=tmp_path))
    place = make_place(read_site(ROOT / Settings().site), settings, exercise=False)
    with open_live(settings, place, enabled=True, say=lambda _: None) as (spool, run_id):
        assert run_id == ONLY_RUN
        other = connect(cluster.url)
        with other.transaction("forget everything") as connection:
            connection.exec_driver_sql("TRUNCATE run CASCADE")
        spool.write_events(run_id, [stop_event])
        assert spool.flush(20)
        assert spool.refused == {}
        assert count(other, "event") == 1
        assert count(other, "run") == 1
        other.close()


@pytest.fixture
def stop_event():
    return {
        "event_id": "e" * 16, "kind": "stop", "from": "2026-03-01T17:22:10Z", "to": None,
        "lon": 121.9, "lat": 29.1, "targets": ["mmsi:412345678"], "pier_id": None, "detail": {},
        "settled_at": "2026-03-01T17:30:10Z",
    }  # fmt: skip


def test_a_database_that_refuses_us_at_the_start_ends_the_start(cluster, tmp_path, pierwatch):
    cluster.start()
    url = cluster.url.rsplit("/", 1)[0] + "/nowhere"
    ran = pierwatch("live", "--ais", "-", "--keep", tmp_path, DATABASE_URL=url)
    assert ran.code == 4
    assert "nowhere" in ran.err

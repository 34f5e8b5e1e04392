"""A database that goes away is waited for, and nothing that was kept is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest

from core.errors import StoreUnavailable
from store.cluster import Cluster
from store.engine import Store, connect
from store.spool import Spool, wait_for

pytestmark = pytest.mark.postgis
ABOUT = ("replay", "n", "s", True, "digest", "甲", "a", "Asia/Shanghai")


@pytest.fixture
def home(cluster: Cluster) -> Iterator[Store]:
    """The store of that cluster, running, without runs."""
    cluster.start()
    made = connect(cluster.url)
    assert wait_for(made, 10)
    made.migrate()
    with made.transaction("empty it") as connection:
        connection.exec_driver_sql("TRUNCATE run, observation, latest_position CASCADE")
    yield made
    made.close()


def rows_of(store: Store) -> int:
    with store.transaction("count") as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one())


def test_a_database_that_stops_mid_write_gets_everything_in_order_when_it_is_back(
    cluster, home, observations, alert, start, tmp_path
):
    run_id = home.open_run(*ABOUT)
    frame = observations(2000)
    with Spool(home, tmp_path, memory_rows=300) as spool:
        for i in range(5):
            spool.write_observations(run_id, frame.slice(100 * i, 100))
        cluster.stop()
        for i in range(5, 20):
            spool.write_observations(run_id, frame.slice(100 * i, 100))
            spool.set_tick(run_id, start + timedelta(seconds=i))
        spool.write_alerts(run_id, [alert])
        assert not spool.flush(0.5)
        assert spool.away
        assert list(tmp_path.glob("*.arrow")), "memory was not bounded"
        with pytest.raises(StoreUnavailable):
            home.ping()
        cluster.start()
        assert spool.flush(20)
        assert not spool.away
        assert spool.inserted == {"write_observations": 2000, "write_alerts": 1}
    assert rows_of(home) == 2000
    assert home.alerts(run_id) == [alert]
    assert home.current_run()["tick"] == start + timedelta(seconds=19)
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_what_is_to_be_kept_while_the_database_is_away_is_kept_on_the_disk(
    cluster, home, observations, start, tmp_path
):
    run_id = home.open_run(*ABOUT)
    with Spool(home, tmp_path) as spool:
        cluster.stop()
        spool.write_observations(run_id, observations(100))
        last = spool.set_tick(run_id, start)
        assert not spool.flush(0.3)
        assert spool.kept < last
        spool.keep(5.0)
        assert spool.kept == last
        assert len([path for path in tmp_path.iterdir() if path.is_file()]) == 2
        cluster.start()
        assert spool.flush(20)
        assert spool.inserted == {"write_observations": 100}
    assert rows_of(home) == 100


def test_what_waits_when_the_process_ends_is_written_by_the_next_one(
    cluster, home, observations, alert, tmp_path
):
    run_id = home.open_run(*ABOUT)
    frame = observations(500)
    cluster.stop()
    begun = time.monotonic()
    with Spool(home, tmp_path) as spool:
        spool.write_observations(run_id, frame.head(200))
        last = spool.write_alerts(run_id, [alert])
        assert not spool.flush(0.3)
        assert spool.kept < last
    assert spool.kept == last
    assert time.monotonic() - begun < 5, "leaving must not wait for a database that is away"
    (tmp_path / "000000000099-write_observations-1.arrow.part").write_bytes(b"half")
    cluster.start()
    with Spool(home, tmp_path) as spool:
        spool.write_observations(run_id, frame.tail(300))
        assert spool.flush(20)
    assert rows_of(home) == 500
    assert home.alerts(run_id) == [alert]


def test_a_batch_that_the_database_refuses_is_put_aside_and_the_next_goes_on(
    home, observations, tmp_path
):
    run_id = home.open_run(*ABOUT)
    frame = observations(20)
    with Spool(home, tmp_path) as spool:
        spool.write_observations(run_id, frame.with_columns(sensor=pl.lit(None, pl.String)))
        spool.write_observations(run_id, frame)
        assert spool.flush(10)
        assert spool.refused == {"write_observations": 1}
    assert rows_of(home) == 20
    kept, said = sorted((tmp_path / "refused").iterdir())
    assert pl.read_ipc(kept.read_bytes()).height == 20
    assert "sensor" in said.read_text()


def test_a_frame_that_is_no_observation_is_the_givers_error_and_reaches_it(home, start, tmp_path):
    spool = Spool(home, tmp_path)
    spool.write_observations(1, pl.DataFrame({"received_at": [start]}))
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        spool.flush(5)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        spool.close()


def test_what_waits_in_memory_is_written_in_one_transaction(home, observations, start, tmp_path):
    run_id, frame = home.open_run(*ABOUT), observations(50)
    with Spool(home, tmp_path) as spool:
        with home.transaction("hold the run back") as connection:
            connection.exec_driver_sql("LOCK TABLE run IN ACCESS EXCLUSIVE MODE")
            spool.set_tick(run_id, start)  # waits for the lock, and all behind it
            for first in range(0, 50, 10):
                spool.write_observations(run_id, frame.slice(first, 10))
            spool.set_tick(run_id, start + timedelta(seconds=1))
            assert spool.kept <= 1
        assert spool.flush(30)
        assert spool.inserted == {"write_observations": 50}
    with home.transaction("count") as connection:
        asked = "SELECT count(DISTINCT xmin::text), count(*) FROM observation"
        assert connection.exec_driver_sql(asked).one() == (1, 50)
    assert home.current_run()["tick"] == start + timedelta(seconds=1)

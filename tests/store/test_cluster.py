"""The private cluster starts, is found again, survives a crash, and says what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.errors import SetupError
from core.settings import StoreSettings
from store.cluster import Cluster, ensure
from store.postgres import Account

pytestmark = pytest.mark.postgis


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="pierwatch-cluster-", dir="/var/tmp"))
    folder.chmod(0o755)
    # A long path: its socket would not fit beside its data.
    made = Cluster(folder / ("long" * 25) / "postgres", throw_away=True)
    try:
        made.start()
    except SetupError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    yield made
    made.remove()
    made.directory.parent.rmdir()
    folder.rmdir()


def answer(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_starting_what_runs_does_nothing_and_is_quick(cluster):
    cluster.start()
    pid, begun = cluster.status().pid, time.monotonic()
    assert not cluster.start()
    assert cluster.status().pid == pid
    assert time.monotonic() - begun < 0.5


def test_only_loopback_and_only_with_the_password(cluster):
    cluster.start()
    assert answer(cluster, "SHOW listen_addresses") == "127.0.0.1"
    for wrong in ("postgresql://pierwatch@", "postgresql://pierwatch:wrong@"):
        address = wrong + cluster.url.rsplit("@", 1)[1]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(address, passfile="/nonexistent")
    secret = cluster.directory / "password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert "trust" not in [
        line.split()[-1]
        for line in (cluster.data_dir / "pg_hba.conf").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]


def test_the_port_is_kept_over_a_stop_unless_somebody_took_it(cluster):
    cluster.start()
    port = cluster.status().port
    sockets = Path(str(answer(cluster, "SHOW unix_socket_directories")))
    assert sockets.parent == Path("/tmp")
    cluster.stop()
    assert not cluster.status().running
    assert not sockets.exists()
    cluster.start()
    assert cluster.status().port == port
    cluster.stop()
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", port))
        taker.listen()
        cluster.start()
        assert cluster.status().port != port
        assert answer(cluster, "SELECT 1") == 1


def test_a_crash_and_a_pid_that_is_another_process_by_now_do_not_stop_the_start(cluster):
    cluster.start()
    pid = cluster.status().pid
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/cwd").exists():
        time.sleep(0.02)
    assert not cluster.status().running
    pid_file = cluster.data_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert not cluster.status().running
        assert cluster.start()
        other.kill()
    assert answer(cluster, "SELECT 1") == 1


def test_a_server_that_does_not_start_says_why_and_where_to_look(cluster):
    cluster.stop()
    settings = cluster.data_dir / "postgresql.conf"
    right = settings.read_text()
    settings.write_text(right + "\nno_such_setting = 1\n")
    try:
        with pytest.raises(SetupError, match=r"server\.log"):
            cluster.start()
    finally:
        settings.write_text(right)
    assert cluster.start()


def test_a_url_that_is_set_is_taken_and_nothing_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://there/db")
    settings = StoreSettings(cluster_dir=tmp_path / "postgres")
    assert ensure(settings) == "postgresql://there/db"
    assert not settings.cluster_dir.exists()
    chosen = StoreSettings(url="postgresql://chosen/db", cluster_dir=tmp_path / "postgres")
    assert ensure(chosen) == "postgresql://chosen/db"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change the account")
def test_a_folder_that_the_servers_account_cannot_enter_is_left_for_one_that_it_can(tmp_path):
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "var/postgres", throw_away=True)
    assert cluster.directory.parent == Path("/var/tmp")
    assert Account.of(cluster.data_dir).can_enter(Path("/var/tmp"))

"""`live` and `serve` may begin at one moment, before a database that holds nothing yet."""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg
import pytest
from commands import ROOT, environment

from store.cluster import Cluster
from store.migrate import _MIGRATION_LOCK

pytestmark = pytest.mark.postgis
MIGRATE = "import sys; from store.engine import connect; connect(sys.argv[1]).migrate()"


def test_who_comes_second_waits_until_the_first_has_made_the_tables(cluster: Cluster) -> None:
    name = f"begun_at_once_{time.monotonic_ns()}"
    url = cluster.url.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(cluster.url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            with psycopg.connect(url) as first:
                first.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
                first.execute("CREATE EXTENSION postgis")
                others = [
                    subprocess.Popen(
                        [sys.executable, "-c", MIGRATE, url], cwd=ROOT, env=environment(),
                        stderr=subprocess.PIPE,
                    )
                    for _ in range(2)
                ]  # fmt: skip
                waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                end = time.monotonic() + 60
                while time.monotonic() < end and admin.execute(waits).fetchone() != (2,):
                    time.sleep(0.05)
                first.commit()
            said = [other.communicate(timeout=60)[1].decode() for other in others]
            assert [other.returncode for other in others] == [0, 0], said
            with psycopg.connect(url) as look:
                assert look.execute("SELECT count(*) FROM observation").fetchone() == (0,)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

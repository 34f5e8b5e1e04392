"""Killed while terminals, servers and files speak: what was acknowledged is kept and stored once.

A file that grows has nobody to acknowledge to: all its lines are kept, in their order, and once but
for those that reached the archive just before a kill, when how far the file was read did not.

PIERWATCH_TEST_KILLS says how often; `make soak` asks for fifty.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from killing import killed, read_again
from living import paced, speaker

from ingest.archive.reading import chunks
from ingest.jt808.frame import decode

pytestmark = [pytest.mark.postgis, pytest.mark.timeout(900)]
A_MOMENT = 100  # lines of the file, two seconds: a place is written within milliseconds


@pytest.fixture(scope="module")
def spoken(night):
    path = max((night / "feeds/ais").iterdir(), key=lambda p: p.stat().st_size)
    return [re.sub(rb"^\\[^\\]*\\", b"", line) for line in path.read_bytes().splitlines()][:3000]


def unstamped(path):
    """The whole lines of an archive's file as they came."""
    lines = b"".join(chunks(path)).split(b"\n")[:-1]
    return [re.sub(rb"^\\a:[^\\]*\\", b"", line) for line in lines]


def test_what_was_acknowledged_is_in_the_archive_and_in_the_database_once(
    store, spoken, tmp_path, pierwatch
):
    url = store.url
    with speaker(lambda: paced(spoken, 200)) as boats:
        service, acknowledged, lines = killed(
            tmp_path, boats, spoken,
            DATABASE_URL=url, PIERWATCH_STORE__SPOOL_DIR=str(tmp_path / "spool"),
        )  # fmt: skip
    assert acknowledged
    frames = [line.split()[1] for line in service.archived("vehicles")]
    locations = [f for f in frames if f[2:6] == b"0200"]
    archived = Counter(locations)
    bodies = Counter(decode(bytes.fromhex(frame.decode())).body.hex() for frame in locations)
    assert {body: bodies[body] for body in acknowledged} == dict.fromkeys(acknowledged, 1)
    logged = [unstamped(p) for p in service.files() if p.name.startswith("logs-")]
    assert max(read_again(logged, lines)) <= A_MOMENT
    again = tmp_path / "again"
    ran = pierwatch("replay", service.folder / "archive", "--no-store", "--out", again)
    assert ran.code == 0, ran.err
    for name in ("alerts.jsonl", "events.jsonl"):
        replayed = (again / name).read_text().replace('"exercise": true', '"exercise": false')
        assert (service.out / name).read_text() == replayed
    with store.transaction("count") as connection:
        stored = dict(
            connection.exec_driver_sql(
                "SELECT sensor, count(*) FROM observation GROUP BY sensor"
            ).all()
        )
    assert stored["vehicle"] == len(archived)

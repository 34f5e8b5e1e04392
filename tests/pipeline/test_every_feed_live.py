"""Every feed at once, over its real protocol, from the player to the archive, store and replay.

A smoke round by default; `PIERWATCH_TEST_SOAK=1` plays at 1,000 frames a second with 5,000
terminals connected for ten minutes and, before them, until all that waits for its turn is full (the
settled pass stands a quarter of an hour back: no memory is flat before); it writes
docs/reports/live.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
from all_feeds import AllFeeds, settled
from commands import ROOT, run
from every_feed import Scale, make, xiangshan
from living import stop_gently, wait_until
from mosquitto import broker

from engine.passes import WAIT_S
from store.engine import Store

pytestmark = [pytest.mark.postgis, pytest.mark.timeout(3600)]
SOAK = os.environ.get("PIERWATCH_TEST_SOAK") == "1"
FULL_S = WAIT_S + 660  # and lines of tracks ten minutes more
#: A thousand frames a second by five thousand lorries and the rest; or a small sea.
SCALE = (
    Scale(seconds=FULL_S + 600, ships=3000, boats=900, echoes=600, trucks=5000, cameras=2800)
    if SOAK
    else Scale(seconds=8, ships=600, boats=300, echoes=120, trucks=300, cameras=200)
)
MOST_MB_MORE = 60  # in the last ten minutes: learned maps go on filling


def test_every_feed_is_kept_stored_and_replayed(store: Store, tmp_path: Path) -> None:
    recording = make(tmp_path / "recording", SCALE, xiangshan())
    url = store.url
    with broker() as hub:
        service = AllFeeds(tmp_path, hub.url, url)
        try:
            wait_until(lambda: (service.kept / "archive/feeds/clock").exists(), "the first tick")
            player = service.play(recording)
            try:
                memory_mb = _watched(service, player)
            finally:
                player.kill()  # one that never ends would go on beside every later test
            told = json.loads(player.communicate()[0])
            kept = settled(service)
            wait_until(lambda: _rows(store) and _rows(store) == _rows(store, 1.5), "stored rows")
            assert service.end() == 0, service.log
        finally:
            stop_gently(service.process)
    assert dict(kept) == told["sent"], f"{told}; {service.log}"
    assert not told["failed"]
    for feed in ("trucks", "frigate", "viid"):
        assert told["acknowledged"][feed] == told["sent"][feed]
    assert not service.ledger() - service.names()
    summary = service.summary()
    assert not summary["refused"], summary
    assert _rows(store) == sum(kept.values())
    if SOAK:
        _report(told, kept, memory_mb, summary)
    _replays_to_the_same(service, tmp_path)
    if SOAK:
        assert _around(memory_mb, -60) < _around(memory_mb, FULL_S) + MOST_MB_MORE
        assert summary["stored_after_s"]["p95"] <= 1.0


def _watched(service: AllFeeds, player: subprocess.Popen[str]) -> list[float]:
    """The service's memory, second by second, while the player plays."""
    found = []
    while player.poll() is None:
        found.append(service.memory_mb())
        time.sleep(1)
        assert len(found) < SCALE.seconds + 120, f"the player does not end; {service.log[-2000:]}"
    assert player.returncode == 0, player.stderr.read() if player.stderr else ""
    return found


def _around(memory_mb: list[float], second: int) -> float:
    """The median of a minute: while the state is saved there is a copy of it."""
    return median(memory_mb[second:][:60])


def _rows(store: Store, after_s: float = 0.0) -> int:
    time.sleep(after_s)
    with store.transaction("count") as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one()
    return int(found)


def _replays_to_the_same(service: AllFeeds, tmp_path: Path) -> None:
    shutil.copy2(service.config, tmp_path / "again.toml")
    done = run("replay", service.kept / "archive", "--out", tmp_path / "again", "--no-store")
    assert done.returncode == 0, done.stderr
    for name in ("alerts.jsonl", "events.jsonl"):
        live, again = service.out / name, tmp_path / "again" / name
        assert live.read_bytes().replace(b'"exercise": false', b'"exercise": true') == (
            again.read_bytes()
        ), name


def _report(
    told: dict[str, dict[str, int]],
    kept: dict[str, int],
    memory_mb: list[float],
    summary: dict[str, object],
) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    rows = "\n".join(
        f"| {feed} | {n} | {told['acknowledged'].get(feed, '–')} | {kept[feed]} |"
        for feed, n in told["sent"].items()
    )
    text = (
        "# Live soak: every feed at once\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}, "
        "`PIERWATCH_TEST_SOAK=1 pytest tests/pipeline/test_every_feed_live.py`, "
        f"{os.cpu_count()} cores, shared with the player, the broker and PostgreSQL\n\n"
        f"{sum(kept.values())} frames in {SCALE.seconds} s "
        f"({sum(kept.values()) / SCALE.seconds:.0f} a second), "
        f"{SCALE.trucks} JT/T 808 terminals.\n\n"
        "| feed | sent | acknowledged | in the archive |\n| --- | --- | --- | --- |\n"
        f"{rows}\n\n"
        f"From receipt to stored: {summary['stored_after_s']} s. "
        f"Memory of the service: {_around(memory_mb, 60):.0f} MB after a minute, "
        f"{_around(memory_mb, FULL_S):.0f} MB after {FULL_S // 60} (what waits for its turn is "
        f"full), {_around(memory_mb, -60):.0f} MB at the end (medians of a minute), at most "
        f"{max(memory_mb):.0f} MB. "
        "A replay of its archive gave the same alerts and events to the byte.\n"
    )
    report = ROOT / "docs/reports/live.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(text, "utf-8")

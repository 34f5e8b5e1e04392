"""Killed anywhere while frames flow in by every protocol: what was acknowledged is there, once.

Two kills by default; `PIERWATCH_TEST_SOAK=1` makes fifty and writes docs/reports/kills.md.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from all_feeds import AllFeeds, settled
from commands import ROOT, rows, run
from every_feed import Scale, make, xiangshan
from living import stop_gently, wait_until
from mosquitto import broker

from store.engine import Store

pytestmark = [pytest.mark.postgis, pytest.mark.timeout(3600)]
SOAK = os.environ.get("PIERWATCH_TEST_SOAK") == "1"
KILLS = 50 if SOAK else 2
LIFE_S = 9.0  # at most between two kills; a start takes some of them
SCALE = Scale(
    seconds=round(KILLS * (LIFE_S / 2 + 2)) if SOAK else 20,
    ships=200, boats=60, echoes=30, trucks=150, cameras=80, camera_every_s=10,
)  # fmt: skip


def test_what_was_acknowledged_is_kept_once_however_often_live_is_killed(
    store: Store, tmp_path: Path
) -> None:
    recording = make(tmp_path / "recording", SCALE, xiangshan())
    dice = random.Random(20261122)
    with broker() as hub:
        service = AllFeeds(tmp_path, hub.url, store.url)
        try:
            wait_until(lambda: (service.kept / "archive/feeds/clock").exists(), "the first tick")
            player = service.play(recording)
            kills = _killed(service, player, dice)
            assert player.wait(300) == 0, player.stderr.read() if player.stderr else ""
            kept = settled(service)
            wait_until(
                lambda: 0 < _rows(store) == _rows(store, 1.5), "stored rows", lambda: service.log
            )
            assert service.end() == 0, service.log
        finally:
            stop_gently(player)
            stop_gently(service.process)
    told, there = service.ledger(), service.names()
    assert sum(told.values()) > 20 * KILLS
    assert not told - there, f"acknowledged, and not in the archive: {list(told - there)[:3]}"
    beats = Counter({name: n for name, n in there.items() if name[1].endswith("Z")})
    twice = [name for name, n in (there - beats).items() if n > 1 and name in told]
    assert not [name for name in twice if told[name] == 1], f"kept twice: {twice[:3]}"
    done = run(
        "replay", service.kept / "archive", "--out", tmp_path / "again", "--no-store", "--json"
    )
    assert done.returncode == 0, done.stderr
    for name in ("alerts.jsonl", "events.jsonl"):
        live, again = service.out / name, tmp_path / "again" / name
        exercise = live.read_bytes().replace(b'"exercise": false', b'"exercise": true')
        assert exercise == again.read_bytes(), name
    observed = rows(done.stdout)[-1]["said"]["observations"]
    assert _rows(store) == observed, "every row in PostGIS, once"
    if SOAK:
        _report(kills, told, there, kept, observed)


def _killed(service: AllFeeds, player: subprocess.Popen[str], dice: random.Random) -> int:
    """Kill it at random moments while the player plays; how often."""
    kills = 0
    while kills < KILLS and player.poll() is None:
        time.sleep(dice.uniform(0.5, LIFE_S))
        if player.poll() is not None:
            break
        service.end(signal.SIGKILL)
        service.start()
        kills += 1
    assert kills == KILLS, f"the player ended after {kills} kills; {service.log[-2000:]}"
    return kills


def _rows(store: Store, after_s: float = 0.0) -> int:
    time.sleep(after_s)
    with store.transaction("count") as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM observation").scalar_one()
    return int(found)


def _report(
    kills: int,
    told: Counter[tuple[str, str]],
    there: Counter[tuple[str, str]],
    kept: Counter[str],
    observed: int,
) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    by_feed = Counter(feed for feed, _ in told.elements())
    table = "\n".join(f"| {feed} | {by_feed.get(feed, '–')} | {n} |" for feed, n in kept.items())
    text = (
        "# Kills: every feed, kill -9 at random moments\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}, "
        "`PIERWATCH_TEST_SOAK=1 pytest tests/pipeline/test_every_feed_killed.py`\n\n"
        f"{kills} kills in {SCALE.seconds} s of frames by UDP, TCP, MQTT, HTTP and JT/T 808.\n\n"
        "| feed | acknowledged | in the archive |\n| --- | --- | --- |\n"
        f"{table}\n\n"
        f"Every one of the {sum(told.values())} acknowledged frames is in the archive; none "
        f"that was acknowledged once is there twice. PostGIS holds the {observed} rows of the "
        "archive, each once. Events and alerts are to the byte those of a replay of the archive "
        "in one life.\n"
    )
    report = ROOT / "docs/reports/kills.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(text, "utf-8")

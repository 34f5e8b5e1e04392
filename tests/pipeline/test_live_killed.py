"""Live, killed anywhere, says in the end what a replay of its archive says: in virtual time."""

from __future__ import annotations

import itertools
import re
import threading

import numpy as np
import pytest
from commands import ROOT, SELDOM, rows
from example_counts import SOAK
from one_of_each import bar, beidou, truck

from core.settings import ArchiveSettings, FeedSettings, Settings
from ingest.archive import Archive
from ingest.arrived import Arrived
from ingest.sources.hub import Sources
from pipeline.beforehand import Listening
from pipeline.live import Kept, Service, _Running, keep_site
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.saved import read_state, write_state
from pipeline.sites import make_place, read_site

STEP_S = 90 if SOAK else 180
FEEDS = {
    name: FeedSettings(sensor=sensor, url="udp://127.0.0.1:1")
    for name, sensor in (
        ("ais", "ais"), ("boats", "beidou"), ("trucks", "vehicles"), ("bars", "cameras"),
    )
}  # fmt: skip


def test_a_state_is_the_old_or_the_new_one_whenever_the_process_ends(tmp_path):
    write_state(tmp_path, {"a": b"old"})
    (tmp_path / "state.zip.part").write_bytes(b"half of the new one")
    assert read_state(tmp_path) == {"a": b"old"}
    write_state(tmp_path, {"a": b"new"})
    assert read_state(tmp_path) == {"a": b"new"}
    bytes_ = (tmp_path / "state.zip").read_bytes()
    write_state(tmp_path, {"a": b"new"})
    assert (tmp_path / "state.zip").read_bytes() == bytes_


class Lives:
    """The service in virtual time: what is left of it when it is killed is on the disk alone."""

    def __init__(self, folder, feeds=FEEDS):
        self.kept, self.out, self.said = Kept(folder / "kept"), folder / "out", []
        self.site = ROOT / Settings().site
        self.settings = SELDOM.model_copy(update={"archive": ArchiveSettings(encrypted=False)})
        self.place = make_place(read_site(self.site), self.settings, exercise=True)
        self.feeds, self.now_s = feeds, 0.0
        keep_site(self.site, self.kept.archive / "site")

    def begin(self):
        """A life: its running, and what listens after the catching up."""
        stop = threading.Event()
        service = Service(
            self.feeds, self.place, self.site, self.kept, out=self.out, say=self.said.append,
            now=lambda: self.now_s,
        )  # fmt: skip
        archive = Archive(self.kept.archive, "test", self.settings.archive, now=lambda: self.now_s)
        sources = Sources(self.feeds, self.place.site, self.out, stop)
        runner = service._begin(read_recording(self.kept.archive))
        self.running = _Running(service, sources, archive, runner, stop)
        self.archive = archive
        self.running._open()
        hearing = self.running._catch_up()
        assert hearing is not None
        return self.running, Listening(hearing, self.running._clerk, runner)

    def put(self, frames):
        for feed, frame in frames:
            inbox = self.running._sources._feeds[feed].inbox
            ending = {"vehicles": ".jt808", "cameras": ".jsonl"}.get(FEEDS[feed].sensor, ".nmea")
            inbox.put([Arrived(feed, FEEDS[feed].sensor, ending, feed, frame)])


def same_as_a_replay(lives, tmp_path):
    replay(read_recording(lives.kept.archive), lives.settings, out=tmp_path / "again")
    for name in ("events.jsonl", "alerts.jsonl"):
        assert (lives.out / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    return rows((lives.out / "events.jsonl").read_text())


@pytest.fixture(scope="module")
def spoken(night):
    """By tick what the feeds say between 16:00 and 19:00 UTC, gathered in steps."""
    book = {}
    for path in sorted((night / "feeds/ais").iterdir()):
        for line in path.read_bytes().splitlines():
            stamp, sentence = re.fullmatch(rb"(?:\\[^\\]*c:(\d+)[^\\]*\\)?(!.*)", line).groups()
            tick_s = tick_s if stamp is None else -(-int(stamp[:10]) // STEP_S) * STEP_S  # noqa: F821
            if 57600 <= tick_s % 86400 <= 68400:
                book.setdefault(tick_s, []).append(("ais", sentence))
    for at in sorted(book):
        text = bar(at).strip()
        book[at] += [
            ("boats", beidou(at).strip()),
            ("trucks", truck(at).split()[1]),
            ("bars", re.sub(rb'"received_at": "[^"]*", ', b"", text)),
        ]
    return book, list(range(min(book), max(book) + 400, STEP_S))


def test_killed_anywhere_it_says_in_the_end_what_a_replay_of_its_archive_says(spoken, tmp_path):
    lives, dice = Lives(tmp_path), np.random.default_rng(1)
    book, ticks = dict(spoken[0]), spoken[1]
    at, begun = 0, 0
    while at < len(ticks):
        lives.now_s = ticks[at] - 2.0
        running, hearing = lives.begin()
        begun += 1
        for tick_s in itertools.islice(ticks, at, None):
            lives.now_s = tick_s - 0.5
            lives.put(book.pop(tick_s, []))
            while running._clerk.commit():
                pass
            if dice.random() < 0.3:  # some of it is decoded before its second is over
                hearing.hear()
            at += 1
            if dice.random() < 0.03:
                break  # killed between archive and engine
            lives.now_s = tick_s + 0.01
            if dice.random() < 0.03:  # killed behind the tick's line
                running._clerk.close_tick(tick_s, {})
                break
            running._take(hearing, tick_s)
            if dice.random() < 0.1:
                running._saving.last()
            if dice.random() < 0.03:
                break
        for path in (lives.kept.archive / "feeds").glob("*/*-*"):
            if not path.name.endswith(".gz") and dice.random() < 0.3:
                with path.open("ab") as cut:  # what was being written
                    cut.write(b"\\a:17723")
    lives.running._runner.finish()
    assert begun > 5
    assert len(same_as_a_replay(lives, tmp_path)) > 5
    said = lives.running._runner.summary()["frames"]
    assert {"ais", "beidou", "vehicles", "cameras"} <= said.keys()


def test_a_state_of_another_version_is_made_anew_from_the_archive(spoken, tmp_path):
    lives = Lives(tmp_path)
    book, ticks = dict(spoken[0]), spoken[1]
    lives.now_s = ticks[0] - 2.0
    running, hearing = lives.begin()
    for tick_s in ticks[:30]:
        lives.now_s = tick_s - 0.5
        lives.put(book.pop(tick_s, []))
        while running._clerk.commit():
            pass
        running._take(hearing, tick_s)
    running._saving.last()
    lives.archive.close()
    before = {name: (lives.out / name).read_bytes() for name in ("alerts.jsonl", "events.jsonl")}
    state = read_state(lives.kept.state)
    about = state["run.json"].replace(b'"version": "', b'"version": "another ')
    write_state(lives.kept.state, {**state, "run.json": about})
    running, hearing = lives.begin()
    assert "made anew" in " ".join(lives.said)
    assert ticks[29] <= running._runner.state.tick_s <= ticks[29] + 2
    for name, data in before.items():
        assert (lives.out / name).read_bytes() == data, name
    assert len(list(lives.out.glob("events.before-1.jsonl"))) == 1
    lives.archive.close()


def test_nobody_is_silent_because_the_service_did_not_listen(tmp_path):
    lives = Lives(tmp_path, {"boats": FEEDS["boats"].model_copy(update={"silent_after_s": 600.0})})
    begin_s = 1_772_384_400
    for life_s in (begin_s, begin_s + 7200):
        lives.now_s = life_s - 2.0
        running, hearing = lives.begin()
        for tick_s in range(life_s, life_s + 900, 150):
            lives.now_s = tick_s - 0.5
            lives.put([("boats", beidou(tick_s).strip())])
            running._clerk.commit()
            running._take(hearing, tick_s)
    lives.now_s += 700
    running._take(hearing, int(lives.now_s))  # and now they are silent indeed
    running._saving.last()
    lives.archive.close()
    replay(read_recording(lives.kept.archive), lives.settings, out=tmp_path / "again")
    alerts = (lives.out / "alerts.jsonl").read_bytes()
    assert alerts == (tmp_path / "again/alerts.jsonl").read_bytes()
    said = [(a["kind"], a["status"]) for a in rows(alerts.decode())]
    assert said == [("feed_silent", "new")]

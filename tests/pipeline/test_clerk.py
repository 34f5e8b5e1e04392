"""The clerk: senders are told once it is on the disk, and the engine may be as slow as it likes."""

from __future__ import annotations

import threading

import pytest
from one_of_each import POSITION, SITE

from core.errors import ArchiveFull
from core.settings import ArchiveSettings, FeedSettings
from geo.site import parse_site
from ingest.archive import Archive
from ingest.arrived import Arrived
from ingest.sources.hub import Sources
from pipeline.clerk import Clerk
from pipeline.recording import read_recording
from pipeline.replay import Arrivals

NOW_S = 1_772_385_730.25


class Time:
    """A clock that a test sets."""

    def __init__(self, now_s):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


@pytest.fixture
def time_():
    return Time(NOW_S)


@pytest.fixture
def clerk(tmp_path, time_):
    site = tmp_path / "a/site"
    site.mkdir(parents=True)
    for name, data in SITE.items():
        (site / name).write_bytes(data)
    feeds = {"north": FeedSettings(sensor="ais", url="udp://127.0.0.1:1")}
    sources = Sources(feeds, parse_site(SITE), tmp_path, threading.Event())
    archive = Archive(tmp_path / "a", "test", ArchiveSettings(encrypted=False), now=time_)
    yield Clerk(archive, sources, int(NOW_S), now=time_, most_bytes=2000)
    archive.close()


def put(clerk, n=1, told=None):
    """Frames into the feed's inbox, as its source would put them."""
    done = None if told is None else told.append
    frame = Arrived("north", "ais", ".nmea", "north", POSITION, done)
    (feed,) = clerk.sources._feeds.values()
    assert feed.inbox.put([frame] * n)


def handed(taken):
    return b"".join(piece for pieces in taken.pieces.values() for piece in pieces)


def archived(clerk):
    return b"".join(p.read_bytes() for p in (clerk.archive.folder / "feeds/ais").iterdir())


def test_senders_are_told_when_it_is_on_the_disk_and_the_engine_gets_the_same_bytes(clerk):
    told = []
    put(clerk, 3, told)
    assert clerk.commit()
    assert told == [True] * 3
    assert not clerk.commit()
    assert not clerk.close_tick(int(NOW_S), {}).pieces  # it came after that second
    taken = clerk.close_tick(int(NOW_S) + 1, {})
    assert handed(taken) == archived(clerk)
    assert archived(clerk).count(b"AIVDM") == 3


def test_a_stamp_is_never_before_a_tick_that_was_closed_nor_before_an_earlier_stamp(clerk, time_):
    clerk.close_tick(int(NOW_S) + 60, {})
    put(clerk)
    clerk.commit()
    time_.now_s -= 3600
    put(clerk)
    clerk.commit()
    stamps = [int(line[3:16]) for line in archived(clerk).splitlines()]
    assert stamps == [1000 * (int(NOW_S) + 60) + 1] * 2
    assert clerk.last_tick_s == int(NOW_S) + 61


def test_what_a_slow_engine_has_not_taken_waits_on_the_disk_and_comes_back_in_its_order(
    clerk, time_
):
    for _ in range(200):
        time_.now_s += 0.25
        put(clerk, 2)
        clerk.commit()
    assert clerk._in_memory <= 2000
    end_s, got, ticks = int(time_.now_s) + 1, b"", []
    while not ticks or ticks[-1] < end_s:
        taken = clerk.close_tick(end_s, {})
        part = handed(taken)
        assert len(part) <= 2000 or taken.tick_s - (ticks or [0])[-1] == 1
        got += part
        ticks.append(taken.tick_s)
    assert len(ticks) > 10
    assert got == archived(clerk)
    assert clerk._in_memory == 0
    clerk.archive.close()
    slices = list(Arrivals(read_recording(clerk.archive.folder)))
    assert slices[-1].until_s == end_s


def test_what_the_archive_does_not_take_is_not_acknowledged_counted_and_said_once(
    clerk, monkeypatch
):
    said = []
    monkeypatch.setattr(clerk, "_say", said.append)
    monkeypatch.setattr("pipeline.clerk._RETRY_S", 0.0)

    def full(*_):
        raise ArchiveFull("disk", expected="room", came="none", act="Make some.")

    told = []
    with monkeypatch.context() as patch:
        patch.setattr(clerk.archive, "append", full)
        for _ in range(3):
            put(clerk, 2, told)
            assert not clerk.commit()
    assert told == [False] * 6
    assert clerk.unkept["north"] == 6
    assert len(said) == 1
    assert "not acknowledged" in said[0]
    put(clerk, 1, told)
    assert clerk.commit()
    assert told[-1]


def test_what_is_handed_over_within_a_second_is_all_of_its_stamp_and_the_tick_gives_the_rest(clerk):
    put(clerk, 2)
    clerk.commit()
    first = clerk.so_far()
    assert first.tick_s == int(NOW_S) + 1
    part = handed(first)
    assert part == archived(clerk)
    put(clerk)
    clerk.commit()  # the clock has not moved
    stamps = [int(line[3:16]) for line in archived(clerk).splitlines()]
    assert stamps[0] == stamps[1] < stamps[2]
    assert part + handed(clerk.close_tick(int(NOW_S) + 1, {})) == archived(clerk)
    assert not clerk.so_far().pieces


def test_where_no_tick_can_be_recorded_none_is_closed_and_it_is_said(clerk, monkeypatch):
    said = []
    monkeypatch.setattr(clerk, "_say", said.append)
    monkeypatch.setattr("pipeline.clerk._RETRY_S", 0.0)
    put(clerk)
    clerk.commit()

    def gone(*_):
        raise OSError("Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(clerk.archive, "tick", gone)
        assert clerk.close_tick(int(NOW_S) + 1, {}) is None
        assert clerk.close_tick(int(NOW_S) + 2, {}) is None
    assert len(said) == 1
    assert "Input/output error The engine stands still" in said[0]
    assert clerk.trouble in said[0]
    assert handed(clerk.close_tick(int(NOW_S) + 3, {})) == archived(clerk)
    assert clerk.trouble is None

"""What is appended stands in files by source and hour, and is on the disk or refused."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import resource
import stat
from pathlib import Path

import pytest
from archives import AT_MS, HOUR_MS, POSITION, ais, archive, camera, contents, files, joined, truck

from core.errors import ArchiveError
from ingest.archive.growing import Growing


def test_an_hour_a_pause_and_a_new_process_begin_new_files(tmp_path):
    kept = archive(tmp_path)
    first = kept.append([ais()], AT_MS)[0].path
    assert kept.append([ais()], AT_MS + 600_000)[0].path == first
    paused = kept.append([ais()], AT_MS + 1_200_001)[0].path
    next_hour = kept.append([ais()], AT_MS + HOUR_MS)[0].path
    kept.close()
    again = archive(tmp_path)
    restarted = again.append([ais()], AT_MS)[0].path
    again.close()
    assert len({first, paused, next_hour, restarted}) == 4
    assert all(
        re.fullmatch(r"ais/north-\d{8}T\d{6}(-\d)?\.nmea", name)
        for name in (first, paused, next_hour, restarted)
    )


def test_what_is_said_to_be_kept_is_what_the_files_hold(tmp_path):
    kept = archive(tmp_path)
    parts = kept.append([ais(), truck(), ais(source="pier~10.0.0.7:99"), camera(), ais()], AT_MS)
    kept.sync()
    assert [part.source for part in parts] == ["north", "trucks", "pier~10.0.0.7:99", "gate"]
    assert [part.data.count(b"\n") for part in parts] == [2, 1, 1, 1]
    assert contents(tmp_path) == joined(parts)
    kept.close()
    assert contents(tmp_path) == joined(parts)


def test_a_hostile_name_of_a_source_leads_nowhere(tmp_path):
    kept = archive(tmp_path)
    for source in ("../../../etc/passwd", "a~/x\0\n", "..", "", "x" * 5000, "渔港~1"):
        kept.append([ais(source=source)], AT_MS)
    kept.close()
    assert len(files(tmp_path)) == 6
    assert {path.parent for path in files(tmp_path)} == {tmp_path / "archive/feeds/ais"}
    assert {path.name for path in tmp_path.iterdir()} == {"archive", "keys"}


def test_ticks_and_decisions_are_on_the_disk_at_once_with_what_they_say(tmp_path):
    kept = archive(tmp_path)
    kept.tick(AT_MS // 1000, {"disk_used_share": 0.81})
    kept.decision(b'{"verdict": "lawful"}', AT_MS)
    clock, desk = files(tmp_path)
    assert json.loads(clock.read_bytes()) == {
        "tick": "2026-03-01T17:22:10Z", "disk_used_share": 0.81
    }  # fmt: skip
    assert list(json.loads(desk.read_bytes())) == ["received_at", "verdict"]
    kept.tick((AT_MS + HOUR_MS) // 1000)
    kept.close()
    assert len(list((tmp_path / "archive/feeds/clock").iterdir())) == 2
    assert all(p.suffix == ".gz" for p in (tmp_path / "archive/feeds/clock").iterdir())


def test_a_tick_ends_the_files_whose_hour_or_patience_is_over(tmp_path):
    kept = archive(tmp_path)
    kept.append([ais(), truck()], AT_MS)
    kept.sync()
    kept.append([truck()], AT_MS + 500_000)
    kept.sync()
    kept.tick((AT_MS + 601_000) // 1000)
    assert kept.settle(10)
    closed = {path.name.partition("-")[0] for path in files(tmp_path) if path.suffix == ".enc"}
    assert closed == {"north"}
    kept.close()


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_thousands_of_peers_need_few_descriptors_and_keep_their_files(tmp_path):
    kept = archive(tmp_path, most_open=20)
    before, parts, most = open_descriptors(), [], 0
    for step in range(3):
        for peer in range(300):
            parts += kept.append([ais(source=f"port~{peer}")], AT_MS + step * 1000)
            most = max(most, open_descriptors())
        kept.sync()
    assert most <= before + 25
    assert len(joined(parts)) == 300
    assert contents(tmp_path) == joined(parts)
    kept.close()


@contextlib.contextmanager
def longest_file(n_bytes):
    """No file may grow beyond that: a write that meets a limit of the machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_takes_back_everything_since_the_last_sync(tmp_path):
    kept = archive(tmp_path)
    safe = kept.append([ais(), truck()], AT_MS)
    kept.sync()
    with longest_file(2000):
        kept.append([truck()], AT_MS + 1)
        with pytest.raises(ArchiveError, match=r"north-.*nmea: expected a disk .* File too large"):
            kept.append([ais() for _ in range(100)], AT_MS + 2)
    assert contents(tmp_path) == joined(safe)
    again = kept.append([ais(), truck()], AT_MS + 3)
    kept.sync()
    assert set(joined(again)).isdisjoint(joined(safe))
    kept.close()
    assert contents(tmp_path) == joined([*safe, *again])


class Disk:
    """Brings to the disk what is asked for, until it is told to fail."""

    def __init__(self):
        self.failing = None

    def __call__(self, descriptor):
        if self.failing and self.failing in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(descriptor)


def test_after_a_sync_that_failed_nothing_of_it_is_said_to_be_kept(tmp_path):
    disk = Disk()
    kept = archive(tmp_path, durable=disk)
    safe = kept.append([ais(), camera()], AT_MS)
    kept.sync()
    kept.append([camera(), ais(), truck()], AT_MS + 1)
    disk.failing = "north"
    with pytest.raises(ArchiveError, match=r"feeds/ais/north-.*Input/output error"):
        kept.sync()
    disk.failing = None
    kept.sync()
    assert contents(tmp_path) == joined(safe)
    again = kept.append([camera(), ais(), truck()], AT_MS + 2)
    kept.sync()
    assert set(joined(again)).isdisjoint(joined(safe))
    kept.close()
    assert contents(tmp_path) == joined([*safe, *again])


def test_a_file_that_gives_its_descriptor_back_is_on_the_disk_before(tmp_path):
    disk = Disk()
    kept = archive(tmp_path, durable=disk, most_open=1)
    kept.append([ais()], AT_MS)
    disk.failing = "north"
    with pytest.raises(ArchiveError, match=r"north-.*Input/output error"):
        kept.append([truck()], AT_MS)
    assert files(tmp_path) == []
    disk.failing = None
    kept.close()


def test_a_tick_that_the_disk_does_not_keep_is_no_tick(tmp_path):
    disk = Disk()
    kept = archive(tmp_path, durable=disk)
    kept.tick(100)
    disk.failing = "clock"
    with pytest.raises(ArchiveError, match="clock"):
        kept.tick(101)
    disk.failing = "desk"
    with pytest.raises(ArchiveError, match="desk"):
        kept.decision(b"{}", AT_MS)
    disk.failing = None
    kept.tick(102)
    kept.close()
    ticks = [json.loads(line)["tick"] for data in contents(tmp_path).values()
             for line in data.splitlines()]  # fmt: skip
    assert ticks == ["1970-01-01T00:01:40Z", "1970-01-01T00:01:42Z"]


def test_an_hour_that_ends_before_it_is_synced_is_closed_only_then(tmp_path):
    disk = Disk()
    kept = archive(tmp_path, durable=disk)
    kept.append([ais()], AT_MS)
    kept.append([ais()], AT_MS + HOUR_MS)
    disk.failing = "north-20260301T1722"  # the hour that is over
    with pytest.raises(ArchiveError):
        kept.sync()
    disk.failing = None
    assert kept.settle(10)
    assert not files(tmp_path)
    parts = kept.append([ais(POSITION)], AT_MS + HOUR_MS)
    kept.close()
    assert contents(tmp_path) == joined(parts)


def test_keys_are_nobody_elses_to_read(tmp_path):
    kept = archive(tmp_path)
    kept.append([ais()], AT_MS)
    kept.close()
    folder = tmp_path / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_file_that_was_there_is_never_written_to(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(FileExistsError):
        Growing(tmp_path / "a")

"""`pierwatch live`: hears UDP, TCP and standard input, and continues whatever ended it."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest
from commands import rows
from living import Living, free_port, paced, speaker, stop_gently, wait_until
from nmea_lines import tag_block

pytestmark = pytest.mark.timeout(900)  # lives that each begin anew, on a busy machine too
SOAK = os.environ.get("PIERWATCH_TEST_SOAK") == "1"
POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"


@pytest.fixture
def living(tmp_path):
    begun = []

    def begin(*sources, **options):
        begun.append(Living(tmp_path, *sources, **options))
        return begun[-1]

    yield begin
    for service in begun:
        stop_gently(service.process)


@pytest.fixture(scope="module")
def spoken(night):
    """The night's sentences without tag blocks."""
    lines = max((night / "feeds/ais").iterdir(), key=lambda p: p.stat().st_size).read_bytes()
    return [re.sub(rb"^\\[^\\]*\\", b"", line) for line in lines.splitlines()]


def same_as_a_replay_of_its_archive(service, tmp_path, pierwatch):
    again = tmp_path / "again"
    ran = pierwatch("replay", service.folder / "archive", "--no-store", "--out", again)
    assert ran.code == 0, ran.err
    for name in ("alerts.jsonl", "events.jsonl"):
        replayed = (again / name).read_text().replace('"exercise": true', '"exercise": false')
        assert (service.out / name).read_text() == replayed
    return rows((service.out / "events.jsonl").read_text())


def test_every_source_is_archived_with_its_arrival_by_one_service_alone_and_seconds_pass(
    living, tmp_path, spoken, pierwatch
):
    port = free_port(socket.SOCK_DGRAM)
    with speaker(lambda: paced(spoken[:500], 100)) as url:
        service = living(url, f"udp://127.0.0.1:{port}", "-")
        wait_until(lambda: service.ticks() >= 1, "a first second")
        second = pierwatch("live", "--ais", "-", "--keep", service.folder, "--no-store")
        assert second.code == 3
        assert "no other `pierwatch live`" in second.err
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:

            def heard() -> bool:  # nobody says when a port is open for datagrams
                sender.sendto(b"\r\n".join(spoken[500:503]), ("127.0.0.1", port))
                return any(path.name.startswith("udp") for path in service.files())

            wait_until(heard, "the datagrams")
        service.process.stdin.write(tag_block(b"s:own,c:1772385730") + POSITION + b"\nhalf a line")
        service.process.stdin.close()
        service.process.stdin = None
        wait_until(lambda: any(b"half" in line for line in service.archived()), "all sources")
        seconds = service.ticks()
        wait_until(lambda: service.ticks() >= seconds + 3, "silent seconds")
        assert service.end() == 0, service.log
    sentences = [line for line in service.archived() if b"!" in line]
    assert all(re.match(rb"\\a:\d{13}(,c:\d{13})?\*[0-9A-F]{2}\\", line) for line in sentences)
    own = next(line for line in sentences if b"s:own" in line)
    assert re.match(rb"\\a:\d{13}\*..\\\\s:own,c:1772385730\*..\\!AIVDM", own)
    sources = {path.name.rsplit("-", 1)[0] for path in service.files()}
    assert {s.split("-")[0] for s in sources} == {"tcp", "udp", "stdin"}
    assert service.summary()["refused"]
    assert not same_as_a_replay_of_its_archive(service, tmp_path, pierwatch)


def test_it_ends_with_standard_input_where_that_is_the_only_source(living):
    service = living("-")
    service.process.stdin.write(POSITION + b"\n")
    assert service.wait() == 0
    assert service.summary()["frames"]["ais"]["position"] == 1


def test_a_wrong_source_is_one_sentence(tmp_path, pierwatch):
    ran = pierwatch("live", "--ais", "ftp://x:1", "--no-store", "--keep", tmp_path)
    assert ran.code == 2
    assert "expected" in ran.err
    assert "ftp://x:1" in ran.err
    assert ran.err.count("\n") == 1
    assert "[feeds.<name>]" in pierwatch("live", "--no-store", "--keep", tmp_path).err


def test_killed_and_interrupted_it_continues_and_says_what_a_replay_says(
    living, tmp_path, spoken, pierwatch
):
    """A smoke round; PIERWATCH_TEST_SOAK=1 goes on until events have settled."""
    hows = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM] * (8 if SOAK else 1)
    with speaker(lambda: paced(spoken, 400)) as url:
        service = living(url)
        for i, how in enumerate(hows):
            seconds = service.ticks()
            wait_until(lambda n=seconds: service.ticks() >= n + 2, f"life {i}", lambda: service.log)
            time.sleep((8 if SOAK else 0.2) + 0.17 * (i % 7))
            assert service.end(how) == (-9 if how == signal.SIGKILL else 0), service.log
            if i + 1 < len(hows):
                service.start()
    assert len(service.files()) >= len(hows) - 1
    assert "catching up" in service.log
    events = same_as_a_replay_of_its_archive(service, tmp_path, pierwatch)
    if SOAK:
        assert events


def test_a_line_without_end_and_noise_do_not_stop_a_feed_and_memory_is_flat(living, tmp_path):
    def say():
        yield POSITION + b"\n"
        for _ in range(400):  # 40 MB
            yield b"A" * 100_000
        yield b"\n\x00\xff\x01" * 10_000
        yield b"\n"
        while True:
            yield POSITION[:-2] + b"4A\n"
            time.sleep(0.1)

    def resident_mb():
        status = Path(f"/proc/{service.process.pid}/statm").read_text()
        return int(status.split()[1]) * 4096 / 1e6

    with speaker(say) as url:
        service = living(url)
        wait_until(lambda: service.ticks() >= 1, "a first second")
        begin_mb = resident_mb()
        wait_until(lambda: service.archived()[-1:] and service.archived()[-1].endswith(b"4A")
                   and len(service.archived()) > 100, "the sentence behind")  # fmt: skip
        assert resident_mb() < begin_mb + 120
        assert service.end() == 0
    (said,) = service.summary()["sources"].values()
    assert said["refused"]["too_long"] == 1
    assert sum(p.stat().st_size for p in service.files()) < 1_000_000
    assert (service.out / "refused.jsonl").stat().st_size < 20_000

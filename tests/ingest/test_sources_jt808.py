"""The JT/T 808 platform on real sockets: dialogue, acknowledgement, and what it does not bear."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from heard import Heard, hearing, kept_up, ran, until
from jt808_terminal import Terminal, Unanswered, location_body

from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.jt808 import Jt808Decoder
from ingest.jt808.bodies import BATCH, LOCATION
from ingest.sources import jt808_server, listening
from ingest.sources.inbox import Inbox
from ingest.sources.jt808_server import Jt808Source
from ingest.sources.jt808_session import auth_code
from ingest.sources.kept import secret

TRUCKS = FeedSettings(sensor="vehicles", url="tcp-listen://127.0.0.1:0")
HERE = location_body(datetime(2026, 3, 1, 17, tzinfo=UTC), 121.9, 29.2)


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    with hearing(tmp_path, trucks=TRUCKS) as started:
        yield started


def speak(heard: Heard, *dialogues: Coroutine[object, object, object]) -> None:
    """Run dialogues at once, while a clerk keeps what comes."""

    async def together() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(*dialogues)

    with kept_up(heard):
        ran(together())


@pytest.mark.parametrize("edition", [2011, 2013, 2019])
def test_a_terminal_of_any_edition_registers_and_reports(heard: Heard, edition: int) -> None:
    port, terminal = heard.port(), Terminal(13900000001, edition)

    async def dialogue() -> None:
        await terminal.enter("127.0.0.1", port)
        await terminal.heartbeat()
        await terminal.locate(HERE)
        await terminal.batch([HERE, HERE])
        await terminal.unregister()
        await terminal.close()

    speak(heard, dialogue())
    assert {(a.feed, a.sensor, a.ending, a.source) for a in heard.frames} == {
        ("trucks", "vehicles", ".jt808", "trucks")
    }
    lines = b"".join(b"1772384400.000 %s\n" % each.frame for each in heard.frames)
    decoded = Jt808Decoder().feed(lines)
    assert decoded.refusals.is_empty()
    assert decoded.observations.height == 3
    assert decoded.identities.height == 1
    assert {k for k in decoded.counts if k.startswith("type_")} == {
        "type_0100", "type_0102", "type_0002", "type_0200", "type_0704", "type_0003",
    }  # fmt: skip


def test_the_answer_to_a_heartbeat_is_this_by_hand(heard: Heard, tmp_path: Path) -> None:
    code = auth_code(secret(tmp_path, "jt808"), "13900000001")
    with socket.create_connection(("127.0.0.1", heard.port()), timeout=10) as link, kept_up(heard):
        inside = bytes.fromhex("01020020013900000001") + b"\x00\x07" + code
        check = 0
        for byte in inside:
            check ^= byte
        link.sendall(b"\x7e" + inside + bytes([check]) + b"\x7e")
        # 8001, body of 5 bytes, the number, serial 0; serial 7 of 0102, result 0; the XOR
        assert link.recv(99).hex() == "7e8001000501390000000100000007010200b97e"
        link.sendall(bytes.fromhex("7e000200000139000000010008337e"))
        assert link.recv(99).hex() == "7e8001000501390000000100010008000200b67e"


def test_nothing_is_acknowledged_before_it_is_on_the_disk(heard: Heard) -> None:
    port, terminal = heard.port(), Terminal(13900000001)

    async def dialogue() -> None:
        with kept_up(heard):
            await terminal.enter("127.0.0.1", port)
        before = terminal.answered
        terminal.send(terminal.frame(LOCATION, HERE))
        taken: list[Arrived] = []
        while not taken:
            await asyncio.sleep(0.01)
            taken = heard.drain(done=False)
        await asyncio.sleep(0.2)
        assert terminal.answered == before
        assert taken[0].done is not None
        taken[0].done(True)
        while terminal.answered == before:
            await asyncio.sleep(0.01)
        heard.kept = False
        terminal.send(terminal.frame(LOCATION, HERE))
        while not heard.drain():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert (terminal.answered, terminal.refused) == (before + 1, 0)
        await terminal.close()

    ran(dialogue())


def test_what_is_being_kept_at_the_stop_is_still_acknowledged(tmp_path: Path) -> None:
    terminal = Terminal(13900000001)

    async def dialogue(heard: Heard) -> None:
        with kept_up(heard):
            await terminal.enter("127.0.0.1", heard.port())
        terminal.send(terminal.frame(LOCATION, HERE))
        while not (taken := heard.drain(done=False)):
            await asyncio.sleep(0.01)
        heard.stop.set()
        await asyncio.sleep(0.2)
        before = terminal.answered
        assert taken[0].done is not None
        taken[0].done(True)
        while terminal.answered == before:
            await asyncio.sleep(0.01)
        with pytest.raises(Unanswered):
            await terminal.heartbeat()
        await terminal.close()

    with hearing(tmp_path, trucks=TRUCKS) as heard:
        ran(dialogue(heard))


def test_who_has_not_authenticated_reports_nothing(heard: Heard) -> None:
    port, terminal, other = heard.port(), Terminal(13900000001), Terminal(13900000002)

    async def dialogue() -> None:
        await terminal.connect("127.0.0.1", port)
        with pytest.raises(Unanswered, match="result=1"):
            await terminal.locate(HERE)
        terminal.code = b"0" * 32
        with pytest.raises(Unanswered, match="result=1"):
            await terminal.authenticate()
        terminal.code = b""
        await terminal.register()
        await terminal.authenticate()
        await terminal.locate(HERE)
        terminal.send(other.frame(LOCATION, HERE))  # another's number on this connection
        terminal.send(terminal.frame(LOCATION, HERE, flags=0x400))
        terminal.send(terminal.frame(0x0702, b"a driver's name"))
        while terminal.refused < 4:
            await asyncio.sleep(0.01)
        await terminal.close()

    speak(heard, dialogue())
    state = heard.state()
    assert state.refused == {"not_authenticated": 2, "bad_code": 1, "not_kept": 1}
    assert state.samples["not_kept"] == [b"0x0702".hex().encode()]
    assert len(heard.frames) == 4


def test_a_code_holds_over_a_restart(tmp_path: Path) -> None:
    terminal = Terminal(13900000001, 2019)

    async def dialogue(port: int) -> None:
        await terminal.enter("127.0.0.1", port)
        await terminal.close()

    for _ in range(2):
        with hearing(tmp_path, trucks=TRUCKS) as heard:
            speak(heard, dialogue(heard.port()))
            assert not heard.state().refused
    assert (tmp_path / "jt808").stat().st_mode & 0o777 == 0o600


def test_of_two_terminals_with_one_id_the_newer_stays(heard: Heard) -> None:
    port, older, newer = heard.port(), Terminal(13900000001), Terminal(13900000001, 2019)

    async def dialogue() -> None:
        await older.enter("127.0.0.1", port)
        await newer.enter("127.0.0.1", port)
        with pytest.raises(Unanswered):
            await older.heartbeat()
        await newer.locate(HERE)
        await newer.close()
        await older.close()

    speak(heard, dialogue())
    state = heard.state()
    assert state.refused == {"two_terminals_one_id": 1}
    assert b"13900000001: 127.0.0.1, then 127.0.0.1" in state.samples["two_terminals_one_id"]


def test_parts_of_a_message_are_archived_as_they_come(heard: Heard) -> None:
    port, terminal = heard.port(), Terminal(13900000001)
    body = b"\x00\x02\x01" + 2 * (len(HERE).to_bytes(2, "big") + HERE)

    async def dialogue() -> None:
        await terminal.enter("127.0.0.1", port)
        before = terminal.answered
        terminal.send(terminal.frame(BATCH, body[:40], (1, 2)))
        terminal.send(terminal.frame(BATCH, body[40:], (2, 2)))
        while terminal.answered < before + 2:
            await asyncio.sleep(0.01)
        await terminal.close()

    speak(heard, dialogue())
    lines = b"".join(b"1772384400.000 %s\n" % each.frame for each in heard.frames)
    assert Jt808Decoder().feed(lines).observations.height == 2


def test_rubbish_is_counted_and_not_answered(heard: Heard) -> None:
    with socket.create_connection(("127.0.0.1", heard.port()), timeout=10) as link:
        link.sendall(b"GET / HTTP/1.1\r\n\x7e" + b"\x00\x02\x03\x7e\x7d\x09\x7e\x7e")
        heard.counts(1, "bad_frame")
        heard.counts(1, "bad_escape")
        state = heard.counts(1, "bad_checksum")
        assert state.samples["bad_checksum"] == [b"7e0002037e"]
        link.sendall(b"\x7e" + bytes(3000) + b"\x7e" + bytes(70_000))
        heard.counts(1, "too_long")
        heard.counts(1, "endless_frame")
        assert link.recv(99) == b""  # closed, and never answered


def run(source: Jt808Source, inbox: Inbox, stop: threading.Event) -> tuple[threading.Thread, int]:
    thread = threading.Thread(target=source.run, args=(inbox, stop))
    thread.start()
    until(lambda: inbox.report("", "").state == "listening", "the platform")
    return thread, int(inbox.report("", "").detail.rpartition(":")[2])


def test_slow_idle_and_unknown_peers_are_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_SWEEP_S", 0.02)
    inbox, stop = Inbox("trucks", 100), threading.Event()
    source = Jt808Source("trucks", TRUCKS, tmp_path, entry_s=2.0, frame_s=0.3, idle_s=60)
    thread, port = run(source, inbox, stop)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as slow,
            socket.create_connection(("127.0.0.1", port), timeout=10) as unknown,
        ):
            slow.sendall(b"\x7e\x02")
            until(lambda: inbox.report("", "").refused == {"slow_frame": 1}, "the slow one")
            for _ in range(3):
                unknown.sendall(b"\x7e\x7e")
                time.sleep(0.1)
            until(lambda: inbox.report("", "").refused.get("never_authenticated"), "the unknown")
            assert (slow.recv(9), unknown.recv(9)) == (b"", b"")
        assert inbox.peers == 0
    finally:
        stop.set()
        thread.join(10)


def test_there_are_only_so_many_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jt808_server, "MOST_A_HOST", 3)
    with hearing(tmp_path, trucks=TRUCKS) as heard:
        links = [socket.create_connection(("127.0.0.1", heard.port()), 10) for _ in range(5)]
        heard.counts(2, "too_many_connections")
        assert heard.state().peers == 3
        for link in links:
            link.close()
        until(lambda: heard.state().peers == 0, "all gone")
        socket.create_connection(("127.0.0.1", heard.port()), 10).close()


def test_where_there_is_no_room_terminals_wait_and_lose_nothing(tmp_path: Path) -> None:
    terminals = [Terminal(13_900_000_000 + k) for k in range(10)]

    async def dialogue(heard: Heard) -> None:
        port = heard.port()
        with kept_up(heard):
            await asyncio.gather(*(each.enter("127.0.0.1", port) for each in terminals))
        for each in terminals:
            for _ in range(2000):
                each.send(each.frame(LOCATION, HERE))
        await asyncio.sleep(0.5)
        assert heard.state().waiting < 5000
        with kept_up(heard):
            async with asyncio.timeout(30):
                while any(each.answered < 2002 for each in terminals):
                    await asyncio.sleep(0.02)
        await asyncio.gather(*(each.close() for each in terminals))

    with hearing(tmp_path, trucks=TRUCKS.model_copy(update={"most_waiting": 100})) as heard:
        ran(dialogue(heard))
        assert len(heard.frames) == len({each.frame for each in heard.frames}) == 20_020
        assert heard.state().lost == 0


def test_hundreds_of_terminals_report_at_once(heard: Heard) -> None:
    """With PIERWATCH_TEST_SOAK in the environment five thousand, as the county has."""
    n = 5_000 if os.environ.get("PIERWATCH_TEST_SOAK") else 300
    port = heard.port()
    terminals = [Terminal(13_900_000_000 + k, (2011, 2013, 2019)[k % 3]) for k in range(n)]
    gate = asyncio.Semaphore(200)

    async def dialogue(terminal: Terminal) -> None:
        async with gate:
            await terminal.enter("127.0.0.1", port)
        await terminal.locate(HERE)
        await terminal.locate(HERE)

    async def all_of_them() -> None:
        await asyncio.gather(*map(dialogue, terminals))
        assert heard.state().peers == n
        await asyncio.gather(*(each.close() for each in terminals))

    speak(heard, all_of_them())
    assert len(heard.frames) == 4 * n
    assert heard.state().lost == 0
    assert not heard.state().refused

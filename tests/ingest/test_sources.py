"""Live sources on real sockets: what comes is heard, what there is no room for is counted."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from heard import hearing, kept_up, until

from core.errors import SettingsError, SetupError
from core.settings import FeedSettings
from geo.site import parse_site
from ingest.arrived import Arrived
from ingest.sources import line_server, listening
from ingest.sources.hub import Sources
from ingest.sources.inbox import Inbox
from ingest.sources.line_server import LineServerSource
from ingest.sources.stdin import StdinSource
from ingest.sources.tcp import TcpSource
from pipeline.feed_states import states

HEARD_UDP = "udp://127.0.0.1:0"


def feed(url: str, sensor: str = "ais", **more: object) -> FeedSettings:
    return FeedSettings(sensor=sensor, url=url, **more)


def frame(text: bytes = b"x") -> Arrived:
    return Arrived("coast", "ais", ".nmea", "coast", text)


@contextmanager
def server() -> Iterator[tuple[socket.socket, str]]:
    """A TCP server of the test's own, and its url."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener, f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def send(port: int, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for each in datagrams:
            sender.sendto(each, ("127.0.0.1", port))


def test_datagrams_of_one_or_several_lines_are_heard(tmp_path: Path) -> None:
    with hearing(tmp_path, coast=feed(HEARD_UDP)) as heard:
        send(heard.port(), b"one\r\n", b"two\nthree", b"\n\n", b"y" * 5000)
        assert heard.texts(3) == [b"one", b"two", b"three"]
        assert heard.frames[0] == Arrived("coast", "ais", ".nmea", "coast", b"one")
        assert heard.counts(1, "too_long").samples["too_long"] == [b"y" * 256]


def test_a_short_message_has_lost_its_text_before_it_is_archived(tmp_path: Path) -> None:
    with hearing(tmp_path, boats=feed(HEARD_UDP, "beidou")) as heard:
        long = b"$BDTXR,1,0242407,0,," + b"SECRET" * 1000
        send(heard.port(), b"$BDTCI,0242407,0300002,2,172159,0,0,SECRET*5F\r\n", long)
        assert heard.texts(1) == [b"$BDTCI,0242407,0300002,2,172159,0,0,......*49"]
        assert heard.counts(1, "too_long").samples["too_long"] == [b"$BDTXR<over 4096 bytes>"]


def test_a_datagram_of_asterix_is_one_frame_in_hex(tmp_path: Path) -> None:
    with hearing(tmp_path, r1=feed(HEARD_UDP, "radar", format="asterix")) as heard:
        send(heard.port(), b"\x30\x00\x05\n\n", b"\x3e\x00\x03")
        assert heard.texts(2) == [b"3000050a0a", b"3e0003"]
        assert heard.frames[0].ending == ".asterix"


def test_a_feed_of_asterix_without_the_extra_ends_the_start_and_not_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asterix.base", None)
    site = parse_site({"site.toml": b'name = "cove"'})
    feeds = {"r1": feed(HEARD_UDP, "radar", format="asterix"), "coast": feed(HEARD_UDP)}
    with pytest.raises(SetupError, match="optional extra `asterix`"):
        Sources(feeds, site, tmp_path, threading.Event())
    Sources({"coast": feeds["coast"]}, site, tmp_path, threading.Event())


def test_a_multicast_group_is_joined(tmp_path: Path) -> None:
    with hearing(tmp_path, coast=feed("udp://239.192.0.1:0")) as heard:
        port = heard.port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            sender.sendto(b"one", ("239.192.0.1", port))
        assert heard.texts(1) == [b"one"]


def test_a_client_connects_again_with_growing_pauses(tmp_path: Path) -> None:
    with server() as (listener, url), hearing(tmp_path, coast=feed(url)) as heard:
        for said in (b"one", b"two"):
            link, _ = listener.accept()
            with link:
                link.sendall(said + b"\nthe rest of " + said)
            until(lambda: "closed the connection" in heard.state().detail, "the pause")
            assert heard.state().state == "waiting"
        link, _ = listener.accept()
        with link:
            until(lambda: heard.state().peers == 1, "the connection")
            assert heard.texts(4) == [b"one", b"the rest of one", b"two", b"the rest of two"]


def test_a_server_that_says_nothing_is_left() -> None:
    inbox, stop = Inbox("coast", 10), threading.Event()
    with server() as (_, url), pytest.raises(TimeoutError, match="nothing came"):
        TcpSource("coast", feed(url), idle_s=0.1).run(inbox, stop)


def test_back_pressure_loses_nothing(tmp_path: Path) -> None:
    said = [b"line %d" % k + b"." * 2000 for k in range(5000)]
    with (
        server() as (listener, url),
        hearing(tmp_path, coast=feed(url, most_waiting=50)) as heard,
    ):
        link, _ = listener.accept()
        with link:
            sender = threading.Thread(target=link.sendall, args=(b"\n".join(said) + b"\n",))
            sender.start()
            until(lambda: heard.state().waiting, "the first lines")
            time.sleep(0.3)
            assert sender.is_alive(), "the sender must wait"
            assert heard.state().waiting <= 100
            assert heard.texts(5000) == said
            sender.join()
        assert heard.state().lost == 0


def test_stations_are_told_apart_by_their_hosts(tmp_path: Path) -> None:
    said = [b"line %d" % k for k in range(3000)]
    url = "tcp-listen://127.0.0.1:0"
    with hearing(tmp_path, stations=feed(url, most_waiting=20)) as heard:
        at = ("127.0.0.1", heard.port())
        for host in ("127.0.0.1", "127.0.0.2"):
            with socket.create_connection(at, 10, (host, 0)) as link:
                link.sendall(b"\r\n".join(said))
        heard.texts(6000)
        for source in ("stations~127.0.0.1", "stations~127.0.0.2"):
            assert [a.frame for a in heard.frames if a.source == source] == said
        assert heard.state().lost == 0


def test_slow_endless_and_idle_peers_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_SWEEP_S", 0.02)
    inbox, stop = Inbox("stations", 100), threading.Event()
    source = LineServerSource("stations", feed("tcp-listen://127.0.0.1:0"), line_s=0.3, idle_s=2)
    thread = threading.Thread(target=source.run, args=(inbox, stop))
    thread.start()
    try:
        until(lambda: inbox.report("", "").state == "listening", "the server")
        at = ("127.0.0.1", int(inbox.report("", "").detail.rpartition(":")[2]))
        with (
            socket.create_connection(at, 10) as slow,
            socket.create_connection(at, 10) as endless,
            socket.create_connection(at, 10) as idle,
        ):
            slow.sendall(b"one\n!AIV")
            endless.sendall(b"z" * 100_000)
            refused = {"slow_line": 1, "endless_line": 1}
            until(lambda: inbox.report("", "").refused == refused, "both")
            assert inbox.peers == 1
            idle.sendall(b"two\n")
            assert idle.recv(1) == b""
        assert [each.frame for each in inbox.take(9)] == [b"one", b"two"]
        assert {each.source for each in inbox.report("", "").refusals} == {"stations~127.0.0.1"}
    finally:
        stop.set()
        thread.join(10)


def test_there_are_only_so_many_stations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_server, "MOST_PEERS", 2)
    with hearing(tmp_path, stations=feed("tcp-listen://127.0.0.1:0")) as heard:
        links = [socket.create_connection(("127.0.0.1", heard.port()), 10) for _ in range(3)]
        heard.counts(1, "too_many_connections")
        for link in links:
            link.close()


def test_a_flooding_feed_does_not_starve_a_slow_one(tmp_path: Path) -> None:
    small = feed(HEARD_UDP, most_waiting=2000)
    with hearing(tmp_path, flood=small, slow=feed(HEARD_UDP)) as heard:
        flood, over = heard.port("flood"), threading.Event()

        def pour() -> None:
            while not over.is_set():
                send(flood, *[b"\n".join([b"water"] * 100)] * 20)

        pouring = threading.Thread(target=pour)
        pouring.start()
        try:
            until(lambda: heard.state("flood").lost, "something shed")
            for k in range(5):
                send(heard.port("slow"), b"mine %d" % k)
                until(lambda: heard.state("slow").waiting, "the slow one's frame")
                round_ = heard.sources.drain(10)
                assert (b"mine %d" % k) in [each.frame for each in round_]
                assert len(round_) == 10
        finally:
            over.set()
            pouring.join()
        assert heard.state("slow").lost == 0
        assert heard.state("flood").waiting <= 2000


def test_a_source_that_breaks_stops_no_other(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"udp://127.0.0.1:{taken.getsockname()[1]}"
        with hearing(tmp_path, broken=feed(url), whole=feed(HEARD_UDP)) as heard:
            until(lambda: heard.state("broken").state == "waiting", "the broken one")
            assert "in use" in heard.state("broken").detail
            send(heard.port("whole"), b"one")
            assert heard.texts(1) == [b"one"]
            taken.close()
            assert heard.port("broken")


def test_standard_input_ends_and_with_it_the_service() -> None:
    reading, writing = os.pipe()
    inbox = Inbox("stdin", 10)
    with os.fdopen(writing, "wb") as file:
        file.write(b"one\ntwo")
    StdinSource("stdin", feed("-"), reading).run(inbox, threading.Event())
    os.close(reading)
    assert [each.frame for each in inbox.take(9)] == [b"one", b"two"]


def test_an_inbox_takes_all_or_nothing() -> None:
    inbox = Inbox("coast", 3, most_bytes=4096)
    assert inbox.put([frame(), frame()])
    assert not inbox.put([frame(), frame()])
    assert not inbox.put([frame(b"x" * 4000)])
    assert not inbox.wait_room(0.01)
    assert [len(inbox.take(1)), len(inbox.take(9)), len(inbox.take(9))] == [1, 1, 0]
    assert inbox.wait_room(0.01)
    assert inbox.put([frame()] * 4), "what no inbox could ever hold must not wait for ever"
    assert (inbox.waiting, inbox.taken) == (4, 6)


def test_what_is_refused_stays_bounded() -> None:
    inbox = Inbox("coast", 3)
    for k in range(5000):
        inbox.refuse("rubbish", b"r" * 10_000, f"coast~{k}")
    inbox.state("waiting: " + "w" * 9999)
    report = inbox.report("ais", "udp://x:1")
    assert report.refused == {"rubbish": 5000}
    assert len(report.refusals) <= 1025
    assert len(report.samples["rubbish"]) == 5
    assert len(report.detail) < 200


@pytest.mark.parametrize(
    ("url", "sensor", "form"),
    [
        ("ftp://127.0.0.1:1", "ais", ""), ("udp://127.0.0.1", "ais", ""),
        ("tcp://:99999999", "ais", ""), ("udp://127.0.0.1:1", "ais", "asterix"),
        ("tcp-listen://127.0.0.1:1", "vehicles", "nmea"), ("host:1", "ais", ""),
    ],
)  # fmt: skip
def test_a_feed_that_cannot_be_is_the_operators_mistake(
    tmp_path: Path, url: str, sensor: str, form: str
) -> None:
    site = parse_site({"site.toml": b'name = "cove"'})
    with pytest.raises(SettingsError, match=r"feeds\.coast"):
        Sources({"coast": feed(url, sensor, format=form)}, site, tmp_path, threading.Event())


def test_a_feed_says_which_department_answers_for_it(tmp_path: Path) -> None:
    with hearing(tmp_path, coast=feed(HEARD_UDP, owner="海事局")) as heard:
        (row,) = states([heard.state()], {}, 0.0, None)
        assert row["owner"] == "海事局"


def test_a_password_in_a_url_is_not_shown(tmp_path: Path) -> None:
    with hearing(tmp_path, coast=feed("tcp://officer:secret@127.0.0.1:1")) as heard:
        assert heard.state().url == "tcp://127.0.0.1:1"


def test_a_connection_that_is_reset_is_an_ordinary_end(tmp_path: Path) -> None:
    with hearing(tmp_path, stations=feed("tcp-listen://127.0.0.1:0")) as heard, kept_up(heard):
        link = socket.create_connection(("127.0.0.1", heard.port()), 10)
        link.sendall(b"one\ntw")
        until(lambda: heard.frames, "the first line")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
        until(lambda: heard.state().peers == 0, "the end")
        until(lambda: len(heard.frames) == 2, "what was said of the second line")

"""MQTT 5 on the wire: whatever a broker sends becomes packets, or is said to be none."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_clerk import running, state, until
from hypothesis import given
from hypothesis import strategies as st

from core.settings import FeedSettings
from geo.site import parse_site
from ingest.sources import mqtt_wire as wire
from ingest.sources.inbox import Inbox
from ingest.sources.mqtt import MqttSource

MOST = 4096
CONNACK = b"\x20\x03\x00\x00\x00"


def publish(topic: bytes, payload: bytes, number: int = 0, properties: bytes = b"") -> bytes:
    """A message as a broker sends it: at QoS 1 where it has a number, else retained at QoS 0."""
    body = struct.pack(">H", len(topic)) + topic + (struct.pack(">H", number) if number else b"")
    body += bytes([len(properties)]) + properties + payload
    length = [len(body) & 0x7F | 0x80, len(body) >> 7] if len(body) > 0x7F else [len(body)]
    return bytes([0x32 if number else 0x31, *length]) + body


messages = st.tuples(
    st.binary(max_size=20), st.binary(max_size=300), st.integers(0, 0xFFFF), st.binary(max_size=40)
)


@given(st.lists(messages, max_size=8), st.integers(1, 50))
def test_messages_are_read_however_the_stream_is_cut(
    sent: list[tuple[bytes, bytes, int, bytes]], size: int
) -> None:
    stream = b"".join(publish(*each) for each in sent)
    packets = wire.Packets(MOST)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    found = [wire.message(*packet) for piece in pieces for packet in packets.feed(piece)]
    assert found == [(topic, payload, number, number == 0) for topic, payload, number, _ in sent]


@given(st.binary(max_size=400), st.integers(1, 50))
def test_rubbish_is_malformed_and_never_more_than_a_packet_is_kept(data: bytes, size: int) -> None:
    packets = wire.Packets(MOST)
    with contextlib.suppress(wire.Malformed):
        for at in range(0, len(data), size):
            for head, body in packets.feed(data[at : at + size]):
                for read in (wire.connack, wire.suback, lambda b, h=head: wire.message(h, b)):
                    with contextlib.suppress(wire.Malformed):
                        read(body)


def test_a_packet_above_the_bound_is_refused_by_its_length_alone() -> None:
    with pytest.raises(wire.Malformed, match="4097 bytes"):
        wire.Packets(MOST).feed(b"\x30\x81\x20")


@contextlib.contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """A broker's port that reads what comes first, says `answer` and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopped = threading.Event()

        def run() -> None:
            while not stopped.is_set():
                with contextlib.suppress(OSError), listener.accept()[0] as peer:
                    peer.settimeout(5)
                    peer.recv(1 << 16)
                    peer.sendall(answer)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname(), 1).close()
            thread.join(5)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "lost"),
        (b"\x20\x03\x00\x86\x00", "the broker refuses: bad user name or password"),
        (publish(b"frigate/events", b"{}", 1), "sends what it may not"),  # before the CONNACK
        (CONNACK + b"\x34\x05\x00\x01a\x00\x00", "QoS 2"),
        (CONNACK + CONNACK, "sends what it may not"),
        (CONNACK + b"\x30\xff\xff\xff\x7f", "a packet of 268435455 bytes"),
        (CONNACK + b"\x90\x04\x00\x01\x00\x87", "refuses the topics frigate/events"),
        (CONNACK + b"\xe0\x01\x8e", "another took the session over"),
        (CONNACK, "lost"),
    ],
)
def test_a_broker_that_does_not_keep_to_it_is_left_with_a_word(answer: bytes, said: str) -> None:
    with saying(answer) as port:
        feed = FeedSettings(sensor="cameras", url=f"mqtt://127.0.0.1:{port}")
        source = MqttSource("docks", feed, parse_site({"site.toml": b'name = "cove"'}), Path())
        inbox = Inbox("docks", 10)
        with running(source, inbox):
            until(lambda: said in state(inbox))
    assert inbox.taken == 0

"""Frames from an MQTT broker: taken at QoS 1, acknowledged when they are on the disk.

The session outlives the connection and this process: its name is made of the site's and the
feed's, and the broker keeps what it was not told of. It sends no more than `_MOST_UNTOLD` messages
ahead of the acknowledgements, so a full inbox holds them back in the broker. For that the broker
must be set to keep them: Mosquitto with `persistence true` and `max_queued_messages 0`, or
whatever bound is to hold (it drops above 1,000 a client where nothing is set).
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.settings import FeedSettings
from geo.site import Site
from ingest.arrived import Arrived
from ingest.sources import mqtt_wire as wire
from ingest.sources.addresses import refused, shown
from ingest.sources.inbox import Inbox
from ingest.sources.mqtt_topics import Topics, subscriptions
from ingest.sources.passwords import users
from ingest.sources.receipt import Receipt

_MOST_UNTOLD: Final = 8_000  # messages; 5,000 a second, 50 ms to the disk, and much in hand
_MOST_PACKET: Final = 1 << 22  # bytes of a message
_SESSION_S: Final = 7 * 86_400  # that long the broker keeps what we do not fetch
_KEEPALIVE_S: Final = 30
_PING_S: Final = 5.0  # more often than we promise: a broker may ask for less patience
_CONNECT_S: Final = 10.0
_MOST_WAITING: Final = 1 << 24  # bytes for which the inbox has no room; then nothing is read
_TURN_S: Final = 0.02
_AT_ONCE: Final = 1 << 17  # bytes read before what came is handed on
_AGAIN_S: Final = 5.0  # pause before a message that could not be kept is asked for again
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class MqttSource:
    """One feed of a broker.

    Where the connection breaks, `run` raises, and whoever called it calls it again.

    Parameters
    ----------
    name, feed, site
        The feed's name and settings (topics: see `ingest.sources.mqtt_topics`); the site, whose
        name is part of the session's.

    Raises
    ------
    SettingsError
        The url names no host, or the password file cannot be read.
    """

    def __init__(self, name: str, feed: FeedSettings, site: Site, _secret_dir: Path) -> None:
        try:
            parts = urlsplit(feed.url)
            self.host, port = parts.hostname or "", parts.port
        except ValueError:
            raise refused(name, feed.url) from None
        if not self.host or parts.scheme not in _PORTS:
            raise refused(name, feed.url, "no host")
        self.port, self.tls = port or _PORTS[parts.scheme], parts.scheme == "mqtts"
        self.name, self.feed = name, feed
        self.session = f"pierwatch-{site.name}-{name}"
        self.login = next(iter(users(name, feed).items()), None)

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Take messages until stopped.

        Raises
        ------
        OSError
            The broker cannot be reached, refuses us or went away.
        """
        inbox.state(f"waiting: connecting to {shown(self.feed.url)}")
        _Session(self, inbox).run(stop)


class _Session:
    """One connection. What comes back late of an earlier one reaches nobody: the broker sends
    those messages again."""

    def __init__(self, source: MqttSource, inbox: Inbox) -> None:
        self._source, self._inbox = source, inbox
        self._topics = Topics(source.name, source.feed)
        self._subscribed = subscriptions(source.feed)
        self._packets = wire.Packets(_MOST_PACKET)
        self._waiting: deque[list[Arrived]] = deque()  # of a message each, in their order
        self._waiting_bytes = 0
        self._told: deque[tuple[int, bool]] = deque()  # message numbers, by the archive's thread
        self._out = bytearray()
        self._heard_s = self._spoke_s = time.monotonic()
        self._connected = False

    def run(self, stop: threading.Event) -> None:
        """Connect, take messages; raise where it breaks."""
        source = self._source
        self._out += wire.connect(
            source.session, source.login, keepalive_s=_KEEPALIVE_S, expiry_s=_SESSION_S,
            most_untold=_MOST_UNTOLD, most_packet=_MOST_PACKET,
        )  # fmt: skip
        with _connection(source) as connection:
            poll = select.poll()
            try:
                while not stop.is_set():
                    self._turn(connection, poll, stop)
            finally:
                self._inbox.peers = 0
            self._acknowledge(stop)
            with contextlib.suppress(OSError):
                connection.settimeout(1)
                connection.sendall(self._out + wire.DISCONNECT)

    def _turn(self, connection: socket.socket, poll: select.poll, stop: threading.Event) -> None:
        """Read what came, hand it on, acknowledge what is on the disk."""
        room = self._waiting_bytes < _MOST_WAITING
        pending = room and _pending(connection)
        events = (select.POLLIN if room else 0) | (select.POLLOUT if self._out else 0)
        poll.register(connection, events)
        ready = dict(poll.poll(0 if pending else 1000 * _TURN_S)).get(connection.fileno(), 0)
        now_s = time.monotonic()
        if not room:
            self._heard_s = now_s  # we do not listen
        elif pending or ready & ~select.POLLOUT:
            self._read(connection, now_s)
        self._hand_on()
        self._acknowledge(stop)
        self._speak(connection, now_s)
        if now_s - self._heard_s > (_KEEPALIVE_S if self._connected else _CONNECT_S):
            raise TimeoutError("the connection was lost: the broker says nothing")

    def _read(self, connection: socket.socket, now_s: float) -> None:
        try:
            data = connection.recv(_AT_ONCE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        if not data:
            raise ConnectionError("the connection was lost: the broker closed it")
        self._heard_s = now_s
        for head, body in self._packets.feed(data):
            self._take(head, body)

    def _speak(self, connection: socket.socket, now_s: float) -> None:
        if now_s - self._spoke_s > _PING_S:
            self._out += wire.PINGREQ
            self._spoke_s = now_s
        while self._out:
            try:
                n = connection.send(self._out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            del self._out[:n]

    def _hand_on(self) -> None:
        """Put what waits into the inbox, as far as there is room; the rest stays unacknowledged."""
        while self._waiting and self._inbox.put(self._waiting[0]):
            self._waiting_bytes -= sum(len(each.frame) for each in self._waiting.popleft())

    def _acknowledge(self, stop: threading.Event) -> None:
        told = [self._told.popleft() for _ in range(len(self._told))]
        self._out += wire.acknowledged(number for number, kept in told if kept)
        if not all(kept for _, kept in told):
            # A message is sent again on a new connection only.
            lost = "the archive does not take what came; it will be asked for again"
            self._inbox.state(f"waiting: {lost}")
            stop.wait(_AGAIN_S)
            raise ConnectionError(lost)

    def _take(self, head: int, body: bytes) -> None:
        kind = wire.kind(head)
        if kind == wire.PUBLISH and self._connected:
            self._message(wire.message(head, body))
        elif kind == wire.CONNACK and not self._connected:
            self._admitted(wire.connack(body))
        elif kind == wire.SUBACK:
            self._served(wire.suback(body))
        elif kind == wire.DISCONNECTED:
            code = wire.reason(body[0]) if body else "the broker ends it"
            raise ConnectionError(f"the connection was lost: {code}")
        elif kind != wire.PINGRESP:
            raise wire.Malformed(f"the broker sends what it may not: {head:#x}")

    def _message(self, message: wire.Message) -> None:
        tell = partial(self._tell, message.number) if message.number else None
        topic, inbox = message.topic.decode(errors="replace"), self._inbox
        frames = self._topics.frames(
            topic, message.payload, inbox, retained=message.retained, done=tell
        )
        if not frames:
            if tell:
                tell(True)  # refused and counted: nothing will come of it
            return
        if tell is None and len(self._waiting) >= _MOST_UNTOLD:
            inbox.shed(len(frames))  # QoS 0: nobody holds it for us
            return
        if tell and len(frames) > 1:
            receipt = Receipt(len(frames), tell)
            frames = [replace(each, done=receipt) for each in frames]
        self._waiting.append(frames)
        self._waiting_bytes += sum(len(each.frame) for each in frames)

    def _tell(self, number: int, kept: bool) -> None:
        self._told.append((number, kept))

    def _admitted(self, code: int) -> None:
        if code >= wire.FAILURE:
            raise ConnectionError(f"the broker refuses: {wire.reason(code)}")
        self._connected = True
        self._out += wire.subscribe(self._subscribed)

    def _served(self, codes: Sequence[int]) -> None:
        pairs = zip(self._subscribed, codes, strict=False)
        if denied := [topic for topic, code in pairs if code >= wire.FAILURE]:
            raise ConnectionError(f"the broker refuses the topics {', '.join(denied)}")
        self._inbox.peers = 1
        self._inbox.state(f"connected: {shown(self._source.feed.url)}")


@contextlib.contextmanager
def _connection(source: MqttSource) -> Iterator[socket.socket]:
    """A socket that does not block, over TLS with the system's certificates where it is asked."""
    with contextlib.ExitStack() as stack:
        connection = socket.create_connection((source.host, source.port), _CONNECT_S)
        stack.enter_context(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source.tls:
            context = ssl.create_default_context()
            connection = context.wrap_socket(connection, server_hostname=source.host)
            stack.enter_context(connection)
        connection.setblocking(False)
        yield connection


def _pending(connection: socket.socket) -> bool:
    """Whether TLS has read more than it gave."""
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0

"""Frames from an MQTT broker: taken at QoS 1, acknowledged when they are on the disk.

The session outlives the connection and this process: its name is made of the site's and the
feed's, and the broker keeps what it was not told of. It sends no more than `_MOST_UNTOLD` messages
ahead of the acknowledgements, so a full inbox holds them back in the broker. For that the broker
must be set to keep them: Mosquitto with `persistence true` and `max_queued_messages 0`, or
whatever bound is to hold (it drops above 1,000 a client where nothing is set).
"""

from __future__ import annotations

import select
import threading
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from core.settings import FeedSettings
from geo.site import Site
from ingest.arrived import Arrived
from ingest.sources.addresses import refused, shown
from ingest.sources.inbox import Inbox
from ingest.sources.mqtt_topics import Topics, subscriptions
from ingest.sources.passwords import users
from ingest.sources.receipt import Receipt

_MOST_UNTOLD: Final = 8_000  # messages; 5,000 a second, 50 ms to the disk, and much in hand
_MOST_PACKET: Final = 1 << 22  # bytes of a message
_SESSION_S: Final = 7 * 86_400  # that long the broker keeps what we do not fetch
_KEEPALIVE_S: Final = 30
_CONNECT_S: Final = 10.0
_MOST_WAITING: Final = 1 << 24  # bytes for which the inbox has no room; then nothing is read
_TURN_S: Final = 0.02
_AT_ONCE: Final = 256  # messages read before what came is handed on
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
        self._messages = 0
        self._waiting: deque[list[Arrived]] = deque()  # of a message each, in their order
        self._waiting_bytes = 0
        self._told: deque[tuple[int, bool]] = deque()  # message ids, by the archive's thread
        self._failed = ""
        self._client = self._made()

    def _made(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._source.session,
            protocol=MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_S
        if self._source.login:
            client.username_pw_set(*self._source.login)
        if self._source.tls:
            client.tls_set()  # the system's certificates
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def run(self, stop: threading.Event) -> None:
        """Connect, take messages; raise where it breaks."""
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval = _SESSION_S
        asked.ReceiveMaximum = _MOST_UNTOLD
        asked.MaximumPacketSize = _MOST_PACKET
        source = self._source
        self._client.connect(source.host, source.port, _KEEPALIVE_S, "", 0, False, asked)
        try:
            while not stop.is_set() and not self._failed:
                self._turn(stop)
        finally:
            self._inbox.peers = 0
            self._client.disconnect()
        if self._failed and not stop.is_set():
            raise ConnectionError(self._failed)

    def _turn(self, stop: threading.Event) -> None:
        """Read what came, hand it on, acknowledge what is on the disk."""
        client, connection = self._client, self._client.socket()
        if connection is None:
            self._failed = self._failed or "the connection was lost"
            return
        writes = [connection] if client.want_write() else []
        ready, _, _ = select.select([connection], writes, [], _TURN_S)
        if self._waiting_bytes < _MOST_WAITING and (ready or _pending(connection)):
            self._read()
        if client.want_write():
            client.loop_write()
        self._hand_on()
        self._acknowledge(stop)
        client.loop_misc()

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            before = self._messages
            code = self._client.loop_read()
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._messages == before:
                return

    def _hand_on(self) -> None:
        """Put what waits into the inbox, as far as there is room; the rest stays unacknowledged."""
        while self._waiting and self._inbox.put(self._waiting[0]):
            self._waiting_bytes -= sum(len(each.frame) for each in self._waiting.popleft())

    def _acknowledge(self, stop: threading.Event) -> None:
        lost = False
        while self._told:
            message, kept = self._told.popleft()
            if kept:
                self._client.ack(message, 1)
            lost = lost or not kept
        if lost:
            # A message is sent again on a new connection only.
            self._failed = "the archive does not take what came; it will be asked for again"
            self._inbox.state(f"waiting: {self._failed}")
            stop.wait(_AGAIN_S)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._messages += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        tell = partial(self._tell, message.mid) if message.qos else None
        inbox, payload = self._inbox, bytes(message.payload)
        frames = self._topics.frames(topic, payload, inbox, retained=message.retain)
        if not frames:
            if tell:
                tell(True)  # refused and counted: nothing will come of it
            return
        if tell:
            receipt = Receipt(len(frames), tell)
            frames = [
                Arrived(each.feed, each.sensor, each.ending, each.source, each.frame, receipt)
                for each in frames
            ]
        elif len(self._waiting) >= _MOST_UNTOLD:
            inbox.shed(len(frames))  # QoS 0: nobody holds it for us
            return
        self._waiting.append(frames)
        self._waiting_bytes += sum(len(each.frame) for each in frames)

    def _tell(self, message: int, kept: bool) -> None:
        self._told.append((message, kept))

    def _on_connect(
        self, client: Client, _data: object, _flags: object, reason: ReasonCode, _more: Any
    ) -> None:
        if reason.is_failure:
            self._failed = f"the broker refuses: {reason}"
            return
        # What is retained comes with the first subscription of a session only.
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        client.subscribe([(topic, options) for topic in self._subscribed])

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: Any
    ) -> None:
        denied = [t for t, reason in zip(self._subscribed, reasons, strict=False)
                  if reason.is_failure]  # fmt: skip
        if denied:
            self._failed = f"the broker refuses the topics {', '.join(denied)}"
            return
        self._inbox.peers = 1
        self._inbox.state(f"connected: {shown(self._source.feed.url)}")

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _more: Any
    ) -> None:
        self._failed = self._failed or f"the connection was lost: {reason}"


def _pending(connection: object) -> bool:
    """Whether TLS has read more than it gave."""
    pending = getattr(connection, "pending", None)
    return bool(pending and pending())

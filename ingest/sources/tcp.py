"""A client that reads lines from another's TCP server; the hub connects it again when it breaks."""

from __future__ import annotations

import socket
import threading
import time
from typing import Final

from core.settings import FeedSettings
from ingest.nmea.lines import LineBuffer
from ingest.sources.addresses import address
from ingest.sources.framing import framing
from ingest.sources.inbox import Inbox

CONNECT_S: Final = 10.0
#: A server that says nothing for so long may have lost us without a word: connecting again costs
#: a quiet one nothing.
IDLE_S: Final = 300.0
_KEEP_ALIVE: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # seconds; times


class TcpSource:
    """Lines from a server. While the inbox is full nothing is read, and the sender has to wait."""

    def __init__(self, name: str, feed: FeedSettings, idle_s: float = IDLE_S) -> None:
        self._framing = framing(name, feed)
        self._address = address(name, feed.url)
        self._idle_s = idle_s

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Connect, and read until stopped.

        Raises
        ------
        OSError
            There is no connection, the other side closed it, or it said nothing for long.
        """
        inbox.state("connecting")
        with socket.create_connection(self._address, timeout=CONNECT_S) as link:
            keep_alive(link)
            inbox.state("connected: {}:{}".format(*self._address))
            inbox.peers = 1
            try:
                self._read(link, inbox, stop)
            finally:
                inbox.peers = 0

    def _read(self, link: socket.socket, inbox: Inbox, stop: threading.Event) -> None:
        buffer = LineBuffer(self._framing.most_line)
        link.settimeout(0.5)
        heard_s = time.monotonic()
        try:
            while not stop.is_set():
                try:
                    data = link.recv(1 << 16)
                except TimeoutError:
                    if time.monotonic() - heard_s > self._idle_s:
                        raise TimeoutError(f"nothing came for {self._idle_s:.0f} s") from None
                    continue
                if not data:
                    raise ConnectionError("the other side closed the connection")
                for block in buffer.feed(data):
                    self._put(block, inbox, stop)
                heard_s = time.monotonic()
        finally:
            self._put(buffer.close(), inbox, stop)

    def _put(self, block: bytes, inbox: Inbox, stop: threading.Event) -> None:
        inbox.push(self._framing.frames(block.split(b"\n"), inbox), stop)


def keep_alive(link: socket.socket) -> None:
    """Let the system find out, within two minutes, that the other side is gone."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

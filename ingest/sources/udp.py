"""A socket that hears datagrams, also those sent to a multicast group."""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading
from typing import Final

from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.sources.addresses import address
from ingest.sources.framing import Framing, framing
from ingest.sources.inbox import Inbox

_MOST_DATAGRAM: Final = 1 << 16
_AT_ONCE: Final = 256  # datagrams or frames put into the inbox together
_KERNEL_BYTES: Final = 1 << 22  # seconds of a county's feed, should the thread be held up


class UdpSource:
    """Datagrams of lines, or one frame each where the format is binary.

    A sender of datagrams cannot wait: what finds no room is shed and counted.
    """

    def __init__(self, name: str, feed: FeedSettings) -> None:
        self._framing: Framing = framing(name, feed)
        self._address = address(name, feed.url)

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Listen until stopped."""
        with bound(*self._address) as receiver:
            host, port = receiver.getsockname()[:2]
            inbox.state(f"listening: {host}:{port}")
            while not stop.is_set():
                frames = self._heard(receiver, inbox)
                if frames and not inbox.put(frames):
                    inbox.shed(len(frames))

    def _heard(self, receiver: socket.socket, inbox: Inbox) -> list[Arrived]:
        """The frames of the datagrams that are there, after a wait for the first."""
        frames: list[Arrived] = []
        receiver.settimeout(0.5)
        for _ in range(_AT_ONCE):  # also where none of them holds a frame
            if len(frames) >= _AT_ONCE:
                break
            try:
                data = receiver.recv(_MOST_DATAGRAM)
            except (TimeoutError, BlockingIOError):
                break
            frames += self._framing.datagram(data, inbox)
            receiver.settimeout(0)
        return frames


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to an address; it joins the group where the address is one.

    Raises
    ------
    OSError
        The address is in use, unknown or not this machine's.
    """
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    receiver = socket.socket(family, socket.SOCK_DGRAM)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BYTES)
        group = ipaddress.ip_address(str(place[0]).partition("%")[0])
        if group.is_multicast:  # others on this machine may hear the group as well
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        receiver.bind(place)
        if group.is_multicast and group.version == 4:
            joined = struct.pack("=4sl", group.packed, socket.INADDR_ANY)
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        elif group.is_multicast:
            joined = struct.pack("=16sI", group.packed, 0)
            receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, joined)
    except BaseException:
        receiver.close()
        raise
    return receiver

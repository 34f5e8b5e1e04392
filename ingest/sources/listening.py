"""A TCP server for many peers, in one thread: bounded in number, in memory and in patience.

What kind of bytes they send is the subclass's. While the inbox is full nobody is read, and the
senders have to wait; whoever was waiting first is served first.
"""

from __future__ import annotations

import asyncio
import resource
import threading
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias, cast

from ingest.arrived import Arrived
from ingest.sources.inbox import Inbox
from ingest.sources.tcp import keep_alive

_BACKLOG: Final = 4096  # a mobile network that comes back brings all terminals at once
_TURN_S: Final = 0.02
_SWEEP_S: Final = 1.0
_GRACE_S: Final = 2.0  # after the stop, for answers to what is being brought to disk
_UNREAD_S: Final = 60.0  # a peer that does not read our answers
_MOST_UNREAD: Final = 1 << 16  # bytes
_OTHER_FILES: Final = 1024  # that the process may have open besides


class Peer(asyncio.Protocol, ABC):
    """One connection of a listening source."""

    transport: asyncio.Transport

    def __init__(self, house: Listening) -> None:
        self.house = house
        self.host = ""
        self.opened_s = self.heard_s = house.now()
        self.ended = False
        self.held: list[Arrived] = []  # for which there was no room yet
        self._unread_s: float | None = None

    @abstractmethod
    def frames_of(self, data: bytes) -> list[Arrived]:
        """What these bytes give for the archive."""

    @abstractmethod
    def overdue(self, now_s: float) -> str | None:
        """Why the connection must end now: a word, empty where nobody need know; None: it need
        not."""

    def last_frames(self) -> list[Arrived]:
        """What is left when the connection has ended."""
        return []

    def gone(self) -> None:
        """The connection has ended."""

    def refuse(self, reason: str, sample: bytes) -> None:
        """Count what was refused."""
        self.house.inbox.refuse(reason, sample)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the peer, or close the connection."""
        self.transport = cast(asyncio.Transport, transport)
        self.host = str((transport.get_extra_info("peername") or ("unknown",))[0])
        if not self.house.admit(self):
            self.ended = True
            self.transport.abort()
            return
        keep_alive(transport.get_extra_info("socket"))
        self.transport.set_write_buffer_limits(_MOST_UNREAD)

    def data_received(self, data: bytes) -> None:
        """Take what came; where there is no room, read no more until there is."""
        if self.ended:
            return
        self.heard_s = self.house.now()
        self._deliver(self.frames_of(data))

    def _deliver(self, frames: list[Arrived]) -> None:
        if frames and (self.held or not self.house.inbox.put(frames)):
            self._hold(frames)

    def _hold(self, frames: list[Arrived]) -> None:
        if not self.held:
            self.house.held.append(self)
            if not self.transport.is_closing():
                self.transport.pause_reading()
        self.held += frames

    def released(self) -> bool:
        """Try again to deliver what is held."""
        if not self.house.inbox.put(self.held):
            return False
        self.held = []
        self.heard_s = self.house.now()
        self._read_on()
        return True

    def _read_on(self) -> None:
        if not self.held and self._unread_s is None and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """The peer does not read our answers: nor do we read its frames."""
        self._unread_s = self.house.now()
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        self._unread_s = None
        self._read_on()

    def sweep(self, now_s: float) -> None:
        """Cut the connection where its time is over; time in which we do not read is not its."""
        if self._unread_s is not None:
            reason = "reads_nothing" if now_s - self._unread_s > _UNREAD_S else None
        else:
            reason = None if self.held else self.overdue(now_s)
        if reason is not None:
            self.cut(reason, self.host.encode())

    def cut(self, reason: str, sample: bytes) -> None:
        """End the connection at once; count why, where there is a word for it."""
        if self.ended:
            return
        if reason:
            self.refuse(reason, sample)
        self.ended = True
        self.transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        """Take leave."""
        if self.house.leave(self):
            self._deliver(self.last_frames())
            self.gone()
        self.ended = True


Joined: TypeAlias = Callable[["Listening"], Peer]


class Listening:
    """The connections of one listening source; everything but `answer` is the loop's thread's.

    `most` and `most_a_host` bound the connections, in all and from one host.
    """

    def __init__(self, inbox: Inbox, joined: Joined, *, most: int, most_a_host: int) -> None:
        self.inbox = inbox
        self.held: deque[Peer] = deque()
        self.outstanding = 0  # frames of which we do not know yet whether they are on the disk
        self._joined, self._most, self._most_a_host = joined, most, most_a_host
        self._peers: set[Peer] = set()
        self._hosts: Counter[str] = Counter()
        self._answers: deque[tuple[Peer, bytes]] = deque()
        self._woken = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        """Seconds of a steady clock."""
        return self._loop.time() if self._loop else 0.0

    def admit(self, peer: Peer) -> bool:
        """Whether one more connection from this host may be."""
        if len(self._peers) >= self._most or self._hosts[peer.host] >= self._most_a_host:
            self.inbox.refuse("too_many_connections", peer.host.encode())
            return False
        self._peers.add(peer)
        self._hosts[peer.host] += 1
        self.inbox.peers = len(self._peers)
        return True

    def leave(self, peer: Peer) -> bool:
        """Forget a peer; whether it was one."""
        if peer not in self._peers:
            return False
        self._peers.remove(peer)
        self._hosts[peer.host] -= 1
        if not self._hosts[peer.host]:
            del self._hosts[peer.host]
        self.inbox.peers = len(self._peers)
        return True

    def answer(self, peer: Peer, reply: bytes, kept: bool) -> None:
        """A frame is on the disk, or cannot be kept: then there is no answer. From any thread."""
        self._answers.append((peer, reply if kept else b""))
        if not self._woken and self._loop is not None:
            self._woken = True
            with suppress(RuntimeError):  # the loop has been closed: whom to answer has gone
                self._loop.call_soon_threadsafe(self._send)

    def _send(self) -> None:
        """Write what is to be answered, all for one peer at once."""
        self._woken = False
        together: dict[Peer, bytearray] = {}
        while self._answers:
            peer, reply = self._answers.popleft()
            self.outstanding -= 1
            if reply:
                together.setdefault(peer, bytearray()).extend(reply)
        for peer, replies in together.items():
            if not peer.transport.is_closing():
                peer.transport.write(replies)

    def serve(self, host: str, port: int, stop: threading.Event) -> None:
        """Listen until stopped.

        Raises
        ------
        OSError
            The address cannot be used.
        """
        asyncio.run(self._serve(host, port, stop))

    async def _serve(self, host: str, port: int, stop: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        _open_files(self._most + _OTHER_FILES)
        server = await self._loop.create_server(
            lambda: self._joined(self), host, port, backlog=_BACKLOG
        )
        try:
            where = server.sockets[0].getsockname()
            self.inbox.state(f"listening: {where[0]}:{where[1]}")
            swept_s = self.now()
            while not stop.is_set():
                await asyncio.sleep(_TURN_S)
                while self.held and self.held[0].released():
                    self.held.popleft()
                if self.now() - swept_s >= _SWEEP_S:
                    swept_s = self.now()
                    for peer in list(self._peers):
                        peer.sweep(swept_s)
        finally:
            server.close()
            await self._close()

    async def _close(self) -> None:
        """Hear no more; answer what is being brought to disk; then close."""
        for peer in self._peers:
            if not peer.transport.is_closing():
                peer.transport.pause_reading()
        until_s = self.now() + _GRACE_S
        while self.outstanding > 0 and self.now() < until_s:
            await asyncio.sleep(_TURN_S)
        for peer in self._peers | set(self.held):
            self.inbox.shed(len(peer.held))
            peer.transport.close()
        await asyncio.sleep(_TURN_S)


def _open_files(n: int) -> None:
    """Let the process have so many files open, as far as it may: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = n if hard == resource.RLIM_INFINITY else min(n, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

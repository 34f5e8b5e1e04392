"""Senders of lines: what a receiver, a radar or a logger does with NMEA."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from core.settings import FeedSettings
from pipeline.play.frames import Played

_PAUSE_S = 0.5


@dataclass
class Told:
    """What was sent, and what the other side said it has; by feed.

    `on_acknowledged` is told the feed and the frame of everything that was acknowledged.
    """

    sent: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    on_acknowledged: Callable[[str, bytes], None] = lambda *_: None

    def acknowledge(self, feed: str, frame: bytes) -> None:
        """The other side said that it has the frame."""
        self.acknowledged[feed] += 1
        self.on_acknowledged(feed, frame)


class Sender(Protocol):
    """One feed's other side."""

    async def send(self, played: Played) -> None:
        """Send a frame; waits while there is no room."""

    async def close(self) -> None:
        """Wait for what is not acknowledged yet, for a while, then end."""


def reachable(url: str) -> tuple[str, int]:
    """Host and port of a feed's address; a service that listens everywhere is reached here."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    return ("127.0.0.1" if host in ("0.0.0.0", "::") else host), parts.port or 0


def password_of(settings: FeedSettings) -> str:
    """The password of a feed's user: the file's own, or that of the user's line in it."""
    if settings.password_file is None:
        return ""
    lines = settings.password_file.read_text("utf-8").split()
    known = dict(line.split(":", 1) for line in lines if ":" in line)
    return known.get(settings.user or "", lines[0] if lines else "")


class Datagrams:
    """Lines over UDP."""

    def __init__(self, feed: str, url: str, told: Told) -> None:
        self._feed, self._told, self._to = feed, told, reachable(url)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    async def send(self, played: Played) -> None:
        """One line, or one block of ASTERIX, a datagram."""
        try:
            self._socket.sendto(
                played.frame if played.ending == ".asterix" else played.line + b"\r\n", self._to
            )
            self._told.sent[self._feed] += 1
        except OSError:  # nobody listens yet
            self._told.failed[self._feed] += 1

    async def close(self) -> None:
        """Nothing is acknowledged."""
        self._socket.close()


class Dialling:
    """Lines over TCP to a service that listens; connects again when it was cut off."""

    def __init__(self, feed: str, url: str, told: Told) -> None:
        self._feed, self._told, self._to = feed, told, reachable(url)
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, played: Played) -> None:
        """One line; given again on a new connection where the old one broke under it."""
        while True:
            try:
                if self._writer is None:
                    _, self._writer = await asyncio.open_connection(*self._to)
                self._writer.write(played.line + b"\r\n")
                await self._writer.drain()
                self._told.sent[self._feed] += 1
                return
            except OSError:
                self._writer = None
                self._told.failed[self._feed] += 1
                await asyncio.sleep(_PAUSE_S)

    async def close(self) -> None:
        """Everything written goes out."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()


class Serving:
    """Lines over TCP to whoever connects; the first is waited for."""

    def __init__(self, feed: str, url: str, told: Told) -> None:
        self._feed, self._told, self._at = feed, told, reachable(url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._connected = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def send(self, played: Played) -> None:
        """One line to all that are connected."""
        if self._server is None:
            self._server = await asyncio.start_server(self._joined, *self._at)
        await self._connected.wait()
        for writer in list(self._writers):
            try:
                writer.write(played.line + b"\r\n")
                await writer.drain()
            except OSError:
                self._left(writer)
        self._told.sent[self._feed] += 1

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._connected.set()
        with contextlib.suppress(OSError):
            await reader.read()
        self._left(writer)

    def _left(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()
        if not self._writers:
            self._connected.clear()

    async def close(self) -> None:
        """Close all connections."""
        for writer in list(self._writers):
            self._left(writer)
        if self._server is not None:
            self._server.close()


class Growing:
    """Lines behind a file, or behind files of a folder, one a source."""

    def __init__(self, feed: str, url: str, told: Told) -> None:
        self._feed, self._told, self._path = feed, told, Path(urlsplit(url).path)

    async def send(self, played: Played) -> None:
        """One line."""
        path = self._path
        if not path.suffix:
            path.mkdir(parents=True, exist_ok=True)
            path /= f"{played.source.replace('/', '_') or 'player'}{played.ending}"
        with path.open("ab") as file:
            file.write(played.line + b"\n")
        self._told.sent[self._feed] += 1

    async def close(self) -> None:
        """Nothing is held."""

"""Where live AIS comes from: UDP, TCP, standard input. Threads that read; lines that wait.

A source that breaks is opened again with growing pauses and never stops another one.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.errors import SettingsError
from ingest.nmea.lines import MAX_LINE, LineBuffer

MOST_WAITING = 1 << 26  # bytes; beyond it the newest are counted as lost, and memory stays bounded
_PER_LINE = 64  # what a line costs beside its bytes
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


@dataclass
class Sources:
    """The sources of a live service and the lines that wait to be taken.

    `lost` counts lines for which there was no room, `states` says how each source does, `ended`
    names those that will give no more.
    """

    stop: threading.Event
    lost: Counter[str] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    _waiting: dict[str, list[bytes]] = field(default_factory=dict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, url: str) -> str:
        """Begin to read a source; its name.

        Parameters
        ----------
        url
            `udp://host:port` (bind), `tcp://host:port` (connect), or `-` for standard input.

        Raises
        ------
        SettingsError
            Any other form.
        """
        if url == "-":
            threading.Thread(target=self._stdin, name="stdin", daemon=True).start()
            return "stdin"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        reader = {"udp": self._udp, "tcp": self._tcp}.get(parts.scheme) if host and port else None
        if reader is None:
            raise SettingsError(
                f"--ais {url}", expected="udp://host:port, tcp://host:port or -",
                came="another form", act="Correct it.",
            )  # fmt: skip
        name = f"{parts.scheme}-{host}-{port}".replace(":", "_")
        threading.Thread(target=reader, args=(name, host, port), name=name, daemon=True).start()
        return name

    def drain(self) -> dict[str, list[bytes]]:
        """The lines that wait, by source, in the order in which each came."""
        with self._lock:
            waiting, self._waiting, self._bytes = self._waiting, {}, 0
        return waiting

    def over(self, names: list[str]) -> bool:
        """Whether nothing will come from these sources any more, and nothing waits."""
        return self.ended.issuperset(names) and not self._waiting

    def _put(self, name: str, block: bytes) -> None:
        """Keep whole lines."""
        for line in block.split(b"\n"):
            if not line.strip():
                continue
            with self._lock:
                if self._bytes > MOST_WAITING:
                    self.lost[name] += 1
                    continue
                self._waiting.setdefault(name, []).append(line)
                self._bytes += len(line) + _PER_LINE

    def _udp(self, name: str, host: str, port: int) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self.stop.is_set():
            try:
                family = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][0]
                with socket.socket(family, socket.SOCK_DGRAM) as receiver:
                    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                    receiver.bind((host, port))
                    receiver.settimeout(0.5)
                    self.states[name], pause_s = "listening", _FIRST_PAUSE_S
                    while not self.stop.is_set():
                        try:
                            datagram = receiver.recv(65536)
                        except TimeoutError:
                            continue
                        for line in datagram.splitlines():
                            self._put(name, line[: MAX_LINE + 1])
            except OSError as error:
                pause_s = self._pause(name, error, pause_s)

    def _tcp(self, name: str, host: str, port: int) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self.stop.is_set():
            try:
                with socket.create_connection((host, port), timeout=5) as link:
                    self.states[name], pause_s = "connected", _FIRST_PAUSE_S
                    link.settimeout(0.5)
                    self._read(name, link)
                raise ConnectionError("the other side closed the connection")
            except OSError as error:
                pause_s = self._pause(name, error, pause_s)

    def _read(self, name: str, link: socket.socket) -> None:
        buffer = LineBuffer()
        try:
            while not self.stop.is_set():
                try:
                    data = link.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                for block in buffer.feed(data):
                    self._put(name, block)
        finally:
            self._put(name, buffer.close())

    def _stdin(self) -> None:
        self.states["stdin"] = "reading"
        buffer = LineBuffer()
        while data := os.read(sys.stdin.fileno(), 65536):
            for block in buffer.feed(data):
                self._put("stdin", block)
        self._put("stdin", buffer.close())
        self.ended.add("stdin")

    def _pause(self, name: str, error: OSError, pause_s: float) -> float:
        self.states[name] = f"waiting: {error}"
        self.stop.wait(pause_s)
        return min(2 * pause_s, _LONGEST_PAUSE_S)

"""Where live AIS comes from: UDP, TCP, standard input. Threads that read; lines in a bounded queue.

A source that breaks is opened again with growing pauses and never stops another one.
"""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.errors import SettingsError

MOST_WAITING = 200_000  # lines; beyond it the newest are counted as lost, and memory stays bounded
LONGEST_LINE = 4096
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


@dataclass
class Sources:
    """The sources of a live service and the queue that they fill."""

    stop: threading.Event
    lines: queue.Queue[tuple[str, bytes]] = field(default_factory=lambda: queue.Queue(MOST_WAITING))
    counts: Counter[str] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def start(self, url: str) -> str:
        """Begin to read a source; its name.

        Parameters
        ----------
        url
            `udp://host:port` (bind), `tcp://host:port` (connect), or `-` for standard input.
        """
        parts = urlsplit(url)
        readers = {"udp": self._udp, "tcp": self._tcp}
        if url == "-":
            name, target, args = "stdin", self._stdin, ()
        elif parts.scheme in readers and parts.hostname and parts.port:
            name = f"{parts.scheme}-{parts.hostname}-{parts.port}".replace(":", "_")
            target, args = readers[parts.scheme], (name, parts.hostname, parts.port)  # type: ignore[assignment]
        else:
            raise SettingsError(
                f"--ais {url}",
                expected="udp://host:port, tcp://host:port or -",
                came="another form",
            )
        threading.Thread(target=target, args=args, name=name, daemon=True).start()
        return name

    def _put(self, name: str, data: bytes) -> None:
        try:
            self.lines.put_nowait((name, data))
        except queue.Full:
            self.counts[f"lost_{name}"] += 1

    def _udp(self, name: str, host: str, port: int) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self.stop.is_set():
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
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
                            self._put(name, line)
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
        held = b""
        while not self.stop.is_set():
            try:
                data = link.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return
            held = self._cut(name, held + data)

    def _stdin(self) -> None:
        self.states["stdin"] = "reading"
        held = b""
        while data := os.read(sys.stdin.fileno(), 65536):
            held = self._cut("stdin", held + data)
        if held:
            self._put("stdin", held)
        self.ended.add("stdin")

    def _cut(self, name: str, data: bytes) -> bytes:
        """Queue the whole lines; give back the beginning of the next, at most a line of it."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._put(name, line)
        if len(rest) > LONGEST_LINE:
            self._put(name, rest[: LONGEST_LINE + 1])  # the decoder refuses and counts it
            return b""
        return rest

    def _pause(self, name: str, error: OSError, pause_s: float) -> float:
        self.states[name] = f"waiting: {error}"
        self.stop.wait(pause_s)
        return min(2 * pause_s, _LONGEST_PAUSE_S)

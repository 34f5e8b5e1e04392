"""Standard input: the one source that ends."""

from __future__ import annotations

import os
import select
import sys
import threading

from core.settings import FeedSettings
from ingest.nmea.lines import LineBuffer
from ingest.sources.framing import framing
from ingest.sources.inbox import Inbox


class StdinSource:
    """Lines from standard input, or from another descriptor."""

    def __init__(self, name: str, feed: FeedSettings, descriptor: int | None = None) -> None:
        self._framing = framing(name, feed)
        self._descriptor = descriptor

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Read until the end; while the inbox is full nothing is read."""
        descriptor = sys.stdin.fileno() if self._descriptor is None else self._descriptor
        buffer = LineBuffer(self._framing.most_line)
        inbox.state("reading")
        while not stop.is_set():
            if not select.select([descriptor], [], [], 0.5)[0]:
                continue
            data = os.read(descriptor, 1 << 16)
            if not data:
                break
            for block in buffer.feed(data):
                inbox.push(self._framing.frames(block.split(b"\n"), inbox), stop)
        inbox.push(self._framing.frames([buffer.close()], inbox), stop)

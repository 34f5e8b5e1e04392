"""A TCP server to which stations send lines; each host is a source of its own."""

from __future__ import annotations

import threading
from typing import Final

from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.nmea.lines import LineBuffer
from ingest.sources.addresses import address, peer_source
from ingest.sources.framing import Framing, framing
from ingest.sources.inbox import Inbox
from ingest.sources.listening import Listening, Peer

MOST_PEERS: Final = 256  # a coast has some tens of stations
MOST_A_HOST: Final = 32
LINE_S: Final = 30.0  # for one line: seconds at the slowest serial speed
IDLE_S: Final = 600.0
_MOST_UNENDED: Final = 1 << 16  # bytes without a line's end


class LineServerSource:
    """Lines from several peers. The times are given by tests."""

    def __init__(
        self, name: str, feed: FeedSettings, *, line_s: float = LINE_S, idle_s: float = IDLE_S
    ) -> None:
        self.framing: Framing = framing(name, feed)
        self.line_s, self.idle_s = line_s, idle_s
        self._address = address(name, feed.url)

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Listen until stopped."""
        house = Listening(
            inbox, lambda house: _Station(house, self), most=MOST_PEERS, most_a_host=MOST_A_HOST
        )
        house.serve(*self._address, stop)


class _Station(Peer):
    """One that sends lines."""

    def __init__(self, house: Listening, source: LineServerSource) -> None:
        super().__init__(house)
        self._times, self._framing = source, source.framing
        self._buffer = LineBuffer(source.framing.most_line)
        self._unended = 0  # bytes of the line that has begun
        self._begun_s = 0.0

    @property
    def _source(self) -> str:
        return peer_source(self._framing.feed, self.host)

    def refuse(self, reason: str, sample: bytes) -> None:
        """Count what was refused under the host's name."""
        self.house.inbox.refuse(reason, sample, self._source)

    def frames_of(self, data: bytes) -> list[Arrived]:
        """The whole lines."""
        self._watch(data)
        lines = [line for block in self._buffer.feed(data) for line in block.split(b"\n")]
        if self._unended > max(_MOST_UNENDED, self._framing.most_line):
            self.cut("endless_line", self._framing.sample(data))
        return self._framing.frames(lines, self.house.inbox, self._source)

    def _watch(self, data: bytes) -> None:
        end = data.rfind(b"\n") + 1
        if end or not self._unended:
            self._unended, self._begun_s = 0, self.heard_s
        self._unended += len(data) - end

    def overdue(self, now_s: float) -> str | None:
        """A line takes too long, or nothing comes."""
        if self._unended and now_s - self._begun_s > self._times.line_s:
            return "slow_line"
        return "" if now_s - self.heard_s > self._times.idle_s else None

    def last_frames(self) -> list[Arrived]:
        """A last line without its end; not that of a peer that was cut off."""
        if self.ended:
            return []
        return self._framing.frames([self._buffer.close()], self.house.inbox, self._source)

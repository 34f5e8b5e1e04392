"""A JT/T 808 platform for thousands of terminals: `jt808_session` on sockets.

A frame is acknowledged once it is on the disk. All frames of the feed are one source: who sent
one stands in its header.
"""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Final

from core.errors import SettingsError
from core.settings import FeedSettings
from ingest.arrived import Arrived
from ingest.sources.addresses import address
from ingest.sources.inbox import Inbox
from ingest.sources.jt808_session import Session, Step
from ingest.sources.kept import secret
from ingest.sources.listening import Listening, Peer

#: The county's 5,000 terminals, and those that come again before their old connection is missed.
MOST_CONNECTIONS: Final = 8_192
#: Nearly all of them: a carrier brings a whole fleet through one address.
MOST_A_HOST: Final = 6_000
ENTRY_S: Final = 60.0  # until a terminal must have authenticated
FRAME_S: Final = 30.0  # for one frame of 2 KiB at most
IDLE_S: Final = 900.0  # parked terminals report every few minutes at least


class Jt808Source:
    """The platform. The times are given by tests."""

    def __init__(
        self,
        name: str,
        feed: FeedSettings,
        secret_dir: Path,
        *,
        entry_s: float = ENTRY_S,
        frame_s: float = FRAME_S,
        idle_s: float = IDLE_S,
    ) -> None:
        if feed.format not in ("", "jt808"):
            raise SettingsError(
                f"feeds.{name} format", expected="jt808 of sensor vehicles", came=feed.format,
                act="Correct it.",
            )  # fmt: skip
        self.name = name
        self.entry_s, self.frame_s, self.idle_s = entry_s, frame_s, idle_s
        self._address = address(name, feed.url)
        self._secret_dir = secret_dir

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Listen until stopped."""
        key = secret(self._secret_dir, "jt808")
        terminals: dict[str, _Terminal] = {}
        house = Listening(
            inbox, lambda house: _Terminal(house, self, key, terminals),
            most=MOST_CONNECTIONS, most_a_host=MOST_A_HOST,
        )  # fmt: skip
        house.serve(*self._address, stop)


class _Terminal(Peer):
    """One connection; `terminals` are those of all that have authenticated, by their number."""

    def __init__(
        self, house: Listening, source: Jt808Source, key: bytes, terminals: dict[str, _Terminal]
    ) -> None:
        super().__init__(house)
        self._source, self._terminals = source, terminals
        self._session = Session(key)
        self._known = ""  # the number under which it stands in `terminals`
        self._unknown_s = self._begun_s = self.opened_s

    def frames_of(self, data: bytes) -> list[Arrived]:
        """Do what the session says; what is to be archived."""
        if not self._session.unended or b"\x7e" in data:
            self._begun_s = self.heard_s
        frames = []
        for step in self._session.feed(data):
            if step.refused:
                self.refuse(step.refused, step.sample.hex().encode())
            if step.entered:
                self._enter(step.entered)
            if step.left:
                self._leave()
            if step.keep:
                frames.append(self._arrived(step))
            elif step.reply:
                self.transport.write(step.reply)
            if step.cut:
                self.cut("", b"")
                break
        return frames

    def _arrived(self, step: Step) -> Arrived:
        self.house.outstanding += 1
        done = partial(self.house.answer, self, step.reply)
        name = self._source.name
        return Arrived(name, "vehicles", ".jt808", name, step.keep.hex().encode(), done)

    def _enter(self, terminal: str) -> None:
        """The one that authenticated last is the terminal; an older connection is closed."""
        self._leave()
        older = self._terminals.get(terminal)
        if older is not None:
            sample = f"{terminal}: {older.host}, then {self.host}"
            older.cut("two_terminals_one_id", sample.encode())
        self._terminals[terminal] = self
        self._known = terminal

    def _leave(self) -> None:
        if self._terminals.get(self._known) is self:
            del self._terminals[self._known]
        self._known, self._unknown_s = "", self.heard_s

    def gone(self) -> None:
        """The connection has ended."""
        self._leave()

    def overdue(self, now_s: float) -> str | None:
        """It does not authenticate, a frame takes too long, or nothing comes."""
        if not self._known and now_s - self._unknown_s > self._source.entry_s:
            return "never_authenticated"
        if self._session.unended and now_s - self._begun_s > self._source.frame_s:
            return "slow_frame"
        return "" if now_s - self.heard_s > self._source.idle_s else None

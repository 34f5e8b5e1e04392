"""All feeds at once: a thread and an inbox each, so that none can delay or starve another."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import PierwatchError
from core.settings import FeedSettings
from geo.site import Site
from ingest.arrived import Arrived
from ingest.beidou.privacy import centre_of
from ingest.sources.addresses import shown
from ingest.sources.framing import Framing, framing
from ingest.sources.inbox import FeedState, Inbox
from ingest.sources.makers import Source, make

MOST_DRAINED: Final = 20_000  # frames: what the archive brings to disk at once
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0


@dataclass
class _Feed:
    settings: FeedSettings
    source: Source
    framing: Framing
    inbox: Inbox
    thread: threading.Thread | None = None
    ended: bool = False

    def state(self) -> FeedState:
        """How it does."""
        told = self.settings
        return self.inbox.report(told.sensor, shown(told.url), told.owner)


class Sources:
    """The feeds of a live service.

    Raises
    ------
    SettingsError
        A feed's url cannot be used.
    SetupError
        A feed needs an optional extra that is not installed.
    SiteError
        The site's addresses of the centre are none.
    """

    def __init__(
        self,
        feeds: Mapping[str, FeedSettings],
        site: Site,
        secret_dir: Path,
        stop: threading.Event,
    ) -> None:
        self._stop = stop
        self._next = 0
        self._centre = centre_of(site.extra)
        if any(each.format == "asterix" for each in feeds.values()):
            from ingest.asterix.records import Reader

            Reader()  # without its library the first frame would end the service
        self._feeds = {
            name: _Feed(
                each, make(name, each, site, secret_dir), framing(name, each),
                Inbox(name, each.most_waiting),
            )
            for name, each in feeds.items()
        }  # fmt: skip

    def start(self) -> None:
        """Begin to read them all."""
        for name, feed in self._feeds.items():
            feed.thread = threading.Thread(
                target=self._run, args=(feed,), name=f"feed-{name}", daemon=True
            )
            feed.thread.start()

    def _run(self, feed: _Feed) -> None:
        """Read, and read again after growing pauses where it broke; a run that heard something
        begins with the shortest again."""
        inbox, pause_s = feed.inbox, FIRST_PAUSE_S
        while not self._stop.is_set():
            before = inbox.taken
            try:
                feed.source.run(inbox, self._stop)
                break
            except Exception as error:  # whatever it is, the other feeds go on
                inbox.peers = 0
                inbox.state(f"waiting: {_said(error)}")
            pause_s = FIRST_PAUSE_S if inbox.taken > before else pause_s
            self._stop.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        feed.ended = not self._stop.is_set()
        inbox.state("ended" if feed.ended else "stopped")

    def drain(self, most: int = MOST_DRAINED) -> list[Arrived]:
        """Frames that wait, `most` at most, in each feed's own order.

        Every feed gets an equal share first; what is left over goes round, beginning with another
        feed each time. Each is as its feed's framing lets it be archived.
        """
        feeds = list(self._feeds.values())
        if not feeds:
            return []
        self._next = (self._next + 1) % len(feeds)
        feeds = feeds[self._next :] + feeds[: self._next]
        share = max(1, most // len(feeds))
        frames: list[Arrived] = []
        for size in (share, most):
            for feed in feeds:
                taken = feed.inbox.take(min(size, most - len(frames)))
                frames += feed.framing.archived(taken, self._centre)
        return frames

    def states(self) -> list[FeedState]:
        """How each feed does."""
        return [feed.state() for feed in self._feeds.values()]

    @property
    def over(self) -> bool:
        """Whether every feed has ended by itself and nothing waits."""
        feeds = self._feeds.values()
        return bool(feeds) and all(f.ended and not f.inbox.waiting for f in feeds)

    def join(self, timeout_s: float) -> bool:
        """Wait, after a stop, until the sources have closed; False where the time was over."""
        until = time.monotonic() + timeout_s
        threads = [feed.thread for feed in self._feeds.values() if feed.thread]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)


def _said(error: Exception) -> str:
    """An error in a sentence; of what nobody foresaw, also the kind."""
    if isinstance(error, OSError | PierwatchError) and str(error):
        return str(error)
    return f"{type(error).__name__} {error}".strip()

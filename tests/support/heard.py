"""A live source that runs in a test, and what it heard."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.settings import FeedSettings
from geo.site import parse_site
from ingest.arrived import Arrived
from ingest.sources.hub import Sources
from ingest.sources.inbox import FeedState

PATIENCE_S = 15.0


def ran(work: Coroutine[Any, Any, None]) -> None:
    """A coroutine to its end, in a thread of its own: a browser may hold the loop of this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something to become true; fail where it does not."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)


class Heard:
    """The hub of some feeds, and the part of the clerk: drains, and says that all is kept."""

    def __init__(self, feeds: Mapping[str, FeedSettings], folder: Path) -> None:
        self.stop = threading.Event()
        self.sources = Sources(
            feeds, parse_site({"site.toml": b'name = "cove"'}), folder, self.stop
        )
        self.frames: list[Arrived] = []
        self.kept = True

    def state(self, feed: str = "") -> FeedState:
        """How a feed does, the first where none is named."""
        return next(each for each in self.sources.states() if feed in ("", each.feed))

    def port(self, feed: str = "") -> int:
        """Where a feed listens."""
        until(lambda: self.state(feed).state == "listening", "a source that listens")
        return int(self.state(feed).detail.rpartition(":")[2])

    def drain(self, *, done: bool = True) -> list[Arrived]:
        """Take what waits; say that it is kept, or that it is not, unless `done` is False."""
        frames = self.sources.drain()
        self.frames += frames
        for each in frames:
            if done and each.done is not None:
                each.done(self.kept)
        return frames

    def texts(self, n: int) -> list[bytes]:
        """The first frames' bytes, once so many came."""
        until(lambda: self.drain() is None or len(self.frames) >= n, f"{n} frames")
        return [each.frame for each in self.frames]

    def counts(self, n: int, reason: str, feed: str = "") -> FeedState:
        """The feed's state, once so many were refused for a reason."""
        until(lambda: self.state(feed).refused.get(reason) == n, f"{n} {reason}")
        return self.state(feed)


@contextmanager
def hearing(folder: Path, **feeds: FeedSettings) -> Iterator[Heard]:
    """The feeds, started; stopped at the end, which must not take long."""
    heard = Heard(feeds, folder)
    heard.sources.start()
    try:
        yield heard
    finally:
        heard.stop.set()
        end = time.monotonic() + PATIENCE_S
        while not heard.sources.join(0.05):  # what is on its way is still answered
            heard.drain()
            assert time.monotonic() < end, "a source does not stop"


@contextmanager
def kept_up(heard: Heard) -> Iterator[None]:
    """A clerk in a thread of its own, for as long as the block lasts."""
    over = threading.Event()

    def clerk() -> None:
        while not over.wait(0.01):
            heard.drain()

    thread = threading.Thread(target=clerk)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

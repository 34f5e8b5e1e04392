"""A source in its thread and a clerk that takes its frames, as the live service has them."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from ingest.arrived import Arrived
from ingest.sources.inbox import Inbox
from ingest.sources.makers import Source

AGAIN_S = 0.1


class Clerk:
    """Takes frames, brings them to a disk and says so: every `commit_s`, as long as it works.

    `keeps` False: it says of every frame that it could not be kept. `pause()` lets it stop taking.
    """

    def __init__(self, inbox: Inbox, commit_s: float = 0.01) -> None:
        self.inbox, self.commit_s = inbox, commit_s
        self.frames: list[Arrived] = []
        self.keeps, self.pausing = True, False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with tempfile.TemporaryFile() as disk:
            while not self._stop.wait(self.commit_s):
                taken = [] if self.pausing else self.inbox.take(100_000)
                if not taken:
                    continue
                kept = self.keeps
                if kept:
                    disk.write(b"\n".join(each.frame for each in taken))
                    disk.flush()
                    os.fsync(disk.fileno())
                    self.frames += taken
                for each in taken:
                    if each.done:
                        each.done(kept)

    @property
    def texts(self) -> list[str]:
        return [each.frame.decode() for each in self.frames]

    def __enter__(self) -> Clerk:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@contextlib.contextmanager
def running(source: Source, inbox: Inbox) -> Iterator[threading.Event]:
    """The source in a thread, opened again where it breaks, as the hub does."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                source.run(inbox, stop)
            except Exception as error:
                inbox.state(f"waiting: {error}")
            stop.wait(AGAIN_S)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(holds: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until it holds; fail where it does not in time."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def state(inbox: Inbox) -> str:
    report = inbox.report("", "")
    return f"{report.state}: {report.detail}"

"""What officers decide comes from the store into the archive, in a thread of its own.

The database may be slow or away: then nothing comes, and no tick waits for it. A decision is in
the archive, with its number, before the engine takes it; reading goes on behind the highest number
that the archive and the state know, so nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from core.errors import StoreError
from core.times import unix_us, utc_text
from pipeline.clerk import Clerk
from pipeline.recording import Recording
from pipeline.told import Told

LOOK_EVERY_S: Final = 1.0
_PAUSE_S: Final = 1.0
_AT_ONCE: Final = 100


class Desk(Protocol):  # its methods are the store's
    """Where decisions come from."""

    def decisions_after(self, site: str, decision_id: int, limit: int) -> list[dict[str, Any]]: ...
    def told_of_decisions(self) -> AbstractContextManager[Callable[[float], bool]]: ...


class DeskFeed:
    """Takes what a site's officers decide behind a number to the clerk, until it is stopped."""

    def __init__(self, desk: Desk, site: str, clerk: Clerk, after_id: int) -> None:
        self._desk, self._site, self._clerk, self._after_id = desk, site, clerk, after_id
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End; what was not taken by then is taken at the next start."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def take(self) -> bool:
        """Take what is new to the archive; False where some of it must wait."""
        rows = self._desk.decisions_after(self._site, self._after_id, _AT_ONCE)
        for row in rows:
            if self._ending.is_set() or not self._clerk.decide(_text(row)):
                return False
            self._after_id = row["decision_id"]
        return len(rows) < _AT_ONCE

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                with self._desk.told_of_decisions() as wait:
                    while not self._ending.is_set():
                        if self.take():
                            wait(LOOK_EVERY_S)
                        else:
                            self._ending.wait(_PAUSE_S / 10)
            except StoreError:  # the store's own writers say that it is away
                self._ending.wait(_PAUSE_S)


def last_decision(recording: Recording) -> int:
    """The highest number of a decision in an archive; 0 where there is none.

    Numbers grow, so the newest file that has any tells it.
    """
    for path in reversed(recording.feeds["desk"]):
        lines = Told([path], "received_at", recording.keys).until(None)
        numbers = [n for *_, m in lines if isinstance(n := m.get("decision_id"), int)]
        if numbers:
            return max(numbers)
    return 0


def _text(row: dict[str, Any]) -> bytes:
    """A decision as a JSON object."""
    at = utc_text(unix_us(row["decided_at"]))
    return json.dumps({**row, "decided_at": at}, ensure_ascii=False).encode()

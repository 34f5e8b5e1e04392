"""What the live feeds say of themselves for the store, and how long rows take to get there."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from ingest.sources.inbox import FeedState

LOOKED_BACK_S: Final = 600


class StoredAfter:
    """How long after the end of a tick its rows were stored, over the last ten minutes.

    Told by the thread that writes to the database, asked by the engine's.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._delays: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def tick(self, tick: datetime) -> None:
        """The database has all rows up to a tick."""
        now_s = self._now()
        with self._lock:
            self._delays.append((now_s, max(0.0, now_s - tick.timestamp())))
            while self._delays[0][0] < now_s - LOOKED_BACK_S:
                self._delays.popleft()

    def quantiles_s(self) -> tuple[float, float] | None:
        """Median and 95th percentile in seconds; None where nothing was stored."""
        with self._lock:
            delays = [delay for _, delay in self._delays]
        if not delays:
            return None
        half, most = np.quantile(delays, (0.5, 0.95)).tolist()
        return round(half, 3), round(most, 3)

    def summary(self) -> dict[str, Any]:
        """For `summary.json` of a live service."""
        known = self.quantiles_s()
        return {"stored_after_s": {"p50": known[0], "p95": known[1]}} if known else {}


def states(
    feeds: Sequence[FeedState],
    unkept: Mapping[str, int],
    now_s: float,
    stored: StoredAfter | None,
) -> list[dict[str, Any]]:
    """Rows as `store.FeedWrites.write_feed_states` takes them.

    Parameters
    ----------
    unkept
        By feed: frames that the archive did not take, which are lost too.
    """
    known = stored.quantiles_s() if stored else None
    return [
        {
            "feed": f"{feed.sensor}/{feed.feed}",
            "sensor": feed.sensor,
            "url": feed.url,
            "state": feed.state,
            "detail": feed.detail,
            "waiting": feed.waiting,
            "lost": feed.lost + unkept.get(feed.feed, 0),
            "refused": feed.refused,
            "samples": {
                reason: [sample.decode("utf-8", "backslashreplace") for sample in some]
                for reason, some in feed.samples.items()
            },
            "peers": feed.peers,
            "stored_after_s": known[1] if known else None,
            "updated_at": datetime.fromtimestamp(now_s, UTC).isoformat(),
        }
        for feed in feeds
    ]

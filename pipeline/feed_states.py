"""What the live feeds say of themselves for the store, and how long rows take to get there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from core.times import SECOND_US
from ingest.sources.inbox import FeedState

LOOKED_BACK_S: Final = 600
SLOT_S: Final = 10
_SLOTS: Final = LOOKED_BACK_S // SLOT_S
#: Upper ends of the delays' bins in seconds: hundredths up to 2 s, then 6 % each up to an hour.
_ENDS: Final = np.concatenate([np.arange(1, 200) / 100, np.geomspace(2, 3600, 130)])


class StoredAfter:
    """How long after their receipt rows were stored: a histogram of the last ten minutes.

    The receipt is the arrival that the archive stamps (`arrived_at`), the end the commit of the
    database. Every row counts, those too that waited for their source's clock to be judged or for
    a database that was away; frames that were shed or not kept are no rows, and what arrived before
    this was made is an earlier life's. Told by the thread that writes to the database, asked by the
    engine's; however many the rows, its size stays.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now, self._begun_us = now, round(now() * SECOND_US)
        self._counts = np.zeros((_SLOTS, len(_ENDS)), np.int64)
        self._slots = np.full(_SLOTS, -1)  # of which stretch of ten seconds each counts
        self._lock = threading.Lock()

    def rows(self, frame: pl.DataFrame) -> None:
        """The database has these rows; a frame without `arrived_at` says nothing."""
        if "arrived_at" not in frame.columns:
            return
        arrived = frame["arrived_at"].drop_nulls().dt.epoch("us").to_numpy()
        now_s = self._now()
        delays = now_s - arrived[arrived >= self._begun_us] / SECOND_US
        bins = np.minimum(np.searchsorted(_ENDS, delays), len(_ENDS) - 1)
        slot = int(now_s) // SLOT_S
        with self._lock:
            if self._slots[slot % _SLOTS] != slot:
                self._slots[slot % _SLOTS], self._counts[slot % _SLOTS] = slot, 0
            self._counts[slot % _SLOTS] += np.bincount(bins, minlength=len(_ENDS))

    def quantiles_s(self) -> tuple[float, float] | None:
        """Median and 95th percentile in seconds, rounded up to their bins' ends; None where
        nothing was stored."""
        slot = int(self._now()) // SLOT_S
        with self._lock:
            counts = self._counts[self._slots > slot - _SLOTS].sum(axis=0)
        if not counts.any():
            return None
        half, most = np.searchsorted(np.cumsum(counts), np.array([0.5, 0.95]) * counts.sum())
        return round(float(_ENDS[half]), 3), round(float(_ENDS[most]), 3)

    def summary(self) -> dict[str, Any]:
        """For `summary.json` of a live service: seconds from receipt to stored."""
        known = self.quantiles_s()
        return {"stored_after_s": {"p50": known[0], "p95": known[1]}} if known else {}


def states(
    feeds: Sequence[FeedState],
    unkept: Mapping[str, int],
    now_s: float,
    stored: StoredAfter | None,
    trouble: str | None = None,
) -> list[dict[str, Any]]:
    """Rows as `store.FeedWrites.write_feed_states` takes them.

    Parameters
    ----------
    unkept
        By feed: frames that the archive did not take, which are lost too.
    stored
        Its 95th percentile from receipt to stored is `stored_after_s`, the same of all feeds.
    trouble
        Why the archive takes nothing, so that no feed is heard.
    """
    known = stored.quantiles_s() if stored else None
    return [
        {
            "feed": f"{feed.sensor}/{feed.feed}",
            "sensor": feed.sensor,
            "url": feed.url,
            "owner": feed.owner or None,
            "state": "waiting" if trouble else feed.state,
            "detail": trouble or feed.detail,
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

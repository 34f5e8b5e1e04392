"""What the engine remembers of the feeds, to be saved and loaded at any tick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from alerts import notices as alert_book
from core.schema import HEARD, empty
from models.feeds.census import CENSUS, LAG
from models.feeds.datum import EVIDENCE
from models.feeds.disk import Disk
from models.feeds.outages import Outages
from models.feeds.plausibility import NEWEST
from models.feeds.quarantine import RELEASED, Quarantine
from models.feeds.reception import COUNTED
from models.feeds.sos import Calls
from models.feeds.watch import Watch

#: Released rows with the tick that ends their stretch.
OF_STRETCH: Final = pl.Schema({**RELEASED, "stretch_s": pl.Int64()})
#: Where a station heard something again.
AGAIN: Final = pl.Schema(
    {"source": pl.String(), "lon": pl.Float64(), "lat": pl.Float64(), "tick_s": pl.Int64()}
)
_FRAMES: Final = ("rows", "heard", "again", "counts", "lags", "newest", "evidence", "cells")


@dataclass(frozen=True)
class FeedState:
    """What is known of the feeds; `rows`, `heard` and `again` are those of the open stretch."""

    quarantine: Quarantine = field(default_factory=Quarantine)
    watch: Watch = field(default_factory=Watch)
    calls: Calls = field(default_factory=Calls)
    disk: Disk | None = None
    book: alert_book.Book = field(default_factory=dict)
    rows: pl.DataFrame = field(default_factory=lambda: empty(OF_STRETCH))
    heard: pl.DataFrame = field(default_factory=lambda: empty(HEARD))
    again: pl.DataFrame = field(default_factory=lambda: empty(AGAIN))
    counts: pl.DataFrame = field(default_factory=lambda: empty(CENSUS))
    lags: pl.DataFrame = field(default_factory=lambda: empty(LAG))
    newest: pl.DataFrame = field(default_factory=lambda: empty(NEWEST))
    evidence: pl.DataFrame = field(default_factory=lambda: empty(EVIDENCE))
    cells: pl.DataFrame = field(default_factory=lambda: empty(COUNTED))

    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames, in an order that does not depend on cuts."""
        plain = {name: getattr(self, name) for name in _FRAMES}
        order = ["tick_s", "key", "received_at", "arrived_at", "target"]
        plain["rows"] = self.rows.sort(order)
        plain["heard"] = self.heard.sort(HEARD.names())
        plain["again"] = self.again.sort(AGAIN.names())
        return {
            **plain,
            "waiting": self.quarantine.waiting,
            "judged": self.watch.judged,
            "alive": self.watch.alive,
        }

    def books(self) -> dict[str, bytes]:
        """What is no frame."""
        return {
            "clocks": self.quarantine.dump(),
            "outages": self.watch.outages.dump(),
            "calls": self.calls.dump(),
            "disk": json.dumps(self.disk).encode(),
            "notices": alert_book.dump(self.book),
        }

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame], books: Mapping[str, bytes]) -> FeedState:
        """From what `frames` and `books` gave."""
        full = json.loads(books["disk"])
        return FeedState(
            Quarantine.load(books["clocks"], frames["waiting"]),
            Watch(frames["judged"], frames["alive"], Outages.load(books["outages"])),
            Calls.load(books["calls"]),
            None if full is None else (full[0], full[1]),
            alert_book.load(books["notices"]),
            **{name: frames[name] for name in _FRAMES},
        )

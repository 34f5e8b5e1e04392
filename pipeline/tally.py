"""What was counted on the way from the wire to the engine, and a bounded sample of what was not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ingest.decoded import Decoded

SAMPLES_PER_REASON = 20


@dataclass
class Tally:
    """Counts by sensor's folder and kind; refusals by feed and reason."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def take(self, part: Decoded, feed: str, file: str) -> None:
        """Count a decoder's yield; `file` is that of the recording, `feed` its feed."""
        sensor = feed.split("/")[0]
        for kind, n in part.counts.items():
            self.counts[sensor, kind] += n
        self.heard_again(sensor, part.receptions)
        if len(part.refusals):
            self.refuse(feed, part.refusals, file)

    def heard_again(self, sensor: str, n: int) -> None:
        """Count transmissions that another station heard too."""
        if n:
            self.counts[sensor, "reception"] += n

    def refuse(self, feed: str, rows: pl.DataFrame, file: str = "") -> None:
        """Count refused frames (`reason`, `line`, `detail`); keep the first few of every reason."""
        for (reason,), same in rows.group_by("reason", maintain_order=True):
            name = feed, str(reason)
            self.refused[name] += len(same)
            kept = self.kept.setdefault(name, [])
            some = same.select("reason", "line", "detail").head(SAMPLES_PER_REASON - len(kept))
            kept.extend({"source": file or feed, **row} for row in some.to_dicts())

    def no_time(self, frame: pl.DataFrame, feed: str, file: str) -> pl.DataFrame:
        """Refuse the rows that nobody knows the time of; the others."""
        timed = frame["received_at"].is_not_null() & frame["arrived_at"].is_not_null()
        if timed.all():
            return frame
        refused = frame.filter(~timed).select("line", "target").rename({"target": "detail"})
        self.refuse(feed, refused.with_columns(pl.lit("no_time").alias("reason")), file)
        return frame.filter(timed)

    def add(self, other: Tally) -> None:
        """Count what another has counted, too."""
        self.counts.update(other.counts)
        self.refused.update(other.refused)
        for name, rows in other.kept.items():
            kept = self.kept.setdefault(name, [])
            kept.extend(rows[: SAMPLES_PER_REASON - len(kept)])

    def taken(self) -> Tally:
        """What was counted since it was asked last; this one begins anew."""
        mine = Tally(self.counts.copy(), self.refused.copy(), dict(self.kept))
        self.counts.clear()
        self.refused.clear()
        self.kept.clear()
        return mine

    def frames(self) -> dict[str, dict[str, int]]:
        """Counts by sensor's folder, then by kind."""
        found: dict[str, dict[str, int]] = {}
        for (sensor, kind), n in sorted(self.counts.items()):
            found.setdefault(sensor, {})[kind] = n
        return found

    def refusals(self) -> dict[str, dict[str, int]]:
        """Refused frames by feed, then by reason."""
        found: dict[str, dict[str, int]] = {}
        for (feed, reason), n in sorted(self.refused.items()):
            found.setdefault(feed, {})[reason] = n
        return found

    @property
    def samples(self) -> list[dict[str, Any]]:
        """The refused frames that were kept: `source`, `reason`, `line`, `detail`."""
        return [sample for some in self.kept.values() for sample in some]

    def rows(self) -> list[dict[str, Any]]:
        """Refusals as `store.FeedWrites.write_refusals` takes them."""
        return [
            {
                "feed": feed if "/" in feed else None,
                "source": None if "/" in feed else feed,
                "reason": reason,
                "n": n,
                "samples": [str(s["detail"]) for s in self.kept.get((feed, reason), ())],
            }
            for (feed, reason), n in sorted(self.refused.items())
        ]

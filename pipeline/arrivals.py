"""Files of a feed, each in its own order, become one stream in the order of arrival.

Frames are ordered by arrival, file name, line (contract). Of each file only what is not yet older
than the slowest file is held, so memory does not grow with the files' length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import RecordingError
from core.schema import IDENTITY, OBSERVATION, arriving
from ingest.ais import AisDecoder
from ingest.ais.receptions import Receptions
from ingest.decoded import Decoded
from pipeline.recording import chunks

SAMPLES_PER_REASON = 20
SECOND_US = 1_000_000
SLICE_US = 3600 * SECOND_US
_OBSERVED = pl.Schema({**arriving(OBSERVATION), "file": pl.Int32(), "payload": pl.UInt64()})
_CLAIMED = pl.Schema({**arriving(IDENTITY), "file": pl.Int32(), "payload": pl.UInt64()})


@dataclass
class Tally:
    """What was counted on the way, and a bounded sample of what was refused."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    samples: list[dict[str, str | int | None]] = field(default_factory=list)

    def take(self, part: Decoded, source: str) -> None:
        """Count a decoder's yield."""
        self.counts.update(part.counts)
        self.counts["reception"] += part.receptions
        for row in part.refusals.iter_rows(named=True):
            self.refuse(source, row["reason"], row["line"], row["detail"])

    def refuse(self, source: str, reason: str, line: int | None, detail: str | None) -> None:
        """Count a refused frame; keep the first few of every source and reason."""
        self.refused[source, reason] += 1
        if self.refused[source, reason] <= SAMPLES_PER_REASON:
            sample = {"source": source, "reason": reason, "line": line, "detail": detail}
            self.samples.append(sample)


@dataclass
class _File:
    number: int
    name: str
    parts: Iterator[Decoded]
    observed: list[pl.DataFrame] = field(default_factory=list)
    claimed: list[pl.DataFrame] = field(default_factory=list)
    frontier_us: int = -1
    done: bool = False


@dataclass(frozen=True)
class Slice:
    """What arrived up to a time: observations and identity claims in the order of arrival."""

    observations: pl.DataFrame
    identities: pl.DataFrame
    until_us: int
    last: bool = False


class Arrivals:
    """The AIS files of a recording as one stream of slices of about an hour.

    Parameters
    ----------
    files
        In the order of their names.
    skew_s
        The site's `[skew_s]`.
    progress
        Told the bytes read.
    """

    def __init__(
        self,
        files: tuple[Path, ...],
        skew_s: dict[str, float],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.tally = Tally()
        self._skew_s = {source: int(s) for source, s in skew_s.items()}
        self._progress = progress
        self._files = [_File(i, path.name, self._decode(path)) for i, path in enumerate(files)]
        self._receptions = {"observations": Receptions(), "identities": Receptions()}

    def __iter__(self) -> Iterator[Slice]:
        begun = False
        until_us = -1
        while any(not f.done for f in self._files):
            slowest = min(
                (f for f in self._files if not f.done), key=lambda f: (f.frontier_us, f.number)
            )
            self._pull(slowest)
            open_ = [f.frontier_us for f in self._files if not f.done]
            horizon = min(open_, default=None)
            if (
                horizon is not None
                and (not begun or horizon - until_us >= SLICE_US)
                and horizon > 0
            ):
                until_us, begun = (horizon - 1) // SECOND_US * SECOND_US, True
                yield self._emit(until_us)
        yield self._emit(None)

    def _decode(self, path: Path) -> Iterator[Decoded]:
        decoder = AisDecoder(source=path.name.split(".")[0], skew_s=self._skew_s)
        try:
            for chunk in chunks(path):
                self._progress(len(chunk))
                part = decoder.feed(chunk)
                self.tally.take(part, path.name)
                yield part
        except RecordingError as error:  # the rest of this file is lost, the others go on
            self.tally.refuse(path.name, "unreadable_file", None, error.came[:120])
        part = decoder.close()
        self.tally.take(part, path.name)
        yield part

    def _pull(self, file: _File) -> None:
        part = next(file.parts, None)
        if part is None:
            file.done = True
            return
        for frame, payloads, kept, schema in (
            (part.observations, part.observation_payloads, file.observed, _OBSERVED),
            (part.identities, part.identity_payloads, file.claimed, _CLAIMED),
        ):
            timeless = frame["received_at"].is_null() | frame["arrived_at"].is_null()
            for row in frame.filter(timeless).select("line", "target").iter_rows(named=True):
                self.tally.refuse(file.name, "no_time", row["line"], row["target"])
            held = frame.with_columns(
                pl.lit(file.number, pl.Int32).alias("file"), payloads.alias("payload")
            ).filter(~timeless)
            kept.append(held.select(schema.names()))
            if len(held):
                file.frontier_us = max(file.frontier_us, _newest_us(held))

    def _emit(self, until_us: int | None) -> Slice:
        frames = {}
        last_us = until_us if until_us is not None else -1
        for name, attribute, schema in (
            ("observations", "observed", _OBSERVED),
            ("identities", "claimed", _CLAIMED),
        ):
            ready = []
            for file in self._files:
                held = pl.concat([pl.DataFrame(schema=schema), *getattr(file, attribute)])
                due = (
                    pl.lit(True)
                    if until_us is None
                    else pl.col("arrived_at").dt.epoch("us") <= until_us
                )
                ready.append(held.filter(due))
                setattr(file, attribute, [held.filter(~due)])
            frame = pl.concat([pl.DataFrame(schema=schema), *ready]).sort(
                "arrived_at", "file", "line"
            )
            frames[name] = self._first_heard(name, frame)
            if until_us is None and len(frame):
                last_us = max(last_us, _newest_us(frame))
        last = until_us is None
        return Slice(frames["observations"], frames["identities"], last_us, last)

    def _first_heard(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        if len(self._files) < 2:
            return frame
        received = frame["received_at"].dt.epoch("us").to_numpy().astype(np.int64)
        new = self._receptions[name].first(frame["payload"].to_numpy(), received)
        self.tally.counts["reception"] += int((~new).sum()) if name == "observations" else 0
        return frame.filter(pl.Series(new))


def _newest_us(frame: pl.DataFrame) -> int:
    newest = frame["arrived_at"].dt.epoch("us").max()
    assert isinstance(newest, int)
    return newest

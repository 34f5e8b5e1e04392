"""Files of a feed, each in its own order, become one stream in the order of arrival.

Frames are ordered by arrival, file name, line (contract). Of each file only what is not yet older
than the slowest file is held, so memory does not grow with the files' length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import RecordingError
from core.schema import IDENTITY, OBSERVATION, UTC_TIME, arriving
from core.times import SECOND_US
from ingest.ais import AisDecoder
from ingest.ais.receptions import Receptions
from ingest.decoded import Decoded
from pipeline.recording import chunks, source_of

SAMPLES_PER_REASON = 20
SLICE_US = 3600 * SECOND_US
MOST_ROWS = 500_000  # held at a time; a dense hour is cut
OBSERVED = pl.Schema({**arriving(OBSERVATION), "file": pl.Int32(), "payload": pl.UInt64()})
CLAIMED = pl.Schema({**arriving(IDENTITY), "file": pl.Int32(), "payload": pl.UInt64()})


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
        if len(part.refusals):
            self.refuse(source, part.refusals)

    def refuse(self, source: str, rows: pl.DataFrame) -> None:
        """Count refused frames (`reason`, `line`, `detail`); keep the first few of every reason."""
        for (reason,), same in rows.group_by("reason", maintain_order=True):
            room = SAMPLES_PER_REASON - self.refused[source, str(reason)]
            self.refused[source, str(reason)] += len(same)
            kept = same.select("reason", "line", "detail").head(max(room, 0))
            self.samples.extend({"source": source, **row} for row in kept.iter_rows(named=True))

    def no_time(self, frame: pl.DataFrame, source: str) -> pl.DataFrame:
        """Refuse the rows that nobody knows the time of; the others."""
        timed = frame["received_at"].is_not_null() & frame["arrived_at"].is_not_null()
        if timed.all():
            return frame
        refused = frame.filter(~timed).select("line", "target").rename({"target": "detail"})
        self.refuse(source, refused.with_columns(pl.lit("no_time").alias("reason")))
        return frame.filter(timed)


@dataclass(frozen=True)
class Slice:
    """What arrived up to a time: observations and identity claims in the order of arrival."""

    observations: pl.DataFrame
    identities: pl.DataFrame
    until_us: int
    last: bool = False


class FirstHeard:
    """Folds what several files' stations heard of one transmission, in the order of arrival."""

    def __init__(self) -> None:
        self._observed, self._claimed = Receptions(), Receptions()

    def take(self, observed: pl.DataFrame, claimed: pl.DataFrame) -> tuple[list[pl.DataFrame], int]:
        """The rows of both frames that are heard for the first time; how many positions were not.

        Both have the columns of the schema, `file` and `payload`.
        """
        kept = []
        for frame, receptions in ((observed, self._observed), (claimed, self._claimed)):
            ordered = frame.sort("arrived_at", "file", "line")
            received = ordered["received_at"].dt.epoch("us").to_numpy().astype(np.int64)
            kept.append(
                ordered.filter(pl.Series(receptions.first(ordered["payload"].to_numpy(), received)))
            )
        return kept, len(observed) - len(kept[0])


def numbered(part: Decoded, file: int, source: str, tally: Tally) -> tuple[pl.DataFrame, ...]:
    """Count a decoder's yield; its observations and claims as `FirstHeard` takes them."""
    tally.take(part, source)
    return tuple(
        tally.no_time(
            frame.with_columns(pl.lit(file, pl.Int32).alias("file"), payloads.alias("payload")),
            source,
        ).select(schema.names())
        for frame, payloads, schema in (
            (part.observations, part.observation_payloads, OBSERVED),
            (part.identities, part.identity_payloads, CLAIMED),
        )
    )


@dataclass
class _File:
    number: int
    parts: Iterator[tuple[pl.DataFrame, ...]]
    held: tuple[list[pl.DataFrame], list[pl.DataFrame]] = field(default_factory=lambda: ([], []))
    rows: int = 0
    frontier_us: int = -1
    done: bool = False

    def pull(self) -> None:
        """Take the next piece; an arrival is never before the one in front of it."""
        part = next(self.parts, None)
        if part is None:
            self.done = True
            return
        front = pl.lit(self.frontier_us).cast(UTC_TIME)
        for frame, held in zip(part, self.held, strict=True):
            if len(frame):
                arrived = pl.max_horizontal(pl.col("arrived_at").cum_max(), front)
                held.append(frame.with_columns(arrived.alias("arrived_at")))
                self.rows += len(frame)
                self.frontier_us = max(self.frontier_us, _newest_us(held[-1]))

    def due(self, until_us: int | None) -> tuple[list[pl.DataFrame], ...]:
        """Give away what arrived until then, or all."""
        if until_us is None:
            ready, self.held = self.held, ([], [])
            return ready
        due = pl.col("arrived_at") <= pl.lit(until_us).cast(UTC_TIME)
        taken = tuple([frame.filter(due) for frame in held] for held in self.held)
        observed, claimed = ([frame.filter(~due) for frame in held] for held in self.held)
        self.held = ([f for f in observed if len(f)], [f for f in claimed if len(f)])
        self.rows = sum(len(frame) for held in self.held for frame in held)
        return taken


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
    offsets
        Where to begin in a file; at its beginning where nothing is said.
    """

    def __init__(
        self,
        files: Sequence[Path],
        skew_s: Mapping[str, float],
        progress: Callable[[int], None] = lambda _: None,
        offsets: Mapping[Path, int] | None = None,
    ) -> None:
        self.tally = Tally()
        self.first_heard = FirstHeard()
        self._skew_s = {source: int(s) for source, s in skew_s.items()}
        self._progress = progress
        self._offsets = offsets or {}
        self._files = [_File(i, self._decode(i, path)) for i, path in enumerate(files)]

    def __iter__(self) -> Iterator[Slice]:
        until_us: int | None = None
        while any(not f.done for f in self._files):
            slowest = min(
                (f for f in self._files if not f.done), key=lambda f: (f.frontier_us, f.number)
            )
            slowest.pull()
            horizon_us = min((f.frontier_us for f in self._files if not f.done), default=-1)
            if horizon_us < 0:
                continue
            if until_us is None:
                until_us = horizon_us
            ready_us = (horizon_us - 1) // SECOND_US * SECOND_US
            full = sum(f.rows for f in self._files) > MOST_ROWS and ready_us > until_us
            if full or ready_us - until_us >= SLICE_US:
                until_us = ready_us
                yield self._emit(until_us)
                self._files = [f for f in self._files if f.rows or not f.done]
        yield self._emit(None)

    def _decode(self, number: int, path: Path) -> Iterator[tuple[pl.DataFrame, ...]]:
        decoder = AisDecoder(source=source_of(path.name), skew_s=self._skew_s)
        try:
            for chunk in chunks(path, self._offsets.get(path, 0)):
                self._progress(len(chunk))
                yield numbered(decoder.feed(chunk), number, path.name, self.tally)
        except RecordingError as error:  # the rest of this file is lost, the others go on
            lost = {"reason": "unreadable_file", "line": None, "detail": error.came[:120]}
            self.tally.refuse(path.name, pl.DataFrame([lost]))
        yield numbered(decoder.close(), number, path.name, self.tally)

    def _emit(self, until_us: int | None) -> Slice:
        ready = [file.due(until_us) for file in self._files]
        observed = pl.concat([pl.DataFrame(schema=OBSERVED), *(f for r in ready for f in r[0])])
        claimed = pl.concat([pl.DataFrame(schema=CLAIMED), *(f for r in ready for f in r[1])])
        (seen, said), again = self.first_heard.take(observed, claimed)
        self.tally.counts["reception"] += again
        last_us = until_us if until_us is not None else max(_newest_us(seen), _newest_us(said))
        return Slice(seen, said, last_us, last=until_us is None)


def _newest_us(frame: pl.DataFrame) -> int:
    newest = frame["arrived_at"].dt.epoch("us").max()
    return newest if isinstance(newest, int) else -1

"""Rows that the store has before their tick is taken: a position need not wait for what follows.

What is certain to be released as it came is stored within its second, in pieces, and the rest of it
when the second is over, before the engine looks at any of it. What waits for its source's clock to
be judged is stored as the engine releases it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final, Protocol

import polars as pl

from engine.batch import Batch
from engine.feed_state import FeedState
from engine.feeds import certain, strange
from pipeline.clerk import Clerk
from pipeline.hearing import Hearing
from pipeline.slices import Part, Slice

#: How often what came is decoded before its second is over.
PIECE_S: Final = 0.2
_NAMED = ["key", "received_at"]  # of a stored row
_Known = tuple[FeedState, int, pl.DataFrame | None]


class RowSink(Protocol):
    """Where rows go (`pipeline.runner.Sink`)."""

    def write_observations(self, run_id: int, frame: pl.DataFrame) -> Any: ...
    def write_identities(self, run_id: int, frame: pl.DataFrame) -> Any: ...


class Beforehand:
    """What a run gives its store beforehand, and what is left to be given.

    `hear` may be called while the engine takes the slice that `close` was called with; not at the
    same time as `close`.
    """

    def __init__(self, sink: RowSink | None, run_id: int) -> None:
        self._sink, self._run_id = sink, run_id
        self._known: _Known = FeedState(), 0, None  # one assignment: read by the other thread
        self._open: dict[str, list[pl.DataFrame]] = {}  # keys of the open tick's rows, by kind
        self._whole: dict[str, list[pl.DataFrame]] = {}  # of the slice that is being taken

    def hear(self, heard: Part) -> None:
        """Store what of a piece of the next tick is certain."""
        feeds, after_s, strangers = self._known
        rows = heard["observations"]
        rows = rows.filter(certain(feeds, rows, after_s, strangers))
        self._store(self._open, rows, heard["identities"])

    def close(self, batch: Batch) -> None:
        """The slice is whole: store what of it is left and certain. What is heard from now on
        belongs to the tick after it."""
        feeds, after_s, strangers = self._known
        if strangers is not None:
            raise ValueError(f"the slice until tick {after_s} is not taken yet")
        strangers = strange(feeds, batch)
        self._whole, self._open = self._open, {}
        self._known = feeds, batch.until_s, strangers
        rows = self.rest("observations", batch.observations)
        who = pl.col("source").fill_null("").alias("who")
        plain = rows.with_columns(who).join(strangers, on=["sensor", "who"], how="anti")
        self._store(self._whole, plain.drop("who"), self.rest("identities", batch.identities))

    def rest(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of the slice that are not stored yet."""
        stored = self._whole.get(name)
        if not stored:
            return frame
        return frame.join(pl.concat(stored), on=_NAMED, how="anti", maintain_order="left")

    def begin(self) -> None:
        """A slice is about to be taken; where it was not closed, what was heard was of it."""
        if self._known[2] is None:
            self._whole, self._open = self._open, {}

    def taken(self, feeds: FeedState, tick_s: int) -> None:
        """The engine has come to a tick."""
        self._whole, self._known = {}, (feeds, tick_s, None)

    def _store(
        self, stored: dict[str, list[pl.DataFrame]], rows: pl.DataFrame, claims: pl.DataFrame
    ) -> None:
        if self._sink is None:
            return
        for name, write, frame in (
            ("observations", self._sink.write_observations, rows),
            ("identities", self._sink.write_identities, claims),
        ):
            if len(frame):
                write(self._run_id, frame)
                stored.setdefault(name, []).append(frame.select(_NAMED))


class Runs(Protocol):
    """A `pipeline.runner.Runner`."""

    beforehand: Beforehand

    def close(self, piece: Slice) -> None: ...


class Listening:
    """Hears the second that is not over, in a thread of its own: the engine may be long over the
    one before."""

    def __init__(self, hearing: Hearing, clerk: Clerk, runner: Runs) -> None:
        self._hearing, self._clerk, self._runner = hearing, clerk, runner
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def slice(
        self, tick_s: int, facts: Mapping[str, object], *, last: bool = False
    ) -> Slice | None:
        """Close a tick (`Clerk.close_tick`): what arrived until then, its rows on their way to the
        store. None where the archive does not take the tick."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            taken = self._clerk.close_tick(tick_s, facts)
            if taken is None:
                return None
            piece = self._hearing.slice(taken, facts, last=last and taken.tick_s == tick_s)
            self._runner.close(piece)
            return piece

    def hear(self) -> None:
        """Take what came of the second that is not over."""
        with self._lock:
            heard = self._hearing.hear(self._clerk.so_far())
            self._runner.beforehand.hear(heard)

    def _run(self) -> None:
        try:
            while not self._ending.wait(PIECE_S):
                self.hear()
        except BaseException as error:  # told to who asks for the next slice
            self._failure = error

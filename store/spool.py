"""A writer that outlives the database: what cannot be written now waits, in memory, then on disk.

Batches go to the store in the order they were given, from a thread of the spool's own; those that
wait in memory go together, in one transaction, since a commit costs more than its rows. While the
database answers, a full memory makes the giver wait; while it does not, memory goes to disk. A
batch is *kept* once the database has committed it or its file is on the disk: `kept` says up to
which one, and nothing kept is lost, whatever ends the process. What the database refuses for good
is put aside under `refused/` and counted; the batches behind it go on.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl

from core.errors import StoreError, StoreUnavailable
from store.engine import Store
from store.spool_files import Batch, SpoolFiles

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 10.0
_MOST_TOGETHER = 50_000  # rows
_JOINED = ("write_observations", "write_identities")  # several batches of which are one call


class Spool:
    """Use it as a context manager; leaving it is `close`.

    Parameters
    ----------
    store
        Where batches go. It need not answer yet.
    folder
        Where they wait on disk; what an earlier process left there goes first.
    memory_rows
        Rows (frames' rows, alerts, events) held in memory while the database is away.
    """

    def __init__(self, store: Store, folder: Path, memory_rows: int = 200_000) -> None:
        self._store, self._memory_rows = store, memory_rows
        self._files = SpoolFiles(folder)
        self._memory: deque[Batch] = deque()
        self._rows = 0
        self._given = self._files.last_serial
        self._away = self._stopping = False
        self._failure: BaseException | None = None
        self._change = threading.Condition()
        #: Rows that were new to the database, and batches that it refused, by method.
        self.inserted: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        self._thread = threading.Thread(target=self._drain, name="spool", daemon=True)
        self._thread.start()

    def write_observations(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_observations`, later; gives back the batch's serial."""
        return self._give("write_observations", run_id, frame)

    def write_identities(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_identities`, later."""
        return self._give("write_identities", run_id, frame)

    def write_segments(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_segments`, later."""
        return self._give("write_segments", run_id, frame)

    def write_events(self, run_id: int, events: Sequence[Mapping[str, Any]]) -> int:
        """As `Store.write_events`, later."""
        return self._give("write_events", run_id, [dict(event) for event in events])

    def write_alerts(self, run_id: int, alerts: Sequence[Mapping[str, Any]]) -> int:
        """As `Store.write_alerts`, later."""
        return self._give("write_alerts", run_id, [dict(alert) for alert in alerts])

    def write_messages(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_messages`, later."""
        return self._give("write_messages", run_id, frame)

    def write_receptions(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_receptions`, later."""
        return self._give("write_receptions", run_id, frame)

    def write_feed_health(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_feed_health`, later."""
        return self._give("write_feed_health", run_id, frame)

    def write_feed_states(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """As `Store.write_feed_states`, later."""
        return self._give("write_feed_states", run_id, [dict(row) for row in rows])

    def write_refusals(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """As `Store.write_refusals`, later."""
        return self._give("write_refusals", run_id, [dict(row) for row in rows])

    def write_doubts(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_doubts`, later."""
        return self._give("write_doubts", run_id, frame)

    def write_outlooks(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """As `Store.write_outlooks`, later."""
        return self._give("write_outlooks", run_id, [dict(row) for row in rows])

    def write_night_reports(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """As `Store.write_night_reports`, later."""
        return self._give("write_night_reports", run_id, [dict(row) for row in rows])

    def write_latest_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_latest_fixes`, later."""
        return self._give("write_latest_fixes", run_id, frame)

    def write_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_fixes`, later."""
        return self._give("write_fixes", run_id, frame)

    def write_links(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_links`, later."""
        return self._give("write_links", run_id, frame)

    def write_bonds(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store.write_bonds`, later."""
        return self._give("write_bonds", run_id, frame)

    def set_tick(
        self, run_id: int, tick: datetime, counts: Mapping[str, Mapping[str, int]] | None = None
    ) -> int:
        """As `Store.set_tick`, once everything given before is written."""
        load = {"tick": tick.isoformat(), "counts": {k: dict(v) for k, v in (counts or {}).items()}}
        return self._give("set_tick", run_id, load)

    @property
    def away(self) -> bool:
        """Whether the database did not answer when it was last asked."""
        return self._away

    @property
    def waiting(self) -> int:
        """Batches that the database does not have yet."""
        with self._change:
            return len(self._memory) + len(self._files)

    @property
    def kept(self) -> int:
        """The serial up to which every batch is in the database or on the disk."""
        with self._change:
            return self._memory[0].serial - 1 if self._memory else self._given

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until the database has everything; false where the time was over first."""
        with self._change:
            self._change.wait_for(
                lambda: self._failure or not (self._memory or len(self._files)), timeout_s
            )
            self._raise_failure()
            return not (self._memory or len(self._files))

    def keep(self, timeout_s: float = 5.0) -> None:
        """Write what the database takes within the time, and put the rest on the disk."""
        self.flush(0.0 if self._away else timeout_s)
        with self._change:
            self._spill()

    def close(self, timeout_s: float = 5.0) -> None:
        """As `keep`, and stop."""
        try:
            with contextlib.suppress(StoreError):
                self.keep(timeout_s)
        finally:
            with self._change:
                self._stopping = True
                self._change.notify_all()
            self._thread.join()
            self._spill()
        self._raise_failure()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _give(self, method: str, run_id: int, load: Any) -> int:
        with self._change:
            self._raise_failure()
            self._change.wait_for(
                lambda: self._failure or self._away or self._rows < self._memory_rows,
                _LONGEST_WAIT_S,  # a database that takes a batch and never answers is away too
            )
            self._raise_failure()
            if self._rows >= self._memory_rows:
                self._spill()
            self._given += 1
            batch = Batch(self._given, method, run_id, load)
            self._memory.append(batch)
            self._rows += batch.rows
            self._change.notify_all()
            return batch.serial

    def _spill(self) -> None:
        """Memory to disk, with the batch that is just being written: as a file it stays first."""
        while self._memory:
            batch = self._memory[0]
            self._files.append(batch)
            self._memory.popleft()
            self._rows -= batch.rows

    def _drain(self) -> None:
        wait_s, alone = _FIRST_WAIT_S, 0  # batches that go one by one: together they did not
        try:
            while batches := self._next(together=not alone):
                refusal = None
                try:
                    self._write(batches)
                except StoreError as error:
                    if len(batches) > 1:
                        alone = len(batches)
                        continue
                    if isinstance(error, StoreUnavailable):
                        with self._change:
                            self._away = True
                            self._change.notify_all()
                            self._change.wait_for(lambda: self._stopping, wait_s)
                        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
                        continue
                    refusal = str(error)
                for batch in batches:
                    self._done(batch, refusal)
                alone, wait_s = max(alone - 1, 0), _FIRST_WAIT_S
        except BaseException as error:  # the giver learns of it at its next call
            with self._change:
                self._failure = error
                self._change.notify_all()

    def _next(self, *, together: bool) -> list[Batch]:
        """The oldest batches: one, or those of memory that go together; none at the end."""
        with self._change:
            self._change.wait_for(lambda: self._stopping or self._memory or len(self._files))
            if self._stopping:
                return []
            if len(self._files):
                return [self._files.first()]
            found, rows, methods = [self._memory[0]], self._memory[0].rows, {self._memory[0].method}
            for batch in islice(self._memory, 1, None) if together else ():
                rows += batch.rows
                again = batch.method in methods and batch.method not in _JOINED
                if again or rows > _MOST_TOGETHER or batch.run_id != found[0].run_id:
                    break
                methods.add(batch.method)
                found.append(batch)
            return found

    def _write(self, batches: Sequence[Batch]) -> None:
        calls: dict[str, list[Batch]] = {}
        for batch in batches:
            calls.setdefault(batch.method, []).append(batch)
        inserted: dict[str, int] = {}
        with self._store.together("write rows") if len(batches) > 1 else contextlib.nullcontext():
            for method, some in calls.items():
                run_id, load = some[0].run_id, some[0].load
                if method == "set_tick":
                    tick = datetime.fromisoformat(load["tick"])
                    self._store.set_tick(run_id, tick, load["counts"])
                    continue
                if len(some) > 1:
                    load = pl.concat([batch.load for batch in some], how="diagonal_relaxed")
                inserted[method] = getattr(self._store, method)(run_id, load)
        for method, n in inserted.items():
            self.inserted[method] = self.inserted.get(method, 0) + n

    def _done(self, batch: Batch, refusal: str | None = None) -> None:
        with self._change:
            self._away = False
            from_memory = bool(self._memory) and self._memory[0].serial == batch.serial
            if refusal is not None:
                self.refused[batch.method] = self.refused.get(batch.method, 0) + 1
                self._files.refuse(batch, refusal)
            elif not from_memory:
                self._files.drop_first()
            if from_memory:
                self._memory.popleft()
                self._rows -= batch.rows
            self._change.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def wait_for(store: Store, timeout_s: float) -> bool:
    """Wait with back-off until the database answers; false where the time is over first."""
    end, wait_s = time.monotonic() + timeout_s, _FIRST_WAIT_S
    while True:
        try:
            store.ping()
            return True
        except StoreUnavailable:
            if time.monotonic() + wait_s > end:
                return False
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

"""The store behind a spool: for `live`, and for a replay that is paced.

The database may be away when `live` starts and may go away at any time: what was given waits, in
bounded memory, then on disk. The run is opened when the database answers for the first time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import polars as pl

from core.errors import StoreError, StoreUnavailable
from core.settings import Settings
from engine.place import Place
from pipeline.feed_states import StoredAfter
from pipeline.runner import write_site
from store.cluster import ensure
from store.engine import Store, connect
from store.spool import Spool

_Answer = TypeVar("_Answer")
ONLY_RUN = 0  # how writers name the live run, whose number only the database knows


@contextmanager
def open_live(
    settings: Settings,
    place: Place,
    *,
    enabled: bool,
    say: Callable[[str], None],
    stored: StoredAfter | None = None,
) -> Iterator[tuple[Spool | None, int]]:
    """The spool in front of the site's live run, and the run's number for it.

    Raises
    ------
    SetupError, StoreError
        PostGIS is missing, or the database refuses us. One that does not answer is waited for.
    """
    if not enabled:
        yield None, ONLY_RUN
        return
    store = LiveStore(ensure(settings.store), place, stored)
    folder = settings.store.spool_dir / f"live-{quote(place.site.name, safe='')}"
    try:
        store.open()
    except StoreUnavailable as error:
        say(f"{error} What is heard is kept until it answers, in {folder} and in the archive.")
    try:
        with Spool(store, folder, settings.store.spool_rows) as spool:
            yield spool, ONLY_RUN
        if spool.waiting:
            say(f"{spool.waiting} batches wait for the database in {folder}")
    finally:
        store.close()


@contextmanager
def open_desk(settings: Settings, *, enabled: bool) -> Iterator[Store | None]:
    """The store as the place where officers' decisions come from."""
    if not enabled:
        yield None
        return
    store = connect(ensure(settings.store))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def paced(store: Store, settings: Settings) -> Iterator[Spool]:
    """A spool for a paced replay, so that a slow database does not hold the clock.

    At the end everything is written. What waits when the replay is stopped is dropped: replaying
    again gives it again.
    """
    settings.store.spool_dir.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="replay-", dir=settings.store.spool_dir) as folder,
        Spool(store, Path(folder), settings.store.spool_rows) as spool,
    ):
        yield spool
        spool.flush()


class LiveStore(Store):
    """The store of a site's live run, which is opened at the first write that reaches it.

    Writers name it `ONLY_RUN`.
    """

    def __init__(self, url: str, place: Place, stored: StoredAfter | None = None) -> None:
        super().__init__(url)
        self._place = place
        self._stored = stored
        self._run_id: int | None = None
        self._uncommitted: list[pl.DataFrame] = []

    @contextmanager
    def together(self, doing: str) -> Iterator[None]:
        """As `Store`, of an open run; rows are stored when all is committed."""
        if self._run_id is None:
            self._reopened()
        try:
            with super().together(doing):
                yield
            for frame in self._uncommitted:
                self._tell(frame)
        finally:
            self._uncommitted.clear()

    def open(self) -> int:
        """Make the tables and the run, with its piers and registers; the run's number."""
        site = self._place.site
        self.migrate()
        run_id = self.open_run(
            "live", site.name, site.name, False, f"live {site.name}",
            site.title_zh, site.title_en, site.timezone,
        )  # fmt: skip
        write_site(super(), run_id, self._place)
        self._run_id = run_id
        return run_id

    def write_observations(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_observations
        return self._timed(frame, self._to_run(run_id, lambda run: write(run, frame)))

    def write_identities(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_identities
        return self._timed(frame, self._to_run(run_id, lambda run: write(run, frame)))

    def write_segments(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_segments
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_events(self, run_id: int, events: Sequence[Mapping[str, Any]]) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_events
        return self._to_run(run_id, lambda run: write(run, events))

    def write_alerts(self, run_id: int, alerts: Sequence[Mapping[str, Any]]) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_alerts
        return self._to_run(run_id, lambda run: write(run, alerts))

    def write_messages(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_messages
        return self._timed(frame, self._to_run(run_id, lambda run: write(run, frame)))

    def write_receptions(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_receptions
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_feed_health(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_feed_health
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_feed_states(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_feed_states
        return self._to_run(run_id, lambda run: write(run, rows))

    def write_refusals(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_refusals
        return self._to_run(run_id, lambda run: write(run, rows))

    def write_doubts(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_doubts
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_latest_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_latest_fixes
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_fixes
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_links(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_links
        return self._to_run(run_id, lambda run: write(run, frame))

    def write_bonds(self, run_id: int, frame: pl.DataFrame) -> int:
        """As `Store`; run 0 is the live one."""
        write = super().write_bonds
        return self._to_run(run_id, lambda run: write(run, frame))

    def set_tick(
        self, run_id: int, tick: datetime, counts: Mapping[str, Mapping[str, int]] | None = None
    ) -> None:
        """As `Store`; run 0 is the live one."""
        write = super().set_tick
        self._to_run(run_id, lambda run: write(run, tick, counts))

    def _timed(self, frame: pl.DataFrame, inserted: int) -> int:
        """What a write gave, with its rows' way here measured; rows stored before tell nothing."""
        if inserted and self.joined is not None:
            self._uncommitted.append(frame)
        elif inserted:
            self._tell(frame)
        return inserted

    def _tell(self, frame: pl.DataFrame) -> None:
        if self._stored is not None:
            self._stored.rows(frame)

    def _to_run(self, named: int, write: Callable[[int], _Answer]) -> _Answer:
        if named != ONLY_RUN:
            return write(named)
        run_id = self._run_id if self._run_id is not None else self._reopened()
        try:
            return write(run_id)
        except StoreUnavailable:
            raise
        except StoreError:
            if self.joined is not None:  # all is undone, and given again one by one
                raise
            # The database may have been made anew, without our run; a second refusal stands.
            return write(self._reopened())

    def _reopened(self) -> int:
        """The run of a database that has come back; refusing us now, it may be put right."""
        self._run_id = None
        try:
            return self.open()
        except StoreUnavailable:
            raise
        except StoreError as error:
            raise StoreUnavailable(
                error.where, expected=error.expected, came=error.came, act=error.act
            ) from error

"""What is written: every method may be called again with the same rows and changes nothing then."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import polars as pl
from sqlalchemy import Table, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.piers import Piers
from store import tables
from store.copy import insert_identities, insert_observations
from store.partitions import make_partitions
from store.segments import insert_segments
from store.session import Session

Row = Mapping[str, Any]


class Writes(Session):
    """The writing half of the store."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._days: set[date] = set()  # whose partitions are known to be there

    @contextlib.contextmanager
    def together(self, doing: str) -> Iterator[None]:
        """As `Session`."""
        try:
            with super().together(doing):
                yield
        except BaseException:
            self._days.clear()  # partitions that were made may be undone
            raise

    def open_run(
        self,
        kind: Literal["live", "replay"],
        name: str,
        site: str,
        simulated: bool,
        digest: str,
        title_zh: str,
        title_en: str,
        timezone: str,
    ) -> int:
        """The number of the run that reads what `digest` names, and make it the current one.

        The same digest gives the same run, so that a replay repeated stores nothing twice.
        """
        values = {
            "kind": kind, "name": name, "site": site, "simulated": simulated,
            "title_zh": title_zh, "title_en": title_en, "timezone": timezone,
        }  # fmt: skip
        run = tables.run
        newest = select(func.coalesce(func.max(run.c.opened_serial), 0) + 1).scalar_subquery()
        statement = upsert(run).values(digest=digest, opened_serial=newest, **values)
        statement = statement.on_conflict_do_update(
            index_elements=["digest"], set_={"opened_serial": newest, **values}
        )
        with self.transaction("open a run") as connection:
            connection.execute(text("LOCK TABLE run IN SHARE ROW EXCLUSIVE MODE"))
            return int(connection.execute(statement.returning(run.c.run_id)).scalar_one())

    def write_observations(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write observations and move the latest positions on.

        Parameters
        ----------
        run_id
            The run they belong to.
        frame
            The columns of `core.schema.OBSERVATION`; further ones are left out. No row may lack
            `key`, `sensor`, `observed_at`, `received_at` or `detail`.

        Returns
        -------
        How many were not there yet.
        """
        if frame.is_empty():
            return 0
        self._make_days(frame)
        with self.cursor("write observations") as cursor:
            return insert_observations(cursor, run_id, frame)

    def write_identities(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write identity claims (`core.schema.IDENTITY`); how many were not there yet."""
        if frame.is_empty():
            return 0
        with self.cursor("write identity claims") as cursor:
            return insert_identities(cursor, run_id, frame)

    def write_segments(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write track segments; one that has grown replaces its shorter self.

        Parameters
        ----------
        run_id
            The run they belong to.
        frame
            One row a segment: `segment_id` (String), `target` (String), `observed_at` (list of UTC
            times, ascending), `lon`, `lat` (lists of Float64). Segments of one point have no line
            and are left out.

        Returns
        -------
        How many were new or longer.
        """
        with self.cursor("write track segments") as cursor:
            return insert_segments(cursor, run_id, frame)

    def write_piers(self, run_id: int, piers: Piers) -> int:
        """Write the site's piers in place of those that the run had; how many."""
        known = {column.name for column in tables.pier.columns}
        rows = [
            {key: value for key, value in row.items() if key in known}
            | {"run_id": run_id, "geom": func.st_geomfromwkb(polygon, 4326)}
            for row, polygon in zip(piers.table.iter_rows(named=True), piers.wkb(), strict=True)
        ]
        return self._replace(tables.pier, run_id, rows)

    def write_registers(self, run_id: int, vessels: pl.DataFrame, vehicles: pl.DataFrame) -> int:
        """Write the site's vessel and vehicle registers in place of the run's; how many rows."""
        return self._replace(tables.vessel, run_id, _register(tables.vessel, run_id, vessels)) + (
            self._replace(tables.vehicle, run_id, _register(tables.vehicle, run_id, vehicles))
        )

    def write_events(self, run_id: int, events: Sequence[Row]) -> int:
        """Write settled events, each a line of `events.jsonl`; how many were not there yet."""
        rows = [
            {
                "run_id": run_id,
                "event_id": event["event_id"],
                "kind": event["kind"],
                "event_from": _instant(event["from"]),
                "event_to": _instant(event.get("to")),
                "lon": event.get("lon"),
                "lat": event.get("lat"),
                "targets": list(event.get("targets") or []),
                "pier_id": event.get("pier_id"),
                "detail": _object(event.get("detail")),
                "settled_at": _instant(event.get("settled_at")),
            }
            for event in events
        ]
        return self._insert_new(tables.event, rows, "write events")

    def write_alerts(self, run_id: int, alerts: Sequence[Row]) -> int:
        """Write alert revisions, each a line of `alerts.jsonl`; how many were not there yet."""
        typed = ("status", "kind", "level", "posterior", "severity", "pier_id", "lon", "lat")
        rows = [
            {
                "run_id": run_id,
                "alert_id": alert["alert_id"],
                "revision": alert["revision"],
                **{name: alert.get(name) for name in typed},
                "exercise": bool(alert["exercise"]),
                "issued_at": _instant(alert["issued_at"]),
                "berth_from": _instant(alert.get("berth_from")),
                "berth_to": _instant(alert.get("berth_to")),
                "targets": list(alert.get("targets") or []),
                "envelope": dict(alert),
            }
            for alert in alerts
        ]
        return self._insert_new(tables.alert, rows, "write alerts")

    def set_tick(
        self, run_id: int, tick: datetime, counts: Mapping[str, Mapping[str, int]] | None = None
    ) -> None:
        """Say how far the engine has come, and the frames counted so far.

        Parameters
        ----------
        run_id
            The run.
        tick
            The tick that is done.
        counts
            By feed ("ais") the totals by kind of frame or reason of refusal; they replace earlier
            ones.
        """
        count = tables.feed_count
        rows = [
            {"run_id": run_id, "feed": feed, "counter": counter, "n": n}
            for feed, counters in (counts or {}).items()
            for counter, n in counters.items()
        ]
        with self.transaction("set the tick") as connection:
            run = tables.run
            connection.execute(run.update().where(run.c.run_id == run_id).values(tick=tick))
            if rows:
                statement = upsert(count)
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["run_id", "feed", "counter"],
                        set_={"n": statement.excluded.n},
                    ),
                    rows,
                )

    def _make_days(self, frame: pl.DataFrame) -> None:
        days = set(frame["received_at"].dt.date().unique().to_list()) - self._days
        if days:
            with self.transaction("make the partitions of new days") as connection:
                make_partitions(connection, sorted(days))
            self._days |= days

    def _replace(self, table: Table, run_id: int, rows: list[dict[str, Any]]) -> int:
        with self.transaction(f"write the table {table.name}") as connection:
            connection.execute(delete(table).where(table.c.run_id == run_id))
            for row in rows if "geom" in table.c else []:
                connection.execute(insert(table).values(row))
            if rows and "geom" not in table.c:
                connection.execute(insert(table), rows)
        return len(rows)

    def _insert_new(self, table: Table, rows: list[dict[str, Any]], doing: str) -> int:
        if not rows:
            return 0
        key = next(iter(table.primary_key.columns.values()))
        statement = upsert(table).on_conflict_do_nothing().returning(key)
        with self.transaction(doing) as connection:
            return len(connection.execute(statement, rows).all())


def _instant(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value)


def _object(detail: Any) -> Any:
    return json.loads(detail) if isinstance(detail, str) else detail or {}


def _register(table: Table, run_id: int, frame: pl.DataFrame) -> list[dict[str, Any]]:
    kept = [name for name in frame.columns if name in table.c]
    rows = frame.select(kept).iter_rows(named=True)
    return [{"run_id": run_id, "row": i, **row} for i, row in enumerate(rows, 1)]

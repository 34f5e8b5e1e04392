"""What the engine makes at each noon: the outlook on the night that begins, the report on the one
that ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert

from store import tables
from store.session import Session


class Outlooks(Session):
    """The part of the store that outlooks and reports have."""

    def write_outlooks(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """Write outlooks (`engine.outlooks.document`); a night's newest stands. How many."""
        return self._write(tables.outlook, run_id, rows)

    def write_night_reports(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """Write reports on nights (`engine.night_reports.document`), as outlooks. How many."""
        return self._write(tables.night_report, run_id, rows)

    def outlook(self, run_id: int, evening: date | None = None) -> dict[str, Any] | None:
        """The outlook on the night of an evening, or on the last that has one; None without."""
        return self._told(tables.outlook, run_id, evening)

    def night_report(self, run_id: int, evening: date | None = None) -> dict[str, Any] | None:
        """The report on the night of an evening, or on the last that ended; None without one."""
        return self._told(tables.night_report, run_id, evening)

    def _write(self, table: Table, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        values = [
            {"run_id": run_id, "evening": date.fromisoformat(row["evening"]), "told": dict(row)}
            for row in rows
        ]
        if values:
            made = insert(table)
            onto = made.on_conflict_do_update(
                index_elements=["run_id", "evening"], set_={"told": made.excluded.told}
            )
            with self.transaction(f"write to {table.name}") as connection:
                connection.execute(onto, values)
        return len(values)

    def _told(self, table: Table, run_id: int, evening: date | None) -> dict[str, Any] | None:
        query = select(table.c.told).where(table.c.run_id == run_id)
        if evening is not None:
            query = query.where(table.c.evening == evening)
        query = query.order_by(table.c.evening.desc()).limit(1)
        with self.transaction(f"read {table.name}") as connection:
            found = connection.scalar(query)
        return None if found is None else dict(found)

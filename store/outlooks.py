"""The outlook on each night, as the engine made it at its noon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from store import tables
from store.session import Session


class Outlooks(Session):
    """The part of the store that outlooks have."""

    def write_outlooks(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
        """Write outlooks (`engine.outlooks.document`); a night's newest stands. How many."""
        table = tables.outlook
        values = [
            {"run_id": run_id, "evening": date.fromisoformat(row["evening"]), "told": dict(row)}
            for row in rows
        ]
        if values:
            made = insert(table)
            onto = made.on_conflict_do_update(
                index_elements=["run_id", "evening"], set_={"told": made.excluded.told}
            )
            with self.transaction("write an outlook") as connection:
                connection.execute(onto, values)
        return len(values)

    def outlook(self, run_id: int) -> dict[str, Any] | None:
        """The outlook on the last night that there is one of; None without any."""
        table = tables.outlook
        query = (
            select(table.c.told)
            .where(table.c.run_id == run_id)
            .order_by(table.c.evening.desc())
            .limit(1)
        )
        with self.transaction("read the outlook") as connection:
            found = connection.scalar(query)
        return None if found is None else dict(found)

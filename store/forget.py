"""Forgets a run: everything that was stored under it."""

from __future__ import annotations

from sqlalchemy import delete, select

from store import tables
from store.session import Session


def forget_run(store: Session, digest: str) -> bool:
    """Remove a run with all its rows; whether there was one.

    For demonstrations that begin again. What `live` heard is never forgotten in this way.
    """
    run = tables.run
    with store.transaction("forget a run") as connection:
        run_id = connection.scalar(
            select(run.c.run_id).where(run.c.digest == digest, run.c.kind != "live")
        )
        if run_id is None:
            return False
        for table in reversed(run.metadata.sorted_tables):
            if "run_id" in table.c:
                connection.execute(delete(table).where(table.c.run_id == run_id))
    return True

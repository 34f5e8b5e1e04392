"""Reception maps: how often each station heard something, by cell and hour."""

from __future__ import annotations

from typing import Final

import polars as pl
from psycopg.sql import SQL

from models.feeds.reception import RECEIVED
from store.copy import stage
from store.session import Cursor

_REPLACE: Final = SQL("""
    INSERT INTO reception AS old (run_id, {columns}) SELECT {run}, {columns} FROM {staging}
    ON CONFLICT (run_id, source, cell_lon, cell_lat, hour) DO UPDATE SET heard = excluded.heard
      WHERE old.heard <> excluded.heard""")


def replace_receptions(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> int:
    """Write the counts of whole hours in place of those that were there; how many are new."""
    staging = stage(cursor, "reception", frame.select(RECEIVED.names()))
    columns = SQL(", ").join(map(SQL, RECEIVED.names()))
    cursor.execute(_REPLACE.format(run=run_id, staging=staging, columns=columns))
    return cursor.rowcount

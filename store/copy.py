"""Bulk writes that may be repeated: COPY into a staging table, then insert what is not there.

The staging table is the session's own and temporary, so it costs no write-ahead log; `INSERT …
SELECT … ON CONFLICT` then decides row by row by the key. The counts are those of rows inserted.
"""

from __future__ import annotations

import polars as pl
from psycopg.errors import UniqueViolation
from psycopg.sql import SQL, Composable, Composed, Identifier

from core.schema import IDENTITY, OBSERVATION, SIGHTING_SENSORS
from store.pack import pack
from store.session import Cursor

#: Rows of one staging step: enough for the round trips not to count, few enough for `temp_buffers`.
STAGE_ROWS = 131_072
_WORTH_TRYING = 5_000  # rows; below, a failed attempt is only noise in the server's log

_LATEST_COLUMNS = [name for name in OBSERVATION if name != "detail"]
_SIGHTING_COLUMNS = ["sensor", "source", "key", "observed_at", "received_at", "detail"]


def stage(
    cursor: Cursor, table: str, frame: pl.DataFrame, typed: Composable | None = None
) -> Identifier:
    """Copy a frame into the session's staging table for `table` and name it.

    The staging table has the frame's columns, typed as in `table` (or as the select list `typed`
    says), and is empty again after the commit.
    """
    staging = Identifier(f"staging_{table}")
    columns = SQL(", ").join(map(Identifier, frame.columns))
    cursor.execute(
        SQL(
            "CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} LIMIT 0"
        ).format(staging, typed or columns, Identifier(table))
    )
    with cursor.copy(
        SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(staging, columns)
    ) as copy:
        for chunk in pack(frame):
            copy.write(chunk)
    return staging


def insert_observations(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> int:
    """Insert observations that are not there yet, and move `latest_position` on.

    The partitions of the frame's days must exist (`store.partitions`).
    """
    frame = frame.select(list(OBSERVATION))
    inserted = 0
    for start in range(0, frame.height, STAGE_ROWS):
        # In the key's order neighbouring rows meet the same pages of its index.
        rows = frame.slice(start, STAGE_ROWS).sort("key")
        staging = stage(cursor, "observation", rows)
        insert = SQL("INSERT INTO observation (run_id, {0}) SELECT {1}, {0} FROM {2}").format(
            SQL(", ").join(map(Identifier, OBSERVATION)), run_id, staging
        )
        inserted += _insert_new(cursor, insert, rows.height)
        cursor.execute(SQL("TRUNCATE {}").format(staging))
    _move_latest(cursor, run_id, frame)
    _move_sightings(cursor, run_id, frame)
    return inserted


def _insert_new(cursor: Cursor, insert: Composed, n_rows: int) -> int:
    """Insert what is not there yet; the number of rows.

    `ON CONFLICT` doubles the price of every row (it looks first, inserts tentatively, confirms).
    So a large batch is first tried without. Where any of it is there already, one of the first
    rows says so, since the order of the keys is as good as random; then it is done the dear way.
    """
    if n_rows >= _WORTH_TRYING:
        try:
            with cursor.connection.transaction():
                cursor.execute(insert)
                return cursor.rowcount
        except UniqueViolation:
            pass
    cursor.execute(insert + SQL(" ON CONFLICT DO NOTHING"))
    return cursor.rowcount


def _move_latest(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> None:
    newest = (
        frame.lazy()
        .select(_LATEST_COLUMNS)
        .filter(
            pl.all_horizontal(pl.col("target", "lon", "lat").is_not_null()),
            ~pl.col("sensor").is_in(SIGHTING_SENSORS),
        )
        .sort("target", "observed_at", "key")
        .unique("target", keep="last", maintain_order=True)
        .collect()
    )
    if newest.is_empty():
        return
    staging = stage(cursor, "latest_position", newest)
    cursor.execute(
        SQL(
            "INSERT INTO latest_position AS old (run_id, {0}) SELECT {1}, {0} FROM {2} "
            "ON CONFLICT (run_id, target) DO UPDATE SET {3} "
            "WHERE (old.observed_at, old.key) < (excluded.observed_at, excluded.key)"
        ).format(
            SQL(", ").join(map(Identifier, _LATEST_COLUMNS)), run_id, staging,
            _set_excluded([name for name in _LATEST_COLUMNS if name != "target"]),
        )
    )  # fmt: skip


def _move_sightings(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> None:
    newest = (
        frame.lazy()
        .filter(pl.col("sensor").is_in(SIGHTING_SENSORS), pl.col("source").is_not_null())
        .select(_SIGHTING_COLUMNS)
        .sort("sensor", "source", "observed_at", "key")
        .unique(["sensor", "source"], keep="last", maintain_order=True)
        .collect()
    )
    if newest.is_empty():
        return
    staging = stage(cursor, "latest_sighting", newest)
    cursor.execute(
        SQL(
            "INSERT INTO latest_sighting AS old (run_id, {0}) SELECT {1}, {0} FROM {2} "
            "ON CONFLICT (run_id, sensor, source) DO UPDATE SET {3} "
            "WHERE (old.observed_at, old.key) < (excluded.observed_at, excluded.key)"
        ).format(
            SQL(", ").join(map(Identifier, _SIGHTING_COLUMNS)), run_id, staging,
            _set_excluded(_SIGHTING_COLUMNS[2:]),
        )
    )  # fmt: skip


def insert_identities(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> int:
    """Insert identity claims that are not there yet; each target's newest field stands in
    `latest_identity`."""
    frame = frame.select(list(IDENTITY))
    staging = stage(cursor, "identity", frame)
    columns = SQL(", ").join(map(Identifier, IDENTITY))
    cursor.execute(
        SQL(
            "INSERT INTO identity (run_id, {0}) SELECT {1}, {0} FROM {2} ON CONFLICT DO NOTHING"
        ).format(columns, run_id, staging)
    )
    inserted = cursor.rowcount
    fields = [name for name in IDENTITY if name not in ("key", "target", "received_at")]
    newest = (
        frame.lazy()
        .sort("target", "received_at", "key")
        .group_by("target", maintain_order=True)
        .agg(pl.col("received_at").last(), pl.col(fields).drop_nulls().last())
        .collect()
    )
    staging = stage(cursor, "latest_identity", newest)
    merged = [
        SQL(
            "{0} = CASE WHEN old.received_at <= excluded.received_at "
            "THEN coalesce(excluded.{0}, old.{0}) ELSE coalesce(old.{0}, excluded.{0}) END"
        ).format(Identifier(name))
        for name in fields
    ]
    cursor.execute(
        SQL(
            "INSERT INTO latest_identity AS old (run_id, {0}) SELECT {1}, {0} FROM {2} "
            "ON CONFLICT (run_id, target) DO UPDATE SET {3}, "
            "received_at = greatest(old.received_at, excluded.received_at)"
        ).format(
            SQL(", ").join(map(Identifier, newest.columns)), run_id, staging, SQL(", ").join(merged)
        )
    )
    return inserted


def _set_excluded(names: list[str]) -> SQL:
    return SQL(", ".join(f"{name} = excluded.{name}" for name in names))

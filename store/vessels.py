"""Vessels written and read: repeating a write changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl
from psycopg.sql import SQL, Composed, Identifier

from core.schema import UTC_TIME
from store.columns import fetch
from store.copy import stage
from store.session import Session
from store.vessel_tables import FIX, HISTORY_S, LINK

#: What is read of fixes: a truth value comes as a number.
_READ: Final = pl.Schema({**FIX, "coasting": pl.Int64()})
_SELECT = SQL(", ").join(
    SQL("coasting::int::bigint AS coasting") if name == "coasting" else Identifier(name)
    for name in FIX
)
_LATEST = SQL(
    "SELECT {} FROM latest_fix WHERE run_id = %(run_id)s "
    "AND (%(since)s::timestamptz IS NULL OR at >= %(since)s) ORDER BY vessel"
).format(_SELECT)
_HISTORY = SQL(
    "SELECT {} FROM fix WHERE run_id = %(run_id)s AND vessel = %(vessel)s "
    "AND at >= %(from)s AND at < %(to)s ORDER BY at"
).format(_SELECT)
_LINKS = SQL(
    "SELECT {} FROM link WHERE run_id = %(run_id)s AND vessel = %(vessel)s "
    "ORDER BY at, track, phase"
).format(SQL(", ").join(map(Identifier, LINK)))


class Vessels(Session):
    """The part of the store that vessels have."""

    def write_latest_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """Move the newest fixes of vessels on; how many moved.

        Parameters
        ----------
        run_id
            The run they belong to.
        frame
            `models.fusion.schema.FIX`, as the fast pass gave it.
        """
        newest = _fixes(frame).sort("vessel", "at").unique("vessel", keep="last")
        columns = SQL(", ").join(map(Identifier, FIX))
        moved = SQL(", ").join(
            SQL("{0} = excluded.{0}").format(Identifier(name)) for name in FIX if name != "vessel"
        )
        with self.cursor("move the vessels on") as cursor:
            staging = stage(cursor, "latest_fix", newest)
            cursor.execute(
                SQL(
                    "INSERT INTO latest_fix AS old (run_id, {0}) SELECT {1}, {0} FROM {2} "
                    "ON CONFLICT (run_id, vessel) DO UPDATE SET {3} WHERE old.at < excluded.at"
                ).format(columns, run_id, staging, moved)
            )
            return cursor.rowcount

    def write_fixes(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write settled fixes (`FIX`), one in five minutes; how many were not there yet."""
        due = frame.filter(pl.col("clock_s") % HISTORY_S == 0)
        return self._insert("fix", run_id, _fixes(due), "write where vessels were")

    def write_links(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write what settled of vessels' source tracks (`LINK`); how many were not there yet."""
        told = frame.with_columns(
            _time("clock_s").alias("at"), _time("since_s").alias("since_at")
        ).select(LINK.names())
        return self._insert("link", run_id, told.cast(LINK), "write the tracks of vessels")

    def latest_fixes(self, run_id: int, since: datetime | None = None) -> pl.DataFrame:
        """Where every vessel is, by vessel: columns of `store.vessel_tables.FIX`."""
        with self.cursor("read where vessels are") as cursor:
            found = fetch(cursor, _LATEST, {"run_id": run_id, "since": since}, _READ)
        return found.cast(FIX)

    def fixes(self, run_id: int, vessel: str, from_: datetime, to: datetime) -> pl.DataFrame:
        """Where a vessel was in [from_, to), by time: columns of `store.vessel_tables.FIX`."""
        parameters = {"run_id": run_id, "vessel": vessel, "from": from_, "to": to}
        with self.cursor("read where a vessel was") as cursor:
            return fetch(cursor, _HISTORY, parameters, _READ).cast(FIX)

    def links(self, run_id: int, vessel: str) -> pl.DataFrame:
        """Which source tracks were a vessel's, by time: columns of `store.vessel_tables.LINK`."""
        with self.cursor("read the tracks of a vessel") as cursor:
            return fetch(cursor, _LINKS, {"run_id": run_id, "vessel": vessel}, LINK)

    def _insert(self, table: str, run_id: int, frame: pl.DataFrame, doing: str) -> int:
        if frame.is_empty():
            return 0
        columns = SQL(", ").join(map(Identifier, frame.columns))
        with self.cursor(doing) as cursor:
            staging = stage(cursor, table, frame)
            insert: Composed = SQL(
                "INSERT INTO {0} (run_id, {1}) SELECT {2}, {1} FROM {3} ON CONFLICT DO NOTHING"
            ).format(Identifier(table), columns, run_id, staging)
            cursor.execute(insert)
            return cursor.rowcount


def _fixes(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(_time("clock_s").alias("at")).select(FIX.names()).cast(FIX)


def _time(name: str) -> pl.Expr:
    return pl.from_epoch(name, "s").dt.replace_time_zone("UTC").cast(UTC_TIME)

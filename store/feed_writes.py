"""What is written of the feeds themselves; repeating a call changes nothing here either."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
from psycopg.sql import SQL, Identifier
from sqlalchemy import Table, delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from core.schema import FEED_HEALTH
from store import feed_tables as tables
from store.copy import stage
from store.receptions import replace_receptions
from store.session import Session

Row = Mapping[str, Any]
SAMPLES: Final = 5  # kept of every reason
SAMPLE_CHARACTERS: Final = 200
_FORBIDDEN = re.compile("[\x00\x1e\x1f]")
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")

_DOUBTED: Final = ["sensor", "source", "reason"]
_COUNTED_SCHEMA: Final = {**dict.fromkeys(_DOUBTED, pl.String), "counted_to_s": pl.Int64}
# By the key's own beginning: asked by source alone, thousands of them were each looked for in the
# whole index (1.8 s instead of 0.2).
_COUNTED: Final = """
    SELECT sensor, source, reason, counted_to_s FROM doubt
    JOIN unnest(%s::text[], %s::text[]) AS asked (sensor, source) USING (sensor, source)
    WHERE run_id = %s FOR UPDATE OF doubt"""
_ONTO_DOUBTS: Final = SQL("""
    INSERT INTO doubt AS old (run_id, sensor, source, reason, n, samples, counted_to_s)
    SELECT {run}, sensor, source, reason, n, samples::jsonb, counted_to_s FROM {staging}
    ON CONFLICT (run_id, sensor, source, reason) DO UPDATE SET
      n = old.n + excluded.n, counted_to_s = excluded.counted_to_s,
      samples = jsonb_path_query_array(
        old.samples || excluded.samples, '$[last - ({most} - 1) to last]')""")


class FeedWrites(Session):
    """The part of the writing half that the feeds have."""

    def write_messages(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write short messages (`ingest.decoded.MESSAGE`); how many were not there yet.

        Their text is kept where the frame has it, and leaves the store by no read.
        """
        rows = [
            {"run_id": run_id, "key": _digest(row), **_clean(row)}
            for row in frame.select(tables.MESSAGE.names()).iter_rows(named=True)
        ]
        if not rows:
            return 0
        statement = upsert(tables.message).on_conflict_do_nothing().returning(tables.message.c.key)
        with self.transaction("write messages") as connection:
            return len(connection.execute(statement, rows).all())

    def write_receptions(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write how often stations heard something, by cell and hour; how many counts are new.

        Parameters
        ----------
        run_id
            The run they belong to.
        frame
            `models.feeds.reception.RECEIVED`: the counts of hours that are over, each once. Those
            of a cell and hour that are there already are replaced.
        """
        if frame.is_empty():
            return 0
        with self.cursor("write receptions") as cursor:
            return replace_receptions(cursor, run_id, frame)

    def write_feed_health(self, run_id: int, frame: pl.DataFrame) -> int:
        """Write how the sources do (`FEED_HEALTH`) in place of what was known; how many rows."""
        filled = frame.select(FEED_HEALTH.names()).with_columns(pl.col("source").fill_null(""))
        columns = SQL(", ").join(map(Identifier, FEED_HEALTH.names()))
        with self.cursor("write feed health") as cursor:
            cursor.execute("DELETE FROM feed_health WHERE run_id = %s", (run_id,))
            staging = stage(cursor, "feed_health", filled)
            insert_ = SQL("INSERT INTO feed_health (run_id, {0}) SELECT {1}, {0} FROM {2}")
            cursor.execute(insert_.format(columns, run_id, staging))
        return len(filled)

    def write_feed_states(self, run_id: int, rows: Sequence[Row]) -> int:
        """Write what the live sources say of themselves in place of what they said; how many rows.

        Parameters
        ----------
        run_id
            The run.
        rows
            `feed`, `sensor`, `state`, `updated_at`, and where known `url`, `owner`, `detail`,
            `waiting`, `lost`, `refused` (number by reason), `samples` (texts or bytes by reason),
            `peers` and `stored_after_s`. User and password are taken out of `url` here too.
        """
        plain = ("url", "owner", "detail", "waiting", "lost", "peers", "stored_after_s")
        made = [
            {
                **{name: row[name] for name in ("feed", "sensor", "state")},
                **{name: row.get(name) for name in plain},
                "url": _PASSWORD.sub("", row["url"]) if row.get("url") else None,
                "refused": dict(row.get("refused") or {}),
                "samples": {
                    reason: _samples(texts) for reason, texts in (row.get("samples") or {}).items()
                },
                "updated_at": _instant(row["updated_at"]),
            }
            for row in rows
        ]
        return self._replace_feeds(tables.feed_state, run_id, made)

    def write_refusals(self, run_id: int, rows: Sequence[Row]) -> int:
        """Write how many frames were refused so far; each total replaces the one before.

        Parameters
        ----------
        run_id
            The run.
        rows
            `source` (None where a frame names nobody), `reason`, `n`, `samples` (texts
            or bytes) and where known `feed`.

        Returns
        -------
        How many rows were written.
        """
        made = [
            {
                "run_id": run_id,
                "feed": row.get("feed") or "",
                "source": row.get("source") or "",
                "reason": row["reason"],
                "n": row["n"],
                "samples": _samples(row.get("samples") or ()),
            }
            for row in rows
        ]
        self._upsert(tables.refusal, made, ("n", "samples"), "write refusals")
        return len(made)

    def write_doubts(self, run_id: int, frame: pl.DataFrame) -> int:
        """Count observations that are hard to believe (`core.schema.DOUBT`), with the last few.

        All rows of one tick and source must come in one call; ticks that were counted are passed
        over. How many rows were new.
        """
        if frame.is_empty():
            return 0
        clean = pl.col(*_DOUBTED, "target", "detail").str.replace_all(_FORBIDDEN.pattern, "")
        told = frame.with_columns(clean).with_columns(pl.col(*_DOUBTED, "detail").fill_null(""))
        with self.cursor("write doubts") as cursor:
            asked = told.select("sensor", "source").unique()
            cursor.execute(_COUNTED, (*(column.to_list() for column in asked), run_id))
            counted = pl.DataFrame(cursor.fetchall(), schema=_COUNTED_SCHEMA, orient="row")
            fresh = told.join(counted, on=_DOUBTED, how="left", maintain_order="left").filter(
                pl.col("tick_s") > pl.col("counted_to_s").fill_null(-1)
            )
            if len(fresh):
                kept = "sensor, source, reason, n, samples::text AS samples, counted_to_s"
                staging = stage(cursor, "doubt", _by_reason(fresh), SQL(kept))
                cursor.execute(_ONTO_DOUBTS.format(run=run_id, staging=staging, most=SAMPLES))
        return len(fresh)

    def _replace_feeds(self, table: Table, run_id: int, rows: list[dict[str, Any]]) -> int:
        with self.transaction(f"write the table {table.name}") as connection:
            connection.execute(delete(table).where(table.c.run_id == run_id))
            if rows:
                made = [{"run_id": run_id, **_clean(row)} for row in rows]
                connection.execute(insert(table), made)
        return len(rows)

    def _upsert(
        self, table: Table, rows: list[dict[str, Any]], changed: tuple[str, ...], doing: str
    ) -> None:
        if rows:
            with self.transaction(doing) as connection:
                connection.execute(_onto(table, changed), [_clean(row) for row in rows])


def _onto(table: Table, changed: tuple[str, ...]) -> Any:
    statement = upsert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in changed},
    )


def _by_reason(doubts: pl.DataFrame) -> pl.DataFrame:
    """Doubts by source and reason: how many, the last few as JSON, and the last tick."""
    last = pl.struct("target", "tick_s", pl.col("detail").str.slice(0, SAMPLE_CHARACTERS))
    made = doubts.group_by(_DOUBTED, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"),
        last.tail(SAMPLES).alias("samples"),
        pl.col("tick_s").max().alias("counted_to_s"),
    )
    samples = [json.dumps(some, ensure_ascii=False) for some in made["samples"].to_list()]
    return made.with_columns(pl.Series("samples", samples, pl.String))


def _samples(texts: Sequence[object]) -> list[str]:
    shown = (
        sample.decode("utf-8", "replace") if isinstance(sample, bytes) else str(sample)
        for sample in texts
    )
    return [text[:SAMPLE_CHARACTERS] for text in shown][:SAMPLES]


def _clean(value: Any) -> Any:
    """Without what PostgreSQL's texts cannot hold, and columns cannot be strung together with."""
    if isinstance(value, str):
        return _FORBIDDEN.sub("", value).encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _digest(row: Row) -> UUID:
    told = json.dumps(row, default=str, ensure_ascii=True, sort_keys=True).encode()
    return UUID(bytes=hashlib.blake2b(told, digest_size=16).digest())


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)

"""Reception maps: how often each station heard something, by cell and hour.

A row is counted where it arrived after all that its own cell and hour have counted, so that a part
of the archive that is read again adds nothing.
"""

from __future__ import annotations

import polars as pl
from psycopg.sql import SQL, Composed

from core.schema import AFLOAT
from models.tracks.reception import CELL_DEG
from store.copy import stage
from store.session import Cursor

_KEY = ("source", "cell_lon", "cell_lat", "hour")
_COUNT = SQL("""
    INSERT INTO reception AS old (run_id, source, cell_lon, cell_lat, hour, heard, counted_to)
    SELECT {run}, s.source, s.cell_lon, s.cell_lat, s.hour, sum(s.heard), max(s.counted_to)
    FROM {staging} s LEFT JOIN reception r
      ON r.run_id = {run} AND (r.source, r.cell_lon, r.cell_lat, r.hour)
                            = (s.source, s.cell_lon, s.cell_lat, s.hour)
    WHERE r.counted_to IS NULL OR s.counted_to > r.counted_to
    GROUP BY 2, 3, 4, 5
    ON CONFLICT (run_id, source, cell_lon, cell_lat, hour) DO UPDATE
      SET heard = old.heard + excluded.heard, counted_to = excluded.counted_to""")


def cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of vessels that a station heard, counted by station, cell, hour and arrival.

    Parameters
    ----------
    frame
        `source`, `target`, `received_at`, `lon`, `lat` and `arrived_at`, as
        `core.schema.RECEPTION` and `arriving(OBSERVATION)` have them. Without source or position,
        or of nothing afloat: left out.

    Returns
    -------
    `source`, `cell_lon`, `cell_lat` (numbers of cells of `CELL_DEG`), `hour`, `heard` and
    `counted_to`.
    """
    known = pl.all_horizontal(pl.col("source", "lon", "lat", "received_at").is_not_null())
    vessels = pl.any_horizontal(pl.col("target").str.starts_with(name) for name in AFLOAT)
    return (
        frame.lazy()
        .filter(known & vessels)
        .select(
            "source",
            *(
                (pl.col(name) / CELL_DEG).floor().cast(pl.Int32).alias(f"cell_{name}")
                for name in ("lon", "lat")
            ),
            hour=pl.col("received_at").dt.truncate("1h"),
            counted_to=pl.coalesce("arrived_at", "received_at"),
        )
        .group_by(*_KEY, "counted_to")
        .agg(heard=pl.len().cast(pl.Int64))
        .select(*_KEY, "heard", "counted_to")
        .sort(*_KEY, "counted_to")
        .collect()
    )


def count_receptions(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> int:
    """Add what is new among the rows; how many cells' hours grew."""
    counted = cells(frame)
    if counted.is_empty():
        return 0
    staging = stage(cursor, "reception", counted, Composed([SQL(", ".join(counted.columns))]))
    cursor.execute(_COUNT.format(run=run_id, staging=staging))
    return cursor.rowcount

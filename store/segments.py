"""Track segments as LINESTRINGM: longitude, latitude and, as the measure, seconds since 1970."""

from __future__ import annotations

import numpy as np
import polars as pl
from psycopg.sql import SQL, Composed

from store.copy import stage
from store.session import Cursor

_EWKB_LINESTRINGM_SRID = 2 | 0x4000_0000 | 0x2000_0000
_HEADER = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("points", "<u4")])


def insert_segments(cursor: Cursor, run_id: int, frame: pl.DataFrame) -> int:
    """Insert segments, or replace those that end earlier; how many were new or longer."""
    lines = frame.filter(pl.col("lon").list.len() >= 2)
    if lines.is_empty():
        return 0
    staged = lines.select(
        "segment_id",
        "target",
        segment_from=pl.col("observed_at").list.first().dt.cast_time_unit("us"),
        segment_to=pl.col("observed_at").list.last().dt.cast_time_unit("us"),
    ).with_columns(line=pl.Series(line_ewkb(lines), dtype=pl.Binary))
    names = SQL("segment_id, target, segment_from, segment_to")
    staging = stage(cursor, "segment", staged, Composed([names, SQL(", ''::bytea AS line")]))
    cursor.execute(
        SQL(
            "INSERT INTO segment AS old (run_id, {0}, geom) "
            "SELECT DISTINCT ON (segment_id) {1}, {0}, st_geomfromewkb(line) FROM {2} "
            "ORDER BY segment_id, segment_to DESC "
            "ON CONFLICT (run_id, segment_id) DO UPDATE SET target = excluded.target, "
            "segment_from = excluded.segment_from, segment_to = excluded.segment_to, "
            "geom = excluded.geom WHERE old.segment_to < excluded.segment_to"
        ).format(names, run_id, staging)
    )
    return cursor.rowcount


def line_ewkb(lines: pl.DataFrame) -> list[bytes]:
    """The line of each row as PostGIS's extended well-known binary, SRID 4326.

    Parameters
    ----------
    lines
        List columns `lon`, `lat` and `observed_at` of equal lengths, at least two a row.
    """
    seconds = lines["observed_at"].explode().dt.timestamp("us").to_numpy() / 1e6
    points = np.stack(
        [lines["lon"].explode().to_numpy(), lines["lat"].explode().to_numpy(), seconds], axis=1
    ).astype("<f8")
    lengths = lines["lon"].list.len().to_numpy()
    headers = np.empty(len(lengths), _HEADER)
    headers["order"], headers["type"] = 1, _EWKB_LINESTRINGM_SRID
    headers["srid"], headers["points"] = 4326, lengths
    ends = np.cumsum(lengths)
    return [
        header.tobytes() + points[end - length : end].tobytes()
        for header, end, length in zip(headers, ends, lengths, strict=True)
    ]

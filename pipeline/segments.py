"""Settled track rows become lines for the map: one a track and hour, written as it grows."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import polars as pl

from core.schema import UTC_TIME

HOUR_US = 3600 * 1_000_000
_KEPT = ["track", "target", "t_us", "lon", "lat"]


@dataclass
class OpenSegments:
    """The rows of hours that are not over."""

    _rows: pl.DataFrame | None = None

    @staticmethod
    def load(data: bytes) -> OpenSegments:
        """What `save` gave."""
        return OpenSegments(pl.read_ipc(data) if data else None)

    def save(self) -> bytes:
        """The rows as an Arrow frame."""
        buffer = BytesIO()
        if self._rows is not None:
            self._rows.write_ipc(buffer, compression="zstd")
        return buffer.getvalue()

    def take(self, rows: pl.DataFrame, until_s: int) -> pl.DataFrame:
        """Add settled rows; give the lines of the hours that ended before `until_s`.

        Returns
        -------
        One row a line, as `store.Writes.write_segments` takes them.
        """
        if len(rows):
            new = rows.select(_KEPT)
            self._rows = new if self._rows is None else pl.concat([self._rows, new])
        if self._rows is None:
            return pl.DataFrame()
        held = self._rows
        # Settled rows come in order, so an hour is over for every track when two have passed.
        over = pl.col("t_us") // HOUR_US < (until_s * 1_000_000) // HOUR_US - 1
        self._rows = held.filter(~over)
        return _lines(held.filter(over))

    def rest(self) -> pl.DataFrame:
        """The lines of the hours that are still open, at the end of the run."""
        return pl.DataFrame() if self._rows is None else _lines(self._rows)


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    hour = pl.col("t_us") // HOUR_US
    return (
        rows.sort("track", "t_us")
        .group_by("track", "target", hour.alias("hour"), maintain_order=True)
        .agg(
            pl.from_epoch("t_us", "us")
            .dt.replace_time_zone("UTC")
            .cast(UTC_TIME)
            .alias("observed_at"),
            "lon",
            "lat",
        )
        .filter(pl.col("lon").list.len() > 1)
        .with_columns(pl.format("{}@{}", "track", "hour").alias("segment_id"))
        .select("segment_id", "target", "observed_at", "lon", "lat")
    )

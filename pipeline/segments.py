"""Settled track rows become lines for the map: one a track and hour, written as it grows."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from core.schema import UTC_TIME

HOUR_US = 3600 * 1_000_000
_KEPT = ["track", "target", "t_us", "lon", "lat"]


@dataclass
class OpenSegments:
    """The rows of hours that are not over."""

    _rows: pl.DataFrame | None = field(default=None)

    def take(self, rows: pl.DataFrame, until_s: int) -> pl.DataFrame:
        """Add settled rows; give the lines of the hours that ended before `until_s`.

        Returns
        -------
        One row a line, as `store.Writes.write_segments` takes them.
        """
        new = [rows.select(_KEPT)] if len(rows) else []
        held = (
            pl.concat([*([] if self._rows is None else [self._rows]), *new], how="vertical")
            if (new or self._rows is not None)
            else None
        )
        if held is None:
            return pl.DataFrame()
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

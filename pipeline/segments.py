"""Settled track rows become lines for the map: one a track and ten minutes, joined to the last.

Short pieces, so that little waits: a thousand rows a second for hours would be the largest thing in
a live service's memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

import polars as pl

from core.schema import UTC_TIME

_PIECE_US: Final = 600 * 1_000_000
#: A silence that is longer is no line.
_JOINED_US: Final = 3600 * 1_000_000
_KEPT: Final = ["track", "target", "t_us", "lon", "lat"]
_POINT: Final = ["t_us", "lon", "lat"]


@dataclass
class OpenSegments:
    """The rows of pieces that are not over, and of each track the last row that is in a piece."""

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

    def take(self, rows: pl.DataFrame, settled_s: int) -> pl.DataFrame:
        """Add settled rows; give the lines of the pieces that are over.

        Parameters
        ----------
        rows
            `models.tracks.fold.TrackOutput.linked`.
        settled_s
            Unix seconds; no older row comes after these.

        Returns
        -------
        One row a line, as `store.Writes.write_segments` takes them.
        """
        if len(rows):
            new = rows.select(*_KEPT, pl.lit(False).alias("told"))
            self._rows = new if self._rows is None else pl.concat([self._rows, new])
        if self._rows is None:
            return pl.DataFrame()
        held, end_us = self._rows, settled_s * 1_000_000 // _PIECE_US * _PIECE_US
        over = held.filter(pl.col("t_us") < end_us)
        if over["told"].all():
            return pl.DataFrame()
        last = over.sort("track", "t_us").group_by("track", maintain_order=True).last()
        last = last.filter(pl.col("t_us") >= end_us - _JOINED_US).with_columns(told=pl.lit(True))
        self._rows = pl.concat([last.select(held.columns), held.filter(pl.col("t_us") >= end_us)])
        return _lines(over)

    def rest(self) -> pl.DataFrame:
        """The lines of the pieces that are still open, at the end of the run."""
        return pl.DataFrame() if self._rows is None else _lines(self._rows)


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    piece = (pl.col("t_us") // _PIECE_US).alias("piece")
    before = pl.col(_POINT).shift(1).over("track").name.suffix("_before")
    ordered = rows.sort("track", "t_us").with_columns(piece, before)
    new = ordered.filter(~pl.col("told"))
    crosses = pl.col("t_us_before") // _PIECE_US < pl.col("piece")
    joints = new.filter(crosses, pl.col("t_us") - pl.col("t_us_before") <= _JOINED_US).with_columns(
        pl.col(f"{name}_before").alias(name) for name in _POINT
    )
    return (
        pl.concat([joints, new])
        .sort("track", "piece", "t_us", maintain_order=True)
        .group_by("track", "target", "piece", maintain_order=True)
        .agg(
            pl.from_epoch("t_us", "us")
            .dt.replace_time_zone("UTC")
            .cast(UTC_TIME)
            .alias("observed_at"),
            "lon",
            "lat",
        )
        .filter(pl.col("lon").list.len() > 1)
        .with_columns(pl.format("{}@{}", "track", "piece").alias("segment_id"))
        .select("segment_id", "target", "observed_at", "lon", "lat")
    )

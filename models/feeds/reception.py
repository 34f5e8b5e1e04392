"""What each station hears where: messages by station, cell and hour."""

from __future__ import annotations

from typing import Final

import polars as pl

from core.schema import UTC_TIME

RECEIVED: Final = pl.Schema(
    {
        "source": pl.String(),
        "cell_lon": pl.Float64(),  # of the cell's south-western corner
        "cell_lat": pl.Float64(),
        "hour": UTC_TIME,
        "heard": pl.Int64(),
    }
)

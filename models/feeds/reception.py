"""What each station hears where: messages by station, cell and hour.

Counted are the rows of AIS and radar, by the tick at which they arrived, and the transmissions
that a further station heard again. An hour is given out once, when it is over, so that what is
stored adds up however the input was cut; the state holds the open hour only, and of that the
`MOST_CELLS` with most messages: a hostile feed may name any place on earth.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from core.schema import UTC_TIME, empty

CELL_DEG: Final = 0.02  # about 2 km: a headland's shadow shows
CELLS_PER_DEG: Final = 50  # multiplied with, see models.tracks.reception
HOUR_S: Final = 3600
MOST_CELLS: Final = 100_000
SENSORS: Final = ("ais", "radar")

RECEIVED: Final = pl.Schema(
    {
        "source": pl.String(),
        "cell_lon": pl.Float64(),  # of the cell's south-western corner
        "cell_lat": pl.Float64(),
        "hour": UTC_TIME,
        "heard": pl.Int64(),
    }
)
#: `x` and `y` number the cells, `hour` the hours since 1970.
COUNTED: Final = pl.Schema(
    {
        "source": pl.String(),
        "x": pl.Int32(),
        "y": pl.Int32(),
        "hour": pl.Int64(),
        "heard": pl.Int64(),
    }
)
_KEYS: Final = ["hour", "source", "x", "y"]


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    """`COUNTED` of rows with `source`, `lon`, `lat` and `tick_s`; the hour begins after its tick.

    >>> row = {"source": ["S1"], "lon": [121.91], "lat": [29.2], "tick_s": [7200]}
    >>> counted(pl.DataFrame(row)).row(0)
    ('S1', 6095, 1460, 1, 1)
    """
    x, y = ((pl.col(c) * CELLS_PER_DEG + 1e-9).floor().cast(pl.Int32) for c in ("lon", "lat"))
    placed = pl.col("lon").is_between(-180, 180) & pl.col("lat").is_between(-90, 90)
    return (
        rows.filter(pl.col("source").is_not_null(), placed)
        .group_by(
            "source", x.alias("x"), y.alias("y"), ((pl.col("tick_s") - 1) // HOUR_S).alias("hour")
        )
        .agg(pl.len().cast(pl.Int64).alias("heard"))
        .select(COUNTED.names())
    )


def learn(table: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Count some rows in."""
    if more.is_empty():
        return table
    both = pl.concat([table, more]).group_by(_KEYS).agg(pl.col("heard").sum())
    if len(both) > MOST_CELLS:
        both = both.sort(pl.col("heard"), *_KEYS, descending=[True, *[False] * 4])[:MOST_CELLS]
    return both.sort(_KEYS).select(COUNTED.names())


def closed(table: pl.DataFrame, until_s: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The hours that are open at a tick, and those that are over, as `RECEIVED`."""
    over = (pl.col("hour") + 1) * HOUR_S <= until_s
    done = table.filter(over)
    if done.is_empty():
        return table, empty(RECEIVED)
    hour = pl.from_epoch(pl.col("hour") * HOUR_S, "s").dt.replace_time_zone("UTC").cast(UTC_TIME)
    corner = [
        (pl.col(c) * CELL_DEG).round(6).alias(name)
        for c, name in (("x", "cell_lon"), ("y", "cell_lat"))
    ]
    out = done.with_columns(*corner, hour.alias("hour")).select(RECEIVED.names()).cast(RECEIVED)
    return table.filter(~over), out

"""Rows of CSV as columns of numbers and texts, sentinels as nothing."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import polars as pl

from ingest.ais_csv.header import Header
from ingest.ais_csv.lines import Stretch
from ingest.ais_csv.words import AIRCRAFT, KINDS, POSITION_REPORT, SHIP_TYPES, STATUSES
from ingest.nmea.text import NONE
from ingest.nmea.times import EARLIEST, LATEST

NUMBERS: Final = ("lat", "lon", "speed", "course", "heading", "rot", "beam", "length", "draught")
TEXTS: Final = ("name", "call_sign", "destination", "imo")
CLAIMED: Final = (*TEXTS, "ship_type", "length", "beam", "draught")
_MOST_SPEED_KN: Final = 102.3  # and from it on: not available
_MOST_AIRCRAFT_KN: Final = 1023.0
_FORMATS: Final = {
    True: ("%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"),
    False: ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"),
}


def columns(stretch: Stretch) -> pl.DataFrame:
    """The rows of a stretch.

    Returns
    -------
    `line` (of the block), `time` in microseconds (NONE where unreadable), `mmsi` (null where
    unreadable), `kind`, `status`, NUMBERS and CLAIMED; `misplaced` where a latitude or longitude
    is given that is no number.
    """
    header = stretch.header
    table = _read(stretch)
    known = set(header.at)
    numbers = [
        (pl.col(name) if name in known else pl.lit(None, pl.Float64)).alias(name)
        for name in NUMBERS
    ]
    texts = [
        (pl.col(name) if name in known else pl.lit(None, pl.String)).alias(name)
        for name in (*TEXTS, "kind", "status", "ship_type")
    ]
    frame = table.select("mmsi", "time", *numbers, *texts)
    # Kinds and statuses come in few words: each is looked up once.
    frame = frame.with_columns(
        _time(frame["time"], header),
        _looked_up(frame["kind"], KINDS, 63).fill_null(POSITION_REPORT),
        _looked_up(frame["status"], STATUSES, 14),
        _looked_up(frame["ship_type"], SHIP_TYPES, 255),
        pl.Series("line", stretch.line),
    )
    misplaced = _misplaced(stretch, frame)
    lon, lat, speed = pl.col("lon"), pl.col("lat"), pl.col("speed")
    there = lon.is_between(-180, 180) & lat.is_between(-90, 90)
    most = pl.when(pl.col("kind") == AIRCRAFT).then(_MOST_AIRCRAFT_KN).otherwise(_MOST_SPEED_KN)
    return frame.with_columns(
        pl.when(there).then(lon).alias("lon"),
        pl.when(there).then(lat).alias("lat"),
        pl.when((speed >= 0) & (speed < most)).then(speed).alias("speed"),
        *(
            pl.when((pl.col(name) >= 0) & (pl.col(name) < 360)).then(pl.col(name)).alias(name)
            for name in ("course", "heading")
        ),
        *(
            pl.when((pl.col(name) > 0) & (pl.col(name) < most_m)).then(pl.col(name)).alias(name)
            for name, most_m in (("length", 1023), ("beam", 127), ("draught", 25.6))
        ),
        pl.when(pl.col("rot").abs() <= 720).then(pl.col("rot")).alias("rot"),
        misplaced.alias("misplaced"),
    )


def _read(stretch: Stretch) -> pl.DataFrame:
    header = stretch.header
    names = {place: name for name, place in header.at.items()}
    types = {name: pl.Float64() for name in NUMBERS} | {"mmsi": pl.Int64()}
    schema: dict[str, pl.DataType] = {}
    for place in range(header.n):
        name = names.get(place, f"_{place}")
        schema[name] = types.get(name, pl.String())
    return pl.read_csv(
        io.BytesIO(stretch.csv),
        has_header=False,
        schema=schema,
        columns=sorted(header.at.values()),
        quote_char=None,
        ignore_errors=True,
        truncate_ragged_lines=True,
    )


def _time(texts: pl.Series, header: Header) -> pl.Series:
    """Microseconds; NONE where it is no time or before 2000."""
    time = pl.Series("time", [None], dtype=pl.Datetime("us")).new_from_index(0, len(texts))
    for written in _FORMATS[header.day_first]:
        if time.null_count():
            read = texts.str.to_datetime(written, strict=False, time_unit="us")
            time = read if time.null_count() == len(time) else time.fill_null(read)
    micro = time.cast(pl.Int64)
    return micro.set(~micro.is_between(EARLIEST, LATEST), None).fill_null(NONE).alias("time")


def _looked_up(texts: pl.Series, table: dict[str, int], most: int) -> pl.Series:
    """Words by the table, numbers from 0 to `most` as they are; null for anything else."""
    different = texts.unique()
    meanings: dict[str | None, int | None] = {}
    for text in different:
        word = (text or "").strip().lower()
        number = table.get(word)
        if number is None and word.isascii() and word.removesuffix(".0").isdigit():
            value = int(word.removesuffix(".0")[:4])
            number = value if value <= most else None
        meanings[text] = number
    return texts.replace_strict(
        pl.Series(list(meanings), dtype=pl.String),
        pl.Series(list(meanings.values()), dtype=pl.Int64),
        return_dtype=pl.Int64,
    )


def _misplaced(stretch: Stretch, frame: pl.DataFrame) -> pl.Series:
    """Whether a latitude or longitude is given that is no number; seldom, so row by row."""
    wrong = frame["lon"].is_null() | frame["lat"].is_null()
    if not wrong.any():
        return wrong
    lines = stretch.csv.split(b"\n")
    lon_at, lat_at = stretch.header.at["lon"], stretch.header.at["lat"]
    misplaced = np.zeros(len(wrong), np.bool_)
    for row in wrong.arg_true().to_list():
        fields = lines[row].split(b",")
        lon, lat = frame["lon"][row], frame["lat"][row]
        misplaced[row] = bool(
            (lon is None and fields[lon_at].strip()) or (lat is None and fields[lat_at].strip())
        )
    return pl.Series(misplaced)

"""The tables of a site folder, declared: one row a column, as the recording contract has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from core.errors import SiteError
from geo.piers import PIER, PIER_KINDS, PIER_STATUSES
from geo.site_cells import (
    NUMBER,
    TEXT,
    TIME,
    Column,
    choice,
    digits,
    frame,
    moment,
    number,
    schema,
    shown,
    terminal,
    text,
    texts,
)
from geo.site_files import Feature, csv_rows, features, position

Where = Callable[[int], str]

POLYGONS = ("Polygon", "MultiPolygon")

VESSEL_TYPES = (
    *("fishing", "aquaculture", "cargo", "tanker", "sand_carrier"),
    *("passenger", "law_enforcement", "service", "leisure"),
)
_RANGE = Column("range_m", number(0, above=True), NUMBER)

PIERS = (
    Column("pier_id", text, TEXT, required=True, unique=True),
    Column("name", text, TEXT),
    Column("aliases", texts, pl.List(pl.String()), otherwise=()),
    Column("kind", choice(*PIER_KINDS), TEXT, otherwise="pier"),
    Column("status", choice(*PIER_STATUSES), TEXT, otherwise="unknown"),
    Column("township", text, TEXT),
    Column("depth_m", number(-20, 200), NUMBER),
)
POINTS: dict[str, tuple[Column, ...]] = {
    "cameras.geojson": (
        Column("camera_id", text, TEXT, required=True, unique=True),
        Column("kind", choice("dock", "road"), TEXT),
        Column("pier_id", text, TEXT),
        _RANGE,
    ),
    "bars.geojson": (
        Column("bar_id", text, TEXT, required=True, unique=True),
        Column("pier_id", text, TEXT),
    ),
    "radars.geojson": (
        Column("radar_id", text, TEXT, required=True, unique=True),
        _RANGE,
        Column("period_s", number(0, above=True), NUMBER),
        Column("zero_deg", number(-360, 360), NUMBER),
    ),
    "stations.geojson": (
        Column("station_id", text, TEXT, required=True, unique=True),
        _RANGE,
    ),
}


def registers(timezone: str) -> dict[str, tuple[Column, ...]]:
    """Columns of the CSV files, whose times without an offset are local to the time zone."""
    begins, ends = moment(timezone), moment(timezone, day_ends=True)
    return {
        "vessels.csv": (
            Column("vessel_id", text, TEXT, required=True, unique=True),
            Column("name", text, TEXT),
            Column("mmsi", digits(9), TEXT),
            Column("beidou_id", text, TEXT),
            Column("type", choice(*VESSEL_TYPES), TEXT),
            Column("length_m", number(0, 600, above=True), NUMBER),
            Column("draught_m", number(0, 40), NUMBER),
            Column("home_pier", text, TEXT),
        ),
        "vehicles.csv": (
            Column("terminal", terminal, TEXT),
            Column("plate", text, TEXT, required=True),
            Column("class", text, TEXT),
            Column("owner", text, TEXT),
        ),
        "permits.csv": (
            Column("pier_id", text, TEXT, required=True),
            Column("from", begins, TIME, required=True),
            Column("to", ends, TIME, required=True),
            Column("vessel_id", text, TEXT),
            Column("plate", text, TEXT),
            Column("reason", text, TEXT),
            Column("issued_by", text, TEXT),
        ),
        "regimes.csv": (
            Column("kind", text, TEXT, required=True),
            Column("from", begins, TIME, required=True),
            Column("to", ends, TIME),
            Column("source", text, TEXT),
        ),
    }


def read_register(
    file: str, data: bytes | None, timezone: str, piers: pl.Series | None
) -> pl.DataFrame:
    """One CSV file as a frame; empty, with the same columns, where the file is missing.

    `piers` are the identifiers that it may name; None where the site lists no piers.
    """
    columns = registers(timezone)[file]
    if data is None:
        return pl.DataFrame(schema=schema(columns))
    needed = tuple(column.name for column in columns if column.required)
    rows, numbers = csv_rows(file, data, needed)

    def where(i: int) -> str:
        return f"{file}, row {numbers[i]}"

    table = frame(columns, rows, where)
    if "from" in table.columns:
        backwards = table["to"] < table["from"]
        _refuse(table["to"], backwards, where, "a time not before from")
    if "pier_id" in table.columns and piers is not None:
        _refuse_unknown_piers(table, piers, where)
    if file == "vehicles.csv":
        first = table.select(pl.col("plate").first().over("terminal")).to_series()
        torn = table["terminal"].is_not_null() & (table["plate"] != first)
        _refuse(table["terminal"], torn, where, "one plate for a terminal")
    return table


def read_points(file: str, data: bytes | None, piers: pl.Series | None) -> pl.DataFrame:
    """One GeoJSON file of points as a frame with `lon` and `lat` before what the site adds."""
    columns = (*POINTS[file], Column("lon", number(), NUMBER), Column("lat", number(), NUMBER))
    if data is None:
        return pl.DataFrame(schema=schema(columns))
    found = features(file, data, ("Point",))
    xy = shapely.get_coordinates([feature.geometry for feature in found])
    rows = [
        {**feature.properties, "lon": x, "lat": y}
        for feature, (x, y) in zip(found, xy.tolist(), strict=True)
    ]

    def where(i: int) -> str:
        return f"{file}, feature {i + 1}"

    table = frame(columns, rows, where)
    if "pier_id" in table.columns and piers is not None:
        _refuse_unknown_piers(table, piers, where)
    return table


def _refuse_unknown_piers(table: pl.DataFrame, piers: pl.Series, where: Where) -> None:
    unknown = table["pier_id"].is_not_null() & ~table["pier_id"].is_in(piers.implode())
    _refuse(table["pier_id"], unknown, where, "a pier of piers.geojson")


def _refuse(column: pl.Series, wrong: pl.Series, where: Where, expected: str) -> None:
    """Raise for the first row that is wrong; a null is not."""
    rows = wrong.fill_null(False).arg_true()
    if len(rows):
        i = int(rows[0])
        raise SiteError(
            f"{where(i)}, column {column.name}", expected=expected, came=shown(str(column[i]))
        )


def read_piers(file: str, data: bytes) -> tuple[pl.DataFrame, NDArray[np.object_]]:
    """The piers' table (columns of `geo.piers.PIER` first) and their polygons in degrees."""
    found = features(file, data, POLYGONS)
    polygons = np.array([*(feature.geometry for feature in found), None], object)[:-1]
    rows = [{k: v for k, v in feature.properties.items() if k not in _PLACES} for feature in found]
    table = frame(PIERS, rows, lambda i: f"{file}, feature {i + 1}")
    middle = shapely.get_coordinates(shapely.centroid(polygons))
    access = _accesses(file, found)
    placed = table.with_columns(
        pl.Series("access_lon", [at and at[0] for at in access], NUMBER),
        pl.Series("access_lat", [at and at[1] for at in access], NUMBER),
        pl.Series("lon", middle[:, 0], NUMBER),
        pl.Series("lat", middle[:, 1], NUMBER),
    )
    return placed.select([*PIER, *(name for name in placed.columns if name not in PIER)]), polygons


_PLACES = ("access", "access_lon", "access_lat", "lon", "lat")


def _accesses(file: str, found: Sequence[Feature]) -> list[tuple[float, float] | None]:
    return [
        None
        if feature.properties.get("access") is None
        else position(f"{file}, feature {i}, column access", feature.properties["access"])
        for i, feature in enumerate(found, start=1)
    ]

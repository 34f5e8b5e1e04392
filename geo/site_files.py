"""The three file formats of a site folder, read from bytes: TOML, CSV and GeoJSON.

Whatever is wrong raises one `SiteError` that names file, row and expectation.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import SiteError
from geo.site_cells import shown

Row = dict[str, object]

#: Escapes that may hide what `_HALF_OR_NUL` finds.
_ESCAPED = re.compile(r"\\u(d[89a-f]|0000)", re.IGNORECASE)
_HALF_OR_NUL = re.compile("[\\0\\ud800-\\udfff]")

#: Names by which GeoJSON writers call WGS 84; CGCS2000 (4490) is the same within centimetres.
_WGS84 = ("CRS84", "4326", "4490", "4979")


def as_text(file: str, data: bytes) -> str:
    """The file's text in UTF-8, without its byte-order mark; no NUL, which no database takes."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SiteError(
            f"{file}, line {line}",
            expected="text in UTF-8",
            came=f"the byte 0x{data[error.start]:02x}",
            act="Save the file as UTF-8 (often it is GBK).",
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise SiteError(f"{file}, line {line}", expected="text without NUL", came="one")
    return text


def toml(file: str, data: bytes) -> dict[str, Any]:
    """The tables of a TOML file."""
    try:
        return tomllib.loads(as_text(file, data))
    except (ValueError, RecursionError) as error:
        raise SiteError(file, expected="TOML", came=f"an error: {error}") from None


def csv_rows(file: str, data: bytes, required: tuple[str, ...]) -> tuple[list[Row], list[int]]:
    """The rows of a CSV file by column name, and their numbers (the header is row 1).

    Empty cells are None; blank rows are left out.

    Parameters
    ----------
    required
        Columns that the header must have.
    """
    reader = csv.reader(io.StringIO(as_text(file, data), newline=""), strict=True)
    try:
        lines = [(i, cells) for i, cells in enumerate(reader, start=1) if any(cells)]
    except csv.Error as error:
        where = f"{file}, line {reader.line_num}"
        raise SiteError(where, expected="CSV", came=f"an error: {error}") from None
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    missing = [name for name in required if name not in header]
    if missing:
        raise SiteError(
            f"{file}, row 1",
            expected=f"a header with the column{'s' * (len(missing) > 1)} {', '.join(missing)}",
            came=shown(",".join(header)) if header else "an empty file",
        )
    twice = [name for name in header if header.count(name) > 1 or not name]
    if twice:
        raise SiteError(
            f"{file}, row 1", expected="a name of its own for each column", came=shown(twice[0])
        )
    rows: list[Row] = []
    for i, cells in lines[1:]:
        if len(cells) != len(header):
            raise SiteError(
                f"{file}, row {i}",
                expected=f"{len(header)} cells as in the header",
                came=f"{len(cells)}",
            )
        rows.append({k: v.strip() or None for k, v in zip(header, cells, strict=True)})
    return rows, [i for i, _ in lines[1:]]


@dataclass(frozen=True)
class Feature:
    """One feature of a GeoJSON file: its geometry in degrees and its properties."""

    geometry: BaseGeometry
    properties: Row


def features(file: str, data: bytes, kinds: tuple[str, ...]) -> list[Feature]:
    """The features of a GeoJSON file, each with a sound geometry of one of the kinds."""
    content = _json(file, data)
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        came = content.get("type") if isinstance(content, dict) else content
        raise SiteError(file, expected='a GeoJSON "FeatureCollection"', came=shown(came))
    _check_datum(file, content.get("crs"))
    items = content.get("features")
    if not isinstance(items, list):
        raise SiteError(file, expected='a list of "features"', came=shown(items))
    return [_feature(f"{file}, feature {i}", item, kinds) for i, item in enumerate(items, start=1)]


def _json(file: str, data: bytes) -> object:
    def no_number(name: str) -> NoReturn:
        raise SiteError(file, expected="finite numbers", came=name)

    text = as_text(file, data)
    try:
        content = json.loads(text, parse_constant=no_number)
        if _ESCAPED.search(text):
            _check_texts(file, content)
        return content
    except json.JSONDecodeError as error:
        where = f"{file}, line {error.lineno}"
        raise SiteError(where, expected="GeoJSON", came=f"an error: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise SiteError(file, expected="GeoJSON", came=f"an error: {error}") from None


def _check_texts(file: str, content: object) -> None:
    """Refuse half a surrogate pair and NUL, which JSON can write and a database cannot hold."""
    if isinstance(content, str) and _HALF_OR_NUL.search(content):
        raise SiteError(file, expected="text of whole characters", came=shown(content))
    if isinstance(content, dict):
        content = [*content.keys(), *content.values()]
    if isinstance(content, list):
        for item in content:
            _check_texts(file, item)


def _check_datum(file: str, crs: object) -> None:
    if crs is not None and not any(name in json.dumps(crs) for name in _WGS84):
        raise SiteError(f"{file}, crs", expected="WGS 84, longitude first", came=shown(crs))


def _feature(where: str, item: object, kinds: tuple[str, ...]) -> Feature:
    if not isinstance(item, dict) or item.get("type") != "Feature":
        raise SiteError(where, expected='a "Feature"', came=shown(item))
    properties = item.get("properties") or {}
    if not isinstance(properties, dict):
        raise SiteError(f"{where}, properties", expected="an object", came=shown(properties))
    found = item.get("geometry")
    kind = found.get("type") if isinstance(found, dict) else None
    if not isinstance(found, dict) or kind not in kinds:
        came = shown(found if kind is None else kind)
        raise SiteError(f"{where}, geometry", expected=" or ".join(kinds), came=came)
    build: dict[str, Callable[[str, object], BaseGeometry]] = {
        "Point": lambda place, value: shapely.Point(position(place, value)),
        "Polygon": _polygon,
        "MultiPolygon": _multipolygon,
    }
    geometry = build[str(kind)](f"{where}, coordinates", found.get("coordinates"))
    if not geometry.is_valid:
        raise SiteError(
            f"{where}, coordinates",
            expected="a polygon whose edges do not cross",
            came=shapely.is_valid_reason(geometry),
        )
    return Feature(geometry, properties)


def position(where: str, value: object) -> tuple[float, float]:
    """Longitude and latitude of a GeoJSON position; a height behind them is left out."""
    expected = "[longitude, latitude] in degrees of WGS 84"
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise SiteError(where, expected=expected, came=shown(value))
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        raise SiteError(where, expected=expected, came=shown(value))
    lon, lat = value[:2]
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # refuses NaN and infinities too
        swapped = abs(lon) <= 90 and abs(lat) <= 180
        raise SiteError(
            where,
            expected=expected,
            came=shown(value),
            act="Latitude and longitude look swapped: longitude comes first." if swapped else "",
        )
    return float(lon), float(lat)


def _ring(where: str, value: object) -> list[tuple[float, float]]:
    if not isinstance(value, list) or len(value) < 4:
        raise SiteError(where, expected="a ring of four positions or more", came=shown(value))
    ring = [position(where, item) for item in value]
    if ring[0] != ring[-1]:
        raise SiteError(
            where, expected="a ring that ends where it begins", came=f"the end {shown(ring[-1])}"
        )
    return ring


def _polygon(where: str, value: object) -> shapely.Polygon:
    if not isinstance(value, list) or not value:
        raise SiteError(where, expected="a list of rings", came=shown(value))
    shell, *holes = (_ring(where, item) for item in value)
    polygon = shapely.Polygon(shell, holes)
    if not polygon.is_valid or math.isclose(polygon.area, 0.0, abs_tol=1e-16):
        came = shapely.is_valid_reason(polygon)
        if came == "Valid Geometry":
            came = "one without area"
        raise SiteError(where, expected="a polygon whose edges do not cross", came=came)
    return polygon


def _multipolygon(where: str, value: object) -> shapely.MultiPolygon:
    if not isinstance(value, list) or not value:
        raise SiteError(where, expected="a list of polygons", came=shown(value))
    return shapely.MultiPolygon([_polygon(where, item) for item in value])

"""A site: the place that is watched, parsed from the bytes of its folder.

The formats are those of the recording contract, section "Site". Reading the folder from disk is
the pipeline's; here everything is checked, and the first thing wrong stops with one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.errors import SiteError
from geo.land import Land
from geo.piers import PIER, Piers
from geo.plane import MetricPlane
from geo.site_cells import Reader, choice, number, shown, text
from geo.site_files import features, toml
from geo.site_tables import (
    POINTS,
    POLYGONS,
    read_piers,
    read_points,
    read_register,
    registers,
)
from geo.site_tides import read_tide
from geo.tides import Tide

MODEL_FILES = ("judgements.toml", "evidence.toml", "calibration.toml", "outlook.toml")

#: Every file of a site folder; all but the first may be missing.
SITE_FILES = (
    *("site.toml", "land.geojson", "piers.geojson", *POINTS),
    *(*registers("UTC"), "tides.toml", *MODEL_FILES),
)

VEHICLE_DATUMS = ("wgs84", "gcj02", "bd09")
DEFAULT_LANDINGS_PER_100_PIER_NIGHTS = 0.068


@dataclass(frozen=True, eq=False)
class Site:
    """A site, checked. Frames have their contract's columns first; empty where a file is missing.

    `plane` is centred on the piers, else on the land, else on the sensors; at 0°, 0° where the
    site has no geometry at all. `vehicle_datum` is `wgs84`, `gcj02` or `bd09`. `terminal` in
    `vehicles` has no leading zeros. `judgements`, `evidence`, `calibration` and `outlook` are the
    bytes of their files, known to be TOML, or None. `extra` holds the further keys of `site.toml`.
    """

    name: str
    title_zh: str
    title_en: str
    timezone: str
    vehicle_datum: str
    skew_s: dict[str, float]
    landings_per_100_pier_nights: float
    plane: MetricPlane
    land: Land | None
    piers: Piers
    cameras: pl.DataFrame
    bars: pl.DataFrame
    radars: pl.DataFrame
    stations: pl.DataFrame
    vessels: pl.DataFrame
    vehicles: pl.DataFrame
    permits: pl.DataFrame
    regimes: pl.DataFrame
    tide: Tide | None
    not_covered: list[str]
    judgements: bytes | None
    evidence: bytes | None
    calibration: bytes | None
    outlook: bytes | None
    extra: dict[str, Any] = field(default_factory=dict)


def parse_site(files: Mapping[str, bytes]) -> Site:
    """The site of a folder's files.

    Parameters
    ----------
    files
        Their bytes by file name (`site.toml`, `piers.geojson`, ...); other names are left alone.

    Raises
    ------
    SiteError
        Naming file, row and expectation, for the first thing that is missing or wrong.

    >>> site = parse_site({"site.toml": b'name = "cove"'})
    >>> site.title_en, site.timezone, len(site.piers), site.not_covered[:2]
    ('cove', 'Asia/Shanghai', 0, ['land.geojson', 'piers.geojson'])
    """
    head = _head(files)
    shores = _land(files)
    pier_table, polygons = (
        read_piers("piers.geojson", files["piers.geojson"])
        if "piers.geojson" in files
        else (pl.DataFrame(schema=PIER), np.empty(0, object))
    )
    known = pier_table["pier_id"] if "piers.geojson" in files else None
    points = {file: read_points(file, files.get(file), known) for file in POINTS}
    tables = {
        file: read_register(file, files.get(file), head["timezone"], known)
        for file in registers("UTC")
    }
    for file in MODEL_FILES:
        if file in files:
            toml(file, files[file])
    plane = _plane(polygons, shores, points)
    by_file: dict[str, Any] = {
        **points,
        **tables,
        **{file: files.get(file) for file in MODEL_FILES},
    }
    return Site(
        **head,
        plane=plane,
        land=Land(shores, plane) if "land.geojson" in files else None,
        piers=Piers(pier_table, polygons, plane),
        **{file.rpartition(".")[0]: content for file, content in by_file.items()},
        tide=read_tide("tides.toml", files["tides.toml"]) if "tides.toml" in files else None,
        not_covered=[file for file in SITE_FILES if file not in files],
    )


def _head(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What `site.toml` says."""
    file = "site.toml"
    if file not in files:
        raise SiteError(
            file, expected="this file in the site folder", came="none", act="Write one."
        )
    tables = toml(file, files[file])
    name = _key(tables, "name", text, None)
    skew = tables.get("skew_s", {})
    if not isinstance(skew, dict):
        raise SiteError(f"{file}, skew_s", expected="a table by source", came=shown(skew))
    head = {
        "name": name,
        "title_zh": _key(tables, "title_zh", text, name),
        "title_en": _key(tables, "title_en", text, name),
        "timezone": _key(tables, "timezone", _timezone, "Asia/Shanghai"),
        "vehicle_datum": _key(tables, "vehicle_datum", choice(*VEHICLE_DATUMS), "wgs84"),
        "skew_s": {
            str(key): _key({f"skew_s.{key}": value}, f"skew_s.{key}", number(-1e8, 1e8), None)
            for key, value in skew.items()
        },
        "landings_per_100_pier_nights": _key(
            tables,
            "landings_per_100_pier_nights",
            number(0, 99.0, above=True),
            DEFAULT_LANDINGS_PER_100_PIER_NIGHTS,
        ),
    }
    return {**head, "extra": {key: value for key, value in tables.items() if key not in head}}


def _key(tables: Mapping[str, Any], key: str, read: Reader, otherwise: object) -> Any:
    if key not in tables and otherwise is not None:
        return otherwise
    value = tables.get(key)
    try:
        found = read(value)
        if found == "":
            raise ValueError("text")
    except ValueError as error:
        came = shown(value) if key in tables else "nothing"
        raise SiteError(f"site.toml, {key}", expected=str(error), came=came) from None
    return found


def _timezone(value: object) -> str:
    try:
        return ZoneInfo(text(value)).key
    except (ValueError, OSError, KeyError):
        raise ValueError("a time zone such as Asia/Shanghai") from None


def _land(files: Mapping[str, bytes]) -> list[BaseGeometry]:
    if "land.geojson" not in files:
        return []
    found = features("land.geojson", files["land.geojson"], POLYGONS)
    return [feature.geometry for feature in found]


def _plane(
    polygons: NDArray[np.object_],
    shores: list[BaseGeometry],
    points: Mapping[str, pl.DataFrame],
) -> MetricPlane:
    """The plane around the middle of the first geometry that there is."""
    sensors = pl.concat([table.select("lon", "lat") for table in points.values()])
    marks = np.atleast_1d(np.asarray(shapely.points(sensors.to_numpy()), object))
    for held in (polygons, np.array(shores, object), marks):
        if len(held):
            west, south, east, north = shapely.total_bounds(held)
            return MetricPlane(round(float(west + east) / 2, 6), round(float(south + north) / 2, 6))
    return MetricPlane(0.0, 0.0)

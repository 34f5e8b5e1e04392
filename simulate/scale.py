"""How much of a site is simulated: all of it, or a corner with two radars for benchmarks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import SiteError
from geo.site import Site, parse_site

Row = dict[str, Any]


@dataclass(frozen=True)
class Scale:
    """A size.

    Attributes
    ----------
    piers, radars, stations, vehicles
        How many of the site's are kept; None: all.
    period_s
        Of the radars' output; None: the site's own.
    passing, anchored
        Merchant ships in a night.
    from_hour, hours
        When a night's recording begins, local, and its length.
    """

    name: str
    piers: int | None
    radars: int | None
    stations: int | None
    vehicles: int | None
    period_s: float | None
    passing: int
    anchored: int
    from_hour: int = 15
    hours: int = 18


SCALES = {
    scale.name: scale
    for scale in (
        Scale("demo", 44, 2, 2, 60, 10.0, passing=5, anchored=3, from_hour=20, hours=9),
        Scale("small", 100, 2, 2, 200, 10.0, passing=9, anchored=4),
        Scale("county", None, None, None, None, None, passing=26, anchored=14),
    )
}


def cut(files: Mapping[str, bytes], scale: Scale) -> dict[str, bytes]:
    """The files of a site with as much in them as the scale has.

    The piers kept are those nearest to the middle between the radars that are kept; cameras and
    bars of other piers go with them, and vessels whose home is another pier.

    Raises
    ------
    SiteError
        A file that is needed is wrong.
    """
    if scale.piers is None:
        return dict(files)
    site = parse_site(files)
    kept = _nearest(site, scale)
    out = dict(files)
    ids = {site.piers.table["pier_id"][i] for i in kept}
    radars = set(site.radars["radar_id"].to_list()[: scale.radars])
    stations = set(_near_stations(site, kept, scale))
    _features(out, "piers.geojson", lambda row: row["pier_id"] in ids)
    _features(out, "bars.geojson", lambda row: row.get("pier_id") in {*ids, None})
    _features(out, "cameras.geojson", lambda row: row.get("pier_id") in {*ids, None})
    _features(out, "radars.geojson", lambda row: row["radar_id"] in radars, scale.period_s)
    _features(out, "stations.geojson", lambda row: row["station_id"] in stations)
    _rows(out, "vessels.csv", lambda row: row["home_pier"] in {*ids, ""})
    _rows(out, "vehicles.csv", bool, scale.vehicles)
    _rows(out, "permits.csv", lambda row: row["pier_id"] in ids)
    return out


def _nearest(site: Site, scale: Scale) -> list[int]:
    table = site.piers.table
    if not len(site.radars) or not len(table):
        raise SiteError("radars.geojson", expected="radars and piers", came="none")
    radars = site.radars[: scale.radars]
    x, y = site.plane.to_m(table["lon"].to_numpy(), table["lat"].to_numpy())
    rx, ry = site.plane.to_m(radars["lon"].to_numpy(), radars["lat"].to_numpy())
    middle = (float(rx.mean()), float(ry.mean()))
    away = ((x - middle[0]) ** 2 + (y - middle[1]) ** 2).round(0).tolist()
    return sorted(range(len(away)), key=lambda i: (away[i], i))[: scale.piers]


def _near_stations(site: Site, kept: list[int], scale: Scale) -> list[str]:
    x, y = site.plane.to_m(site.stations["lon"].to_numpy(), site.stations["lat"].to_numpy())
    table = site.piers.table[kept]
    px, py = site.plane.to_m(table["lon"].to_numpy(), table["lat"].to_numpy())
    away = ((x - float(px.mean())) ** 2 + (y - float(py.mean())) ** 2).round(0).tolist()
    order = sorted(range(len(away)), key=lambda i: (away[i], i))[: scale.stations]
    return [site.stations["station_id"][i] for i in order]


def _features(
    files: dict[str, bytes], name: str, keep: Callable[[Row], bool], period_s: float | None = None
) -> None:
    if name not in files:
        return
    collection = json.loads(files[name])
    features = [f for f in collection["features"] if keep(f["properties"])]
    for feature in features:
        if period_s is not None:
            feature["properties"]["period_s"] = period_s
    collection["features"] = features
    files[name] = (json.dumps(collection, ensure_ascii=False) + "\n").encode()


def _rows(
    files: dict[str, bytes], name: str, keep: Callable[[Row], bool], most: int | None = None
) -> None:
    if name not in files:
        return
    reader = csv.DictReader(io.StringIO(files[name].decode("utf-8-sig")))
    rows = [row for row in reader if keep(row)][:most]
    files[name] = table(list(reader.fieldnames or []), rows)


def table(columns: list[str], rows: list[Row]) -> bytes:
    """A CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()

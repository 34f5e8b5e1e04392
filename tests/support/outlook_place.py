"""A small coast for the outlook: piers in a row with a chosen status, kind and depth."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl

from geo.plane import MetricPlane
from geo.site import Site, parse_site
from models.baseline import rates
from models.outlook.recurrence import RECENT
from models.outlook.risk_hours import Outlook, outlook
from models.outlook.table import OutlookTable, parse_outlook
from models.risk.evidence_table import Rate

HOUSE = Path(__file__).parents[2]
TABLE: OutlookTable = parse_outlook((HOUSE / "models/outlook/outlook.toml").read_bytes())
PRIORS = {
    "idle": Rate(a=1.0, b_days=90.0), "low": Rate(a=2.5, b_days=25.0),
    "active": Rate(a=30.0, b_days=10.0), "unknown": Rate(a=0.5, b_days=2.0),
}  # fmt: skip
PLANE = MetricPlane(121.9, 29.2)
EVENING = date(2026, 3, 10)  # no holiday near
NIGHT = (EVENING - date(1970, 1, 1)).days
DEEP_M = 8.0

#: Status, kind, depth, metres east.
Pier = tuple[str, str, float | None, float]


def coast(*piers: Pier, tide: bool = True, rate: float = 0.068, **head: str) -> Site:
    """The site of these piers, squares of 20 m; a strip of land north of them."""
    features = []
    for i, (status, kind, depth_m, east_m) in enumerate(piers):
        lon, lat = PLANE.to_deg([east_m - 10, east_m + 10], [-10.0, 10.0])
        ring = [(lon[a], lat[b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        named = {"pier_id": f"P{i}", "name": f"P{i}", "kind": kind, "status": status}
        if depth_m is not None:
            named |= {"depth_m": depth_m}  # type: ignore[dict-item]
        features.append(_feature(named, ring))
    lon, lat = PLANE.to_deg([-30_000.0, 30_000.0], [20.0, 2_000.0])
    strip = [(lon[a], lat[b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
    keys = {"name": "cove", **head}
    text = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    files = {
        "site.toml": f"{text}landings_per_100_pier_nights = {rate}\n".encode(),
        "piers.geojson": _collection(features),
        "land.geojson": _collection([_feature({"name": "land"}, strip)]),
    }
    if tide:
        files["tides.toml"] = (HOUSE / "sites/xiangshan/tides.toml").read_bytes()
    return parse_site(files)


def idle_row(count: int, apart_m: float = 8_000.0) -> Site:
    """Deep idle piers, by default too far from each other to be neighbours."""
    return coast(*(("idle", "pier", DEEP_M, i * apart_m) for i in range(count)))


def told(
    site: Site,
    *known: tuple[int, int, float],
    evening: date = EVENING,
    visits: pl.DataFrame | None = None,
    remembered: int = 90,
) -> Outlook:
    """The outlook; `known` are pier, nights ago and probability."""
    night = (evening - date(1970, 1, 1)).days
    rows = [(pier, night - ago, probability) for pier, ago, probability in known]
    recent = pl.DataFrame(rows, schema=RECENT, orient="row")
    seen = rates.initial() if visits is None else visits
    return outlook(site, TABLE, PRIORS, evening, seen, recent, remembered)


def _feature(named: dict[str, str], ring: list[tuple[float, float]]) -> dict[str, object]:
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": named, "geometry": polygon}


def _collection(features: list[dict[str, object]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()

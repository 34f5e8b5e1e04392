"""Rows of the store as GeoDataFrames: EPSG:4326, longitude first, aware UTC times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely
from numpy.typing import NDArray

from alerts.envelope import NO_LANDING, weighed
from alerts.masking import masked

WGS84 = "EPSG:4326"
Column = Sequence[float | None] | NDArray[np.float64]
_TIME_ENDS = ("_at", "_from", "_to")
_TIME = pd.DatetimeTZDtype("us", "UTC")

ALERT_COLUMNS = (
    "alert_id", "revision", "status", "kind", "level", "issued_at", "posterior", "severity",
    "rank", "prior_nats", "evidence_nats", "pier_id", "berth_from", "berth_to", "targets",
    "vehicles", "not_covered", "exercise",
)  # fmt: skip


def points(frame: pl.DataFrame) -> gpd.GeoDataFrame:
    """Rows with `lon` and `lat` as points, in the place of those two columns.

    >>> frame = points(pl.DataFrame({"target": ["mmsi:1"], "lon": [121.9], "lat": [29.2]}))
    >>> frame.geometry.to_wkt().tolist(), str(frame.crs)
    (['POINT (121.9 29.2)'], 'EPSG:4326')
    """
    places = located(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    return gpd.GeoDataFrame(frame.drop("lon", "lat").to_pandas(), geometry=places, crs=WGS84)


def located(lon: Column, lat: Column) -> NDArray[np.object_]:
    """A point for each pair of degrees, nothing where either is not known.

    >>> located([121.9, None], [29.2, 29.3]).tolist()
    [<POINT (121.9 29.2)>, None]
    """
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    places = np.full(x.shape, None, object)
    known = ~(np.isnan(x) | np.isnan(y))
    places[known] = shapely.points(x[known], y[known])
    return places


def lines(frame: pl.DataFrame) -> gpd.GeoDataFrame:
    """Track segments as LineStrings whose measure is seconds since 1970 UTC."""
    shapes = shapely.from_wkb(frame["wkb"].to_numpy())
    return gpd.GeoDataFrame(frame.drop("wkb").to_pandas(), geometry=shapes, crs=WGS84)


def polygons(features: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> gpd.GeoDataFrame:
    """GeoJSON features as rows, with the named properties."""
    rows = [{name: f["properties"].get(name) for name in columns} for f in features]
    shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(columns)), geometry=shapes, crs=WGS84)


def events(frame: pl.DataFrame) -> gpd.GeoDataFrame:
    """Events as points, plates masked; each key of their details becomes a column."""
    said = masked([json.loads(text) for text in frame["detail"]])
    out = points(frame.drop("targets", "detail"))
    out.insert(4, "targets", masked([json.loads(text) for text in frame["targets"]]))
    for name in dict.fromkeys(key for detail in said for key in detail):
        column = pd.Series([detail.get(name) for detail in said])
        out.insert(len(out.columns) - 1, name, times(column) if _is_time(name) else column)
    return out


def alerts(envelopes: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Envelopes, already masked, as points: columns of `ALERT_COLUMNS`, then the place."""
    rows = [
        {
            **envelope,
            **({} if weighed(envelope) else dict.fromkeys(NO_LANDING)),
            "rank": (envelope.get("posterior") or 0.0) * (envelope.get("severity") or 0.0),
            "evidence_nats": round(sum(e["nats"] for e in envelope.get("evidence") or []), 2),
        }
        for envelope in envelopes
    ]
    table = pd.DataFrame(rows, columns=list(ALERT_COLUMNS))
    for name in filter(_is_time, ALERT_COLUMNS):
        table[name] = times(table[name])
    places = located([e.get("lon") for e in envelopes], [e.get("lat") for e in envelopes])
    return gpd.GeoDataFrame(table, geometry=places, crs=WGS84)


def times(column: pd.Series[Any]) -> pd.Series[Any]:
    """Texts in RFC 3339 as aware UTC times; what is missing stays so.

    >>> times(pd.Series(["2026-03-01T17:22:10Z", None])).tolist()
    [Timestamp('2026-03-01 17:22:10+0000', tz='UTC'), NaT]
    """
    return pd.to_datetime(column, utc=True, format="ISO8601").astype(_TIME)


def _is_time(name: str) -> bool:
    return name.endswith(_TIME_ENDS)

"""What the map shows beside vessels: trucks near piers without names, cameras, stations. Pure."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from dashboard.picture import unix_ms
from geo.site import Site

Json = dict[str, Any]
#: A truck that has said nothing for so long is no longer on the picture.
TRUCK_S: Final = 900.0
MOST_TRUCKS: Final = 2_000


def ashore(
    site: Site | None, vehicles: pl.DataFrame, sightings: pl.DataFrame, health: pl.DataFrame
) -> Json:
    """What the page's map is told, once it changes.

    Parameters
    ----------
    site
        Where cameras, bars, radars and stations stand.
    vehicles, sightings
        As `store.feed_reads` gives them.
    health
        `core.schema.FEED_HEALTH`.

    Returns
    -------
    `trucks` (longitude, latitude, course or null, whether it stands), `cameras` and `stations`
    (id, kind, place, state, time last heard or seen in Unix milliseconds or null).
    """
    return {
        "trucks": _trucks(vehicles),
        "cameras": _cameras(site, sightings) if site else [],
        "stations": _stations(site, health) if site else [],
    }


def truck_since(tick: datetime | None) -> datetime | None:
    """From when on trucks are shown."""
    return None if tick is None else tick - timedelta(seconds=TRUCK_S)


def _trucks(vehicles: pl.DataFrame) -> list[list[Any]]:
    shown = vehicles.head(MOST_TRUCKS).select(
        pl.col("lon").round(5),
        pl.col("lat").round(5),
        pl.col("course_deg").round(0),
        (pl.col("speed_kn").fill_null(0.0) < 1.0).alias("stands"),
    )
    return [list(row) for row in shown.iter_rows()]


def _cameras(site: Site, sightings: pl.DataFrame) -> list[Json]:
    seen = {(s, source): (at, detail) for s, source, at, detail in sightings.iter_rows()}
    dock = site.cameras.filter(pl.col("kind").is_null() | (pl.col("kind") == "dock"))
    rows = [
        *dock.select(pl.lit("camera"), "camera_id", "pier_id", "lon", "lat").iter_rows(),
        *site.bars.select(
            pl.lit("barrier"), "bar_id", pl.lit(None).alias("pier_id"), "lon", "lat"
        ).iter_rows(),
    ]
    found = []
    for kind, number, pier_id, lon, lat in rows:
        at, detail = seen.get((kind, number), (None, ""))
        found.append(
            {
                "id": number, "kind": kind, "pier_id": pier_id, "lon": lon, "lat": lat,
                "at_ms": unix_ms(at) if at else None, "what": _what(detail) if at else None,
            }
        )  # fmt: skip
    return found


def _what(detail: str) -> str:
    """What was seen, in one word of the catalogue's group `sighting`: never who."""
    told = json.loads(detail)
    if str(told.get("format")).startswith("gat1400"):
        return "vehicle"
    named = (told.get(name) for name in ("label", "state"))
    return next((word for word in named if isinstance(word, str)), "other")


def _stations(site: Site, health: pl.DataFrame) -> list[Json]:
    known = {
        (row["sensor"], row["source"]): (row["state"], row["last_at"])
        for row in health.iter_rows(named=True)
    }
    found = []
    for kind, table, name in (
        ("ais", site.stations, "station_id"),
        ("radar", site.radars, "radar_id"),
    ):
        for number, lon, lat in table.select(name, "lon", "lat").iter_rows():
            state, last = known.get((kind, number), (None, None))
            found.append(
                {
                    "id": number, "kind": kind, "lon": lon, "lat": lat, "state": state,
                    "at_ms": unix_ms(last) if last else None,
                }
            )  # fmt: skip
    return found

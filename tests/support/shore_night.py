"""Nights at an idle pier that is looked at from the land too: radar, lorries, a dock camera.

Places are metres east and north of the pier; seconds count from midnight on the coast.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
from made_tracks import LAT, LON, T0_S, Fix, rows
from nasty_scenes import observations
from shapely import box
from shapely.geometry import mapping

from core.settings import AlertSettings, FusionSettings, Settings
from engine.place import Place
from geo.site import parse_site
from models.risk.calibration import IDENTITY
from pipeline.sites import make_place

ECHO, FERRY, FISHER = "radar:R1:17", "mmsi:412000002", "mmsi:412000004"
LORRIES = ("plate:浙B80001", "plate:浙B8D002")
HOUR_S = 3600
FOG = "from,to,kind,area\n2026-03-01T12:00:00Z,2026-03-02T00:00:00Z,fog,\n"
_VESSELS = (
    "vessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier\n"
    "V1,Ferry,412000002,,passenger,30,2.0,P1\n"
    "V2,Fisher,412000004,,fishing,18,1.5,P9\n"
)
_VEHICLES = (
    "terminal,plate,class,owner\n1001,浙B80001,refrigerated,x\n1002,浙B8D002,truck_light,x\n"
)


@cache
def shore(fog: bool = False, watch: float = 0.2, *, plain: bool = True) -> Place:
    """An idle pier with a road and a dock camera, a station and a radar that see it.

    `plain`: levels are of the plain sum, without the calibration that ships.
    """
    quay = mapping(box(LON, LAT, LON + 0.0002, LAT + 0.0003))
    pier = {"pier_id": "P1", "status": "idle", "access": [LON, LAT + 0.0004]}
    files = {
        "site.toml": b'name = "shore"\ntimezone = "Asia/Shanghai"\n',
        "vessels.csv": _VESSELS.encode(),
        "vehicles.csv": _VEHICLES.encode(),
        "piers.geojson": _layer(quay, pier),
        "cameras.geojson": _layer(_at(0, 0), {"camera_id": "D1", "kind": "dock", "pier_id": "P1"}),
        "radars.geojson": _layer(_at(0.05, 0), {"radar_id": "R1", "range_m": 2e4, "period_s": 3.0}),
        "stations.geojson": _layer(_at(0.05, 0.02), {"station_id": "S1", "range_m": 4e4}),
        **({"regimes.csv": FOG.encode()} if fog else {}),
    }
    settings = Settings(fusion=FusionSettings(step_s=300), alerts=AlertSettings(watch=watch))
    where = make_place(parse_site(files), settings, exercise=True)
    return replace(where, calibration=IDENTITY) if plain else where


def _at(east_deg: float, north_deg: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [LON + east_deg, LAT + north_deg]}


def _layer(geometry: object, properties: dict[str, Any]) -> bytes:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def visit(berth_s: float, lie_min: int = 80) -> list[Fix]:
    """Comes from the south, lies at the pier, leaves."""
    coming: list[Fix] = [(berth_s - 30.0 * i, 10.0, -20 - 100.0 * i, 6.5) for i in range(60, 0, -1)]
    lies: list[Fix] = [(berth_s + 30.0 * i, 10.0, -20.0, 0.0) for i in range(2 * lie_min)]
    gone = berth_s + 60.0 * lie_min
    return [*coming, *lies, *((gone + 30 * i, 10.0, -100 - 100.0 * i, 6.5) for i in range(60))]


def goes_dark(berth_s: float, silent_min: int) -> dict[str, list[Fix]]:
    """A slow boat that radar sees come and lie; its AIS falls silent so long before berthing.

    Twenty neighbours are heard all the time, so that the reception is known.
    """
    coming: list[Fix] = [(berth_s - 30.0 * i, 10.0, -20 - 40.0 * i, 2.6) for i in range(240, 0, -1)]
    lies: list[Fix] = [(berth_s + 30.0 * i, 10.0, -20.0, 0.0) for i in range(160)]
    moored: dict[str, list[Fix]] = {
        f"mmsi:4130000{i:02}": [
            (s + 7 * i, 300.0 * i - 3000, -9000.0 + 300 * i, 0.0)
            for s in _every(180, -10 * HOUR_S, berth_s + 3 * HOUR_S)
        ]
        for i in range(20)
    }
    heard = [fix for fix in coming if fix[0] < berth_s - 60 * silent_min]
    return {ECHO: [*coming, *lies], "mmsi:412000009": heard, **moored}


def waits(from_s: float, to_s: float) -> list[Fix]:
    """A lorry that comes by road, stands at the pier's access, and goes."""
    coming: list[Fix] = [(from_s - 60.0 * i, 0.0, 45 + 800.0 * i, 30.0) for i in range(5, 0, -1)]
    stands: list[Fix] = [(s, 0.0, 45.0, 0.0) for s in _every(30, from_s, to_s)]
    return [*coming, *stands, *((to_s + 60.0 * i, 0.0, 45 + 800.0 * i, 30.0) for i in range(1, 6))]


def parked(at_s: float, to_s: float) -> list[Fix]:
    """A lorry far away, so that the terminals' feed lives."""
    return [(s, 9000.0, 9000.0, 0.0) for s in _every(300, at_s, to_s)]


def camera(from_s: float, to_s: float, label: str = "car", step_s: float = 600) -> pl.DataFrame:
    """What the dock camera tells, ever again: of cars only that it lives."""
    return pl.DataFrame(
        [
            {
                "target": "plate:x",
                "key": f"D1{label}{s}".encode(),
                "t_us": int((T0_S + s) * 1_000_000),
                "detail": json.dumps(
                    {"format": "frigate.events", "type": "new", "label": label, "event": label}
                ),
            }
            for s in _every(step_s, from_s, to_s)
        ]
    )


def scene(tracks: dict[str, Sequence[Fix]], seen: pl.DataFrame | None = None) -> pl.DataFrame:
    """All of it as observations, each seen when it was made."""
    frame = pl.concat([rows(list(fixes), name) for name, fixes in tracks.items()])
    told = observations(
        frame.with_columns(
            pl.col("clock_s").alias("arrived_s"), pl.lit(18, pl.Int16).alias("ais_type")
        )
    )
    if seen is None:
        return told
    at = pl.from_epoch("t_us", "us").dt.replace_time_zone("UTC").cast(told.schema["observed_at"])
    times = [at.alias(name) for name in ("observed_at", "received_at", "arrived_at")]
    more = seen.with_columns(
        *times,
        pl.lit("camera").alias("sensor"),
        pl.lit("D1").alias("source"),
        pl.lit(None, pl.String).alias("target"),
    )
    return pl.concat([told, more.drop("t_us")], how="diagonal").sort("arrived_at", "key")


def _every(step_s: float, from_s: float, to_s: float) -> list[float]:
    return [from_s + step_s * i for i in range(int((to_s - from_s) / step_s) + 1)]

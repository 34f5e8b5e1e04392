"""Hand-made fixes of vessels for the detectors of motion, and sites to put them in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray
from shapely import box
from shapely.geometry import mapping

from core.schema import empty
from geo.site import Site, parse_site
from models.fusion.schema import AIS, FIX, LINK, REGISTRATION, FusionOutput

LON, LAT = 121.9, 29.2
EAST_DEG_M, NORTH_DEG_M = 97_250.6, 110_840.0
STEP_S = 30
T0_S = 1_772_380_800  # 2026-03-01T16:00:00Z, midnight on the coast


Float = NDArray[np.float64]
Path = Callable[[Float], tuple[Float, Float]]


@dataclass(frozen=True)
class Boat:
    """A boat whose place is a function of the seconds since `T0_S`: metres east and north."""

    name: str
    place: Path
    target: str = ""
    members: int = AIS
    from_s: int = 0
    to_s: int = 3600
    silent: tuple[tuple[int, int], ...] = ()  # from, to


def lying(east_m: float, north_m: float) -> Path:
    """Always there."""
    return lambda s: (np.full(len(s), east_m), np.full(len(s), north_m))


def sailing(*legs: tuple[float, float, float]) -> Path:
    """Through (seconds, metres east, metres north), straight in between, still at the ends."""
    t, x, y = (np.array(part, float) for part in zip(*legs, strict=True))
    return lambda s: (np.interp(s, t, x), np.interp(s, t, y))


def fixes(*boats: Boat, speed_kn: float | None = None, step_s: int = STEP_S) -> pl.DataFrame:
    """Their fixes as fusion gives them; speeds and courses are those of the motion."""
    frame = pl.concat([_fixes(boat, step_s) for boat in boats]).sort("clock_s", "vessel")
    return frame if speed_kn is None else frame.with_columns(pl.lit(speed_kn).alias("speed_kn"))


def _fixes(boat: Boat, step_s: int) -> pl.DataFrame:
    s = np.arange(boat.from_s, boat.to_s + 1, step_s)
    dumb = np.zeros(len(s), bool)
    for begin, end in boat.silent:
        dumb |= (s > begin) & (s <= end)
    age_s = s - np.maximum.accumulate(np.where(dumb, boat.from_s, s))
    (x, y), (x1, y1) = boat.place(s), boat.place(s + 1)
    made_kn = np.hypot(x1 - x, y1 - y) * (3600 / 1852)
    course = np.degrees(np.arctan2(x1 - x, y1 - y)) % 360
    columns = {
        "vessel": pl.Series([boat.name]).new_from_index(0, len(s)),
        "clock_s": T0_S + s,
        "lon": LON + x / EAST_DEG_M,
        "lat": LAT + y / NORTH_DEG_M,
        "sigma_m": np.full(len(s), 15.0),
        "speed_kn": made_kn,
        "course_deg": pl.Series(np.where(made_kn > 0.2, course, np.nan)).fill_nan(None),
        "age_s": age_s,
        "heard": np.where(dumb, 0, boat.members),
        "members": np.full(len(s), boat.members),
        "target": pl.Series([boat.target or boat.name]).new_from_index(0, len(s)),
        "coasting": age_s > 180,
        "rival": pl.Series([None], dtype=pl.String()).new_from_index(0, len(s)),
        "rival_probability": np.full(len(s), np.nan),
    }
    return pl.DataFrame(columns).cast(dict(FIX)).select(FIX.names())


def fused(frame: pl.DataFrame) -> FusionOutput:
    """What fusion put out, with these fixes alone."""
    return FusionOutput(frame, empty(LINK), empty(REGISTRATION))


@cache
def site(
    piers: Sequence[tuple[str, float, float]] = (),
    land: Sequence[tuple[float, float, float, float]] = (),
    vessels: str = "",
) -> Site:
    """Piers (name, metres east, metres north) of 20 m, boxes of land in metres, a register."""

    def shape(x0: float, y0: float, x1: float, y1: float) -> object:
        west, east = (LON + x / EAST_DEG_M for x in (x0, x1))
        return mapping(box(west, LAT + y0 / NORTH_DEG_M, east, LAT + y1 / NORTH_DEG_M))

    def collection(features: Sequence[tuple[dict[str, str], object]]) -> bytes:
        rows = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
        return json.dumps({"type": "FeatureCollection", "features": rows}).encode()

    files = {"site.toml": b'name = "cove"\n'}
    if piers:
        shapes = [({"pier_id": p}, shape(x, y, x + 20, y + 20)) for p, x, y in piers]
        files["piers.geojson"] = collection(shapes)
    if land:
        files["land.geojson"] = collection([({}, shape(*edges)) for edges in land])
    if vessels:
        files["vessels.csv"] = vessels.encode()
    return parse_site(files)

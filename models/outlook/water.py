"""Water at each pier over the hours of a night: enough to berth and to leave again, or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.times import SECOND_US
from geo.site import Site
from models.outlook.table import WaterTable

Float = NDArray[np.float64]

_STEP_MIN = 10
_TIDE = timedelta(hours=13)  # a high water at least in any such span


@dataclass(frozen=True)
class Water:
    """`nats` and `margin_m` have shape (piers, hours), `high_water_h` shape (hours,); NaN is not
    known."""

    nats: Float
    margin_m: Float
    high_water_h: Float
    not_covered: tuple[str, ...]


def water(site: Site, table: WaterTable, hours_us: list[int], stay_min: int) -> Water:
    """What the tide says of each pier and hour.

    With the depth known it counts how much too little water there is, at its lowest from the
    middle of the hour over a usual stay; without, whether the hour lies about high water; where
    boats ground on purpose, nothing.
    """
    rows = site.piers.table.select("kind", "depth_m")
    shape = len(rows), len(hours_us)
    nats, margin_m = np.zeros(shape), np.full(shape, np.nan)
    if site.tide is None:
        return Water(nats, margin_m, np.full(len(hours_us), np.nan), ("tide",))
    middle = np.array(hours_us, "datetime64[us]") + np.timedelta64(30, "m")
    steps = np.arange(0, stay_min + _STEP_MIN, _STEP_MIN) * np.timedelta64(1, "m")
    lowest_m = site.tide.height_m(middle[:, None] + steps).min(axis=1)
    off_h = _from_high_water(site, hours_us)
    inside = off_h <= table.high_water_hours
    about = np.where(inside, table.inside_nats, table.outside_nats)
    unknown = False
    for pier, (kind, depth_m) in enumerate(rows.iter_rows()):
        if depth_m is not None:
            margin_m[pier] = np.round(lowest_m + depth_m - table.draught_m - table.clearance_m, 2)
        if kind in table.grounding_kinds:
            continue
        if depth_m is None:
            nats[pier], unknown = about, True
            continue
        short_m = np.maximum(-margin_m[pier], 0.0)
        nats[pier] = np.maximum(short_m * table.shallow_nats_per_m, table.shallow_floor_nats)
    return Water(nats + 0.0, margin_m, off_h, ("depth",) if unknown else ())


def _from_high_water(site: Site, hours_us: list[int]) -> Float:
    """Hours from the middle of each hour to the nearest high water."""
    assert site.tide is not None
    first, last = (
        datetime.fromtimestamp(us // SECOND_US, UTC) for us in (hours_us[0], hours_us[-1])
    )
    peaks = [at.timestamp() for at, _ in site.tide.high_waters(first - _TIDE, last + _TIDE)]
    if not peaks:
        return np.full(len(hours_us), np.nan)
    middle = np.array(hours_us) / SECOND_US + 1_800.0
    apart = np.abs(middle[:, None] - np.array(peaks)).min(axis=1)
    return np.asarray(np.round(apart / 3_600.0, 2), np.float64)

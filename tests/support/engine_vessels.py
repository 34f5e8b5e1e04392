"""Short scenes of boats that several sensors see, for what the engine says of vessels.

Each boat has AIS, a BeiDou terminal, an echo of the radar, or several of them; AIS may end on the
way, and two boats may meet. Everything lasts for 25 minutes, about midnight here or in UTC.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import polars as pl
from engine_scenes import place
from nasty_scenes import STARTS_S
from numpy.typing import NDArray

from core.settings import FusionSettings
from engine.place import Place

LASTS_S = 1500
BEGIN_S = STARTS_S[1] + 600
END_S = BEGIN_S + LASTS_S + 3600
LON, LAT = 121.93, 29.17
EAST_DEG_M, NORTH_DEG_M = 97_300.0, 110_850.0
_RADAR = {
    "type": "Feature",
    "properties": {"radar_id": "R1", "range_m": 20_000, "period_s": 3.0},
    "geometry": {"type": "Point", "coordinates": [121.99, 29.19]},
}


@cache
def radar_place() -> Place:
    """The piers of the scenes, with a radar, and vessels that are soon given up."""
    radars = json.dumps({"type": "FeatureCollection", "features": [_RADAR]})
    return place(radars=radars, fusion=FusionSettings(coast_s=600))


def boats(seed: int, n: int = 3) -> pl.DataFrame:
    """The rows of some boats, in the form of `nasty_scenes.scene`."""
    rng = np.random.default_rng(seed)
    frame = pl.concat([part for i in range(n) for part in _boat(rng, i)])
    keys = [rng.integers(0, 256, 16, np.uint8).tobytes() for _ in range(len(frame))]
    arrived = -(-frame["t_us"].to_numpy() // 1_000_000)
    return frame.with_columns(
        pl.Series("key", keys, pl.Binary), pl.Series("arrived_s", arrived, pl.Int64)
    )


def _boat(rng: np.random.Generator, i: int) -> list[pl.DataFrame]:
    speed_ms = float(rng.choice([0.0, 0.5, 3.0, 5.0]))
    heading = float(rng.uniform(0, 2 * np.pi))
    east_m, north_m = float(rng.choice([0.0, 60.0, 700.0])) * i, float(rng.normal(0, 30))
    dark_s = int(rng.choice([300, 700, LASTS_S]))
    sees = rng.random(3) < [0.7, 0.4, 0.8]
    out = []
    for name, there, step_s, sigma_m, last_s in (
        (f"mmsi:{412_000_001 + i}", sees[0] or not sees.any(), 30, 5.0, dark_s),
        (f"beidou:{i + 1:07}", sees[1], 180, 5.0, LASTS_S),
        (f"radar:R1:{17 + i}", sees[2], 10, 25.0, LASTS_S),
    ):
        if there:
            t = np.arange(int(rng.integers(0, step_s)), last_s, step_s)
            t = t[rng.random(len(t)) > 0.1]
            along = speed_ms * t
            x = east_m + along * np.sin(heading) + rng.normal(0, sigma_m, len(t))
            y = north_m + along * np.cos(heading) + rng.normal(0, sigma_m, len(t))
            out.append(_rows(name, t, x, y, speed_ms / 0.5144, np.degrees(heading)))
    return out


def _rows(
    target: str, t_s: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64],
    speed_kn: float, course_deg: float,
) -> pl.DataFrame:  # fmt: skip
    n = len(t_s)
    return pl.DataFrame(
        {
            "target": [target] * n,
            "t_us": pl.Series((t_s + BEGIN_S) * 1_000_000, dtype=pl.Int64),
            "lon": (LON + x / EAST_DEG_M).round(6),
            "lat": (LAT + y / NORTH_DEG_M).round(6),
            "speed_kn": pl.Series([round(speed_kn, 1)] * n, dtype=pl.Float64),
            "course_deg": pl.Series([round(float(course_deg), 1)] * n, dtype=pl.Float64),
            "ais_type": pl.Series([18 if target[0] == "m" else None] * n, dtype=pl.Int16),
        }
    )

"""Short hand-made tracks for the detectors, and the track models run over them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core.settings import TrackSettings
from models.tracks.fold import TrackOutput, TrackState, advance
from models.tracks.positions import POSITION, ceil_s

T0_S = 1_772_380_800  # 2026-03-01T16:00:00Z, midnight on the coast
SETTINGS = TrackSettings()
SHIP = "mmsi:412000001"
SENSORS = {"mmsi": "ais", "beidou": "beidou", "radar": "radar", "plate": "vehicle"}

#: Seconds after T0, metres east and metres north of the place, knots (None: not reported).
Fix = tuple[float, float, float, float | None]
LON, LAT = 121.9, 29.2
EAST_DEG_M, NORTH_DEG_M = 97_230.0, 110_850.0


def rows(fixes: Sequence[Fix], target: str = SHIP, ais_type: int = 18) -> pl.DataFrame:
    """`POSITION` rows of one target, visible when they were observed."""
    t, east, north, speed = zip(*fixes, strict=True)
    n = len(fixes)
    return pl.DataFrame(
        {
            "target": [target] * n,
            "key": [f"{target}{i}".encode() for i in range(n)],
            "sensor": [SENSORS[target.split(":")[0]]] * n,
            "source": ["S1"] * n,
            "t_us": [int((T0_S + s) * 1_000_000) for s in t],
            "clock_s": [0] * n,
            "lon": [LON + m / EAST_DEG_M for m in east],
            "lat": [LAT + m / NORTH_DEG_M for m in north],
            "sigma_m": [None] * n,
            "speed_kn": list(speed),
            "course_deg": [None] * n,
            "ais_type": [ais_type] * n,
        },
        schema=POSITION,
    ).with_columns(ceil_s(pl.col("t_us")).alias("clock_s"))


def every(step_s: int, n: int, *, begin_s: int = 0, speed_kn: float | None = 0.0) -> list[Fix]:
    """Fixes of a boat that lies still (or says that it moves)."""
    return [(begin_s + i * step_s, 0.0, 0.0, speed_kn) for i in range(n)]


def take(
    frame: pl.DataFrame,
    until_s: float,
    settings: TrackSettings = SETTINGS,
    state: TrackState | None = None,
) -> tuple[TrackState, TrackOutput]:
    """One batch until so many seconds after T0."""
    return advance(state or TrackState.initial(), frame, T0_S + int(until_s), settings)


def over_batches(
    frame: pl.DataFrame, ends_s: Sequence[int], settings: TrackSettings = SETTINGS
) -> tuple[TrackState, list[TrackOutput]]:
    """Several batches that end so many seconds after T0."""
    state, out, was = TrackState.initial(), [], 0
    for end in ends_s:
        batch = frame.filter(pl.col("clock_s") > was, pl.col("clock_s") <= T0_S + end)
        state, said = advance(state, batch, T0_S + end, settings)
        out.append(said)
        was = T0_S + end
    return state, out

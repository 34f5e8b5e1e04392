"""Short hand-made voyages as rows of source tracks, and fusion run over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import FusionSettings
from geo.site import Site, parse_site
from models.fusion.fold import ROW, FusionState, advance
from models.fusion.schema import FusionOutput

T0_S = 1_772_380_800  # 2026-03-01T16:00:00Z, midnight on the coast
KN_MS = 1852 / 3600
SETTINGS = FusionSettings()
RADARS = {"R1": (121.9, 29.2), "R2": (121.98, 29.14)}
REGISTER = """vessel_id,name,mmsi,beidou_id,type,length_m,draught_m,home_pier
V1,one,412000001,0000001,fishing,20,2,
V2,two,412000002,0000002,fishing,20,2,
V3,three,412000003,,fishing,20,2,
"""

#: Metres east and north of R1 at seconds after T0.
Path = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]


def site() -> Site:
    """Two radars and a register of three boats."""
    features = [
        {
            "type": "Feature",
            "properties": {"radar_id": name, "range_m": 30_000.0, "period_s": 10.0},
            "geometry": {"type": "Point", "coordinates": list(at)},
        }
        for name, at in RADARS.items()
    ]
    radars = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    files = {"site.toml": b'name = "cove"', "radars.geojson": radars}
    return parse_site({**files, "vessels.csv": REGISTER.encode()})


SITE = site()
_X, _Y = (float(v) for v in SITE.plane.to_m(*RADARS["R1"]))


def straight(east: float, north: float, speed_kn: float, course_deg: float) -> Path:
    """From a place on, at one speed and course."""
    speed, turn = speed_kn * KN_MS, np.radians(course_deg)
    return lambda t: (east + speed * np.sin(turn) * t, north + speed * np.cos(turn) * t)


@dataclass(frozen=True)
class Seen:
    """How one sensor sees a path: from when until when, how often, with what noise and bias."""

    target: str
    from_s: float = 0.0
    to_s: float = 3600.0
    every_s: float = 30.0
    seed: int = 0
    range_m: float = 0.0
    bearing_deg: float = 0.0
    late_s: float = 0.0

    @property
    def sensor(self) -> str:
        """By the target's name."""
        return {"mmsi": "ais", "beidou": "beidou", "radar": "radar"}[self.target.split(":")[0]]

    def rows(self, path: Path, *, track: str | None = None) -> pl.DataFrame:
        """`ROW` rows."""
        rng = np.random.default_rng([self.seed, len(self.target), *self.target.encode()])
        t = np.arange(self.from_s + rng.uniform(0, self.every_s), self.to_s, self.every_s)
        east, north = path(t)
        ahead = path(t + 1.0)
        over, up = ahead[0] - east, ahead[1] - north
        source = None
        if self.sensor == "radar":
            source = self.target.split(":")[1]
            east, north = self._measured(east, north, source, rng)
            over, up = over + rng.normal(0, 0.3, len(t)), up + rng.normal(0, 0.3, len(t))
        else:
            east, north = east + rng.normal(0, 5, len(t)), north + rng.normal(0, 5, len(t))
        speed, course = np.hypot(over, up) / KN_MS, np.degrees(np.arctan2(over, up)) % 360
        lon, lat = SITE.plane.to_deg(_X + east, _Y + north)
        t_us = ((T0_S + t) * 1e6).astype(np.int64)
        clock = np.ceil(t + rng.uniform(0, self.late_s, len(t))).astype(np.int64) + T0_S
        n = len(t)
        columns = {
            "track": [track or self.target] * n, "target": [self.target] * n,
            "sensor": [self.sensor] * n, "source": [source] * n, "t_us": t_us, "clock_s": clock,
            "lon": lon, "lat": lat, "speed_kn": speed.round(1), "course_deg": course.round(1),
            "fresh": np.arange(n) == 0, "stopped": speed < 0.4,
        }  # fmt: skip
        return pl.DataFrame(columns, schema=ROW)

    def _measured(
        self,
        east: NDArray[np.float64],
        north: NDArray[np.float64],
        radar: str,
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        x, y = (float(v) for v in SITE.plane.to_m(*RADARS[radar]))
        away_e, away_n = east + _X - x, north + _Y - y
        far = np.hypot(away_e, away_n) + self.range_m + rng.normal(0, 20, len(east))
        bearing = np.arctan2(away_e, away_n) + np.radians(self.bearing_deg)
        bearing = bearing + np.radians(rng.normal(0, 0.5, len(east)))
        return far * np.sin(bearing) + x - _X, far * np.cos(bearing) + y - _Y


def run(
    rows: pl.DataFrame | Sequence[pl.DataFrame],
    until_s: int,
    ends_s: Sequence[int] = (),
    settings: FusionSettings = SETTINGS,
) -> tuple[FusionState, FusionOutput]:
    """Fusion until so many seconds after T0, in batches that end at `ends_s` and there."""
    whole = rows if isinstance(rows, pl.DataFrame) else pl.concat(rows)
    state, was, parts = FusionState.initial(), 0, []
    for end in sorted({*ends_s, until_s}):
        tick = T0_S + end
        batch = whole.filter(pl.col("clock_s") > was, pl.col("clock_s") <= tick)
        state, said = advance(state, batch, tick, SITE, settings)
        parts.append(said)
        was = tick
    frames = {name: [getattr(part, name) for part in parts] for name in vars(parts[0])}
    return state, FusionOutput(**{name: pl.concat(list_) for name, list_ in frames.items()})


def partition(out: FusionOutput, at_s: int) -> dict[str, set[str]]:
    """The tracks of each vessel as of an instant, by the links that were said."""
    held: dict[str, set[str]] = {}
    for row in out.links.filter(pl.col("clock_s") <= T0_S + at_s).iter_rows(named=True):
        mine = held.setdefault(row["vessel"], set())
        (mine.discard if row["phase"] == "left" else mine.add)(row["track"])
    return {name: tracks for name, tracks in held.items() if tracks}

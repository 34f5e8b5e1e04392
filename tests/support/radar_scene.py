"""The scene of methods 2.3: vessels in 18 × 14 km seen by one radar with a bias, and by AIS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.plane import MetricPlane
from models.fusion.ground import Ground
from models.fusion.registration import Echoes, References

T0_S = 1_772_380_800
STEP_S = 30
Float = NDArray[np.float64]
Bias = Callable[[float], tuple[float, float, float]]  # metres, degrees, seconds at a time

#: The newest row of each radar target in a step; metres in the plane, whose middle R1 is.
ECHO = pl.Schema(
    {
        "source": pl.String(),
        "target": pl.String(),
        "t_us": pl.Int64(),
        **{name: pl.Float64() for name in ("x", "y", "east_mps", "north_mps")},
    }
)
#: Vessels that say where they are, predicted to the instant.
REFERENCE = pl.Schema(
    {
        "sensor": pl.String(),
        "target": pl.String(),
        **{name: pl.Float64() for name in ("x", "y", "sigma_m", "east_mps", "north_mps")},
    }
)


def ground(*radars: str) -> Ground:
    """Radars that all stand in the middle of the plane."""
    nowhere = np.full((1, 2), np.nan)
    places = np.concatenate([np.zeros((len(radars), 2)), nowhere])
    return Ground(MetricPlane(121.9, 29.2), radars, places, (32_000.0,) * len(radars), {})


GROUND = ground("R1")


def seen(echoes: pl.DataFrame, ground: Ground = GROUND) -> Echoes:
    """`ECHO` rows as `learn` takes them."""
    numbers = {name: i for i, name in enumerate(ground.radars)}
    radar = [numbers.get(name, len(numbers)) for name in echoes["source"]]
    return Echoes(
        np.array(radar, np.int64),
        echoes.select("x", "y").to_numpy(),
        echoes.select("east_mps", "north_mps").to_numpy(),
        echoes["t_us"].to_numpy(),
    )


def heard(references: pl.DataFrame) -> References:
    """`REFERENCE` rows as `learn` takes them."""
    return References(
        references["target"].to_numpy().astype(object),
        (references["sensor"] == "ais").to_numpy(),
        references.select("x", "y").to_numpy(),
        references.select("east_mps", "north_mps").to_numpy(),
        references["sigma_m"].to_numpy(),
    )


@dataclass
class Sea:
    """Vessels on straight courses, 40 % in clusters, 30 % lying still; 20 % without AIS."""

    n: int = 200
    seed: int = 0
    dark: float = 0.2
    xy_m: Float = field(init=False)
    v_mps: Float = field(init=False)
    silent: NDArray[np.bool_] = field(init=False)
    dice: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.dice = dice = np.random.default_rng(self.seed)
        self.xy_m = dice.uniform((3_000, -7_000), (21_000, 7_000), (self.n, 2))
        clustered = dice.random(self.n) < 0.4
        centres = dice.uniform((5_000, -5_000), (19_000, 5_000), (5, 2))
        near = centres[dice.integers(0, 5, self.n)] + dice.normal(0, 400, (self.n, 2))
        self.xy_m = np.where(clustered[:, None], near, self.xy_m)
        speed = np.where(dice.random(self.n) < 0.3, 0.0, dice.uniform(1.0, 7.0, self.n))
        course = dice.uniform(0, 2 * np.pi, self.n)
        self.v_mps = speed[:, None] * np.column_stack([np.sin(course), np.cos(course)])
        self.silent = dice.random(self.n) < self.dark

    def at(self, t_s: float) -> Float:
        """Places: vessels turn round every half hour, so that they stay."""
        leg = np.abs((t_s + 900.0) % 3600.0 - 1800.0) - 900.0
        return self.xy_m + self.v_mps * leg

    def going(self, t_s: float) -> Float:
        """Velocities."""
        forth = 1.0 if (t_s + 900.0) % 3600.0 >= 1800.0 else -1.0
        return self.v_mps * forth

    def echoes(
        self, t_s: float, bias: tuple[float, float, float], radar: str = "R1"
    ) -> pl.DataFrame:
        """`ECHO` of an instant, 20 m and 0.5° of noise, nine in ten seen."""
        d_range, d_bearing, clock_s = bias
        lag_s = self.dice.uniform(0, 3, self.n)  # the newest row of a step is a little old
        xy, v = self.at(t_s) - self.going(t_s) * (lag_s + clock_s)[:, None], self.going(t_s)
        far = np.hypot(*xy.T) + d_range + self.dice.normal(0, 20, self.n)
        bearing = np.arctan2(*xy.T) + np.radians(d_bearing + self.dice.normal(0, 0.5, self.n))
        found = self.dice.random(self.n) < 0.9
        speed = np.hypot(*v.T)
        measured = np.abs(speed + self.dice.normal(0, 0.15, self.n)) / np.maximum(speed, 1e-9)
        v = np.where(speed[:, None] > 0, v * measured[:, None], 0.0)
        return pl.DataFrame(
            {
                "source": [radar] * self.n,
                "target": [f"radar:{radar}:{i}" for i in range(self.n)],
                "t_us": ((T0_S + t_s - lag_s) * 1e6).astype(np.int64),
                "x": far * np.sin(bearing),
                "y": far * np.cos(bearing),
                "east_mps": v[:, 0],
                "north_mps": v[:, 1],
            },
            schema=ECHO,
        ).filter(pl.Series(found))

    def references(self, t_s: float, sensor: str = "ais") -> pl.DataFrame:
        """`REFERENCE` of an instant: who is not silent, within 15 m."""
        xy = self.at(t_s) + self.dice.normal(0, 15, (self.n, 2))
        return pl.DataFrame(
            {
                "sensor": [sensor] * self.n,
                "target": [f"mmsi:{412_000_000 + i}" for i in range(self.n)],
                "x": xy[:, 0],
                "y": xy[:, 1],
                "sigma_m": [20.0] * self.n,
                "east_mps": self.going(t_s)[:, 0],
                "north_mps": self.going(t_s)[:, 1],
            },
            schema=REFERENCE,
        ).filter(pl.Series(~self.silent))

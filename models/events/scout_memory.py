"""What the search for scouts remembers: paths, ways to piers, nights, and where scouts led."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from core.schema import empty
from models.events.instants import compact

VESSEL: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "seen_s": pl.Int64(),
        "vocal_s": pl.Int64(),  # when a transponder of it was last heard
        "point_s": pl.Int64(),  # its path's last point
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "still_s": pl.Int64(),  # that it lay still since
        "arrived": pl.Boolean(),  # it was looked at, where it lies
    }
)
POINT: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "target": pl.String(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "still_s": pl.Int64(),  # before it, since the point before
        "dark": pl.Boolean(),
    }
)
#: Ways to piers that are remembered, point by point.
WAY: Final = pl.Schema(
    {
        "arrived_s": pl.Int64(),
        "target": pl.String(),
        "pier": pl.Int64(),
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
    }
)
#: Nights on which a boat went ahead of a dark one.
NIGHT: Final = pl.Schema(
    {
        "target": pl.String(),
        "follower": pl.String(),
        "night": pl.Int64(),
        "clock_s": pl.Int64(),
    }
)
#: Where a scout led, and until when that counts.
LED: Final = pl.Schema({"pier": pl.Int64(), "until_s": pl.Int64()})


@dataclass(frozen=True)
class State:
    """Paths of the last hours, ways of the last nights, and what scouts led to."""

    until_s: int = 0
    left_out: int = 0  # points and ways for which there was no room
    vessels: pl.DataFrame = field(default_factory=lambda: empty(VESSEL))
    points: pl.DataFrame = field(default_factory=lambda: empty(POINT))
    ways: pl.DataFrame = field(default_factory=lambda: empty(WAY))
    nights: pl.DataFrame = field(default_factory=lambda: empty(NIGHT))
    led: pl.DataFrame = field(default_factory=lambda: empty(LED))

    @staticmethod
    def initial() -> State:
        """Nothing seen yet."""
        return State()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        clock = pl.DataFrame({"until_s": [self.until_s], "left_out": [self.left_out]})
        names = ("vessels", "points", "ways", "nights", "led")
        return {"clock": clock, **{name: compact(getattr(self, name)) for name in names}}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> State:
        """As `frames` gave it."""
        until_s, left_out = frames["clock"].row(0)
        names = ("vessels", "points", "ways", "nights", "led")
        return State(until_s, left_out, **{name: frames[name] for name in names})

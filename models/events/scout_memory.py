"""What the search for scouts remembers: paths, ways to piers, nights, and where scouts led."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.schema import empty
from models.events.co_movement import Path
from models.events.instants import Bool, Float, Int, Roster, compact

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


@dataclass
class Points:
    """The points of all paths as arrays by (clock, vessel); `here` gives those of a look."""

    who: Int
    target: NDArray[np.object_]
    clock_s: Int
    lon: Float
    lat: Float
    still_s: Int
    dark: Bool
    begin: int = 0  # of those that are not forgotten
    end: int = 0  # of those that were there by the last look

    @staticmethod
    def of(frame: pl.DataFrame, roster: Roster) -> Points:
        """From `POINT`; the vessels are in the roster."""
        target, clock_s, lon, lat, still_s, dark = (
            frame[name].to_numpy() for name in POINT if name != "vessel"
        )
        who = roster.numbers(frame["vessel"])
        return Points(who, target, clock_s, lon, lat, still_s, dark)

    def frame(self, roster: Roster) -> pl.DataFrame:
        """As `POINT`, those that are not forgotten."""
        mine = self.take(slice(self.begin, None))
        columns = {name: getattr(mine, name) for name in POINT if name != "vessel"}
        return pl.DataFrame({"vessel": roster.names[mine.who], **columns}, schema=POINT)

    def add(self, columns: Iterable[NDArray[Any]]) -> None:
        """Further points behind them, in the order of the fields."""
        for name, more in zip(_POINT_FIELDS, columns, strict=True):
            setattr(self, name, np.concatenate([getattr(self, name), more]))

    def take(self, rows: Bool | Int | slice) -> Points:
        """Some of them."""
        return Points(*(getattr(self, name)[rows] for name in _POINT_FIELDS))

    def forget(self, tick_s: int, path_s: int, most: int) -> int:
        """Look at a tick: older points than a path's, and all beyond so many, are forgotten.

        Returns how many were for want of room.
        """
        ends = np.searchsorted(self.clock_s, [tick_s - path_s, tick_s], side="right")
        begin, end = max(int(ends[0]), self.begin), int(ends[1])
        self.begin, self.end = max(begin, end - most), end
        return self.begin - begin

    def here(self, mask: Bool) -> Points:
        """Points of the look for which something holds."""
        part = slice(self.begin, self.end)
        return self.take(self.begin + np.flatnonzero(mask[part]))

    def path(self) -> Path:
        """Where a boat went, whose points all of these are."""
        return Path(self.clock_s, self.lon, self.lat)


_POINT_FIELDS: Final = ("who", *(name for name in POINT if name != "vessel"))


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

"""Whether a transponder would be heard where a boat is: learned reception, and who is heard now.

"No AIS" means something only where AIS is heard (methods 1.2, 2.1): where the cell's learned
reception is good, or, before it is learned, within a station's range; and in both cases only while
others are heard nearby, since a deaf receiver says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.visibility import Lookout
from models.fusion.schema import AIS
from models.tracks.reception import CELLS_PER_DEG, HOUR_S
from models.tracks.silences import LEARNED_FROM

LEARNED_H: Final = 168  # hours of reception that count: a week
#: Messages heard and expected by cell, over the hours before `hour`.
RECEPTION: Final = pl.Schema(
    {
        "x": pl.Int32(),
        "y": pl.Int32(),
        "heard": pl.Int64(),
        "expected": pl.Int64(),
    }
)
#: When anybody was heard last in a cell.
VOICES: Final = pl.Schema({"x": pl.Int64(), "y": pl.Int64(), "last_s": pl.Int64()})
Cell = tuple[int, int]


class Reach:
    """What is known of reception, while a batch is taken.

    Parameters
    ----------
    cells
        `models.tracks.reception.CELLS`, with the hours of this batch; only hours that were over are
        read.
    stations
        The site's; only their ranges count.
    fixes
        What `models.events.instants.newer` gave: who is heard. They are read when it is asked.
    """

    def __init__(
        self,
        kept: Mapping[str, pl.DataFrame],
        cells: pl.DataFrame,
        stations: Lookout,
        settings: EventSettings,
        fixes: pl.DataFrame,
    ) -> None:
        self._cells, self._stations, self._settings = cells, stations, settings
        heard = fixes.filter((pl.col("heard") & AIS) != 0)
        self._clock_s = heard["clock_s"].to_numpy()
        self._x, self._y = (
            np.floor(heard[c].to_numpy() * CELLS_PER_DEG).astype(np.int64) for c in ("lon", "lat")
        )
        self._next = 0
        self._voices: dict[Cell, int] = {(x, y): last for x, y, last in kept["voices"].iter_rows()}
        self._hour, self._known = -1, kept["reception"]
        if len(kept["hour"]):
            self._hour = int(kept["hour"]["hour"].item())
        self._table = _table(self._known)

    def _listen(self, until_s: int) -> None:
        """Who is heard up to an instant, for as long as that matters."""
        since_s = until_s - self._settings.dark_deaf_s
        first, last = np.searchsorted(self._clock_s, [since_s, until_s], "right").tolist()
        new = slice(max(first, self._next), last)
        cells = zip(self._x[new].tolist(), self._y[new].tolist(), strict=True)
        self._voices.update(zip(cells, self._clock_s[new].tolist(), strict=True))
        self._next = max(last, self._next)
        hour = until_s // HOUR_S
        if hour != self._hour:
            self._hour, self._known = hour, _known(self._cells, hour)
            self._table = _table(self._known)

    def hears(self, lon: float, lat: float, clock_s: int) -> tuple[bool, float | None]:
        """Whether a transponder there would be heard, and the learned share of messages."""
        self._listen(clock_s)
        x, y = math.floor(lon * CELLS_PER_DEG), math.floor(lat * CELLS_PER_DEG)
        around = [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        since_s = clock_s - self._settings.dark_deaf_s
        if all(self._voices.get(cell, 0) <= since_s for cell in around):
            return False, None
        for asked in ([(x, y)], around):
            counts = [self._table[cell] for cell in asked if cell in self._table]
            heard, expected = (sum(count[i] for count in counts) for i in (0, 1))
            if expected >= LEARNED_FROM:
                share = round(min(heard / expected, 1.0), 3)
                return share >= self._settings.dark_reception, share
        return bool(self._stations.watching(lon, lat) > 0), None

    def frames(self, last_s: int) -> dict[str, pl.DataFrame]:
        """To be saved, as of the last instant (0: none was)."""
        if last_s:
            self._listen(last_s)
        since_s = last_s - self._settings.dark_deaf_s
        voices = sorted((*cell, last) for cell, last in self._voices.items() if last > since_s)
        hours = [self._hour] if self._hour >= 0 else []
        return {
            "voices": pl.DataFrame(voices, schema=VOICES, orient="row"),
            "reception": self._known,
            "hour": pl.DataFrame({"hour": hours}, schema={"hour": pl.Int64}),
        }

    @staticmethod
    def nothing() -> dict[str, pl.DataFrame]:
        """The frames before anything was heard."""
        return {
            "voices": empty(VOICES),
            "reception": empty(RECEPTION),
            "hour": pl.DataFrame(schema={"hour": pl.Int64}),
        }


def _known(cells: pl.DataFrame, hour: int) -> pl.DataFrame:
    """The sums over the hours of a week that were over when `hour` began."""
    over = (pl.col("hour") < hour) & (pl.col("hour") >= hour - LEARNED_H)
    summed = cells.filter(pl.col("sensor") == "ais", over).group_by("x", "y")
    return summed.agg(pl.col("heard", "expected").sum()).sort("x", "y").cast(RECEPTION)


def _table(known: pl.DataFrame) -> dict[Cell, tuple[int, int]]:
    return {(x, y): (heard, expected) for x, y, heard, expected in known.iter_rows()}

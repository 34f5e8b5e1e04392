"""Whether a transponder would be heard where a boat is: learned reception, and who is heard now.

"No AIS" means something only where AIS is heard (methods 1.2, 2.1): where the cell's learned
reception is good, or, before it is learned, within a station's range; and in both cases only while
others are heard nearby, since a deaf receiver says nothing.

Small boats have class B, with 2 W for 12.5 W, and are heard less far: of them class B alone tells,
under way, gaps of minutes included; and before that is learned, a share of the station's range.
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
#: Messages of class B under way, by cell and hour.
SMALL: Final = pl.Schema({**RECEPTION, "hour": pl.Int64()})
SMALL_H: Final = 48  # hours of it that count
CLASS_B: Final = (18, 19)  # types of position reports (ITU-R M.1371)
CLASS_A_S: Final = (2, 6, 10)  # intervals that class A alone has
_INTERVAL_S: Final = 30  # of class B under way
_UNDER_WAY_KN: Final = 2.0
#: 8 dB less: so much of the range in free space, the least that is left over the sea.
CLASS_B_REACH: Final = 0.4
Cell = tuple[int, int]


def learn(small: pl.DataFrame, rows: pl.DataFrame, longest_s: int) -> pl.DataFrame:
    """Count rows of tracks into `SMALL`; longer gaps than `longest_s` say nothing of the air."""
    under_way = pl.col("speed_kn") >= _UNDER_WAY_KN
    gap = pl.col("dt_s").is_between(1, longest_s) & ~pl.col("fresh")
    mine = rows.filter(pl.col("ais_type").is_in(CLASS_B) & under_way & gap)
    if mine.is_empty():
        return small
    cell = [(pl.col(c) * CELLS_PER_DEG).floor().cast(pl.Int32).alias(n) for n, c in _AXES]
    expected = pl.max_horizontal(1, (pl.col("dt_s") + _INTERVAL_S // 2) // _INTERVAL_S)
    new = mine.select(
        *cell,
        pl.lit(1, pl.Int64).alias("heard"),
        expected.cast(pl.Int64).alias("expected"),
        (pl.col("clock_s") // HOUR_S).alias("hour"),
    )
    summed = (
        pl.concat([small, new]).group_by("x", "y", "hour").agg(pl.col("heard", "expected").sum())
    )
    return summed.select(SMALL.names()).sort("x", "y", "hour").cast(SMALL)


_AXES: Final = (("x", "lon"), ("y", "lat"))


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
        self._small = kept["small"]
        self._small_known: dict[Cell, tuple[int, int]] | None = None
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
            self._table, self._small_known = _table(self._known), None

    def hears(
        self, lon: float, lat: float, clock_s: int, *, small: bool = False
    ) -> tuple[bool, float | None]:
        """Whether a transponder there would be heard, and the learned share of messages.

        Parameters
        ----------
        small
            It may be one of class B.
        """
        self._listen(clock_s)
        x, y = math.floor(lon * CELLS_PER_DEG), math.floor(lat * CELLS_PER_DEG)
        around = [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        since_s = clock_s - self._settings.dark_deaf_s
        if all(self._voices.get(cell, 0) <= since_s for cell in around):
            return False, None
        share = _share(self._table, [(x, y)], around)
        if share is None:
            able = bool(self._stations.watching(lon, lat) > 0)
        else:
            able = share >= self._settings.dark_reception
        if able and small:
            return self._hears_small((x, y), around, lon, lat, share)
        return able, share

    def _hears_small(
        self, cell: Cell, around: list[Cell], lon: float, lat: float, share: float | None
    ) -> tuple[bool, float | None]:
        """The same of class B, where others are heard."""
        if self._small_known is None:
            hour = pl.col("hour")
            over = self._small.filter(hour < self._hour, hour >= self._hour - SMALL_H)
            self._small_known = _table(
                over.group_by("x", "y").agg(pl.col("heard", "expected").sum())
            )
        own = _share(self._small_known, [cell])
        if own is not None:
            return own >= self._settings.dark_reception, own
        near = _share(self._small_known, around)
        if near is not None and near < self._settings.dark_reception:
            return False, near
        horizons = self._stations.horizons.values()
        inside = (h.reaches(lon, lat, CLASS_B_REACH) for h in horizons)
        return not horizons or any(inside), share

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
            "small": self._small.filter(pl.col("hour") >= last_s // HOUR_S - SMALL_H),
            "hour": pl.DataFrame({"hour": hours}, schema={"hour": pl.Int64}),
        }

    @staticmethod
    def nothing() -> dict[str, pl.DataFrame]:
        """The frames before anything was heard."""
        return {
            "voices": empty(VOICES),
            "reception": empty(RECEPTION),
            "small": empty(SMALL),
            "hour": pl.DataFrame(schema={"hour": pl.Int64}),
        }


def _known(cells: pl.DataFrame, hour: int) -> pl.DataFrame:
    """The sums over the hours of a week that were over when `hour` began."""
    over = (pl.col("hour") < hour) & (pl.col("hour") >= hour - LEARNED_H)
    summed = cells.filter(pl.col("sensor") == "ais", over).group_by("x", "y")
    return summed.agg(pl.col("heard", "expected").sum()).sort("x", "y").cast(RECEPTION)


def _share(table: Mapping[Cell, tuple[int, int]], *asked: list[Cell]) -> float | None:
    """Of messages that are heard, in the first of some areas where it is learned."""
    for cells in asked:
        counts = [table[cell] for cell in cells if cell in table]
        heard, expected = (sum(count[i] for count in counts) for i in (0, 1))
        if expected >= LEARNED_FROM:
            return round(min(heard / expected, 1.0), 3)
    return None


def _table(known: pl.DataFrame) -> dict[Cell, tuple[int, int]]:
    return {(x, y): (heard, expected) for x, y, heard, expected in known.iter_rows()}

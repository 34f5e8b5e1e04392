"""The instants of a batch as arrays, for detectors that go from one instant to the next.

A detector of motion takes the fixes of all vessels at one instant after the other and keeps what it
must remember as arrays by vessel number. So it cannot know where the input was cut; and everything
that is computed of floats is elementwise, so it does not know either how many vessels there were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.piers import Piers
from geo.plane import distance_m
from models.fusion.schema import AIS, BEIDOU, BITS, HAPPENING
from models.tracks.positions import SECOND_US

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: How far a boat may swing about the place for which it was decided whether it is near a pier.
SWING_M = 20.0
#: A boat of which nothing was heard for so long is gone; its name is never used again.
GONE_S = 3600
#: Types of the register that meet and wait for their living: patrols, pilots, tugs (RTEC: neither
#: tug nor pilot).
EXEMPT_TYPES = ("law_enforcement", "service")


@dataclass(frozen=True)
class Roster:
    """Vessels with a number each, in the order of their names."""

    names: pl.Series

    @staticmethod
    def of(*names: pl.Series) -> Roster:
        """All that occur."""
        return Roster(pl.concat(names).unique().sort())

    def __len__(self) -> int:
        return len(self.names)

    def numbers(self, names: pl.Series) -> Int:
        """The numbers of vessels of the roster."""
        physical = names.cast(pl.Enum(self.names)).to_physical()
        return np.asarray(physical.to_numpy(), np.int64)


@dataclass(frozen=True)
class Fixes:
    """Columns of fixes; `who` are numbers of the roster."""

    who: Int
    lon: Float
    lat: Float
    speed_kn: Float  # NaN where it is not known
    course_deg: Float
    sigma_m: Float
    age_s: Int
    heard: Int
    members: Int
    coasting: Bool
    target: NDArray[np.object_]


@dataclass(frozen=True)
class Instant(Fixes):
    """The fixes of one instant, by vessel: `who` rises."""

    clock_s: int

    def take(self, rows: Int | Bool) -> Instant:
        """Some of its fixes."""
        return Instant(*[*(column[rows] for column in columns_of(self)), self.clock_s])


#: The columns of some `Fixes`, in their order.
columns_of = attrgetter(*Fixes.__dataclass_fields__)


def newer(
    fixes: pl.DataFrame,
    after_s: int,
    until_s: int,
    *,
    step_s: int = 1,
    left_out: Collection[str] = (),
) -> pl.DataFrame:
    """The fixes of the instants that were not taken yet, once each, by (clock, vessel).

    What has no place is left out, and what is not of an instant that is a multiple of `step_s`, and
    vessels that one of the targets `left_out` speaks for.
    """
    wanted = [
        (pl.col("clock_s") > after_s) & (pl.col("clock_s") <= until_s),
        pl.col("clock_s") % step_s == 0,
        (pl.col("lon").abs() <= 180) & (pl.col("lat").abs() <= 90),  # NaN is above everything
        pl.col("vessel").is_not_null(),
    ]
    if left_out:
        names = pl.Series(sorted(left_out), dtype=pl.String)
        wanted.append(~pl.col("target").is_in(names.implode()).fill_null(False))
    order = ["clock_s", "vessel", "lon", "lat", "speed_kn", "target"]
    found = fixes.filter(*wanted)
    if found.select(_in_order()).item():  # as fusion gives them
        return found
    return found.sort(order).unique(order[:2], keep="first", maintain_order=True)


def _in_order() -> pl.Expr:
    """Whether fixes lie by (clock, vessel), each once."""
    clock, vessel = pl.col("clock_s"), pl.col("vessel")
    same = (clock == clock.shift()) & (vessel > vessel.shift())
    return ((clock > clock.shift()) | same).slice(1).all()


@dataclass(frozen=True)
class Grounds:
    """Where a boat was when it was last asked whether it lies clear, by vessel number.

    Boats that lie still are asked once: of 3,000 most do.
    """

    lon: Float
    lat: Float
    clear: Bool

    @staticmethod
    def unknown(n: int) -> Grounds:
        """Nobody was asked."""
        return Grounds(np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, bool))

    def moved(self, at: Instant) -> Bool:
        """Fixes farther than `SWING_M` from where they were asked, or never asked."""
        metres = distance_m(self.lon[at.who], self.lat[at.who], at.lon, at.lat)
        return np.asarray(~(metres <= SWING_M), bool)

    def note(self, at: Instant, clear: Bool) -> None:
        """What the answer was for these fixes."""
        self.lon[at.who], self.lat[at.who], self.clear[at.who] = at.lon, at.lat, clear


def beyond(piers: Piers | None, lon: Float, lat: Float, metres: float) -> Bool:
    """True where no pier (or zone) lies within so many metres."""
    if piers is None or not len(piers) or metres <= 0 or not len(lon):
        return np.ones(len(lon), bool)
    index, _ = piers.nearest(lon, lat, metres)
    return np.asarray(index < 0, bool)


def on_the_globe(lon: Float, lat: Float) -> Float:
    """Shape (n, 3): metres in space, for trees that are to find a little more than is near."""
    across, up = lon * (np.pi / 180.0), lat * (np.pi / 180.0)
    flat = 6_378_137.0 * np.cos(up)
    return np.stack(
        [flat * np.cos(across), flat * np.sin(across), 6_378_137.0 * np.sin(up)], axis=1
    )


def exempt(vessels: pl.DataFrame) -> frozenset[str]:
    """Targets of the register whose trade is meeting and waiting."""
    mine = vessels.filter(pl.col("type").is_in(EXEMPT_TYPES))
    names = [
        mine.select(pl.concat_str(pl.lit(f"{kind}:"), column)).to_series().drop_nulls()
        for kind, column in (("mmsi", "mmsi"), ("beidou", "beidou_id"))
    ]
    return frozenset(name for found in names for name in found)


def dark(members: Int) -> Bool:
    """True of vessels that only radar sees."""
    return np.asarray((members & (AIS | BEIDOU)) == 0, bool)


def sensors(bits: int) -> list[str]:
    """The names of the sensors in some `BITS`.

    >>> sensors(5)
    ['ais', 'radar']
    """
    return [name for name, bit in BITS.items() if bits & bit]


class Queue:
    """Rows in the order of a clock, taken as it goes on."""

    def __init__(self, frame: pl.DataFrame, clock: str) -> None:
        self._rows, self._clock, self._next = frame.rows(named=True), clock, 0

    def until(self, tick_s: int) -> list[dict[str, Any]]:
        """The rows not taken yet that are of this tick or before."""
        begin = self._next
        while self._next < len(self._rows) and self._rows[self._next][self._clock] <= tick_s:
            self._next += 1
        return self._rows[begin : self._next]

    def left(self) -> list[dict[str, Any]]:
        """The rows not taken yet."""
        return self._rows[self._next :]


def blank(n: int, dtype: pl.DataType) -> NDArray[Any]:
    """An array of zeros, or of empty texts, for a column of the type."""
    if dtype == pl.String:
        return np.full(n, "", object)
    return np.zeros(n, dtype.to_python())


def us(clock_s: int) -> int:
    """Seconds as microseconds."""
    return clock_s * SECOND_US


def compact(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows in the same bytes, whatever they were cut from: texts lie in order, once."""
    texts = []
    for column in frame.select(pl.col(pl.String)).iter_columns():
        names = pl.Series(column.name, sorted(set(column.unique().to_list())), pl.String)
        texts.append(names.gather(column.cast(pl.Enum(names)).to_physical()))
    return frame.with_columns(texts).rechunk()


def said(rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    """Happenings as a frame, by tick, kind, matter and phase."""
    frame = pl.DataFrame(list(rows), schema=HAPPENING)
    return frame.sort("clock_s", "kind", "matter", "from_us", "phase")

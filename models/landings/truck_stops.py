"""Goods vehicles with a terminal that stand by a pier's access.

A vehicle stands from a fix on until two fixes lie farther than 80 m from it and five minutes have
passed since the last that did not: a position that leaps between houses ends no stop, and stops
less than five minutes apart are one (methods 1.1). One that drifts there ends none either, as long
as the terminal itself says that it does not move. It is said to wait when it has stood for five
minutes within 300 m of an access; where several accesses are near, each with its share.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.settings import LandSettings
from geo.plane import distance_m
from models.landings.goods import Goods
from models.landings.ground import Float, Int, LandGround
from models.landings.schema import TRUCK_WAIT
from models.tracks.positions import SECOND_US, ceil_s

#: What is kept of each goods vehicle: its newest fix, and the stop by an access that is open.
TRUCK: Final = pl.Schema(
    {
        "target": pl.String(),
        "t_us": pl.Int64(),  # of its newest fix
        "clock_s": pl.Int64(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "from_us": pl.Int64(),  # of the stop; -1: there is none
        "in_us": pl.Int64(),  # the last fix within stop_m of the first
        "at_lon": pl.Float64(),  # the first
        "at_lat": pl.Float64(),
        "off": pl.Int64(),  # fixes elsewhere since
        "moved": pl.Boolean(),  # under way at one of these
        "told": pl.Boolean(),
        "next_from_us": pl.Int64(),  # where it may be standing now; -1: nowhere
        "next_in_us": pl.Int64(),
        "next_lon": pl.Float64(),
        "next_lat": pl.Float64(),
    }
)
MEMORY_S: Final = 36 * 3600  # design, decision 4
_LEAST_SHARE: Final = 0.05
_MINUTE_US: Final = 60 * SECOND_US
_ENOUGH_OFF: Final = 2  # one alone may be a leap


def newer(trucks: pl.DataFrame, fixes: pl.DataFrame) -> pl.DataFrame:
    """The fixes that are newer than the newest used of their vehicle, by (target, clock, time).

    `before_us` is the time of the fix before; null where there is none.
    """
    known = trucks.select("target", pl.col("t_us").alias("newest_us"))
    ordered = fixes.sort("target", "clock_s", "t_us", "key").join(
        known, on="target", how="left", maintain_order="left"
    )
    before = pl.max_horizontal("newest_us", pl.col("t_us").cum_max().shift(1).over("target"))
    dated = ordered.with_columns(before.alias("before_us")).drop("newest_us")
    return dated.filter(pl.col("before_us").is_null() | (pl.col("t_us") > pl.col("before_us")))


def advance(
    trucks: pl.DataFrame,
    fixes: pl.DataFrame,
    until_s: int,
    ground: LandGround,
    goods: Goods,
    settings: LandSettings,
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Take fixes that `newer` gave.

    Returns
    -------
    The vehicles, and rows of FACT.
    """
    if fixes.is_empty() and not lost(trucks, until_s, settings):
        return trucks, []
    by_access = ground.accesses.near(
        fixes["lon"].to_numpy(), fixes["lat"].to_numpy(), settings.wait_m
    )
    still = (pl.col("speed_kn") <= settings.stop_kn).fill_null(False)
    fixes = fixes.with_columns(pl.Series("near", by_access), still.alias("still"))
    last = fixes.group_by("target", maintain_order=True).last()
    moved = _newest(trucks, last)
    asked = fixes.filter("near")["target"].unique().implode()
    open_ = pl.col("from_us") >= 0
    concerned = moved.filter(open_ | pl.col("target").is_in(asked))
    stops = _Stops(concerned, settings)
    mine = _thinned(fixes, settings)
    mine = mine.filter(pl.col("target").is_in(concerned["target"].implode()))
    for turn in _turns(mine, concerned["target"]):
        stops.take(turn)
    stops.expire(until_s)
    rest = moved.join(concerned.select("target"), on="target", how="anti")
    kept = pl.concat([rest, stops.frame()])
    return kept.sort("target"), _facts(stops.said, ground, goods, settings)


def forget(trucks: pl.DataFrame, mark_s: int) -> pl.DataFrame:
    """Without vehicles that nothing was heard of for long."""
    return trucks.filter(ceil_s(pl.col("t_us")) + MEMORY_S > mark_s)


def lost(trucks: pl.DataFrame, until_s: int, settings: LandSettings) -> bool:
    """Whether a stop ends because nothing more was heard."""
    begun, t_us = (trucks[name].to_numpy() for name in ("from_us", "t_us"))
    return bool(((begun >= 0) & (_ceil_s(t_us) + settings.stop_lost_s <= until_s)).any())


def _newest(trucks: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """The vehicles with their newest fixes; a stop is none yet of those that are new."""
    fixed = ("t_us", "clock_s", "lon", "lat")
    seen = last.select("target", *(pl.col(c).alias(f"new_{c}") for c in fixed))
    both = trucks.join(seen, on="target", how="full", coalesce=True)
    return both.select(
        "target",
        *(pl.coalesce(f"new_{c}", c).alias(c) for c in fixed),
        *(pl.col(c).fill_null(-1) for c in ("from_us", "in_us")),
        *(pl.col(c).fill_null(0.0) for c in ("at_lon", "at_lat")),
        pl.col("off").fill_null(0),
        *(pl.col(c).fill_null(False) for c in ("moved", "told")),
        *(pl.col(c).fill_null(-1) for c in ("next_from_us", "next_in_us")),
        *(pl.col(c).fill_null(0.0) for c in ("next_lon", "next_lat")),
    )


def _thinned(fixes: pl.DataFrame, settings: LandSettings) -> pl.DataFrame:
    """The first fix of each minute of a vehicle: the others of it say the same."""
    before = pl.col("before_us")
    another = pl.col("t_us") // _MINUTE_US != before // _MINUTE_US
    lost = pl.col("clock_s") > ceil_s(before) + settings.stop_lost_s
    return fixes.filter((another | lost).fill_null(True)).with_columns(before.fill_null(-1))


@dataclass(frozen=True)
class _Turn:
    """One fix each of several vehicles."""

    who: Int
    before_us: Int
    t_us: Int
    clock_s: Int
    lon: Float
    lat: Float
    still: NDArray[np.bool_]
    near: NDArray[np.bool_]


def _turns(fixes: pl.DataFrame, targets: pl.Series) -> list[_Turn]:
    """The first fix of every vehicle, then the second of those that have one, and so on."""
    who = pl.DataFrame({"target": targets, "who": np.arange(len(targets))})
    rows = fixes.with_columns(pl.int_range(pl.len()).over("target").alias("turn"))
    rows = rows.join(who, on="target", how="left", maintain_order="left")
    rows = rows.sort("turn", "who")
    n = rows.group_by("turn", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    ends = np.cumsum(n)
    columns = [
        rows[name].to_numpy()
        for name in ("who", "before_us", "t_us", "clock_s", "lon", "lat", "still", "near")
    ]
    return [
        _Turn(*(column[begin:end] for column in columns))
        for begin, end in zip(ends - n, ends, strict=True)
    ]


class _Stops:
    """The open stops as arrays while a batch is taken."""

    def __init__(self, trucks: pl.DataFrame, settings: LandSettings) -> None:
        self._settings = settings
        self._target = trucks["target"]
        self._kept = {name: trucks[name].to_numpy().copy() for name in TRUCK if name != "target"}
        self.said: list[dict[str, Any]] = []

    def take(self, turn: _Turn) -> None:
        """One fix each."""
        kept, who, t_us = self._kept, turn.who, turn.t_us
        lost_s = _ceil_s(turn.before_us) + self._settings.stop_lost_s
        lost = (kept["from_us"][who] >= 0) & (turn.clock_s > lost_s)
        self._lose(who[lost], lost_s[lost])
        stands = kept["from_us"][who] >= 0
        metres = distance_m(kept["at_lon"][who], kept["at_lat"][who], turn.lon, turn.lat)
        drifts = turn.still & ~kept["moved"][who] & (metres <= self._settings.stop_drift_m)
        inside = stands & ((metres <= self._settings.stop_m) | drifts)
        kept["in_us"][who[inside]] = t_us[inside]
        kept["off"][who[inside]], kept["moved"][who[inside]] = 0, False
        kept["next_from_us"][who[inside]] = -1
        self._elsewhere(turn, np.flatnonzero(stands & ~inside))
        begins = np.flatnonzero(~stands & turn.near)
        self._anchor(turn, begins)
        lasted_us = kept["in_us"][who] - kept["from_us"][who]
        due = (kept["from_us"][who] >= 0) & ~kept["told"][who]
        due &= lasted_us >= self._settings.stop_min_s * SECOND_US
        for row in np.flatnonzero(due):
            kept["told"][who[row]] = True
            self._say(int(who[row]), int(turn.clock_s[row]), over=False)

    def _anchor(self, turn: _Turn, rows: Int) -> None:
        kept, who = self._kept, turn.who[rows]
        kept["from_us"][who] = kept["in_us"][who] = turn.t_us[rows]
        kept["at_lon"][who], kept["at_lat"][who] = turn.lon[rows], turn.lat[rows]
        kept["off"][who], kept["moved"][who] = 0, False
        kept["told"][who], kept["next_from_us"][who] = False, -1

    def _elsewhere(self, turn: _Turn, rows: Int) -> None:
        """Fixes off the stop: where the next one may begin; the stop is over after a while."""
        kept, who, t_us = self._kept, turn.who[rows], turn.t_us[rows]
        metres = distance_m(
            kept["next_lon"][who], kept["next_lat"][who], turn.lon[rows], turn.lat[rows]
        )
        again = (kept["next_from_us"][who] >= 0) & (metres <= self._settings.stop_m)
        kept["next_in_us"][who[again]] = t_us[again]
        new = who[~again]
        kept["next_from_us"][new] = np.where(turn.near[rows][~again], t_us[~again], -1)
        kept["next_in_us"][new] = t_us[~again]
        for name, value in (("next_lon", turn.lon), ("next_lat", turn.lat)):
            kept[name][new] = value[rows][~again]
        kept["off"][who] += 1
        kept["moved"][who] |= ~turn.still[rows]
        over = kept["off"][who] >= _ENOUGH_OFF
        over &= t_us - kept["in_us"][who] > self._settings.stop_gap_s * SECOND_US
        self._close(who[over], turn.clock_s[rows][over])

    def _close(self, who: Int, clock_s: Int) -> None:
        """The stops are over; those that may have begun meanwhile are the ones now."""
        kept = self._kept
        for one, tick in zip(who.tolist(), clock_s.tolist(), strict=True):
            if kept["told"][one]:
                self._say(one, tick, over=True)
        for name in ("from_us", "in_us"):
            kept[name][who] = kept[f"next_{name}"][who]
        kept["at_lon"][who], kept["at_lat"][who] = kept["next_lon"][who], kept["next_lat"][who]
        kept["off"][who], kept["moved"][who] = 0, False
        kept["told"][who], kept["next_from_us"][who] = False, -1

    def _say(self, one: int, clock_s: int, *, over: bool) -> None:
        kept = self._kept
        self.said.append(
            {
                "target": self._target[one],
                "from_us": int(kept["from_us"][one]),
                "to_us": int(kept["in_us"][one]) if over else None,
                "clock_s": clock_s,
                "lon": float(kept["at_lon"][one]),
                "lat": float(kept["at_lat"][one]),
            }
        )

    def expire(self, until_s: int) -> None:
        """End the stops of vehicles of which nothing was heard for long."""
        lost_s = _ceil_s(self._kept["t_us"]) + self._settings.stop_lost_s
        lost = np.flatnonzero((self._kept["from_us"] >= 0) & (lost_s <= until_s))
        self._lose(lost, lost_s[lost])

    def _lose(self, who: Int, clock_s: Int) -> None:
        """The stops are over, and so is what may have begun since."""
        self._kept["next_from_us"][who] = -1
        self._close(who, clock_s)

    def frame(self) -> pl.DataFrame:
        """As they are now."""
        columns = {"target": self._target, **self._kept}
        return pl.DataFrame(columns, schema=TRUCK)


def _ceil_s(t_us: Int) -> Int:
    return -((-t_us) // SECOND_US)


def _facts(
    said: list[dict[str, Any]], ground: LandGround, goods: Goods, settings: LandSettings
) -> list[dict[str, Any]]:
    """A row for every access by which a vehicle stands."""
    lon, lat = (np.array([each[name] for each in said], np.float64) for name in ("lon", "lat"))
    row, pier, metres = ground.accesses.pairs(lon, lat, settings.wait_m)
    nearness = 1.0 / (metres * metres + settings.access_sigma_m * settings.access_sigma_m)
    out = []
    for at, each in enumerate(said):
        mine = np.flatnonzero(row == at)
        total = float(sum(nearness[mine].tolist()))
        plate = each["target"].removeprefix("plate:")
        known = plate in goods.classes
        others = [int(p) for p in pier[mine]]
        for index in mine.tolist():
            share = float(nearness[index]) / total
            if share < _LEAST_SHARE:
                continue
            detail = {
                "class": goods.classes.get(plate),
                "metres": round(float(metres[index])),
                "piers": [p for p in others if p != pier[index]],
                "registered": known,
            }
            out.append(
                {
                    "pier": int(pier[index]),
                    "kind": TRUCK_WAIT,
                    "object": each["target"],
                    "target": each["target"],
                    "from_us": each["from_us"],
                    "to_us": each["to_us"],
                    "clock_s": each["clock_s"],
                    "probability": round(share * (1.0 if known else settings.unregistered), 4),
                    "sensor": "vehicle",
                    "source": each["target"],
                    "detail": json.dumps(detail, sort_keys=True),
                }
            )
    return out

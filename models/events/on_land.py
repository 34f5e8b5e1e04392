"""On land: AIS or BeiDou positions more than 100 m inside the land polygon (methods 1.3).

A boat on a slip or at a pier is not: within 300 m of a pier the shore line of the map is not to be
trusted. Nor is a boat in a river that the map does not have: where three vessels were before, the
map is wrong and not they. A gear beacon (网位仪) that rides home on a truck is said to be one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.land import Land
from geo.piers import Piers
from models.events import stretches
from models.events.gear_beacons import MEMORY_S as LABEL_MEMORY_S
from models.events.stretches import HIT, Described, Row, seen_by
from models.fusion.schema import FusionOutput
from models.tracks.fold import TrackOutput

#: The first vessels that were in a cell of land, in a month of ticks.
WATER: Final = pl.Schema(
    {
        "month": pl.Int64(),
        "x": pl.Int64(),
        "y": pl.Int64(),
        "target": pl.String(),
        "clock_s": pl.Int64(),
    }
)
OPEN: Final = stretches.open_schema(("inside_m",), ("beacon",))
QUIET_S: Final = 1800
PIER_M: Final = 300.0
CELLS_PER_DEG: Final = 200  # about 500 m
MONTH_S: Final = 30 * 86_400  # a river is learnt anew each month
MOST_WATER: Final = 50_000  # rows; met by a flood only


@dataclass(frozen=True)
class LandState:
    """Who is on land, and where so many were that it is water."""

    open: pl.DataFrame
    water: pl.DataFrame

    @staticmethod
    def initial() -> LandState:
        """Nothing seen yet."""
        return LandState(empty(OPEN), empty(WATER))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {"open": self.open, "water": self.water}

    @staticmethod
    def load(frames: dict[str, pl.DataFrame]) -> LandState:
        """As it was saved."""
        return LandState(frames["open"], frames["water"])


def advance(
    state: LandState,
    tracks: TrackOutput,
    _fused: FusionOutput,
    until_s: int,
    land: Land | None,
    piers: Piers,
    beacons: pl.DataFrame,
    settings: EventSettings,
) -> tuple[LandState, pl.DataFrame]:
    """Take what the tracks did; say who is on land, as `HAPPENING`.

    Parameters
    ----------
    land
        None where the site has none: then nothing is said.
    beacons
        `gear_beacons.labels` of the state after this batch.
    """
    inside = _inside(tracks.linked, land, piers, settings.land_inside_m)
    hits, water = _off_water(inside, state.water, until_s, settings.land_vessels)
    hits = hits.with_columns(
        _was_beacon(hits, beacons).cast(pl.Float64).alias("beacon"),
        pl.col("track").alias("subject"),
        pl.concat_list("target").alias("targets"),
        seen_by(),
        pl.col("t_us").alias("from_us"),
    ).select(*HIT.names(), "inside_m", "beacon")
    ready = pl.col("hits") >= settings.land_fixes
    open_, told = stretches.advance(
        state.open, hits, until_s, QUIET_S, ready, most=["inside_m"], last=["beacon"]
    )
    return LandState(open_, water), stretches.happenings(told, "on_land", _describe)


def _inside(linked: pl.DataFrame, land: Land | None, piers: Piers, least_m: float) -> pl.DataFrame:
    """Rows that lie so far inside the land, away from piers, with `inside_m`."""
    rows = linked.select(*HIT.names()[5:], "track", "target", "sensor", "source")
    if land is None or not len(land.polygons) or rows.is_empty():
        return rows.clear().with_columns(pl.lit(None, pl.Float64).alias("inside_m"))
    rows = rows.filter(pl.col("sensor") != "radar")
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    i = np.flatnonzero(land.contains(lon, lat))
    metres = np.round(land.shore_m(lon[i], lat[i]), 1)
    i, metres = i[metres > least_m], metres[metres > least_m]
    away = piers.nearest(lon[i], lat[i], PIER_M)[0] < 0 if len(piers) else np.ones(len(i), bool)
    return rows[i[away]].with_columns(pl.Series("inside_m", metres[away], pl.Float64))


def _off_water(
    rows: pl.DataFrame, water: pl.DataFrame, until_s: int, most: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out rows where `most` vessels had been before; learn where vessels are.

    Of each cell only its first vessels are kept: the last of them opens it, from the next tick on.
    """
    water = water.filter(pl.col("month") >= until_s // MONTH_S)
    if rows.is_empty():
        return rows, water
    cell = ["month", "x", "y"]
    rows = rows.with_columns(
        (pl.col("clock_s") // MONTH_S).alias("month"),
        (pl.col("lon") * CELLS_PER_DEG).floor().cast(pl.Int64).alias("x"),
        (pl.col("lat") * CELLS_PER_DEG).floor().cast(pl.Int64).alias("y"),
    )
    firsts = (
        pl.concat([water, rows.select(WATER.names())])
        .sort("clock_s", "target")
        .unique([*cell, "target"], keep="first", maintain_order=True)
        .with_columns(pl.int_range(pl.len()).over(cell).alias("nth"))
        .filter(pl.col("nth") < most)
    )
    opened = firsts.filter(pl.col("nth") == most - 1)
    opened = opened.select(*cell, pl.col("clock_s").alias("opened_s"))
    dry = rows.join(opened, on=cell, how="left", maintain_order="left").filter(
        pl.col("opened_s").is_null() | (pl.col("clock_s") <= pl.col("opened_s"))
    )
    kept = firsts.select(WATER.names()).filter(pl.col("month") >= until_s // MONTH_S)
    return dry, kept[-MOST_WATER:].sort(WATER.names())


def _was_beacon(rows: pl.DataFrame, beacons: pl.DataFrame) -> pl.Series:
    """Whether the target of each row was labelled within two days before it."""
    asked = rows.select("target", "clock_s").with_row_index("i")
    near = asked.join(beacons.select("target", "from_s", "to_s"), on="target")
    recent = (pl.col("from_s") <= pl.col("clock_s")) & (
        pl.col("to_s").is_null() | (pl.col("clock_s") < pl.col("to_s") + LABEL_MEMORY_S)
    )
    return asked["i"].is_in(near.filter(recent)["i"].implode())


def _describe(row: Row) -> Described:
    """An event only: a spoofed position has a kind of its own."""
    label = "gear_beacon" if row["beacon"] else None
    return None, None, {"fixes": row["hits"], "inside_m": row["inside_m"], "label": label}

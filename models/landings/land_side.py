"""The land side as a detector: rows of terminals, cameras and bars in, facts at piers out.

One run of it takes what one pass of the engine may see; what it says at tick k depends only on rows
visible by then, taken within a tick by (time, key). Loops run over claims, messages that say
something new, and facts; fixes of terminals are taken by columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from core.schema import empty
from core.settings import LandSettings
from geo.site import Site
from models.landings import barriers, camera_sightings, coverage, road_reads, truck_stops
from models.landings.goods import Goods
from models.landings.ground import LandGround
from models.landings.land_rows import BAR, BOAT, FIX, LAND_ROW, PLATE, TRUCK, VEHICLE
from models.landings.schema import FACT, FACT_KEY

_SIGHTED: Final = (BOAT, TRUCK, VEHICLE, PLATE)
_FORGET_EVERY_S: Final = 3600  # the same ticks however the input is cut
_FRAMES: Final[Mapping[str, pl.Schema]] = {
    "trucks": truck_stops.TRUCK,
    "seen": road_reads.SEEN,
    "passages": road_reads.PASSAGE,
    "told": camera_sightings.TOLD,
    "bars": barriers.STANDS,
    "heard": coverage.HEARD,
    "covered": coverage.COVERED,
}


@dataclass(frozen=True)
class LandState:
    """What is remembered of the land side."""

    until_s: int = 0
    kept: Mapping[str, pl.DataFrame] = field(
        default_factory=lambda: {name: empty(schema) for name, schema in _FRAMES.items()}
    )
    intervals: camera_sightings.Intervals = field(default_factory=dict)

    @staticmethod
    def initial() -> LandState:
        """Nothing seen yet."""
        return LandState()

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        clock = pl.DataFrame({"until_s": [self.until_s]})
        held = camera_sightings.dumped(self.intervals)
        return {"clock": clock, "intervals": held, **self.kept}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> LandState:
        """As `frames` gave it."""
        kept = {name: frames[name] for name in _FRAMES}
        intervals = camera_sightings.loaded(frames["intervals"])
        return LandState(frames["clock"].item(), kept, intervals)


def advance(
    state: LandState, rows: pl.DataFrame, until_s: int, site: Site, settings: LandSettings
) -> tuple[LandState, pl.DataFrame]:
    """Take the rows visible since the last batch and by tick `until_s`.

    Parameters
    ----------
    rows
        `models.landings.land_rows.LAND_ROW`, in any order.

    Returns
    -------
    The state, and rows of `models.landings.schema.FACT` by (clock, pier, kind, object, begin).
    """
    goods, ground = Goods.of(site), LandGround.of(site, settings)
    rows = rows.sort("clock_s", "t_us", "key") if len(rows) else rows
    kept = dict(state.kept)
    said = _vehicles(kept, rows, until_s, ground, goods, settings)
    kept["told"], new = _sighted(kept["told"], rows, ground)
    intervals, seen = camera_sightings.advance(
        state.intervals, new, until_s, ground.docks, goods, settings
    )
    opened: list[dict[str, Any]] = []
    if (rows["what"] == BAR).any():
        bars = rows.filter(pl.col("what") == BAR)
        kept["bars"], opened = barriers.advance(kept["bars"], bars, ground.bars)
    kept["heard"], kept["covered"], looked = coverage.advance(
        kept["heard"], kept["covered"], rows, state.until_s, until_s, site, ground, settings
    )
    mark_s = until_s // _FORGET_EVERY_S * _FORGET_EVERY_S
    if mark_s > state.until_s:
        kept["trucks"] = truck_stops.forget(kept["trucks"], mark_s)
        kept["seen"], kept["passages"] = road_reads.forget(
            kept["seen"], kept["passages"], mark_s, settings
        )
        kept["told"], intervals = camera_sightings.forget(kept["told"], intervals, mark_s)
    return LandState(until_s, kept, intervals), _facts([*said, *seen, *opened, *looked])


def _vehicles(
    kept: dict[str, pl.DataFrame],
    rows: pl.DataFrame,
    until_s: int,
    ground: LandGround,
    goods: Goods,
    settings: LandSettings,
) -> list[dict[str, Any]]:
    """Terminals and road cameras."""
    if rows.is_empty() and not truck_stops.lost(kept["trucks"], until_s, settings):
        return []
    others = [f"plate:{plate}" for plate in goods.others]
    fixes = rows.filter(pl.col("what") == FIX, ~pl.col("target").is_in(others))
    fixes = truck_stops.newer(kept["trucks"], fixes)
    at_road = pl.col("source").is_in(list(ground.at_roads))
    reads = rows.filter(pl.col("what").is_in([TRUCK, VEHICLE]), at_road)
    known = kept["trucks"]
    kept["trucks"], said = truck_stops.advance(known, fixes, until_s, ground, goods, settings)
    if reads.is_empty():
        return said
    place = ("target", "t_us", "clock_s", "lon", "lat")
    places = pl.concat([known.select(place), fixes.select(place)])
    reads = road_reads.newer(kept["seen"], reads, goods)
    kept["seen"], kept["passages"], passed = road_reads.advance(
        kept["seen"], kept["passages"], reads, places, ground, goods, settings
    )
    return said + passed


def _sighted(
    told: pl.DataFrame, rows: pl.DataFrame, ground: LandGround
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is kept of the messages of dock cameras, and those that say something new."""
    if rows.is_empty():
        return told, rows
    at_dock = pl.col("source").is_in(list(ground.docks))
    sighted = rows.filter(pl.col("what").is_in(_SIGHTED), at_dock)
    if sighted.is_empty():
        return told, sighted
    return camera_sightings.thinned(told, sighted)


def _facts(said: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows in one order; of several of a key and tick the last."""
    if not said:
        return empty(FACT)
    frame = pl.DataFrame(said, schema=FACT)
    order = ["clock_s", *FACT_KEY]
    return frame.unique(order, keep="last", maintain_order=True).sort(order)


__all__ = ["LAND_ROW", "LandState", "advance"]

"""Since when a vessel is known to move: what radar alone sees and never left its place is no boat.

Buoys, rocks, rafts and hulks are echoes like any other; a detector of meeting or of waiting would
report them for ever. They count from the instant at which they are found `dark_travelled_m` (and
some sigmas) from where they were first seen, or at which a transponder spoke for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from core.schema import empty
from core.settings import EventSettings
from geo.plane import distance_m
from models.events.instants import GONE_S
from models.fusion.schema import AIS, BEIDOU

PLACE: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "lon": pl.Float64(),  # where it was first seen
        "lat": pl.Float64(),
        "last_s": pl.Int64(),
        "moved_s": pl.Int64(),  # the instant from which on it is a boat; null: it is not yet
    }
)


@dataclass(frozen=True)
class MovedState:
    """The places by vessel; `here` are those of the last batch too, and are not saved."""

    places: pl.DataFrame
    here: pl.DataFrame

    @staticmethod
    def initial() -> MovedState:
        """Nothing seen yet."""
        return MovedState(empty(PLACE), empty(PLACE))

    def frames(self) -> dict[str, pl.DataFrame]:
        """By name, to be saved."""
        return {"places": self.places}

    @staticmethod
    def load(frames: Mapping[str, pl.DataFrame]) -> MovedState:
        """As it was saved."""
        return MovedState(frames["places"], frames["places"])


def advance(
    state: MovedState, fixes: pl.DataFrame, until_s: int, settings: EventSettings
) -> MovedState:
    """Take the fixes (`models.fusion.schema.FIX`) of a batch until a tick."""
    if fixes.is_empty():
        kept = state.places.filter(pl.col("last_s") > until_s - GONE_S)
        return MovedState(kept, kept)
    held = state.places.with_columns(pl.col("last_s").alias("clock_s"))
    asked = fixes.select("vessel", "clock_s", "lon", "lat", "sigma_m", "members", "coasting")
    frame = pl.concat([held, asked], how="diagonal").sort("vessel", "clock_s")
    begun = [pl.col(c).first().over("vessel").alias(f"first_{c}") for c in ("lon", "lat")]
    frame = frame.with_columns(begun)
    metres = distance_m(*(frame[c].to_numpy() for c in ("first_lon", "first_lat", "lon", "lat")))
    least_m = pl.max_horizontal(
        settings.dark_travelled_m, pl.col("sigma_m").fill_null(0.0) * settings.dark_sigmas
    )
    named = (pl.col("members") & (AIS | BEIDOU)) != 0
    far = (pl.col("metres") > least_m) & ~pl.col("coasting")
    since = pl.when((named | far).fill_null(False)).then("clock_s").otherwise("moved_s")
    here = (
        frame.with_columns(pl.Series("metres", metres).fill_nan(None))
        .with_columns(since.alias("moved_s"))
        .group_by("vessel", maintain_order=True)
        .agg(
            pl.col("first_lon").first().alias("lon"),
            pl.col("first_lat").first().alias("lat"),
            pl.col("clock_s").max().alias("last_s"),
            pl.col("moved_s").min(),
        )
        .cast(PLACE)
    )
    return MovedState(here.filter(pl.col("last_s") > until_s - GONE_S), here)


def boats(fixes: pl.DataFrame, state: MovedState) -> pl.DataFrame:
    """The fixes of the last batch that are of boats, by then."""
    since = state.here.select("vessel", "moved_s")
    joined = fixes.join(since, on="vessel", how="left", maintain_order="left")
    return joined.filter(pl.col("clock_s") >= pl.col("moved_s")).drop("moved_s")

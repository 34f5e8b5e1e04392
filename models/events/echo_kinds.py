"""What radar alone sees, sorted: boats, fixed echoes, clutter. Labelled, never deleted.

A *fixed echo* (buoy, moored hulk, rock, raft) is seen for half an hour and longer and never leaves
its place; *clutter* is seen for a short while, scattered, and goes nowhere. What any transponder
ever spoke for is a vessel.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from core.settings import EventSettings
from geo.plane import distance_m
from models.events.instants import GONE_S
from models.fusion.schema import AIS, BEIDOU, RADAR

#: The life of a vessel so far, as radar saw it.
LIFE: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "target": pl.String(),  # who speaks for it
        "first_s": pl.Int64(),  # instants with a radar row
        "last_s": pl.Int64(),
        "seen": pl.Int64(),
        "named": pl.Boolean(),  # a transponder spoke for it at some time
        "west": pl.Float64(),
        "south": pl.Float64(),
        "east": pl.Float64(),
        "north": pl.Float64(),
        "sigma_m": pl.Float64(),  # the least
    }
)


def advance(lives: pl.DataFrame, fixes: pl.DataFrame, until_s: int | None = None) -> pl.DataFrame:
    """Count the fixes of some instants into the lives.

    Parameters
    ----------
    lives
        `LIFE`.
    fixes
        `models.fusion.schema.FIX` of instants not counted yet.
    until_s
        Lives of which nothing was seen for an hour before are forgotten; None: none are.
    """
    named = (pl.col("members") & (AIS | BEIDOU)) != 0
    seen = (pl.col("heard") & RADAR) != 0
    placed = pl.all_horizontal(pl.col("lon", "lat").is_finite())
    by_radar = fixes.sort("clock_s").filter(placed, seen | named)
    by_radar = by_radar.with_columns(seen.alias("by_radar"))
    at = {c: pl.when("by_radar").then(c) for c in ("clock_s", "lon", "lat", "sigma_m")}
    new = by_radar.group_by("vessel").agg(
        pl.col("target").last(),
        at["clock_s"].min().alias("first_s"),
        at["clock_s"].max().alias("last_s"),
        pl.col("by_radar").sum().cast(pl.Int64).alias("seen"),
        named.any().alias("named"),
        at["lon"].min().alias("west"),
        at["lat"].min().alias("south"),
        at["lon"].max().alias("east"),
        at["lat"].max().alias("north"),
        at["sigma_m"].min(),
    )
    both = pl.concat([lives, new.filter(pl.col("seen") > 0).select(LIFE.names()).cast(LIFE)])
    ever = pl.concat([both.filter("named")["vessel"], new.filter("named")["vessel"]]).unique()
    least, most = ("first_s", "west", "south", "sigma_m"), ("last_s", "east", "north")
    summed = both.group_by("vessel", maintain_order=True).agg(
        pl.col(*least).min(), pl.col(*most).max(), pl.col("seen").sum(), pl.col("target").last()
    )
    whole = summed.with_columns(pl.col("vessel").is_in(ever.implode()).alias("named"))
    if until_s is not None:
        whole = whole.filter(pl.col("last_s") > until_s - GONE_S)
    return whole.sort("vessel").select(LIFE.names()).cast(LIFE)


def labels(lives: pl.DataFrame, settings: EventSettings) -> pl.DataFrame:
    """What the lives look like: `vessel`, `target`, `label`.

    Labels are `boat` (no transponder, but it moved, or it is not known yet), `vessel` (it has one),
    `fixed_echo` and `clutter` (seen for less than the dark instants, and went nowhere: nothing more
    can be said of it).
    """
    extent = distance_m(*(lives[c].to_numpy() for c in ("west", "south", "east", "north")))
    frame = lives.with_columns(pl.Series("extent_m", extent, pl.Float64))
    still = pl.col("extent_m") <= pl.max_horizontal(
        pl.lit(settings.dark_travelled_m), pl.col("sigma_m") * settings.dark_sigmas
    )
    long = pl.col("last_s") - pl.col("first_s") >= settings.fixed_echo_s
    label = (
        pl.when("named")
        .then(pl.lit("vessel"))
        .when(still & long)
        .then(pl.lit("fixed_echo"))
        .when(still & (pl.col("seen") < settings.dark_instants))
        .then(pl.lit("clutter"))
        .otherwise(pl.lit("boat"))
    )
    return frame.select("vessel", "target", label.alias("label"))

"""Which source target belongs to which vessel now: what the screen needs to draw a vessel once."""

from __future__ import annotations

from typing import Final

import polars as pl

from core.schema import UTC_TIME
from models.fusion.fold import FusionState

#: Who speaks for a vessel, the best first, as `models.fusion.schema.FIX` has it.
SPEAKERS: Final = pl.Enum(["ais", "beidou", "radar"])


def bonds(state: FusionState) -> pl.DataFrame:
    """Every target that has a vessel: columns of `store.vessel_tables.BOND`, by target.

    A number under which two boats sail speaks for the one that was heard last.
    """
    owned = (
        state.sources.lazy()
        .filter(pl.col("vessel") >= 0)
        .select("target", pl.col("sensor").cast(SPEAKERS), "t_us", "since_s", serial="vessel")
        .join(state.vessels.lazy().select("serial", "vessel"), on="serial")
        .sort("target", "t_us", "serial")
        .unique("target", keep="last", maintain_order=True)
    )
    best = pl.col("target").sort_by("sensor", -pl.col("t_us"), "target").first().over("vessel")
    since = pl.from_epoch("since_s", "s").dt.replace_time_zone("UTC").cast(UTC_TIME)
    told = owned.with_columns(speaker=best, since_at=since).select(
        "target", "vessel", "speaker", "since_at"
    )
    return told.sort("target").collect()

"""The tables of vessels: where they are, where they were, and which source tracks are theirs.

A vessel's fixes are kept every five minutes, as they settled; the newest of each, as the fast pass
has it, stands in `latest_fix`; whose the targets are now, in `bond`.
"""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import Index, Table

from core.schema import UTC_TIME
from store.tables import metadata, point_column, run_column, schema_columns

#: `models.fusion.schema.FIX` as it is kept.
FIX: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "at": UTC_TIME,
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "sigma_m": pl.Float64(),
        "speed_kn": pl.Float64(),
        "course_deg": pl.Float64(),
        "age_s": pl.Int64(),
        "heard": pl.Int64(),
        "members": pl.Int64(),
        "target": pl.String(),
        "coasting": pl.Boolean(),
        "rival": pl.String(),
        "rival_probability": pl.Float64(),
    }
)
#: `models.fusion.schema.LINK` as it is kept.
LINK: Final = pl.Schema(
    {
        "vessel": pl.String(),
        "track": pl.String(),
        "target": pl.String(),
        "sensor": pl.String(),
        "source": pl.String(),
        "at": UTC_TIME,
        "phase": pl.String(),
        "since_at": UTC_TIME,
        "probability": pl.Float64(),
        "margin": pl.Float64(),
        "instants": pl.Int64(),
        "reason": pl.String(),
    }
)
#: Which vessel a target belongs to now, since when, and the target that speaks for the vessel.
BOND: Final = pl.Schema(
    {
        "target": pl.String(),
        "vessel": pl.String(),
        "speaker": pl.String(),
        "since_at": UTC_TIME,
    }
)
HISTORY_S: Final = 300
_NEEDED: Final = {"lon", "lat", "members", "coasting"}

latest_fix = Table(
    "latest_fix",
    metadata,
    run_column(),
    *schema_columns(FIX, {"vessel"}, {*_NEEDED, "at"}),
    point_column(),
    Index("ix_latest_fix_geom", "geom", postgresql_using="gist"),
)

fix = Table(
    "fix",
    metadata,
    run_column(),
    *schema_columns(FIX, {"vessel", "at"}, _NEEDED),
    Index("ix_fix_at", "run_id", "at"),
)

bond = Table(
    "bond",
    metadata,
    run_column(),
    *schema_columns(BOND, {"target"}, set(BOND)),
)

link = Table(
    "link",
    metadata,
    run_column(),
    *schema_columns(LINK, {"vessel", "track", "at", "phase"}, {"target", "sensor", "since_at"}),
    Index("ix_link_track", "run_id", "track", "at"),
)

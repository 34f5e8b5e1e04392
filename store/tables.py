"""The tables of the store, as SQLAlchemy Core metadata.

`observation` has `run_id` and then the columns of `core.schema.OBSERVATION`, by name and type. It
is partitioned by the UTC day of `received_at`; the partitions stand in the schema `days` and are
made by the writer (`store.partitions`). Bulk tables have no foreign key to `run`: its trigger would
fire for every row, and the one writer already knows the run.

Units as everywhere: degrees (WGS 84, longitude first), metres, knots; times are UTC instants.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from core.schema import IDENTITY, OBSERVATION, UTC_TIME

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

#: What a Polars type is in PostgreSQL. `Binary` is the 16-byte key everywhere in the house.
COLUMN_TYPES: Final[dict[pl.DataType, TypeEngine[Any]]] = {
    pl.Binary(): Uuid(),
    pl.String(): Text(),
    pl.Float64(): Double(),
    pl.Int64(): BigInteger(),
    pl.Boolean(): Boolean(),
    UTC_TIME: DateTime(timezone=True),
}


def time_column(name: str, *, null: bool = True, key: bool = False) -> Column[Any]:
    """A column of UTC instants."""
    return Column(name, DateTime(timezone=True), nullable=null and not key, primary_key=key)


def run_column(*, reference: bool = False) -> Column[Any]:
    """The run that a row belongs to, the first part of every key."""
    key = [ForeignKey("run.run_id", ondelete="CASCADE")] if reference else []
    return Column("run_id", Integer, *key, primary_key=True, autoincrement=False)


def schema_columns(schema: pl.Schema, key: set[str], required: set[str]) -> list[Column[Any]]:
    """The columns of a Polars schema, by name and type."""
    return [
        Column(
            name,
            COLUMN_TYPES[dtype],
            primary_key=name in key,
            nullable=name not in key | required,
            autoincrement=False,
        )
        for name, dtype in schema.items()
    ]


def point_column() -> Column[Any]:
    """The place as PostGIS has it, made of `lon` and `lat`."""
    made = Computed("st_setsrid(st_makepoint(lon, lat), 4326)", persisted=True)
    return Column("geom", Geometry("POINT", srid=4326, spatial_index=False), made)


run = Table(
    "run",
    metadata,
    Column("run_id", Integer, Identity(), primary_key=True),
    Column("digest", Text, nullable=False, unique=True),  # of what the run reads
    Column("kind", Text, nullable=False),  # "live" or "replay"
    Column("name", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("opened_serial", BigInteger, nullable=False),  # the order of opening: newest is current
    time_column("tick"),  # how far the engine has come
)

observation = Table(
    "observation",
    metadata,
    run_column(),
    *schema_columns(
        OBSERVATION, {"key", "received_at"}, {"sensor", "observed_at", "received_at", "detail"}
    ),
    Index(
        "ix_observation_observed_at",
        "observed_at",
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
    ),
    postgresql_partition_by="RANGE (received_at)",
)

latest_position = Table(
    "latest_position",
    metadata,
    run_column(),
    Column("target", Text, primary_key=True),
    Column("key", Uuid, nullable=False),
    Column("sensor", Text, nullable=False),
    Column("source", Text),
    time_column("observed_at", null=False),
    time_column("received_at", null=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("sigma_m", Double),
    Column("speed_kn", Double),
    Column("course_deg", Double),
    Column("heading_deg", Double),
    point_column(),
    Index("ix_latest_position_geom", "geom", postgresql_using="gist"),
)

identity = Table(
    "identity",
    metadata,
    run_column(),
    *schema_columns(IDENTITY, {"key"}, {"target", "received_at"}),
    Index("ix_identity_target", "run_id", "target", "received_at"),
)

# What each target claims to be by now: the newest value of every field that it ever gave.
latest_identity = Table(
    "latest_identity",
    metadata,
    run_column(),
    Column("target", Text, primary_key=True),
    *[
        c
        for c in schema_columns(IDENTITY, set(), {"received_at"})
        if c.name not in ("key", "target")
    ],
)

segment = Table(
    "segment",
    metadata,
    run_column(),
    Column("segment_id", Text, primary_key=True),
    Column("target", Text, nullable=False),
    time_column("segment_from", null=False),
    time_column("segment_to", null=False),
    Column(
        "geom", Geometry("LINESTRINGM", dimension=3, srid=4326, spatial_index=False), nullable=False
    ),
    Index("ix_segment_geom", "geom", postgresql_using="gist"),
    Index("ix_segment_target", "run_id", "target", "segment_from"),
)

pier = Table(
    "pier",
    metadata,
    run_column(reference=True),
    Column("pier_id", Text, primary_key=True),
    Column("name", Text),
    Column("aliases", ARRAY(Text), nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("township", Text),
    Column("depth_m", Double),
    Column("access_lon", Double),
    Column("access_lat", Double),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("geom", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=False),
    Index("ix_pier_geom", "geom", postgresql_using="gist"),
)

vessel = Table(
    "vessel",
    metadata,
    run_column(reference=True),
    Column("vessel_id", Text, primary_key=True),
    Column("name", Text),
    Column("mmsi", Text),
    Column("beidou_id", Text),
    Column("type", Text),
    Column("length_m", Double),
    Column("draught_m", Double),
    Column("home_pier", Text),
    Index("ix_vessel_mmsi", "run_id", "mmsi"),
    Index("ix_vessel_beidou_id", "run_id", "beidou_id"),
)

vehicle = Table(
    "vehicle",
    metadata,
    run_column(reference=True),
    Column("row", Integer, primary_key=True, autoincrement=False),  # neither field need be there
    Column("terminal", Text),
    Column("plate", Text),
    Column("class", Text),
    Column("owner", Text),
)

event = Table(
    "event",
    metadata,
    run_column(reference=True),
    Column("event_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    time_column("event_from", null=False),
    time_column("event_to"),
    Column("lon", Double),
    Column("lat", Double),
    Column("targets", ARRAY(Text), nullable=False),
    Column("pier_id", Text),
    Column("detail", JSONB, nullable=False),
    time_column("settled_at"),
    Index("ix_event_event_from", "run_id", "event_from"),
)

alert = Table(
    "alert",
    metadata,
    run_column(reference=True),
    Column("alert_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column(
        "serial", BigInteger, Identity(), nullable=False, unique=True
    ),  # for a reader to resume at
    Column("status", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Text),
    time_column("issued_at", null=False),
    Column("posterior", Double),
    Column("severity", Double),
    Column("exercise", Boolean, nullable=False),
    Column("pier_id", Text),
    Column("lon", Double),
    Column("lat", Double),
    time_column("berth_from"),
    time_column("berth_to"),
    Column("targets", ARRAY(Text), nullable=False),
    Column("envelope", JSONB, nullable=False),
    Index("ix_alert_issued_at", "run_id", "issued_at"),
    Index("ix_alert_serial", "run_id", "serial"),
)

feed_count = Table(
    "feed_count",
    metadata,
    run_column(reference=True),
    Column("feed", Text, primary_key=True),
    Column("counter", Text, primary_key=True),  # a kind of frame or a reason of refusal
    Column("n", BigInteger, nullable=False),
)

# What officers decided in live runs (`core.decisions`).
decision = Table(
    "decision",
    metadata,
    Column("decision_id", BigInteger, Identity(), primary_key=True),
    Column("run_id", Integer, ForeignKey("run.run_id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("decided_by", Text, nullable=False),  # a role, never a person's name
    time_column("decided_at", null=False),
    Index("ix_decision_run_id", "run_id", "decision_id"),
)

# Where a landing is likely in the hours of a night, as of its noon (`engine.outlooks.document`).
outlook = Table(
    "outlook",
    metadata,
    run_column(reference=True),
    Column("evening", Date, primary_key=True),
    Column("told", JSONB, nullable=False),
)

# What stood out in a night, as of its end (`engine.night_reports.document`).
night_report = Table(
    "night_report",
    metadata,
    run_column(reference=True),
    Column("evening", Date, primary_key=True),
    Column("told", JSONB, nullable=False),
)

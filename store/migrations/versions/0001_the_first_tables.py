"""The first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "feed_count", "alert", "event", "vehicle", "vessel", "pier", "segment", "latest_identity",
    "identity", "latest_position", "observation", "run",
)  # fmt: skip


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS days")
    _runs()
    _positions()
    _identities()
    _segments()
    _site()
    _outcome()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.execute("DROP SCHEMA days")


def _text(name: str, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _time(name: str, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _number(name: str, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.Double(), nullable=null)


def _whole(name: str, null: bool = True) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _run() -> sa.Column:
    return sa.Column("run_id", sa.Integer(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of_run(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["run_id"], ["run.run_id"], name=f"fk_{table}_run_id", ondelete="CASCADE"
    )


def _shape(kind: str, *made: sa.Computed, dimension: int = 2, null: bool = False) -> sa.Column:
    shape = Geometry(kind, srid=4326, dimension=dimension, spatial_index=False)
    return sa.Column("geom", shape, *made, nullable=null)


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Integer(), sa.Identity(), nullable=False),
        *(_text(name, null=False) for name in ("digest", "kind", "name", "site")),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        *(_text(name, null=False) for name in ("title_zh", "title_en", "timezone")),
        _whole("opened_serial", null=False),
        _time("tick"),
        _key("run", "run_id"),
        sa.UniqueConstraint("digest", name="uq_run_digest"),
    )
    op.create_table(
        "feed_count",
        _run(),
        _text("feed", null=False),
        _text("counter", null=False),
        _whole("n", null=False),
        _key("feed_count", "run_id", "feed", "counter"),
        _of_run("feed_count"),
    )


def _positions() -> None:
    op.create_table(
        "observation",
        _run(),
        sa.Column("key", sa.Uuid(), nullable=False),
        _text("sensor", null=False),
        _text("source"),
        _text("target"),
        _time("observed_at", null=False),
        _time("received_at", null=False),
        *(_number(name) for name in ("lon", "lat", "sigma_m")),
        *(_number(name) for name in ("speed_kn", "course_deg", "heading_deg")),
        _text("detail", null=False),
        _key("observation", "run_id", "key", "received_at"),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index(
        "ix_observation_observed_at",
        "observation",
        ["observed_at"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
    )
    op.create_table(
        "latest_position",
        _run(),
        _text("target", null=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        _text("sensor", null=False),
        _text("source"),
        _time("observed_at", null=False),
        _time("received_at", null=False),
        _number("lon", null=False),
        _number("lat", null=False),
        *(_number(name) for name in ("sigma_m", "speed_kn", "course_deg", "heading_deg")),
        _shape(
            "POINT",
            sa.Computed("st_setsrid(st_makepoint(lon, lat), 4326)", persisted=True),
            null=True,
        ),
        _key("latest_position", "run_id", "target"),
    )
    op.create_index("ix_latest_position_geom", "latest_position", ["geom"], postgresql_using="gist")


def _identities() -> None:
    for table, target in (("identity", True), ("latest_identity", False)):
        op.create_table(
            table,
            _run(),
            *([sa.Column("key", sa.Uuid(), nullable=False), _text("source")] if target else []),
            _text("target", null=False),
            *([] if target else [_text("source")]),
            _time("received_at", null=False),
            _text("name"),
            _text("call_sign"),
            _whole("imo"),
            _whole("ship_type"),
            *(_number(name) for name in ("length_m", "beam_m", "draught_m")),
            _text("destination"),
            _key(table, "run_id", "key" if target else "target"),
        )
    op.create_index("ix_identity_target", "identity", ["run_id", "target", "received_at"])


def _segments() -> None:
    op.create_table(
        "segment",
        _run(),
        _text("segment_id", null=False),
        _text("target", null=False),
        _time("segment_from", null=False),
        _time("segment_to", null=False),
        _shape("LINESTRINGM", dimension=3),
        _key("segment", "run_id", "segment_id"),
    )
    op.create_index("ix_segment_geom", "segment", ["geom"], postgresql_using="gist")
    op.create_index("ix_segment_target", "segment", ["run_id", "target", "segment_from"])


def _site() -> None:
    op.create_table(
        "pier",
        _run(),
        _text("pier_id", null=False),
        _text("name"),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("kind", null=False),
        _text("status", null=False),
        _text("township"),
        *(_number(name) for name in ("depth_m", "access_lon", "access_lat")),
        _number("lon", null=False),
        _number("lat", null=False),
        _shape("GEOMETRY"),
        _key("pier", "run_id", "pier_id"),
        _of_run("pier"),
    )
    op.create_index("ix_pier_geom", "pier", ["geom"], postgresql_using="gist")
    op.create_table(
        "vessel",
        _run(),
        _text("vessel_id", null=False),
        *(_text(name) for name in ("name", "mmsi", "beidou_id", "type")),
        _number("length_m"),
        _number("draught_m"),
        _text("home_pier"),
        _key("vessel", "run_id", "vessel_id"),
        _of_run("vessel"),
    )
    for name in ("mmsi", "beidou_id"):
        op.create_index(f"ix_vessel_{name}", "vessel", ["run_id", name])
    op.create_table(
        "vehicle",
        _run(),
        sa.Column("row", sa.Integer(), nullable=False),
        *(_text(name) for name in ("terminal", "plate", "class", "owner")),
        _key("vehicle", "run_id", "row"),
        _of_run("vehicle"),
    )


def _outcome() -> None:
    op.create_table(
        "event",
        _run(),
        _text("event_id", null=False),
        _text("kind", null=False),
        _time("event_from", null=False),
        _time("event_to"),
        _number("lon"),
        _number("lat"),
        sa.Column("targets", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("pier_id"),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        _time("settled_at"),
        _key("event", "run_id", "event_id"),
        _of_run("event"),
    )
    op.create_index("ix_event_event_from", "event", ["run_id", "event_from"])
    op.create_table(
        "alert",
        _run(),
        _text("alert_id", null=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(), nullable=False),
        _text("status", null=False),
        _text("kind", null=False),
        _text("level"),
        _time("issued_at", null=False),
        _number("posterior"),
        _number("severity"),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        _text("pier_id"),
        _number("lon"),
        _number("lat"),
        _time("berth_from"),
        _time("berth_to"),
        sa.Column("targets", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("envelope", postgresql.JSONB(), nullable=False),
        _key("alert", "run_id", "alert_id", "revision"),
        _of_run("alert"),
        sa.UniqueConstraint("serial", name="uq_alert_serial"),
    )
    op.create_index("ix_alert_issued_at", "alert", ["run_id", "issued_at"])
    op.create_index("ix_alert_serial", "alert", ["run_id", "serial"])

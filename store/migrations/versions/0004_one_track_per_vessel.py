"""Where vessels are and were, and which source tracks are theirs.

Revision ID: 0004
Revises: 0003
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = sa.Computed("st_setsrid(st_makepoint(lon, lat), 4326)", persisted=True)
    geom = sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), made)
    _table("latest_fix", ("vessel",), *_fix(), geom)
    op.create_index("ix_latest_fix_geom", "latest_fix", ["geom"], postgresql_using="gist")
    _table("fix", ("vessel", "at"), *_fix())
    op.create_index("ix_fix_at", "fix", ["run_id", "at"])
    _table("link", ("vessel", "track", "at", "phase"), *_link())
    op.create_index("ix_link_track", "link", ["run_id", "track", "at"])


def downgrade() -> None:
    for table in ("link", "fix", "latest_fix"):
        op.drop_table(table)


def _fix() -> list[sa.Column[Any]]:
    return [
        sa.Column("vessel", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        *[sa.Column(name, sa.Double()) for name in ("sigma_m", "speed_kn", "course_deg")],
        *[sa.Column(name, sa.BigInteger()) for name in ("age_s", "heard")],
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text()),
        sa.Column("coasting", sa.Boolean(), nullable=False),
    ]


def _link() -> list[sa.Column[Any]]:
    return [
        *[
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("vessel", "track", "target", "sensor")
        ],
        sa.Column("source", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        *[sa.Column(name, sa.Double()) for name in ("probability", "margin")],
        sa.Column("instants", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
    ]


def _table(name: str, key: tuple[str, ...], *columns: Any) -> None:
    op.create_table(
        name,
        sa.Column("run_id", sa.Integer(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("run_id", *key, name=f"pk_{name}"),
    )

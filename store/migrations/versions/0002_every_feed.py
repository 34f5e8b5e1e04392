"""Every feed: messages, receptions, health, states, refusals, doubts, what cameras saw last.

Revision ID: 0002
Revises: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "latest_sighting", "doubt", "refusal", "feed_state", "feed_health", "reception", "message",
)  # fmt: skip


def upgrade() -> None:
    _heard()
    _feeds()
    _doubtful()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _texts(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text(), nullable=null) for name in names]


def _times(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null) for name in names]


def _wholes(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger(), nullable=null) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Double(), nullable=True) for name in names]


def _objects(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, postgresql.JSONB(), nullable=False) for name in names]


def _table(name: str, key: tuple[str, ...], *columns: Any, of_run: bool = True) -> None:
    reference = sa.ForeignKeyConstraint(
        ["run_id"], ["run.run_id"], name=f"fk_{name}_run_id", ondelete="CASCADE"
    )
    op.create_table(
        name,
        sa.Column("run_id", sa.Integer(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("run_id", *key, name=f"pk_{name}"),
        *([reference] if of_run else []),
    )


def _heard() -> None:
    _table(
        "message",
        ("key",),
        sa.Column("key", sa.Uuid(), nullable=False),
        *_texts("source", "sender", null=True),
        *_times("sent_at", null=True),
        *_times("received_at"),
        *_wholes("length_bytes", null=True),
        sa.Column("emergency", sa.Boolean(), nullable=True),
        *_texts("text", null=True),
        of_run=False,
    )
    op.create_index("ix_message_received_at", "message", ["run_id", "received_at"])
    _table(
        "reception",
        ("source", "cell_lon", "cell_lat", "hour"),
        *_texts("source"),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("cell_lon", "cell_lat")),
        *_times("hour"),
        *_wholes("heard"),
        of_run=False,
    )


def _feeds() -> None:
    _table(
        "feed_health",
        ("feed", "source"),
        *_texts("feed", "source", "sensor", "state"),
        *_times("first_at", "last_at", null=True),
        *_wholes("frames"),
        *_numbers("per_min", "lag_s", "skew_s", "skew_sigma_s"),
        *_wholes("waiting", null=True),
        *_texts("suspects", null=True),
    )
    _table(
        "feed_state",
        ("feed",),
        *_texts("feed", "sensor"),
        *_texts("url", null=True),
        *_texts("state"),
        *_texts("detail", null=True),
        *_wholes("waiting", "lost", "peers", null=True),
        *_objects("refused", "samples"),
        *_numbers("stored_after_s"),
        *_times("updated_at"),
    )


def _doubtful() -> None:
    _table(
        "refusal",
        ("feed", "source", "reason"),
        *_texts("feed", "source", "reason"),
        *_wholes("n"),
        *_objects("samples"),
    )
    _table(
        "doubt",
        ("sensor", "source", "reason"),
        *_texts("sensor", "source", "reason"),
        *_wholes("n"),
        *_objects("samples"),
        *_wholes("counted_to_s"),
    )
    _table(
        "latest_sighting",
        ("sensor", "source"),
        *_texts("sensor", "source"),
        sa.Column("key", sa.Uuid(), nullable=False),
        *_times("observed_at", "received_at"),
        *_texts("detail"),
        of_run=False,
    )

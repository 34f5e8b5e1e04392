"""What officers decide in live runs.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: A database that was made anew counts on from here: no number comes twice (`store.decisions`).
_COUNT_ON = """
    DO $$ BEGIN
        EXECUTE 'ALTER TABLE decision ALTER COLUMN decision_id RESTART WITH '
            || (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
    END $$"""


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name="pk_decision"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.run_id"], name="fk_decision_run_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_decision_run_id", "decision", ["run_id", "decision_id"])
    op.execute(_COUNT_ON)


def downgrade() -> None:
    op.drop_table("decision")

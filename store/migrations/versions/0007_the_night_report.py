"""What stood out in each night, by the report at its end.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "night_report",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("evening", sa.Date(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.run_id"], name="fk_night_report_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "evening", name="pk_night_report"),
    )


def downgrade() -> None:
    op.drop_table("night_report")

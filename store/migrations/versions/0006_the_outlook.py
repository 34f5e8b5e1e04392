"""Where a landing is likely in the hours of each night.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outlook",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("evening", sa.Date(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.run_id"], name="fk_outlook_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "evening", name="pk_outlook"),
    )


def downgrade() -> None:
    op.drop_table("outlook")

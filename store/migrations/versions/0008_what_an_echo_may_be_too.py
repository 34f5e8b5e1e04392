"""Of a vessel that radar alone sees: whose its echo may be as well.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("latest_fix", "fix"):
        op.add_column(table, sa.Column("rival", sa.Text()))
        op.add_column(table, sa.Column("rival_probability", sa.Double()))


def downgrade() -> None:
    for table in ("latest_fix", "fix"):
        op.drop_column(table, "rival_probability")
        op.drop_column(table, "rival")

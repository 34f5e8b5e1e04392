"""By how much a radar measures wrong, in the health of its feed.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = (
    "range_m", "range_sigma_m", "bearing_deg", "bearing_sigma_deg", "clock_offset_s",
    "clock_sigma_s",
)  # fmt: skip


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("feed_health", sa.Column(name, sa.Double()))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("feed_health", name)

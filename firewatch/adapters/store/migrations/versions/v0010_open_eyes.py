"""Which minutes cameras looked with open eyes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "camera_eyes",
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("open_minutes", sa.BigInteger(), nullable=False),
        sa.Column("shut_minutes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tower_id", "camera_id", "hour", name="pk_camera_eyes"),
    )
    op.create_index("ix_camera_eyes_hour", "camera_eyes", ["hour"])

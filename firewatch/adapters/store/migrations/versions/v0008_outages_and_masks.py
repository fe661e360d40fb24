"""Outages of cameras that people were told of, and masks that were drawn at the centre."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "camera_outages",
        sa.Column("outage_id", sa.String(length=26), nullable=False),
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.String(length=26), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("back_alert_id", sa.String(length=26), nullable=True),
        sa.Column("back_told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("outage_id", name="pk_camera_outages"),
    )
    for name in ("alert_id", "ended_at", "back_alert_id"):
        op.create_index(f"ix_camera_outages_{name}", "camera_outages", [name])
    op.create_table(
        "tower_masks",
        sa.Column("mask_id", sa.String(length=26), nullable=False),
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=False),
        sa.Column("pose_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("polygon", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("mask_id", name="pk_tower_masks"),
    )
    op.create_index("ix_tower_masks_tower_id", "tower_masks", ["tower_id"])

"""Where the wind blows from, hotspots of satellites, and what people found where they looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the two columns and the two tables."""
    op.add_column("observations", sa.Column("wind_from_deg", sa.Double(), nullable=True))
    op.add_column("hourly_readings", sa.Column("wind_from_deg", sa.Double(), nullable=True))
    op.create_table(
        "hotspots",
        sa.Column("hotspot_id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("satellite", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lat_deg", sa.Double(), nullable=False),
        sa.Column("lon_deg", sa.Double(), nullable=False),
        sa.Column("confidence", sa.String(length=16), nullable=True),
        sa.Column("size_km2", sa.Double(), nullable=True),
        sa.Column("frp_mw", sa.Double(), nullable=True),
        sa.Column("brightness_k", sa.Double(), nullable=True),
        sa.Column("told_confidence", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hotspot_id", name="pk_hotspots"),
    )
    op.create_index("ix_hotspots_at", "hotspots", ["at"])
    op.create_table(
        "hotspot_verdicts",
        sa.Column("verdict_id", sa.String(length=26), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("verdict_id", name="pk_hotspot_verdicts"),
    )
    op.create_index("ix_hotspot_verdicts_at", "hotspot_verdicts", ["at"])
    op.execute("INSERT INTO marks (name, value) VALUES ('hotspots', 0)")

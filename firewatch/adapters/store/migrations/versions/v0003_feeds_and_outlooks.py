"""Where a reading came from and what is doubtful about it; hourly readings, forecasts and outlooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NEW_MARKS = ("danger", "forecasts")


def upgrade() -> None:
    """Add the columns and tables; readings stored so far came over MQTT, and nobody doubted them."""
    op.add_column("observations", sa.Column("source", sa.String(length=40), nullable=False, server_default="mqtt"))
    op.add_column("observations", sa.Column("doubts", sa.Text(), nullable=False, server_default="[]"))
    _hourly_readings()
    _forecasts()
    op.create_table(
        "outlooks",
        sa.Column("station_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_outlooks"),
    )
    marks = sa.table("marks", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(marks, [{"name": name, "value": 0} for name in _NEW_MARKS])


def _hourly_readings() -> None:
    op.create_table(
        "hourly_readings",
        sa.Column("station_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("temp_c", sa.Double(), nullable=True),
        sa.Column("rh_pct", sa.Double(), nullable=True),
        sa.Column("wind_kmh", sa.Double(), nullable=True),
        sa.Column("rain_mm", sa.Double(), nullable=True),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "at", "source", name="pk_hourly_readings"),
    )


def _forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column("station_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "source", "issued_at", name="pk_forecasts"),
        sa.UniqueConstraint("mark", name="uq_forecasts_mark"),
    )

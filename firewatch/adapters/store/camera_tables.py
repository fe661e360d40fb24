"""The tables of cameras: when they were blind, what is masked, when their eyes were open."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, String, Table, Text

from firewatch.adapters.store.schema import METADATA

__all__ = ["camera_eyes", "camera_outages", "tower_masks"]

# People were told of these; `told_at` is when the alert was raised, so that a crash before it leaves nothing untold.
camera_outages = Table(
    "camera_outages",
    METADATA,
    Column("outage_id", String(26), primary_key=True),
    Column("tower_id", String(32), nullable=False),
    Column("camera_id", String(32), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("alert_id", String(26), nullable=False, index=True),
    Column("told_at", BigInteger),
    Column("ended_at", BigInteger, index=True),
    Column("back_alert_id", String(26), index=True),
    Column("back_told_at", BigInteger),
)

# Nothing is ever deleted: a mask that was taken away can be put back, and who did either stays known.
tower_masks = Table(
    "tower_masks",
    METADATA,
    Column("mask_id", String(26), primary_key=True),
    Column("tower_id", String(32), nullable=False, index=True),
    Column("camera_id", String(32), nullable=False),
    Column("pose_id", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("polygon", Text, nullable=False),
    Column("until", Date),
    Column("set_at", BigInteger, nullable=False),
    Column("set_by", String(80), nullable=False),
    Column("removed_at", BigInteger),
    Column("removed_by", String(80), nullable=False),
)

# A bit a minute: vitals come twice a minute from every camera, and marks are only added.
camera_eyes = Table(
    "camera_eyes",
    METADATA,
    Column("tower_id", String(32), primary_key=True),
    Column("camera_id", String(32), primary_key=True),
    Column("hour", BigInteger, primary_key=True, index=True),
    Column("open_minutes", BigInteger, nullable=False),
    Column("shut_minutes", BigInteger, nullable=False),
)

"""The table of the record of open eyes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from firewatch.adapters.store.schema import METADATA

__all__ = ["camera_eyes"]

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

"""The tables of hotspots, and of what people found where they looked."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, String, Table, Text

from firewatch.adapters.store.schema import METADATA

__all__ = ["hotspot_verdicts", "hotspots"]

# The id is made of satellite, instant and place: the same element told twice is one row.
hotspots = Table(
    "hotspots",
    METADATA,
    Column("hotspot_id", String(26), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("satellite", String(40), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("lat_deg", Double, nullable=False),
    Column("lon_deg", Double, nullable=False),
    Column("confidence", String(16)),
    Column("size_km2", Double),
    Column("frp_mw", Double),
    Column("brightness_k", Double),
    Column("told_confidence", String(40), nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

# Rows are added and marked, never deleted: who looked and what they found stays known.
hotspot_verdicts = Table(
    "hotspot_verdicts",
    METADATA,
    Column("verdict_id", String(26), primary_key=True),
    Column("members", Text, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("note", String(200), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("by", String(80), nullable=False),
    Column("undone_at", BigInteger),
    Column("undone_by", String(80), nullable=False),
)

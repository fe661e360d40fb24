"""The tables of remote hands, beside those of `firewatch.adapters.store.schema` and by the same rules."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from firewatch.adapters.store.schema import METADATA

__all__ = ["command_replies", "commands"]

_ULID = String(26)
_SLUG = String(32)

# What towers were asked, by whom, and every answer: the record of remote hands, kept for as long as the settings say.
commands = Table(
    "commands",
    METADATA,
    Column("command_id", _ULID, primary_key=True),
    Column("tower_id", _SLUG, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("issued_at", BigInteger, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("actor_id", _SLUG, nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("asked_through", String(16), nullable=False),
    Column("incident_id", _ULID, index=True),
    Column("sent_at", BigInteger),
    Column("body", Text, nullable=False),
)

command_replies = Table(
    "command_replies",
    METADATA,
    Column("command_id", _ULID, ForeignKey("commands.command_id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("attachment_name", String(64), nullable=False),
    Column("attachment_type", String(64), nullable=False),
    Column("attachment", LargeBinary),
)

"""What towers were asked, and what they answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "commands",
        sa.Column("command_id", sa.String(length=26), nullable=False),
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("asked_through", sa.String(length=16), nullable=False),
        sa.Column("incident_id", sa.String(length=26), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("command_id", name="pk_commands"),
    )
    for name in ("tower_id", "issued_at", "expires_at", "incident_id"):
        op.create_index(f"ix_commands_{name}", "commands", [name])
    op.create_table(
        "command_replies",
        sa.Column("command_id", sa.String(length=26), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attachment_name", sa.String(length=64), nullable=False),
        sa.Column("attachment_type", sa.String(length=64), nullable=False),
        sa.Column("attachment", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["command_id"], ["commands.command_id"], name="fk_command_replies_command_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("command_id", "ordinal", name="pk_command_replies"),
    )

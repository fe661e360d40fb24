"""How each feed is, for the pages: another process looks at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "feed_states",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last_success_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_feed_states"),
    )

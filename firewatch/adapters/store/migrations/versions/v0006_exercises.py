"""Which pictures are of a drill: none of those that came before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column to the pictures; sightings, events and states keep theirs in their bodies, with a default."""
    op.add_column("evidence", sa.Column("is_exercise", sa.Boolean(), nullable=False, server_default=sa.false()))

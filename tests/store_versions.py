"""Takes a store back to the tables of an older program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["back_to_second_version"]

_UNDO = (
    "DROP TABLE camera_eyes",
    "DROP TABLE hotspot_verdicts",
    "DROP TABLE hotspots",
    "ALTER TABLE observations DROP COLUMN wind_from_deg",
    "DROP TABLE tower_masks",
    "DROP TABLE camera_outages",
    "ALTER TABLE evidence DROP COLUMN is_exercise",
    "DROP TABLE command_replies",
    "DROP TABLE commands",
    "DROP TABLE tower_certificates",
    "DROP TABLE enrolment_codes",
    "DROP TABLE feed_states",
    "ALTER TABLE observations DROP COLUMN source",
    "ALTER TABLE observations DROP COLUMN doubts",
    "DROP TABLE hourly_readings",
    "DROP TABLE forecasts",
    "DROP TABLE outlooks",
    "DELETE FROM marks WHERE name IN ('danger', 'forecasts', 'hotspots')",
    "UPDATE alembic_version SET version_num = '0002'",
)


def back_to_second_version(connection: Connection) -> None:
    """Undo the steps of the migrations from the third on; no program does so, data would be lost."""
    for statement in _UNDO:
        connection.execute(text(statement))

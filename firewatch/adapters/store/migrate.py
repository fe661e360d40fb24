"""Bringing a database to this program's tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from firewatch.adapters.store.database import MIGRATION_TIMEOUT_S
from firewatch.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from firewatch.adapters.store.database import Database

__all__ = ["upgrade"]

# Any constant number: processes that start together wait for the one that migrates.
_ADVISORY_LOCK = 0x6669_7265


def upgrade(database: Database) -> None:
    """Bring the database to the newest tables, in one transaction; nothing happens where it has them.

    Raises
    ------
    StoreError
        If the database was made by a newer program.
    """
    with database.writing(MIGRATION_TIMEOUT_S) as connection:
        if database.is_postgresql:
            connection.execute(text(f"SET LOCAL lock_timeout = {int(MIGRATION_TIMEOUT_S * 1000)}"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        config = _config(connection)
        scripts = ScriptDirectory.from_config(config)
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"the database is at {present}, which this program (up to {scripts.get_current_head()}) does not know: "
                "it was written by a newer firewatch. Install that version again; nothing was changed.",
            )
        if present != scripts.get_current_head():
            command.upgrade(config, "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config

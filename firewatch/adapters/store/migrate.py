"""Bringing a database to this program's tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from firewatch.adapters.store.database import MIGRATION_TIMEOUT_S
from firewatch.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from firewatch.adapters.store.database import Database

__all__ = ["upgrade"]

# Any constant number: processes that start together wait for the one that migrates.
_ADVISORY_LOCK = 0x6669_7265
_MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic's own.
_TABLE = "alembic_version"


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
        present, known = _present(connection), _known()
        if present is not None and present not in known:
            raise StoreError(
                f"the database is at {present}, which this program (up to {known[-1]}) does not know: "
                "it was written by a newer firewatch. Install that version again; nothing was changed.",
            )
        if present != known[-1]:
            # Costs a program a third of a second that it seldom needs.
            from alembic import command

            command.upgrade(_config(connection), "head")


def _present(connection: Connection) -> str | None:
    """Return where the database is; None where it is empty."""
    if not inspect(connection).has_table(_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()  # noqa: S608 - a constant


def _known() -> list[str]:
    """Return the migrations that this program has, oldest first, by the names of their files: v0001_first_tables.py."""
    return sorted(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py"))


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config

"""PostgreSQL says when events were appended: the live pages need not ask five times a second."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from firewatch.adapters.store.incident_log import CHANNEL

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from psycopg import AsyncConnection

    from firewatch.adapters.store.database import Database

__all__ = ["PostgresWake", "make_wake"]

logger = logging.getLogger(__name__)

# The log is looked at this often in any case: without a listening connection, and behind one that died in silence.
_PACE_S = 1.0


class PostgresWake:
    """Fulfils `firewatch.services.views.LiveWake` by LISTEN, on a connection of its own.

    Parameters
    ----------
    database : Database
        Says where the server is.
    pace_s : float
        How often it wakes without being told, and how long it waits before it connects again [s].
    """

    def __init__(self, database: Database, pace_s: float = _PACE_S) -> None:
        self._database = database
        self._pace_s = pace_s

    async def wakes(self) -> AsyncGenerator[None]:
        """Yield when events were appended, and at each pace; closing the generator closes the connection."""
        from psycopg import Error

        while True:
            try:
                async with await self._listening() as connection:
                    logger.info("live.listening")
                    # What was appended before is looked at now.
                    yield
                    while True:
                        async for _ in connection.notifies(timeout=self._pace_s, stop_after=1):
                            pass
                        yield
            except (Error, TimeoutError) as err:
                logger.warning("live.not_listening", extra={"why": str(err).strip() or type(err).__name__})
            await asyncio.sleep(self._pace_s)
            yield

    async def _listening(self) -> AsyncConnection[Any]:
        from psycopg import AsyncConnection

        engine = self._database.engine
        words, parts = engine.dialect.create_connect_args(engine.url)
        async with asyncio.timeout(self._pace_s):
            connection = await AsyncConnection.connect(*words, **parts, autocommit=True, application_name=CHANNEL)
            await connection.execute(f"LISTEN {CHANNEL}")
        return connection


def make_wake(database: Database) -> PostgresWake | None:
    """Return what wakes the live pages of this database; None where it tells nobody, and must be asked."""
    return PostgresWake(database) if database.is_postgresql else None

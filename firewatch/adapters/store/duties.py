"""Which process does what, how far it has come, and what was asked before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select

from firewatch.adapters.store.database import upsert, was_written
from firewatch.adapters.store.instants import to_us
from firewatch.adapters.store.schema import cursors, idempotency_keys, leases

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.adapters.store.database import Database

__all__ = ["SqlCursors", "SqlIdempotencyKeys", "SqlLeases"]


# So far the clocks of two centres may be apart. A lease that stands out further was taken before the clock was set
# back, and its holder may be dead: nobody would do the duty until the clock has come there again.
_MOST_SKEW = timedelta(minutes=1)


class SqlLeases:
    """Fulfils `firewatch.services.ports.Leases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, holder: str, at: datetime, for_s: float) -> bool:
        """Take or renew a lease; return False while another holder's is unexpired."""
        expires_at = to_us(at + timedelta(seconds=for_s))
        with self._database.writing() as connection:
            statement = upsert(connection, leases).values(name=name, holder=holder, expires_at=expires_at)
            statement = statement.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": holder, "expires_at": expires_at},
                where=or_(
                    leases.c.holder == holder,
                    leases.c.expires_at <= to_us(at),
                    leases.c.expires_at > to_us(at + timedelta(seconds=for_s) + _MOST_SKEW),
                ),
            )
            return was_written(connection, statement, leases.c.name)

    def release(self, name: str, holder: str) -> None:
        """Give a lease back, so that the next holder need not wait; another's lease stays."""
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


class SqlCursors:
    """Fulfils `firewatch.services.ports.Cursors`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self, name: str) -> int:
        """Return the last place read, 0 for a new reader."""
        with self._database.reading() as connection:
            return connection.execute(select(cursors.c.place).where(cursors.c.name == name)).scalar() or 0

    def advance(self, name: str, to: int) -> None:
        """Store the last place read; never goes back."""
        with self._database.writing() as connection:
            statement = upsert(connection, cursors).values(name=name, place=to)
            statement = statement.on_conflict_do_update(
                index_elements=["name"], set_={"place": to}, where=cursors.c.place < to
            )
            connection.execute(statement)


class SqlIdempotencyKeys:
    """Remembers the keys of requests, so that one sent twice is done once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, key: str, at: datetime) -> bool:
        """Remember a key; return False if it was claimed before."""
        with self._database.writing() as connection:
            statement = upsert(connection, idempotency_keys).values(key=key, first_at=to_us(at))
            statement = statement.on_conflict_do_nothing(index_elements=["key"])
            return was_written(connection, statement, idempotency_keys.c.key)

    def forget_before(self, at: datetime) -> None:
        """Forget keys claimed before an instant."""
        with self._database.writing() as connection:
            connection.execute(delete(idempotency_keys).where(idempotency_keys.c.first_at < to_us(at)))

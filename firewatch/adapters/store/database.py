"""The connection to the database: transactions that either happen whole or raise `StoreError`."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from firewatch.adapters.store.schema import marks
from firewatch.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Connection, Engine, Table
    from sqlalchemy.engine.url import URL

__all__ = [
    "BUSY_TIMEOUT_S",
    "MIGRATION_TIMEOUT_S",
    "Database",
    "last_mark",
    "lock_marks",
    "set_mark",
    "storable",
    "upsert",
    "was_written",
]

# How long a transaction waits for another's lock before it gives up: a hundred times what ours may take.
BUSY_TIMEOUT_S = 5.0
# How long it waits for a process that makes or changes the tables, on a busy machine.
MIGRATION_TIMEOUT_S = 60.0
_CONNECT_TIMEOUT_S = 5
_WRITES = "firewatch_writes"
_PATIENCE_S = "firewatch_patience_s"


class Database:
    """One process's connections to the store.

    Parameters
    ----------
    url : str
        ``sqlite:////absolute/path.sqlite`` or ``postgresql://user@host/name``.

    Raises
    ------
    StoreError
        If the address is neither, or the driver for it is not installed.
    """

    def __init__(self, url: str) -> None:
        self._engine = _make_engine(_parse(url))
        self.is_postgresql = self._engine.dialect.name == "postgresql"

    @property
    def engine(self) -> Engine:
        """The engine, for migrations."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with _as_store_error("read"), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, patience_s: float = BUSY_TIMEOUT_S) -> Iterator[Connection]:
        """Open a transaction that writes; committed when the block ends, undone when it raises.

        On SQLite it waits `patience_s` [s] for another's to end.
        """
        with _as_store_error("write"), self._engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True, _PATIENCE_S: patience_s})
            with writer.begin():
                yield writer

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that knows ON CONFLICT in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def was_written(connection: Connection, statement: postgresql.Insert | sqlite.Insert, column: Column[Any]) -> bool:
    """Execute an insert of one row and tell whether it wrote (the count of rows is not told of an insert)."""
    return connection.execute(statement.returning(column)).first() is not None


def storable(text: str) -> str:
    """Return a text from outside without the NUL and lone surrogates that PostgreSQL refuses.

    One hostile topic must not hold up its whole batch, nor a channel's odd answer its notification.
    """
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def lock_marks(connection: Connection, name: str) -> int:
    """Return the last number given out in a log, and keep others from giving out more until this transaction ends.

    Numbers become visible in the order of their commits, because the next writer reads the row only after this one's
    commit. Take the locks of several logs in the order of their names.
    """
    if connection.dialect.name == "postgresql":
        found = connection.execute(select(marks.c.value).where(marks.c.name == name).with_for_update())
    else:
        found = connection.execute(select(marks.c.value).where(marks.c.name == name))
    return int(found.scalar_one())


def set_mark(connection: Connection, name: str, value: int) -> None:
    """Store the last number given out."""
    connection.execute(update(marks).where(marks.c.name == name).values(value=value))


def last_mark(connection: Connection, name: str) -> int:
    """Return the last number given out by a transaction that has committed."""
    return int(connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar_one())


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as err:
        raise StoreError("the store's address is no URL; allowed is sqlite:////path or postgresql://host/name") from err
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise StoreError(f"store {parsed.drivername!r}: allowed is sqlite:////path or postgresql://host/name")
    if parsed.drivername == "sqlite" and not parsed.database:
        raise StoreError("a store in memory would lose sightings; give a path: sqlite:////path")
    return parsed


def _make_engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c lock_timeout={int(BUSY_TIMEOUT_S * 1000)} -c timezone=UTC"
    try:
        return create_engine(
            url,
            pool_pre_ping=True,  # a restarted server must not cost the first message after it
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "options": options},
        )
    except (ImportError, NoSuchModuleError) as err:
        raise StoreError("PostgreSQL needs its driver: install firewatch[postgres]") from err


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions begin late and deferred; ours begin in `_begin_sqlite`.
    connection.isolation_level = None
    # Who makes the file at this moment holds it whole, and may take its time.
    connection.execute(_busy_timeout(MIGRATION_TIMEOUT_S))
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_busy_timeout(BUSY_TIMEOUT_S))


# Two that give a new file its journal at once would wait for each other for ever, so SQLite refuses one at once,
# whatever its timeout. Of programs that start together, that one comes again.
@retry(
    retry=retry_if_exception(lambda err: getattr(err, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY),
    wait=wait_random(0.01, 0.1),
    stop=stop_after_delay(MIGRATION_TIMEOUT_S),
    reraise=True,
)
def _write_ahead(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")


def _busy_timeout(wait_s: float) -> str:
    return f"PRAGMA busy_timeout = {int(wait_s * 1000)}"


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that first reads and then writes fails at once, without waiting, if another wrote between.
    options = connection.get_execution_options()
    if not options.get(_WRITES, False):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(_busy_timeout(options[_PATIENCE_S]))
    connection.exec_driver_sql("BEGIN IMMEDIATE")


# The first words found decide what the reader of the error is told to do.
_ADVICE = (
    ("disk is full", "free some disk space; nothing was stored, and nodes send again what has no receipt"),
    ("no space left", "free some disk space; nothing was stored, and nodes send again what has no receipt"),
    ("disk i/o error", "check the disk and its free space"),
    ("locked", f"another program has held the database for {BUSY_TIMEOUT_S:g} s; it is tried again"),
    ("lock timeout", f"another program has held the database for {BUSY_TIMEOUT_S:g} s; it is tried again"),
    ("readonly", "the service must be allowed to write the database file and its folder"),
    ("unable to open", "check that the folder exists and that the service may write there"),
    ("malformed", "the database file is damaged: restore the last backup, and keep the damaged file"),
    ("not a database", "this file is no SQLite database: check the path"),
    ("no such table", "the database has no tables of firewatch: start with open_store, which makes them"),
    ("connection", "check that the database server runs and takes this address, user and password"),
)


@contextmanager
def _as_store_error(verb: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as err:
        # PostgreSQL adds lines of detail, which the chained error keeps.
        cause = str(err.orig).strip().partition("\n")[0]
        advice = next((text for words, text in _ADVICE if words in cause.lower()), "see the database's log")
        raise StoreError(f"the database could not {verb}: {cause}; {advice}") from err
    except SQLAlchemyError as err:
        raise StoreError(f"the database could not {verb}: {err}") from err
    except OverflowError as err:
        # The driver's answer to a number of more than 64 bits.
        raise StoreError(f"the database could not {verb}: {err}") from err

"""The file of the outbox: opened, checked, and replaced where it is damaged."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["is_damage", "open_or_replace", "replace"]

logger = logging.getLogger(__name__)

# Larger files are not read through at the start: a tower must be watching within seconds of a power cut. Damage in
# them is found when it is met.
_CHECKED_UP_TO_BYTES = 64_000_000
_DAMAGE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, size INTEGER NOT NULL,
    priority INTEGER NOT NULL, put_at_ms INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_age ON messages (priority, put_at_ms, seq, size);
CREATE TABLE IF NOT EXISTS refused (
    message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, reason TEXT NOT NULL, set_at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS quarantined (
    message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, reason TEXT NOT NULL, set_at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tallies (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""


def is_damage(err: sqlite3.Error) -> bool:
    """Tell whether an error says that the file itself is damaged (and not the disk full, or the file locked)."""
    code = getattr(err, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY_CODE in _DAMAGE_CODES


def open_or_replace(path: Path, at: datetime) -> tuple[sqlite3.Connection, int]:
    """Open the outbox, making it where there is none.

    Returns
    -------
    tuple of (Connection, int)
        The connection, and 1 if a damaged file had to be set aside, else 0.
    """
    try:
        return _open(path), 0
    except sqlite3.DatabaseError as err:
        if not is_damage(err):
            raise
        logger.exception("outbox.damaged", extra={"path": str(path)})
    return replace(path, at), 1


def replace(path: Path, at: datetime) -> sqlite3.Connection:
    """Rename a damaged outbox, begin a new one, and carry over what can be read."""
    aside = path.with_name(f"{path.stem}.damaged-{at:%Y%m%dT%H%M%S%fZ}{path.suffix}")
    for ending in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    # The index of the old write-ahead log belongs to no other file.
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    base = _open(path)
    carried = _carry_over(aside, base)
    logger.error("outbox.replaced", extra={"set_aside": str(aside), "carried_over": carried})
    return base


def _open(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit is on the disk when it returns, also after a power cut.
        base.execute("PRAGMA synchronous = FULL")
        base.execute("PRAGMA journal_size_limit = 8000000")
        if path.stat().st_size <= _CHECKED_UP_TO_BYTES:
            _check(base)
        base.executescript(_SCHEMA)
        base.execute("SELECT count(*), sum(size) FROM messages").fetchone()
    except BaseException:
        base.close()
        raise
    return base


def _check(base: sqlite3.Connection) -> None:
    said = base.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        err = sqlite3.DatabaseError(f"the file is damaged: {said}")
        err.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise err


def _carry_over(aside: Path, base: sqlite3.Connection) -> int:
    """Read a damaged file from both ends until it breaks; return how many messages were saved."""
    carried = 0
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(aside)) as old:
            rows = old.execute(
                f"SELECT message_id, topic, payload, size, priority, put_at_ms FROM messages ORDER BY seq {order}"  # noqa: S608 - ours
            )
            for row in rows:
                saved = base.execute(
                    "INSERT OR IGNORE INTO messages (message_id, topic, payload, size, priority, put_at_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                )
                carried += max(0, saved.rowcount)
    return carried

"""The file of the outbox: opened, checked, and replaced where it is damaged."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from firewatch.errors import StoreError
from firewatch_edge.publish.steady import ClockMark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import TextIO

__all__ = [
    "has_room",
    "is_damage",
    "is_full",
    "is_short",
    "live_short",
    "lock",
    "note_boot",
    "open_or_replace",
    "read_mark",
    "release_reserve",
    "replace",
    "reserve",
    "write_mark",
]

logger = logging.getLogger(__name__)

# Larger files are not read through at the start: a tower must be watching within seconds of a power cut. Damage in
# them is found when it is met.
_CHECKED_UP_TO_BYTES = 64_000_000
_DAMAGE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF
# A node that starts again and again still knows the start whose status the broker keeps.
_MOST_BOOTS = 50
_FILES = ("", "-wal", "-shm")
# Room for the write-ahead log at its usual longest (1000 pages of 4096 bytes) to go home, and as much again for alarms.
_RESERVE_BYTES = 8_192_000
# On a short disk: what is left for the log, how long that gets (well below it), and pages kept free for other changes.
_SHORT_BYTES = 1_500_000
_SHORT_LOG_PAGES = 100
_SPARE_PAGES = 64
_PAGE_BYTES = 4096

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, size INTEGER NOT NULL,
    priority INTEGER NOT NULL, put_at_ms INTEGER NOT NULL, payload BLOB NOT NULL,
    run_at_ms INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_by_age ON messages (priority, put_at_ms, seq, size);
CREATE TABLE IF NOT EXISTS refused (
    message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, reason TEXT NOT NULL, set_at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS quarantined (
    message_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, reason TEXT NOT NULL, set_at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tallies (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS boots (boot_id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS clocks (
    id INTEGER PRIMARY KEY CHECK (id = 1), steady_ms INTEGER NOT NULL, run_ms INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL);
"""


def is_damage(err: sqlite3.Error) -> bool:
    """Tell whether an error says that the file itself is damaged (and not the disk full, or the file locked)."""
    return _primary_code(err) in _DAMAGE_CODES


def is_full(err: BaseException | None) -> bool:
    """Tell whether an error says that there is no room; that a quota is used up is told as a failed write."""
    return getattr(err, "sqlite_errorcode", None) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}


def _primary_code(err: BaseException | None) -> int | None:
    code = getattr(err, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY_CODE


def lock(path: Path) -> TextIO:
    """Keep other programs off an outbox for as long as the returned file is open; a killed program's lock goes with it.

    Raises
    ------
    StoreError
        If another program has it.
    """
    file = path.with_name(path.name + ".lock").open("a+", encoding="ascii", errors="replace")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        file.seek(0)
        owner = file.read(20).strip()
        file.close()
        raise StoreError(
            f"outbox {path}: another program uses it (process {owner or 'unknown'}); stop that one, or give this node"
            " a file of its own with outbox.path"
        ) from err
    except OSError:
        file.close()
        raise
    with contextlib.suppress(OSError):  # on a full disk the lock holds without its owner's number
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
    return file


def has_room(path: Path, base: sqlite3.Connection, size: int) -> bool:
    """Tell whether a message fits without taking the room in which the log of a short disk goes home.

    Where the log cannot go home it cannot begin anew, and then neither receipts nor evictions could be written.
    """
    if shutil.disk_usage(path.parent).free >= size + _SHORT_BYTES:
        return True
    free_pages = int(base.execute("PRAGMA freelist_count").fetchone()[0])
    return free_pages >= size // _PAGE_BYTES + _SPARE_PAGES


def is_short(path: Path) -> bool:
    """Tell whether the room that was set aside has been taken."""
    return not path.with_name(path.name + ".reserve").exists()


def live_short(base: sqlite3.Connection) -> None:
    """Bring the log home now, as much of it as there is room for, and often from now on, so that little room does."""
    with contextlib.suppress(sqlite3.Error):  # it may be closed, while a damaged file waits to be replaced
        base.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        base.execute(f"PRAGMA wal_autocheckpoint = {_SHORT_LOG_PAGES}").fetchall()


def reserve(path: Path) -> None:
    """Set a file aside whose room an outbox may have when the disk is full; not where that would fill the disk."""
    spare = path.with_name(path.name + ".reserve")
    if spare.exists() or shutil.disk_usage(path.parent).free < 4 * _RESERVE_BYTES:
        return
    try:
        with spare.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _RESERVE_BYTES)
    except OSError:
        spare.unlink(missing_ok=True)


def release_reserve(path: Path) -> None:
    """Give an outbox the room that was set aside for it."""
    spare = path.with_name(path.name + ".reserve")
    if spare.exists():
        logger.critical("outbox.disk_full", extra={"path": str(path), "room_made_bytes": spare.stat().st_size})
        spare.unlink(missing_ok=True)


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
    """Rename a damaged outbox, begin a new one, and carry over what can be read.

    Where no new one can be begun (no room), the old names are given back, so that a later try finds it all again.
    """
    aside = path.with_name(f"{path.stem}.damaged-{at:%Y%m%dT%H%M%S%fZ}{path.suffix}")
    _rename(path, aside)
    # The index of the old write-ahead log belongs to no other file.
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    try:
        base = _open(path)
    except BaseException:
        for ending in _FILES:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        _rename(aside, path)
        raise
    carried = sum(_carry_over(aside, base, which) for which in ("priority <= 0", "priority > 0"))
    logger.error("outbox.replaced", extra={"set_aside": str(aside), "carried_over": carried})
    return base


def _rename(old: Path, new: Path) -> None:
    for ending in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            old.with_name(old.name + ending).rename(new.with_name(new.name + ending))


def _open(path: Path) -> sqlite3.Connection:
    # psow=0: a sector that was being written when the power went may hold anything, also where earlier bytes of it were
    # good (cheap flash does so); SQLite then begins each commit's log in a sector of its own.
    address = f"file:{quote(str(path.absolute()))}?psow=0"
    base = sqlite3.connect(address, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit is on the disk when it returns, also after a power cut.
        base.execute("PRAGMA synchronous = FULL")
        base.execute("PRAGMA journal_size_limit = 8000000")
        if path.stat().st_size <= _CHECKED_UP_TO_BYTES:
            _check(base)
        base.executescript(_SCHEMA)
        _upgrade(base)
        base.execute("SELECT count(*), sum(size) FROM messages").fetchone()
    except BaseException:
        base.close()
        raise
    return base


def _upgrade(base: sqlite3.Connection) -> None:
    """Bring a file of an earlier version up to date: there, messages had no running time."""
    if "run_at_ms" not in {row[1] for row in base.execute("PRAGMA table_info(messages)")}:
        base.execute("ALTER TABLE messages ADD COLUMN run_at_ms INTEGER NOT NULL DEFAULT 0")


def read_mark(base: sqlite3.Connection) -> ClockMark | None:
    """Return what the clocks said when the last message was put; None for a new file.

    In a file without a mark (of an earlier version, or one that a damaged file was carried over into) the newest
    message's time stands for it, and the running time begins anew.
    """
    row = base.execute("SELECT steady_ms, run_ms, wall_ms FROM clocks").fetchone()
    if row is not None:
        return ClockMark(*(int(value) for value in row))
    newest = base.execute("SELECT max(put_at_ms) FROM messages").fetchone()[0]
    return None if newest is None else ClockMark(int(newest), 0, int(newest))


def write_mark(base: sqlite3.Connection, mark: ClockMark) -> None:
    """Write down what the clocks say."""
    base.execute(
        "INSERT INTO clocks (id, steady_ms, run_ms, wall_ms) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET steady_ms = excluded.steady_ms, run_ms = excluded.run_ms, wall_ms = excluded.wall_ms",
        (mark.steady_ms, mark.run_ms, mark.wall_ms),
    )


def note_boot(base: sqlite3.Connection, boot_id: str) -> tuple[str, ...]:
    """Write down a start of the node; return the latest earlier ones."""
    earlier = tuple(str(row[0]) for row in base.execute("SELECT boot_id FROM boots WHERE boot_id <> ?", (boot_id,)))
    base.execute("INSERT OR IGNORE INTO boots (boot_id) VALUES (?)", (boot_id,))
    base.execute("DELETE FROM boots WHERE rowid <= (SELECT max(rowid) FROM boots) - ?", (_MOST_BOOTS,))
    return earlier


def _check(base: sqlite3.Connection) -> None:
    said = base.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        err = sqlite3.DatabaseError(f"the file is damaged: {said}")
        err.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise err


def _carry_over(aside: Path, base: sqlite3.Connection, which: str) -> int:
    """Read a damaged file from both ends until it breaks; return how many messages were saved."""
    before = base.total_changes
    for order in ("ASC", "DESC"):
        try:
            with base:  # one commit for all: thousands of single ones would keep the tower blind for minutes
                base.execute("BEGIN IMMEDIATE")
                base.executemany(
                    "INSERT OR IGNORE INTO messages (seq, message_id, topic, payload, size, priority, put_at_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    _readable(aside, which, order),
                )
        except sqlite3.DatabaseError as err:
            # Most likely there is no room for all of it; the damaged file still has what is left behind.
            logger.critical("outbox.not_carried_over", extra={"set_aside": str(aside), "why": str(err)})
    return base.total_changes - before


def _readable(aside: Path, which: str, order: str) -> Iterator[tuple[object, ...]]:
    # By the table alone: its index may be what is damaged, and sorting would read all before it gives anything. One row
    # at a time: Python's cursor looks one row ahead, and would lose the last good row to the damage behind it.
    columns = "message_id, topic, payload, size, priority, put_at_ms"
    beyond, seq = (">", -1) if order == "ASC" else ("<", 2**62)
    query = (
        f"SELECT seq, {columns} FROM messages NOT INDEXED WHERE {which} AND seq {beyond} ?"  # noqa: S608 - ours
        f" ORDER BY seq {order} LIMIT 1"
    )
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(aside)) as old:
        while (row := old.execute(query, (seq,)).fetchone()) is not None:
            seq = row[0]
            yield row

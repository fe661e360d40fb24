"""The disk outbox: each message stays here until the centre has said what became of it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firewatch.domain.ids import MessageId
from firewatch.errors import StoreError
from firewatch_edge.publish import eviction, outbox_file
from firewatch_edge.publish.held import OutboxCounts, Pending, Priority
from firewatch_edge.publish.steady import SteadyClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TypeVar

    from firewatch.wire.v1 import ReceiptV1

    _Result = TypeVar("_Result")

__all__ = ["Outbox"]

logger = logging.getLogger(__name__)

# What was refused or quarantined is kept for a technician to look at; the newest of it is enough.
_MOST_SET_ASIDE = 500
_BEGIN_MS, _END_MS = -(2**62), 2**62


class Outbox:
    """Messages on the disk, in one SQLite file with one writer.

    Safe for several threads of one process. A damaged file is renamed, what can be read of it is carried over, and a
    new one is begun.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    most_bytes : int
        The messages may take this much; beyond it the oldest whole frames are given up, then crops, then sightings that
        have waited for 30 days or more. Younger sightings are kept whatever they take.
    clock : callable returning datetime
        The wall clock, aware, in UTC.
    monotonic : callable returning float
        Seconds that only grow: by them messages age.

    Raises
    ------
    StoreError
        If the file cannot be opened or made.
    """

    def __init__(
        self,
        path: Path,
        *,
        most_bytes: int = 2_000_000_000,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._set_aside_files = 0
        self._is_lost = False
        try:
            self._file_lock = outbox_file.lock(path)
        except OSError as err:
            raise StoreError(f"outbox {path}: cannot be opened: {err}") from err
        try:
            self._open()
        except StoreError:
            self._file_lock.close()
            raise

    def put(self, message_id: MessageId, topic: str, payload: bytes, priority: Priority) -> None:
        """Keep a message; it is on the disk when this returns.

        Raises
        ------
        StoreError
            If the disk refused; nothing of the message was kept, and it may be put again.
        """
        with self._lock:
            is_alarm = priority is Priority.SIGHTING
            self._make_room(len(payload))
            self._make_room_on_disk(len(payload), is_alarm=is_alarm)
            was_new = self._in_little_room(
                lambda: self._insert(message_id, topic, payload, priority), is_alarm=is_alarm
            )
            if was_new:
                self._depth += 1
                self._held_bytes += len(payload)

    def now_ms(self) -> int:
        """Return the time by the outbox's own clock, by which messages age [ms]."""
        return self._steady.now_ms()

    def waiting(
        self,
        priority: Priority,
        limit: int,
        *,
        since_ms: int = _BEGIN_MS,
        before_ms: int = _END_MS,
        is_newest_first: bool = False,
    ) -> list[MessageId]:
        """Return the ids of at most `limit` messages of a priority, oldest first unless told otherwise.

        `since_ms` and `before_ms` bound the time at which they were put, by the outbox's own clock.
        """
        order = "put_at_ms DESC, seq DESC" if is_newest_first else "put_at_ms, seq"
        rows = self._read(
            "SELECT message_id FROM messages WHERE priority = ? AND put_at_ms >= ? AND put_at_ms < ?"  # noqa: S608 - ours
            f" ORDER BY {order} LIMIT ?",
            (int(priority), since_ms, before_ms, limit),
        )
        return [MessageId(row[0]) for row in rows]

    def get(self, message_id: MessageId) -> Pending | None:
        """Return a message that still waits for its receipt, or None."""
        rows = self._read(
            "SELECT message_id, topic, payload, priority, put_at_ms FROM messages WHERE message_id = ?",
            (message_id,),
        )
        return _pending(rows[0]) if rows else None

    def settle(self, receipts: Iterable[ReceiptV1]) -> None:
        """Take the centre's word: what it stored is forgotten, what it would not take is set aside.

        Receipts for messages that are not here change nothing. Raises `StoreError`, having changed nothing.
        """
        named = list(receipts)
        with self._lock:
            gone, gone_bytes = self._in_little_room(lambda: self._settle(named), is_alarm=False)
            self._depth -= gone
            self._held_bytes -= gone_bytes
            if gone and self._depth == 0:
                outbox_file.reserve(self._path)

    def depth(self) -> int:
        """Return the number of messages without a receipt."""
        return self._depth

    def note_boot(self, boot_id: str) -> tuple[str, ...]:
        """Write down a start of this node; return its earlier ones, by which it knows itself again."""
        with self._lock:
            return self._do(lambda: outbox_file.note_boot(self._base, boot_id))

    def oldest_s(self) -> float | None:
        """Return the age of the oldest message without a receipt [s], by the outbox's own clock; None without one."""
        sql = "SELECT min(put_at_ms) FROM messages WHERE priority = ?"  # by the index, whatever waits
        oldest = [row[0] for each in Priority for row in self._read(sql, (int(each),)) if row[0] is not None]
        return max(0.0, (self.now_ms() - min(oldest)) / 1000.0) if oldest else None

    def counts(self) -> OutboxCounts:
        """Return what became of messages, and what is here now."""
        tally = {str(name): int(count) for name, count in self._read("SELECT name, count FROM tallies", ())}
        return OutboxCounts(
            self._depth,
            self._held_bytes,
            tally.get("refused", 0),
            tally.get("quarantined", 0),
            tally.get("dropped", 0),
            self._set_aside_files,
            tally.get("sightings_dropped", 0),
        )

    def set_aside(self) -> tuple[tuple[str, str, str], ...]:
        """Return (message id, outcome, reason) of the newest messages that the centre would not take or not read."""
        rows = self._read(
            "SELECT message_id, 'refused', reason, set_at_ms FROM refused"
            " UNION ALL SELECT message_id, 'quarantined', reason, set_at_ms FROM quarantined ORDER BY set_at_ms",
            (),
        )
        return tuple((str(row[0]), str(row[1]), str(row[2])) for row in rows)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            with contextlib.suppress(sqlite3.Error):  # closed before, or a full disk: the last message's mark holds
                outbox_file.write_mark(self._base, self._steady.mark())
            self._base.close()
            self._file_lock.close()

    # Inside the lock.

    def _open(self) -> None:
        try:
            self._base, replaced = outbox_file.open_or_replace(self._path, self._clock())
            self._begin_to_count()
        except (sqlite3.Error, OSError) as err:
            raise StoreError(f"outbox {self._path}: cannot be opened: {err}") from err
        self._set_aside_files += replaced
        self._is_lost = False
        outbox_file.reserve(self._path)

    def _do(self, change: Callable[[], _Result]) -> _Result:
        if self._is_lost:
            self._open()
        try:
            return self._in_transaction(change)
        except sqlite3.Error as err:
            if not outbox_file.is_damage(err):
                raise StoreError(f"outbox {self._path}: {err}; nothing was kept of this change") from err
            self._replace(err)
        try:
            return self._in_transaction(change)
        except sqlite3.Error as err:
            raise StoreError(f"outbox {self._path}: {err}; nothing was kept of this change") from err

    def _in_little_room(self, change: Callable[[], _Result], *, is_alarm: bool) -> _Result:
        """Do a change; on a full disk in the place of receipted messages, an alarm also in that of pictures."""
        try:
            return self._do(change)
        except StoreError as err:
            if not outbox_file.is_full(err.__cause__):
                raise
        # The write-ahead log could not grow: with its pages in their places it begins anew in the room that it has.
        outbox_file.release_reserve(self._path)
        outbox_file.live_short(self._base)
        try:
            return self._do(change)
        except StoreError as err:
            if not (is_alarm and outbox_file.is_full(err.__cause__) and self._give_up()):
                raise
        outbox_file.live_short(self._base)
        return self._do(change)

    def _in_transaction(self, change: Callable[[], _Result]) -> _Result:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            result = change()
            self._base.execute("COMMIT")
        except BaseException:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise
        return result

    def _read(self, sql: str, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            if self._is_lost:
                self._open()
            try:
                return self._base.execute(sql, arguments).fetchall()
            except sqlite3.Error as err:
                if outbox_file.is_damage(err):
                    self._replace(err)
                raise StoreError(f"outbox {self._path}: {err}") from err

    def _replace(self, err: sqlite3.Error) -> None:
        logger.error("outbox.damaged", extra={"path": str(self._path), "why": str(err)})
        self._is_lost = True  # until it is replaced: there may be no room for a new one now
        try:
            self._base.close()
            self._base = outbox_file.replace(self._path, self._clock())
            self._begin_to_count()
        except (sqlite3.Error, OSError) as again:
            raise StoreError(f"outbox {self._path}: damaged, and cannot be replaced: {again}") from again
        self._set_aside_files += 1
        self._is_lost = False

    def _insert(self, message_id: MessageId, topic: str, payload: bytes, priority: Priority) -> bool:
        cursor = self._base.execute(
            "INSERT OR IGNORE INTO messages (message_id, topic, payload, size, priority, put_at_ms, run_at_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(message_id, topic, payload, len(payload), int(priority)),
                *(self._steady.now_ms(), self._steady.run_ms()),
            ),
        )
        outbox_file.write_mark(self._base, self._steady.mark())
        return cursor.rowcount > 0

    def _settle(self, receipts: list[ReceiptV1]) -> tuple[int, int]:
        gone, gone_bytes = 0, 0
        for receipt in receipts:
            row = self._base.execute("SELECT size FROM messages WHERE message_id = ?", (receipt.message_id,)).fetchone()
            if row is None:
                continue
            if receipt.outcome != "stored":
                self._copy_aside(receipt)
            self._base.execute("DELETE FROM messages WHERE message_id = ?", (receipt.message_id,))
            gone, gone_bytes = gone + 1, gone_bytes + int(row[0])
        return gone, gone_bytes

    def _copy_aside(self, receipt: ReceiptV1) -> None:
        table = "refused" if receipt.outcome == "refused" else "quarantined"
        copied = self._base.execute(
            f"INSERT OR IGNORE INTO {table} (message_id, topic, payload, reason, set_at_ms)"  # noqa: S608 - our table
            " SELECT message_id, topic, payload, ?, ? FROM messages WHERE message_id = ?",
            (receipt.reason, self._steady.now_ms(), receipt.message_id),
        )
        if copied.rowcount < 1:
            return
        self._count(table, 1)
        self._base.execute(
            f"DELETE FROM {table} WHERE rowid <= (SELECT max(rowid) FROM {table}) - ?",  # noqa: S608 - our table
            (_MOST_SET_ASIDE,),
        )
        logger.error(
            "outbox.not_taken",
            extra={"message_id": receipt.message_id, "outcome": receipt.outcome, "reason": receipt.reason},
        )

    def _count(self, name: str, more: int) -> None:
        self._base.execute(
            "INSERT INTO tallies (name, count) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + ?",
            (name, more, more),
        )

    def _make_room(self, size: int) -> None:
        while self._held_bytes + size > self._most_bytes:
            if self._give_up() == 0:
                return  # only sightings of the last 30 days are left, and those are never dropped

    def _make_room_on_disk(self, size: int, *, is_alarm: bool) -> None:
        """On a disk that was full, let an alarm in before the room for receipts and evictions is gone, or say no."""
        if self._is_lost or not outbox_file.is_short(self._path):
            return
        while not outbox_file.has_room(self._path, self._base, size):
            if not (is_alarm and self._give_up()):
                raise StoreError(f"outbox {self._path}: the disk is full; nothing was kept of this change")
            outbox_file.live_short(self._base)

    def _give_up(self) -> int:
        dropped = self._do(self._drop_pictures)
        if dropped:
            self._depth, self._held_bytes = self._measure()
            logger.error("outbox.full_pictures_dropped", extra={"count": dropped, "held_bytes": self._held_bytes})
            return dropped
        dropped = self._do(self._drop_old_sightings)
        if dropped:
            self._depth, self._held_bytes = self._measure()
            logger.critical("outbox.full_old_sightings_dropped", extra={"count": dropped})
        return dropped

    def _drop_pictures(self) -> int:
        dropped = eviction.drop_pictures(self._base)
        self._count("dropped", dropped)
        return dropped

    def _drop_old_sightings(self) -> int:
        dropped = eviction.drop_old_sightings(self._base, self._steady.run_ms())
        self._count("sightings_dropped", dropped)
        return dropped

    def _begin_to_count(self) -> None:
        self._depth, self._held_bytes = self._measure()
        self._steady = SteadyClock(outbox_file.read_mark(self._base), self._clock, self._monotonic)

    def _measure(self) -> tuple[int, int]:
        depth, held = self._base.execute("SELECT count(*), coalesce(sum(size), 0) FROM messages").fetchone()
        return int(depth), int(held)


def _pending(row: tuple[Any, ...]) -> Pending:
    message_id, topic, payload, priority, put_at_ms = row
    return Pending(
        MessageId(message_id),
        topic,
        payload,
        Priority(priority),
        datetime.fromtimestamp(put_at_ms / 1000, UTC),
    )

"""Between the session's thread, which must not wait, and the one that looks after commands."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from typing import TYPE_CHECKING

from firewatch.wire.remote_codec import MOST_COMMAND_BYTES, command_id_of

if TYPE_CHECKING:
    from firewatch.domain.ids import CommandId
    from firewatch.mqtt import Delivery

__all__ = ["Letter", "Mailbox"]

logger = logging.getLogger(__name__)

_MOST = 64
_MOST_TURNED_AWAY = 1000


class Letter:
    """A command as it came: at most one byte more than is read of it, and whether the broker had kept it."""

    __slots__ = ("is_kept", "payload")

    def __init__(self, payload: bytes, *, is_kept: bool) -> None:
        self.payload = payload[: MOST_COMMAND_BYTES + 1]
        self.is_kept = is_kept


class Mailbox:
    """Holds commands until they are looked at: 64 of them; of more only the ids, to be answered as too many."""

    def __init__(self) -> None:
        self._letters: queue.Queue[Letter] = queue.Queue(_MOST)
        self._turned_away: deque[CommandId] = deque(maxlen=_MOST_TURNED_AWAY)
        self._lock = threading.Lock()

    def take(self, delivery: Delivery) -> None:
        """Leave a command; any thread, never waits, never raises."""
        letter = Letter(delivery.payload, is_kept=delivery.retain)
        try:
            self._letters.put_nowait(letter)
        except queue.Full:
            command_id = command_id_of(letter.payload)
            logger.warning("commands.too_many", extra={"command_id": command_id})
            if command_id is not None:
                with self._lock:
                    self._turned_away.append(command_id)

    def next(self, timeout_s: float) -> Letter | None:
        """Fetch the oldest; None where none comes within `timeout_s`."""
        try:
            return self._letters.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def turned_away(self) -> tuple[CommandId, ...]:
        """Fetch the ids of those for which there was no room."""
        with self._lock:
            gone = tuple(self._turned_away)
            self._turned_away.clear()
        return gone

"""Guessing passwords is slowed down, name by name."""

from __future__ import annotations

import math
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["LoginTries"]

_ALLOWED = 8
_WINDOW = timedelta(minutes=10)
_MOST_NAMES = 10_000


class LoginTries:
    """Remembers failed log-ins of the last ten minutes, in this process."""

    def __init__(self) -> None:
        self._failed_at: dict[str, list[datetime]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, now: datetime) -> int:
        """Return how many minutes this name must wait, 0 if it may try."""
        with self._lock:
            recent = self._recent(name, now)
            if len(recent) < _ALLOWED:
                return 0
            return max(1, math.ceil((recent[0] + _WINDOW - now) / timedelta(minutes=1)))

    def failed(self, name: str, now: datetime) -> None:
        """Remember a failed log-in."""
        with self._lock:
            if len(self._failed_at) >= _MOST_NAMES:
                self._failed_at = {known: times for known in self._failed_at if (times := self._recent(known, now))}
            self._failed_at[name] = [*self._recent(name, now), now]

    def forget(self, name: str) -> None:
        """Start anew after a successful log-in."""
        with self._lock:
            self._failed_at.pop(name, None)

    def _recent(self, name: str, now: datetime) -> list[datetime]:
        return [at for at in self._failed_at.get(name, ()) if now - at < _WINDOW]

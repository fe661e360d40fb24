"""Guessing passwords is slowed down, name by name and address by address."""

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
_MOST_GUESSERS = 10_000
_LONGEST_NAME = 64


class LoginTries:
    """Remembers failed log-ins of the last ten minutes, in this process.

    Each pair of a name and an address has its own count: whoever guesses an officer's password elsewhere must not shut
    the officer out at the duty desk.
    """

    def __init__(self) -> None:
        self._failed_at: dict[tuple[str, str], list[datetime]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, address: str, now: datetime) -> int:
        """Return how many minutes this name must wait at this address, 0 if it may try."""
        with self._lock:
            recent = self._recent(_pair(name, address), now)
            if len(recent) < _ALLOWED:
                return 0
            return max(1, math.ceil((recent[0] + _WINDOW - now) / timedelta(minutes=1)))

    def failed(self, name: str, address: str, now: datetime) -> None:
        """Remember a failed log-in."""
        pair = _pair(name, address)
        with self._lock:
            times = [*self._recent(pair, now), now]
            # To the end: who failed longest ago stands first.
            self._failed_at.pop(pair, None)
            self._failed_at[pair] = times
            while len(self._failed_at) > _MOST_GUESSERS:
                del self._failed_at[next(iter(self._failed_at))]

    def forget(self, name: str, address: str) -> None:
        """Start anew after a successful log-in."""
        with self._lock:
            self._failed_at.pop(_pair(name, address), None)

    def _recent(self, pair: tuple[str, str], now: datetime) -> list[datetime]:
        return [at for at in self._failed_at.get(pair, ()) if now - at < _WINDOW]


def _pair(name: str, address: str) -> tuple[str, str]:
    # No account has a longer name; what a stranger sends must not fill the memory.
    return name[:_LONGEST_NAME], address

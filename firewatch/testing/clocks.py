"""A clock that stands still until it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["SCENE_START", "FrozenClock"]

# Noon of a dry spring day in Hengyang.
SCENE_START = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)


class FrozenClock:
    """Fulfils `firewatch.services.ports.Clock`.

    Parameters
    ----------
    at : datetime
        UTC instant that it shows.
    """

    def __init__(self, at: datetime = SCENE_START) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the instant."""
        return self._at

    def advance(self, seconds: float) -> datetime:
        """Move on; return the new instant."""
        self._at += timedelta(seconds=seconds)
        return self._at

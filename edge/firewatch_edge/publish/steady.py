"""The outbox's own clock: it goes on over restarts, never back, and does not jump when the wall clock is set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EARLIEST", "ClockMark", "SteadyClock"]

# This program was written then: a wall clock before it has not been set since the machine got its power.
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
# How long the node was off where its clock cannot tell: long enough that what waited counts as late, so that none of it
# stands in the way of a fresh alarm.
_UNKNOWN_GAP_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class ClockMark:
    """What the clocks said when they were last written down.

    Parameters
    ----------
    steady_ms : int
        The outbox's own clock.
    run_ms : int
        How long the node has run with this file, all starts together.
    wall_ms : int
        The wall clock; milliseconds since 1970, as the first.
    """

    steady_ms: int
    run_ms: int
    wall_ms: int


class SteadyClock:
    """Counts what a monotonic clock counts, from where the file's last mark stands.

    While the node was off, the wall clock alone knows for how long; it is believed where it was set both before and
    after.

    Parameters
    ----------
    mark : ClockMark or None
        The last one of the file; None for a new file.
    wall : callable returning datetime
        The wall clock, aware, in UTC.
    monotonic : callable returning float
        Seconds that only grow.
    """

    def __init__(self, mark: ClockMark | None, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._began_s = monotonic()
        wall_ms = self.wall_ms()
        self._run_base_ms = mark.run_ms if mark else 0
        self._base_ms = mark.steady_ms + _gap_ms(mark.wall_ms, wall_ms) if mark else wall_ms

    def now_ms(self) -> int:
        """Return the time by this clock, near milliseconds since 1970 as far as the wall clock was right."""
        return self._base_ms + self._elapsed_ms()

    def run_ms(self) -> int:
        """Return how long the node has run with this file [ms]."""
        return self._run_base_ms + self._elapsed_ms()

    def wall_ms(self) -> int:
        """Return the wall clock's time [ms since 1970]."""
        return int(self._wall().timestamp() * 1000)

    def mark(self) -> ClockMark:
        """Return what to write down."""
        return ClockMark(self.now_ms(), self.run_ms(), self.wall_ms())

    def _elapsed_ms(self) -> int:
        return int((self._monotonic() - self._began_s) * 1000)


def _gap_ms(before_ms: int, after_ms: int) -> int:
    earliest_ms = int(EARLIEST.timestamp() * 1000)
    if min(before_ms, after_ms) < earliest_ms or after_ms < before_ms:
        return _UNKNOWN_GAP_MS
    return after_ms - before_ms

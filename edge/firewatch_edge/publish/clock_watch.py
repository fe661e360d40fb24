"""How far the wall clock is to be believed: compared with one that knows no jumps, and with what the kernel says."""

from __future__ import annotations

import ctypes
import logging
import threading
from typing import TYPE_CHECKING

from firewatch.domain.vision import ClockState
from firewatch_edge.publish.steady import EARLIEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["ClockWatch", "is_clock_kept"]

logger = logging.getLogger(__name__)

# A time service that slews the clock moves it by less than half a millisecond a second; a jump is a jump [s].
_STEP_S = 2.0
# So long after a jump its dates are doubted: another may follow, and a camera's own clock may not have followed [s].
_DOUBT_S = 3600.0
# <sys/timex.h>: what adjtimex returns where no time service holds the clock, and more than its struct takes [bytes].
_TIME_ERROR = 5
_TIMEX_BYTES = 512


def is_clock_kept() -> bool:
    """Tell whether the kernel says that a time service holds the clock."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):  # not Linux
        return False
    return 0 <= state < _TIME_ERROR


class ClockWatch:
    """Notices that the wall clock was set; safe for several threads.

    Parameters
    ----------
    wall : callable returning datetime
        The wall clock, aware, in UTC.
    monotonic : callable returning float
        Seconds that only grow.
    is_kept : callable returning bool
        Whether a time service holds the wall clock.
    """

    def __init__(
        self,
        wall: Callable[[], datetime],
        monotonic: Callable[[], float],
        is_kept: Callable[[], bool] = is_clock_kept,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._is_kept = is_kept
        self._lock = threading.Lock()
        self._lead_s = self._lead()
        self._stepped_at_s: float | None = None

    def look(self) -> ClockState:
        """Say how far the wall clock is to be believed now; to be called at least once in some minutes."""
        with self._lock:
            was_unset = self._was_unset()
            lead_s, now_s = self._lead(), self._monotonic()
            by_s, self._lead_s = lead_s - self._lead_s, lead_s
            if abs(by_s) > _STEP_S:
                logger.warning("clock.stepped", extra={"by_s": round(by_s, 1), "wall": self._wall().isoformat()})
                # A clock that was not set at all and is now has been put right.
                self._stepped_at_s = None if was_unset else now_s
            if self._wall() < EARLIEST:
                return ClockState.UNSET
            if self._stepped_at_s is not None and now_s - self._stepped_at_s < _DOUBT_S:
                return ClockState.STEPPED
        return ClockState.KEPT if self._is_kept() else ClockState.FREE

    def _lead(self) -> float:
        return self._wall().timestamp() - self._monotonic()

    def _was_unset(self) -> bool:
        """Whether the wall clock, as it stood at the last look, had not been set."""
        return self._monotonic() + self._lead_s < EARLIEST.timestamp()

"""How much of the last hour a camera saw, and why not; the wall clock and the disk are somebody else's."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.condition import BlindTime, EyesOpen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["EyesLog", "Run"]

SPAN_S = 3600.0
# Between two notes more than this was nobody watching over the camera [s].
_MOST_GAP_S = 10.0
# That time, and time in which the node did not run, is blind for these reasons.
STALLED, STOPPED = "stalled", "stopped"
_SECOND = timedelta(seconds=1)
# A blindness that changes its reason all the time must not fill the memory.
_MOST_RUNS = 5000


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of time in which a camera saw, or could not see for one reason.

    Parameters
    ----------
    start_s, end_s : float
        On any one clock [s].
    reason : str
        Empty while it saw.
    """

    start_s: float
    end_s: float
    reason: str


class EyesLog:
    """The last hour of one camera as runs; whoever asks gives the time.

    Parameters
    ----------
    started_at_s : float
        When the count begins [s]; all times are on this clock, which must not jump.
    earlier : iterable of Run
        What a node that ran before knew, on the same clock, in order; the time from its end on is blind.
    """

    def __init__(self, started_at_s: float, earlier: Iterable[Run] = ()) -> None:
        self._runs: deque[Run] = deque(run for run in earlier if run.end_s <= started_at_s)
        self._noted_at_s = self._runs[-1].end_s if self._runs else started_at_s
        if started_at_s > self._noted_at_s:
            self._add(started_at_s, STOPPED)

    def note(self, at_s: float, reason: str = "") -> None:
        """Take note of how it was since the last note.

        Parameters
        ----------
        at_s : float
            Now [s]; an earlier time than that of the last note changes nothing.
        reason : str
            Why the camera could not see; empty where a new good picture was judged in its period.
        """
        if at_s > self._noted_at_s:
            self._add(at_s, STALLED if at_s - self._noted_at_s > _MOST_GAP_S else reason)

    def runs(self) -> tuple[Run, ...]:
        """Return what is known, the oldest first."""
        return tuple(self._runs)

    def eyes(self, at: datetime) -> EyesOpen:
        """Return the hour up to the last note, `at` being the wall clock's word for it."""
        begin_s = self._noted_at_s - SPAN_S
        seen_s, blind = 0.0, dict[str, float]()
        for run in self._runs:
            length_s = max(0.0, run.end_s - max(run.start_s, begin_s))
            if not run.reason:
                seen_s += length_s
            else:
                blind[run.reason] = blind.get(run.reason, 0.0) + length_s
        longest = sorted(blind.items(), key=lambda each: -each[1])
        parts = tuple(BlindTime(reason, length_s) for reason, length_s in longest if length_s > 0.0)
        reason = self._runs[-1].reason if self._runs else ""
        return EyesOpen(seen_s, seen_s + sum(blind.values()), parts, reason, self._since(at) if reason else None)

    def _since(self, at: datetime) -> datetime:
        start_s = self._noted_at_s
        for run in reversed(self._runs):
            if not run.reason:
                break
            start_s = run.start_s
        return at - (self._noted_at_s - start_s) * _SECOND

    def _add(self, at_s: float, reason: str) -> None:
        last = self._runs[-1] if self._runs else None
        if last is not None and last.reason == reason:
            self._runs[-1] = replace(last, end_s=at_s)
        else:
            self._runs.append(Run(self._noted_at_s, at_s, reason))
        self._noted_at_s = at_s
        # What began a blindness is kept, however long ago it was: "since when" is asked before "how much".
        while len(self._runs) > 1 and self._runs[0].end_s <= at_s - SPAN_S and not self._is_one_blindness():
            self._runs.popleft()

    def _is_one_blindness(self) -> bool:
        return len(self._runs) <= _MOST_RUNS and all(run.reason for run in self._runs)

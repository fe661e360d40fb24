"""Whether the node keeps up with its cameras: where it does not, the verifier looks at fewer places of a frame."""

from __future__ import annotations

import logging
import statistics
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch_edge.node.watcher import Watched

__all__ = ["Pace"]

logger = logging.getLogger(__name__)

# Never fewer places than this: the best box is not left unlooked at, nor what merely changed.
_FEWEST = 2
# One frame that was overtaken is a hiccup, two are a node that is too slow.
_HICCUPS = 1
# So many frames in a row without one, and more are tried again.
_CALM_FRAMES = 30
_REMEMBERED = 600
_TELL_EVERY_S = 600.0


class Pace:
    """Counts what the stages cost and says how many places may be looked at; one thread owns it.

    Parameters
    ----------
    full : int
        Places that the verifier looks at where time allows; 0 where there is no verifier.
    started_at_s : float
        Monotonic time [s].
    """

    def __init__(self, full: int, started_at_s: float) -> None:
        self._full = self._most = full
        self._overtaken = 0
        self._calm_frames = 0
        self._detector_ms: deque[float] = deque(maxlen=_REMEMBERED)
        self._temporal_ms: deque[float] = deque(maxlen=_REMEMBERED)
        self._places = 0
        self._told_at_s = started_at_s

    @property
    def most(self) -> int | None:
        """How many places to look at; None where there is time for all."""
        return None if self._most == self._full else self._most

    def saw(self, watched: Watched, overtaken: int, at_s: float) -> None:
        """Note one frame.

        Parameters
        ----------
        watched : Watched
            What came of it.
        overtaken : int
            Frames that newer ones took the place of since the last call.
        at_s : float
            Monotonic time [s].
        """
        if not self._full:
            return
        self._detector_ms.append(watched.detector_ms)
        if watched.candidates is not None:
            self._temporal_ms.append(watched.temporal_ms)
            self._places += len(watched.candidates)
        self._adapt(overtaken)
        if at_s - self._told_at_s >= _TELL_EVERY_S:
            self._tell()
            self._told_at_s = at_s

    def _adapt(self, overtaken: int) -> None:
        self._calm_frames = 0 if overtaken else self._calm_frames + 1
        self._overtaken += overtaken
        if self._overtaken > _HICCUPS:
            self._overtaken = 0
            self._set(max(min(_FEWEST, self._full), self._most // 2))
        elif self._calm_frames >= _CALM_FRAMES:
            self._overtaken = self._calm_frames = 0
            self._set(min(self._full, self._most * 2))

    def _set(self, most: int) -> None:
        if most == self._most:
            return
        level = logging.WARNING if most < self._most else logging.INFO
        self._most = most
        logger.log(level, "temporal.places", extra={"most": most, "of": self._full})

    def _tell(self) -> None:
        facts = {
            "frames": len(self._detector_ms),
            "verified": len(self._temporal_ms),
            "places": self._places,
            "most": self._most,
            "detector_ms": _middle(self._detector_ms),
            "temporal_ms": _middle(self._temporal_ms),
            "worst_temporal_ms": round(max(self._temporal_ms, default=0.0), 1),
        }
        logger.info("temporal.pace", extra=facts)
        self._detector_ms.clear()
        self._temporal_ms.clear()
        self._places = 0


def _middle(times_ms: deque[float]) -> float:
    return round(statistics.median(times_ms), 1) if times_ms else 0.0

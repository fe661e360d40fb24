"""Who watches what a turning camera shows: a watcher for each pose, and one for what a person looks at."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.vision import Frame
from firewatch.errors import InvalidValue
from firewatch_edge.patrol import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firewatch.domain.ids import PoseId
    from firewatch.domain.optics import Calibration
    from firewatch.domain.vision import FrameStamp, Sighting
    from firewatch_edge.detect import Eyes
    from firewatch_edge.health import CameraMonitor
    from firewatch_edge.node.watcher import Watcher

__all__ = ["Outcomes", "PosedFrame", "TurningWatch", "standing_of"]

# A candidate that so many frames in a row do not show is dismissed.
_DISMISSED_BY = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PosedFrame(Frame):
    """A frame of a turning camera.

    Parameters
    ----------
    pose_id : PoseId
        What it shows.
    calibration : Calibration or None
        How the camera looked, where that was no surveyed pose; None where the pose says it.
    """

    pose_id: PoseId
    calibration: Calibration | None = None


class Outcomes:
    """What came of a camera's frames, from the detector's thread to the camera's."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._latest: tuple[str, Standing] | None = None

    def tell(self, stamp: FrameStamp, standing: Standing) -> None:
        """Say what came of a frame."""
        with self._changed:
            self._latest = (stamp.sha256, standing)
            self._changed.notify_all()

    def wait(self, stamp: FrameStamp, timeout_s: float) -> Standing:
        """Return what came of a frame; `UNJUDGED` where nobody says within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._latest is not None and self._latest[0] == stamp.sha256, timeout_s)
            is_told = self._latest is not None and self._latest[0] == stamp.sha256
            return self._latest[1] if is_told and self._latest is not None else Standing.UNJUDGED


def standing_of(watcher: Watcher) -> Standing:
    """Return what a pose's latest frame leaves to be done: a candidate wants another look."""
    tracks = watcher.state.tracks
    if any(not track.is_confirmed and track.looks and track.misses < _DISMISSED_BY for track in tracks):
        return Standing.CANDIDATE
    return Standing.CONFIRMED if watcher.state.is_confirmed else Standing.CLEAR


class TurningWatch:
    """Watches a camera that turns (fulfils `Watching`).

    Parameters
    ----------
    watchers : Mapping of PoseId to Watcher
        One for each pose, at least one.
    watch_free : callable
        Makes the watcher of a view that nobody surveyed, by its calibration.
    monitor : CameraMonitor
        Counts.
    outcomes : Outcomes
        Where it is told what came of each frame.
    """

    def __init__(
        self,
        watchers: Mapping[PoseId, Watcher],
        watch_free: Callable[[Calibration], Watcher],
        monitor: CameraMonitor,
        outcomes: Outcomes,
    ) -> None:
        self._watchers = watchers
        self._watch_free = watch_free
        self._outcomes = outcomes
        self._free: tuple[Calibration, Watcher] | None = None
        self.monitor = monitor

    @property
    def eyes(self) -> Eyes:
        """What looks."""
        return next(iter(self._watchers.values())).eyes

    def turn_to(self, frame: Frame) -> tuple[Watcher, tuple[Sighting, ...]]:
        """Return the watcher of the frame's pose; what was followed in a free view ends when the view is another."""
        if not isinstance(frame, PosedFrame):
            raise InvalidValue("frame of a turning camera", type(frame).__name__, "one that says its pose")
        ended: tuple[Sighting, ...] = ()
        if self._free is not None and self._free[0] != frame.calibration:
            ended = self._free[1].end()
            self._free = None
        if frame.calibration is None:
            return self._watchers[frame.pose_id], ended
        if self._free is None:
            self._free = (frame.calibration, self._watch_free(frame.calibration))
        return self._free[1], ended

    def tell(self, frame: Frame, watcher: Watcher) -> None:
        """Let the camera's thread know what came of a frame."""
        self._outcomes.tell(frame.stamp, standing_of(watcher))

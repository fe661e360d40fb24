"""Between the cameras and the one detector: one place a camera, the newest frame wins."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.ids import CameraId
    from firewatch.domain.vision import Frame

__all__ = ["Inbox"]


class Inbox:
    """Holds at most one frame a camera, and gives each camera its turn.

    Parameters
    ----------
    cameras : sequence of CameraId
        In the order of their turns.
    """

    def __init__(self, cameras: Sequence[CameraId]) -> None:
        self._order = list(cameras)
        self._frames: dict[CameraId, Frame] = {}
        self._changed = threading.Condition()
        # Per camera: how many frames came, and, while somebody waits for it, the newest.
        self._passed: dict[CameraId, int] = {}
        self._awaited: dict[CameraId, Frame] = {}
        self._waiting: dict[CameraId, int] = {}
        # Frames that nobody had fetched when a newer one came, since the start.
        self.overtaken = 0

    def put(self, camera_id: CameraId, frame: Frame) -> bool:
        """Leave a frame; return whether it took the place of one that nobody had fetched."""
        with self._changed:
            was_overtaken = camera_id in self._frames
            self.overtaken += was_overtaken
            self._frames[camera_id] = frame
            self._passed[camera_id] = self._passed.get(camera_id, 0) + 1
            if self._waiting.get(camera_id):
                self._awaited[camera_id] = frame
            self._changed.notify_all()
            return was_overtaken

    def take(self, timeout_s: float) -> tuple[CameraId, Frame] | None:
        """Fetch the frame of the camera whose turn it is among those that have one; None after `timeout_s`."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._frames), timeout_s):
                return None
            camera_id = next(name for name in self._order if name in self._frames)
            self._order.remove(camera_id)
            self._order.append(camera_id)
            return camera_id, self._frames.pop(camera_id)

    def passing(self, camera_id: CameraId, timeout_s: float) -> Frame | None:
        """Return the next frame that is left for a camera, without taking it away; None after `timeout_s`."""
        with self._changed:
            before = self._passed.get(camera_id, 0)
            self._waiting[camera_id] = self._waiting.get(camera_id, 0) + 1
            try:
                self._changed.wait_for(lambda: self._passed.get(camera_id, 0) > before, timeout_s)
                return self._awaited.get(camera_id) if self._passed.get(camera_id, 0) > before else None
            finally:
                self._waiting[camera_id] -= 1
                if not self._waiting[camera_id]:
                    self._awaited.pop(camera_id, None)

    def has_room(self, camera_id: CameraId) -> bool:
        """Whether a frame of this camera would overtake none."""
        with self._changed:
            return camera_id not in self._frames

    def is_empty(self) -> bool:
        """Whether no frame waits."""
        with self._changed:
            return not self._frames

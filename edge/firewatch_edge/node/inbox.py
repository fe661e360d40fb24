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
        # Frames that nobody had fetched when a newer one came, since the start.
        self.overtaken = 0

    def put(self, camera_id: CameraId, frame: Frame) -> bool:
        """Leave a frame; return whether it took the place of one that nobody had fetched."""
        with self._changed:
            was_overtaken = camera_id in self._frames
            self.overtaken += was_overtaken
            self._frames[camera_id] = frame
            self._changed.notify()
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

    def has_room(self, camera_id: CameraId) -> bool:
        """Whether a frame of this camera would overtake none."""
        with self._changed:
            return camera_id not in self._frames

    def is_empty(self) -> bool:
        """Whether no frame waits."""
        with self._changed:
            return not self._frames

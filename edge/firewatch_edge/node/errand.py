"""An errand of a turning camera: look along a bearing, stay a while, and go back to the round."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch.domain.ids import PoseId
    from firewatch.domain.optics import Calibration
    from firewatch.domain.vision import Frame
    from firewatch_edge.patrol import MountPosition

__all__ = ["Errand", "Glance"]


class Glance:
    """What was seen at the end of the way: the frame, the pose that it shows, and how the camera looked."""

    __slots__ = ("calibration", "frame", "pose_id")

    def __init__(self, frame: Frame, pose_id: PoseId, calibration: Calibration) -> None:
        self.frame, self.pose_id, self.calibration = frame, pose_id, calibration


class Errand:
    """Ordered by any thread, run by the camera's own.

    Parameters
    ----------
    bearing_deg : float
        True azimuth to look along [deg].
    hold_s : float
        How long to stay, from the first frame there [s].
    give_up_s : float
        How long to be on the way at most, from the order [s].
    """

    def __init__(self, bearing_deg: float, hold_s: float, give_up_s: float) -> None:
        self.bearing_deg = bearing_deg
        self.hold_s = hold_s
        self.gives_up_at_s = time.monotonic() + give_up_s
        # Of the camera's thread: where it was sent, and until when it stays there.
        self.position: MountPosition | None = None
        self.until_s: float | None = None
        self._glance: Glance | None = None
        self._why = ("", "")
        self._done = threading.Event()

    def saw(self, glance: Glance) -> None:
        """Note the first frame at the end of the way; later ones change nothing."""
        if not self._done.is_set():
            self._glance, self.until_s = glance, time.monotonic() + self.hold_s
            self._done.set()

    def fail(self, code: str, why: str) -> None:
        """Note why there will be no frame, as a slug and in words."""
        if not self._done.is_set():
            self._why = (code, why)
            self._done.set()

    def wait(self, timeout_s: float) -> Glance | tuple[str, str]:
        """Return what was seen, or why nothing was."""
        if not self._done.wait(timeout_s):
            return "not-arrived", f"the camera was not there within {timeout_s:g} s"
        return self._glance or self._why

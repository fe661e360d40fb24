"""What is counted of one camera, and when it counts as silent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firewatch.domain.node import CameraVitals

if TYPE_CHECKING:
    from firewatch.domain.ids import CameraId
    from firewatch.domain.node import PatrolVitals
    from firewatch.domain.sun import Light
    from firewatch_edge.health.picture import PictureQuality

__all__ = ["CameraMonitor"]

# A camera is reported when it has been silent for so many periods.
_SILENT_PERIODS = 2.0


class CameraMonitor:
    """Counts what one camera does; several threads tell it, the node asks it.

    Parameters
    ----------
    camera_id : CameraId
        Which camera.
    period_s : float
        How often it should give a frame [s].
    started_at_s : float
        Monotonic time at which it was started [s]; all other times here are on the same clock.
    """

    def __init__(self, camera_id: CameraId, period_s: float, started_at_s: float) -> None:
        self.camera_id = camera_id
        self._period_s = period_s
        self._lock = threading.Lock()
        self._new_at_s: float | None = None
        self._age_then_s = 0.0
        self._quality: PictureQuality | None = None
        self._counts = {"scored": 0, "stale": 0, "repeated": 0, "dropped": 0, "masked": 0, "held_back": 0}
        self._light: Light | None = None
        self._not_detecting_reason = ""
        self._silent_from_s = started_at_s
        self._has_ended = False
        self._patrol: PatrolVitals | None = None
        self._new_since_vitals = 0
        self._vitals_at_s = started_at_s

    def saw_new(self, age_s: float, quality: PictureQuality, at_s: float) -> None:
        """Note a new frame that was captured `age_s` before it came."""
        with self._lock:
            self._new_at_s = self._silent_from_s = at_s
            self._age_then_s = max(0.0, age_s)
            self._quality = quality
            self._new_since_vitals += 1

    def count(self, what: str) -> None:
        """Count a frame (``scored``, ``stale``, ``repeated``, ``dropped``) or detection (``masked``, ``held_back``)."""
        with self._lock:
            self._counts[what] += 1

    def saw_patrol(self, patrol: PatrolVitals) -> None:
        """Note how the camera's round goes."""
        with self._lock:
            self._patrol = patrol

    def saw_light(self, light: Light | None, not_detecting_reason: str) -> None:
        """Note in what light the last frame was judged, and why nothing of it would be reported (empty: it would)."""
        with self._lock:
            self._light, self._not_detecting_reason = light, not_detecting_reason

    def end(self) -> None:
        """Note that the recording is over: it is not silent, it is done."""
        with self._lock:
            self._has_ended = True

    def is_silent(self, at_s: float) -> bool:
        """Tell whether there was no new frame for two periods."""
        with self._lock:
            return self._is_silent(at_s)

    def vitals(self, at_s: float) -> CameraVitals:
        """Return how the camera is; the frame rate is that since the last call."""
        with self._lock:
            span_s = at_s - self._vitals_at_s
            fps = self._new_since_vitals / span_s if span_s > 0.0 else 0.0
            self._new_since_vitals, self._vitals_at_s = 0, at_s
            quality = self._quality
            return CameraVitals(
                camera_id=self.camera_id,
                frame_age_s=None if self._new_at_s is None else max(0.0, at_s - self._new_at_s) + self._age_then_s,
                fps=fps,
                blur=None if quality is None else quality.blur,
                darkness=None if quality is None else quality.darkness,
                frames_scored=self._counts["scored"],
                frames_stale=self._counts["stale"],
                frames_repeated=self._counts["repeated"],
                frames_dropped=self._counts["dropped"],
                is_silent=self._is_silent(at_s),
                patrol=self._patrol,
                light=self._light,
                not_detecting_reason=self._not_detecting_reason,
                detections_masked=self._counts["masked"],
                detections_held_back=self._counts["held_back"],
            )

    def _is_silent(self, at_s: float) -> bool:
        return not self._has_ended and at_s - self._silent_from_s > _SILENT_PERIODS * self._period_s

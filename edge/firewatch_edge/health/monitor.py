"""What is counted of one camera, when it counts as silent, and whether it sees."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firewatch.domain.node import CameraVitals
from firewatch_edge.health.examiner import Examiner
from firewatch_edge.health.eyes import EyesLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from firewatch.domain.condition import CameraCondition
    from firewatch.domain.ids import CameraId, PoseId
    from firewatch.domain.node import PatrolVitals
    from firewatch.domain.sun import Light
    from firewatch_edge.health.examiner import ViewedPose
    from firewatch_edge.health.eyes import Run
    from firewatch_edge.health.maintenance import Maintenance
    from firewatch_edge.health.picture import PictureQuality

__all__ = ["CameraMonitor"]

# A camera is reported when it has been silent for so many periods; until then its last frame stands for the view.
_SILENT_PERIODS = 2.0
_COUNTED = ("scored", "stale", "repeated", "dropped", "failed", "masked", "held_back")
# Why no new frame is judged, by what was counted of the frames since: the first that applies.
_WHY_NOT = (("repeated", "frozen"), ("stale", "stale"), ("failed", "unscored"))


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
    pose : ViewedPose, optional
        Where it looks; None for a camera without a view to keep, and for one that turns.
    poses : Mapping of PoseId to ViewedPose, optional
        Where one that turns looks.
    """

    def __init__(
        self,
        camera_id: CameraId,
        period_s: float,
        started_at_s: float,
        pose: ViewedPose | None = None,
        poses: Mapping[PoseId, ViewedPose] | None = None,
    ) -> None:
        self.camera_id = camera_id
        self._period_s = period_s
        self._lock = threading.Lock()
        self._examiner = Examiner(pose, poses)
        self._log = EyesLog(started_at_s)
        self._new_at_s: float | None = None
        self._judged_at_s: float | None = None
        self._age_then_s = 0.0
        self._quality: PictureQuality | None = None
        self._light: Light | None = None
        self._not_detecting_reason = ""
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._counts_when_judged = dict(self._counts)
        self._silent_from_s = started_at_s
        self._has_ended = False
        self._patrol: PatrolVitals | None = None
        self._new_since_vitals = 0
        self._vitals_at_s = started_at_s
        self._clock_offset_s: float | None = None

    def remember(self, runs: Iterable[Run], at_s: float) -> None:
        """Take over what a node that ran before knew of this camera, on the monotonic clock of this one."""
        with self._lock:
            self._log = EyesLog(at_s, runs)

    def runs(self) -> tuple[Run, ...]:
        """Return when it saw and when not, for a node that will run after this one."""
        with self._lock:
            return self._log.runs()

    def saw_new(self, age_s: float, quality: PictureQuality, at_s: float) -> None:
        """Note a new frame that was captured `age_s` before it came."""
        with self._lock:
            self._new_at_s = self._silent_from_s = at_s
            self._age_then_s = max(0.0, age_s)
            self._quality = quality
            self._new_since_vitals += 1

    def examine(
        self,
        image: npt.NDArray[np.uint8],
        quality: PictureQuality,
        at_s: float,
        at: datetime,
        pose_id: PoseId | None = None,
    ) -> None:
        """Examine a new picture (h, w, 3) in BGR at a UTC instant, of a pose where the camera turns; never raises."""
        self._examiner.saw(image, quality, at_s, at, pose_id)

    def heard_clock(self, offset_s: float, at: datetime) -> None:
        """Note the camera's clock minus the node's [s]."""
        with self._lock:
            self._clock_offset_s = offset_s
        self._examiner.heard_clock(offset_s, at)

    def conditions(self) -> tuple[CameraCondition, ...]:
        """Return what is known of its view."""
        return self._examiner.conditions()

    def count(self, what: str) -> None:
        """Count a frame (``stale``, ``repeated``, ``dropped``, ``failed``) or detection (``masked``, ``held_back``)."""
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

    @property
    def not_detecting_reason(self) -> str:
        """Why nothing of its last frame would be reported; empty where it would."""
        with self._lock:
            return self._not_detecting_reason

    def scored(self, at_s: float) -> None:
        """Note that the detector has judged a new frame."""
        with self._lock:
            self._counts["scored"] += 1
            self._judged_at_s = at_s
            self._counts_when_judged = dict(self._counts)

    def end(self) -> None:
        """Note that the recording is over: it is not silent, it is done."""
        with self._lock:
            self._has_ended = True

    def is_silent(self, at_s: float) -> bool:
        """Tell whether there was no new frame for two periods."""
        with self._lock:
            return self._is_silent(at_s)

    def look_at_eyes(self, at_s: float, paused_for: str = "") -> str:
        """Note whether the camera sees; call it often.

        Parameters
        ----------
        at_s : float
            Monotonic time [s].
        paused_for : str
            Why what it sees does not count now, as ``maintenance``, ``paused`` or ``night``; empty where it does.

        Returns
        -------
        str
            Why it does not see; empty where it does.
        """
        with self._lock:
            reason = paused_for or self._why_not(at_s)
            self._log.note(at_s, reason)
            return reason

    def vitals(
        self, at_s: float, at: datetime, maintenance: Maintenance | None = None, pause: Maintenance | None = None
    ) -> CameraVitals:
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
                frames_failed=self._counts["failed"],
                glare=None if quality is None else quality.glare,
                clock_offset_s=self._clock_offset_s,
                conditions=self._examiner.conditions(),
                eyes=self._log.eyes(at),
                maintenance_until=None if maintenance is None else maintenance.until,
                maintenance_reason="" if maintenance is None else maintenance.reason,
                paused_until=None if pause is None else pause.until,
                paused_reason="" if pause is None else pause.reason,
            )

    def _why_not(self, at_s: float) -> str:
        if self._has_ended:
            return "over"
        if self._judged_at_s is not None and at_s - self._judged_at_s <= _SILENT_PERIODS * self._period_s:
            return self._examiner.blinded_by()
        since = self._counts_when_judged
        for what, reason in _WHY_NOT:
            if self._counts[what] > since[what]:
                return reason
        if self._is_silent(at_s):
            return "silent"
        return "starting" if self._judged_at_s is None else "unscored"

    def _is_silent(self, at_s: float) -> bool:
        return not self._has_ended and at_s - self._silent_from_s > _SILENT_PERIODS * self._period_s

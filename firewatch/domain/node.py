"""How a node is: what a tower says of itself, so that a blind tower cannot look healthy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between, require_finite, require_text, require_utc
from firewatch.domain.ids import require_slug, require_ulid
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.condition import CameraCondition, EyesOpen
    from firewatch.domain.ids import CameraId, PoseId
    from firewatch.domain.sun import Light

__all__ = ["CameraVitals", "Machine", "PatrolVitals", "Vitals"]

_REASONS = ("", "night")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PatrolVitals:
    """How the round of a turning camera goes.

    Parameters
    ----------
    phase : str
        What it is at: a short word, as ``dwelling``, ``manual`` (a person drives it) or ``lost`` (the mount is silent).
    pose_id : PoseId
        The pose that it looks at or goes to.
    blind : tuple of PoseId
        Poses that nobody looks at now: not reached when last tried, or the mount does not answer.
    cycle_s : float or None
        How long a round takes [s]; None before the first is over.
    is_late : bool
        Whether that is more than the half hour of LY/T 2581.
    """

    phase: str
    pose_id: PoseId
    blind: tuple[PoseId, ...] = ()
    cycle_s: float | None = None
    is_late: bool = False

    def __post_init__(self) -> None:
        require_slug("patrol's phase", self.phase)
        for pose_id in (self.pose_id, *self.blind):
            require_slug("pose", pose_id)
        if self.cycle_s is not None:
            require_at_least("patrol's round (s)", self.cycle_s, 0.0)


@dataclass(frozen=True, slots=True)
class CameraVitals:
    """How one camera is.

    Parameters
    ----------
    camera_id : CameraId
        Which camera.
    frame_age_s : float or None
        Age of the last *new* frame, from its capture [s]; None where there was none since the start.
    fps : float
        New frames a second since the last vitals.
    blur : float or None
        Variance of the Laplacian of the last new frame (grey levels squared): low is blurred or fogged.
    darkness : float or None
        Share of its pixels that are nearly black, 0 to 1.
    frames_scored, frames_stale, frames_repeated, frames_dropped : int
        Since the start: given to the detector; refused as too old or out of order; refused as the same picture again;
        overtaken by a newer one before the detector was free.
    is_silent : bool
        Whether it has given no new frame for two periods.
    patrol : PatrolVitals or None
        How its round goes; None of a camera that does not turn.
    light : Light or None
        By the sun at the tower when its last frame was taken; None where the tower's place is not known.
    not_detecting_reason : str
        Why nothing that it shows would be reported: ``night``, where the model was not tried at night. Empty while it
        watches. A camera with a reason does not count as eyes open.
    detections_masked, detections_held_back : int
        Since the start: set aside because they lie in masks; and for the light or the day's low fire danger.
    frames_failed : int
        Since the start: given to the detector, which could not judge them.
    glare : float or None
        Share of the last new frame's pixels that are nearly white, 0 to 1.
    clock_offset_s : float or None
        The camera's own clock minus the node's [s]; None where the camera tells none.
    conditions : tuple of CameraCondition
        What is measured of its view, each kind once.
    eyes : EyesOpen or None
        How much of the last hour it saw; None from a node that does not count it.
    maintenance_until : datetime or None
        UTC instant until which somebody works on it: what it sees is held back. None where nobody does.
    maintenance_reason : str
        What is done there.
    paused_until, paused_reason
        The same of a pause: until then nothing is detected here, because somebody asked so from afar.
    """

    camera_id: CameraId
    frame_age_s: float | None
    fps: float
    blur: float | None = None
    darkness: float | None = None
    frames_scored: int = 0
    frames_stale: int = 0
    frames_repeated: int = 0
    frames_dropped: int = 0
    is_silent: bool = False
    patrol: PatrolVitals | None = None
    light: Light | None = None
    not_detecting_reason: str = ""
    detections_masked: int = 0
    detections_held_back: int = 0
    frames_failed: int = 0
    glare: float | None = None
    clock_offset_s: float | None = None
    conditions: tuple[CameraCondition, ...] = ()
    eyes: EyesOpen | None = None
    maintenance_until: datetime | None = None
    maintenance_reason: str = ""
    paused_until: datetime | None = None
    paused_reason: str = ""

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_at_least("frames a second", self.fps, 0.0)
        if self.frame_age_s is not None:
            require_at_least("frame age (s)", self.frame_age_s, 0.0)
        if self.blur is not None:
            require_at_least("blur (grey levels squared)", self.blur, 0.0)
        for name, share in (("darkness", self.darkness), ("glare", self.glare)):
            if share is not None:
                require_between(name, share, 0.0, 1.0)
        if self.clock_offset_s is not None:
            require_finite("camera's clock offset (s)", self.clock_offset_s)
        given = (self.frames_scored, self.frames_stale, self.frames_repeated, self.frames_dropped, self.frames_failed)
        require_at_least("frame counts", min(given), 0)
        require_at_least("detection counts", min(self.detections_masked, self.detections_held_back), 0)
        _require_known(self.not_detecting_reason, [condition.kind for condition in self.conditions])
        _require_stretch("maintenance", self.maintenance_until, self.maintenance_reason)
        _require_stretch("pause", self.paused_until, self.paused_reason)


def _require_known(not_detecting_reason: str, kinds: list[str]) -> None:
    if not_detecting_reason not in _REASONS:
        raise InvalidValue("reason for not detecting", not_detecting_reason, "empty or 'night'")
    if len(set(kinds)) != len(kinds):
        raise InvalidValue("conditions", kinds, "each kind once")


def _require_stretch(what: str, until: datetime | None, reason: str) -> None:
    if until is not None:
        require_utc(what, until)
    if reason:
        require_text(f"reason of the {what}", reason, 200)


@dataclass(frozen=True, slots=True)
class Machine:
    """How the node's computer is; what it does not tell is None.

    Parameters
    ----------
    cpu_load : float or None
        Processes that want to run, averaged over a minute, by processor: above 1 some wait.
    memory_used : float or None
        Share of its memory that is not available, 0 to 1.
    process_bytes : int or None
        What the node's own process takes of it.
    temperature_c : float or None
        The hottest of its thermal sensors [degrees Celsius].
    is_throttled : bool or None
        Whether it is slowed down by heat or by too little voltage.
    """

    cpu_load: float | None = None
    memory_used: float | None = None
    process_bytes: int | None = None
    temperature_c: float | None = None
    is_throttled: bool | None = None

    def __post_init__(self) -> None:
        if self.cpu_load is not None:
            require_at_least("CPU load", self.cpu_load, 0.0)
        if self.memory_used is not None:
            require_between("memory used", self.memory_used, 0.0, 1.0)
        if self.process_bytes is not None:
            require_at_least("memory of the process (bytes)", self.process_bytes, 0)
        if self.temperature_c is not None:
            require_between("temperature (degrees Celsius)", self.temperature_c, -100.0, 200.0)


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a node is.

    Parameters
    ----------
    at : datetime
        UTC instant of this report.
    boot_id : str
        ULID made when the node started.
    cameras : tuple of CameraVitals
        One for each camera of the node, each once.
    disk_free_bytes : int
        Where the outbox lies.
    outbox_depth : int
        Messages without a receipt.
    model_sha256 : str
        The detector.
    clock_offset_s : float or None
        Node's clock minus true time [s]; None where unknown.
    settings_issued_at : datetime or None
        Of the centre's settings that are in effect; None where it has none.
    settings_refused : str
        Why the last settings that came were not taken; empty where they were.
    machine : Machine or None
        The computer.
    uptime_s : float or None
        Since the node's process started [s].
    outbox_oldest_s : float or None
        Age of the oldest message without a receipt [s]; None where there is none.
    held : int
        Sightings held back by maintenance that nobody has looked at yet.
    """

    at: datetime
    boot_id: str
    cameras: tuple[CameraVitals, ...]
    disk_free_bytes: int
    outbox_depth: int
    model_sha256: str
    clock_offset_s: float | None = None
    settings_issued_at: datetime | None = None
    settings_refused: str = ""
    machine: Machine | None = None
    uptime_s: float | None = None
    outbox_oldest_s: float | None = None
    held: int = 0

    def __post_init__(self) -> None:
        require_utc("vitals", self.at)
        require_ulid("boot", self.boot_id)
        require_at_least("free disk (bytes)", self.disk_free_bytes, 0)
        require_at_least("outbox depth", self.outbox_depth, 0)
        if not _SHA256.fullmatch(self.model_sha256):
            raise InvalidValue("model hash", self.model_sha256, "64 lower-case hexadecimal digits (SHA-256)")
        if self.clock_offset_s is not None:
            require_finite("clock offset (s)", self.clock_offset_s)
        if self.settings_issued_at is not None:
            require_utc("settings", self.settings_issued_at)
        for name, age_s in (("uptime (s)", self.uptime_s), ("age of the oldest (s)", self.outbox_oldest_s)):
            if age_s is not None:
                require_at_least(name, age_s, 0.0)
        require_at_least("sightings held back", self.held, 0)
        names = [camera.camera_id for camera in self.cameras]
        if len(set(names)) != len(names):
            raise InvalidValue("cameras", names, "each camera once")

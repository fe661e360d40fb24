"""What a camera saw: frames, detections and sightings."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite, require_utc
from firewatch.domain.ids import require_slug, require_ulid
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    import numpy.typing as npt

    from firewatch.domain.geo import Bearing
    from firewatch.domain.ids import CameraId, EvidenceId, PoseId, SightingId, TowerId
    from firewatch.domain.mounting import HeadOffset

__all__ = [
    "Box",
    "ClockState",
    "Detections",
    "Evidence",
    "EvidenceKind",
    "Frame",
    "FrameStamp",
    "Look",
    "Sighting",
    "SightingPhase",
]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_JPEG_START = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-parallel box in pixels from the top-left corner: x0 < x1, y0 < y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        for what, given in (("x0", self.x0), ("y0", self.y0), ("x1", self.x1), ("y1", self.y1)):
            require_finite(f"box {what} (px)", given)
        if not (self.x0 < self.x1 and self.y0 < self.y1):
            raise InvalidValue("box (px)", (self.x0, self.y0, self.x1, self.y1), "x0 < x1 and y0 < y1")

    @property
    def width(self) -> float:
        """Width [px]."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height [px]."""
        return self.y1 - self.y0

    @property
    def centre_x(self) -> float:
        """Horizontal middle [px]."""
        return (self.x0 + self.x1) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What the detector found in one frame: aligned arrays, best score first.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4), float32
        x0, y0, x1, y1 in pixels of the frame.
    scores : ndarray, shape (n,), float32
        Calibrated probabilities, descending.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.boxes.ndim != 2 or self.boxes.shape[1] != 4 or self.scores.shape != (len(self.boxes),):  # noqa: PLR2004
            raise InvalidValue("detections", (self.boxes.shape, self.scores.shape), "shapes (n, 4) and (n,)")
        if not (np.isfinite(self.boxes).all() and (self.scores >= 0.0).all() and (self.scores <= 1.0).all()):
            raise InvalidValue("detections", "a value out of range", "finite boxes and scores from 0 to 1")
        if (np.diff(self.scores) > 0.0).any():
            raise InvalidValue("detections", "unsorted scores", "best score first")

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def best_score(self) -> float:
        """The largest score, 0 where there is none."""
        return float(self.scores[0]) if len(self.scores) else 0.0

    def above(self, threshold: float) -> Detections:
        """Return those that score at least `threshold`."""
        keep = self.scores >= threshold
        return Detections(self.boxes[keep], self.scores[keep])

    @classmethod
    def none(cls) -> Detections:
        """Return no detections."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class FrameStamp:
    """What travels with every frame.

    Parameters
    ----------
    captured_at : datetime
        UTC instant at which the camera took it (as well as the source can tell).
    sha256 : str
        Of the encoded bytes, or of the pixels where the source gives none; 64 hexadecimal digits.
    width_px, height_px : int
        Size of the picture.
    aside : HeadOffset or None
        By how much the head of a turning camera stood beside its pose; None where it stood there, or nobody knows.
    """

    captured_at: datetime
    sha256: str
    width_px: int
    height_px: int
    aside: HeadOffset | None = None

    def __post_init__(self) -> None:
        require_utc("capture time", self.captured_at)
        require_at_least("frame width (px)", self.width_px, 1)
        require_at_least("frame height (px)", self.height_px, 1)
        if not _SHA256.fullmatch(self.sha256):
            raise InvalidValue("frame hash", self.sha256, "64 lower-case hexadecimal digits (SHA-256)")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture with its stamp.

    Parameters
    ----------
    stamp : FrameStamp
        When it was taken, its hash and its size; places in the frame are given in pixels of that size.
    image : ndarray, shape (height, width, 3), uint8
        Blue, green, red. Where `encoded` is there it may have been decoded at a half, a quarter or an eighth of the
        size, rounded up.
    encoded : bytes or None
        The whole picture as the camera sent it.
    """

    stamp: FrameStamp
    image: npt.NDArray[np.uint8]
    encoded: bytes | None = None

    def __post_init__(self) -> None:
        size = (self.stamp.height_px, self.stamp.width_px)
        expected = [
            (-(-size[0] // by), -(-size[1] // by), 3) for by in ((1,) if self.encoded is None else (1, 2, 4, 8))
        ]
        if self.image.shape not in expected or self.image.dtype != np.uint8:
            raise InvalidValue("frame", (self.image.shape, str(self.image.dtype)), f"{expected[0]} of uint8")


class EvidenceKind(StrEnum):
    """What a piece of evidence shows."""

    CROP = "crop"
    FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One picture that shows a sighting.

    Parameters
    ----------
    evidence_id : EvidenceId
        ULID.
    sighting_id : SightingId
        What it shows; the picture may reach the centre before the sighting.
    tower_id, camera_id
        Where it was taken.
    kind : EvidenceKind
        A crop around the smoke, or the whole frame.
    stamp : FrameStamp
        The frame it was cut from.
    box : Box or None
        The smoke, in pixels of that frame.
    jpeg : bytes
        The picture, JPEG.
    is_exercise : bool
        Whether it shows a drill's smoke, which is painted in.
    """

    evidence_id: EvidenceId
    sighting_id: SightingId
    tower_id: TowerId
    camera_id: CameraId
    kind: EvidenceKind
    stamp: FrameStamp
    box: Box | None
    jpeg: bytes
    is_exercise: bool = False

    def __post_init__(self) -> None:
        require_ulid("evidence", self.evidence_id)
        require_ulid("sighting", self.sighting_id)
        require_slug("tower", self.tower_id)
        require_slug("camera", self.camera_id)
        if not self.jpeg.startswith(_JPEG_START):
            raise InvalidValue("evidence", self.jpeg[:8], "a JPEG picture")


class SightingPhase(StrEnum):
    """Where a sighting is in its life; an ended sighting has no later revision."""

    OPENED = "opened"
    GROWING = "growing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Look:
    """One frame that a sighting rests on.

    Parameters
    ----------
    stamp : FrameStamp
        The frame.
    box : Box
        The smoke, in pixels of that frame.
    score : float
        Calibrated probability of the single frame, 0 to 1.
    evidence_ids : tuple of EvidenceId
        The pictures sent of it; they may arrive before or after the sighting.
    """

    stamp: FrameStamp
    box: Box
    score: float
    evidence_ids: tuple[EvidenceId, ...] = ()

    def __post_init__(self) -> None:
        require_between("score", self.score, 0.0, 1.0)
        for evidence_id in self.evidence_ids:
            require_ulid("evidence", evidence_id)


class ClockState(StrEnum):
    """How far the dates of a sighting are to be believed, by what its node knew of its clock.

    UNSAID: a node of an earlier version, which did not say. KEPT: a time service held the clock. FREE: it ran free.
    STEPPED: it had been set by seconds or more within the hour. UNSET: it had not been set since the power came.
    RECEIVED: it was wrong, and the centre dated the sighting by when it came and how old it said it was.
    """

    UNSAID = "unsaid"
    KEPT = "kept"
    FREE = "free"
    STEPPED = "stepped"
    UNSET = "unset"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A smoke that one camera is sure enough of, confirmed over several frames.

    Parameters
    ----------
    sighting_id : SightingId
        ULID, the same in every revision.
    revision : int
        From 1; the highest revision wins, in whatever order they arrive.
    phase : SightingPhase
        Opened, growing or ended.
    tower_id, camera_id, pose_id
        Where the camera stands and how it looked.
    calibration_id : str
        The calibration by which `bearing` was computed.
    first_seen_at, observed_at : datetime
        UTC instants of the first and the latest frame of it.
    looks : tuple of Look
        The frames it rests on, oldest first, at least one.
    bearing : Bearing
        True direction of the smoke's base, computed from the latest box; never the only record.
    score : float
        Probability of the whole sighting, 0 to 1: the mean of the confirming frames.
    frames_hit, frames_seen : int
        Frames of the confirmation window in which the smoke was found, and all frames in it.
    model_sha256 : str
        The detector.
    clock : ClockState
        How far the dates are to be believed.
    is_exercise : bool
        Whether the smoke is a drill's, painted into the camera's pictures; nothing burns.
    """

    sighting_id: SightingId
    revision: int
    phase: SightingPhase
    tower_id: TowerId
    camera_id: CameraId
    pose_id: PoseId
    calibration_id: str
    first_seen_at: datetime
    observed_at: datetime
    looks: tuple[Look, ...]
    bearing: Bearing
    score: float
    frames_hit: int
    frames_seen: int
    model_sha256: str
    clock: ClockState = ClockState.UNSAID
    is_exercise: bool = False

    def __post_init__(self) -> None:
        require_ulid("sighting", self.sighting_id)
        require_at_least("sighting revision", self.revision, 1)
        require_slug("tower", self.tower_id)
        require_slug("camera", self.camera_id)
        require_slug("pose", self.pose_id)
        require_utc("first seen", self.first_seen_at)
        require_utc("observed", self.observed_at)
        require_between("score", self.score, 0.0, 1.0)
        require_between("frames hit", self.frames_hit, 1, self.frames_seen)
        if self.observed_at < self.first_seen_at:
            raise InvalidValue("observed", self.observed_at.isoformat(), "not before the first frame")
        if not self.looks:
            raise InvalidValue("looks", "none", "at least one frame")

    @property
    def best_look(self) -> Look:
        """The frame with the highest score; the earliest of equals."""
        return max(self.looks, key=lambda look: look.score)

    def moved(self, by: timedelta, clock: ClockState) -> Sighting:
        """Return the same sighting with all its dates moved by as much, and told so by `clock`."""
        looks = tuple(
            replace(look, stamp=replace(look.stamp, captured_at=look.stamp.captured_at + by)) for look in self.looks
        )
        return replace(
            self, looks=looks, first_seen_at=self.first_seen_at + by, observed_at=self.observed_at + by, clock=clock
        )

"""What the centre tells a tower to look by: the fire danger of its place, thresholds, masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_utc
from firewatch.domain.ids import require_slug
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import CameraId, PoseId
    from firewatch.domain.masks import Mask
    from firewatch.domain.scales import DangerGrade

__all__ = ["PlaceRating", "PoseMask", "PoseThreshold", "TowerSettings"]

_MOST_MASKS = 200


@dataclass(frozen=True, slots=True)
class PlaceRating:
    """The fire danger where a tower stands.

    Parameters
    ----------
    grade : DangerGrade
        1 (low) to 5 (extreme).
    valid_until : datetime
        UTC instant from which it says nothing any more.
    """

    grade: DangerGrade
    valid_until: datetime

    def __post_init__(self) -> None:
        require_utc("end of the rating", self.valid_until)

    def grade_at(self, at: datetime) -> DangerGrade | None:
        """Return the grade, None once it has expired: an expired rating is none."""
        return self.grade if at < self.valid_until else None


@dataclass(frozen=True, slots=True)
class PoseThreshold:
    """The calibrated probability from which a frame of a pose counts, 0 to 1."""

    camera_id: CameraId
    pose_id: PoseId
    threshold: float

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_slug("pose", self.pose_id)
        require_between("threshold", self.threshold, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class PoseMask:
    """A mask and whose picture it lies in."""

    camera_id: CameraId
    pose_id: PoseId
    mask: Mask

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_slug("pose", self.pose_id)


@dataclass(frozen=True, slots=True)
class TowerSettings:
    """All that the centre sets of a tower: each message holds the whole and takes the place of the one before.

    Parameters
    ----------
    issued_at : datetime
        UTC instant; of two, the later one counts.
    rating : PlaceRating or None
        None where there is none: then nothing is moved, and nothing muted.
    thresholds : tuple of PoseThreshold
        In place of those of the tower's own settings; each pose at most once.
    masks : tuple of PoseMask
        Besides those of the tower's own settings, which the centre cannot take away; at most 200.
    """

    issued_at: datetime
    rating: PlaceRating | None = None
    thresholds: tuple[PoseThreshold, ...] = ()
    masks: tuple[PoseMask, ...] = ()

    def __post_init__(self) -> None:
        require_utc("issue time of the settings", self.issued_at)
        poses = [(each.camera_id, each.pose_id) for each in self.thresholds]
        if len(set(poses)) != len(poses):
            raise InvalidValue("thresholds", [f"{camera}/{pose}" for camera, pose in poses], "each pose once")
        if len(self.masks) > _MOST_MASKS:
            raise InvalidValue("masks", f"{len(self.masks)} of them", f"at most {_MOST_MASKS}")

    def threshold_of(self, camera_id: CameraId, pose_id: PoseId) -> float | None:
        """Return what is set for a pose; None where nothing is."""
        found = (t.threshold for t in self.thresholds if (t.camera_id, t.pose_id) == (camera_id, pose_id))
        return next(found, None)

    def masks_of(self, camera_id: CameraId, pose_id: PoseId) -> tuple[Mask, ...]:
        """Return the masks of a pose."""
        return tuple(m.mask for m in self.masks if (m.camera_id, m.pose_id) == (camera_id, pose_id))

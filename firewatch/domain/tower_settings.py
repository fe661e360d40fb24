"""What the centre tells a tower to look by: the fire danger of its place, thresholds, masks, corrected calibrations."""

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
    from firewatch.domain.optics import Calibration
    from firewatch.domain.scales import DangerGrade

__all__ = ["PlaceRating", "PoseCalibration", "PoseMask", "PoseThreshold", "TowerSettings"]

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
class PoseCalibration:
    """How a pose looks, for a node that still looks by a calibration which this one corrects.

    Parameters
    ----------
    camera_id, pose_id
        The pose.
    calibration : Calibration
        The better one, under its own name.
    corrects : tuple of str
        Those that it takes the place of, at least one; a node that looks by any other knows better, and keeps it.
    """

    camera_id: CameraId
    pose_id: PoseId
    calibration: Calibration
    corrects: tuple[str, ...]

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_slug("pose", self.pose_id)
        if not self.corrects or self.calibration.calibration_id in self.corrects:
            raise InvalidValue("corrected calibrations", self.corrects, "at least one, none of them the new one")


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
    calibrations : tuple of PoseCalibration
        Of poses whose calibration the centre has corrected; each pose at most once.
    """

    issued_at: datetime
    rating: PlaceRating | None = None
    thresholds: tuple[PoseThreshold, ...] = ()
    masks: tuple[PoseMask, ...] = ()
    calibrations: tuple[PoseCalibration, ...] = ()

    def __post_init__(self) -> None:
        require_utc("issue time of the settings", self.issued_at)
        for what, parts in (("thresholds", self.thresholds), ("calibrations", self.calibrations)):
            poses = [(each.camera_id, each.pose_id) for each in parts]
            if len(set(poses)) != len(poses):
                raise InvalidValue(what, [f"{camera}/{pose}" for camera, pose in poses], "each pose once")
        if len(self.masks) > _MOST_MASKS:
            raise InvalidValue("masks", f"{len(self.masks)} of them", f"at most {_MOST_MASKS}")

    def threshold_of(self, camera_id: CameraId, pose_id: PoseId) -> float | None:
        """Return what is set for a pose; None where nothing is."""
        found = (t.threshold for t in self.thresholds if (t.camera_id, t.pose_id) == (camera_id, pose_id))
        return next(found, None)

    def calibration_of(self, camera_id: CameraId, pose_id: PoseId, own: Calibration) -> Calibration:
        """Return how a pose looks: as corrected where that corrects the tower's own calibration, else by its own."""
        for each in self.calibrations:
            if (each.camera_id, each.pose_id) == (camera_id, pose_id) and own.calibration_id in each.corrects:
                return each.calibration
        return own

    def masks_of(self, camera_id: CameraId, pose_id: PoseId) -> tuple[Mask, ...]:
        """Return the masks of a pose."""
        return tuple(m.mask for m in self.masks if (m.camera_id, m.pose_id) == (camera_id, pose_id))

"""What the centre has set of this tower: checked when it comes, kept on the disk, never half taken."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from firewatch.domain.ids import PoseId
from firewatch.errors import WireError
from firewatch.wire.settings_codec import decode_settings
from firewatch_edge.node.kept_file import read_kept, write_kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from firewatch.domain.ids import CameraId
    from firewatch.domain.optics import Calibration
    from firewatch.domain.tower_settings import TowerSettings
    from firewatch_edge.config import CameraSection, EdgeSettings, PoseSection

__all__ = ["SettingsBook"]

logger = logging.getLogger(__name__)


class SettingsBook:
    """Takes settings from the session's thread; any thread may read what is in effect.

    What is bad is refused whole: the last good settings stay. What is good is in effect at the next frame, and over a
    restart, with or without a link: a disk that refuses costs only the latter.

    Parameters
    ----------
    path : Path
        Where they are kept.
    poses : collection of (CameraId, PoseId)
        The tower's own: settings for others are said to be so, and do no harm.
    """

    def __init__(self, path: Path, poses: Collection[tuple[CameraId, PoseId]]) -> None:
        self._path = path
        self._poses = frozenset(poses)
        self._current: TowerSettings | None = None
        # Why the last that came was not taken.
        self.refused = ""
        kept = read_kept(path)
        if kept:
            self._decode(kept)

    @property
    def current(self) -> TowerSettings | None:
        """What is in effect; None where the centre has set nothing."""
        return self._current

    def calibration_of(self, settings: EdgeSettings, camera: CameraSection, pose: PoseSection) -> Calibration:
        """Return how a pose looks: as this tower's own settings say, or as the centre has corrected that."""
        own, current = settings.calibration_of(camera, pose), self._current
        return own if current is None else current.calibration_of(camera.camera_id, PoseId(pose.id), own)

    def take(self, payload: bytes) -> None:
        """Take what the centre sent; never raises. An empty message takes all settings back."""
        if not payload:
            self._current, self.refused = None, ""
            logger.warning("settings.taken_back")
        elif not self._decode(payload):
            return
        try:
            write_kept(self._path, payload)
        except OSError as err:
            logger.critical("settings.not_kept", extra={"why": str(err), "path": str(self._path)})

    def _decode(self, payload: bytes) -> bool:
        try:
            settings = decode_settings(payload).value
        except WireError as err:
            self.refused = str(err)[:500]
            logger.error("settings.refused", extra={"why": str(err)})  # noqa: TRY400 - no fault of ours
            return False
        self._current, self.refused = settings, ""
        rating = settings.rating
        facts = {
            "issued_at": settings.issued_at.isoformat(),
            "grade": None if rating is None else rating.grade.value,
            "thresholds": len(settings.thresholds),
            "masks": len(settings.masks),
            "calibrations": len(settings.calibrations),
        }
        logger.info("settings.in_effect", extra=facts)
        named = {(each.camera_id, each.pose_id) for each in settings.thresholds}
        named |= {(each.camera_id, each.pose_id) for each in settings.masks}
        named |= {(each.camera_id, each.pose_id) for each in settings.calibrations}
        for camera_id, pose_id in sorted(named - self._poses):
            logger.warning("settings.unknown_pose", extra={"camera_id": camera_id, "pose_id": pose_id})
        return True

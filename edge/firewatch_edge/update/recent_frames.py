"""A few recent frames of each camera on the disk, for the self-test of a model that is to come."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.ids import CameraId
    from firewatch.domain.vision import Frame

__all__ = ["RecentFrames"]

logger = logging.getLogger(__name__)

_QUALITY = 92
_NAME = re.compile(r"(.+)_[0-9]{8}T[0-9]{6}Z\.jpg")


class RecentFrames:
    """Keeps one frame in so many seconds of each camera, the newest few; the detector's thread owns it.

    A disk that is full costs frames of a test, never a frame of the watch.

    Parameters
    ----------
    folder : Path
        Where they lie.
    every_s : float
        Between two frames of a camera [s], by the frames' own time.
    most : int
        Of each camera.
    """

    def __init__(self, folder: Path, every_s: float = 600.0, most: int = 6) -> None:
        self._folder = folder
        self._every_s = every_s
        self._most = most
        self._last: dict[CameraId, datetime] = {}

    def note(self, camera_id: CameraId, frame: Frame) -> None:
        """Keep a frame if it is time for one; never raises for the disk's sake."""
        at, last = frame.stamp.captured_at, self._last.get(camera_id)
        if last is not None and abs((at - last).total_seconds()) < self._every_s:
            return
        self._last[camera_id] = at
        try:
            self._keep(
                camera_id, at, cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
            )
        except (OSError, cv2.error) as err:
            logger.warning("recent_frame.not_kept", extra={"camera_id": camera_id, "why": str(err)})

    def paths(self) -> tuple[Path, ...]:
        """Return the frames' files, camera by camera, the oldest first."""
        try:
            return tuple(sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name)))
        except OSError:
            return ()

    def _keep(self, camera_id: CameraId, at: datetime, jpeg: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{camera_id}_{at:%Y%m%dT%H%M%SZ}.jpg"
        beside = path.with_name(f".{path.name}.part")
        try:
            beside.write_bytes(jpeg)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        kept = [each for each in self.paths() if each.name.rpartition("_")[0] == camera_id]
        for old in kept[: -self._most]:
            old.unlink(missing_ok=True)

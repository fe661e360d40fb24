"""The picture of a pose that every later one is compared with: kept on the disk, renewed only by hand."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING, Annotated

import cv2
import msgspec
import numpy as np

from firewatch_edge.health.against import COLUMNS, ROWS
from firewatch_edge.health.whole_file import write_file_whole

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.ids import CameraId, PoseId

__all__ = ["Reference", "ReferenceFolder"]

logger = logging.getLogger(__name__)


class _Notes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    taken_at: Annotated[datetime, msgspec.Meta(tz=True)]
    png_sha256: str
    steady: tuple[str, ...]
    fineness: float


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How a pose looks when all is well.

    Parameters
    ----------
    grey : ndarray, shape (h, w), uint8
        The picture, reduced.
    steady : ndarray, shape (ROWS, COLUMNS), bool
        The patches that looked the same while it was learnt: ground, not clouds.
    fineness : float
        Fine edges over coarse ones, where it is steady: falls when the picture is blurred.
    taken_at : datetime
        UTC.
    """

    grey: npt.NDArray[np.uint8]
    steady: npt.NDArray[np.bool_]
    fineness: float
    taken_at: datetime


class ReferenceFolder:
    """Holds one reference a pose, as a PNG that a person can look at and notes beside it.

    Parameters
    ----------
    folder : Path
        Made when the first is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(self, camera_id: CameraId, pose_id: PoseId) -> Path:
        """Return where the picture of a pose lies, or would."""
        return self._folder / f"{camera_id}.{pose_id}.png"

    def load(self, camera_id: CameraId, pose_id: PoseId) -> Reference | None:
        """Return the reference of a pose; None where there is none that can be read."""
        path = self.picture(camera_id, pose_id)
        try:
            png, notes = path.read_bytes(), msgspec.json.decode(_notes(path).read_bytes(), type=_Notes)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as err:
            logger.error("reference.unreadable", extra={"path": str(path), "why": str(err)})  # noqa: TRY400 - no fault of ours
            return None
        steady = np.array([[mark == "1" for mark in row] for row in notes.steady], np.bool_)
        grey = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE) if png else None
        if grey is None or hashlib.sha256(png).hexdigest() != notes.png_sha256 or steady.shape != (ROWS, COLUMNS):
            # A power cut between the two files: learnt anew.
            logger.error("reference.unreadable", extra={"path": str(path), "why": "picture and notes do not fit"})
            return None
        return Reference(np.asarray(grey, np.uint8), steady, notes.fineness, notes.taken_at)

    def save(self, camera_id: CameraId, pose_id: PoseId, reference: Reference) -> None:
        """Keep a reference; raise `OSError` where the disk refuses."""
        path = self.picture(camera_id, pose_id)
        _, encoded = cv2.imencode(".png", reference.grey)
        png = bytes(encoded.data)
        rows = tuple("".join("1" if mark else "0" for mark in row) for row in reference.steady)
        notes = _Notes(reference.taken_at, hashlib.sha256(png).hexdigest(), rows, reference.fineness)
        write_file_whole(path, png)
        write_file_whole(_notes(path), msgspec.json.format(msgspec.json.encode(notes)) + b"\n")

    def set_aside(self, camera_id: CameraId, pose_id: PoseId) -> bool:
        """Put a reference away, so that the node learns a new one; return whether there was one. Raises `OSError`."""
        path = self.picture(camera_id, pose_id)
        if not path.exists():
            return False
        path.replace(path.with_suffix(".old.png"))
        _notes(path).unlink(missing_ok=True)
        return True

    def is_there(self, camera_id: CameraId, pose_id: PoseId) -> bool:
        """Tell whether a reference is kept."""
        return self.picture(camera_id, pose_id).exists()


def _notes(path: Path) -> Path:
    return path.with_suffix(".json")

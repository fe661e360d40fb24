"""Smoke painted into a node's own frames, for the self-test of a model: without it a quiet sky proves nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.domain.ids import CameraId, PoseId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Frame, FrameStamp
from firewatch_edge.node.drill_file import Aim, Drill, Moment
from firewatch_edge.node.drill_picture import SmokePainter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["with_painted_smoke"]

# A fire that nobody overlooks: so near, and burning for so long.
_DISTANCE_M, _BURNING_S = 2000.0, 900.0
# Where a kept frame looked is not kept with it; any field of view does for a smoke that is large enough.
_LENS = Calibration("self-test", 0.0, 0.0, 60.0, 1.0)
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def with_painted_smoke(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
    """Return a copy of a picture with a plume over its skyline; the same one every time for the same picture.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        In BGR.

    Returns
    -------
    ndarray, shape (h, w, 3), uint8, or None
        None where it is too dark for a smoke by day, or nothing of it would be seen.
    """
    digest = hashlib.sha256(image.tobytes())
    drill_id = make_ulid(_ANY_DAY, digest.digest()[:10])
    aim = Aim(distance_m=_DISTANCE_M)
    drill = Drill(drill_id, CameraId("self-test"), PoseId("self-test"), _ANY_DAY, Moment("", 0.0), 1.0, aim)
    frame = Frame(FrameStamp(_ANY_DAY, digest.hexdigest(), image.shape[1], image.shape[0]), image)
    painted = SmokePainter(drill, _LENS).paint(frame, _BURNING_S)
    return None if painted is None or painted.box is None else painted.frame.image

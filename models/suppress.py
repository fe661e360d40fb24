"""What training and conversion share with the tower: its letterbox before the network, its suppression after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from firewatch_edge.detect import Letterbox as EdgeLetterbox
from firewatch_edge.detect import suppress

if TYPE_CHECKING:
    from models.data.frames import Boxes

PAD = 114


@dataclass(frozen=True, slots=True)
class Letterbox:
    """A frame fitted into the network's input: top left, padded right and below.

    Parameters
    ----------
    planes : array (3, H, W) uint8
    scale : float
        Network pixels per pixel of the frame.
    """

    planes: npt.NDArray[np.uint8]
    scale: float


def fit(image: npt.NDArray[np.uint8], width: int, height: int) -> Letterbox:
    """Scale a BGR image (h, w, 3) into (3, height, width) as the node does, keeping its proportions."""
    planes, scale = EdgeLetterbox(width, height, PAD).fit(image)
    return Letterbox(planes[0], scale)


def keep(
    boxes: Boxes,
    scores: npt.NDArray[np.floating],
    widest: float,
    nms_iou: float,
) -> npt.NDArray[np.intp]:
    """Choose the boxes to report, as the node does.

    Parameters
    ----------
    boxes : array (n, 4)
    scores : array (n,)
    widest : float
        Boxes wider than this are dropped before suppression, so that they cannot swallow a true one.
    nms_iou : float
        Of two boxes that overlap more than this, the lower one goes.

    Returns
    -------
    array (k,) of int
        Indices, best first.
    """
    narrow = np.flatnonzero(boxes[:, 2] - boxes[:, 0] <= widest)
    return narrow[suppress(boxes[narrow], scores[narrow], nms_iou)]

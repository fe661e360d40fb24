"""From a network's raw output to a frame's boxes: too wide ones go first, then overlapping ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from models.measures import overlaps

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
    """Scale a BGR image (h, w, 3) into (3, height, width), keeping its proportions."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    board = np.full((height, width, 3), PAD, np.uint8)
    board[: size[1], : size[0]] = cv2.resize(image, size, interpolation=method)
    return Letterbox(np.ascontiguousarray(board.transpose(2, 0, 1)), scale)


def keep(
    boxes: Boxes,
    scores: npt.NDArray[np.floating],
    widest: float,
    nms_iou: float,
    most: int = 20,
) -> npt.NDArray[np.intp]:
    """Choose the boxes to report.

    Parameters
    ----------
    boxes : array (n, 4)
    scores : array (n,)
    widest : float
        Boxes wider than this are dropped before suppression, so that they cannot swallow a true one.
    nms_iou : float
        Of two boxes that overlap more than this, the lower one goes.
    most : int
        At most so many are kept.

    Returns
    -------
    array (k,) of int
        Indices, best first.
    """
    order = np.flatnonzero(boxes[:, 2] - boxes[:, 0] <= widest)
    order = order[np.argsort(-scores[order], kind="stable")][:300]
    table = overlaps(boxes[order], boxes[order])
    chosen: list[int] = []
    for i in range(len(order)):
        if len(chosen) >= most:
            break
        if not chosen or table[i, chosen].max() <= nms_iou:
            chosen.append(i)
    return order[chosen]

"""From the network's raw output to a frame's detections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.vision import Detections

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch_edge.detect.model import CalibrationSpec

__all__ = ["Cut", "calibrate", "choose", "chosen", "logistic", "overlaps", "suppress"]

# More candidates than this in one frame are noise; suppression compares all with all, so it must be bounded.
_MOST_CANDIDATES = 300
_MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class Cut:
    """What is kept of a frame's candidates.

    Parameters
    ----------
    lowest : float
        Calibrated probability below which nothing is kept.
    widest_fraction : float
        Boxes wider than this share of the frame are fog or cloud.
    nms_iou : float
        Of two boxes that overlap more than this, the lower one goes.
    """

    lowest: float
    widest_fraction: float
    nms_iou: float


def calibrate(logits: npt.NDArray[np.floating], calibration: CalibrationSpec) -> npt.NDArray[np.float32]:
    """Return calibrated probabilities (n,) of logits (n,), without overflow."""
    return logistic(calibration.a * logits.astype(np.float64) + calibration.b)


def logistic(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the probabilities (n,) of log odds (n,), without overflow."""
    return (0.5 * (1.0 + np.tanh(0.5 * z))).astype(np.float32)


def overlaps(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the intersection over union (n, m) of boxes (n, 4) with boxes (m, 4)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    size = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - corner, 0.0, None)
    shared = size[..., 0] * size[..., 1]
    area_a, area_b = (np.prod(np.clip(c[:, 2:] - c[:, :2], 0.0, None), axis=1) for c in (a, b))
    union = area_a[:, None] + area_b[None, :] - shared
    return np.asarray(shared / np.where(union > 0.0, union, 1.0), np.float64)


def suppress(boxes: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], nms_iou: float) -> npt.NDArray[np.intp]:
    """Of overlapping boxes keep the best.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        x0, y0, x1, y1 [px].
    scores : ndarray, shape (n,)
        Probabilities.
    nms_iou : float
        A box goes when it overlaps a better *kept* one by more than this. A box that was itself dropped drops nothing,
        so that a chain of boxes along a plume does not collapse to its end.

    Returns
    -------
    ndarray, shape (k,), int
        Indices of those kept, best first; at most 20.
    """
    order = np.argsort(-scores, kind="stable")[:_MOST_CANDIDATES]
    clash = overlaps(boxes[order], boxes[order]) > nms_iou
    open_ = np.ones(len(order), bool)
    kept: list[int] = []
    while open_.any() and len(kept) < _MOST_KEPT:
        best = int(open_.argmax())
        kept.append(best)
        open_ &= ~clash[best]
        open_[best] = False
    return order[kept]


def choose(
    boxes: npt.NDArray[np.floating], scores: npt.NDArray[np.float32], size_px: tuple[int, int], cut: Cut
) -> Detections:
    """Turn candidates into the detections of a frame.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        In pixels of the frame; they may reach beyond it.
    scores : ndarray, shape (n,), float32
        Calibrated probabilities.
    size_px : tuple of int
        Width and height of the frame.
    cut : Cut
        What is kept.

    Returns
    -------
    Detections
        Clipped to the frame, best first.
    """
    clipped, kept = chosen(boxes, scores, size_px, cut)
    return Detections(clipped[kept], scores[kept])


def chosen(
    boxes: npt.NDArray[np.floating], scores: npt.NDArray[np.float32], size_px: tuple[int, int], cut: Cut
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """Return all boxes clipped to the frame (n, 4), and the indices of those that `choose` keeps, best first.

    Too wide boxes go *before* suppression: fog over a small smoke must not take the smoke with it. With a lower
    `cut.lowest` more are kept, behind those that a higher one keeps.
    """
    width, height = size_px
    clipped = np.clip(boxes, 0.0, np.array([width, height, width, height], np.float64)).astype(np.float32)
    spans = clipped[:, 2:] - clipped[:, :2]
    is_candidate = (scores >= cut.lowest) & (spans > 0.0).all(axis=1) & (spans[:, 0] <= cut.widest_fraction * width)
    candidates = np.flatnonzero(is_candidate)
    return clipped, candidates[suppress(clipped[candidates], scores[candidates], cut.nms_iou)]

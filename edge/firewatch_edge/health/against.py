"""A picture against the reference of its view: how far it is turned, and which parts are not seen any more."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["COLUMNS", "ROWS", "Comparison", "compare", "edges_of"]

# The view in patches: 40 pixels square of a picture reduced to 640.
COLUMNS, ROWS = 16, 9
# Below this mean edge strength [grey levels] a patch has nothing to be recognised by: sky, snow, deep shadow.
_LEAST_EDGE = 4.0
# A shift below this is none [px of the reduced picture].
_SAME_PX = 0.5
# Share of a patch that must lie in the picture after it is moved back.
_WHOLE = 0.95
# Edges stronger than this count no more: one bright roof must not outweigh a hill.
_STRONG = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a picture is beside its reference.

    Parameters
    ----------
    right_px, down_px : float
        Where the view went in the picture [px of the reduced picture].
    alike : float
        Correlation of the edges when that is taken out, -1 to 1.
    gained : float
        By how much that is more than without taking it out.
    patches : ndarray, shape (ROWS, COLUMNS), float32
        The same patch by patch; NaN where the reference shows nothing to be recognised by, or that left the picture.
    strength : ndarray, shape (ROWS, COLUMNS), float32
        Edges of the picture over those of the reference; NaN as before.
    """

    right_px: float
    down_px: float
    alike: float
    gained: float
    patches: npt.NDArray[np.float32]
    strength: npt.NDArray[np.float32]


def edges_of(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the strength of the edges (h, w) of a grey picture (h, w), softened and without the picture's rim."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.2).astype(np.float32)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    return np.asarray(np.minimum(cv2.magnitude(across, down), _STRONG), np.float32)


def compare(reference: npt.NDArray[np.float32], present: npt.NDArray[np.float32]) -> Comparison:
    """Compare edges of the reference with those of a picture of the same size (h, w)."""
    found = _shift(reference, present)
    here = _placed(reference, present, (0.0, 0.0))
    if max(map(abs, found)) < _SAME_PX:
        return here
    there = _placed(reference, present, found)
    gained = there.alike - here.alike
    return replace(there, gained=gained) if gained > 0.0 else here


def _placed(
    reference: npt.NDArray[np.float32], present: npt.NDArray[np.float32], shift: tuple[float, float]
) -> Comparison:
    """Compare after moving the picture back by a shift [px]."""
    height, width = reference.shape
    is_there = np.ones((height, width), np.float32)
    if shift != (0.0, 0.0):
        back = np.array([[1.0, 0.0, -shift[0]], [0.0, 1.0, -shift[1]]])
        present = np.asarray(cv2.warpAffine(present, back, (width, height)), np.float32)
        is_there = np.asarray(cv2.warpAffine(is_there, back, (width, height)), np.float32)
    alike = _correlation(reference, present, is_there)
    patches, strength = _patches(reference, present, is_there)
    return Comparison(*shift, alike, 0.0, patches, strength)


def _shift(reference: npt.NDArray[np.float32], present: npt.NDArray[np.float32]) -> tuple[float, float]:
    window = cv2.createHanningWindow((reference.shape[1], reference.shape[0]), cv2.CV_32F)
    (right, down), _ = cv2.phaseCorrelate(_levelled(reference), _levelled(present), window)
    return float(right), float(down)


def _levelled(edges: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(edges - edges.mean(), np.float32)


def _correlation(
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> float:
    whole = max(float(weights.sum()), 1.0)
    one = (first - float((first * weights).sum()) / whole) * weights
    other = (second - float((second * weights).sum()) / whole) * weights
    scale = math.sqrt(float((one * one).sum()) * float((other * other).sum()))
    return float((one * other).sum()) / scale if scale > 0.0 else 0.0


def _patches(
    reference: npt.NDArray[np.float32], present: npt.NDArray[np.float32], is_there: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    mean_one, mean_other = _means(reference), _means(present)
    spread_one = _means(reference * reference) - mean_one**2
    spread_other = _means(present * present) - mean_other**2
    together = _means(reference * present) - mean_one * mean_other
    alike = together / np.sqrt(np.maximum(spread_one * spread_other, 1e-6))
    is_known = (mean_one >= _LEAST_EDGE) & (_means(is_there) > _WHOLE)
    nothing = np.float32(np.nan)
    strength = mean_other / np.maximum(mean_one, 1e-6)
    return np.where(is_known, alike, nothing), np.where(is_known, strength, nothing)


def _means(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the mean of each patch."""
    return np.asarray(cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)

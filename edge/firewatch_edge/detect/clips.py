"""Clips: what a candidate's place looks like now and what it looked like before, for the verifier.

Training cuts its clips with this code too, so that the network sees on a tower what it saw then.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch_edge.detect.past import AGES_S, WORKING_WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch_edge.detect.past import Past

__all__ = ["CLIP_FRAMES", "CLIP_SIDE", "at_working_size", "clip_window", "cut_clips"]

# Frames in a clip: the present one and its past.
CLIP_FRAMES = 1 + len(AGES_S)
# Side of a clip [px].
CLIP_SIDE = 96
# A clip shows this many times the candidate's longer side: smoke is told by what stands round it.
_CONTEXT = 2.2
# Sides of the square that is cut, at the working size [px].
_LEAST_SIDE, _MOST_SIDE = 56.0, 560.0
# From so many frame pixels for one of a clip on, a square is averaged before it is laid between pixels.
_COARSE = 2.0


def at_working_size(image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], float]:
    """Shrink a frame to the width at which views are compared.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8

    Returns
    -------
    ndarray, shape (h', w', 3), uint8
        At most `WORKING_WIDTH` wide; the frame itself where it is no wider.
    float
        Working pixels per pixel of the frame.
    """
    height, width = image.shape[:2]
    if width <= WORKING_WIDTH:
        return image, 1.0
    scale = WORKING_WIDTH / width
    size = (WORKING_WIDTH, max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def clip_window(box: Sequence[float], width_px: int, height_px: int) -> tuple[float, float, float]:
    """Return the square that is cut for a box: left, top and side [px].

    Parameters
    ----------
    box : x0, y0, x1, y1
        At the working size [px].
    width_px, height_px : int
        Of the frame at the working size: no square is larger. Near its edge a square reaches beyond, where the edge's
        pixels go on: the verifier looks at the middle of a clip, and takes smoke elsewhere in it for its surroundings.
    """
    x0, y0, x1, y1 = box
    side = min(max(_CONTEXT * max(x1 - x0, y1 - y0), _LEAST_SIDE), _MOST_SIDE, float(width_px), float(height_px))
    return (x0 + x1 - side) / 2.0, (y0 + y1 - side) / 2.0, side


def cut_clips(image: npt.NDArray[np.uint8], past: Past, boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Cut the clips of a frame's candidates.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        The present frame at the working size.
    past : Past
        Its past, as `ViewMemory.look_back` returned it for this frame.
    boxes : ndarray, shape (n, 4)
        x0, y0, x1, y1 at the working size [px].

    Returns
    -------
    ndarray, shape (n, 5, 3, 96, 96), uint8
        Blue, green, red planes: now, then the past from the youngest to the oldest.
    """
    clips = np.empty((len(boxes), CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE), np.uint8)
    height, width = image.shape[:2]
    for clip, box in zip(clips, boxes.tolist(), strict=True):
        left, top, side = clip_window(box, width, height)
        frames = ((image, (0.0, 0.0)), *zip(past.images, past.shifts, strict=True))
        for planes, (picture, (x, y)) in zip(clip, frames, strict=True):
            planes[:] = _cut(picture, left + x, top + y, side).transpose(2, 0, 1)
    return clips


def _cut(image: npt.NDArray[np.uint8], left: float, top: float, side: float) -> npt.NDArray[np.uint8]:
    """Cut a square at a place between pixels and bring it to the clip's side; beyond the frame its edge goes on."""
    shrink = side / CLIP_SIDE
    if shrink <= 1.0:
        return _warp(image, left, top, shrink, CLIP_SIDE)
    if shrink < _COARSE:
        # Cut at full detail first, then average: sampling alone would alias.
        whole = int(np.ceil(side))
        cut = _warp(image, left, top, side / whole, whole)
    else:
        # That costs a large square most, and such detail is averaged away: whole pixels first, then places between.
        by = int(shrink / _COARSE)
        coarse, left, top = _averaged_round(image, left, top, side, by)
        cut = _warp(coarse, left, top, side / by / (2 * CLIP_SIDE), 2 * CLIP_SIDE)
    return np.asarray(cv2.resize(cut, (CLIP_SIDE, CLIP_SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _averaged_round(
    image: npt.NDArray[np.uint8], left: float, top: float, side: float, by: int
) -> tuple[npt.NDArray[np.uint8], float, float]:
    """Return the surroundings of a square, `by` x `by` pixels averaged to one, and where its corner lies in them."""
    spans = []
    for corner, length in ((top, image.shape[0]), (left, image.shape[1])):
        first = min(max(math.floor(corner) - by, 0), length - by)
        count = min(math.ceil((corner + side - first) / by) + 1, (length - first) // by)
        spans.append((first, max(1, count)))
    (y, rows), (x, columns) = spans
    part = image[y : y + rows * by, x : x + columns * by]
    coarse = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA) if by > 1 else part
    return np.asarray(coarse, np.uint8), (left - x) / by, (top - y) / by


def _warp(image: npt.NDArray[np.uint8], left: float, top: float, step: float, side: int) -> npt.NDArray[np.uint8]:
    """Sample a square of `side` pixels, `step` image pixels apart, whose corner lies at (left, top)."""
    shift = 0.5 * step - 0.5
    matrix = np.array([[step, 0.0, left + shift], [0.0, step, top + shift]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)

"""Finds what a camera writes into its own picture: clock, name, logo. It proposes; it masks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.masks import Polygon

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["FEWEST_FRAMES", "OverlayRegion", "draw_overlay", "find_overlay"]

# Of fewer frames all that stands still looks written.
FEWEST_FRAMES = 4
# All frames are looked at in this width: strokes of letters are then one to five pixels wide.
_WIDTH_PX = 1280
# Letters are drawn, the world is seen through air: between neighbouring pixels they differ by this much, in all frames.
_STROKE_CONTRAST = 110
# Cameras write near the upper and lower edge.
_BAND = 0.16
# Letters of a line are joined over this width, as a share of the picture's, and its height.
_JOIN_X, _JOIN_Y = 0.02, 0.006
_LEAST_HEIGHT_PX, _MOST_HEIGHT = 8, 0.12
_LEAST_WIDTH_PX = 24
# Shares of the frames.
_SOMETIMES, _MOSTLY = 0.25, 0.9
# So much of the strokes is there in all frames: of a clock the date, of a blinking light nothing.
_LEAST_LASTING = 0.3
# So much of a line of letters is strokes ...
_LEAST_STROKES = 0.15
# ... and the ink has one value, in all frames.
_INK_SPREAD = 12.0
_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class OverlayRegion:
    """One rectangle of writing.

    Parameters
    ----------
    polygon : Polygon
        In shares of the picture, with a margin.
    strokes : float
        Share of the rectangle that is sharp strokes in all frames, 0 to 1: the surer, the larger.
    """

    polygon: Polygon
    strokes: float


def find_overlay(images: Sequence[npt.NDArray[np.uint8]]) -> tuple[OverlayRegion, ...]:
    """Propose where a camera writes into its picture.

    Parameters
    ----------
    images : sequence of ndarray, shape (h, w, 3), uint8
        At least four frames of one view, of one size, minutes apart where possible.

    Returns
    -------
    tuple of OverlayRegion
        From the top down. A sign or a lattice mast that stands sharp before a near background may be among them.

    Raises
    ------
    ValueError
        If there are fewer frames, or they have different sizes.
    """
    if len(images) < FEWEST_FRAMES or len({image.shape for image in images}) != 1:
        msg = f"{len(images)} frames; at least {FEWEST_FRAMES} of one size show what stands still"
        raise ValueError(msg)
    greys = np.stack([_grey(image) for image in images])
    contrast = np.stack([cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) for grey in greys])
    # The digits of a clock change: their strokes are there in some frames, beside letters that are there in all.
    often = (contrast >= _STROKE_CONTRAST).mean(axis=0)
    strokes = (often >= _SOMETIMES).astype(np.uint8)
    height, width = strokes.shape
    band = round(_BAND * height)
    strokes[band : height - band] = 0
    kernel = np.ones((max(3, round(_JOIN_Y * width)), max(3, round(_JOIN_X * width))), np.uint8)
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, kernel)
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    found = [_region(stats[number], strokes, often >= _MOSTLY, greys) for number in range(1, count)]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.polygon.points[0][::-1]))


def _grey(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = image.shape[:2]
    scale = min(1.0, _WIDTH_PX / width)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    size = (round(width * scale), round(height * scale))
    return np.asarray(grey if scale == 1.0 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _region(
    stats: npt.NDArray[np.int32],
    strokes: npt.NDArray[np.uint8],
    lasting: npt.NDArray[np.bool_],
    greys: npt.NDArray[np.uint8],
) -> OverlayRegion | None:
    """Return the rectangle of one connected piece, None where it is no writing."""
    x, y, width, height = (int(value) for value in stats[:4])
    rows, columns = strokes.shape
    if width < max(_LEAST_WIDTH_PX, height) or not _LEAST_HEIGHT_PX <= height <= _MOST_HEIGHT * rows:
        return None
    inside = (slice(y, y + height), slice(x, x + width))
    share = float(strokes[inside].mean())
    if share < _LEAST_STROKES or lasting[inside].mean() < _LEAST_LASTING * share:
        return None
    if not _has_ink(greys[:, *inside], lasting[inside]):
        return None
    margin = _MARGIN * height + 1.0
    x0, x1 = max(0.0, x - margin) / columns, min(float(columns), x + width + margin) / columns
    y0, y1 = max(0.0, y - margin) / rows, min(float(rows), y + height + margin) / rows
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    return OverlayRegion(Polygon(tuple((round(a, 4), round(b, 4)) for a, b in corners)), round(share, 3))


def _has_ink(greys: npt.NDArray[np.uint8], strokes: npt.NDArray[np.bool_]) -> bool:
    """Tell whether the brightest or the darkest of the strokes have one value in all frames."""
    inked = greys[:, strokes].astype(np.float64)
    for ink in (np.percentile(inked, 95, axis=1), np.percentile(inked, 5, axis=1)):
        if ink.max() - ink.min() <= _INK_SPREAD and (ink.mean() >= 200.0 or ink.mean() <= 40.0):  # noqa: PLR2004 - near white, near black
            return True
    return False


def draw_overlay(image: npt.NDArray[np.uint8], regions: Sequence[OverlayRegion]) -> npt.NDArray[np.uint8]:
    """Return a frame (h, w, 3) in BGR with the proposed rectangles drawn and numbered."""
    drawn = image.copy()
    height, width = image.shape[:2]
    thick = max(1, width // 640)
    for number, region in enumerate(regions, 1):
        corners = np.round(np.array(region.polygon.points) * (width, height)).astype(np.int32)
        cv2.polylines(drawn, [corners], isClosed=True, color=(0, 220, 255), thickness=thick)
        below = corners[3] + (0, 24 * thick) if corners[0][1] < height // 2 else corners[0] - (0, 8 * thick)
        at = (int(below[0]), int(below[1]))
        cv2.putText(drawn, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.8 * thick, (0, 220, 255), thick)
    return drawn

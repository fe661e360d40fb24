"""Tiles: parts of a large frame that are looked at nearly as sharp as the camera took them, along the horizon.

A far plume is a few pixels of a large frame, and fewer of what the network sees of the whole. Tiles are as large as the
network's input and shrunk only so far that the smallest plume that must be found keeps its pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["FAR_PLUME_PX", "Tile", "TilePlan", "far_plume_px", "plan_tiles", "whole_reduction", "without_tiles"]

# What must be found: a plume so wide, so far away, on so many pixels of what the network sees.
_PLUME_M, _RANGE_M = 60.0, 15_000.0
FAR_PLUME_PX = 8.0
# Tiles overlap by this share of the network's width at least, 128 of 1280 pixels: a plume no wider is whole in one of
# them, and one that is wider is well seen in the whole frame.
_OVERLAP_SHARE = 0.1
# Frames less than so many times as wide as the network's input are seen sharp enough.
_LEAST_GAIN = 1.5
# JPEGs are decoded at these shares of their size.
_DECODED = (8, 4, 2)
# Where in a tile the horizon lies, from its top: smoke rises, and what burns before the horizon lies below.
_HORIZON_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a frame: left, top, width and height [px of the picture as it was decoded]."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """One beyond its last column."""
        return self.left + self.width

    def of(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the view of an image (h, w, 3) that it is; nothing is copied."""
        return image[self.top : self.top + self.height, self.left : self.right]


@dataclass(frozen=True, slots=True)
class TilePlan:
    """How a camera's frames are cut.

    Parameters
    ----------
    width_px, height_px : int
        Of the frame as the camera gives it.
    decoded : int
        For the tiles a JPEG needs to be decoded at one part in so many of its size only: 1, 2, 4 or 8.
    reduction : float
        Frame pixels for one of the network's in a tile; 1 is as sharp as the camera.
    columns : int
        Tiles side by side; 0 where the whole frame is sharp enough.
    input_px : (int, int)
        Width and height of the network's input.
    far_plume_px : float
        Pixels on which the network sees a plume of 60 m at 15 km in the middle of the picture.
    """

    width_px: int
    height_px: int
    decoded: int
    reduction: float
    columns: int
    input_px: tuple[int, int]
    far_plume_px: float

    def tiles(self, picture_px: tuple[int, int], horizon: npt.NDArray[np.floating] | None = None) -> tuple[Tile, ...]:
        """Return the tiles, from left to right, in pixels of a decoded picture.

        Parameters
        ----------
        picture_px : (int, int)
            Width and height of the picture: the frame's, or a part of them.
        horizon : ndarray, shape (n,), optional
            Row of the horizon as a share of the height, from left to right; by default the middle.
        """
        if not self.columns:
            return ()
        width, height = picture_px
        shrunk = self.reduction * width / self.width_px
        wide = min(width, round(self.input_px[0] * shrunk))
        high = min(height, round(self.input_px[1] * shrunk))
        step = (width - wide) / max(1, self.columns - 1)
        lefts = [round(step * column) for column in range(self.columns)]
        return tuple(
            Tile(left, _top_of(_row(horizon, left / width, (left + wide) / width) * height, high, height), wide, high)
            for left in lefts
        )


def _row(horizon: npt.NDArray[np.floating] | None, start: float, end: float) -> float:
    """Return the horizon's middle row between two shares of the width; a share of the height."""
    if horizon is None or not len(horizon):
        return 0.5
    first = min(int(start * len(horizon)), len(horizon) - 1)
    part = horizon[first : max(first + 1, math.ceil(end * len(horizon)))]
    return float(sorted(part)[len(part) // 2])


def _top_of(row: float, high: int, height: int) -> int:
    return round(min(max(row - _HORIZON_SHARE * high, 0.0), float(height - high)))


def far_plume_px(width_px: float, hfov_deg: float) -> float:
    """Return the pixels that a plume of 60 m at 15 km spans in the middle of a picture, where it spans fewest.

    Parameters
    ----------
    width_px : float
        Of the picture.
    hfov_deg : float
        Its horizontal field of view, of a rectilinear lens: the focal length is ``width / 2 / tan(hfov / 2)`` pixels.
    """
    require_between("horizontal field of view (deg)", hfov_deg, 0.1, 179.0)
    return width_px / 2.0 / math.tan(math.radians(hfov_deg) / 2.0) * _PLUME_M / _RANGE_M


def plan_tiles(width_px: int, height_px: int, hfov_deg: float, input_px: tuple[int, int]) -> TilePlan:
    """Plan the fewest tiles in which the far plume spans its pixels, and as many as that needs where none can.

    Parameters
    ----------
    width_px, height_px : int
        Size of the frame.
    hfov_deg : float
        Horizontal field of view [deg].
    input_px : (int, int)
        Width and height of the network's input.

    Returns
    -------
    TilePlan
        Without tiles where the frame is less than half as wide again as the input, or the far plume spans its 8 pixels
        in the whole frame already.
    """
    require_at_least("frame width (px)", width_px, 1)
    require_at_least("frame height (px)", height_px, 1)
    whole = max(width_px / input_px[0], height_px / input_px[1])
    seen = far_plume_px(width_px, hfov_deg)
    if width_px < _LEAST_GAIN * input_px[0] or seen / whole >= FAR_PLUME_PX:
        decoded = _largest(whole)
        return TilePlan(width_px, height_px, decoded, max(1.0, whole), 0, input_px, seen / whole)
    wanted = max(1.0, seen / FAR_PLUME_PX)
    decoded = _largest(wanted)
    overlap = _OVERLAP_SHARE * input_px[0]
    columns = max(2, math.ceil((width_px / wanted - overlap) / (input_px[0] - overlap)))
    finest = width_px / (columns * (input_px[0] - overlap) + overlap)
    reduction = max(float(decoded), finest)
    return TilePlan(width_px, height_px, decoded, reduction, columns, input_px, seen / reduction)


def _largest(most: float) -> int:
    """Return the strongest reduction at which a JPEG may be decoded."""
    return next((by for by in _DECODED if by <= most), 1)


def without_tiles(plan: TilePlan) -> TilePlan:
    """Return the plan of the same frames looked at as a whole only."""
    whole = max(plan.width_px / plan.input_px[0], plan.height_px / plan.input_px[1])
    seen = plan.far_plume_px * plan.reduction / whole
    decoded = whole_reduction(plan.width_px, plan.height_px, plan.input_px)
    return TilePlan(plan.width_px, plan.height_px, decoded, max(1.0, whole), 0, plan.input_px, seen)


def whole_reduction(width_px: int, height_px: int, input_px: tuple[int, int]) -> int:
    """Return at which part of its size (1, 2, 4 or 8) a JPEG need be decoded to be looked at as a whole."""
    return _largest(max(width_px / input_px[0], height_px / input_px[1]))

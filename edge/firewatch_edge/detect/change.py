"""Where a view leaves the range of its own past: places to look at that the detector may have scored too low."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch_edge.detect.past import Past

    Grey = npt.NDArray[np.float32]

__all__ = ["changed_places"]

# Views are compared at this width [px] and, where they are smaller, at half their own.
_WIDTH = 640
# Light and haze change over areas: what half of so many cells of so many pixels square share is light [px, cells].
# A median, not a mean: smoke that fills less than half of it keeps its own light.
_CELL_PX, _LIGHT_CELLS = 8, 13
# Light changes by no more than this between two frames that show the same, in so many steps up and down.
_MOST_GAIN, _GAIN_STEPS = 2.5, 127.0
# Grey levels beyond the past's range from which a place has changed, and so many times the noise of the frame.
_LEAST_EXCESS, _NOISE_TIMES = 4.0, 3.0
# Pieces of smoke this close are one place, and what is smaller is noise [px at the compared width].
_JOIN_PX, _LEAST_PX = 5, 12
# What covers more of the picture than this is weather.
_MOST_SHARE = 0.1
# The standard deviation of a Gaussian by its median absolute deviation.
_SIGMA_PER_MAD = 1.4826


def changed_places(image: npt.NDArray[np.uint8], past: Past, most: int) -> npt.NDArray[np.float64]:
    """Find places that are brighter or darker than they were in any frame of the past.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        The present frame at the working size.
    past : Past
        Its past, as `ViewMemory.look_back` returned it for this frame.
    most : int
        Places to return.

    Returns
    -------
    ndarray, shape (k, 4)
        x0, y0, x1, y1 at the working size [px], the clearest first.

    Notes
    -----
    Each earlier frame is laid on the present one and takes its light, area by area; then the lowest and the highest of
    them, within one pixel to all sides, are what a place may look like. What is beyond them by more than the frame's
    noise, averaged over 5 x 5 pixels, has changed. A place counts by the sum of its excess over the root of its area:
    as a matched filter would see it.
    """
    if most < 1:
        return np.empty((0, 4))
    scale = min(0.5, _WIDTH / image.shape[1])
    now = _small(image, scale)
    low, high = _range_of(_laid_on(now, past, scale))
    excess = cv2.blur(np.maximum(now - high, low - now), (_JOIN_PX, _JOIN_PX))
    sample = excess[::2, ::2]
    level = float(np.median(sample))
    noise = _SIGMA_PER_MAD * float(np.median(np.abs(sample - level)))
    # Where the past varied, the middle of the excess is far below 0, and the least excess decides.
    excess -= max(_LEAST_EXCESS, level + _NOISE_TIMES * noise)
    _clear_margins(excess, past, scale)
    return np.asarray(_blobs(excess, most) / scale, np.float64)


def _clear_margins(excess: Grey, past: Past, scale: float) -> None:
    """Set to 0 what some earlier frame did not show, because the camera shook."""
    height, width = excess.shape
    for x, y in {(x * scale, y * scale) for x, y in past.shifts}:
        excess[:, : math.ceil(max(0.0, -x))] = 0.0
        excess[:, width - math.ceil(max(0.0, x)) :] = 0.0
        excess[: math.ceil(max(0.0, -y))] = 0.0
        excess[height - math.ceil(max(0.0, y)) :] = 0.0


def _small(image: npt.NDArray[np.uint8], scale: float) -> Grey:
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(
        cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY), np.float32
    )


def _laid_on(now: Grey, past: Past, scale: float) -> list[Grey]:
    """Return each different earlier frame as it would lie on the present one, in the present one's light."""
    height, width = now.shape
    frames = {id(image): (image, shift) for image, shift in zip(past.images, past.shifts, strict=True)}
    laid = []
    for image, (x, y) in frames.values():
        matrix = np.array([[1.0, 0.0, x * scale], [0.0, 1.0, y * scale]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size, edge = (width, height), cv2.BORDER_REPLICATE
        moved = np.asarray(cv2.warpAffine(_small(image, scale), matrix, size, flags=flags, borderMode=edge), np.float32)
        laid.append(moved * _light_between(moved, now))
    return laid


def _light_between(before: Grey, now: Grey) -> Grey:
    """Return by what (h, w) the light at each place has changed between two pictures of one size."""
    height, width = now.shape
    cells = (max(1, width // _CELL_PX), max(1, height // _CELL_PX))
    ratio = (cv2.resize(now, cells, interpolation=cv2.INTER_AREA) + 1.0) / (
        cv2.resize(before, cells, interpolation=cv2.INTER_AREA) + 1.0
    )
    # OpenCV takes a wide median of bytes only.
    unit = _GAIN_STEPS / np.log(_MOST_GAIN)
    steps = np.clip(np.log(ratio) * unit, -_GAIN_STEPS, _GAIN_STEPS) + _GAIN_STEPS + 1.0
    middle = cv2.medianBlur(np.rint(steps).astype(np.uint8), _LIGHT_CELLS).astype(np.float32)
    gain = np.exp((middle - _GAIN_STEPS - 1.0) / unit)
    return np.asarray(cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _range_of(laid: list[Grey]) -> tuple[Grey, Grey]:
    """Return the lowest and the highest that each place was, within a pixel to all sides: registration is that good."""
    around = np.ones((3, 3), np.uint8)
    low, high = laid[0], laid[0]
    for frame in laid[1:]:
        low, high = np.minimum(low, frame), np.maximum(high, frame)
    return np.asarray(cv2.erode(low, around), np.float32), np.asarray(cv2.dilate(high, around), np.float32)


def _blobs(excess: Grey, most: int) -> npt.NDArray[np.float64]:
    """Return the boxes (k, 4) of the clearest places above 0."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((excess > 0.0).astype(np.uint8), connectivity=8)
    sums = np.bincount(labels.ravel(), weights=excess.ravel(), minlength=len(stats))
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    clarity = sums / np.sqrt(np.maximum(areas, 1.0))
    clarity[0] = 0.0  # the ground
    clarity[(areas < _LEAST_PX) | (areas > _MOST_SHARE * excess.size)] = 0.0
    best = [index for index in np.argsort(-clarity, kind="stable")[:most] if clarity[index] > 0.0]
    x0, y0, wide, high = (stats[best, column].astype(np.float64) for column in range(4))
    # The mean over 5 x 5 pixels has put a margin round each.
    return np.stack([x0, y0, x0 + wide, y0 + high], axis=1)

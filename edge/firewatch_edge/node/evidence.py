"""The pictures that go with a sighting: a crop around the smoke, and the whole frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from firewatch.errors import FrameUnavailableError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from firewatch.domain.vision import Box

__all__ = [
    "LIVE_LONG_SIDE_PX",
    "MOST_CROP_BYTES",
    "MOST_FRAME_BYTES",
    "crop_jpeg",
    "frame_jpeg",
    "full_jpeg",
    "live_jpeg",
    "small_crop_jpeg",
]

# DESIGN.md section 4: what a poor link carries in a few seconds.
MOST_CROP_BYTES = 60_000
MOST_FRAME_BYTES = 150_000

# What a person asked for at full size; a message has room for it (`firewatch.wire.reading`).
_MOST_FULL_BYTES = 900_000
LIVE_LONG_SIDE_PX = 640
_MOST_LIVE_BYTES = 50_000

_FRAME_LONG_SIDE_PX = 1280
_CROP_LONG_SIDE_PX = 640
_MOST_SMALL_BYTES = 12_000
_QUALITIES = (85, 70, 55, 40)
_SHRINK = 0.7
_MOST_SHRINKS = 8
# A smoke without its surroundings convinces nobody.
_CROP_MARGIN = 0.75
_LEAST_CROP_PX = 224


def crop_jpeg(image: npt.NDArray[np.uint8], box: Box) -> bytes:
    """Return a JPEG of the smoke with its surroundings, at most 60 kB.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        The frame in BGR.
    box : Box
        The smoke, in pixels of it.

    Returns
    -------
    bytes
        JPEG.
    """
    height, width = image.shape[:2]
    x0, x1 = _span(box.x0, box.x1, width)
    y0, y1 = _span(box.y0, box.y1, height)
    return _fitted(image[y0:y1, x0:x1], _CROP_LONG_SIDE_PX, MOST_CROP_BYTES)


def small_crop_jpeg(image: npt.NDArray[np.uint8], box: Box) -> bytes:
    """Return the same, at most 224 pixels long and 12 kB: what is kept in memory of what was held back."""
    height, width = image.shape[:2]
    x0, x1 = _span(box.x0, box.x1, width)
    y0, y1 = _span(box.y0, box.y1, height)
    return _fitted(image[y0:y1, x0:x1], _LEAST_CROP_PX, _MOST_SMALL_BYTES)


def frame_jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """Return a JPEG of the whole frame (h, w, 3) in BGR, at most 1280 pixels long and 150 kB."""
    return _fitted(image, _FRAME_LONG_SIDE_PX, MOST_FRAME_BYTES)


def full_jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """Return a JPEG of the whole frame (h, w, 3) in BGR at its own size, at most 900 kB; only then smaller."""
    return _fitted(image, max(image.shape[:2]), _MOST_FULL_BYTES)


def live_jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """Return a JPEG of the whole frame (h, w, 3) in BGR, at most 640 pixels long and 50 kB."""
    return _fitted(image, LIVE_LONG_SIDE_PX, _MOST_LIVE_BYTES)


def _span(low: float, high: float, limit: int) -> tuple[int, int]:
    """Widen an interval by its margin to the least crop, within 0 to `limit`."""
    half = max((0.5 + _CROP_MARGIN) * (high - low), _LEAST_CROP_PX / 2.0)
    middle = (low + high) / 2.0
    start = int(max(0.0, min(middle - half, limit - 2.0 * half)))
    return start, int(min(limit, max(start + 1.0, start + 2.0 * half)))


def _fitted(image: npt.NDArray[np.uint8], long_side_px: int, most_bytes: int) -> bytes:
    scale = min(1.0, long_side_px / max(image.shape[:2]))
    for _ in range(_MOST_SHRINKS):
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        small = image if scale == 1.0 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        for quality in _QUALITIES:
            is_good, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if is_good and encoded.size <= most_bytes:
                return bytes(encoded.data)
        scale *= _SHRINK
    raise FrameUnavailableError("evidence", f"no JPEG of at most {most_bytes} bytes after {_MOST_SHRINKS} shrinks")

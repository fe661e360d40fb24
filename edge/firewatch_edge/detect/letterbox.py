"""A frame into the network's input, without a new array for each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.errors import InvalidValue
from firewatch_edge.detect.shrink import shrunk

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Letterbox"]


class Letterbox:
    """Fits frames into the top-left corner of one reused input.

    Parameters
    ----------
    width, height : int
        The network's input [px].
    pad : int
        Grey level right of and below the frame.
    is_bgr : bool
        Whether the network takes blue first; else the channels are turned round.
    """

    def __init__(self, width: int, height: int, pad: int = 114, *, is_bgr: bool = True) -> None:
        self._pad = pad
        self._order = (0, 1, 2) if is_bgr else (2, 1, 0)
        self._planes = np.full((1, 3, height, width), pad, np.uint8)
        self._small = np.empty((height, width, 3), np.uint8)
        self._filled = (height, width)

    def fitted(self) -> npt.NDArray[np.uint8]:
        """Return a copy of the picture (h, w, 3), blue first, that was scaled into the input last."""
        height, width = self._filled
        return self._small[:height, :width].copy()

    def content_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return the width and height [px] that a frame takes in the input."""
        scale = self.scale_of(width_px, height_px)
        return max(1, round(width_px * scale)), max(1, round(height_px * scale))

    def scale_of(self, width_px: int, height_px: int) -> float:
        """Return the network's pixels per pixel of a frame."""
        height, width = self._planes.shape[2:]
        return min(width / width_px, height / height_px)

    def fit(self, image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], float]:
        """Scale a frame into the input.

        Parameters
        ----------
        image : ndarray, shape (h, w, 3), uint8
            Blue, green, red.

        Returns
        -------
        planes : ndarray, shape (1, 3, height, width), uint8
            The reused input: valid until the next call.
        scale : float
            Network pixels per pixel of the frame.

        Raises
        ------
        InvalidValue
            If the image is no (h, w, 3) array of uint8 with at least one pixel.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:  # noqa: PLR2004
            raise InvalidValue("frame", (image.shape, str(image.dtype)), "(h, w, 3) of uint8")
        height_px, width_px = image.shape[:2]
        scale = self.scale_of(width_px, height_px)
        width, height = self.content_size(width_px, height_px)
        if (height, width) != self._filled:
            self._planes[:] = self._pad
            self._filled = (height, width)
        # Area averaging when shrinking: distant smoke is a few pixels and must not alias away; as in training.
        small = self._small[:height, :width]
        if scale < 1.0:
            small = shrunk(image, (width, height), dst=small)
        else:
            small = np.asarray(cv2.resize(image, (width, height), dst=small, interpolation=cv2.INTER_LINEAR), np.uint8)
        # Writes into the planes themselves, at a seventh of the time of copying channel by channel.
        cv2.split(small, [self._planes[0, plane, :height, :width] for plane in self._order])
        return self._planes, scale

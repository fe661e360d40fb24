"""A tile as a view of its own: what the verifier is shown of a place that a tile shows sharper than the whole frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch_edge.detect.past import Past

__all__ = ["CloseUp"]

# A larger place is sharp enough in the whole frame, and its clip would reach beyond the tile [px of its picture].
_LARGEST_PX = 200.0


@dataclass(frozen=True, slots=True, eq=False)
class CloseUp:
    """A tile that was looked at in a frame, with its past.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        As the network saw it.
    past : Past
        What it showed before, at the same size.
    corner_px : (float, float)
        Where its left upper corner lies in the frame [px].
    scale : float
        Its pixels for one of the frame's.
    """

    image: npt.NDArray[np.uint8]
    past: Past
    corner_px: tuple[float, float]
    scale: float

    def holds(self, boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Tell which of boxes (n, 4) in pixels of the frame lie in it and are small."""
        inside = self.placed(boxes)
        height, width = self.image.shape[:2]
        is_within = (inside[:, :2] >= 0.0).all(axis=1) & (inside[:, 2] <= width) & (inside[:, 3] <= height)
        return np.asarray(is_within & ((inside[:, 2:] - inside[:, :2]).max(axis=1) <= _LARGEST_PX), bool)

    def framed(self, places: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return its own places (n, 4) in pixels of the frame."""
        return np.asarray(places / self.scale + np.array([*self.corner_px, *self.corner_px]), np.float64)

    def placed(self, boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return boxes (n, 4) of the frame in its own pixels."""
        return np.asarray((boxes - np.array([*self.corner_px, *self.corner_px])) * self.scale, np.float64)

"""Whether a picture is the last one again, whatever the camera writes on it: a sensor is never without noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["FrozenWatch"]

# Every so many pixels one is taken, as it came: an average would take the noise out that is looked for.
_SAMPLES_ACROSS = 320
_COLUMNS, _ROWS = 16, 9
# The camera's clock and name are written there: rows of patches at the top and the foot that are not asked.
_WRITTEN_ROWS = 1
# Mean difference [grey levels] below which a patch is the same: a JPEG of the same pixels is the same to the bit.
_SAME = 0.02
# Black and white patches have no noise of their own [grey levels].
_DARKEST, _BRIGHTEST = 12.0, 243.0
# Fewer patches than this share say nothing.
_LEAST_ASKED = 0.25
# Pictures that follow sooner may be coded from one another [s].
_LEAST_GAP_S = 1.0


class FrozenWatch:
    """Compares each picture of one camera with the one before; one thread owns it."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.uint8] | None = None
        self._last_at_s = 0.0

    def unchanged(self, image: npt.NDArray[np.uint8], at_s: float) -> float | None:
        """Return the share of the patches that are the same as in the picture before.

        Parameters
        ----------
        image : ndarray, shape (h, w, 3), uint8
            In BGR.
        at_s : float
            Monotonic time [s].

        Returns
        -------
        float or None
            0 to 1; None for a first picture, one of another size, one that comes too soon after the last, and one that
            is black or white nearly all over.
        """
        if self._last is not None and at_s - self._last_at_s < _LEAST_GAP_S:
            return None
        step = max(1, image.shape[1] // _SAMPLES_ACROSS)
        # Green: the channel that a sensor has most of.
        present = np.ascontiguousarray(image[::step, ::step, 1])
        last, self._last, self._last_at_s = self._last, present, at_s
        if last is None or last.shape != present.shape or min(present.shape) < _COLUMNS:
            return None
        change, light = _means(cv2.absdiff(present, last)), _means(present)
        asked = (light > _DARKEST) & (light < _BRIGHTEST)
        asked[:_WRITTEN_ROWS] = asked[-_WRITTEN_ROWS:] = False
        if asked.mean() < _LEAST_ASKED:
            return None
        return float((change[asked] < _SAME).mean())


def _means(plane: npt.ArrayLike) -> npt.NDArray[np.float32]:
    small = cv2.resize(np.asarray(plane, np.float32), (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)

"""Where a pose's horizon lies: the middle of what its last frames show."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene import skyline_rows

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Horizon"]

# It is looked for this often [s]: it stands still, light and cloud do not.
_EVERY_S = 300.0
# So many frames vote, and the first few come quickly [s].
_VOTES = 15
_FIRST, _FIRST_S = 3, 30.0
# The skyline is given for so many columns, and looked for in a picture of this width [px].
_COLUMNS, _WIDTH_PX = 64, 256


class Horizon:
    """Follows the skyline of one pose.

    Fog, glare, night or a roof before the lens mislead single frames; the median over an hour in each column does not
    follow them. Where it is wrong all the same only the tiles lie wrong: the whole frame is always looked at too.

    Parameters
    ----------
    told : float or None
        Row of the horizon as a share of the height, where the settings give it: then nothing is looked for.
    """

    def __init__(self, told: float | None = None) -> None:
        self._told = told
        self._votes: deque[npt.NDArray[np.float32]] = deque(maxlen=_VOTES)
        self._seen_at_s: float | None = None

    @property
    def rows(self) -> npt.NDArray[np.float32] | None:
        """The skyline as shares of the height, shape (64,), from left to right; None before the first frame."""
        if self._told is not None:
            return np.full(_COLUMNS, self._told, np.float32)
        if not self._votes:
            return None
        return np.asarray(np.median(np.stack(self._votes), axis=0), np.float32)

    def see(self, image: npt.NDArray[np.uint8], at_s: float) -> None:
        """Let a frame (h, w, 3) of a time on any clock [s] vote, where the last vote is long enough ago."""
        every_s = _EVERY_S if len(self._votes) >= _FIRST else _FIRST_S
        if self._told is not None or (self._seen_at_s is not None and 0.0 <= at_s - self._seen_at_s < every_s):
            return
        self._seen_at_s = at_s
        height = max(16, round(image.shape[0] * _WIDTH_PX / image.shape[1]))
        small = np.asarray(cv2.resize(image, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA), np.uint8)
        rows = skyline_rows(small).reshape(_COLUMNS, -1).mean(axis=1) / height
        self._votes.append(np.asarray(rows, np.float32))

    def forget(self) -> None:
        """Begin anew, as after the camera has turned."""
        self._votes.clear()
        self._seen_at_s = None

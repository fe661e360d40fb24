"""Where the ground meets the sky in a photograph, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["skyline_rows"]

# The skyline is looked for between these shares of the height: captions are above, the tower's foot below.
_HIGHEST, _LOWEST = 0.06, 0.75
_COLUMNS = 128  # of the small picture in which it is looked for
_STEPS = 3  # rows of the small picture that a skyline may climb from one column to the next
_CLIMB_COST = 2.0  # grey levels a row: a skyline is mostly level
_TEXTURE_COST = 0.06  # for each grey level of edges above: the sky is smooth


def skyline_rows(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Find a photograph's skyline: the path from left to right with the strongest step from bright above to dark below.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        Blue, green, red.

    Returns
    -------
    ndarray, shape (w,), float32
        Row of the skyline in each column [px]. A photograph without any sky gets the strongest long edge between
        its near and far ground.
    """
    height, width = image.shape[:2]
    rows = max(16, round(_COLUMNS * height / width))
    small = cv2.resize(image, (_COLUMNS, rows), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 1.0)
    step = np.zeros_like(grey)
    step[1:-1] = grey[:-2] - grey[2:]
    above = np.cumsum(np.abs(step), axis=0) - np.abs(step)
    gain = step - _TEXTURE_COST * above
    low, high = int(_HIGHEST * rows), max(int(_LOWEST * rows), int(_HIGHEST * rows) + 2)
    path = _best_path(np.asarray(gain[low:high], np.float32)) + low
    smooth = cv2.GaussianBlur(path[None, :].astype(np.float32), (0, 0), 1.0)
    line = cv2.resize(smooth, (width, 1), interpolation=cv2.INTER_LINEAR)[0]
    return np.asarray((line + 0.5) * height / rows, np.float32)


def _best_path(gain: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the row in each column of the path of most gain from left to right, less what its climbs cost."""
    rows, columns = gain.shape
    total = gain[:, 0].copy()
    came = np.zeros((rows, columns), np.intp)
    padding = np.full(_STEPS, -np.inf, np.float32)
    cost = _CLIMB_COST * np.abs(np.arange(-_STEPS, _STEPS + 1, dtype=np.float32))[:, None]
    for column in range(1, columns):
        wide = np.concatenate((padding, total, padding))
        ways = np.stack([wide[k : k + rows] for k in range(2 * _STEPS + 1)]) - cost
        best = ways.argmax(axis=0)
        came[:, column] = np.arange(rows) + best - _STEPS
        total = ways[best, np.arange(rows)] + gain[:, column]
    path = np.empty(columns, np.intp)
    path[-1] = int(total.argmax())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return path

"""Whether views of a board are enough to tell a lens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.errors import CalibrationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FEWEST_VIEWS", "coverage_of", "require_many_sided"]

# Two views fix the focal length in theory; five average out what a hand-held board is bent.
FEWEST_VIEWS = 5
_CELLS = (8, 6)
# A lens of which a quarter was seen is a guess elsewhere.
_LEAST_COVERAGE = 0.25
# Boards that are all parallel say nothing of the focal length: farther and longer look alike.
_LEAST_TURN_DEG = 10.0
_WHAT = "chessboard"


def coverage_of(views: Sequence[Numbers], width_px: int, height_px: int) -> float:
    """Return in which share of the picture's 8 by 6 cells corners were seen.

    Parameters
    ----------
    views : sequence of ndarray, each of shape (n, 2)
        Corners [px].
    width_px, height_px : int
        Size of the pictures.

    Raises
    ------
    CalibrationError
        If it is less than a quarter.
    """
    columns, rows = _CELLS
    seen = np.zeros((rows, columns), np.bool_)
    for view in views:
        across = np.clip((view[:, 0] / width_px * columns).astype(np.intp), 0, columns - 1)
        down = np.clip((view[:, 1] / height_px * rows).astype(np.intp), 0, rows - 1)
        seen[down, across] = True
    share = float(seen.mean())
    if share < _LEAST_COVERAGE:
        why = f"the boards cover {100.0 * share:.0f} % of the picture, {100.0 * _LEAST_COVERAGE:.0f} % are needed"
        raise CalibrationError(_WHAT, why, "hold the board nearer, and into every corner of the picture")
    return share


def require_many_sided(normals: Numbers) -> None:
    """Raise `CalibrationError` if all boards (normals, shape (n, 3)) stand parallel within ten degrees."""
    cosines = np.clip(normals @ normals.T, -1.0, 1.0)
    widest = math.degrees(math.acos(float(cosines.min())))
    if widest < _LEAST_TURN_DEG:
        why = f"the boards stand parallel within {widest:.1f} degrees: farther and a longer lens look alike"
        raise CalibrationError(_WHAT, why, "tilt the board by 20 to 40 degrees, to another side in each picture")

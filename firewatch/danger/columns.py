"""Numbers and arrays as columns of one length, so that a cell, a row and a single value give the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["columns"]


def columns(*values: npt.ArrayLike) -> tuple[tuple[Numbers, ...], tuple[int, ...]]:
    """Return the values broadcast, contiguous and one-dimensional, and the shape that they had.

    One-dimensional even for numbers: NumPy's scalar arithmetic rounds some functions otherwise than its array loops do.
    """
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    shape = arrays[0].shape
    if len(shape) != 1 or any(array.shape != shape for array in arrays):
        arrays = list(np.broadcast_arrays(*arrays))
    return tuple(np.ascontiguousarray(array).reshape(-1) for array in arrays), arrays[0].shape

"""Numbers and arrays as columns of one length, so that a cell, a row and a single value give the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["columns", "require_range"]


def columns(*values: npt.ArrayLike) -> tuple[tuple[Numbers, ...], tuple[int, ...]]:
    """Return the values broadcast, contiguous and one-dimensional, and the shape that they had.

    One-dimensional even for numbers: NumPy's scalar arithmetic rounds some functions otherwise than its array loops do.
    """
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    shape = arrays[0].shape
    if len(shape) != 1 or any(array.shape != shape for array in arrays):
        arrays = list(np.broadcast_arrays(*arrays))
    return tuple(np.ascontiguousarray(array).reshape(-1) for array in arrays), arrays[0].shape


def require_range(what: str, given: npt.ArrayLike, low: float, high: float) -> None:
    """Raise `InvalidValue`, naming the first place in an array, if a number lies outside; NaN does not."""
    values = np.asarray(given, dtype=np.float64)
    outside = (values < low) | (values > high)
    if outside.any():
        first = tuple(int(index) for index in np.argwhere(outside)[0])
        allowed = f"at least {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
        raise InvalidValue(f"{what} at {first}" if first else what, float(values[first]), allowed)

"""What can be seen from one place: how tall must a smoke be, over each cell of a raster, to be seen from there.

`least_visible_height` and `viewshed` are the two to use; what they return lies on the cells of the grid.
"""

from __future__ import annotations

import math
from enum import Enum
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_at_least
from firewatch.errors import InvalidValue
from firewatch.terrain.sight import REFRACTION, effective_radius_m, level_m
from firewatch.terrain.sweep import Outlook, quadrants, sweep_quadrant

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from firewatch.terrain.grid import TerrainGrid
    from firewatch.terrain.sight import AboveGround
    from firewatch.terrain.sweep import Quadrant

    Heights: TypeAlias = npt.NDArray[np.float32]

__all__ = ["Engine", "best_engine", "least_visible_height", "viewshed"]


_MIDDLE = 1e-6


class Engine(Enum):
    """What computes: NumPy, or the compiled kernel of the extra `fast`; both give the same bits."""

    NUMPY = "numpy"
    COMPILED = "compiled"


def best_engine() -> Engine:
    """Return the compiled engine where numba is installed, else NumPy."""
    return Engine.NUMPY if find_spec("numba") is None else Engine.COMPILED


def least_visible_height(
    grid: TerrainGrid,
    eye: AboveGround,
    *,
    max_range_m: float = math.inf,
    refraction: float = REFRACTION,
    engine: Engine | None = None,
) -> Heights:
    """Return how high above the ground of each cell something must be to be seen.

    Parameters
    ----------
    grid : TerrainGrid
        The ground.
    eye : AboveGround
        Who looks; anywhere within the raster, not only at the middle of a cell.
    max_range_m : float
        Farthest cells of interest [m].
    refraction : float
        The coefficient k; see `firewatch.terrain.sight`.
    engine : Engine, optional
        By default `best_engine()`.

    Returns
    -------
    ndarray, shape (rows, columns), float32
        At least 0 [m]; 0 is where the ground itself is seen. NaN beyond the range, and in a void (which hides nothing
        behind it).

    Raises
    ------
    TerrainError
        If the ground below the eye is unknown.
    InvalidValue
        If the range is no positive number, or the coefficient out of range.
    """
    if not max_range_m > 0.0:
        raise InvalidValue("range of the viewshed (m)", max_range_m, "a number above 0, or infinity")
    row, column = (_snapped(float(at)) for at in grid.row_column(np.asarray(eye.east_m), np.asarray(eye.north_m)))
    found = np.full(grid.shape, np.nan, np.float32)
    outlook = Outlook(
        level_m(grid, eye),
        grid.cell_m**2 / (2.0 * effective_radius_m(refraction)),
        min(max_range_m / grid.cell_m, math.hypot(*grid.shape)),
    )
    sweep = _sweep_of(engine or best_engine())
    for quadrant in quadrants(np.ascontiguousarray(grid.elevation_m), found, row, column):
        sweep(quadrant, outlook)
    if row.is_integer() and column.is_integer():
        found[int(row), int(column)] = 0.0  # the eye's own cell lies in no quadrant
    return found


def _snapped(place: float) -> float:
    """Return a place in cells; one that only rounding keeps from the middle of a cell is the middle."""
    return float(round(place)) if abs(place - round(place)) < _MIDDLE else place


def _sweep_of(engine: Engine) -> Callable[[Quadrant, Outlook], None]:
    if engine is Engine.NUMPY:
        return sweep_quadrant
    from firewatch.terrain.sweep_kernel import sweep_quadrant_compiled

    return sweep_quadrant_compiled


def viewshed(
    grid: TerrainGrid,
    eye: AboveGround,
    target_height_m: float = 0.0,
    *,
    max_range_m: float = math.inf,
    refraction: float = REFRACTION,
) -> npt.NDArray[np.bool_]:
    """Return over which cells something of a height is seen.

    Parameters
    ----------
    grid, eye, max_range_m, refraction
        As in `least_visible_height`.
    target_height_m : float
        Its height above the ground, at least 0 [m]; 0 asks for the ground itself.

    Returns
    -------
    ndarray, shape (rows, columns), bool
        False beyond the range and in voids, too.

    Raises
    ------
    TerrainError, InvalidValue
        As `least_visible_height`; and if the height is negative.
    """
    require_at_least("height of the target (m)", target_height_m, 0.0)
    least_m = least_visible_height(grid, eye, max_range_m=max_range_m, refraction=refraction)
    return np.asarray(least_m <= np.float32(target_height_m))

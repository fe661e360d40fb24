"""Heights of the ground as a raster on a local plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between, require_finite
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.geodesy import LocalPlane

    Heights: TypeAlias = npt.NDArray[np.float32]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["TerrainGrid"]

_DIMENSIONS = 2


@dataclass(frozen=True, slots=True, eq=False)
class TerrainGrid:
    """Heights of the ground on a local plane, north up: row 0 is the northernmost, column 0 the westernmost.

    Parameters
    ----------
    plane : LocalPlane
        The map that the raster lies on; its north is the true north of its origin.
    west_m, north_m : float
        Middle of the cell in row 0 and column 0, from the plane's origin [m].
    cell_m : float
        Side of a square cell, 1 to 1000 [m].
    elevation_m : ndarray, shape (rows, columns), float32
        Height above the geoid at the middle of each cell [m]; NaN where nobody knows. At least 2 by 2.

    Raises
    ------
    InvalidValue
        If a number is out of range or the raster has another shape or type.
    """

    plane: LocalPlane
    west_m: float
    north_m: float
    cell_m: float
    elevation_m: Heights

    def __post_init__(self) -> None:
        require_finite("west edge of the terrain (m)", self.west_m)
        require_finite("north edge of the terrain (m)", self.north_m)
        require_between("terrain cell (m)", self.cell_m, 1.0, 1000.0)
        heights = self.elevation_m
        if heights.ndim != _DIMENSIONS or heights.dtype != np.float32 or min(heights.shape) < _DIMENSIONS:
            raise InvalidValue("terrain heights", f"{heights.shape} {heights.dtype}", "float32, at least 2 by 2")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.elevation_m.shape
        return rows, columns

    def east_m(self) -> Numbers:
        """Return the middle of each column, west to east, shape (columns,) [m]."""
        return self.west_m + self.cell_m * np.arange(self.elevation_m.shape[1], dtype=np.float64)

    def north_m_of_rows(self) -> Numbers:
        """Return the middle of each row, north to south, shape (rows,) [m]."""
        return self.north_m - self.cell_m * np.arange(self.elevation_m.shape[0], dtype=np.float64)

    def row_column(self, east_m: Numbers, north_m: Numbers) -> tuple[Numbers, Numbers]:
        """Return the places of points of the plane in the raster, in cells; outside it they are outside its shape."""
        return (self.north_m - np.asarray(north_m)) / self.cell_m, (np.asarray(east_m) - self.west_m) / self.cell_m

    def height_at(self, east_m: Numbers, north_m: Numbers) -> Numbers:
        """Return the height at points of the plane, bilinear between the middles of cells [m].

        Parameters
        ----------
        east_m, north_m : ndarray, any one shape
            From the plane's origin [m].

        Returns
        -------
        ndarray, that shape, float64
            NaN outside the middles of the outermost cells, and beside a cell of unknown height.
        """
        row, column = self.row_column(east_m, north_m)
        rows, columns = self.shape
        is_inside = (row >= 0.0) & (row <= rows - 1) & (column >= 0.0) & (column <= columns - 1)
        safe_row, safe_column = np.where(is_inside, row, 0.0), np.where(is_inside, column, 0.0)
        top = np.minimum(safe_row.astype(np.intp), rows - 2)
        left = np.minimum(safe_column.astype(np.intp), columns - 2)
        down, right = safe_row - top, safe_column - left
        heights = self.elevation_m
        upper = heights[top, left] * (1.0 - right) + heights[top, left + 1] * right
        lower = heights[top + 1, left] * (1.0 - right) + heights[top + 1, left + 1] * right
        return np.asarray(np.where(is_inside, upper * (1.0 - down) + lower * down, np.nan), np.float64)

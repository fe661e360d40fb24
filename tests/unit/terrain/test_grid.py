"""The raster of heights."""

from __future__ import annotations

import numpy as np
import pytest

from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue
from firewatch.geodesy import LocalPlane
from firewatch.terrain import TerrainGrid

PLANE = LocalPlane(Position(26.9, 112.6))


def slope(rows: int = 4, columns: int = 5) -> TerrainGrid:
    """Return ground that rises 1 m for each 10 m to the east and 2 m for each 10 m to the north."""
    east, north = np.meshgrid(-20.0 + 10.0 * np.arange(columns), 30.0 - 10.0 * np.arange(rows))
    return TerrainGrid(PLANE, -20.0, 30.0, 10.0, (100.0 + 0.1 * east + 0.2 * north).astype(np.float32))


def test_heights_are_bilinear_between_the_middles_of_cells() -> None:
    grid = slope()
    east, north = np.array([-20.0, 20.0, 3.3, -7.7]), np.array([30.0, 0.0, 12.5, 0.1])
    np.testing.assert_allclose(grid.height_at(east, north), 100.0 + 0.1 * east + 0.2 * north, atol=1e-4)


def test_axes_name_the_middles_of_cells() -> None:
    grid = slope()
    assert grid.shape == (4, 5)
    assert grid.east_m().tolist() == [-20.0, -10.0, 0.0, 10.0, 20.0]
    assert grid.north_m_of_rows().tolist() == [30.0, 20.0, 10.0, 0.0]
    row, column = grid.row_column(np.array(0.0), np.array(30.0))
    assert (float(row), float(column)) == (0.0, 2.0)


def test_outside_and_beside_unknown_ground_is_unknown() -> None:
    grid = slope()
    assert np.isnan(grid.height_at(np.array([20.1, -20.1, 0.0, 0.0]), np.array([5.0, 5.0, 30.1, -0.1]))).all()
    heights = grid.elevation_m.copy()
    heights[0, 0] = np.nan
    holed = TerrainGrid(PLANE, -20.0, 30.0, 10.0, heights)
    found = holed.height_at(np.array([-15.0, 5.0]), np.array([25.0, 5.0]))
    assert np.isnan(found).tolist() == [True, False]


@pytest.mark.parametrize(
    ("cell_m", "heights"),
    [
        (0.5, np.zeros((3, 3), np.float32)),
        (30.0, np.zeros((3, 3))),
        (30.0, np.zeros((1, 3), np.float32)),
        (30.0, np.zeros(9, np.float32)),
    ],
)
def test_what_is_no_raster_is_refused(cell_m: float, heights: np.ndarray) -> None:
    with pytest.raises(InvalidValue):
        TerrainGrid(PLANE, 0.0, 0.0, cell_m, heights)

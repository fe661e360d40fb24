"""A country made by code: fractal hills, towers on their tops, and what each of them sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.geo import Position
from firewatch.domain.ids import TowerId
from firewatch.fusion.sight import Eye, Ground
from firewatch.geodesy import LocalPlane, PlanePoint
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

__all__ = ["HALF_M", "Country", "fractal_heights", "make_country"]

HALF_M = 30_000.0
_CELL_M = 40.0
_SPACING_M, _ROWS = 9_000.0, 5
_MAST_M, _SEARCH_M = 25.0, 2_500.0
_RANGE_M = 16_000.0
_FARTHEST_M = 24_000.0


@dataclass(frozen=True, slots=True)
class Country:
    """Hills with towers.

    Parameters
    ----------
    ground : Ground
        Heights, and the least visible heights of each tower.
    eyes : tuple of Eye
        Their cameras.
    points : tuple of PlanePoint
        Where they stand.
    """

    ground: Ground
    eyes: tuple[Eye, ...]
    points: tuple[PlanePoint, ...]


def fractal_heights(rng: np.random.Generator, cells: int, cell_m: float, relief_m: float = 130.0) -> Numbers:
    """Return hills: a Gaussian field whose spectrum falls with the power 3.6 (Hurst exponent 0.8) below 12 km."""
    waves = np.hypot(*np.meshgrid(np.fft.fftfreq(cells, cell_m), np.fft.rfftfreq(cells, cell_m), indexing="ij"))
    amplitude = (waves**2 + (1.0 / 12_000.0) ** 2) ** (-1.8 / 2.0)
    amplitude[0, 0] = 0.0
    noise = rng.standard_normal(waves.shape) + 1j * rng.standard_normal(waves.shape)
    heights = np.fft.irfft2(noise * amplitude, (cells, cells))
    return np.asarray(300.0 + heights * relief_m / heights.std())


def make_country(seed: int = 37) -> Country:
    """Return 60 x 60 km of hills in cells of 40 m with 25 towers on tops, 9 km apart."""
    rng = np.random.default_rng(seed)
    cells = int(2.0 * HALF_M / _CELL_M)
    heights = fractal_heights(rng, cells, _CELL_M).astype(np.float32)
    edge = HALF_M - _CELL_M / 2.0
    terrain = TerrainGrid(LocalPlane(Position(26.9, 112.6)), -edge, edge, _CELL_M, heights)
    eyes, points, seen = [], [], {}
    for number in range(_ROWS * _ROWS):
        row, column = divmod(number, _ROWS)
        middle = (_ROWS - 1) / 2.0
        wanted = (np.array((column, row)) - middle) * _SPACING_M + rng.uniform(-2_000.0, 2_000.0, 2)
        point, top_m = _top(terrain, wanted)
        name = TowerId(f"T{number:02d}")
        points.append(point)
        eyes.append(Eye(name, terrain.plane.unproject(point), _RANGE_M, top_m + _MAST_M))
        eye = AboveGround(point.east_m, point.north_m, _MAST_M)
        seen[name] = least_visible_height(terrain, eye, max_range_m=_FARTHEST_M)
    return Country(Ground(terrain, seen), tuple(eyes), tuple(points))


def _top(terrain: TerrainGrid, wanted: Numbers) -> tuple[PlanePoint, float]:
    row, column = (int(v) for v in terrain.row_column(wanted[0], wanted[1]))
    half = math.ceil(_SEARCH_M / terrain.cell_m)
    part = terrain.elevation_m[row - half : row + half + 1, column - half : column + half + 1]
    down, right = np.unravel_index(int(part.argmax()), part.shape)
    east, north = terrain.east_m()[column - half + right], terrain.north_m_of_rows()[row - half + down]
    return PlanePoint(float(east), float(north)), float(part.max())

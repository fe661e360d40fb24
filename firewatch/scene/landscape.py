"""The relief: an elevation raster in local metres, and a maker of plausible hills."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Landscape", "make_hills"]


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """An elevation raster in local metres.

    Parameters
    ----------
    elevation_m : ndarray, shape (rows, columns), float32
        Height of the ground [m]; row 0 lies in the south, column 0 in the west.
    cell_m : float
        Distance of neighbouring values [m].
    origin_east_m, origin_north_m : float
        Place of ``elevation_m[0, 0]`` [m].
    """

    elevation_m: npt.NDArray[np.float32]
    cell_m: float
    origin_east_m: float = 0.0
    origin_north_m: float = 0.0

    def __post_init__(self) -> None:
        if self.elevation_m.ndim != 2 or min(self.elevation_m.shape) < 2:  # noqa: PLR2004 - a raster has two axes
            raise InvalidValue("elevation raster", self.elevation_m.shape, "at least 2 rows and 2 columns")
        if self.elevation_m.dtype != np.float32 or not np.isfinite(self.elevation_m).all():
            raise InvalidValue("elevation raster", str(self.elevation_m.dtype), "finite float32")
        if not self.cell_m > 0.0:
            raise InvalidValue("cell (m)", self.cell_m, "above 0")

    def elevation_at(self, east_m: float, north_m: float) -> float:
        """Return the height of the ground at a place [m], bilinear; beyond the edge, the edge's height."""
        rows, columns = self.elevation_m.shape
        x = min(max((east_m - self.origin_east_m) / self.cell_m, 0.0), columns - 1.0)
        y = min(max((north_m - self.origin_north_m) / self.cell_m, 0.0), rows - 1.0)
        i, j = min(int(x), columns - 2), min(int(y), rows - 2)
        u, v = x - i, y - j
        square = self.elevation_m[j : j + 2, i : i + 2].astype(float)
        return float(
            (1 - v) * ((1 - u) * square[0, 0] + u * square[0, 1]) + v * ((1 - u) * square[1, 0] + u * square[1, 1])
        )

    def summit_near(self, east_m: float, north_m: float, within_m: float) -> tuple[float, float]:
        """Return east, north [m] of the highest hilltop in a square of half-width `within_m`: a tower's place.

        A hilltop is higher than all ground within 400 m of it; where there is none, the highest place counts.
        """
        rows, columns = self.elevation_m.shape
        reach, alone = max(1, round(within_m / self.cell_m)), max(1, round(400.0 / self.cell_m))
        i = int(np.clip(round((east_m - self.origin_east_m) / self.cell_m), 0, columns - 1))
        j = int(np.clip(round((north_m - self.origin_north_m) / self.cell_m), 0, rows - 1))
        top, left = max(0, j - reach), max(0, i - reach)
        window = self.elevation_m[top : j + reach + 1, left : i + reach + 1]
        around = cv2.dilate(self.elevation_m, np.ones((2 * alone + 1, 2 * alone + 1), np.uint8))
        hilltop = window >= around[top : j + reach + 1, left : i + reach + 1]
        height = np.where(hilltop, window, np.float32(-1e6)) if hilltop.any() else window
        row, column = np.unravel_index(int(height.argmax()), height.shape)
        return (
            self.origin_east_m + (left + int(column)) * self.cell_m,
            self.origin_north_m + (top + int(row)) * self.cell_m,
        )

    def finer(self, times: int) -> Landscape:
        """Return the same relief with cells `times` smaller, smoothly interpolated: no facets on a near hill."""
        rows, columns = self.elevation_m.shape
        # Map positions are set by hand: cv2.resize would shift the raster by half a cell.
        x, y = np.meshgrid(
            np.arange((columns - 1) * times + 1, dtype=np.float32) / times,
            np.arange((rows - 1) * times + 1, dtype=np.float32) / times,
        )
        fine = cv2.remap(self.elevation_m, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return Landscape(np.asarray(fine, np.float32), self.cell_m / times, self.origin_east_m, self.origin_north_m)


def _octave(rng: np.random.Generator, cells: int, wave_cells: float) -> npt.NDArray[np.float32]:
    """Return smooth noise of about -1 to 1 with the given wavelength, shape (cells, cells)."""
    knots = math.ceil(cells / wave_cells) + 4
    coarse = rng.uniform(-1.0, 1.0, (knots, knots)).astype(np.float32)
    axis = (np.arange(cells, dtype=np.float32) / np.float32(wave_cells)) + 1.5
    x, y = np.meshgrid(axis, axis)
    return np.asarray(cv2.remap(coarse, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32)


def _ridged(rng: np.random.Generator, cells: int, wave_cells: float, octaves: int) -> npt.NDArray[np.float32]:
    """Return ridged multifractal noise of about 0 to 1: crests join, valleys are wide, crests are rougher than valleys.

    After Musgrave, F. K. (1994), Texturing and Modeling: A Procedural Approach, chapter 16.
    """
    total = np.zeros((cells, cells), np.float32)
    weight = np.ones_like(total)
    amplitude, wave, most = 1.0, wave_cells, 0.0
    for _ in range(octaves):
        if wave < 2.0:  # noqa: PLR2004 - a wave below two cells cannot be drawn
            break
        crest = (1.0 - np.abs(_octave(rng, cells, wave))) ** 2
        total += np.float32(amplitude) * crest * weight
        weight = np.clip(crest * 1.6, 0.0, 1.0)
        most += amplitude
        amplitude *= 0.48
        wave /= 2.05
    return np.asarray(total / np.float32(most), np.float32)


def make_hills(
    rng: np.random.Generator,
    size_m: float = 40_000.0,
    cell_m: float = 50.0,
    floor_m: float = 80.0,
    summit_m: float = 1200.0,
) -> Landscape:
    """Make a basin with low hills and one mountain range, like Hengyang under the Hengshan: nobody's real ground.

    Parameters
    ----------
    rng : Generator
        The same generator state gives the same relief.
    size_m, cell_m : float
        Edge of the square and of one cell [m].
    floor_m, summit_m : float
        About the lowest and the highest ground [m].

    Returns
    -------
    Landscape
        Centred on east 0, north 0.
    """
    cells = round(size_m / cell_m) + 1
    axis = (np.arange(cells, dtype=np.float32) - (cells - 1) / 2) / np.float32(cells - 1)
    x, y = np.meshgrid(axis, axis)
    turn = rng.uniform(0.1, 0.6)
    # A range has a crooked axis: bend the distance from a straight line by slow noise.
    across = x * math.cos(turn) - y * math.sin(turn) + 0.09 * _octave(rng, cells, cells / 3.5) + rng.uniform(0.08, 0.22)
    mountains = np.exp(-((across / 0.13) ** 2)).astype(np.float32)
    crests = _ridged(rng, cells, 7500.0 / cell_m, 7)
    hills = _ridged(rng, cells, 3200.0 / cell_m, 6)
    where_hilly = 0.35 + 0.65 * np.clip(0.5 + 0.9 * _octave(rng, cells, cells / 5), 0.0, 1.0)
    relief = mountains * (0.25 + 1.1 * crests) + 0.30 * hills * where_hilly * (1.0 - 0.6 * mountains)
    relief = relief - np.float32(np.percentile(relief, 4.0))
    relief = np.clip(relief, 0.0, None) / relief.max()
    elevation = np.float32(floor_m) + np.float32(summit_m - floor_m) * relief
    return Landscape(elevation.astype(np.float32), cell_m, -size_m / 2, -size_m / 2)

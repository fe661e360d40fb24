"""Where the ground meets the sky, seen from one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.errors import InvalidValue
from firewatch.geodesy import PlanePoint
from firewatch.terrain.sight import REFRACTION, drop_m, level_m

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.terrain.grid import TerrainGrid
    from firewatch.terrain.sight import AboveGround

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Skyline", "skyline"]

# Directions that are followed at once: their heights stay in the caches.
_AT_ONCE = 64
# So near the ground's bulge between its lines shows: it is looked at there, too [cells].
_NEAR_CELLS = 32
_BETWEEN = np.array([0.25, 0.5, 0.75])
# A line of cells that is closer to the eye hides nothing [m].
_NEAREST_M = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Skyline:
    """The horizon that the terrain makes around an eye.

    Parameters
    ----------
    azimuth_deg : ndarray, shape (n,)
        True azimuths at the eye, as they were given [deg].
    elevation_deg : ndarray, shape (n,)
        Angle of the horizon over the eye's horizontal plane [deg]; NaN where no ground is known that way.
    distance_m : ndarray, shape (n,)
        Where it is [m]; NaN likewise. At the end of the raster, or of the range, there may be higher ground behind.
    """

    azimuth_deg: Numbers
    elevation_deg: Numbers
    distance_m: Numbers


def skyline(
    grid: TerrainGrid,
    eye: AboveGround,
    azimuths_deg: Numbers,
    max_range_m: float = math.inf,
    *,
    refraction: float = REFRACTION,
) -> Skyline:
    """Return the horizon in some directions.

    The ground is bilinear between the middles of cells and looked at where a direction crosses a row or a column; near
    the eye at quarters of cells, too.

    Parameters
    ----------
    grid : TerrainGrid
        The ground.
    eye : AboveGround
        Who looks.
    azimuths_deg : ndarray, shape (n,)
        True azimuths at the eye, any finite numbers [deg]: the convergence between the plane's north and the eye's is
        taken into account.
    max_range_m : float
        Farthest ground of interest [m].
    refraction : float
        The coefficient k; see `firewatch.terrain.sight`.

    Returns
    -------
    Skyline
        One angle and one distance for each azimuth.

    Raises
    ------
    InvalidValue
        If the azimuths are no list of finite numbers, or the range is no positive number.
    TerrainError
        If the ground below the eye is unknown.
    """
    azimuths = np.asarray(azimuths_deg, np.float64)
    if azimuths.ndim != 1 or not np.isfinite(azimuths).all():
        raise InvalidValue("azimuths (deg)", f"array of shape {azimuths.shape}", "a list of finite numbers")
    if not max_range_m > 0.0:
        raise InvalidValue("range of the skyline (m)", max_range_m, "a number above 0, or infinity")
    place = grid.plane.unproject(PlanePoint(eye.east_m, eye.north_m))
    directions = np.radians(azimuths + grid.plane.grid_azimuth_deg(place, 0.0))
    level = level_m(grid, eye)
    slope, distance = np.full(azimuths.shape, -np.inf), np.full(azimuths.shape, np.nan)
    for first in range(0, azimuths.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        toward = np.stack([np.sin(directions[part]), np.cos(directions[part])])
        for axis in range(2):
            gone = _crossings(grid, eye, toward, axis, max_range_m)
            slopes = _slopes(grid, eye, toward, gone, level, refraction)
            best = slopes.argmax(axis=1)[:, None]
            steepest = np.take_along_axis(slopes, best, 1)[:, 0]
            is_steeper = steepest > slope[part]
            slope[part] = np.where(is_steeper, steepest, slope[part])
            distance[part] = np.where(is_steeper, np.take_along_axis(gone, best, 1)[:, 0], distance[part])
    return Skyline(azimuths, np.where(np.isnan(distance), np.nan, np.degrees(np.arctan(slope))), distance)


def _crossings(grid: TerrainGrid, eye: AboveGround, toward: Numbers, axis: int, most_m: float) -> Numbers:
    """Return how far directions are gone at their crossings of columns (axis 0) or rows (1), shape (n, lines) [m]."""
    if axis == 0:
        lines, at = grid.east_m(), eye.east_m
    else:
        lines, at = grid.north_m_of_rows(), eye.north_m
    between = lines[np.abs(lines - at) < _NEAR_CELLS * grid.cell_m][:, None] + grid.cell_m * _BETWEEN
    lines = np.concatenate([lines, between.ravel()])
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = (lines - at) / toward[axis][:, None]
    return np.where((gone > _NEAREST_M) & (gone <= most_m), gone, np.nan)


def _slopes(
    grid: TerrainGrid, eye: AboveGround, toward: Numbers, gone: Numbers, level: float, refraction: float
) -> Numbers:
    """Return the slopes from the eye to the ground at distances, shape (n, lines); -inf where there is no ground."""
    is_way = np.isfinite(gone)
    far = gone[is_way]
    east, north = (np.broadcast_to(part[:, None], gone.shape)[is_way] for part in toward)
    heights = grid.height_at(eye.east_m + far * east, eye.north_m + far * north)
    slopes = np.full(gone.shape, -np.inf)
    slopes[is_way] = np.nan_to_num((heights - drop_m(far, refraction) - level) / far, nan=-np.inf)
    return slopes

"""What an eye sees over a raster of heights: the earth's curvature, refraction, elevation angles, one line of sight.

The earth is a sphere whose radius refraction makes longer: light bends down with the ground by the share k of its
curvature, as if it went straight over a sphere of radius R / (1 - k). Over s metres the ground then drops by
s**2 (1 - k) / (2 R), which is exact to a millimetre within 60 km.

References
----------
.. [1] Torge, W.; Mueller, J. (2012). Geodesy, 4th ed., De Gruyter, section 5.1.2: k = 0.13 by day over land, after
   Gauss (1826); near the ground it swings between about -1 and 1.
.. [2] Moritz, H. (2000). Geodetic Reference System 1980. J. Geodesy 74, 128-133: mean radius 6,371,008.8 m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between, require_finite
from firewatch.errors import TerrainError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.geo import Position
    from firewatch.geodesy import LocalPlane
    from firewatch.terrain.grid import TerrainGrid

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "EARTH_RADIUS_M",
    "REFRACTION",
    "AboveGround",
    "LineOfSight",
    "drop_m",
    "effective_radius_m",
    "elevation_angle_deg",
    "level_m",
    "line_of_sight",
]

EARTH_RADIUS_M = 6_371_008.8
REFRACTION = 0.13


@dataclass(frozen=True, slots=True)
class AboveGround:
    """An eye, or what it looks at.

    Parameters
    ----------
    east_m, north_m : float
        From the plane's origin [m].
    above_ground_m : float
        Height over the ground of the raster, 0 to 1000 [m].
    """

    east_m: float
    north_m: float
    above_ground_m: float

    def __post_init__(self) -> None:
        require_finite("east (m)", self.east_m)
        require_finite("north (m)", self.north_m)
        require_between("height above the ground (m)", self.above_ground_m, 0.0, 1000.0)

    @classmethod
    def at(cls, plane: LocalPlane, place: Position, above_ground_m: float) -> AboveGround:
        """Return the point over a place; the place's own elevation does not matter, for the raster's is used."""
        point = plane.project(place)
        return cls(point.east_m, point.north_m, above_ground_m)


@dataclass(frozen=True, slots=True)
class LineOfSight:
    """Whether an eye sees a point, and how it lies.

    Parameters
    ----------
    least_visible_height_m : float
        How high above the ground something at the target's place must be to be seen, at least 0 [m].
    is_clear : bool
        Whether the target is as high.
    elevation_deg : float
        Angle of the target over the eye's horizontal plane, whether it is seen or not [deg].
    distance_m : float
        Along the ground [m].
    """

    least_visible_height_m: float
    is_clear: bool
    elevation_deg: float
    distance_m: float


def effective_radius_m(refraction: float = REFRACTION) -> float:
    """Return the radius of the sphere over which light goes straight [m]; k is -1 to 0.9, 0 is no air."""
    require_between("coefficient of refraction", refraction, -1.0, 0.9)
    return EARTH_RADIUS_M / (1.0 - refraction)


def drop_m(distance_m: npt.ArrayLike, refraction: float = REFRACTION) -> Numbers:
    """Return by how much the ground has curved away below the eye's horizontal plane, that shape [m]."""
    distance = np.asarray(distance_m, np.float64)
    return np.asarray(distance * distance / (2.0 * effective_radius_m(refraction)))


def level_m(grid: TerrainGrid, point: AboveGround) -> float:
    """Return a point's height above the geoid [m].

    Raises
    ------
    TerrainError
        If it lies outside the raster, or where nobody knows the ground.
    """
    ground = float(grid.height_at(np.asarray(point.east_m), np.asarray(point.north_m)))
    if math.isnan(ground):
        raise TerrainError(
            f"no height of the ground {point.east_m:.0f} m east and {point.north_m:.0f} m north of the raster's origin:"
            " it lies outside the raster or in a void; import the tiles around it"
        )
    return ground + point.above_ground_m


def elevation_angle_deg(
    grid: TerrainGrid,
    eye: AboveGround,
    east_m: Numbers,
    north_m: Numbers,
    above_ground_m: npt.ArrayLike = 0.0,
    *,
    refraction: float = REFRACTION,
) -> Numbers:
    """Return under which angle an eye sees points, whether the ground between hides them or not.

    Parameters
    ----------
    grid : TerrainGrid
        The ground.
    eye : AboveGround
        Who looks.
    east_m, north_m : ndarray, any one shape
        The points, from the plane's origin [m].
    above_ground_m : array_like, broadcast to that shape
        Their height above the ground [m].
    refraction : float
        The coefficient k.

    Returns
    -------
    ndarray, that shape, float64
        Over the eye's horizontal plane, -90 to 90 [deg]; NaN outside the raster and beside a void.

    Raises
    ------
    TerrainError
        If the ground below the eye is unknown.
    """
    distance = np.hypot(np.asarray(east_m) - eye.east_m, np.asarray(north_m) - eye.north_m)
    rise = grid.height_at(east_m, north_m) + np.asarray(above_ground_m) - level_m(grid, eye)
    return np.asarray(np.degrees(np.arctan2(rise - drop_m(distance, refraction), distance)))


def line_of_sight(
    grid: TerrainGrid, eye: AboveGround, target: AboveGround, *, refraction: float = REFRACTION
) -> LineOfSight:
    """Tell whether an eye sees one point: the line is held against the ground wherever it crosses a line of the raster.

    Between the middles of cells the ground is bilinear. A void hides nothing: better to look at a hill than to miss a
    smoke.

    Parameters
    ----------
    grid : TerrainGrid
        The ground; both points lie within it.
    eye, target : AboveGround
        Who looks, and at what.
    refraction : float
        The coefficient k.

    Returns
    -------
    LineOfSight
        With the height from which on something at the target's place is seen.

    Raises
    ------
    TerrainError
        If the ground below one of them is unknown.
    """
    eye_m, target_m = level_m(grid, eye), level_m(grid, target)
    east, north = target.east_m - eye.east_m, target.north_m - eye.north_m
    distance_m = math.hypot(east, north)
    way = _crossings(grid, eye, target)
    heights = grid.height_at(eye.east_m + way * east, eye.north_m + way * north)
    gone = way * distance_m
    slopes = (heights - drop_m(gone, refraction) - eye_m) / gone
    drop = float(drop_m(distance_m, refraction))
    steepest = float(np.nanmax(slopes, initial=-math.inf))
    needed = eye_m + steepest * distance_m + drop - (target_m - target.above_ground_m)
    least_m = max(0.0, needed) if slopes.size else 0.0
    elevation_deg = math.degrees(math.atan2(target_m - drop - eye_m, distance_m))
    return LineOfSight(least_m, target.above_ground_m >= least_m, elevation_deg, distance_m)


def _crossings(grid: TerrainGrid, eye: AboveGround, target: AboveGround) -> Numbers:
    """Return where the way from one point to another crosses rows and columns, as parts of it in (0, 1)."""
    parts: list[Numbers] = [np.empty(0)]
    for axis in grid.row_column(
        np.array([eye.east_m, target.east_m]),
        np.array([eye.north_m, target.north_m]),
    ):
        start, end = float(axis[0]), float(axis[1])
        low, high = min(start, end), max(start, end)
        if high > low:
            lines = np.arange(math.floor(low) + 1, math.ceil(high), dtype=np.float64)
            parts.append((lines - start) / (end - start))
    way = np.unique(np.concatenate(parts))
    return way[(way > 0.0) & (way < 1.0)]

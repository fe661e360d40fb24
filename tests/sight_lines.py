"""Towers around Hengyang that see one fire, on flat ground or on a slope."""

from __future__ import annotations

import math

import numpy as np

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import TowerId
from firewatch.fusion import ElevationAngle, Eye, SightLine
from firewatch.geodesy import LocalPlane, PlanePoint, inverse
from firewatch.terrain import TerrainGrid

HENGYANG = Position(26.9, 112.6)
PLANE = LocalPlane(HENGYANG)
RANGE_M = 15_000.0


def place(east_m: float, north_m: float) -> Position:
    return PLANE.unproject(PlanePoint(east_m, north_m))


def line(
    tower: str,
    at: tuple[float, float],
    fire: tuple[float, float] = (0.0, 0.0),
    *,
    off_deg: float = 0.0,
    sigma_deg: float = 0.5,
    elevation: ElevationAngle | None = None,
    height_m: float | None = None,
) -> SightLine:
    where = place(*at)
    azimuth_deg = wrap_deg(inverse(where, place(*fire)).azimuth_deg + off_deg)
    return SightLine(Eye(TowerId(tower), where, RANGE_M, height_m), Bearing(azimuth_deg, sigma_deg), elevation)


def slope(per_m: float = 0.1, half_m: float = 15_000.0, cell_m: float = 50.0) -> TerrainGrid:
    """Ground that rises to the east."""
    side = np.arange(-half_m, half_m + cell_m, cell_m)
    heights = np.broadcast_to(2_000.0 + per_m * side, (side.size, side.size)).astype(np.float32)
    return TerrainGrid(PLANE, -half_m, half_m, cell_m, heights)


def angle_to(grid: TerrainGrid, at: tuple[float, float], height_m: float, fire: tuple[float, float]) -> float:
    """Elevation of smoke 8 m above the ground at the fire, curvature and refraction included [deg]."""
    distance_m = math.dist(at, fire)
    ground_m = float(grid.height_at(np.float64(fire[0]), np.float64(fire[1])))
    drop_m = distance_m**2 * 0.87 / (2.0 * 6_371_008.8)
    return math.degrees(math.atan2(ground_m + 8.0 - height_m - drop_m, distance_m))

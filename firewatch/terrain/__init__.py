"""The ground: heights, line of sight, viewsheds and skylines. Arrays in, arrays out."""

from firewatch.terrain.grid import TerrainGrid
from firewatch.terrain.horizon import Skyline, skyline
from firewatch.terrain.sight import AboveGround, LineOfSight, elevation_angle_deg, line_of_sight
from firewatch.terrain.visible import least_visible_height, viewshed

__all__ = [
    "AboveGround",
    "LineOfSight",
    "Skyline",
    "TerrainGrid",
    "elevation_angle_deg",
    "least_visible_height",
    "line_of_sight",
    "skyline",
    "viewshed",
]

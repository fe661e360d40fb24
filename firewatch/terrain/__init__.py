"""The ground: heights, line of sight, viewsheds and skylines. Arrays in, arrays out."""

from firewatch.terrain.grid import TerrainGrid

__all__ = ["TerrainGrid"]

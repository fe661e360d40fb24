"""Wiring of the terrain model: the ground around a place, and what the model covers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.terrain_folder import TerrainFolder

if TYPE_CHECKING:
    from firewatch.domain.geo import Position
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.terrain import TerrainGrid
    from firewatch.terrain_settings import TerrainConfig

__all__ = ["terrain_around", "terrain_told", "towers_outside"]


def terrain_around(settings: TerrainConfig, place: Position, radius_m: float) -> TerrainGrid | None:
    """Return the ground around a place, on the plane around it; None where the settings name no model.

    The first call for a place reads the tiles (a second or two), later ones read what it kept.

    Raises
    ------
    TerrainError
        If no tile covers any of it, one is damaged, or rasterio is not installed. Who locates goes on without.
    """
    if not settings.folder:
        return None
    return TerrainFolder(Path(settings.folder)).grid_around(place, radius_m, settings.cell_m)


def towers_outside(settings: TerrainConfig, sites: SiteMap) -> tuple[Tower, ...]:
    """Return the towers below which no tile lies; raise `TerrainError` if the folder's list cannot be read."""
    tiles = TerrainFolder(Path(settings.folder)).tiles()
    return tuple(
        tower
        for tower in sites.towers
        if not any(tile.covers(tower.position.lat_deg, tower.position.lon_deg) for tile in tiles)
    )


def terrain_told(settings: TerrainConfig, sites: SiteMap) -> tuple[str, tuple[str, ...]]:
    """Return a line on the model for `firewatch check-config`, and warnings.

    Raises
    ------
    TerrainError
        If the folder's list cannot be read.
    """
    if not settings.folder:
        return "terrain: none; fires are located on the plane, whatever hills lie between", ()
    tiles = TerrainFolder(Path(settings.folder)).tiles()
    if not tiles:
        how = "`firewatch terrain import FILES` fills it; until then fires are located on the plane"
        return f"terrain: no tile in {settings.folder}", (f"terrain: {settings.folder} has no tile: {how}",)
    outside = towers_outside(settings, sites)
    finest = tiles[0].resolution_m
    told = f"terrain: {len(tiles)} tile(s), cells of {finest:.0f} m at best; {len(sites.towers) - len(outside)} of"
    names = ", ".join(tower.tower_id for tower in outside)
    missing = (f"terrain: no tile below {names}: what they see is located on the plane",) if outside else ()
    return f"{told} {len(sites.towers)} towers on it", missing

"""Wiring of the map of land cover: its folder, its legend, and which fuels its classes are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.land_codes import LEGENDS, codes_of_table, read_land_codes
from firewatch.adapters.land_cover import LandCoverFolder
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from firewatch.adapters.land_codes import LandCodes
    from firewatch.domain.sites import SiteMap
    from firewatch.land_settings import LandCoverConfig
    from firewatch.services.fire_priors import PlaceFactor

__all__ = ["land_codes", "land_cover_map", "land_cover_told", "place_factors"]


def land_cover_map(settings: LandCoverConfig) -> LandCoverFolder | None:
    """Return the map; None where the settings name none."""
    return LandCoverFolder(Path(settings.folder)) if settings.folder else None


def place_factors(cover: LandCoverFolder | None) -> tuple[PlaceFactor, ...]:
    """Return what a map says of where fires start, for `firewatch.locating_wiring.build_locator`."""
    return () if cover is None else (cover.weights_over,)


def land_codes(settings: LandCoverConfig) -> LandCodes:
    """Return what the codes of imported files mean; raise `ConfigError` where nobody can tell."""
    codes = settings.codes
    try:
        if not isinstance(codes, str):
            return codes_of_table(codes)
    except InvalidValue as err:
        raise ConfigError("settings", "land_cover.codes", str(err)) from err
    if codes.endswith(".toml"):
        return read_land_codes(Path(codes))
    if codes not in LEGENDS:
        known = ", ".join(LEGENDS)
        allowed = f"{known}, a file that ends in .toml, or a table of code to class"
        raise ConfigError("settings", "land_cover.codes", f"{codes!r} is no legend; allowed are {allowed}")
    return LEGENDS[codes]


def land_cover_told(settings: LandCoverConfig, sites: SiteMap) -> tuple[str, tuple[str, ...]]:
    """Return a line on the map for `firewatch check-config`, and warnings.

    Raises
    ------
    ConfigError
        If its legend cannot be used.
    TerrainError
        If the folder's list cannot be read.
    """
    land_codes(settings)
    cover = land_cover_map(settings)
    if cover is None:
        return "land cover: none; fuels are those of spread.fuels everywhere", ()
    tiles = cover.tiles()
    if not tiles:
        how = "`firewatch land-cover import FILES` fills it; until then fuels are those of spread.fuels"
        return f"land cover: no tile in {settings.folder}", (f"land cover: {settings.folder} has no tile: {how}",)
    places = [(tower.tower_id, tower.position) for tower in sites.towers]
    outside = [name for name, at in places if not any(tile.covers(at.lat_deg, at.lon_deg) for tile in tiles)]
    told = f"land cover: {len(tiles)} tile(s), cells of {tiles[0].resolution_m:.0f} m at best;"
    missing = f"land cover: no tile below {', '.join(outside)}: fuels around are those of spread.fuels"
    return f"{told} {len(places) - len(outside)} of {len(places)} towers on it", (missing,) if outside else ()

"""Wiring of how fires spread: which files it rests on."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.diurnal_tables import load_diurnal_tables
from firewatch.adapters.exposures_geojson import read_exposures, read_heat_sources
from firewatch.adapters.fuel_types_toml import read_fuel_types
from firewatch.domain.land import LandClass
from firewatch.errors import ConfigError, InvalidValue
from firewatch.fusion.spread_case import FuelShare
from firewatch.services.ground_fuels import CoverFuels, GroundFuels
from firewatch.services.spreading import SpreadGround, SpreadPages
from firewatch.spread_settings import COVER_CURED_PCT, COVER_FUELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firewatch.config import CentralConfig
    from firewatch.danger.forest_fuels import ForestFuels
    from firewatch.domain.exposure import Exposure
    from firewatch.domain.geo import Position
    from firewatch.domain.hotspot import HeatSource
    from firewatch.domain.sites import SiteMap
    from firewatch.services.ports import LandCoverMap
    from firewatch.services.weather_ports import HourBook, ReadingBook
    from firewatch.spread_settings import SpreadConfig
    from firewatch.terrain import TerrainGrid

__all__ = ["check_spread", "cover_fuels", "fuel_shares", "heat_sources", "spread_pages"]

_SHIPPED = "fuel_types.toml"


def spread_pages(
    config: CentralConfig,
    sites: SiteMap,
    hours: HourBook,
    readings: ReadingBook,
    terrain: Callable[[Position], TerrainGrid | None],
    cover: LandCoverMap | None = None,
) -> SpreadPages:
    """Wire the spread of incidents over the heights that `terrain`, and the ground that `cover` knows.

    Raises
    ------
    ConfigError
        If a file of the settings cannot be used, or a forest type is not in its table.
    """
    spread = config.spread
    ground = SpreadGround(
        fuels=GroundFuels(fuel_shares(spread), cover, cover_fuels(spread)),
        exposures=exposures(spread),
        diurnal=load_diurnal_tables(),
        utc_offset=timedelta(hours=config.danger.utc_offset_h),
        terrain=terrain,
    )
    return SpreadPages(sites, hours, readings, ground)


def check_spread(spread: SpreadConfig) -> None:
    """Read every file that the settings of spread name; raise `ConfigError` if one cannot be used."""
    fuel_shares(spread)
    cover_fuels(spread)
    exposures(spread)
    heat_sources(spread)


def exposures(spread: SpreadConfig) -> tuple[Exposure, ...]:
    """Return what a fire could reach; raise `ConfigError` if its file cannot be used."""
    return read_exposures(Path(spread.exposures)) if spread.exposures else ()


def fuel_shares(spread: SpreadConfig) -> tuple[FuelShare, ...]:
    """Return the fuels of the settings; raise `ConfigError` if one is in no table."""
    return _shares(spread.fuels, _fuel_types(spread), "spread.fuels") if spread.fuels else ()


def cover_fuels(spread: SpreadConfig) -> CoverFuels:
    """Return what each class of land cover is; raise `ConfigError` if a class or a forest type is unknown."""
    table = _fuel_types(spread)
    fuels = {
        _land_class(slug, "cover_fuels"): _shares(mixture, table, f"spread.cover_fuels.{slug}")
        for slug, mixture in (COVER_FUELS | spread.cover_fuels).items()
    }
    cured = {
        _land_class(slug, "cover_cured_pct"): tuple(months)
        for slug, months in (COVER_CURED_PCT | spread.cover_cured_pct).items()
    }
    return CoverFuels(fuels, cured)


def _land_class(slug: str, key: str) -> LandClass:
    try:
        return LandClass.of(slug)
    except InvalidValue as err:
        raise ConfigError(
            "settings", f"spread.{key}.{slug}", f"is no class of land cover; allowed is {err.allowed}"
        ) from err


def _fuel_types(spread: SpreadConfig) -> ForestFuels:
    return read_fuel_types(Path(spread.fuel_types) if spread.fuel_types else _shipped())


def _shares(mixture: Mapping[str, float], table: ForestFuels, key: str) -> tuple[FuelShare, ...]:
    shares = []
    for name, share in mixture.items():
        fuel = table.find(name)
        if fuel is None:
            known = ", ".join(one.name_zh for one in table.fuels)
            raise ConfigError("settings", f"{key}.{name}", f"is no forest type; known are {known}")
        shares.append(FuelShare(fuel, share))
    return tuple(shares)


def heat_sources(spread: SpreadConfig) -> tuple[HeatSource, ...]:
    """Return the places known to be warm; raise `ConfigError` if their file cannot be used."""
    return read_heat_sources(Path(spread.heat_sources)) if spread.heat_sources else ()


def _shipped() -> Path:
    package = Path(str(resources.files("firewatch")))
    packed = package / "example_configs" / _SHIPPED
    return packed if packed.is_file() else package.parent / "configs" / _SHIPPED

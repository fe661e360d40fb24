"""Wiring of how fires spread: which files it rests on."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.diurnal_tables import load_diurnal_tables
from firewatch.adapters.exposures_geojson import read_exposures, read_heat_sources
from firewatch.adapters.fuel_types_toml import read_fuel_types
from firewatch.errors import ConfigError
from firewatch.fusion.spread_case import FuelShare
from firewatch.services.spreading import SpreadGround, SpreadPages

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.config import CentralConfig
    from firewatch.domain.exposure import Exposure
    from firewatch.domain.geo import Position
    from firewatch.domain.hotspot import HeatSource
    from firewatch.domain.sites import SiteMap
    from firewatch.services.weather_ports import HourBook, ReadingBook
    from firewatch.spread_settings import SpreadConfig
    from firewatch.terrain import TerrainGrid

__all__ = ["check_spread", "fuel_shares", "heat_sources", "spread_pages"]

_SHIPPED = "fuel_types.toml"


def spread_pages(
    config: CentralConfig,
    sites: SiteMap,
    hours: HourBook,
    readings: ReadingBook,
    terrain: Callable[[Position], TerrainGrid | None],
) -> SpreadPages:
    """Wire the spread of incidents over the heights that `terrain` knows.

    Raises
    ------
    ConfigError
        If a file of the settings cannot be used, or a forest type is not in its table.
    """
    spread = config.spread
    ground = SpreadGround(
        fuels=fuel_shares(spread),
        exposures=exposures(spread),
        diurnal=load_diurnal_tables(),
        utc_offset=timedelta(hours=config.danger.utc_offset_h),
        terrain=terrain,
    )
    return SpreadPages(sites, hours, readings, ground)


def check_spread(spread: SpreadConfig) -> None:
    """Read every file that the settings of spread name; raise `ConfigError` if one cannot be used."""
    fuel_shares(spread)
    exposures(spread)
    heat_sources(spread)


def exposures(spread: SpreadConfig) -> tuple[Exposure, ...]:
    """Return what a fire could reach; raise `ConfigError` if its file cannot be used."""
    return read_exposures(Path(spread.exposures)) if spread.exposures else ()


def fuel_shares(spread: SpreadConfig) -> tuple[FuelShare, ...]:
    """Return the fuels of the settings; raise `ConfigError` if one is in no table."""
    if not spread.fuels:
        return ()
    table = read_fuel_types(Path(spread.fuel_types) if spread.fuel_types else _shipped())
    shares = []
    for name, share in spread.fuels.items():
        fuel = table.find(name)
        if fuel is None:
            known = ", ".join(one.name_zh for one in table.fuels)
            raise ConfigError("settings", f"spread.fuels.{name}", f"is no forest type; known are {known}")
        shares.append(FuelShare(fuel, share))
    return tuple(shares)


def heat_sources(spread: SpreadConfig) -> tuple[HeatSource, ...]:
    """Return the places known to be warm; raise `ConfigError` if their file cannot be used."""
    return read_heat_sources(Path(spread.heat_sources)) if spread.heat_sources else ()


def _shipped() -> Path:
    package = Path(str(resources.files("firewatch")))
    packed = package / "example_configs" / _SHIPPED
    return packed if packed.is_file() else package.parent / "configs" / _SHIPPED

"""Forest types as fuels from a TOML file, as `configs/fuel_types.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firewatch.adapters.checked_toml import parse_toml, read_content
from firewatch.danger.fbp.fuels import FuelType, fuel_codes
from firewatch.danger.forest_fuels import ForestFuel, ForestFuels
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_fuel_types"]


class _Fuel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zh: str
    en: str
    fbp: str
    ks: float
    reason: str
    confirmed: bool = False
    other_names: tuple[str, ...] = ()
    conifer_pct: float | None = None
    cured_pct: float | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fuel: tuple[_Fuel, ...]


def read_fuel_types(path: Path) -> ForestFuels:
    """Return the forest types of a file.

    Raises
    ------
    ConfigError
        If the file cannot be read, has an unknown or missing key, a fuel type that the FBP System does not know, a
        number out of range, or a name twice.
    """
    return parse_toml(read_content(path, "forest types"), str(path), "forest types", _File, _forest_fuels)


def _forest_fuels(parsed: _File) -> ForestFuels:
    return ForestFuels(tuple(_forest_fuel(fuel) for fuel in parsed.fuel))


def _forest_fuel(given: _Fuel) -> ForestFuel:
    try:
        (code,) = fuel_codes([given.fbp])
    except InvalidValue as err:
        raise InvalidValue(f"fbp of {given.zh}", given.fbp, err.allowed) from err
    return ForestFuel(
        given.zh,
        given.en,
        FuelType(int(code)),
        given.ks,
        given.reason,
        given.confirmed,
        given.other_names,
        given.conifer_pct,
        given.cured_pct,
    )

"""Tables of the diurnal Fine Fuel Moisture Code from the TOML file that ships in the package."""

from __future__ import annotations

from importlib import resources

import msgspec

from firewatch.danger.diurnal import DiurnalGrid, DiurnalTables, HumidityLimits
from firewatch.errors import ConfigError, InvalidValue

__all__ = ["load_diurnal_tables", "parse_diurnal_tables"]

_SHIPPED = "lawson_1996.toml"


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Grid(_Struct, frozen=True, forbid_unknown_fields=True):
    minutes: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]


class _Morning(_Struct, frozen=True, forbid_unknown_fields=True):
    humid: _Grid
    moderate: _Grid
    dry: _Grid


class _Humidity(_Struct, frozen=True, forbid_unknown_fields=True):
    before_minutes: tuple[float, ...]
    humid_above_pct: tuple[float, ...]
    dry_below_pct: tuple[float, ...]


class _File(_Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    sources: str
    ffmc: tuple[float, ...]
    overnight: _Grid
    morning: _Morning
    humidity: _Humidity


def load_diurnal_tables() -> DiurnalTables:
    """Return the tables that ship with the package: Lawson, Armitage and Hoskins (1996)."""
    content = resources.files("firewatch.danger").joinpath("tables", "diurnal", _SHIPPED).read_bytes()
    return parse_diurnal_tables(content, _SHIPPED)


def parse_diurnal_tables(content: bytes, source: str) -> DiurnalTables:
    """Return tables from the bytes of a TOML file.

    Parameters
    ----------
    content : bytes
        The file.
    source : str
        Its name, for the error.

    Raises
    ------
    ConfigError
        If it has an unknown or missing key, or a table that contradicts itself.
    """
    try:
        parsed = msgspec.toml.decode(content, type=_File)
        limits = parsed.humidity
        return DiurnalTables(
            overnight=_grid(parsed.overnight, parsed.ffmc),
            humid=_grid(parsed.morning.humid, parsed.ffmc),
            moderate=_grid(parsed.morning.moderate, parsed.ffmc),
            dry=_grid(parsed.morning.dry, parsed.ffmc),
            limits=HumidityLimits(limits.before_minutes, limits.humid_above_pct, limits.dry_below_pct),
        )
    except UnicodeDecodeError as err:
        raise ConfigError(source, "diurnal tables", f"byte {err.start + 1} is no text in UTF-8") from err
    except msgspec.DecodeError as err:
        raise ConfigError(source, "diurnal tables", str(err)) from err
    except InvalidValue as err:
        raise ConfigError(source, err.what, f"is {err.given!r}; allowed is {err.allowed}") from err


def _grid(parsed: _Grid, ffmc: tuple[float, ...]) -> DiurnalGrid:
    return DiurnalGrid(parsed.minutes, ffmc, parsed.rows)

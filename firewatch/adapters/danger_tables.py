"""Danger class tables from TOML files: those shipped in the package, and a bureau's own."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Literal

import msgspec

from firewatch.danger.class_tables import EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.danger.class_tables import DangerTable

__all__ = ["SHIPPED_TABLES", "load_danger_table", "read_danger_table"]

SHIPPED_TABLES = ("ly_t_1172_1995", "gb_t_36743_2018", "qx_t_77_2007")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Steps(_File, frozen=True, forbid_unknown_fields=True):
    sources: str
    limits: tuple[float, ...]
    points: tuple[int, ...]
    limit_in: LimitSide


class _Rain(_File, frozen=True, forbid_unknown_fields=True):
    sources: str
    from_mm: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]
    dry_points: int


class _Correction(_File, frozen=True, forbid_unknown_fields=True):
    sources: str
    by_month: tuple[int, ...]


class _Grades(_File, frozen=True, forbid_unknown_fields=True):
    sources: str
    limits: tuple[int, ...]


class _Usable(_File, frozen=True, forbid_unknown_fields=True, tag_field="status", tag="usable"):
    scheme: str
    name_zh: str
    name_en: str
    temperature: _Steps
    humidity: _Steps
    rain: _Rain
    wind: _Steps
    correction: _Correction
    grades: _Grades
    to_be_confirmed: tuple[Literal["a", "b", "c", "d", "e"], ...] = ()


class _Empty(_File, frozen=True, forbid_unknown_fields=True, tag_field="status", tag="to be confirmed"):
    scheme: str
    name_zh: str
    name_en: str
    why: str


def load_danger_table(name: str = "ly_t_1172_1995") -> DangerTable:
    """Return a table that ships with the package.

    Parameters
    ----------
    name : str
        One of `SHIPPED_TABLES`.

    Returns
    -------
    HtzTable or EmptyTable

    Raises
    ------
    ConfigError
        If no such table ships.
    """
    if name not in SHIPPED_TABLES:
        raise ConfigError("danger table", name, f"is not shipped; shipped are {', '.join(SHIPPED_TABLES)}")
    content = resources.files("firewatch.danger").joinpath("tables", f"{name}.toml").read_bytes()
    return _table(content, f"{name}.toml")


def read_danger_table(path: Path) -> DangerTable:
    """Return a table from a file of one's own.

    Raises
    ------
    ConfigError
        If the file cannot be read, has an unknown or missing key, or a table that contradicts itself.
    """
    try:
        content = path.read_bytes()
    except OSError as err:
        raise ConfigError(str(path), "danger table", f"cannot be read: {err.strerror}") from err
    return _table(content, str(path))


def _table(content: bytes, source: str) -> DangerTable:
    try:
        parsed = msgspec.toml.decode(content, type=_Usable | _Empty)
        return EmptyTable(parsed.scheme, parsed.why) if isinstance(parsed, _Empty) else _htz(parsed)
    except UnicodeDecodeError as err:
        raise ConfigError(source, "danger table", f"byte {err.start + 1} is no text in UTF-8") from err
    except msgspec.DecodeError as err:
        raise ConfigError(source, "danger table", str(err)) from err
    except InvalidValue as err:
        raise ConfigError(source, err.what, f"is {err.given!r}; allowed is {err.allowed}") from err


def _htz(parsed: _Usable) -> HtzTable:
    return HtzTable(
        scheme=parsed.scheme,
        temperature=_steps(parsed.temperature),
        humidity=_steps(parsed.humidity),
        rain=RainTable(parsed.rain.from_mm, parsed.rain.rows, parsed.rain.dry_points),
        wind=_steps(parsed.wind),
        correction_by_month=parsed.correction.by_month,
        grade_limits=parsed.grades.limits,
        to_be_confirmed=parsed.to_be_confirmed,
    )


def _steps(parsed: _Steps) -> StepTable:
    return StepTable(parsed.limits, parsed.points, parsed.limit_in)

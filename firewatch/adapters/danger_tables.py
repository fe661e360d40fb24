"""Danger grade tables from TOML files: those shipped in the package, and a bureau's own."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from firewatch.adapters.checked_toml import parse_toml, read_content
from firewatch.danger.class_tables import EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.danger.index_classes import ClassTable, DangerClass, DangerIndex, IndexLimits, Provenance, SourceMark
from firewatch.danger.sum_table import SUM_INPUTS, LicensedCopy, StepPart, SumTable
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from firewatch.danger.class_tables import DangerTable

__all__ = ["SHIPPED_TABLES", "find_danger_table", "htz_classes", "load_danger_table", "read_danger_table"]

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


class _Class(_File, frozen=True, forbid_unknown_fields=True):
    key: str
    name_zh: str
    name_en: str
    colour: str
    text_colour: str


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
    classes: tuple[_Class, ...] = ()
    to_be_confirmed: tuple[Literal["a", "b", "c", "d", "e"], ...] = ()


class _Copy(_File, frozen=True, forbid_unknown_fields=True):
    document: str
    filled_by: str
    checked_by: str
    filled_on: date


class _Part(_File, frozen=True, forbid_unknown_fields=True):
    name: str
    role: Literal["added", "subtracted", "factor"]
    reading: str
    unit: str
    limits: tuple[float, ...]
    points: tuple[float, ...]
    limit_in: LimitSide
    page: str


class _SumGrades(_File, frozen=True, forbid_unknown_fields=True):
    limits: tuple[float, ...]
    limit_in: LimitSide
    page: str


class _Filled(_File, frozen=True, forbid_unknown_fields=True, tag_field="status", tag="filled"):
    scheme: str
    name_zh: str
    name_en: str
    copy: _Copy
    parts: tuple[_Part, ...]
    grades: _SumGrades
    dry_below_mm: float | None = None
    to_be_confirmed: tuple[str, ...] = ()


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
    HtzTable, SumTable or EmptyTable

    Raises
    ------
    ConfigError
        If no such table ships.
    """
    if name not in SHIPPED_TABLES:
        raise ConfigError("danger table", name, f"is not shipped; shipped are {', '.join(SHIPPED_TABLES)}")
    return _table(_shipped(name), f"{name}.toml")


def find_danger_table(given: str) -> DangerTable:
    """Return a table that ships, by its name, or one of one's own, by its file's.

    Raises
    ------
    ConfigError
        As `read_danger_table`; where neither is found it says what ships.
    """
    if given in SHIPPED_TABLES:
        return load_danger_table(given)
    if not Path(given).is_file():
        why = f"cannot be read: no such file, and no table of that name ships; shipped are {', '.join(SHIPPED_TABLES)}"
        raise ConfigError("danger table", given, why)
    return read_danger_table(Path(given))


def htz_classes(name: str, table: HtzTable) -> ClassTable:
    """Return the grades of an HTZ table as classes of the index ``htz``, in the words of LY/T 1172-1995.

    Parameters
    ----------
    name : str
        Of the class table.
    table : HtzTable
        The limits; its parts to be confirmed go into the provenance.
    """
    shipped = msgspec.toml.decode(_shipped("ly_t_1172_1995"), type=_Usable)
    unsure = ", ".join(table.to_be_confirmed)
    source = f"{table.scheme}; limits: {shipped.grades.sources}" + (
        f"; parts to be confirmed: {unsure}" if unsure else ""
    )
    limits = IndexLimits(
        DangerIndex.HTZ,
        tuple(float(limit) for limit in table.grade_limits),
        tuple(one.key for one in shipped.classes),
        LimitSide.LOWER,
        Provenance(source, SourceMark.ONE_SOURCE if unsure else SourceMark.TWO_SOURCES),
    )
    classes = tuple(
        DangerClass(one.key, one.name_zh, one.name_en, one.colour, one.text_colour) for one in shipped.classes
    )
    return ClassTable(name, table.scheme, shipped.name_zh, shipped.name_en, classes, (limits,))


def read_danger_table(path: Path) -> DangerTable:
    """Return a table from a file of one's own.

    Raises
    ------
    ConfigError
        If the file cannot be read, has an unknown or missing key, or a table that contradicts itself.
    """
    return _table(read_content(path, "danger table"), str(path))


def _shipped(name: str) -> bytes:
    return resources.files("firewatch.danger").joinpath("tables", f"{name}.toml").read_bytes()


def _table(content: bytes, source: str) -> DangerTable:
    return parse_toml(content, source, "danger table", _Usable | _Filled | _Empty, _table_of)


def _table_of(parsed: _Usable | _Filled | _Empty) -> DangerTable:
    if isinstance(parsed, _Empty):
        return EmptyTable(parsed.scheme, parsed.why)
    return _sums(parsed) if isinstance(parsed, _Filled) else _htz(parsed)


def _sums(parsed: _Filled) -> SumTable:
    copy = parsed.copy
    return SumTable(
        scheme=parsed.scheme,
        name_zh=parsed.name_zh,
        name_en=parsed.name_en,
        copy=LicensedCopy(copy.document, copy.filled_by, copy.checked_by, copy.filled_on.isoformat()),
        added=tuple(_part(part) for part in parsed.parts if part.role == "added"),
        subtracted=tuple(_part(part) for part in parsed.parts if part.role == "subtracted"),
        factors=tuple(_part(part) for part in parsed.parts if part.role == "factor"),
        grade_limits=parsed.grades.limits,
        limit_in=parsed.grades.limit_in,
        dry_below_mm=parsed.dry_below_mm,
        to_be_confirmed=parsed.to_be_confirmed,
    )


def _part(parsed: _Part) -> StepPart:
    part = StepPart(parsed.name, parsed.reading, parsed.limits, parsed.points, parsed.limit_in, parsed.page)
    unit = SUM_INPUTS[part.reading].unit
    if parsed.unit != unit:
        raise InvalidValue(f"unit of part {part.name}", parsed.unit, f"{unit}, in which {part.reading} comes")
    return part


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

"""Danger class tables of agencies from TOML files: those shipped in configs/danger_classes, and files of one's own."""

from __future__ import annotations

import re
from datetime import date  # noqa: TC003 - msgspec reads the annotations
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from firewatch.adapters.checked_toml import parse_toml, read_content
from firewatch.danger.class_tables import LimitSide  # noqa: TC001 - msgspec reads the annotations
from firewatch.danger.index_classes import ClassTable, DangerClass, DangerIndex, IndexLimits, Provenance, SourceMark
from firewatch.danger.percentiles import PercentileScheme
from firewatch.errors import ConfigError, InvalidValue

__all__ = ["SHIPPED_CLASSES", "class_folder", "limits_table", "load_class_table", "read_class_table", "table_name"]

SHIPPED_CLASSES = (
    "effis",
    "effis_seven",
    "canada",
    "portugal",
    "sweden",
    "minnesota",
    "indonesia",
    "asean",
    "australia_ffdi",
    "angstroem",
    "local_percentiles",
    "ipma_percentiles",
)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Class(_File, frozen=True, forbid_unknown_fields=True):
    key: str
    name_zh: str
    name_en: str
    colour: str
    text_colour: str


class _Limits(_File, frozen=True, forbid_unknown_fields=True):
    index: DangerIndex
    limits: tuple[float, ...]
    classes: tuple[str, ...]
    limit_in: LimitSide
    source: str
    mark: SourceMark
    read_on: date


class _Agency(_File, frozen=True, forbid_unknown_fields=True, tag_field="status", tag="limits"):
    scheme: str
    name_zh: str
    name_en: str
    classes: tuple[_Class, ...]
    indices: tuple[_Limits, ...]


class _Percentiles(_File, frozen=True, forbid_unknown_fields=True, tag_field="status", tag="percentiles"):
    scheme: str
    name_zh: str
    name_en: str
    index: DangerIndex
    percentiles: tuple[float, ...]
    classes: tuple[_Class, ...]
    source: str
    mark: SourceMark
    read_on: date


def class_folder() -> Path:
    """Return the folder of the shipped tables: in the package, or, where it is used from its sources, beside it."""
    package = Path(str(resources.files("firewatch")))
    packed = package / "example_configs" / "danger_classes"
    return packed if packed.is_dir() else package.parent / "configs" / "danger_classes"


@cache
def load_class_table(name: str) -> ClassTable | PercentileScheme:
    """Return a table that ships with firewatch.

    Raises
    ------
    ConfigError
        If no such table ships.
    """
    if name not in SHIPPED_CLASSES:
        raise ConfigError("class table", name, f"is not shipped; shipped are {', '.join(SHIPPED_CLASSES)}")
    return read_class_table(class_folder() / f"{name}.toml")


def table_name(path: Path) -> str:
    """Return the name that a file gives its table and columns: lower-case letters and digits, `_` for all else.

    Raises
    ------
    ConfigError
        If nothing of the file's name is left.
    """
    name = "_".join(re.findall(r"[a-z0-9]+", path.stem.lower()))
    if not name:
        raise ConfigError(str(path), "name of the file", "names the columns: give it letters or digits of ASCII")
    return name


def read_class_table(path: Path) -> ClassTable | PercentileScheme:
    """Return a table of an agency's limits, or of percentiles, from a file; the file's name is the table's.

    Raises
    ------
    ConfigError
        If the file cannot be read, has an unknown or missing key, or a table that contradicts itself.
    """
    content, name = read_content(path, "class table"), table_name(path)
    return parse_toml(content, str(path), "class table", _Agency | _Percentiles, lambda parsed: _table(name, parsed))


def limits_table(chosen: str) -> ClassTable:
    """Return the table of limits that an option `--classes` names: a shipped one, or a file.

    Raises
    ------
    ConfigError
        If it cannot be read or contradicts itself.
    InvalidValue
        If it is one of percentiles.
    """
    table = load_class_table(chosen) if chosen in SHIPPED_CLASSES else read_class_table(Path(chosen))
    if not isinstance(table, ClassTable):
        raise InvalidValue("--classes", chosen, "a table with limits: percentiles need a station's own record")
    return table


def _table(name: str, parsed: _Agency | _Percentiles) -> ClassTable | PercentileScheme:
    classes = tuple(
        DangerClass(one.key, one.name_zh, one.name_en, one.colour, one.text_colour) for one in parsed.classes
    )
    if isinstance(parsed, _Percentiles):
        return PercentileScheme(
            name=name,
            scheme=parsed.scheme,
            name_zh=parsed.name_zh,
            name_en=parsed.name_en,
            index=parsed.index,
            percentiles=parsed.percentiles,
            classes=classes,
            provenance=Provenance(parsed.source, parsed.mark, parsed.read_on.isoformat()),
        )
    limits = tuple(
        IndexLimits(
            one.index,
            one.limits,
            one.classes,
            one.limit_in,
            Provenance(one.source, one.mark, one.read_on.isoformat()),
        )
        for one in parsed.indices
    )
    return ClassTable(name, parsed.scheme, parsed.name_zh, parsed.name_en, classes, limits)

"""Danger classes by the limits of an index, as agencies publish them: tables are data; several stand side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.class_tables import bins_of
from firewatch.domain.checks import require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from firewatch.danger.class_tables import LimitSide

__all__ = [
    "NO_CLASS",
    "ClassTable",
    "Classified",
    "DangerClass",
    "DangerIndex",
    "IndexLimits",
    "Provenance",
    "SourceMark",
    "classify",
    "classify_all",
    "contrast",
    "require_class_order",
]

# Where a value is missing. No place in a table: `Classified.keys` gives it the empty text.
NO_CLASS = -1
# WCAG 2.1, success criterion 1.4.3 (AA): least contrast of text on its ground.
_LEAST_CONTRAST = 4.5
# WCAG 2.1, relative luminance: sRGB is linear up to here.
_LINEAR_UP_TO = 0.04045
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_FEWEST_CLASSES, _MOST_CLASSES = 2, 20


class DangerIndex(StrEnum):
    """An index that classes are made of; the value is its column's name."""

    FFMC = "ffmc"
    DMC = "dmc"
    DC = "dc"
    ISI = "isi"
    BUI = "bui"
    FWI = "fwi"
    DSR = "dsr"
    FFDI = "ffdi"
    ANGSTROEM = "angstroem"
    HTZ = "htz"

    @property
    def low(self) -> float:
        """The least value that it can have."""
        return _LEAST.get(self, 0.0)

    @property
    def high(self) -> float:
        """The greatest value that it can have."""
        return 101.0 if self is DangerIndex.FFMC else np.inf

    @property
    def is_worse_when_low(self) -> bool:
        """Whether danger rises as the number falls."""
        return self is DangerIndex.ANGSTROEM


# Angstroem of 60 deg C in dry air; HTZ of a wet day on green ground, with room for a bureau's own correction.
_LEAST = {DangerIndex.ANGSTROEM: -3.3, DangerIndex.HTZ: -100.0}


class SourceMark(StrEnum):
    """What a table rests on; all but the first are to be confirmed by whoever means to rely on it."""

    TWO_SOURCES = "two-sources"
    ONE_SOURCE = "one-source"
    OWN_CHOICE = "own-choice"
    OWN_RECORD = "own-record"

    @property
    def is_to_be_confirmed(self) -> bool:
        """Whether pages say 待核, to be confirmed."""
        return self is SourceMark.ONE_SOURCE

    @property
    def text_key(self) -> str:
        """Key of the mark's text in the catalogue."""
        return f"danger.source.{self.value.replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where limits come from.

    Parameters
    ----------
    source : str
        Documents and addresses, and what was read into them.
    mark : SourceMark
        How well they are supported.
    read_on : str
        Day on which the source was read, ISO 8601; empty for what was computed here.
    """

    source: str
    mark: SourceMark
    read_on: str = ""

    def __post_init__(self) -> None:
        require_text("source of a class table", self.source, 1000)


@dataclass(frozen=True, slots=True)
class DangerClass:
    """A class as it is shown: never by a number alone.

    Parameters
    ----------
    key : str
        Short name in tables and files, as ``very-high``.
    name_zh, name_en : str
        Names for people.
    colour, text_colour : str
        Ground and text, as ``#rrggbb``, with a contrast of at least 4.5 to 1 (WCAG 2.1 AA).
    """

    key: str
    name_zh: str
    name_en: str
    colour: str
    text_colour: str

    def __post_init__(self) -> None:
        _require_match("key of a danger class", self.key, _KEY, "lower-case words with hyphens, as very-high")
        require_text("Chinese name of a danger class", self.name_zh, 80)
        require_text("English name of a danger class", self.name_en, 80)
        for colour in (self.colour, self.text_colour):
            _require_match(f"colour of class {self.key}", colour, _COLOUR, "six hexadecimal digits, as #1b7837")
        ratio = contrast(self.colour, self.text_colour)
        if ratio < _LEAST_CONTRAST:
            raise InvalidValue(
                f"contrast of class {self.key}", round(ratio, 2), f"at least {_LEAST_CONTRAST} (WCAG AA)"
            )


@dataclass(frozen=True, slots=True)
class IndexLimits:
    """The classes of one index.

    Parameters
    ----------
    index : DangerIndex
        Of which the limits are.
    limits : tuple of float, length n
        Ascending.
    classes : tuple of str, length n + 1
        Keys of the classes between them, from the lowest value up.
    limit_in : LimitSide
        To which class a value on a limit belongs.
    provenance : Provenance
        Where the limits come from.
    """

    index: DangerIndex
    limits: tuple[float, ...]
    classes: tuple[str, ...]
    limit_in: LimitSide
    provenance: Provenance

    def __post_init__(self) -> None:
        what = f"limits of {self.index.value}"
        if not self.limits or not all(later > earlier for earlier, later in pairwise(self.limits)):
            raise InvalidValue(what, self.limits, "ascending numbers")
        if not (
            self.index.low <= self.limits[0] and self.limits[-1] <= self.index.high and np.isfinite(self.limits[-1])
        ):
            raise InvalidValue(what, self.limits, f"{self.index.low:g} to {self.index.high:g}, finite")
        if len(self.classes) != len(self.limits) + 1:
            raise InvalidValue(
                f"classes of {self.index.value}", len(self.classes), f"{len(self.limits) + 1}, one more than limits"
            )


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Classes of one agency, for one index or several.

    Parameters
    ----------
    name : str
        Short name, as ``effis``: of the file, the option, and the columns.
    scheme : str
        What a page calls it.
    name_zh, name_en : str
        What it is.
    classes : tuple of DangerClass
        From the least to the most dangerous.
    indices : tuple of IndexLimits
        One an index.

    Raises
    ------
    InvalidValue
        If keys or indices are doubled, or an index has classes that are unknown or not in the order of danger.
    """

    name: str
    scheme: str
    name_zh: str
    name_en: str
    classes: tuple[DangerClass, ...]
    indices: tuple[IndexLimits, ...]

    def __post_init__(self) -> None:
        _require_match("name of a class table", self.name, _NAME, "lower-case words with underscores, as ly_t_1172")
        for text in (self.scheme, self.name_zh, self.name_en):
            require_text(f"names of class table {self.name}", text, 200)
        require_class_order(self.name, self.classes)
        indices = [limits.index for limits in self.indices]
        if not indices or len(set(indices)) != len(indices):
            raise InvalidValue(f"indices of class table {self.name}", indices, "at least one, each once")
        for limits in self.indices:
            self._require_known(limits)

    def _require_known(self, limits: IndexLimits) -> None:
        keys = [one.key for one in self.classes]
        what = f"classes of {limits.index.value} in {self.name}"
        unknown = [key for key in limits.classes if key not in keys]
        if unknown:
            raise InvalidValue(what, unknown[0], f"one of {', '.join(keys)}")
        ranks = [keys.index(key) for key in limits.classes]
        rising = ranks[::-1] if limits.index.is_worse_when_low else ranks
        if any(later <= earlier for earlier, later in pairwise(rising)):
            direction = "from the most dangerous" if limits.index.is_worse_when_low else "from the least dangerous"
            raise InvalidValue(what, limits.classes, f"{direction}, from the lowest value up, each once")

    def limits_of(self, index: DangerIndex) -> IndexLimits:
        """Return the limits of an index; raise `InvalidValue` where the table has none."""
        for limits in self.indices:
            if limits.index is index:
                return limits
        raise InvalidValue(
            f"index for {self.name}", index.value, ", ".join(limits.index.value for limits in self.indices)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """Classes of many values by one table.

    Parameters
    ----------
    table : ClassTable
        Which.
    index : DangerIndex
        Of what.
    ranks : ndarray of int8, any shape
        Place of the class in `table.classes`, 0 the least dangerous; `NO_CLASS` where there is none.
    """

    table: ClassTable
    index: DangerIndex
    ranks: npt.NDArray[np.int8]

    def keys(self) -> list[str]:
        """Return the classes' keys, flat; empty where there is no class."""
        return ["" if rank == NO_CLASS else self.table.classes[rank].key for rank in self.ranks.ravel().tolist()]


def classify(values: npt.ArrayLike, table: ClassTable, index: DangerIndex) -> Classified:
    """Return the classes of an index's values.

    Parameters
    ----------
    values : array_like, any shape
        The index. NaN, infinity, and what the index cannot be (a negative FWI, -9999) get no class, never the lowest.
    table : ClassTable
        The limits.
    index : DangerIndex
        What the values are.

    Returns
    -------
    Classified
        Of the shape of `values`.

    Raises
    ------
    InvalidValue
        If the table has no limits for the index.
    """
    limits = table.limits_of(index)
    given = np.asarray(values, dtype=np.float64)
    bins = bins_of(given, limits.limits, limits.limit_in)
    keys = [one.key for one in table.classes]
    ranks = np.array([keys.index(key) for key in limits.classes], dtype=np.int8)[bins]
    is_value = np.isfinite(given) & (given >= index.low) & (given <= index.high)
    return Classified(table, index, np.where(is_value, ranks, np.int8(NO_CLASS)))


def classify_all(values: Mapping[DangerIndex, npt.ArrayLike], tables: Iterable[ClassTable]) -> tuple[Classified, ...]:
    """Return the classes by every table of every index that both it and `values` have, side by side."""
    return tuple(
        classify(values[limits.index], table, limits.index)
        for table in tables
        for limits in table.indices
        if limits.index in values
    )


def require_class_order(name: str, classes: tuple[DangerClass, ...]) -> None:
    """Raise `InvalidValue` unless there are 2 to 20 classes, no key twice."""
    if not _FEWEST_CLASSES <= len(classes) <= _MOST_CLASSES:
        allowed = f"{_FEWEST_CLASSES} to {_MOST_CLASSES}"
        raise InvalidValue(f"number of classes of {name}", len(classes), allowed)
    keys = [one.key for one in classes]
    if len(set(keys)) != len(keys):
        raise InvalidValue(f"classes of {name}", keys, "each key once")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21.

    Parameters
    ----------
    one, other : str
        As ``#rrggbb``.

    References
    ----------
    .. [1] WCAG 2.1, definitions of contrast ratio and relative luminance.
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255.0 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _require_match(what: str, given: str, pattern: re.Pattern[str], allowed: str) -> None:
    if not pattern.fullmatch(given):
        raise InvalidValue(what, given, allowed)

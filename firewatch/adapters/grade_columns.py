"""The columns that `firewatch danger grade` adds to a table: one function a kind of danger table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.danger_tables import htz_classes
from firewatch.danger.class_tables import EmptyTable, HtzTable
from firewatch.danger.htz_days import HtzDays, dry_spells, run_htz
from firewatch.danger.index_classes import ClassTable, DangerIndex, classify
from firewatch.danger.percentiles import IndexRecord, PercentileScheme, RecordRules, percentile_rank, percentile_table
from firewatch.danger.rating import MARK_RAIN_UNKNOWN, MARK_UNCONFIRMED
from firewatch.danger.sum_table import SumTable, rate_sums
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy.typing as npt

    from firewatch.adapters.grade_table import GradeTable
    from firewatch.danger.index_classes import Classified

    _Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["AnyTable", "Columns", "GradeWords", "grade_columns"]

AnyTable: TypeAlias = ClassTable | PercentileScheme | HtzTable | SumTable | EmptyTable

# By name: which of extreme and noon reading is the more dangerous, and what it is at noon.
_EXTREMES: Mapping[str, tuple[np.ufunc, str]] = {
    "max_temp_c": (np.fmax, "temp_c"),
    "min_rh_pct": (np.fmin, "rh_pct"),
    "max_wind_ms": (np.fmax, "wind_ms"),
}


@dataclass(frozen=True, slots=True)
class GradeWords:
    """How a class is written: by its key, or by its name in a language."""

    of_class: Callable[[Classified], list[str]]
    of_grade: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Columns:
    """What was added.

    Parameters
    ----------
    cells : dict of str to list of str
        By column, a cell a row.
    notes : list of str
        What a person should know.
    """

    cells: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def grade_columns(name: str, table: AnyTable, given: GradeTable, words: GradeWords, rules: RecordRules) -> Columns:
    """Return the columns of one danger table; none where it does not apply to what the file has.

    Parameters
    ----------
    name : str
        Of the danger table: its columns begin with it.
    table : AnyTable
        The danger table.
    given : GradeTable
        The file.
    words : GradeWords
        How classes are written.
    rules : RecordRules
        When a record is long enough for percentiles.

    Raises
    ------
    FirewatchError
        If a cell is refused, or the table is an empty slot.
    """
    if isinstance(table, EmptyTable):
        raise InvalidValue("danger table", table.scheme, f"a filled table (to be confirmed, 待核); {table.why}")
    if isinstance(table, ClassTable):
        return _class_columns(name, table, given, words)
    if isinstance(table, PercentileScheme):
        return _percentile_columns(name, table, given, words, rules)
    if isinstance(table, HtzTable):
        return _htz_columns(name, table, given, words)
    return _sum_columns(name, table, given, words)


def _class_columns(name: str, table: ClassTable, given: GradeTable, words: GradeWords) -> Columns:
    added = Columns()
    for limits in table.indices:
        values = given.index(limits.index)
        if values is not None:
            added.cells[f"{name}_{limits.index.value}"] = words.of_class(classify(values, table, limits.index))
    return added


def _percentile_columns(
    name: str, scheme: PercentileScheme, given: GradeTable, words: GradeWords, rules: RecordRules
) -> Columns:
    added = Columns()
    values = given.index(scheme.index)
    if values is None or not given.has_days():
        return added
    days = given.days()
    classes, marks = [""] * values.size, [""] * values.size
    ranks = np.full(values.size, np.nan)
    for number, station in enumerate(given.names):
        rows = np.flatnonzero(given.station == number)
        record = IndexRecord(station, days[rows], values[rows], rules)
        mark = "not-enough-years"
        try:
            ranks[rows] = percentile_rank(values[rows], record)
            mark = "too-flat"
            local = percentile_table(record, scheme)
        except ObservationError as err:
            added.notes.append(str(err))
            _put(marks, rows, [mark] * rows.size)
            continue
        added.notes.append(f"{name}: {local.indices[0].provenance.source}; limits {_limits(local)}")
        _put(classes, rows, words.of_class(classify(values[rows], local, scheme.index)))
        _put(marks, rows, ["own-record"] * rows.size)
    column = f"{name}_{scheme.index.value}"
    added.cells.update({column: classes, f"{column}_rank": _texts(ranks), f"{column}_mark": marks})
    return added


def _htz_columns(name: str, table: HtzTable, given: GradeTable, words: GradeWords) -> Columns:
    added, classes = Columns(), htz_classes(name, table)
    unsure = [f"{MARK_UNCONFIRMED}.{part}" for part in table.to_be_confirmed]
    values = given.index(DangerIndex.HTZ)
    if values is not None:
        added.cells[f"{name}_htz"] = words.of_class(classify(values, classes, DangerIndex.HTZ))
        added.cells[f"{name}_marks"] = [" ".join(unsure)] * values.size
        return added
    extremes = _worse_of_noon(given)
    rain = given.reading("rain_mm")
    if extremes is None or rain is None or not given.has_days():
        return added
    days = HtzDays(given.station, given.days(), *extremes, rain)
    htz = run_htz(days, table)
    for place, part in enumerate("abcde"):
        added.cells[f"{name}_{part}"] = _texts(htz.parts[:, place])
    added.cells[f"{name}_total"] = _texts(htz.total)
    added.cells[f"{name}_htz"] = words.of_class(classify(htz.total, classes, DangerIndex.HTZ))
    added.cells[f"{name}_marks"] = _marks(htz.is_rain_certain, unsure)
    return added


def _worse_of_noon(given: GradeTable) -> tuple[_Numbers, _Numbers, _Numbers] | None:
    """Return the extremes, each at least as dangerous as the noon reading; missing where the extreme is."""
    highest, lowest, strongest = (_reading(one, given) for one in _EXTREMES)
    if highest is None or lowest is None or strongest is None:
        return None
    return highest, lowest, strongest


def _worse(pick: np.ufunc, extreme: _Numbers, at_noon: _Numbers | None) -> _Numbers:
    if at_noon is None:
        return extreme
    picked: _Numbers = np.where(np.isnan(extreme), np.nan, pick(extreme, at_noon))
    return picked


def _sum_columns(name: str, table: SumTable, given: GradeTable, words: GradeWords) -> Columns:
    added = Columns()
    readings = {}
    for reading in table.readings:
        values = _dry_days(table, given) if reading == "dry_days" else _reading(reading, given)
        if values is None:
            return added
        readings[reading] = values
    rated = rate_sums(readings, table)
    for part, points in rated.points.items():
        added.cells[f"{name}_{part}"] = _texts(points)
    added.cells[f"{name}_total"] = _texts(rated.total)
    added.cells[f"{name}_grade"] = ["" if grade is None else words.of_grade(grade.value) for grade in rated.grades]
    unsure = [f"{MARK_UNCONFIRMED}.{part}" for part in table.to_be_confirmed]
    certain = ~np.isinf(readings.get("dry_days", np.zeros(rated.total.shape)))
    added.cells[f"{name}_marks"] = _marks(certain, unsure)
    return added


def _marks(is_rain_certain: npt.NDArray[np.bool_], unsure: list[str]) -> list[str]:
    return [" ".join(unsure if sure else [MARK_RAIN_UNKNOWN, *unsure]) for sure in is_rain_certain.tolist()]


def _reading(name: str, given: GradeTable) -> _Numbers | None:
    """Return a reading; an extreme at least as dangerous as the noon reading."""
    values = given.reading(name)
    if values is None or name not in _EXTREMES:
        return values
    pick, at_noon = _EXTREMES[name]
    return _worse(pick, values, given.reading(at_noon))


def _dry_days(table: SumTable, given: GradeTable) -> npt.NDArray[np.float64] | None:
    written = given.reading("dry_days")
    rain = given.reading("rain_mm")
    if written is not None or rain is None or table.dry_below_mm is None or not given.has_days():
        return written
    spells = dry_spells(given.station, given.days(), rain, table.dry_below_mm)
    # A record that has had no rain yet counts as dry, and the marks say so.
    return np.where(np.isnan(spells) & ~np.isnan(rain), np.inf, spells)


def _put(cells: list[str], rows: Iterable[int], texts: Iterable[str]) -> None:
    for row, text in zip(rows, texts, strict=True):
        cells[row] = text


def _texts(values: npt.NDArray[np.float64]) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.10g}" for value in values.tolist()]


def _limits(table: ClassTable) -> str:
    return ", ".join(f"{limit:.4g}" for limit in table.indices[0].limits)

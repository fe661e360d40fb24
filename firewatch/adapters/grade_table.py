"""Readings and indices of a table, cell by cell, for `firewatch danger grade`: what is empty stays missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.fwi_table import (
    dates_of,
    require_noon,
    require_on_earth,
    require_one_a_day,
    station_column,
    weather_days,
    wind_column,
)
from firewatch.danger.sum_table import SUM_INPUTS
from firewatch.errors import ObservationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.danger.index_classes import DangerIndex

__all__ = ["EMPTY_CELLS", "GradeTable", "open_grade_table"]

EMPTY_CELLS = frozenset({"", "na", "nan", "null"})
# What a reading's column may be called, in the units of SUM_INPUTS; the wind in km/h is divided by 3.6.
_COLUMNS = {"temp_c": ("temp_c", "temp"), "rh_pct": ("rh_pct", "rh"), "rain_mm": ("rain_mm", "prec")}
_KMH_PER_MS = 3.6


@dataclass(frozen=True, slots=True)
class GradeTable:
    """A table, its stations and its days.

    Parameters
    ----------
    table : CffdrsTable
        The cells.
    names : tuple of str
        The stations, in the order of their first rows.
    station : ndarray of int, shape (rows,)
        Each row's.
    """

    table: CffdrsTable
    names: tuple[str, ...]
    station: npt.NDArray[np.intp]

    def has_days(self) -> bool:
        """Return whether the table says of which day its rows are."""
        return self.table.has("date") or all(map(self.table.has, ("yr", "mon", "day")))

    def days(self) -> npt.NDArray[np.datetime64]:
        """Return the weather day of each row, shape (rows,), from `date` or from `yr`, `mon`, `day`.

        Raises
        ------
        FirewatchError
            If there is no such column, a cell is no day, or a station has a day twice.
        """
        days = dates_of(self.table) if self.table.has("date") else weather_days(self.table)
        require_one_a_day(self.table, self.names, self.station, days)
        return days

    def require_one_a_day(self) -> None:
        """Refuse a second row of one station and day, where the table names both, also where no day is needed.

        Days are compared as they are written: how they are written is nothing to a table of limits.

        Raises
        ------
        ObservationError
            Naming both rows.
        """
        if station_column(self.table) is None or not self.has_days():
            return
        columns = ("date",) if self.table.has("date") else ("yr", "mon", "day")
        first: dict[tuple[object, ...], int] = {}
        for row, key in enumerate(zip(self.station.tolist(), *map(self.table.texts, columns), strict=True)):
            earlier = first.setdefault(key, row)
            if earlier != row and all(key[1:]):
                before, here = self.table.row_numbers[earlier], self.table.row_numbers[row]
                raise ObservationError(
                    self.names[self.station[row]],
                    f"{self.table.name} row {here} column {columns[-1]}",
                    f"{'-'.join(map(str, key[1:]))} stands in row {before} already; keep one row a station and day",
                )

    def index(self, index: DangerIndex) -> npt.NDArray[np.float64] | None:
        """Return an index's values, shape (rows,), NaN where a cell is empty; None where there is no such column."""
        if not self.table.has(index.value):
            return None
        return self._numbers(index.value, index.low, index.high)

    def reading(self, name: str) -> npt.NDArray[np.float64] | None:
        """Return a reading of `SUM_INPUTS` in its unit, NaN where a cell is empty; None where there is no column."""
        known = SUM_INPUTS[name]
        if name == "wind_ms" and not self.table.has(name):
            wind = wind_column(self.table, "km/h")
            has = self.table.has(wind)
            return self._numbers(wind, 0.0, known.high * _KMH_PER_MS) / _KMH_PER_MS if has else None
        column = next(filter(self.table.has, _COLUMNS.get(name, (name,))), None)
        return None if column is None else self._numbers(column, known.low, known.high)

    def _numbers(self, column: str, low: float, high: float) -> npt.NDArray[np.float64]:
        cells = self.table.texts(column)
        values = np.array([math.nan if cell.lower() in EMPTY_CELLS else _number(cell) for cell in cells])
        wrong = (values < low) | (values > high) | np.isinf(values)
        if wrong.any():
            allowed = f"a number of at least {low:g}" if math.isinf(high) else f"a number, {low:g} to {high:g}"
            self.table.refuse(int(wrong.argmax()), column, f"{allowed}, or nothing where it is missing")
        return values


def open_grade_table(table: CffdrsTable) -> GradeTable:
    """Return a table with its stations: of the column `id` or `station_id`; without one all rows are of one.

    Raises
    ------
    FirewatchError
        If a station's cell is empty, it has two rows of one day, a place is not on Earth or a reading not of noon.
    """
    require_on_earth(table)
    require_noon(table)
    column = station_column(table)
    if column is None:
        return GradeTable(table, ("the only one",), np.zeros(len(table.rows), dtype=np.intp))
    cells = table.texts(column)
    if "" in cells:
        table.refuse(cells.index(""), column, "the station's name")
    numbers: dict[str, int] = {}
    station = np.array([numbers.setdefault(cell, len(numbers)) for cell in cells], dtype=np.intp)
    given = GradeTable(table, tuple(numbers), station)
    given.require_one_a_day()
    return given


def _number(cell: str) -> float:
    """Return a cell's number; infinity, which nothing allows, where it is none."""
    try:
        return math.inf if "_" in cell else float(cell)
    except ValueError:
        return math.inf

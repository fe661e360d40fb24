"""One station's days from a result of `firewatch danger fwi` or `firewatch danger rate`, for a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.cffdrs_csv import NumberColumn, read_cffdrs_csv
from firewatch.adapters.fwi_table import (
    dates_of,
    require_on_earth,
    require_one_a_day,
    station_column,
    stations_of,
    weather_days,
)
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable

__all__ = ["CHART_COLUMNS", "DangerSeries", "read_danger_series"]

# What a chart can show, from above, under the names of the results; codes and indices are never below 0.
CHART_COLUMNS = ("grade", "fwi", "isi", "bui", "ffmc", "dmc", "dc", "dsr", "rain_mm")
_LARGEST = 1e6
_OTHER_NAMES = {"rain_mm": ("rain_mm", "prec")}


@dataclass(frozen=True, slots=True, eq=False)
class DangerSeries:
    """Consecutive days of one station.

    Parameters
    ----------
    station : str
        Its name; the file's where it names none.
    first_day : date
        Of the arrays.
    columns : mapping of str to ndarray, shape (days,), float64
        By names of `CHART_COLUMNS`; NaN where a day has no number.
    has_row : ndarray of bool, shape (days,)
        Whether the file has the day.
    is_estimated : ndarray of bool, shape (days,)
        Whether the file says that the day's weather was filled in.
    marks : tuple of str
        What the file says of its rows, each once, as `DangerRating.marks`.
    schemes : tuple of str
        By which standards the file says that its rows were graded, each once; empty where it does not say.
    """

    station: str
    first_day: date
    columns: Mapping[str, npt.NDArray[np.float64]]
    has_row: npt.NDArray[np.bool_]
    is_estimated: npt.NDArray[np.bool_]
    marks: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()

    @property
    def days(self) -> npt.NDArray[np.datetime64]:
        """The days, shape (days,)."""
        return np.datetime64(self.first_day, "D") + np.arange(len(self.has_row))

    @property
    def last_day(self) -> date:
        """The last of them."""
        last: date = self.days[-1].astype(object)
        return last


def read_danger_series(
    path: Path, station: str | None = None, first: date | None = None, last: date | None = None
) -> DangerSeries:
    """Return the days of one station, those without a row as NaN.

    Parameters
    ----------
    path : Path
        A table with `yr`, `mon`, `day` or `date`, some of the codes and indices, and where it holds several stations
        `id` or `station_id`.
    station : str, optional
        Which, where it holds several.
    first, last : date, optional
        Only days from, and to, these.

    Returns
    -------
    DangerSeries

    Raises
    ------
    FirewatchError
        Naming the file, what is there and what is allowed: no such station, several and none chosen, no day in the
        range, no column to show, a cell that is no number.
    """
    table = read_cffdrs_csv(path)
    day = dates_of(table) if table.has("date") else weather_days(table)
    names, of = stations_of(table)
    require_on_earth(table)
    require_one_a_day(table, names, of, day)
    number = _chosen(names, station)
    wanted = of == number
    if first is not None:
        wanted &= day >= np.datetime64(first, "D")
    if last is not None:
        wanted &= day <= np.datetime64(last, "D")
    if not wanted.any():
        held = day[of == number]
        raise InvalidValue("days of the chart", f"{first or '…'} to {last or '…'}", f"{held.min()} to {held.max()}")
    name = names[number] if station_column(table) is not None else path.stem
    return _series(table, name, day, np.flatnonzero(wanted))


def _series(table: CffdrsTable, name: str, day: npt.NDArray[np.datetime64], rows: npt.NDArray[np.intp]) -> DangerSeries:
    start = day[rows].min()
    place = (day[rows] - start).astype(np.intp)
    has_row = np.zeros(int(place.max()) + 1, dtype=np.bool_)
    has_row[place] = True
    columns = {}
    for column in CHART_COLUMNS:
        values = _numbers(table, column)
        if values is not None:
            columns[column] = np.full(len(has_row), np.nan)
            columns[column][place] = values[rows]
    if not set(columns) - {"rain_mm"}:
        wanted = ", ".join(CHART_COLUMNS[:-1])
        raise ObservationError("(file)", f"{table.name} row 1", f"has no column to show; one of {wanted} is needed")
    is_estimated = np.zeros(len(has_row), dtype=np.bool_)
    if table.has("is_estimated"):
        told = np.array([cell.lower() in {"true", "1"} for cell in table.texts("is_estimated")])
        is_estimated[place] = told[rows]
    marks = table.texts("marks") if table.has("marks") else []
    said = sorted({mark for row in rows.tolist() for mark in (marks[row].split() if marks else ())})
    named = table.texts("scheme") if table.has("scheme") else []
    schemes = sorted({named[row] for row in rows.tolist() if named and named[row]})
    return DangerSeries(name, start.astype(object), columns, has_row, is_estimated, tuple(said), tuple(schemes))


def _numbers(table: CffdrsTable, column: str) -> npt.NDArray[np.float64] | None:
    for name in _OTHER_NAMES.get(column, (column,)):
        if table.has(name):
            low, high = (1.0, 5.0) if column == "grade" else (0.0, _LARGEST)
            return table.numbers_or_missing(NumberColumn(name, "", low, high))
    return None


def _chosen(names: tuple[str, ...], station: str | None) -> int:
    if station is None:
        if len(names) > 1:
            raise InvalidValue("--station", None, f"one of the file's stations: {', '.join(names)}")
        return 0
    if station not in names:
        raise InvalidValue("--station", station, f"one of the file's stations: {', '.join(names)}")
    return names.index(station)

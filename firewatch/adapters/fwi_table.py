"""Noon weather of many stations from a table with the columns of cffdrs, checked cell by cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from firewatch.adapters.cffdrs_csv import NumberColumn
from firewatch.adapters.weather_csv import CFFDRS_COLUMNS
from firewatch.adapters.wind_units import WIND_UNITS, one_wind_unit, wind_unit_of
from firewatch.danger import DailyWeather, StationDays
from firewatch.danger.chains import doubled_rows
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "HUMIDITY",
    "LATITUDE",
    "LONGITUDE",
    "RAIN",
    "STRONGEST_KMH",
    "TEMPERATURE",
    "WIND_UNITS",
    "StationTable",
    "WeatherColumns",
    "dates_of",
    "require_noon",
    "require_on_earth",
    "require_one_a_day",
    "require_still",
    "require_wind_unit",
    "station_column",
    "station_days",
    "stations_of",
    "weather_days",
    "weather_of",
    "whole_numbers",
    "wind_column",
    "wind_kmh",
]

_DECLARED = re.compile(r"ws[ _(\[]+(?P<unit>[a-z/]+)[)\]]?")

LATITUDE = NumberColumn("lat", "deg", -90.0, 90.0)
# West is written positive or negative, or counted on from east; no code depends on it.
LONGITUDE = NumberColumn("long", "deg", -180.0, 360.0)
TEMPERATURE = NumberColumn("temp", "deg C", -60.0, 60.0)
HUMIDITY = NumberColumn("rh", "%", 0.0, 100.0, tolerance=CFFDRS_COLUMNS.wettest_rh_pct - 100.0)
STRONGEST_KMH = 400.0
RAIN = NumberColumn("prec", "mm", 0.0, 2000.0)
_DATE = (NumberColumn("yr", "", 1800.0, 2200.0), NumberColumn("mon", "", 1.0, 12.0), NumberColumn("day", "", 1.0, 31.0))
_ONE_STATION = "without a column id all rows are of one station"
_NOON = NumberColumn("hr", "h: the codes need the noon reading", 10.0, 14.0)


@dataclass(frozen=True, slots=True)
class StationTable:
    """What a table holds.

    Parameters
    ----------
    names : tuple of str
        The stations, in the order of their first rows.
    days : StationDays
        Their weather, a row for each row of the table.
    notes : tuple of str
        What was taken otherwise than written.
    """

    names: tuple[str, ...]
    days: StationDays
    notes: tuple[str, ...]


def station_days(table: CffdrsTable, wind_unit: str = "km/h") -> StationTable:
    """Return the noon weather of a table.

    Parameters
    ----------
    table : CffdrsTable
        With the columns `lat`, `yr`, `mon`, `day`, `temp`, `rh`, `ws`, `prec`, and where it holds several stations
        `id` (or `station_id`); `long` and `hr` are checked where they stand.
    wind_unit : str
        Of the column `ws`: one of `WIND_UNITS`.

    Returns
    -------
    StationTable

    Raises
    ------
    FirewatchError
        Naming file, row, column, what is there and what is allowed: a column missing, a cell empty, no number or out of
        range, a wind declared in another unit, a station that moves, two rows of one station and day.
    """
    table.require(tuple(column.name for column in (LATITUDE, *_DATE, TEMPERATURE, HUMIDITY, RAIN)))
    latitude = table.numbers(LATITUDE)
    require_on_earth(table)
    require_noon(table)
    day = weather_days(table)
    temp, humidity, wind, rain, notes = weather_of(table, wind_unit)
    names, station = stations_of(table)
    require_still(table, names, station, LATITUDE)
    require_one_a_day(table, names, station, day)
    return StationTable(names, StationDays(station, day, latitude, DailyWeather(temp, humidity, wind, rain)), notes)


class WeatherColumns(NamedTuple):
    """Temperature [deg C], relative humidity [%], wind at 10 m [km/h] and rain [mm] of each row, and what to say."""

    temp_c: Numbers
    rh_pct: Numbers
    wind_kmh: Numbers
    rain_mm: Numbers
    notes: tuple[str, ...]


def weather_of(table: CffdrsTable, wind_unit: str) -> WeatherColumns:
    """Return the readings of a table's columns `temp`, `rh`, `ws` and `prec`.

    Raises
    ------
    FirewatchError
        As `station_days` does.
    """
    wind = wind_kmh(table, wind_column(table, wind_unit), wind_unit)
    humidity = table.numbers(HUMIDITY)
    drawn = np.minimum(humidity, HUMIDITY.high)
    return WeatherColumns(
        table.numbers(TEMPERATURE), drawn, wind, table.numbers(RAIN), _humidity_notes(table, humidity)
    )


def wind_kmh(table: CffdrsTable, column: str, wind_unit: str) -> Numbers:
    """Return the wind of a column in a unit of `WIND_UNITS` [km/h]."""
    factor = WIND_UNITS[wind_unit]
    wind = table.numbers(NumberColumn(column, wind_unit, 0.0, STRONGEST_KMH / factor)) * factor
    return np.minimum(wind, STRONGEST_KMH)  # 400 km/h in m/s and back may be a rounding above it


def weather_days(table: CffdrsTable) -> npt.NDArray[np.datetime64]:
    """Return the day of each row, from its columns `yr`, `mon` and `day`.

    Raises
    ------
    FirewatchError
        If a cell is no whole number, or the day is not of that month.
    """
    year, month, day = (whole_numbers(table, column) for column in _DATE)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days: npt.NDArray[np.datetime64] = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    astray = days.astype("datetime64[M]") != months
    if astray.any():
        row = int(astray.argmax())
        table.refuse(row, "day", f"a day of {months[row]}")
    return days


def dates_of(table: CffdrsTable) -> npt.NDArray[np.datetime64]:
    """Return the day of each row, from its column `date`.

    Raises
    ------
    FirewatchError
        If a cell is no day as 2026-03-01, or its year is out of the range of `yr`.
    """
    days = []
    for row, cell in enumerate(table.texts("date")):
        try:
            day = date.fromisoformat(cell)
        except ValueError:
            day = None
        if day is None or day.isoformat() != cell or not _DATE[0].low <= day.year <= _DATE[0].high:
            table.refuse(row, "date", f"a day as 2026-03-01, of the years {_DATE[0].allowed}")
        days.append(day)
    return np.array(days, dtype="datetime64[D]")


def whole_numbers(table: CffdrsTable, column: NumberColumn) -> npt.NDArray[np.int64]:
    """Return the numbers of a column that holds none but whole ones.

    Raises
    ------
    FirewatchError
        As `CffdrsTable.numbers` does, or if a number is not whole.
    """
    values = table.numbers(column)
    broken = values % 1.0 != 0.0
    if broken.any():
        table.refuse(int(broken.argmax()), column.name, f"a whole number, {column.allowed}")
    return values.astype(np.int64)


def require_on_earth(table: CffdrsTable) -> None:
    """Refuse a latitude or longitude out of range, also where nothing is computed from it; it may be blank.

    Raises
    ------
    InvalidValue
        With file, row and column.
    """
    for column in (LATITUDE, LONGITUDE):
        for name in (column.name, f"{column.name[:3]}_deg"):
            if table.has(name):
                table.numbers_or_missing(NumberColumn(name, column.unit, column.low, column.high))


def require_noon(table: CffdrsTable) -> None:
    """Refuse a reading whose hour, where the table gives it, is not about noon."""
    if table.has(_NOON.name):
        table.numbers(_NOON)


def station_column(table: CffdrsTable) -> str | None:
    """Return the column that names the station, `id` or `station_id`, or None where there is neither."""
    return next(filter(table.has, ("id", "station_id")), None)


def stations_of(table: CffdrsTable) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """Return the stations in the order of their first rows, and each row's, counted from 0; one without a column."""
    column = station_column(table)
    if column is None:
        return ("the only one",), np.zeros(len(table.rows), dtype=np.intp)
    names: dict[str, int] = {}
    cells = table.texts(column)
    if "" in cells:
        table.refuse(cells.index(""), column, "the station's name")
    numbers = [names.setdefault(cell, len(names)) for cell in cells]
    return tuple(names), np.array(numbers, dtype=np.intp)


def wind_column(table: CffdrsTable, wind_unit: str) -> str:
    """Return the name of the wind's column, unless the file declares another unit than the caller."""
    require_wind_unit(table, wind_unit)
    plain = next(filter(table.has, ("ws", "wind_kmh") if wind_unit == "km/h" else ("ws",)), None)
    if plain is not None:
        return plain
    for header in table.header:
        declared = _DECLARED.fullmatch(header.strip().lower())
        if declared is None:
            continue
        if wind_unit_of(declared["unit"]) != wind_unit:
            raise InvalidValue(
                f"{table.name} row 1 column {header}, its unit,", declared["unit"], one_wind_unit(wind_unit)
            )
        return header.strip().lower()
    return "ws"


def require_wind_unit(table: CffdrsTable, wind_unit: str) -> None:
    """Refuse a table with a column that declares another unit of the wind."""
    for column in ("ws_unit", "wind_unit"):
        units = table.texts(column) if table.has(column) else []
        other = next((row for row, unit in enumerate(units) if wind_unit_of(unit) != wind_unit), None)
        if other is not None:
            table.refuse(other, column, one_wind_unit(wind_unit))


def _humidity_notes(table: CffdrsTable, humidity: npt.NDArray[np.float64]) -> tuple[str, ...]:
    rounded = np.flatnonzero(humidity > HUMIDITY.high)
    if not rounded.size:
        return ()
    first = (
        f"{table.name} row {table.row_numbers[rounded[0]]}: relative humidity {humidity[rounded[0]]:g} % taken as 100 %"
    )
    return (f"{first}, and so in {rounded.size - 1} more rows" if rounded.size > 1 else first,)


def require_still(
    table: CffdrsTable, names: tuple[str, ...], station: npt.NDArray[np.intp], column: NumberColumn
) -> None:
    """Refuse a station that has two values of a column that says where it stands.

    Raises
    ------
    InvalidValue
        Naming both rows.
    """
    values = table.numbers(column)
    _, first = np.unique(station, return_index=True)
    moved = values != values[first][station]
    if moved.any():
        row = int(moved.argmax())
        before = values[first[station[row]]]
        of = _ONE_STATION if station_column(table) is None else f"station {names[station[row]]}"
        table.refuse(row, column.name, f"{before:g}, as in row {table.row_numbers[first[station[row]]]} ({of})")


def require_one_a_day(
    table: CffdrsTable, names: tuple[str, ...], station: npt.NDArray[np.intp], day: npt.NDArray[np.datetime64]
) -> None:
    """Raise `ObservationError`, naming both rows, if a station has two of one day."""
    doubled = doubled_rows(station, day)
    if doubled is not None:
        earlier, row = doubled
        of = f" ({_ONE_STATION})" if station_column(table) is None else ""
        raise ObservationError(
            names[station[row]],
            f"{table.name} row {table.row_numbers[row]} column day",
            f"{day[row]} has a reading in row {table.row_numbers[earlier]} already; keep one row a station and day{of}",
        )

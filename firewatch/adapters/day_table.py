"""A table of days, of least and greatest values or of noon readings, made into a table of hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.cffdrs_csv import CffdrsTable, NumberColumn
from firewatch.adapters.fwi_table import (
    HUMIDITY,
    RAIN,
    TEMPERATURE,
    require_noon,
    require_wind_unit,
    stations_of,
    weather_days,
    weather_of,
    wind_kmh,
)
from firewatch.adapters.hourly_table import sites_of_stations
from firewatch.danger.fwi2025.minmax import MinMaxDays, hours_of_days, minmax_of_noon
from firewatch.danger.sorption import StepWeather
from firewatch.errors import ObservationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from firewatch.danger.fwi2025.sun import Sites

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Rows: TypeAlias = npt.NDArray[np.intp]
    Times: TypeAlias = npt.NDArray[np.datetime64]

__all__ = ["DAY_FORMS", "hourly_table_of_days"]

DAY_FORMS = ("minmax", "noon")
_PLACE = ("lat", "long")
_CARRIED = ("percent_cured", "grass_fuel_load", "bui")
_HEADER = ("id", *_PLACE, "timezone", "yr", "mon", "day", "hr", "temp", "rh", "ws", "prec")
_HOURS = 24


def hourly_table_of_days(
    table: CffdrsTable, form: str, wind_unit: str = "km/h", utc_offset_h: float | None = None
) -> CffdrsTable:
    """Return a table of hours made from a table of days.

    Parameters
    ----------
    table : CffdrsTable
        With the columns `lat`, `long`, `timezone`, `yr`, `mon`, `day`, `prec`, where it holds several stations `id`,
        and for the form `minmax` `temp_min`, `temp_max`, `rh_min`, `rh_max`, `ws_min`, `ws_max`, for `noon` `temp`,
        `rh`, `ws`. Grass load, curing and BUI are carried over.
    form : str
        One of `DAY_FORMS`.
    wind_unit : str
        Of the wind: one of `WIND_UNITS`. The hours' is in km/h.
    utc_offset_h : float, optional
        Of all stations, in place of the column `timezone` [h].

    Returns
    -------
    CffdrsTable
        24 rows for each row, station after station; each names the row of its day in errors.

    Raises
    ------
    FirewatchError
        As `station_hours` does, and where a day is missing or twice there, or a least value is above the greatest.
    """
    names, station = stations_of(table)
    sites = sites_of_stations(table, names, station, utc_offset_h)
    day = weather_days(table)
    if form == "noon":
        require_noon(table)
    values = list(weather_of(table, wind_unit)[:4]) if form == "noon" else _extremes(table, wind_unit)
    carried = [name for name in _CARRIED if table.has(name)]
    kept = [table.texts(name) for name in carried]
    place = [table.texts(name) for name in _PLACE]
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number, name in enumerate(names):
        at = np.flatnonzero(station == number)
        at = at[np.argsort(day[at], kind="stable")]
        _require_consecutive(table, name, day, at)
        clock = repr(float(sites.utc_offset_h[number]))
        hours = _hours(sites.part(slice(number, number + 1)), day[at], [column[at, None] for column in values])
        for index, hour in enumerate(hours):
            row = int(at[index // _HOURS])
            rows.append([name, *(each[row] for each in place), clock, *hour, *(each[row] for each in kept)])
            numbers.append(table.row_numbers[row])
    return CffdrsTable(table.name, (*_HEADER, *carried), tuple(rows), tuple(numbers), table.delimiter)


def _hours(site: Sites, day: Times, values: list[Numbers]) -> Iterator[list[str]]:
    """Yield date, hour and readings of each hour of one station's days."""
    if len(values) == len(("temp", "rh", "ws", "prec")):
        days = minmax_of_noon(day, StepWeather(*values))
    else:
        least_c, most_c, least_rh, most_rh, calmest, windiest, rain = values
        days = MinMaxDays(day, (least_c, most_c), (least_rh, most_rh), (calmest, windiest), rain)
    hour, weather = hours_of_days(site, days)
    columns = (weather.temp_c, weather.rh_pct, weather.wind_kmh, weather.rain_mm)
    for when, *readings in zip(hour.tolist(), *(column[:, 0].tolist() for column in columns), strict=True):
        yield [*map(str, (when.year, when.month, when.day, when.hour)), *map(repr, readings)]


def _extremes(table: CffdrsTable, wind_unit: str) -> list[Numbers]:
    """Return least and greatest temperature, humidity and wind, and the rain, of each row."""
    require_wind_unit(table, wind_unit)
    found = []
    for name, column in (("temp", TEMPERATURE), ("rh", HUMIDITY), ("ws", None)):
        least, most = (
            wind_kmh(table, called, wind_unit)
            if column is None
            else table.numbers(NumberColumn(called, column.unit, column.low, column.high))
            for called in (f"{name}_min", f"{name}_max")
        )
        wrong = least > most
        if wrong.any():
            row = int(wrong.argmax())
            table.refuse(row, f"{name}_min", f"at most the {name}_max of the row, {table.texts(f'{name}_max')[row]}")
        found += [least, most]
    return [*found, table.numbers(RAIN)]


def _require_consecutive(table: CffdrsTable, name: str, day: Times, at: Rows) -> None:
    for index in np.flatnonzero(np.diff(day[at]).astype(np.int64) != 1)[:1]:
        before, after = at[index], at[index + 1]
        where = f"{table.name} row {table.row_numbers[after]} column day"
        why = f"{day[after]} follows {day[before]} of row {table.row_numbers[before]}; every day is needed once"
        raise ObservationError(name, where, why)

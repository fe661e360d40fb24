"""Hourly weather of many stations from a table with the columns of cffdrs-ng, checked cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import numpy as np

from firewatch.adapters.cffdrs_csv import NumberColumn
from firewatch.adapters.fwi_table import (
    LATITUDE,
    require_on_earth,
    require_still,
    stations_of,
    weather_days,
    weather_of,
    whole_numbers,
)
from firewatch.danger.fwi2025.sun import Sites, far_clocks, near_clocks
from firewatch.danger.sorption import StepWeather
from firewatch.errors import ObservationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.adapters.fwi_table import WeatherColumns

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Rows: TypeAlias = npt.NDArray[np.intp]
    Times: TypeAlias = npt.NDArray[np.datetime64]

__all__ = ["HOUR", "HourlyTable", "StationHours", "sites_of_stations", "station_hours"]

_LONGITUDE = NumberColumn("long", "deg, east positive", -180.0, 180.0)
_CLOCK = NumberColumn("timezone", "h ahead of UTC", -12.0, 14.0)
HOUR = NumberColumn("hr", "h", 0.0, 23.0)
_GAP = "no hour may be missing; supply the readings, or begin a new file after the gap"


@dataclass(frozen=True, slots=True, eq=False)
class StationHours:
    """Stations with the same hours.

    Parameters
    ----------
    station : ndarray of int, shape (sites,)
        Which stations, as numbered in the table.
    row : ndarray of int, shape (hours, sites)
        Where each reading stands in the table, counted from 0.
    hour : ndarray, shape (hours,), datetime64[h]
        Consecutive hours, by the stations' clocks.
    """

    station: Rows
    row: Rows
    hour: Times


@dataclass(frozen=True, slots=True, eq=False)
class HourlyTable:
    """What a table of hours holds.

    Parameters
    ----------
    table : CffdrsTable
        The table itself.
    names : tuple of str
        The stations, in the order of their first rows.
    sites : Sites, shape (stations,), or None
        Where they lie, where that was asked for.
    weather : WeatherColumns
        A reading for each row.
    groups : tuple of StationHours
        The stations, those with the same hours together: every row is in one of them.
    """

    table: CffdrsTable
    names: tuple[str, ...]
    sites: Sites | None
    weather: WeatherColumns
    groups: tuple[StationHours, ...]

    def weather_of(self, group: StationHours) -> StepWeather:
        """Return a group's weather, shape (hours, sites)."""
        of = self.weather
        return StepWeather(*(column[group.row] for column in (of.temp_c, of.rh_pct, of.wind_kmh, of.rain_mm)))

    def sites_of(self, group: StationHours) -> Sites:
        """Return where a group's stations lie, shape (sites,).

        Raises
        ------
        ObservationError
            If the sites were not read.
        """
        if self.sites is None:
            raise ObservationError("(file)", self.table.name, "was read without lat, long and timezone")
        at = group.station
        return Sites(self.sites.lat_deg[at], self.sites.lon_deg[at], self.sites.utc_offset_h[at])


def station_hours(
    table: CffdrsTable, wind_unit: str = "km/h", utc_offset_h: float | None = None, *, sited: bool = True
) -> HourlyTable:
    """Return the hourly weather of a table.

    Parameters
    ----------
    table : CffdrsTable
        With the columns `yr`, `mon`, `day`, `hr`, `temp`, `rh`, `ws`, `prec`, where it holds several stations `id`, and
        if `sited` `lat`, `long` and `timezone`.
    wind_unit : str
        Of the column `ws`: one of `WIND_UNITS`.
    utc_offset_h : float, optional
        Of all stations, in place of the column `timezone` [h].
    sited : bool
        Whether it matters where the stations lie.

    Returns
    -------
    HourlyTable

    Raises
    ------
    FirewatchError
        Naming file, row, column, what is there and what is allowed: as `station_days` does, and where an hour is
        missing or twice there, or a clock cannot be of that longitude.
    """
    hour = weather_days(table).astype("datetime64[h]") + whole_numbers(table, HOUR).astype("timedelta64[h]")
    require_on_earth(table)
    weather = weather_of(table, wind_unit)
    names, station = stations_of(table)
    sites = sites_of_stations(table, names, station, utc_offset_h) if sited else None
    return HourlyTable(table, names, sites, weather, _groups(table, names, station, hour))


def sites_of_stations(table: CffdrsTable, names: tuple[str, ...], station: Rows, utc_offset_h: float | None) -> Sites:
    """Return where the stations of a table lie, shape (stations,).

    Parameters
    ----------
    table : CffdrsTable
        With the columns `lat`, `long` and, unless `utc_offset_h` is given, `timezone`.
    names : tuple of str
        The stations.
    station : ndarray of int, shape (rows,)
        Which one each row is of, counted from 0.
    utc_offset_h : float, optional
        Hours ahead of UTC of all stations [h].

    Raises
    ------
    InvalidValue
        Naming file, row and column: out of range, a station that moves, a clock that cannot be of that longitude.
    """
    columns = (LATITUDE, _LONGITUDE) if utc_offset_h is not None else (LATITUDE, _LONGITUDE, _CLOCK)
    for column in columns:
        require_still(table, names, station, column)
    first = np.unique(station, return_index=True)[1]
    lat, lon = table.numbers(LATITUDE)[first], table.numbers(_LONGITUDE)[first]
    clock = np.full(len(first), utc_offset_h) if utc_offset_h is not None else table.numbers(_CLOCK)[first]
    for index in far_clocks(lon, clock)[:1]:
        row, allowed = int(first[index]), near_clocks(float(lon[index]))
        if utc_offset_h is None:
            table.refuse(row, "timezone", allowed)
        table.refuse(row, "long", f"one whose clock is {utc_offset_h:g} h ahead of UTC: that of this one is {allowed}")
    return Sites(lat, lon, clock)


def _groups(table: CffdrsTable, names: tuple[str, ...], station: Rows, hour: Times) -> tuple[StationHours, ...]:
    order = np.lexsort((np.arange(station.size), hour, station))
    step = np.diff(hour[order]).astype(np.int64)
    same = np.diff(station[order]) == 0
    for index in np.flatnonzero(same & (step != 1))[:1]:
        _refuse_step(table, names[station[order[index]]], hour, order[index : index + 2])
    first = np.flatnonzero(np.r_[True, ~same])
    length = np.diff(np.r_[first, station.size])
    together: dict[tuple[int, int], list[int]] = {}
    for begin, many in zip(first.tolist(), length.tolist(), strict=True):
        together.setdefault((int(hour[order[begin]].astype(np.int64)), many), []).append(begin)
    groups = []
    for (_, many), begins in together.items():
        row = order[np.array(begins) + np.arange(many)[:, None]]
        groups.append(StationHours(station[row[0]], row, hour[row[:, 0]]))
    return tuple(groups)


def _refuse_step(table: CffdrsTable, name: str, hour: Times, rows: Rows) -> NoReturn:
    before, after = (table.row_numbers[row] for row in rows)
    missing = int((hour[rows[1]] - hour[rows[0]]).astype(np.int64)) - 1
    why = f"{hour[rows[1]]} follows {hour[rows[0]]} of row {before}: {missing} hour(s) without a reading; {_GAP}"
    if missing < 0:
        why = f"{hour[rows[1]]} has a reading in row {before} already; keep one row a station and hour"
    raise ObservationError(name, f"{table.name} row {after} column hr", why)

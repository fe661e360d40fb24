"""Daily readings of many stations from a table with the columns of cffdrs, as a fire season's rule needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.cffdrs_csv import NumberColumn
from firewatch.adapters.fwi_table import require_on_earth, require_one_a_day, stations_of, weather_days
from firewatch.danger import AlwaysOn, FirePreventionPeriod, GfwedSeason, SeasonWeather, SnowSeason, TemperatureSeason

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.danger import SeasonRule

__all__ = ["StationSeasonWeather", "season_weather"]

_HIGHEST = NumberColumn("tmax", "deg C", -60.0, 60.0)
_NOON = NumberColumn("temp", "deg C", -60.0, 60.0)
_SNOW = NumberColumn("snow_depth", "m", 0.0, 20.0)
# By rule: the columns that it reads, under the names of `SeasonWeather`.
_NEEDS = {
    AlwaysOn: {},
    FirePreventionPeriod: {},
    TemperatureSeason: {"max_temp_c": _HIGHEST},
    SnowSeason: {"snow_depth_m": _SNOW, "max_temp_c": _HIGHEST},
    GfwedSeason: {"snow_depth_m": _SNOW, "noon_temp_c": _NOON},
}


@dataclass(frozen=True, slots=True, eq=False)
class StationSeasonWeather:
    """What a table holds of one station.

    Parameters
    ----------
    name : str
        Of the station.
    rows : ndarray of int, shape (rows,)
        Where its rows stand in the table, in order of days.
    days : ndarray of int, shape (rows,)
        Which day of `weather` each of them is.
    weather : SeasonWeather
        From its first day to its last, NaN on days without a row.
    """

    name: str
    rows: npt.NDArray[np.intp]
    days: npt.NDArray[np.intp]
    weather: SeasonWeather

    @property
    def missing_days(self) -> int:
        """How many days between the first and the last have no row."""
        return self.weather.day_count - len(self.rows)


def season_weather(table: CffdrsTable, rule: SeasonRule) -> list[StationSeasonWeather]:
    """Return the readings that a rule needs, station by station in the order of their first rows.

    Parameters
    ----------
    table : CffdrsTable
        With `yr`, `mon`, `day`, where it holds several stations `id`, and by rule `tmax` [deg C], `temp` [deg C],
        `snow_depth` [m]; blank or ``NA`` where a reading is missing.
    rule : SeasonRule
        What is asked of them.

    Returns
    -------
    list of StationSeasonWeather

    Raises
    ------
    FirewatchError
        Naming file, row, column, what is there and what is allowed.
    """
    day = weather_days(table)
    require_on_earth(table)
    names, station = stations_of(table)
    require_one_a_day(table, names, station, day)
    readings = {name: table.numbers_or_missing(column) for name, column in _NEEDS[type(rule)].items()}
    found = []
    for number, name in enumerate(names):
        rows = np.flatnonzero(station == number)
        rows = rows[day[rows].argsort(kind="stable")]
        first = day[rows[0]]
        days = (day[rows] - first).astype(np.intp)
        count = int(days[-1]) + 1
        given = {}
        for reading, values in readings.items():
            given[reading] = np.full(count, np.nan)
            given[reading][days] = values[rows]
        found.append(StationSeasonWeather(name, rows, days, SeasonWeather(first.astype(object), count, **given)))
    return found

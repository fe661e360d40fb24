"""HTZ over rows of many stations: what `firewatch.danger.htz` computes for a day, where only a table is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.htz import RainMemory, is_rain_certain, remember_rain
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from firewatch.danger.class_tables import HtzTable

__all__ = ["HtzColumns", "HtzDays", "dry_spells", "run_htz"]

_PARTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class HtzDays:
    """The readings that HTZ needs, a row a station and day, in any order; all of shape (n,).

    Parameters
    ----------
    station : ndarray of int
        Which station.
    day : ndarray of datetime64[D]
        The weather day, one row a station and day.
    max_temp_c, min_rh_pct, max_wind_ms : ndarray of float
        The day's extremes [deg C], [%], [m/s]; NaN where missing. Where an extreme contradicts the noon reading, give
        the more dangerous of the two.
    rain_mm : ndarray of float
        Rain [mm]; NaN where missing.
    """

    station: npt.NDArray[np.intp]
    day: npt.NDArray[np.datetime64]
    max_temp_c: npt.NDArray[np.float64]
    min_rh_pct: npt.NDArray[np.float64]
    max_wind_ms: npt.NDArray[np.float64]
    rain_mm: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HtzColumns:
    """What came of it.

    Parameters
    ----------
    parts : ndarray of float, shape (n, 5)
        A to E; NaN in rows where a reading is missing.
    total : ndarray of float, shape (n,)
        A + B + C + D - E.
    is_rain_certain : ndarray of bool, shape (n,)
        False where the record before the day is too short to know the last rain: part C is then the driest.
    """

    parts: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]
    is_rain_certain: npt.NDArray[np.bool_]


def run_htz(days: HtzDays, table: HtzTable) -> HtzColumns:
    """Return HTZ and its parts of every row.

    Parameters
    ----------
    days : HtzDays
        The readings. After a missing day, or a missing rain, the record of rain begins anew.
    table : HtzTable
        The points.

    Returns
    -------
    HtzColumns
        A missing reading gives no total, never a low one.

    Raises
    ------
    InvalidValue
        If a station has a day twice.
    """
    parts = np.full((days.day.size, _PARTS), np.nan)
    certain = np.zeros(days.day.size, dtype=np.bool_)
    memory: RainMemory | None = None
    before: tuple[int, date] | None = None
    for row in _in_order(days.station, days.day):
        station, day = int(days.station[row]), days.day[row].astype(object)
        rain = float(days.rain_mm[row])
        if memory is None or before is None or before[0] != station or (day - before[1]).days != 1:
            memory = RainMemory(day)
        before = station, day
        if np.isnan(rain):
            memory = None
            continue
        memory = remember_rain(memory, day, rain, table)
        certain[row] = is_rain_certain(memory, day, table)
        readings = (float(days.max_temp_c[row]), float(days.min_rh_pct[row]), float(days.max_wind_ms[row]))
        if not np.isnan(readings).any():
            parts[row] = _parts(readings, day, memory, table)
    return HtzColumns(parts, parts[:, :4].sum(axis=1) - parts[:, 4], certain)


def _parts(
    readings: tuple[float, float, float], day: date, memory: RainMemory, table: HtzTable
) -> tuple[int, int, int, int, int]:
    highest_c, lowest_pct, strongest_ms = readings
    since = table.rain.days_back + 1 if memory.rained_on is None else (day - memory.rained_on).days
    return (
        table.temperature.points_of(highest_c),
        table.humidity.points_of(lowest_pct),
        table.rain.points_of(memory.rain_mm, since),
        table.wind.points_of(strongest_ms),
        table.correction_by_month[day.month - 1],
    )


def dry_spells(
    station: npt.NDArray[np.intp],
    day: npt.NDArray[np.datetime64],
    rain_mm: npt.NDArray[np.float64],
    dry_below_mm: float,
) -> npt.NDArray[np.float64]:
    """Return the days in a row, up to and with each day, with less rain than `dry_below_mm` [mm].

    Parameters
    ----------
    station, day, rain_mm : ndarray, shape (n,)
        As of `HtzDays`.
    dry_below_mm : float
        Least rain that ends a dry spell [mm].

    Returns
    -------
    ndarray of float, shape (n,)
        0 on a day of rain; NaN where the record (also after a missing day or rain) has not yet had one: how long it was
        dry before is not known.

    Raises
    ------
    InvalidValue
        If a station has a day twice.
    """
    spells = np.full(day.size, np.nan)
    dry = np.nan
    before: int | None = None
    for row in _in_order(station, day):
        if before is None or station[before] != station[row] or day[row] - day[before] != np.timedelta64(1, "D"):
            dry = np.nan
        before = row
        rain = float(rain_mm[row])
        dry = dry + 1.0 if rain < dry_below_mm else 0.0 * rain  # of a missing rain, too: NaN
        spells[row] = dry
    return spells


def _in_order(station: npt.NDArray[np.intp], day: npt.NDArray[np.datetime64]) -> list[int]:
    """Return the rows station by station, each in order of days."""
    order: npt.NDArray[np.intp] = np.lexsort((day, station))
    same = (station[order][1:] == station[order][:-1]) & (day[order][1:] == day[order][:-1])
    if same.any():
        row = int(order[1:][same][0])
        raise InvalidValue("weather day of one station", f"{day[row]} twice", "one row a station and day")
    rows: list[int] = order.tolist()
    return rows

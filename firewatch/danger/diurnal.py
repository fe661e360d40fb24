"""The diurnal Fine Fuel Moisture Code: the code at any time of day, read from tables by the daily one.

The tables are data (`firewatch.adapters.diurnal_tables` loads those that ship) and come in as an argument.

References
----------
.. [1] Lawson, B.D.; Armitage, O.B.; Hoskins, W.D. (1996). Diurnal variation in the Fine Fuel Moisture Code: tables and
   computer source code. Canada-British Columbia Partnership Agreement on Forest Resource Development, FRDA Report 245.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Indices: TypeAlias = npt.NDArray[np.intp]

__all__ = ["DiurnalGrid", "DiurnalTables", "HumidityLimits", "diurnal_fine_fuel_moisture_code"]

_SIX = 360.0
_NOON = 720.0
_MIDNIGHT = 1440.0
_HIGHEST_FFMC = 101.0


@dataclass(frozen=True, slots=True)
class DiurnalGrid:
    """One table: codes by time and by the daily code.

    Parameters
    ----------
    minutes : tuple of float, length n >= 2
        Times of the rows [min after midnight, local standard time], ascending.
    ffmc : tuple of float, length m >= 2
        Daily codes of the columns, ascending.
    rows : tuple of tuple of float, (n, m)
        Codes, 0 to 101.

    Raises
    ------
    InvalidValue
        If a scale does not ascend, the shape is another or a code lies outside 0 to 101.
    """

    minutes: tuple[float, ...]
    ffmc: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        _require_ascending("minutes of a diurnal table", self.minutes)
        _require_ascending("daily codes of a diurnal table", self.ffmc)
        lengths = [len(row) for row in self.rows]
        if lengths != [len(self.ffmc)] * len(self.minutes):
            raise InvalidValue(
                "row lengths of a diurnal table", lengths, f"{len(self.minutes)} rows of {len(self.ffmc)} codes"
            )
        codes = [code for row in self.rows for code in row if not 0.0 <= code <= _HIGHEST_FFMC]
        if codes:
            raise InvalidValue("code in a diurnal table", codes[0], "0 to 101")


@dataclass(frozen=True, slots=True)
class HumidityLimits:
    """What is humid and what is dry air, by the time of the morning.

    Parameters
    ----------
    before_minutes : tuple of float, length n
        A row holds for the moments before its time [min after midnight], ascending; the last for all after it as well.
    humid_above_pct, dry_below_pct : tuple of float, length n
        Limits of relative humidity [%]; a humidity on a limit is moderate.

    Raises
    ------
    InvalidValue
        If the times do not ascend, the lengths differ or a dry limit lies above the humid one.
    """

    before_minutes: tuple[float, ...]
    humid_above_pct: tuple[float, ...]
    dry_below_pct: tuple[float, ...]

    def __post_init__(self) -> None:
        _require_ascending("minutes of the humidity limits", self.before_minutes)
        lengths = (len(self.before_minutes), len(self.humid_above_pct), len(self.dry_below_pct))
        if len(set(lengths)) != 1:
            raise InvalidValue("lengths of the humidity limits", lengths, "one length for all three")
        for dry, humid in zip(self.dry_below_pct, self.humid_above_pct, strict=True):
            if not 0.0 <= dry <= humid <= 100.0:  # noqa: PLR2004 - per cent
                raise InvalidValue("humidity limits (%)", (dry, humid), "0 <= dry <= humid <= 100")


@dataclass(frozen=True, slots=True)
class DiurnalTables:
    """All tables of the diurnal code.

    Parameters
    ----------
    overnight : DiurnalGrid
        From noon to 06:00 of the next day; its minutes go on counting after midnight, 720 to 1800.
    humid, moderate, dry : DiurnalGrid
        From 06:00 to noon of the next day, by the humidity of the moment; minutes 360 to 720.
    limits : HumidityLimits
        Which of the three holds.

    Raises
    ------
    InvalidValue
        If a table does not cover its hours, or the four have different columns.
    """

    overnight: DiurnalGrid
    humid: DiurnalGrid
    moderate: DiurnalGrid
    dry: DiurnalGrid
    limits: HumidityLimits

    def __post_init__(self) -> None:
        _require_hours(self.overnight, _NOON, _MIDNIGHT + _SIX)
        for grid in (self.humid, self.moderate, self.dry):
            _require_hours(grid, _SIX, _NOON)
            if grid.ffmc != self.overnight.ffmc:
                raise InvalidValue("daily codes of a morning table", grid.ffmc, "those of the overnight table")


def diurnal_fine_fuel_moisture_code(
    daily_ffmc: npt.ArrayLike,
    rh_pct: npt.ArrayLike,
    minute_of_day: npt.ArrayLike,
    tables: DiurnalTables,
) -> Numbers:
    """Return the Fine Fuel Moisture Code at a time of day.

    Parameters
    ----------
    daily_ffmc : array_like
        The standard daily code of the noon before the moment, 0 to 101: from 00:00 to 11:59 that of the day before.
        The tables begin at 17.5; a wetter code reads as 17.5.
    rh_pct : array_like
        Relative humidity of the moment [%]; read from 06:00 to 11:59 only.
    minute_of_day : array_like
        Local standard time, 0 to below 1440 [min after midnight].
    tables : DiurnalTables
        Those that ship are `firewatch.adapters.diurnal_tables.load_diurnal_tables()`.

    Returns
    -------
    ndarray, broadcast shape, float64
        NaN where a value that is read is NaN.

    Raises
    ------
    InvalidValue
        If a time is out of range.

    References
    ----------
    .. [1] Lawson, Armitage and Hoskins (1996), the tables; linear in time and in the daily code between their entries.
    """
    (ffmc, rh, minute), shape = columns(daily_ffmc, rh_pct, minute_of_day)
    wrong = (minute < 0.0) | (minute >= _MIDNIGHT)
    if wrong.any():
        raise InvalidValue("time of day (min)", float(minute[wrong][0]), "0 to below 1440")
    after_noon = np.where(minute < _NOON, minute + _MIDNIGHT, minute)
    code = _read(tables.overnight, after_noon, ffmc)
    morning = (minute >= _SIX) & (minute < _NOON)
    row = np.searchsorted(tables.limits.before_minutes[:-1], minute, side="right")
    is_humid = rh > np.asarray(tables.limits.humid_above_pct)[row]
    is_dry = rh < np.asarray(tables.limits.dry_below_pct)[row]
    by_air = np.where(is_humid, _read(tables.humid, minute, ffmc), _read(tables.moderate, minute, ffmc))
    by_air = np.where(is_dry, _read(tables.dry, minute, ffmc), by_air)
    now: Numbers = np.where(morning, np.where(np.isnan(rh), np.nan, by_air), code)
    return now.reshape(shape)


def _read(grid: DiurnalGrid, minute: Numbers, ffmc: Numbers) -> Numbers:
    """Return the code of a table, linear between its entries and constant beyond its edges."""
    table: Numbers = np.asarray(grid.rows, dtype=np.float64)
    i, down = _place(np.asarray(grid.minutes, dtype=np.float64), minute)
    j, across = _place(np.asarray(grid.ffmc, dtype=np.float64), ffmc)
    above = table[i, j] + (table[i, j + 1] - table[i, j]) * across
    below = table[i + 1, j] + (table[i + 1, j + 1] - table[i + 1, j]) * across
    return above + (below - above) * down


def _place(scale: Numbers, values: Numbers) -> tuple[Indices, Numbers]:
    """Return the entry at or below each value, never the last one, and how far the value lies towards the next."""
    index = np.clip(np.searchsorted(scale, values, side="right") - 1, 0, len(scale) - 2)
    return index, np.clip((values - scale[index]) / (scale[index + 1] - scale[index]), 0.0, 1.0)


def _require_ascending(what: str, values: tuple[float, ...]) -> None:
    if len(values) < 2 or any(after <= before for before, after in pairwise(values)):  # noqa: PLR2004
        raise InvalidValue(what, values, "at least two, ascending")


def _require_hours(grid: DiurnalGrid, first: float, last: float) -> None:
    if (grid.minutes[0], grid.minutes[-1]) != (first, last):
        raise InvalidValue(
            "minutes of a diurnal table", f"{grid.minutes[0]:g} to {grid.minutes[-1]:g}", f"{first:g} to {last:g}"
        )

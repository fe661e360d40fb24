"""Missing readings of a grid, filled by the policy of a station's series before the codes are computed, and flagged.

The policy is `GapPolicy.LAST_READING_DRY`: a day gets the cell's last whole reading of temperature, humidity and wind
and no rain, so that the codes are the same bits as those of a station's series with that policy. A day that misses one
of the four readings misses all: a station's reading is whole, or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.grid import GridDays

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.grid import Cells

__all__ = ["FilledDays", "LastReadings", "fill_grid_gaps"]

_LONGEST_GAP_DAYS = 7  # as `SeriesRules`


@dataclass(frozen=True, slots=True, eq=False)
class LastReadings:
    """The last whole reading of each cell: what a gap is filled from, and how long the gap is already.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh : ndarray, shape (...)
        As in `GridDays`; NaN where none is known.
    missing_days : ndarray of integers, shape (...)
        Days after it that had none.
    """

    temp_c: Cells
    rh_pct: Cells
    wind_kmh: Cells
    missing_days: npt.NDArray[np.integer]

    @classmethod
    def of_nothing(cls, shape: tuple[int, ...]) -> LastReadings:
        """Return the state of cells of which no reading is known."""
        temp, rh, wind = np.full((3, *shape), np.nan)
        return cls(temp, rh, wind, np.zeros(shape, dtype=np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class FilledDays:
    """Weather without the gaps that could be filled.

    Parameters
    ----------
    days : GridDays, shape (days, ...)
        What could not be filled is missing as before.
    is_estimated : ndarray of bool, shape (days, ...)
        Whether a cell's day was filled.
    last : LastReadings, shape (...)
        After the last day: from it the next days are filled to the same bits.
    """

    days: GridDays
    is_estimated: npt.NDArray[np.bool_]
    last: LastReadings


def fill_grid_gaps(
    given: GridDays, before: LastReadings | None = None, *, longest_gap_days: int = _LONGEST_GAP_DAYS
) -> FilledDays:
    """Return the weather with each cell's last reading, dry, in place of a missing one.

    Parameters
    ----------
    given : GridDays, shape (days, ...)
        NaN is missing.
    before : LastReadings, optional
        Of the day before the first; by default none is known, and what a cell misses before its first reading stays
        missing.
    longest_gap_days : int
        The most days in a row that are filled; from the next day on a cell is missing.

    Returns
    -------
    FilledDays
    """
    temp, rh, wind, rain = (array.copy() for array in given.weather())
    state = before or LastReadings.of_nothing(temp.shape[1:])
    last, missing = [state.temp_c, state.rh_pct, state.wind_kmh], state.missing_days
    is_estimated = np.zeros(temp.shape, dtype=np.bool_)
    for day in range(temp.shape[0]):
        is_missing = np.isnan(temp[day]) | np.isnan(rh[day]) | np.isnan(wind[day]) | np.isnan(rain[day])
        missing = np.where(is_missing, missing + 1, 0)
        is_filled = is_missing & (missing <= longest_gap_days) & ~np.isnan(last[0])
        for number, array in enumerate((temp, rh, wind)):
            last[number] = np.where(is_missing, last[number], array[day]).astype(temp.dtype)
            array[day] = np.where(is_filled, last[number], array[day])
        rain[day] = np.where(is_filled, 0.0, rain[day])
        is_estimated[day] = is_filled
    days = GridDays(temp, rh, wind, rain, given.lat_deg, given.months)
    return FilledDays(days, is_estimated, LastReadings(last[0], last[1], last[2], missing))

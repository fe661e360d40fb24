"""Rain as gridded forecasts sum it, taken apart into the rain of each step and of each hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy.typing as npt

__all__ = ["apart", "apart_by_six_hours", "hourly_rain"]

_HOUR = timedelta(hours=1)
# Packing of GRIB makes a sum fall by so little [mm].
_PACKING_MM = 0.1
_SUM_H = 6.0


def apart(total_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rain of each step of a sum since the start [mm]; the first value is the sum up to its own step.

    Raises
    ------
    ValueError
        If the sum falls by more than packing explains: it is then no sum since the start.
    """
    # At its start a run has no rain yet, and some files no figure.
    start = 0.0 if np.isnan(total_mm[0]) else total_mm[0]
    steps = np.diff(np.concatenate([[0.0, start], total_mm[1:]]))
    lowest = float(np.nanmin(steps))
    if lowest < -_PACKING_MM:
        raise ValueError(f"rain since the start falls by {-lowest:.3g} mm in a step; is it since the last step?")
    return np.maximum(steps, 0.0)


def apart_by_six_hours(
    start: datetime, times: Sequence[datetime], total_mm: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the rain of each step of sums that begin anew after each sixth hour of the run [mm].

    Parameters
    ----------
    start : datetime
        Of the run.
    times : sequence of datetime, length n
        Ends of the steps, rising.
    total_mm : ndarray, length n
        Sum since the last sixth hour before each.

    Returns
    -------
    ndarray, length n
        NaN for a step that began before its sum.

    Raises
    ------
    ValueError
        If a sum falls within its six hours by more than packing explains.
    """
    ends_h = np.array([(at - start) / _HOUR for at in times])
    begins_h = np.ceil(ends_h / _SUM_H - 1.0) * _SUM_H
    before_h = np.concatenate([[np.nan], ends_h[:-1]])
    before_mm = np.concatenate([[np.nan], total_mm[:-1]])
    steps = np.where(before_h == begins_h, total_mm, np.where(before_h > begins_h, total_mm - before_mm, np.nan))
    lowest = float(np.nanmin(steps, initial=0.0))
    if lowest < -_PACKING_MM:
        raise ValueError(
            f"rain falls by {-lowest:.3g} mm within six hours of the run; is it since the start or last step?"
        )
    return np.maximum(steps, 0.0)


def hourly_rain(times: Sequence[datetime], steps_mm: npt.NDArray[np.float64]) -> dict[datetime, float]:
    """Return each full hour's rain [mm] by its end, a step's rain spread evenly over the hours of the step.

    Parameters
    ----------
    times : sequence of datetime, length n
        Ends of the steps, rising.
    steps_mm : ndarray, length n
        Rain of each [mm]; the first, of unknown length, gives no hour; NaN gives none.
    """
    rain: dict[datetime, float] = {}
    for before, at, amount in zip(times, times[1:], steps_mm[1:], strict=False):
        count = round((at - before) / _HOUR)
        if count >= 1 and not np.isnan(amount):
            rain |= {at - number * _HOUR: float(amount) / count for number in range(count)}
    return rain

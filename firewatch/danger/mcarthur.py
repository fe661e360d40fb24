"""McArthur's Forest Fire Danger Index, Mark 5, and the drought factor that it needs.

Australia publishes other ratings since 2022; the index remains the simple comparison.

References
----------
.. [1] Noble, I.R.; Bary, G.A.V.; Gill, A.M. (1980). McArthur's fire-danger meters expressed as equations. Australian
   Journal of Ecology 5, 201-203.
.. [2] Griffiths, D. (1999). Improved formula for the drought factor in McArthur's Forest Fire Danger Meter.
   Australian Forestry 62, 202-206.
.. [3] Finkele, K.; Mills, G.A.; Beard, G.; Jones, D.A. (2006). National gridded drought factors and comparison of two
   soil moisture deficit formulations used in prediction of Forest Fire Danger Index in Australia. Bureau of
   Meteorology Research Centre, Research Report 119.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.columns import columns
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "DROUGHT_FACTOR_DAYS",
    "DroughtLimit",
    "RainAge",
    "drought_factor",
    "drought_factor_days",
    "drought_factor_noble",
    "forest_fire_danger_index",
]

# Rain further back than this has no part in the drought factor (Griffiths 1999; Finkele et al. 2006).
DROUGHT_FACTOR_DAYS = 20
_MOST = 10.0
_EVENT_MM = 2.0  # a day with more is part of a rain event
# Where the two branches of the limit of x meet [mm]: Finkele et al. (2006), eq. 14.
_LIMIT_TURNS_MM = 20.0
# Deficits [mm] from which the factor may be one more, from 6 up: Finkele et al. (2006), eq. 13.
_STEPS_MM = (25.0, 42.0, 65.0, 100.0)
_STEP_MOST = np.array([6.0, 7.0, 8.0, 9.0, 10.0])


class RainAge(Enum):
    """How old the rain of the last 24 hours is.

    ``FINKELE``
        One day, and each day before it one more: the Australian grids, and the published test values.
    ``GRIFFITHS``
        No day, taken as 0.8, and each day before it one more: as Griffiths (1999) writes it.
    """

    FINKELE = "finkele"
    GRIFFITHS = "griffiths"

    def days(self, back: int) -> float:
        """Return the age [days] of the rain that fell in the 24 hours `back` days ago."""
        if self is RainAge.FINKELE:
            return back + 1.0
        return float(back) if back else 0.8


class DroughtLimit(Enum):
    """How a wet soil keeps the factor low after the rain's own effect has gone.

    ``SMOOTH``
        By a limit of x that follows the deficit: Finkele et al. (2006), eq. 14.
    ``STEPS``
        By the most that the factor may be: 6, 7, 8, 9 or 10 for deficits up to 25, 42, 65, 100 mm or more (eq. 13); a
        deficit on a limit belongs to the drier step.
    """

    SMOOTH = "smooth"
    STEPS = "steps"


def drought_factor(
    recent_rain_mm: npt.ArrayLike,
    deficit_mm: npt.ArrayLike,
    age: RainAge = RainAge.FINKELE,
    limit: DroughtLimit = DroughtLimit.SMOOTH,
) -> npt.NDArray[np.float64]:
    """Return the drought factor, 0 to 10: how much of the fine fuel is dry enough to burn.

    Parameters
    ----------
    recent_rain_mm : array_like, shape (20, ...)
        Rain of each of the last 20 days, the oldest first, today last, at least 0 [mm].
    deficit_mm : array_like
        Soil moisture deficit of the day, as the Keetch-Byram index in millimetres, broadcast to (...).
    age : RainAge
        How old today's rain is.
    limit : DroughtLimit
        How a wet soil limits the factor.

    Returns
    -------
    ndarray, shape (...), float64
        NaN where a reading of the 20 days is missing.

    Raises
    ------
    InvalidValue
        If there are not 20 days.

    Notes
    -----
    A rain event is a run of days with more than 2 mm each; it is as old as its wettest day, the oldest of equals. The
    event counts that dampens most.

    References
    ----------
    .. [1] Griffiths (1999); Finkele et al. (2006).
    """
    rain = np.asarray(recent_rain_mm, dtype=np.float64)
    if rain.ndim == 0 or rain.shape[0] != DROUGHT_FACTOR_DAYS:
        raise InvalidValue("days of recent rain", rain.shape[:1], f"{DROUGHT_FACTOR_DAYS}, the oldest first")
    deficit = np.asarray(deficit_mm, dtype=np.float64)
    shape = np.broadcast_shapes(rain.shape[1:], deficit.shape)
    days = rain.reshape(rain.shape[0], *(1,) * (len(shape) - rain.ndim + 1), *rain.shape[1:])
    window = np.ascontiguousarray(np.broadcast_to(days, (rain.shape[0], *shape))).reshape(rain.shape[0], -1)
    s = np.ascontiguousarray(np.broadcast_to(deficit, shape)).reshape(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = _dampening(window, age)
        most: npt.NDArray[np.float64] = _STEP_MOST[np.searchsorted(_STEPS_MM, s, side="right")]
        if limit is DroughtLimit.SMOOTH:
            x = np.minimum(x, np.where(s < _LIMIT_TURNS_MM, 1.0 / (1.0 + 0.1135 * s), 75.0 / (270.525 - 1.267 * s)))
            most = np.full_like(s, _MOST)
        dryness = 1.0 - np.exp(-(s + 30.0) / 40.0)
        factor = 10.5 * dryness * (41.0 * x * x + x) / (40.0 * x * x + x + 1.0)
    return np.minimum(factor, most).reshape(shape)


def _dampening(window: npt.NDArray[np.float64], age: RainAge) -> npt.NDArray[np.float64]:
    """Return x of the event that dampens most, 1 where there was none; the rows are days, the oldest first.

    An event is judged on each of its days: it grows and never gets older, so that its last day gives the least x.
    """
    total, peak, peak_age = (np.zeros(window.shape[1]) for _ in range(3))
    x = np.ones(window.shape[1])
    for index, rain in enumerate(window):
        is_wet = rain > _EVENT_MM
        total = np.where(is_wet, total + rain, 0.0)
        peak_age = np.where(rain > peak, age.days(window.shape[0] - 1 - index), peak_age)
        peak = np.where(is_wet, np.maximum(peak, rain), 0.0)
        old = np.power(peak_age, 1.3)
        x = np.where(is_wet, np.minimum(x, old / (old + total - _EVENT_MM)), x)
    return np.where(np.isnan(window).any(axis=0), np.nan, x)


def drought_factor_days(
    earlier_rain_mm: npt.NDArray[np.float64],
    rain_mm: npt.NDArray[np.float64],
    deficit_mm: npt.NDArray[np.float64],
    age: RainAge = RainAge.FINKELE,
    limit: DroughtLimit = DroughtLimit.SMOOTH,
) -> npt.NDArray[np.float64]:
    """Return the drought factor of consecutive days.

    Parameters
    ----------
    earlier_rain_mm : ndarray, shape (19, ...)
        Rain of the 19 days before the first, the oldest first [mm]: all that the factor remembers.
    rain_mm, deficit_mm : ndarray, shape (days, ...)
        Rain of 24 h and soil moisture deficit of each day [mm].
    age : RainAge
        How old today's rain is.
    limit : DroughtLimit
        How a wet soil limits the factor.

    Returns
    -------
    ndarray, shape (days, ...), float64
        A run over the first days, and another that is given their last 19 days of rain, give the same bits.

    Raises
    ------
    InvalidValue
        If there are not 19 earlier days, or the arrays' shapes differ.
    """
    if earlier_rain_mm.shape != (DROUGHT_FACTOR_DAYS - 1, *rain_mm.shape[1:]) or rain_mm.shape != deficit_mm.shape:
        shapes = [earlier_rain_mm.shape, rain_mm.shape, deficit_mm.shape]
        raise InvalidValue("shapes of earlier rain, rain and deficit", shapes, "(19, ...), (days, ...), (days, ...)")
    if not rain_mm.shape[0]:
        return np.empty(rain_mm.shape)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([earlier_rain_mm, rain_mm]), DROUGHT_FACTOR_DAYS, axis=0
    )
    return drought_factor(np.moveaxis(windows, -1, 0), deficit_mm, age, limit)


def drought_factor_noble(
    deficit_mm: npt.ArrayLike, days_since_rain: npt.ArrayLike, rain_mm: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return the drought factor in its first form, up to 10.

    Parameters
    ----------
    deficit_mm : array_like
        Keetch-Byram index [mm].
    days_since_rain : array_like
        Days since the last rain, 0 on its day.
    rain_mm : array_like
        That rain [mm].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Noble, Bary and Gill (1980), the drought factor.
    """
    (s, n, p), shape = columns(deficit_mm, days_since_rain, rain_mm)
    since = np.power(n + 1.0, 1.5)
    return np.minimum(0.191 * (s + 104.0) * since / (3.52 * since + p - 1.0), _MOST).reshape(shape)


def forest_fire_danger_index(
    drought_factor: npt.ArrayLike, temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike, wind_kmh: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return McArthur's Forest Fire Danger Index, Mark 5: 100 is the fire weather of January 1939; it has no upper end.

    Parameters
    ----------
    drought_factor : array_like
        0 to 10.
    temp_c, rh_pct, wind_kmh : array_like
        Temperature [deg C], relative humidity [%] and wind at 10 m [km/h] of the hour, commonly 15:00.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Noble, Bary and Gill (1980), Mark 5.
    """
    (d, t, h, v), shape = columns(drought_factor, temp_c, rh_pct, wind_kmh)
    with np.errstate(divide="ignore"):
        index = 2.0 * np.exp(-0.45 + 0.987 * np.log(d) - 0.0345 * h + 0.0338 * t + 0.0234 * v)
    return index.reshape(shape)

"""Hourly weather from a day's least and greatest values, and those from a noon reading.

References
----------
.. [1] Beck, J.A.; Trevitt, C.F. (1989). Forecasting diurnal variations in meteorological parameters for predicting fire
   behaviour. Canadian Journal of Forest Research 19(6), 791-797: a sine by day, an exponential by night. The constants
   here are the reference program's, found from its vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.danger.fwi2025.sun import SunTimes, sun_times
from firewatch.danger.sorption import StepWeather
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.fwi2025.sun import Sites

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Times: TypeAlias = npt.NDArray[np.datetime64]

__all__ = ["MinMaxDays", "hours_of_days", "minmax_of_noon"]


@dataclass(frozen=True, slots=True)
class _Course:
    """A day's course: hours from sunrise to its start and from solar noon to its turn [h], and its fall by night."""

    start_h: float
    turn_h: float
    fall: float


_TEMPERATURE = _Course(0.0, 2.75, -1.9)
_HUMIDITY = _Course(0.25, 2.75, -2.0)
_WIND = _Course(1.0, 1.5, -1.3)
# A day with less sun than this has no course that the sun could set [h].
_SHORTEST_DAY_H = 3.0
# Names and limits of what a day gives.
_LIMITS = {
    "temp": ("temperature (deg C)", -60.0, 60.0),
    "rh": ("relative humidity (%)", 0.0, 100.0),
    "wind": ("wind at 10 m (km/h)", 0.0, 400.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class MinMaxDays:
    """Least and greatest values of consecutive days.

    Parameters
    ----------
    day : ndarray, shape (days,), datetime64[D]
        Consecutive days, none left out.
    temp_c, rh_pct, wind_kmh : tuple of two ndarray, shape (days, sites), float64
        Least and greatest temperature [deg C], relative humidity [%] and wind at 10 m [km/h].
    rain_mm : ndarray, shape (days, sites), float64
        Rain of the day [mm].

    Raises
    ------
    InvalidValue
        If shapes differ, a day is missing, a value is out of range, or a least one is above the greatest.
    """

    day: Times
    temp_c: tuple[Numbers, Numbers]
    rh_pct: tuple[Numbers, Numbers]
    wind_kmh: tuple[Numbers, Numbers]
    rain_mm: Numbers

    def __post_init__(self) -> None:
        pairs = dict(zip(_LIMITS, (self.temp_c, self.rh_pct, self.wind_kmh), strict=True))
        shapes = {np.shape(array) for pair in pairs.values() for array in pair} | {np.shape(self.rain_mm)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2 or next(iter(shapes))[0] != len(self.day):  # noqa: PLR2004
            raise InvalidValue("shapes of the days' arrays", sorted(shapes), f"one shape ({len(self.day)}, sites)")
        broken = np.flatnonzero(np.diff(self.day).astype("timedelta64[D]").astype(np.int64) != 1)
        if broken.size:
            before, after = self.day[broken[0] : broken[0] + 2]
            raise InvalidValue(f"day after {before}", str(after), f"{before + np.timedelta64(1, 'D')}: none left out")
        require_range("rain of the day (mm)", self.rain_mm, 0.0, 2000.0)
        for name, (least, most) in pairs.items():
            what, low, high = _LIMITS[name]
            require_range(f"least {what}", least, low, high)
            require_range(f"greatest {what}", most, low, high)
            require_range(f"greatest less least {what}", most - least, 0.0, np.inf)


def hours_of_days(sites: Sites, days: MinMaxDays) -> tuple[Times, StepWeather]:
    """Return the hours of days.

    Parameters
    ----------
    sites : Sites, shape (sites,)
        Where: the sun sets the course.
    days : MinMaxDays, shape (days, sites)
        Least and greatest values. The nights before the first and after the last day lead from and to a day like it.

    Returns
    -------
    ndarray, shape (24 days,), datetime64[h]
        From midnight of the first day to 23:00 of the last.
    StepWeather, shape (24 days, sites)
        The rain of a day falls in the hour in which the sun rises.

    Raises
    ------
    InvalidValue
        If a day has less than 3 h of sun.
    """
    one = np.timedelta64(1, "D")
    sun = sun_times(sites, np.r_[days.day[:1] - one, days.day, days.day[-1:] + one])
    require_range("hours of sun in a day of which hours are made", sun.sunlight_h, _SHORTEST_DAY_H, 24.0)
    shape = (24 * len(days.day), len(sites.lat_deg))
    temp, rh, wind = (
        _curve(sun, course, low, high).reshape(shape)
        for course, (low, high) in (
            (_TEMPERATURE, days.temp_c),
            (_HUMIDITY, days.rh_pct[::-1]),
            (_WIND, days.wind_kmh),
        )
    )
    clock = np.arange(24.0)[:, None]
    of_rain = np.clip(np.ceil(sun.sunrise_h[1:-1]), 0.0, 23.0)[:, None]
    rain = np.where(clock == of_rain, days.rain_mm[:, None], 0.0).reshape(shape)
    hour = (days.day.astype("datetime64[h]")[:, None] + np.arange(24).astype("timedelta64[h]")).reshape(-1)
    return hour, StepWeather(temp, np.clip(rh, 0.0, 100.0), np.maximum(wind, 0.0), rain)


def _curve(sun: SunTimes, course: _Course, before: Numbers, top: Numbers) -> Numbers:
    """Return a value's course, shape (days, 24, sites).

    `before` is the value from which the day sets out and to which the night leads, `top` the one at the day's turn;
    `sun` has a day more on both sides.
    """
    clock = np.arange(24.0)[:, None]
    low, high = (np.concatenate([values[:1], values, values[-1:]])[:, None] for values in (before, top))
    rise, set_ = sun.sunrise_h[:, None], sun.sunset_h[:, None]
    start = rise + course.start_h
    turn = (rise + set_) / 2.0 + course.turn_h

    def by_day(at: Numbers, of: slice) -> Numbers:
        value: Numbers = low[of] + (high - low)[of] * np.sin(0.5 * np.pi * (at - start[of]) / (turn - start)[of])
        return value

    at_set = by_day(set_, slice(None))
    today, morrow, eve = slice(1, -1), slice(2, None), slice(None, -2)
    night = 24.0 - set_[today] + start[today]
    early = low[today] + (at_set[eve] - low[today]) * np.exp(course.fall * (24.0 + clock - set_[today]) / night)
    night = 24.0 - set_[today] + start[morrow]
    late = low[morrow] + (at_set[today] - low[morrow]) * np.exp(course.fall * (clock - set_[today]) / night)
    by_sun = by_day(clock, today)
    return np.where(clock < start[today], early, np.where(clock <= set_[today], by_sun, late))


def minmax_of_noon(day: Times, noon: StepWeather) -> MinMaxDays:
    """Return the least and greatest values that go with noon readings.

    Parameters
    ----------
    day : ndarray, shape (days,), datetime64[D]
        Consecutive days.
    noon : StepWeather, shape (days, sites)
        Readings at noon; the rain is the day's.

    Returns
    -------
    MinMaxDays, shape (days, sites)
        The air holds as much water at its warmest and coldest as at noon.
    """
    temp, rh, wind = noon.temp_c, noon.rh_pct, noon.wind_kmh
    warmest, coldest = temp + 2.0, np.minimum(0.78 * temp + 0.16 * rh - 15.0, temp + 2.0)
    water = _saturated(temp) * rh
    return MinMaxDays(
        day,
        (coldest, warmest),
        (np.minimum(water / _saturated(warmest), 100.0), np.minimum(water / _saturated(coldest), 100.0)),
        (0.15 * wind, 1.25 * wind),
        noon.rain_mm,
    )


def _saturated(temp_c: Numbers) -> Numbers:
    """Return the water in saturated air, up to a factor: Tetens's pressure over absolute temperature."""
    density: Numbers = np.exp(17.27 * temp_c / (temp_c + 237.3)) / (temp_c + 273.17)
    return density

"""The rules of the fire season, each with its published limits; `firewatch.danger.season` runs them.

Each rule's `signals` says of every day whether it starts the season, whether it ends it, and whether the rule had the
readings to judge. A day without them neither starts nor ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Flags: TypeAlias = npt.NDArray[np.bool_]

__all__ = [
    "AlwaysOn",
    "FirePreventionPeriod",
    "GfwedSeason",
    "MonthDay",
    "SeasonSignals",
    "SeasonWeather",
    "SnowSeason",
    "TemperatureSeason",
]

_LEAP_YEAR = 2000
_MONTHS = 12
_DECEMBER = 12


@dataclass(frozen=True, slots=True, eq=False)
class SeasonWeather:
    """The readings by which a fire season is judged; a rule needs some of them.

    Parameters
    ----------
    first_day : date
        Of the first axis, which runs day by day, none left out.
    day_count : int
        Length of the first axis, at least 1.
    max_temp_c, noon_temp_c, snow_depth_m : ndarray, equal shapes (days, ...), float64, optional
        Highest and noon temperature [deg C], snow on the ground at least 0 [m]. NaN is missing.

    Raises
    ------
    InvalidValue
        If the shapes differ, or a snow depth is negative.
    """

    first_day: date
    day_count: int
    max_temp_c: Numbers | None = None
    noon_temp_c: Numbers | None = None
    snow_depth_m: Numbers | None = None

    def __post_init__(self) -> None:
        given = [array for array in (self.max_temp_c, self.noon_temp_c, self.snow_depth_m) if array is not None]
        shapes = {array.shape for array in given} or {(self.day_count,)}
        if self.day_count < 1 or len(shapes) != 1 or min(shapes)[:1] != (self.day_count,):
            raise InvalidValue("shapes of the season's readings", sorted(shapes), f"one shape ({self.day_count}, ...)")
        if self.snow_depth_m is not None and (self.snow_depth_m < 0.0).any():
            raise InvalidValue("snow depth (m)", float(np.nanmin(self.snow_depth_m)), "at least 0")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the readings, (days, ...)."""
        for array in (self.max_temp_c, self.noon_temp_c, self.snow_depth_m):
            if array is not None:
                return array.shape
        return (self.day_count,)

    @property
    def days(self) -> tuple[date, ...]:
        """The days of the first axis."""
        first = self.first_day.toordinal()
        return tuple(date.fromordinal(first + index) for index in range(self.day_count))

    def needed(self, name: str) -> Numbers:
        """Return a reading; raise `InvalidValue` where it was not given."""
        array: Numbers | None = getattr(self, name)
        if array is None:
            raise InvalidValue(f"readings '{name}' of the season's rule", None, "an array: this rule needs them")
        return array


@dataclass(frozen=True, slots=True, eq=False)
class SeasonSignals:
    """What a rule says of each day: arrays of bool of equal shapes (days, ...)."""

    starts: Flags
    ends: Flags
    is_judged: Flags


@dataclass(frozen=True, slots=True)
class AlwaysOn:
    """The season never ends: the default, for forests that burn in every month."""

    @property
    def lookback_days(self) -> int:
        """How many days before a day the rule reads."""
        return 0

    def signals(self, weather: SeasonWeather) -> SeasonSignals:
        """Start on every day."""
        every = np.ones(weather.shape, dtype=np.bool_)
        return SeasonSignals(every, ~every, every)


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day of every year.

    Parameters
    ----------
    month, day : int
        29 February is allowed: in other years it falls between 28 February and 1 March.

    Raises
    ------
    InvalidValue
        If no year has such a day.
    """

    month: int
    day: int

    def __post_init__(self) -> None:
        try:
            date(_LEAP_YEAR, self.month, self.day)
        except ValueError as err:
            raise InvalidValue("day of the year (month, day)", (self.month, self.day), "a day of the calendar") from err

    @classmethod
    def of(cls, day: date) -> MonthDay:
        """Return the month and day of a date."""
        return cls(day.month, day.day)

    def in_year(self, year: int) -> date:
        """Return its date in a year; 29 February is 1 March where there is none."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return date(year, 3, 1)


@dataclass(frozen=True, slots=True)
class FirePreventionPeriod:
    """A legal period of every year, as provinces set it; it may go over the turn of the year.

    Parameters
    ----------
    first, last : MonthDay
        Its first and last day, both part of it. Where the first lies after the last, the period runs into the next
        year: 15 September to 30 April.
    """

    first: MonthDay
    last: MonthDay

    @property
    def lookback_days(self) -> int:
        """How many days before a day the rule reads."""
        return 0

    @property
    def is_over_new_year(self) -> bool:
        """Whether it runs into the next year."""
        return self.first > self.last

    def contains(self, day: date) -> bool:
        """Return whether a day is part of the period."""
        given = MonthDay.of(day)
        if self.is_over_new_year:
            return given >= self.first or given <= self.last
        return self.first <= given <= self.last

    def signals(self, weather: SeasonWeather) -> SeasonSignals:
        """Start on every day of the period, end on every other."""
        inside = _per_day([self.contains(day) for day in weather.days], weather.shape)
        return SeasonSignals(inside, ~inside, np.ones(weather.shape, dtype=np.bool_))


@dataclass(frozen=True, slots=True)
class TemperatureSeason:
    """By the highest temperature of the days before: for places without lasting snow, or without snow readings.

    Parameters
    ----------
    start_above_c : float
        The season starts after `spell_days` days in a row that were all warmer [deg C].
    end_below_c : float
        It ends after as many that were all colder, at most `start_above_c` [deg C].
    spell_days : int
        At least 1. The day itself is not one of them.

    Raises
    ------
    InvalidValue
        If the season would end on the warmth that starts it, or the spell is shorter than a day.

    References
    ----------
    .. [1] Wotton and Flannigan (1993): three days above 12 deg C, three days below 5 deg C.
    """

    start_above_c: float = 12.0
    end_below_c: float = 5.0
    spell_days: int = 3

    def __post_init__(self) -> None:
        _require_limits(self.start_above_c, self.end_below_c, self.spell_days)

    @property
    def lookback_days(self) -> int:
        """How many days before a day the rule reads."""
        return self.spell_days

    def signals(self, weather: SeasonWeather) -> SeasonSignals:
        """Judge each day by the days before it."""
        highest = weather.needed("max_temp_c")
        return SeasonSignals(
            _day_later(_whole_spell(highest > self.start_above_c, self.spell_days)),
            _day_later(_whole_spell(highest < self.end_below_c, self.spell_days)),
            _day_later(_whole_spell(~np.isnan(highest), self.spell_days)),
        )


@dataclass(frozen=True, slots=True)
class SnowSeason:
    """By the snow on the ground: for places that it covers all winter.

    Parameters
    ----------
    end_below_c : float
        In the months of `cold_months` the season also ends without snow, on the last of `spell_days` days whose
        highest temperatures were all below [deg C].
    spell_days : int
        The season starts on the last of so many days without snow, at least 1; a day with snow ends it.
    cold_months : tuple of int
        Months 1 to 12; December in the north.

    Raises
    ------
    InvalidValue
        If the spell is shorter than a day or a month is none.

    Notes
    -----
    A day that both rules claim is off season.

    References
    ----------
    .. [1] Lawson and Armitage (2008): the third day after snow has left. The end by cold in December is that of the
       programs that follow them.
    """

    end_below_c: float = 5.0
    spell_days: int = 3
    cold_months: tuple[int, ...] = (_DECEMBER,)

    def __post_init__(self) -> None:
        _require_limits(self.end_below_c, self.end_below_c, self.spell_days)
        wrong = [month for month in self.cold_months if not 1 <= month <= _MONTHS]
        if wrong:
            raise InvalidValue("cold month of the snow season", wrong[0], "1 to 12")

    @property
    def lookback_days(self) -> int:
        """How many days before a day the rule reads."""
        return self.spell_days - 1

    def signals(self, weather: SeasonWeather) -> SeasonSignals:
        """Judge each day by its snow and that of the days before."""
        snow, highest = weather.needed("snow_depth_m"), weather.needed("max_temp_c")
        in_cold_month = _per_day([day.month in self.cold_months for day in weather.days], weather.shape)
        is_cold = in_cold_month & _whole_spell(highest < self.end_below_c, self.spell_days)
        known = ~np.isnan(snow) & (~np.isnan(highest) | ~in_cold_month)
        ends = (snow > 0.0) | is_cold
        return SeasonSignals(
            _whole_spell(snow <= 0.0, self.spell_days), ends, ends | _whole_spell(known, self.spell_days)
        )


@dataclass(frozen=True, slots=True)
class GfwedSeason:
    """By mean snow and mean temperature over some days, for gridded weather of the whole world.

    Parameters
    ----------
    warm_above_c : float
        The season starts where the mean noon temperature lies above, and ends where it lies below [deg C].
    snow_below_m : float
        It starts where, besides, the mean depth of snow lies below, and ends where it does not [m], above 0.
    mean_days : int
        Days of the means, the day itself among them, at least 1.

    Raises
    ------
    InvalidValue
        If no snow could pass, or the mean is of less than a day.

    References
    ----------
    .. [1] Field et al. (2015). The limits and means give all starts and ends of a published sample (four places, 2017);
       an end by cold alone does not happen in it.
    """

    warm_above_c: float = 6.0
    snow_below_m: float = 0.01
    mean_days: int = 3

    def __post_init__(self) -> None:
        _require_limits(self.warm_above_c, self.warm_above_c, self.mean_days)
        if not self.snow_below_m > 0.0:
            raise InvalidValue("snow depth of the season (m)", self.snow_below_m, "above 0")

    @property
    def lookback_days(self) -> int:
        """How many days before a day the rule reads."""
        return self.mean_days - 1

    def signals(self, weather: SeasonWeather) -> SeasonSignals:
        """Judge each day by the means up to it."""
        snow = _mean_of_spell(weather.needed("snow_depth_m"), self.mean_days)
        temp_c = _mean_of_spell(weather.needed("noon_temp_c"), self.mean_days)
        starts = (snow < self.snow_below_m) & (temp_c > self.warm_above_c)
        ends = (snow >= self.snow_below_m) | (temp_c < self.warm_above_c)
        return SeasonSignals(starts, ends, ends | ~np.isnan(snow + temp_c))


def _require_limits(start_above_c: float, end_below_c: float, spell_days: int) -> None:
    if not end_below_c <= start_above_c:
        raise InvalidValue("end of the season (deg C)", end_below_c, f"at most its start, {start_above_c:g}")
    if spell_days < 1:
        raise InvalidValue("days that the season's rule looks at", spell_days, "at least 1")


def _whole_spell(flags: Flags, days: int) -> Flags:
    """Return of each day whether it and the `days` - 1 before it are all flagged; the first ones have too few."""
    whole = np.zeros_like(flags)
    if len(flags) >= days:
        whole[days - 1 :] = np.lib.stride_tricks.sliding_window_view(flags, days, axis=0).all(axis=-1)
    return whole


def _mean_of_spell(values: Numbers, days: int) -> Numbers:
    """Return of each day the mean over it and the `days` - 1 before it; NaN for the first ones."""
    means = np.full(values.shape, np.nan)
    if len(values) >= days:
        means[days - 1 :] = np.lib.stride_tricks.sliding_window_view(values, days, axis=0).mean(axis=-1)
    return means


def _day_later(flags: Flags) -> Flags:
    """Return the flags moved one day on; the first day has none."""
    later = np.zeros_like(flags)
    later[1:] = flags[:-1]
    return later


def _per_day(flags: list[bool], shape: tuple[int, ...]) -> Flags:
    """Return flags of days broadcast to (days, ...)."""
    return np.broadcast_to(np.reshape(flags, (-1,) + (1,) * (len(shape) - 1)), shape).copy()

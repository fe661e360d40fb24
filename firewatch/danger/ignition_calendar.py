"""The days on which people light fires outdoors: festivals, sacrifices, farm burning. Tables come in as arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_text
from firewatch.domain.ids import require_slug
from firewatch.domain.lunar import LAST_YEAR, LunarDate, lunar_date_of, qingming, solar_date_of, winter_solstice
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy.typing as npt

    from firewatch.danger.season_rules import FirePreventionPeriod, MonthDay

__all__ = [
    "Around",
    "Between",
    "CivilDay",
    "IgnitionCalendar",
    "LunarDay",
    "LunarDays",
    "Occasion",
    "OccasionToday",
    "SolarTerm",
    "calendar_columns",
    "occasions_on",
]

_LONGEST_WINDOW_DAYS = 60
_MONTHS, _SURE_DAYS = 12, 29
_SATURDAY = 5
_DAYS_A_YEAR = 365.2425
_LONGEST_NAME, _LONGEST_SOURCE = 40, 400


class SolarTerm(StrEnum):
    """A solar term on which graves are visited."""

    QINGMING = "qingming"
    WINTER_SOLSTICE = "winter-solstice"

    def day_in(self, year: int) -> date:
        """Return its day in a civil year."""
        return qingming(year) if self is SolarTerm.QINGMING else winter_solstice(year)


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of every lunar year, not repeated in a leap month.

    Parameters
    ----------
    month, day : int
        1 to 12, and 1 to 29: no month is sure to have a thirtieth day.
    """

    month: int
    day: int

    def __post_init__(self) -> None:
        require_between("month of a lunar festival", self.month, 1, _MONTHS)
        if not 1 <= self.day <= _SURE_DAYS:
            allowed = f"1 to {_SURE_DAYS}; for New Year's Eve count a day back from 1/1"
            raise InvalidValue("day of a lunar festival", self.day, allowed)

    def day_in(self, year: int) -> date:
        """Return its day in the lunar year of that number."""
        return solar_date_of(LunarDate(year, self.month, is_leap=False, day=self.day))


@dataclass(frozen=True, slots=True)
class CivilDay:
    """A day of every civil year, as 1 October."""

    month_day: MonthDay

    def day_in(self, year: int) -> date:
        """Return its day in a civil year."""
        return self.month_day.in_year(year)


Anchor: TypeAlias = SolarTerm | LunarDay | CivilDay


@dataclass(frozen=True, slots=True)
class Around:
    """The days around a festival.

    Parameters
    ----------
    anchor : SolarTerm, LunarDay or CivilDay
        The festival itself.
    days_before, days_after : int
        How many days before and after belong to it, 0 to 60.
    """

    anchor: Anchor
    days_before: int
    days_after: int

    def __post_init__(self) -> None:
        for what, days in (("days before", self.days_before), ("days after", self.days_after)):
            if not 0 <= days <= _LONGEST_WINDOW_DAYS:
                raise InvalidValue(f"{what} a festival", days, f"0 to {_LONGEST_WINDOW_DAYS}")

    def offset_on(self, day: date) -> int | None:
        """Return how many days the day lies after the festival (before: negative); None outside its days."""
        # A window may reach over the turn of the year, and the last lunar months lie in the civil year after.
        for year in range(day.year - 1, min(day.year + 1, LAST_YEAR) + 1):
            offset = _days_since(self.anchor, year, day)
            if offset is not None and -self.days_before <= offset <= self.days_after:
                return offset
        return None

    def closeness(self, offset: int) -> float:
        """Return 1 on the festival itself, falling evenly to 0 on the first day beyond its days."""
        side = self.days_before if offset < 0 else self.days_after
        return 1.0 - abs(offset) / (side + 1)


@dataclass(frozen=True, slots=True)
class Between:
    """A season of every year; it may go over the turn of the year."""

    period: FirePreventionPeriod

    def offset_on(self, day: date) -> int | None:
        """Return 0 in the season, else None."""
        return 0 if self.period.contains(day) else None


@dataclass(frozen=True, slots=True)
class LunarDays:
    """Days of every lunar month, as the first and the fifteenth."""

    days: tuple[int, ...]

    def __post_init__(self) -> None:
        for day in self.days:
            require_between("day of a lunar month", day, 1, _SURE_DAYS + 1)
        if not self.days or len(set(self.days)) != len(self.days):
            raise InvalidValue("days of a lunar month", self.days, "one or more, each once")

    def offset_on(self, day: date) -> int | None:
        """Return 0 on one of the days, else None."""
        return 0 if lunar_date_of(day).day in self.days else None


When: TypeAlias = Around | Between | LunarDays


@dataclass(frozen=True, slots=True)
class Occasion:
    """A reason of the calendar why people light fires.

    Parameters
    ----------
    key : str
        Short name, also of the model's columns.
    name_zh, name_en : str
        As pages show it.
    when : Around, Between or LunarDays
        Its days.
    source : str
        What its days rest on.
    is_confirmed : bool
        Whether the bureau has confirmed days and number for its own county.
    multiplier : float or None
        How many times as many ignitions as on other days, above 0; None where no source gives a number.
    multiplier_source : str
        What the number rests on; empty exactly where there is none.
    places : tuple of str
        Where it holds; empty: everywhere.
    """

    key: str
    name_zh: str
    name_en: str
    when: When
    source: str
    is_confirmed: bool = False
    multiplier: float | None = None
    multiplier_source: str = ""
    places: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_slug("occasion", self.key)
        require_text(f"name_zh of {self.key}", self.name_zh, _LONGEST_NAME)
        require_text(f"name_en of {self.key}", self.name_en, _LONGEST_NAME)
        require_text(f"source of {self.key}", self.source, _LONGEST_SOURCE)
        if (self.multiplier is None) != (not self.multiplier_source.strip()):
            given = (self.multiplier, self.multiplier_source)
            raise InvalidValue(f"multiplier of {self.key}", given, "a number with its source, or neither")
        if self.multiplier is not None:
            require_at_least(f"multiplier of {self.key}", self.multiplier, 0.0)
            if self.multiplier == 0.0:
                raise InvalidValue(f"multiplier of {self.key}", 0.0, "above 0: no day is without fires")

    @property
    def is_festival(self) -> bool:
        """Whether it has days around a festival, and is no season or day of the month."""
        return isinstance(self.when, Around)

    def holds_at(self, place: str | None) -> bool:
        """Return whether it holds at a place; None asks about everywhere."""
        return not self.places or place in self.places


@dataclass(frozen=True, slots=True)
class IgnitionCalendar:
    """The occasions of one region, in the order in which pages show them.

    Parameters
    ----------
    name : str
        Of the table, as sources name it.
    occasions : tuple of Occasion
        Keys are unique.
    """

    name: str
    occasions: tuple[Occasion, ...]

    def __post_init__(self) -> None:
        require_text("name of the ignition calendar", self.name, 80)
        keys = [occasion.key for occasion in self.occasions]
        doubled = sorted({key for key in keys if keys.count(key) > 1})
        if doubled:
            raise InvalidValue("occasions", ", ".join(doubled), "each key once")


@dataclass(frozen=True, slots=True)
class OccasionToday:
    """An occasion that holds on a day.

    Parameters
    ----------
    occasion : Occasion
        Which.
    offset_days : int
        Days since the festival, before it negative; 0 for seasons and days of the month.
    """

    occasion: Occasion
    offset_days: int


def occasions_on(day: date, calendar: IgnitionCalendar, place: str | None = None) -> tuple[OccasionToday, ...]:
    """Return the occasions that hold on a day at a place.

    Parameters
    ----------
    day : date
        In China Standard Time, 1950 to 2100.
    calendar : IgnitionCalendar
        The region's table.
    place : str, optional
        Without it, occasions of single places are left out.

    Returns
    -------
    tuple of OccasionToday
        In the order of the table.

    Raises
    ------
    InvalidValue
        If the day is beyond the lunar calendar.
    """
    lunar_date_of(day)  # so that a day beyond the table is refused, whatever the occasions are
    found = []
    for occasion in calendar.occasions:
        offset = occasion.when.offset_on(day) if occasion.holds_at(place) else None
        if offset is not None:
            found.append(OccasionToday(occasion, offset))
    return tuple(found)


def calendar_columns(
    days: Sequence[date], places: Sequence[str], calendar: IgnitionCalendar
) -> dict[str, npt.NDArray[np.float64]]:
    """Return what a model of ignitions reads from the calendar.

    Parameters
    ----------
    days : sequence of date, length n
        In China Standard Time.
    places : sequence of str, length n
        The place of each row.
    calendar : IgnitionCalendar
        The region's table.

    Returns
    -------
    dict of str to ndarray, shape (n,), float64
        ``occasion.KEY`` (1 on its days), ``occasion.KEY.closeness`` (`Around.closeness`, only for festivals with days
        around them), ``weekend`` (1 on Saturday and Sunday), ``season.cos`` and ``season.sin`` (of the day of year).

    Raises
    ------
    InvalidValue
        If a day is beyond the lunar calendar.
    """
    today = [
        {each.occasion.key: each.offset_days for each in occasions_on(day, calendar, place)}
        for day, place in zip(days, places, strict=True)
    ]
    columns = {}
    for occasion in calendar.occasions:
        name, when = f"occasion.{occasion.key}", occasion.when
        columns[name] = _column([1.0 if occasion.key in each else 0.0 for each in today])
        if isinstance(when, Around) and when.days_before + when.days_after > 0:
            columns[f"{name}.closeness"] = _column(
                [when.closeness(each[occasion.key]) if occasion.key in each else 0.0 for each in today]
            )
    turns = [2.0 * math.pi * day.timetuple().tm_yday / _DAYS_A_YEAR for day in days]
    columns["weekend"] = _column([float(day.weekday() >= _SATURDAY) for day in days])
    columns["season.cos"] = _column([math.cos(turn) for turn in turns])
    columns["season.sin"] = _column([math.sin(turn) for turn in turns])
    return columns


def _days_since(anchor: Anchor, year: int, day: date) -> int | None:
    """Return the days since an anchor in a year; None where the table of the lunar calendar does not reach."""
    try:
        return (day - anchor.day_in(year)) // timedelta(days=1)
    except InvalidValue:
        return None


def _column(values: list[float]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)

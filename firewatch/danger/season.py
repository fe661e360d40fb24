"""When the fire season starts and ends: rules by weather, a period of the calendar, or always on.

A rule looks back a few days and says of each day whether it starts or ends the season; between two such days the season
stays as it was. Off season the codes are not computed; the next one starts from the standard codes, or from an
overwintered Drought Code (`firewatch.danger.overwinter`).

References
----------
.. [1] Wotton, B.M.; Flannigan, M.D. (1993). Length of the fire season in a changing climate. Forestry Chronicle 69,
   187-192.
.. [2] Lawson, B.D.; Armitage, O.B. (2008). Weather guide for the Canadian Forest Fire Danger Rating System. Natural
   Resources Canada, Canadian Forest Service, Northern Forestry Centre.
.. [3] Field, R.D.; Spessa, A.C.; Aziz, N.A.; et al. (2015). Development of a Global Fire Weather Database. Natural
   Hazards and Earth System Sciences 15, 1407-1423.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.season_rules import (
    AlwaysOn,
    FirePreventionPeriod,
    GfwedSeason,
    SeasonWeather,
    SnowSeason,
    TemperatureSeason,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    Flags: TypeAlias = npt.NDArray[np.bool_]

__all__ = ["SeasonDays", "SeasonRule", "SeasonSpan", "season_days", "season_spans"]

SeasonRule: TypeAlias = AlwaysOn | FirePreventionPeriod | TemperatureSeason | SnowSeason | GfwedSeason


@dataclass(frozen=True, slots=True, eq=False)
class SeasonDays:
    """Day by day: whether the fire season is on.

    Parameters
    ----------
    is_on : ndarray of bool, shape (days, ...)
        Whether the season is on.
    is_judged : ndarray of bool, the same shape
        Whether the rule could be asked. It could not before it had its days to look back on, or with a reading missing
        that mattered: the season then stays as it was the day before.
    """

    is_on: Flags
    is_judged: Flags


@dataclass(frozen=True, slots=True)
class SeasonSpan:
    """One fire season of one place.

    Parameters
    ----------
    starts_on : date
        Its first day; where the record begins in the midst of a season, the record's.
    over_on : date or None
        The first day that is no part of it any more; None where the record ends before.
    """

    starts_on: date
    over_on: date | None


def season_days(
    weather: SeasonWeather,
    rule: SeasonRule | None = None,
    *,
    was_on: npt.ArrayLike = False,
) -> SeasonDays:
    """Return of each day whether the fire season is on.

    Parameters
    ----------
    weather : SeasonWeather
        Consecutive days with the readings that the rule needs.
    rule : SeasonRule, optional
        By default always on, as in Hunan, where forests burn in every month.
    was_on : array_like of bool
        Whether the season was on the day before the first, broadcast to the shape of one day.

    Returns
    -------
    SeasonDays
        A run goes on exactly: give the last `lookback_days` days of the first part again, with `was_on` of the last
        of them, and drop them from the result.

    Raises
    ------
    InvalidValue
        If the rule needs a reading that the weather lacks.
    """
    signals = (rule or AlwaysOn()).signals(weather)
    is_on = np.empty(signals.starts.shape, dtype=np.bool_)
    today: npt.ArrayLike = np.asarray(was_on, dtype=np.bool_)
    for index, (starts, ends) in enumerate(zip(signals.starts, signals.ends, strict=True)):
        is_on[index] = (today | starts) & ~ends
        today = is_on[index]
    return SeasonDays(is_on, signals.is_judged)


def season_spans(first_day: date, is_on: Flags) -> tuple[SeasonSpan, ...]:
    """Return the seasons of one place.

    Parameters
    ----------
    first_day : date
        Day of the first flag.
    is_on : ndarray of bool, shape (days,)
        `SeasonDays.is_on` of one place.

    Returns
    -------
    tuple of SeasonSpan
        In order of time.

    Raises
    ------
    InvalidValue
        If the flags are of several places.
    """
    if is_on.ndim != 1:
        raise InvalidValue("shape of the season's flags", is_on.shape, "(days,): one place")
    edges = np.diff(is_on.astype(np.int8), prepend=np.int8(0))
    origin = np.datetime64(first_day, "D")
    starts: list[date] = (origin + np.flatnonzero(edges == 1)).tolist()
    ends: list[date | None] = (origin + np.flatnonzero(edges == -1)).tolist()
    open_end: list[date | None] = [None] * (len(starts) - len(ends))
    return tuple(SeasonSpan(start, end) for start, end in zip(starts, [*ends, *open_end], strict=True))

"""The Chinese forest fire danger index of LY/T 1172-1995: HTZ = A + B + C + D - E, and its grade."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.danger import DangerGrade, HtzParts

if TYPE_CHECKING:
    from datetime import date

    from firewatch.danger.class_tables import HtzTable, RatingTable
    from firewatch.domain.weather import Observation

__all__ = ["RainMemory", "grade_of", "is_rain_certain", "missing_readings", "rate_parts", "remember_rain"]

_KMH_PER_MS = 3.6
_NEEDED = ("max_temp_c", "min_rh_pct", "max_wind_ms")


@dataclass(frozen=True, slots=True)
class RainMemory:
    """What a grade has to know of the days before.

    Parameters
    ----------
    known_since : date
        First day of the unbroken record.
    rained_on : date or None
        Last day with rain in it; None where there was none.
    rain_mm : float
        That day's rain [mm].
    """

    known_since: date
    rained_on: date | None = None
    rain_mm: float = 0.0


def remember_rain(memory: RainMemory, day: date, rain_mm: float, table: RatingTable) -> RainMemory:
    """Return the memory after a day with `rain_mm` of rain [mm]."""
    if not table.is_rain(rain_mm):
        return memory
    return RainMemory(memory.known_since, day, rain_mm)


def is_rain_certain(memory: RainMemory, day: date, table: HtzTable) -> bool:
    """Return whether part C of a day rests on a record long enough; otherwise it is the driest that the table has."""
    return memory.rained_on is not None or (day - memory.known_since).days >= table.rain.days_back


def missing_readings(observation: Observation) -> tuple[str, ...]:
    """Return the names of the day's extremes that the grade needs and the reading lacks."""
    return tuple(name for name in _NEEDED if getattr(observation, name) is None)


def rate_parts(observation: Observation, day: date, memory: RainMemory, table: HtzTable) -> HtzParts | None:
    """Return the parts A to E of one day.

    Parameters
    ----------
    observation : Observation
        The day's reading with its extremes. Where an extreme contradicts the noon reading (stations report extremes of
        other 24 hours), the more dangerous of the two counts.
    day : date
        The weather day.
    memory : RainMemory
        Rain up to and including the day.
    table : HtzTable
        The points.

    Returns
    -------
    HtzParts or None
        None where an extreme is missing (`missing_readings` names it).

    References
    ----------
    .. [1] LY/T 1172-1995; the table's file names the sources of its numbers.
    """
    highest_c, lowest_pct, strongest_ms = observation.max_temp_c, observation.min_rh_pct, observation.max_wind_ms
    if highest_c is None or lowest_pct is None or strongest_ms is None:
        return None
    return HtzParts(
        a=table.temperature.points_of(max(highest_c, observation.temp_c)),
        b=table.humidity.points_of(min(lowest_pct, observation.rh_pct)),
        c=_rain_points(memory, day, table),
        d=table.wind.points_of(max(strongest_ms, observation.wind_kmh / _KMH_PER_MS)),
        e=table.correction_by_month[day.month - 1],
    )


def _rain_points(memory: RainMemory, day: date, table: HtzTable) -> int:
    if memory.rained_on is None:
        return table.rain.dry_points
    return table.rain.points_of(memory.rain_mm, (day - memory.rained_on).days)


def grade_of(htz: int, table: HtzTable) -> DangerGrade:
    """Return the grade of an HTZ total."""
    return DangerGrade(bisect_left(table.grade_limits, htz) + 1)

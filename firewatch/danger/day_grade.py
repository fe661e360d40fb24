"""The Chinese grade of one day, by the form of the table: HTZ = A + B + C + D - E, or a filled standard."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from firewatch.danger.class_tables import HtzTable
from firewatch.danger.htz import grade_of, is_rain_certain, missing_readings, rate_parts
from firewatch.danger.sum_table import sum_parts

if TYPE_CHECKING:
    from datetime import date

    from firewatch.danger.class_tables import RatingTable
    from firewatch.danger.htz import RainMemory
    from firewatch.danger.sum_table import SumTable
    from firewatch.domain.danger import DangerGrade, GradeParts
    from firewatch.domain.weather import Observation

__all__ = ["DayGrade", "grade_day"]

_KMH_PER_MS = 3.6


@dataclass(frozen=True, slots=True)
class DayGrade:
    """The grade of a day, and what it rests on.

    Parameters
    ----------
    grade : DangerGrade or None
        None where a reading is missing.
    parts : HtzParts or SumParts or None
        None where there is no grade.
    missing : tuple of str
        Fields of `Observation` that the grade needs and the day lacks.
    is_rain_certain : bool
        False where the record is too short to know the last rain: it then counts as dry.
    """

    grade: DangerGrade | None
    parts: GradeParts | None
    missing: tuple[str, ...]
    is_rain_certain: bool


def grade_day(reading: Observation, day: date, memory: RainMemory, table: RatingTable) -> DayGrade:
    """Grade one day.

    Parameters
    ----------
    reading : Observation
        The day's noon reading with its extremes. Where an extreme contradicts the noon reading, the more dangerous of
        the two counts.
    day : date
        The weather day.
    memory : RainMemory
        Rain up to and including the day.
    table : HtzTable or SumTable
        What rates.

    Returns
    -------
    DayGrade
    """
    if isinstance(table, HtzTable):
        parts = rate_parts(reading, day, memory, table)
        grade = None if parts is None else grade_of(parts.total, table)
        return DayGrade(grade, parts, missing_readings(reading), is_rain_certain(memory, day, table))
    return _by_sums(reading, day, memory, table)


def _by_sums(reading: Observation, day: date, memory: RainMemory, table: SumTable) -> DayGrade:
    is_certain = memory.rained_on is not None or "dry_days" not in table.readings
    given = _readings(reading)
    given["dry_days"] = inf if memory.rained_on is None else float((day - memory.rained_on).days)
    known = {name: value for name in table.readings if (value := given[name]) is not None}
    missing = tuple(name for name in table.readings if name not in known)
    if missing:
        return DayGrade(None, None, missing, is_certain)
    parts = sum_parts(known, table)
    return DayGrade(table.grade_of(parts.total), parts, (), is_certain)


def _readings(reading: Observation) -> dict[str, float | None]:
    """Return what parts can read, by the names of `SUM_INPUTS`."""
    wind_ms = reading.wind_kmh / _KMH_PER_MS
    highest_c, lowest_pct, strongest_ms = reading.max_temp_c, reading.min_rh_pct, reading.max_wind_ms
    return {
        "max_temp_c": None if highest_c is None else max(highest_c, reading.temp_c),
        "min_rh_pct": None if lowest_pct is None else min(lowest_pct, reading.rh_pct),
        "max_wind_ms": None if strongest_ms is None else max(strongest_ms, wind_ms),
        "temp_c": reading.temp_c,
        "rh_pct": reading.rh_pct,
        "wind_ms": wind_ms,
        "rain_mm": reading.rain_mm,
    }

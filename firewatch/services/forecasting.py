"""The noon readings to come, made of a source's hourly forecast by the same rules as those of measured hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.danger.noon import NoonRules, noon_readings
from firewatch.danger.quality import QualityLimits, check_hours
from firewatch.domain.weather import Forecast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import HourlyReading

__all__ = ["ForecastRun", "forecast_of", "hours_of"]

# Today and five more.
_DAYS = 6
# A model has no sensor that sticks or jumps, and spreads the rain of a step evenly over its hours.
_OF_MODELS = QualityLimits().timeless()
# Models give every sixth hour of the last days.
_LONGEST_BRIDGE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """One run of a source.

    Parameters
    ----------
    source : str
        Name of the feed.
    issued_at : datetime
        UTC instant from which the source computed it, or at which it was fetched.
    now : datetime
        UTC instant of the look: the forecast begins with this day.
    rules : NoonRules
        Standard time of noon; lines may span 6 h here.
    """

    source: str
    issued_at: datetime
    now: datetime
    rules: NoonRules


def forecast_of(
    station_id: StationId, hours: Sequence[HourlyReading], run: ForecastRun
) -> tuple[tuple[Forecast, ...], tuple[str, ...]]:
    """Return the forecast of a station, none where no day can be made, and what is wrong with it.

    Parameters
    ----------
    station_id : StationId
        The station.
    hours : sequence of HourlyReading
        Past and coming ones, for the first noon's rain fell before.
    run : ForecastRun
        What they belong to.

    Returns
    -------
    tuple of (tuple of Forecast, at most one), (tuple of str)
        With the noon readings of today, past or not, and of up to five more days: those in an unbroken row. The
        problem of the first day is told if there are none.
    """
    rules = replace(run.rules, longest_bridge=max(run.rules.longest_bridge, _LONGEST_BRIDGE))
    today = (run.now + rules.utc_offset).date()
    days = [today + timedelta(days=number) for number in range(_DAYS)]
    made = noon_readings(station_id, check_hours(hours, _OF_MODELS), days, (run.source,), rules)
    if not made.observations:
        return (), (f"station {station_id}: no forecast: {made.problems[0]}",)
    row = [made.observations[0]]
    for day in made.observations[1:]:
        if day.observed_at - row[-1].observed_at > timedelta(days=1):
            break
        row.append(day)
    return (Forecast(station_id, run.source, run.issued_at, tuple(row)),), ()


def hours_of(hours: Sequence[HourlyReading], now: datetime) -> tuple[HourlyReading, ...]:
    """Return those that are past: a source gives them in one row with the coming ones."""
    return tuple(reading for reading in hours if reading.at <= now)

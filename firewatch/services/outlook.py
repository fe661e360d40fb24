"""The danger of the days to come: the ratings go on from the last observed day, over a forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.danger.series import day_of
from firewatch.domain.danger import Outlook
from firewatch.services.station_days import by_day, rate_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from firewatch.danger.rating import DangerRules, StationState
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Forecast, Observation

__all__ = ["FORECAST_LIFE", "MARK_FORECAST", "is_current", "make_outlook"]

MARK_FORECAST = "danger.mark.forecast"
# Sources compute every 6 or 12 hours: after so long at least two runs were missed, and "no data" is nearer the truth.
FORECAST_LIFE = timedelta(hours=36)


def is_current(outlook: Outlook | Forecast, at: datetime) -> bool:
    """Return whether a forecast, or an outlook made of it, is young enough at an instant to go by."""
    return at - outlook.issued_at <= FORECAST_LIFE


def make_outlook(
    station: Station, state: StationState, forecasts: Sequence[Forecast], rules: DangerRules, at: datetime
) -> Outlook | None:
    """Rate the forecast days after a station's last observed day, by the rules of the observed ones.

    Parameters
    ----------
    station : Station
        Gives the latitude.
    state : StationState
        After its last observed day.
    forecasts : sequence of Forecast
        Of any sources. The latest issued counts that is at most 36 hours old and has a day to come.
    rules : DangerRules
        Table, method and gap policy.
    at : datetime
        UTC instant of now.

    Returns
    -------
    Outlook or None
        None where no forecast counts: a page then shows "no data". Every rating is marked as forecast.
    """
    today = (at + rules.series.utc_offset).date()
    observed = None if state.last is None else day_of(state.last, rules.series)
    for forecast in sorted(forecasts, key=lambda one: one.issued_at, reverse=True):
        days = _days_after(observed, forecast, rules)
        if is_current(forecast, at) and days and max(days) >= today:
            ratings = rate_days(state, station, days, rules).ratings
            marked = (replace(rating, marks=(MARK_FORECAST, *rating.marks)) for rating in ratings)
            return Outlook(station.station_id, forecast.source, forecast.issued_at, tuple(marked))
    return None


def _days_after(observed: date | None, forecast: Forecast, rules: DangerRules) -> dict[date, Observation]:
    days = by_day(forecast.days, rules)
    return days if observed is None else {day: reading for day, reading in days.items() if day > observed}

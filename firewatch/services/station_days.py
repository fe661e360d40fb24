"""A station's days, rated one after the other whatever its record is like."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.danger.noon import noon_instant
from firewatch.danger.rating import RatedSeries, rate_day, start_station
from firewatch.danger.series import day_of
from firewatch.errors import ObservationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from firewatch.danger.rating import DangerRules, StationState
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Observation

__all__ = ["MARK_DOUBTFUL", "by_day", "rate_days"]

logger = logging.getLogger(__name__)

MARK_DOUBTFUL = "danger.mark.doubtful"
_OWN_NOON = timedelta(hours=1)


def rate_days(
    state: StationState, station: Station, days: Mapping[date, Observation], rules: DangerRules
) -> RatedSeries:
    """Rate days that come after a state.

    Where the rules refuse to go on (a gap longer than they fill), the series starts again from the standard codes and
    says so in its marks: a record with a hole still gives today's rating. A day whose reading is doubted says so too.

    Parameters
    ----------
    state : StationState
        After the last rated day.
    station : Station
        Gives the latitude, for a new start.
    days : mapping of date to Observation
        The readings, by weather day.
    rules : DangerRules
        Table, method and gap policy.

    Returns
    -------
    RatedSeries
    """
    ratings: list[DangerRating] = []
    for day in sorted(days):
        try:
            rated = rate_day(state, days[day], rules)
        except ObservationError as err:
            # The record is rated again at each start: told louder, an old hole would fill the log.
            logger.debug("rating.restarted", extra={"station_id": station.station_id, "why": str(err)})
            rated = rate_day(start_station(station.position.lat_deg), days[day], rules)
        *filled, of_day = rated.ratings
        is_doubted = bool(days[day].doubts)
        ratings.extend([*filled, replace(of_day, marks=(MARK_DOUBTFUL, *of_day.marks)) if is_doubted else of_day])
        state = rated.state
    return RatedSeries(tuple(ratings), state)


def by_day(observations: Iterable[Observation], rules: DangerRules) -> dict[date, Observation]:
    """Return the noon reading of each weather day: of several the one nearest to 12:00, of two equally near the later.

    What the station itself sent within an hour of noon goes before what was made for it of feeds.
    """
    days: dict[date, Observation] = {}
    for observation in sorted(observations, key=lambda one: one.observed_at):
        try:
            day = day_of(observation, rules.series)
        except ObservationError as err:
            # Most stations report by the hour: the other readings are no news.
            logger.debug("rating.reading_left_out", extra={"station_id": observation.station_id, "why": str(err)})
            continue
        noon = noon_instant(day, rules.series.utc_offset)
        if day not in days or _farness(observation, noon) <= _farness(days[day], noon):
            days[day] = observation
    return days


def _farness(observation: Observation, noon: datetime) -> tuple[bool, timedelta]:
    away = abs(observation.observed_at - noon)
    return not (observation.source == "mqtt" and away <= _OWN_NOON), away

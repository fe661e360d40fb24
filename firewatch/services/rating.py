"""Ratings follow the readings: when a station reports, its days are rated."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from firewatch.danger.rating import rate_day, start_station
from firewatch.danger.series import day_of
from firewatch.errors import ObservationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from firewatch.danger.rating import DangerRules
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import SiteMap, Station
    from firewatch.domain.weather import Observation
    from firewatch.services.weather_ports import RatingBook, WeatherBook

__all__ = ["RatingKeeper", "rate_station"]

logger = logging.getLogger(__name__)


def rate_station(station: Station, observations: Iterable[Observation], rules: DangerRules) -> tuple[DangerRating, ...]:
    """Rate all days of a station, whatever its record is like.

    Where the rules refuse to go on (a gap longer than they fill), the series starts again from the standard codes and
    says so in its marks: a record with a hole still gives today's rating.

    Parameters
    ----------
    station : Station
        Gives the latitude.
    observations : iterable of Observation
        Its readings; of several on one weather day the latest counts. One that is not of noon cannot feed the daily
        codes: it stays in the store, and the log names it.
    rules : DangerRules
        Table, method and gap policy.

    Returns
    -------
    tuple of DangerRating
        In the order of days.
    """
    by_day = _by_day(observations, rules)
    cold = start_station(station.position.lat_deg)
    state = cold
    ratings: list[DangerRating] = []
    for day in sorted(by_day):
        try:
            rated = rate_day(state, by_day[day], rules)
        except ObservationError as err:
            # At each reading the whole record is rated again: told louder, an old hole would fill the log.
            logger.debug("rating.restarted", extra={"station_id": station.station_id, "why": str(err)})
            rated = rate_day(cold, by_day[day], rules)
        ratings.extend(rated.ratings)
        state = rated.state
    return tuple(ratings)


def _by_day(observations: Iterable[Observation], rules: DangerRules) -> dict[date, Observation]:
    by_day: dict[date, Observation] = {}
    for observation in sorted(observations, key=lambda o: o.observed_at):
        try:
            by_day[day_of(observation, rules.series)] = observation
        except ObservationError as err:
            # Most stations report by the hour: the other 23 readings are no news.
            logger.debug("rating.reading_left_out", extra={"station_id": observation.station_id, "why": str(err)})
    return by_day


class RatingKeeper:
    """Rates the stations whose readings changed.

    Parameters
    ----------
    weather, ratings
        Ports.
    sites : SiteMap
        The stations; readings of a station on no map are kept and not rated, and the log says so.
    rules : DangerRules
        Table, method and gap policy.
    """

    def __init__(self, weather: WeatherBook, ratings: RatingBook, sites: SiteMap, rules: DangerRules) -> None:
        self._weather = weather
        self._ratings = ratings
        self._stations = {station.station_id: station for station in sites.stations}
        self._rules = rules
        self._mark = 0
        self._put: dict[StationId, frozenset[DangerRating]] = {}

    def step(self) -> int:
        """Rate the stations that reported since the last step; return how many those were."""
        mark, changed = self._weather.stations_changed_after(self._mark)
        for station_id in sorted(changed):
            station = self._stations.get(station_id)
            if station is None:
                logger.warning("rating.unknown_station", extra={"station_id": station_id})
                continue
            self._rate(station)
        self._mark = mark
        return len(changed)

    def _rate(self, station: Station) -> None:
        station_id = station.station_id
        rated = rate_station(station, self._weather.observations(station_id), self._rules)
        known = self._put.get(station_id, frozenset())
        news = [rating for rating in rated if rating not in known]
        if not news:
            return
        self._ratings.put(news)
        self._put[station_id] = frozenset(rated)
        facts = {"station_id": station_id, "days": len(news), "latest": news[-1].weather_day.isoformat()}
        logger.info("rating.stored", extra=facts)

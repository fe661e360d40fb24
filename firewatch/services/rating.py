"""Ratings follow the readings: when a station reports, or its forecast changes, its days are rated."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.services.outlook import make_outlook
from firewatch.services.station_days import rate_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.danger.rating import DangerRules
    from firewatch.domain.danger import DangerRating, Outlook
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import SiteMap, Station
    from firewatch.services.ports import Clock
    from firewatch.services.weather_ports import ForecastBook, OutlookBook, RatingBook, WeatherBook

__all__ = ["DangerBooks", "RatingKeeper"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DangerBooks:
    """The books from weather to danger."""

    weather: WeatherBook
    forecasts: ForecastBook
    ratings: RatingBook
    outlooks: OutlookBook


class RatingKeeper:
    """Rates the stations whose readings or forecasts changed: observed days, then the outlook.

    Parameters
    ----------
    books : DangerBooks
        Ports.
    sites : SiteMap
        The stations; readings of a station on no map are kept and not rated, and the log says so.
    rules : DangerRules
        Table, method and gap policy.
    clock : Clock
        Tells which forecasts are too old or have run out.
    """

    def __init__(self, books: DangerBooks, sites: SiteMap, rules: DangerRules, clock: Clock) -> None:
        self._books = books
        self._stations = {station.station_id: station for station in sites.stations}
        self._rules = rules
        self._clock = clock
        self._read_mark = 0
        self._forecast_mark = 0
        self._put: dict[StationId, frozenset[DangerRating]] = {}
        self._outlooks: dict[StationId, Outlook] = {}

    def step(self) -> int:
        """Rate the stations with something new since the last step; return how many those were."""
        read_mark, read = self._books.weather.stations_changed_after(self._read_mark)
        forecast_mark, forecast = self._books.forecasts.stations_changed_after(self._forecast_mark)
        changed = read | forecast | self._run_out()
        for station_id in sorted(changed):
            station = self._stations.get(station_id)
            if station is None:
                logger.warning("rating.unknown_station", extra={"station_id": station_id})
                continue
            self._rate(station)
        self._read_mark, self._forecast_mark = read_mark, forecast_mark
        return len(changed)

    def _run_out(self) -> frozenset[StationId]:
        # Another source, issued earlier, may reach further.
        today = (self._clock.now() + self._rules.series.utc_offset).date()
        ended = [station for station, outlook in self._outlooks.items() if outlook.ratings[-1].weather_day < today]
        for station_id in ended:
            del self._outlooks[station_id]
        return frozenset(ended)

    def _rate(self, station: Station) -> None:
        station_id = station.station_id
        rated = rate_record(station, self._books.weather.observations(station_id), self._rules)
        self._store(station_id, rated.ratings)
        forecasts = self._books.forecasts.latest(station_id)
        outlook = make_outlook(station, rated, forecasts, self._rules, self._clock.now())
        if outlook is None or outlook == self._outlooks.get(station_id):
            return
        self._books.outlooks.put(outlook)
        self._outlooks[station_id] = outlook
        facts = {"station_id": station_id, "days": len(outlook.ratings), "source": outlook.source}
        logger.info("outlook.stored", extra=facts)

    def _store(self, station_id: StationId, rated: Sequence[DangerRating]) -> None:
        known = self._put.get(station_id, frozenset())
        news = [rating for rating in rated if rating not in known]
        if not news:
            return
        self._books.ratings.put(news)
        self._put[station_id] = frozenset(rated)
        facts = {"station_id": station_id, "days": len(news), "latest": news[-1].weather_day.isoformat()}
        logger.info("rating.stored", extra=facts)

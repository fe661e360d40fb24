"""Ratings follow the readings: when a station reports, or its forecast changes, its days are rated."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from firewatch.services.outlook import make_outlook
from firewatch.services.rated_record import rate_again, rate_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.danger.rating import DangerRules
    from firewatch.domain.danger import DangerRating, Outlook
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import SiteMap, Station
    from firewatch.services.ports import Clock
    from firewatch.services.rated_record import Rated
    from firewatch.services.weather_ports import ForecastBook, OutlookBook, RatingBook, Readings

__all__ = ["DangerBooks", "RatingKeeper"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DangerBooks:
    """The books from weather to danger."""

    weather: Readings
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
        self._records: dict[StationId, Rated] = {}
        self._put: dict[StationId, dict[date, bytes]] = {}
        self._outlooks: dict[StationId, Outlook] = {}
        self._day = date.min

    def step(self) -> int:
        """Rate the stations with something new since the last step; return how many those were."""
        read_mark, read = self._books.weather.changes_after(self._read_mark)
        forecast_mark, forecast = self._books.forecasts.stations_changed_after(self._forecast_mark)
        today = (self._clock.now() + self._rules.series.utc_offset).date()
        self._let_in(today)
        changed = read.keys() | forecast | self._run_out(today)
        for station_id in sorted(changed):
            station = self._stations.get(station_id)
            if station is None:
                logger.warning("rating.unknown_station", extra={"station_id": station_id})
                continue
            self._rate(station, self._rated(station, read.get(station_id), today))
        self._read_mark, self._forecast_mark, self._day = read_mark, forecast_mark, today
        return len(changed)

    def _let_in(self, today: date) -> None:
        """Forget the records that wait for a day, when a day has come; an unrated one counts as new."""
        if today != self._day:
            for station_id in [name for name, rated in self._records.items() if rated.is_ahead]:
                del self._records[station_id]

    def _run_out(self, today: date) -> frozenset[StationId]:
        # Another source, issued earlier, may reach further. A record that waited for a day is rated, too.
        ended = [station for station, outlook in self._outlooks.items() if outlook.ratings[-1].weather_day < today]
        for station_id in ended:
            del self._outlooks[station_id]
        return frozenset(ended) | (self._put.keys() - self._records.keys())

    def _rated(self, station: Station, changed_from: datetime | None, today: date) -> Rated:
        before = self._records.get(station.station_id)
        if before is not None and changed_from is None:
            return replace(before, ratings=())
        again = None
        if before is not None and changed_from is not None:
            again = rate_again(before, station, self._books.weather, self._rules, (changed_from, today))
        return again or rate_whole(station, self._books.weather, self._rules, today)

    def _rate(self, station: Station, rated: Rated) -> None:
        station_id = station.station_id
        self._store(station_id, rated.ratings)
        # Only now: what a failing store did not take is rated again, as far back as before.
        self._records[station_id] = replace(rated, ratings=())
        forecasts = self._books.forecasts.latest(station_id)
        outlook = make_outlook(station, rated.state, forecasts, self._rules, self._clock.now())
        if outlook is None or outlook == self._outlooks.get(station_id):
            return
        self._books.outlooks.put(outlook)
        self._outlooks[station_id] = outlook
        facts = {"station_id": station_id, "days": len(outlook.ratings), "source": outlook.source}
        logger.info("outlook.stored", extra=facts)

    def _store(self, station_id: StationId, rated: Sequence[DangerRating]) -> None:
        known = self._put.setdefault(station_id, {})
        # By a digest: the ratings themselves, of years and many stations, would fill the memory.
        digests = {rating.weather_day: _digest(rating) for rating in rated}
        news = [rating for rating in rated if known.get(rating.weather_day) != digests[rating.weather_day]]
        if not news:
            return
        self._books.ratings.put(news)
        known |= digests
        facts = {"station_id": station_id, "days": len(news), "latest": news[-1].weather_day.isoformat()}
        logger.info("rating.stored", extra=facts)


def _digest(rating: DangerRating) -> bytes:
    return hashlib.blake2b(repr(rating).encode(), digest_size=16).digest()

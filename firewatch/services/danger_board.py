"""What the danger page reads, put together from the books of weather and danger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from firewatch.danger.class_tables import HtzTable, LimitSide
from firewatch.danger.conventions import DayLengthBands
from firewatch.danger.series import COLD_START
from firewatch.services.board import weather_behind
from firewatch.services.danger_views import DayLength, GradeLimits, OpenedStation, RainSpell, RatedDay, StationDanger
from firewatch.services.outlook import is_current
from firewatch.services.station_days import by_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from firewatch.danger.class_tables import RatingTable
    from firewatch.danger.rating import DangerRules
    from firewatch.domain.danger import DangerRating, Outlook
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import SiteMap, Station
    from firewatch.domain.weather import Observation
    from firewatch.services.weather_ports import DangerChanges, ForecastBook, OutlookBook, RatingBook, ReadingBook

__all__ = ["DangerPages", "RatedBooks"]

_DAY = timedelta(days=1)
# Longer than any dry spell on record in Hunan; a record beyond it is not read for a page.
_RAIN_DAYS = 120


@dataclass(frozen=True, slots=True)
class RatedBooks:
    """The books that danger is told from."""

    ratings: RatingBook
    outlooks: OutlookBook
    readings: ReadingBook
    forecasts: ForecastBook
    changes: DangerChanges


class DangerPages:
    """Fulfils `firewatch.services.danger_views.DangerBoard`.

    Parameters
    ----------
    sites : SiteMap
        The stations.
    books : RatedBooks
        Ports.
    rules : DangerRules
        As the ratings are made by.
    """

    def __init__(self, sites: SiteMap, books: RatedBooks, rules: DangerRules) -> None:
        self._stations = {station.station_id: station for station in sites.stations}
        self._books = books
        self._rules = rules

    def dangers(self, first: date, last: date, at: datetime) -> tuple[StationDanger, ...]:
        """Return one for every station, in the order of the site map."""
        return tuple(self._danger(station_id, first, last, at) for station_id in self._stations)

    def changes(self) -> int:
        """Return a number that rises when any of it changes."""
        return self._books.changes.changes()

    def station(self, station_id: StationId, first: date, last: date, at: datetime) -> OpenedStation | None:
        """Return one station's days with all that went into them; None for a station on no map."""
        station = self._stations.get(station_id)
        if station is None:
            return None
        danger = self._danger(station_id, first - _DAY, last, at)
        forecast = self._forecast(danger.outlook)
        observed = self._readings(station_id, first, last)
        dates = [first + n * _DAY for n in range((last - first).days + 1)]
        days = [self._day(station, danger, day, observed, forecast) for day in dates]
        rained = forecast | observed
        spells = tuple(self._spell(rained, day) for day in dates)
        return OpenedStation(danger, tuple(day for day in days if day is not None), spells, _limits(self._rules.table))

    def _danger(self, station_id: StationId, first: date, last: date, at: datetime) -> StationDanger:
        ratings = self._books.ratings.between(station_id, first, last)
        outlook = self._books.outlooks.outlook(station_id)
        weather = weather_behind(self._books.readings, ratings[-1]) if ratings else None
        is_young = outlook is not None and is_current(outlook, at)
        return StationDanger(station_id, ratings, outlook if is_young else None, weather)

    def _forecast(self, outlook: Outlook | None) -> dict[date, Observation]:
        if outlook is None:
            return {}
        for forecast in self._books.forecasts.latest(outlook.station_id):
            if (forecast.source, forecast.issued_at) == (outlook.source, outlook.issued_at):
                return by_day(forecast.days, self._rules)
        return {}

    def _readings(self, station_id: StationId, first: date, last: date) -> dict[date, Observation]:
        offset = self._rules.series.utc_offset
        since = datetime.combine(first - _RAIN_DAYS * _DAY, time(), UTC) - offset
        until = datetime.combine(last + _DAY, time(), UTC) - offset
        return by_day(self._books.readings.readings_between(station_id, since, until), self._rules)

    def _day(
        self,
        station: Station,
        danger: StationDanger,
        day: date,
        observed: Mapping[date, Observation],
        forecast: Mapping[date, Observation],
    ) -> RatedDay | None:
        rating, is_forecast = danger.on(day)
        if rating is None:
            return None
        before, _ = danger.on(day - _DAY)
        weather = None if rating.is_estimated else (forecast if is_forecast else observed).get(day)
        codes = COLD_START if before is None else before.codes
        return RatedDay(rating, is_forecast, weather, codes, before is None, _day_length(rating, station))

    def _spell(self, readings: Mapping[date, Observation], until: date) -> RainSpell:
        known = [day for day in readings if day <= until]
        rained = [day for day in known if self._rules.table.is_rain(readings[day].rain_mm)]
        return RainSpell(until, max(rained, default=None), min(known, default=None))


def _limits(table: RatingTable) -> GradeLimits:
    side = LimitSide.LOWER if isinstance(table, HtzTable) else table.limit_in
    return GradeLimits(table.scheme, table.grade_limits, side)


def _day_length(rating: DangerRating, station: Station) -> DayLength | None:
    name = rating.method.partition("/")[2].partition("/")[0]
    if name not in {bands.value for bands in DayLengthBands}:
        return None
    bands, month, lat_deg = DayLengthBands(name), rating.weather_day.month, station.position.lat_deg
    return DayLength(bands.dmc_day_length_h(lat_deg, month).item(), bands.dc_day_length_factor(lat_deg, month).item())

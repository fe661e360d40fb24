"""The wind near a place: the latest that the nearest station with one has read."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.sight import PlumeWind
from firewatch.domain.weather import DoubtKind
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.weather import Doubt
    from firewatch.services.weather_ports import HourBook, ReadingBook

__all__ = ["NearWinds", "PlumeWinds", "WindAt"]

# A wind that is older says nothing of the fire; stations send every hour, and one hour may be missing.
_OLDEST_WIND = timedelta(hours=3)
# A station further away than this is no neighbour [m]; and where a smoke leans, hills turn the wind sooner.
_FURTHEST_M, _SAME_AIR_M = 80_000.0, 30_000.0
# Beyond the strongest wind on record: a wrong unit [km/h].
_STRONGEST_KMH = 400.0
_REMEMBERED = 512
_EVERY_MIN = 10


@dataclass(frozen=True, slots=True)
class WindAt:
    """A wind that was read, and where and when.

    Parameters
    ----------
    station_id : StationId
        Where.
    distance_m : float
        From the fire [m].
    at : datetime
        UTC instant.
    source : str
        Name of the feed.
    wind_kmh, wind_from_deg, temp_c, rh_pct
        What was read [km/h], [deg], [deg C], [%]; None where it was not.
    """

    station_id: StationId
    distance_m: float
    at: datetime
    source: str
    wind_kmh: float
    wind_from_deg: float | None
    temp_c: float | None
    rh_pct: float | None


class NearWinds:
    """Finds winds in what the stations read.

    Parameters
    ----------
    sites : SiteMap
        The stations.
    hours : HourBook
        Port.
    readings : ReadingBook
        Port.
    """

    def __init__(self, sites: SiteMap, hours: HourBook, readings: ReadingBook) -> None:
        self._sites = sites
        self._hours = hours
        self._readings = readings

    def at(self, place: Position, at: datetime) -> WindAt | None:
        """Return the latest wind of the nearest station that has one; one with a direction goes before one without."""
        found: list[WindAt] = []
        for distance_m, station_id in self._stations(place):
            read = [*self._of_hours(station_id, distance_m, at), *self._of_readings(station_id, distance_m, at)]
            if not read:
                continue
            latest = max(read, key=lambda one: (one.wind_from_deg is not None, one.at))
            if latest.wind_from_deg is not None:
                return latest
            found.append(latest)
        return found[0] if found else None

    def _stations(self, place: Position) -> list[tuple[float, StationId]]:
        every = ((inverse(place, one.position).distance_m, one.station_id) for one in self._sites.stations)
        return sorted(one for one in every if one[0] <= _FURTHEST_M)

    def _of_hours(self, station_id: StationId, distance_m: float, at: datetime) -> Iterable[WindAt]:
        for one in self._hours.hours(station_id, at - _OLDEST_WIND, at):
            if one.wind_kmh is not None and 0.0 <= one.wind_kmh <= _STRONGEST_KMH and not _is_wind_doubted(one.doubts):
                temp_c, rh_pct = _within(one.temp_c, -60.0, 60.0), _within(one.rh_pct, 0.0, 100.0)
                yield WindAt(
                    station_id, distance_m, one.at, one.source, one.wind_kmh, one.wind_from_deg, temp_c, rh_pct
                )

    def _of_readings(self, station_id: StationId, distance_m: float, at: datetime) -> Iterable[WindAt]:
        for one in self._readings.readings_between(station_id, at - _OLDEST_WIND, at):
            yield WindAt(
                station_id,
                distance_m,
                one.observed_at,
                one.source,
                one.wind_kmh,
                one.wind_from_deg,
                one.temp_c,
                one.rh_pct,
            )


def _is_wind_doubted(doubts: Iterable[Doubt]) -> bool:
    """Return whether a check found the wind itself to be wrong: not only that a model computed it."""
    return any(one.field == "wind_kmh" and one.kind is not DoubtKind.SOURCE for one in doubts)


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


class PlumeWinds:
    """The wind that a smoke leans with, as `firewatch.services.locating.Locator` asks for it.

    Parameters
    ----------
    winds : NearWinds
        Where it is read. Only stations within 30 km count.
    """

    def __init__(self, winds: NearWinds) -> None:
        self._winds = winds
        self._known: OrderedDict[tuple[Position, datetime], PlumeWind] = OrderedDict()

    def __call__(self, place: Position, at: datetime) -> PlumeWind | None:
        """Return the wind near a place at an instant, to ten minutes; None where nobody read its direction."""
        key = place, at.replace(minute=at.minute - at.minute % _EVERY_MIN, second=0, microsecond=0)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        found = self._winds.at(place, at)
        if found is None or found.wind_from_deg is None or found.distance_m > _SAME_AIR_M:
            return None
        wind = self._known[key] = PlumeWind(found.wind_from_deg % 360.0, found.wind_kmh)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return wind

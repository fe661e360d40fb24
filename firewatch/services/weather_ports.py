"""What the services need of the weather and of the ratings made of it; `ports` has the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, timedelta

    from firewatch.domain.danger import DangerRating, Outlook
    from firewatch.domain.hotspot import Hotspot
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Forecast, HourlyReading, Observation

__all__ = [
    "AgingBook",
    "DangerChanges",
    "Fetched",
    "ForecastBook",
    "HotspotFeed",
    "HourBook",
    "OutlookBook",
    "RatingBook",
    "ReadingBook",
    "Readings",
    "Spotted",
    "WeatherBook",
    "WeatherFeed",
]


class ReadingBook(Protocol):
    """Single weather readings."""

    def observation_at(self, station_id: StationId, at: datetime) -> Observation | None:
        """Return the reading of a station at an instant; of two, the later received."""
        ...

    def readings_between(self, station_id: StationId, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Return the readings of a station from `since` to `until`, both included, oldest first."""
        ...


class WeatherBook(Protocol):
    """The weather readings."""

    def observations(self, station_id: StationId) -> tuple[Observation, ...]:
        """Return all readings of a station, oldest first; of two for one instant, the later received."""
        ...

    def changes_after(self, mark: int) -> tuple[int, dict[StationId, datetime]]:
        """Return the highest mark of the readings, and the stations with readings after `mark`.

        Returns
        -------
        tuple of (int, dict of StationId to datetime)
            Of each station the UTC instant of the earliest reading among those.
        """
        ...


class Readings(WeatherBook, ReadingBook, Protocol):
    """Both ports of readings: one book fulfils them."""


class RatingBook(Protocol):
    """The danger ratings."""

    def put(self, ratings: Sequence[DangerRating]) -> None:
        """Store ratings by (station, day); a later one of the same replaces it."""
        ...

    def rating(self, station_id: StationId, day: date) -> DangerRating | None:
        """Return the rating of a station and weather day."""
        ...

    def latest(self, station_id: StationId) -> DangerRating | None:
        """Return the rating of the latest day."""
        ...

    def between(self, station_id: StationId, first_day: date, last_day: date) -> tuple[DangerRating, ...]:
        """Return the ratings of a station from one weather day to another, both included, in the order of days."""
        ...


class DangerChanges(Protocol):
    """Whether ratings or outlooks are others than a moment ago."""

    def changes(self) -> int:
        """Return a number that rises with each change of them."""
        ...


class HourBook(Protocol):
    """The hourly readings as their sources gave them, doubtful ones too."""

    def put(self, readings: Sequence[HourlyReading]) -> None:
        """Store readings by (station, instant, source); a later one of the same replaces it."""
        ...

    def hours(self, station_id: StationId, since: datetime, until: datetime) -> tuple[HourlyReading, ...]:
        """Return a station's readings from `since` to `until`, both included, in the order of (at, source)."""
        ...


class ForecastBook(Protocol):
    """The forecasts, each run of each source."""

    def put(self, forecasts: Sequence[Forecast]) -> None:
        """Store forecasts by (station, source, issue time); a later one of the same replaces it."""
        ...

    def latest(self, station_id: StationId) -> tuple[Forecast, ...]:
        """Return the latest issued forecast of each source, the latest issued first."""
        ...

    def stations_changed_after(self, mark: int) -> tuple[int, frozenset[StationId]]:
        """Return the highest mark of the forecasts, and the stations with forecasts stored after `mark`."""
        ...


class AgingBook(Protocol):
    """What is of no use after some time: `HourBook` and `ForecastBook` of the store are such."""

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete about `most` entries of a station that lie longer than so behind both now and its newest entry.

        Returns
        -------
        int
            How many; 0 when no station has any left.
        """
        ...


class OutlookBook(Protocol):
    """The danger of the days to come, one outlook a station."""

    def put(self, outlook: Outlook) -> None:
        """Store an outlook in place of the station's former one."""
        ...

    def outlook(self, station_id: StationId) -> Outlook | None:
        """Return a station's outlook."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one look at a weather feed gave.

    Parameters
    ----------
    hours : tuple of HourlyReading
        As the source gave them, before quality control.
    observations : tuple of Observation
        Noon readings of a source that gives those and no hours.
    forecasts : tuple of Forecast
        At most one a station.
    problems : tuple of str
        What could not be read, each naming the station or line, what was given and what is allowed.
    """

    hours: tuple[HourlyReading, ...] = ()
    observations: tuple[Observation, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    problems: tuple[str, ...] = ()


class WeatherFeed(Protocol):
    """A source of weather: each adapter is one file for one source."""

    @property
    def name(self) -> str:
        """Name of the source in readings, logs and pages, as ``open-meteo``."""
        ...

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        """Return what the source has for these stations; raise `FeedError` if nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Spotted:
    """What one look at a feed of hotspots gave.

    Parameters
    ----------
    hotspots : tuple of Hotspot
        In the source's order.
    problems : tuple of str
        Rows that could not be read, each with what was given and what is allowed.
    """

    hotspots: tuple[Hotspot, ...] = ()
    problems: tuple[str, ...] = ()


class HotspotFeed(Protocol):
    """A source of hotspots that satellites see."""

    @property
    def name(self) -> str:
        """Name of the source in logs and pages, as ``firms``."""
        ...

    def fetch(self, now: datetime) -> Spotted:
        """Return what the source has; raise `FeedError` if nothing."""
        ...

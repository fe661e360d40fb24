"""The weather readings with what quality control finds doubtful in them, found when they are read.

The intake stores what stations send as it came, for it must stay fast and judges nothing; whoever rates or shows a
reading gets it through here. What was doubted when it was stored stays doubted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.danger.quality import check_noon

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.danger.quality import QualityLimits
    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Observation
    from firewatch.services.weather_ports import Readings

__all__ = ["CheckedWeather"]


class CheckedWeather:
    """Fulfils `WeatherBook` and `ReadingBook` of `firewatch.services.weather_ports`.

    Parameters
    ----------
    book : WeatherBook and ReadingBook
        What is stored.
    limits : QualityLimits
        Of quality control.
    """

    def __init__(self, book: Readings, limits: QualityLimits) -> None:
        self._book = book
        self._limits = limits

    def observations(self, station_id: StationId) -> tuple[Observation, ...]:
        """Return all readings of a station, oldest first; of two for one instant, the later received."""
        return check_noon(self._book.observations(station_id), self._limits)

    def changes_after(self, mark: int) -> tuple[int, dict[StationId, datetime]]:
        """Return the highest mark, and the earliest instant of each station's readings after `mark`."""
        return self._book.changes_after(mark)

    def observation_at(self, station_id: StationId, at: datetime) -> Observation | None:
        """Return the reading of a station at an instant, judged by itself alone; of two, the later received."""
        found = self._book.observation_at(station_id, at)
        return None if found is None else check_noon([found], self._limits)[0]

    def readings_between(self, station_id: StationId, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Return the readings of a station from `since` to `until`, both included, judged among each other."""
        return check_noon(self._book.readings_between(station_id, since, until), self._limits)

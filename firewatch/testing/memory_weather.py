"""Hours and forecasts in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Forecast, HourlyReading

__all__ = ["MemoryForecastBook", "MemoryHourBook"]


class MemoryHourBook:
    """Fulfils `firewatch.services.weather_ports.HourBook`."""

    def __init__(self) -> None:
        self._hours: dict[tuple[StationId, datetime, str], HourlyReading] = {}

    def put(self, readings: Sequence[HourlyReading]) -> None:
        """Store readings by (station, instant, source); a later one of the same replaces it."""
        self._hours |= {(reading.station_id, reading.at, reading.source): reading for reading in readings}

    def hours(self, station_id: StationId, since: datetime, until: datetime) -> tuple[HourlyReading, ...]:
        """Return a station's readings from `since` to `until`, both included, in the order of (at, source)."""
        own = [one for one in self._hours.values() if one.station_id == station_id and since <= one.at <= until]
        return tuple(sorted(own, key=lambda one: (one.at, one.source)))


class MemoryForecastBook:
    """Fulfils `firewatch.services.weather_ports.ForecastBook`."""

    def __init__(self) -> None:
        self._mark = 0
        self._forecasts: dict[tuple[StationId, str, datetime], tuple[int, Forecast]] = {}

    def put(self, forecasts: Sequence[Forecast]) -> None:
        """Store forecasts by (station, source, issue time); a later one of the same replaces it."""
        for forecast in forecasts:
            self._mark += 1
            self._forecasts[forecast.station_id, forecast.source, forecast.issued_at] = (self._mark, forecast)

    def latest(self, station_id: StationId) -> tuple[Forecast, ...]:
        """Return the latest issued forecast of each source, the latest issued first."""
        own = [one for _, one in self._forecasts.values() if one.station_id == station_id]
        latest: dict[str, Forecast] = {}
        for forecast in sorted(own, key=lambda one: one.issued_at):
            latest[forecast.source] = forecast
        return tuple(sorted(latest.values(), key=lambda one: (one.issued_at, one.source), reverse=True))

    def stations_changed_after(self, mark: int) -> tuple[int, frozenset[StationId]]:
        """Return the highest mark of the forecasts, and the stations with forecasts stored after `mark`."""
        changed = frozenset(one.station_id for number, one in self._forecasts.values() if number > mark)
        return self._mark, changed

"""Hourly readings, forecasts, outlooks and states of feeds in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from firewatch.domain.danger import Outlook
    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Forecast, HourlyReading
    from firewatch.services.feeding import FeedState

__all__ = ["MemoryFeedStateBook", "MemoryForecastBook", "MemoryHourBook", "MemoryOutlookBook"]


_Key = TypeVar("_Key", bound=tuple[object, ...])


class MemoryHourBook:
    """Fulfils `firewatch.services.weather_ports.HourBook`."""

    def __init__(self) -> None:
        self._hours: dict[tuple[StationId, datetime, str], HourlyReading] = {}

    def put(self, readings: Sequence[HourlyReading]) -> None:
        """Store readings by (station, instant, source)."""
        self._hours |= {(one.station_id, one.at, one.source): one for one in readings}

    def hours(self, station_id: StationId, since: datetime, until: datetime) -> tuple[HourlyReading, ...]:
        """Return a station's readings from `since` to `until`, both included, in the order of (at, source)."""
        found = [one for one in self._hours.values() if one.station_id == station_id and since <= one.at <= until]
        return tuple(sorted(found, key=lambda one: (one.at, one.source)))

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some readings older than so long; return how many."""
        dropped = _older({key: key[1] for key in self._hours}, than, now, most)
        for key in dropped:
            del self._hours[key]
        return len(dropped)


def _older(given: Mapping[_Key, datetime], than: timedelta, now: datetime, most: int) -> list[_Key]:
    """Return the keys, station first, of the oldest entries of the first station that has any so old."""
    for station_id in sorted({str(key[0]) for key in given}):
        own = sorted((at, key) for key, at in given.items() if key[0] == station_id)
        limit = min(now, own[-1][0]) - than
        if own[0][0] < limit:
            return [key for at, key in own if at < limit][:most]
    return []


class MemoryForecastBook:
    """Fulfils `firewatch.services.weather_ports.ForecastBook`."""

    def __init__(self) -> None:
        self._forecasts: dict[tuple[StationId, str, datetime], tuple[int, Forecast]] = {}
        self._mark = 0

    def put(self, forecasts: Sequence[Forecast]) -> None:
        """Store forecasts by (station, source, issue time); the same again is no change."""
        for one in forecasts:
            self._mark += 1
            key = (one.station_id, one.source, one.issued_at)
            known = self._forecasts.get(key)
            if known is None or known[1] != one:
                self._forecasts[key] = (self._mark, one)

    def latest(self, station_id: StationId) -> tuple[Forecast, ...]:
        """Return the latest issued forecast of each source, the latest issued first."""
        found = [one for _, one in self._forecasts.values() if one.station_id == station_id]
        by_source = {one.source: one for one in sorted(found, key=lambda one: one.issued_at)}
        latest = sorted(by_source.values(), key=lambda one: one.source)
        return tuple(sorted(latest, key=lambda one: one.issued_at, reverse=True))

    def stations_changed_after(self, mark: int) -> tuple[int, frozenset[StationId]]:
        """Return the highest mark of the forecasts, and the stations with forecasts stored after `mark`."""
        return self._mark, frozenset(one.station_id for at, one in self._forecasts.values() if at > mark)

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some forecasts issued longer ago; return how many."""
        dropped = _older({key: key[2] for key in self._forecasts}, than, now, most)
        for key in dropped:
            del self._forecasts[key]
        return len(dropped)


class MemoryOutlookBook:
    """Fulfils `firewatch.services.weather_ports.OutlookBook`."""

    def __init__(self) -> None:
        self._outlooks: dict[StationId, Outlook] = {}

    def put(self, outlook: Outlook) -> None:
        """Store an outlook in place of the station's former one."""
        self._outlooks[outlook.station_id] = outlook

    def outlook(self, station_id: StationId) -> Outlook | None:
        """Return a station's outlook."""
        return self._outlooks.get(station_id)


class MemoryFeedStateBook:
    """Fulfils `firewatch.services.feed_states.FeedStateBook`."""

    def __init__(self) -> None:
        self._states: dict[str, FeedState] = {}

    def put(self, states: Sequence[FeedState]) -> None:
        """Store states by the feed's name."""
        self._states |= {one.name: one for one in states}

    def states(self) -> tuple[FeedState, ...]:
        """Return the states of all feeds that ever had one, by name."""
        return tuple(self._states[name] for name in sorted(self._states))

"""Hours come in bit by bit: they are checked among their neighbours, kept, and make the noon readings of their days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.danger.noon import NoonReadings, noon_instant, noon_readings
from firewatch.danger.quality import check_hours
from firewatch.domain.weather import DoubtKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from firewatch.danger.noon import NoonRules
    from firewatch.danger.quality import QualityLimits
    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import HourlyReading, Observation
    from firewatch.services.weather_ports import HourBook

__all__ = ["NoonMaker"]

# So much before and after is looked at, for a standstill and for the next reading that confirms a step.
_NEIGHBOURS = timedelta(hours=48)
_DAY = timedelta(days=1)
# Until then the hour of noon may still come: a noon reading that lacks it waits.
_PATIENCE = timedelta(minutes=90)


class NoonMaker:
    """Keeps hours and makes noon readings of them.

    Parameters
    ----------
    book : HourBook
        Port.
    sources : sequence of str
        Names of the feeds, in the order in which they are trusted.
    limits : QualityLimits
        Of quality control.
    rules : NoonRules
        Of noon.
    """

    def __init__(self, book: HourBook, sources: Sequence[str], limits: QualityLimits, rules: NoonRules) -> None:
        self._book = book
        self._sources = tuple(sources)
        self._limits = limits
        self._rules = rules

    def keep(self, source: str, hours: Sequence[HourlyReading], now: datetime) -> NoonReadings:
        """Store the hours of one source, and return the noon readings of the days that they change.

        Parameters
        ----------
        source : str
            Name of the feed.
        hours : sequence of HourlyReading
            As it gave them; of several stations, in any order.
        now : datetime
            UTC instant: days whose noon has not come have no reading yet.

        Returns
        -------
        NoonReadings
            Of today nothing is told before 13:30 where an hour near noon is still missing.
        """
        made = NoonReadings(())
        by_station: dict[StationId, list[HourlyReading]] = {}
        for reading in hours:
            by_station.setdefault(reading.station_id, []).append(reading)
        for station_id, own in sorted(by_station.items()):
            changed = self._store(station_id, source, own)
            if changed:
                found = self._noons_of(station_id, changed, now)
                made = NoonReadings(made.observations + found.observations, made.problems + found.problems)
        return made

    def _store(self, station_id: StationId, source: str, own: list[HourlyReading]) -> list[HourlyReading]:
        first, last = min(reading.at for reading in own), max(reading.at for reading in own)
        known = {
            reading.at: reading
            for reading in self._book.hours(station_id, first - _NEIGHBOURS, last + _NEIGHBOURS)
            if reading.source == source
        }
        merged = known | {reading.at: reading for reading in own}
        checked = check_hours([merged[at] for at in sorted(merged)], self._limits)
        # The newest reading's step is confirmed only by the next: an older hour's doubts may change, too.
        changed = [reading for reading in checked if known.get(reading.at) != reading]
        self._book.put(changed)
        return changed

    def _noons_of(self, station_id: StationId, changed: list[HourlyReading], now: datetime) -> NoonReadings:
        # An hour belongs to its day's noon and extremes, and to the rain of the next noon.
        touched = {self._day_of(reading.at) for reading in changed}
        touched |= {day + _DAY for day in touched}
        days = [day for day in sorted(touched) if self._noon(day) <= now]
        if not days:
            return NoonReadings(())
        hours = self._book.hours(station_id, self._noon(days[0]) - _DAY, self._noon(days[-1]) + _DAY)
        found = noon_readings(station_id, hours, days, self._sources, self._rules)
        waiting = self._day_of(now) if now < self._noon(self._day_of(now)) + _PATIENCE else None
        if waiting is None:
            return found
        whole = tuple(one for one in found.observations if self._day_of(one.observed_at) != waiting or not _lacks(one))
        return NoonReadings(whole, tuple(one for one in found.problems if f", {waiting}: " not in one))

    def _day_of(self, at: datetime) -> date:
        return (at + self._rules.utc_offset).date()

    def _noon(self, day: date) -> datetime:
        return noon_instant(day, self._rules.utc_offset)


def _lacks(observation: Observation) -> bool:
    return any(doubt.kind is DoubtKind.MISSING for doubt in observation.doubts)

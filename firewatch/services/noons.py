"""Hours come in bit by bit: they are checked among their neighbours, kept, and make the noon readings of their days."""

from __future__ import annotations

import hashlib
import math
import struct
from bisect import bisect_left, bisect_right
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
        # So far from a new reading others' doubts may change. Twice as far is looked at: a standstill that reaches from
        # the hours that may change beyond it is too long in any case; with less, an old one would lie half outside,
        # look short, and lose its doubts.
        self._touched = timedelta(hours=limits.longest_undoubted_h) + _DAY
        # A station's table of two months is given again at each look: only its changed days are looked at.
        self._told: dict[tuple[StationId, str], dict[date, bytes]] = {}
        self._pending: dict[tuple[StationId, str], dict[date, bytes]] = {}

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
            Of today nothing is told before 13:30 where an hour near noon is still missing. They are made again at the
            next look unless `settle` is called once they are stored.
        """
        made = NoonReadings(())
        self._pending = {}
        by_station: dict[StationId, list[HourlyReading]] = {}
        for reading in hours:
            by_station.setdefault(reading.station_id, []).append(reading)
        for station_id, own in sorted(by_station.items()):
            news, self._pending[station_id, source] = self._news(source, own)
            if news:
                changed = self._store(station_id, source, news)
                found = self._noons_of(station_id, [*news, *changed], now)
                made = NoonReadings(made.observations + found.observations, made.problems + found.problems)
        return made

    def settle(self) -> None:
        """Take what the last `keep` returned as stored."""
        self._told |= self._pending
        self._pending = {}

    def _news(self, source: str, own: list[HourlyReading]) -> tuple[list[HourlyReading], dict[date, bytes]]:
        """Return the readings of the days that are not as the source gave them last time, and all days' digests."""
        by_day: dict[date, list[HourlyReading]] = {}
        for reading in own:
            by_day.setdefault(reading.at.date(), []).append(reading)
        told = {day: _digest(readings) for day, readings in by_day.items()}
        before = self._told.get((own[0].station_id, source), {})
        news = [one for day, readings in by_day.items() if before.get(day) != told[day] for one in readings]
        return news, told

    def _store(self, station_id: StationId, source: str, own: list[HourlyReading]) -> list[HourlyReading]:
        first, last = min(reading.at for reading in own), max(reading.at for reading in own)
        known = {
            reading.at: reading
            for reading in self._book.hours(station_id, first - 2 * self._touched, last + 2 * self._touched)
            if reading.source == source
        }
        merged = known | {reading.at: reading for reading in own}
        checked = check_hours([merged[at] for at in sorted(merged)], self._limits)
        # The newest reading's step is confirmed only by the next: an older hour's doubts may change, too.
        near = [reading for reading in checked if first - self._touched <= reading.at <= last + self._touched]
        changed = [reading for reading in near if known.get(reading.at) != reading]
        self._book.put(changed)
        return changed

    def _noons_of(self, station_id: StationId, changed: list[HourlyReading], now: datetime) -> NoonReadings:
        # An hour belongs to its day's noon and extremes, and to the rain of the next noon.
        touched = {self._day_of(reading.at) for reading in changed}
        touched |= {day + _DAY for day in touched}
        days = [day for day in sorted(touched) if self._noon(day) <= now]
        if not days:
            return NoonReadings(())
        hours = self._book.hours(station_id, self._noon(days[0]) - 2 * _DAY, self._noon(days[-1]) + _DAY)
        instants = [one.at for one in hours]
        found = NoonReadings(())
        for day in days:
            # Only the hours that bear on it: with all of two months the work would grow with their square.
            noon = self._noon(day)
            own = hours[bisect_left(instants, noon - 2 * _DAY) : bisect_right(instants, noon + _DAY)]
            made = noon_readings(station_id, own, [day], self._sources, self._rules)
            found = NoonReadings(found.observations + made.observations, found.problems + made.problems)
        waiting = self._day_of(now) if now < self._noon(self._day_of(now)) + _PATIENCE else None
        if waiting is None:
            return found
        whole = tuple(one for one in found.observations if self._day_of(one.observed_at) != waiting or not _lacks(one))
        return NoonReadings(whole, tuple(one for one in found.problems if f", {waiting}: " not in one))

    def _day_of(self, at: datetime) -> date:
        return (at + self._rules.utc_offset).date()

    def _noon(self, day: date) -> datetime:
        return noon_instant(day, self._rules.utc_offset)


def _digest(readings: list[HourlyReading]) -> bytes:
    content = hashlib.blake2b(digest_size=16)
    for one in readings:
        figures = (one.temp_c, one.rh_pct, one.wind_kmh, one.rain_mm)
        known = (math.nan if figure is None else figure for figure in figures)
        content.update(struct.pack("<6d", one.at.timestamp(), *known, len(one.doubts)))
    return content.digest()


def _lacks(observation: Observation) -> bool:
    return any(doubt.kind is DoubtKind.MISSING for doubt in observation.doubts)

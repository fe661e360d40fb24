"""A station's record, rated; what was rated before is gone on from where nothing before it can have changed.

A record of three years by the hour takes seconds to check and to rate. A new reading changes the doubts of few readings
before it, and the codes of no day before it: so a few days are read and rated again, from the state before them. Where
it is not certain that no earlier reading's doubts change, the whole record is rated. Either way gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from firewatch.danger.rating import start_station
from firewatch.services.station_days import by_day, rate_days

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from firewatch.danger.rating import DangerRules, StationState
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Observation
    from firewatch.services.weather_ports import ReadingBook, WeatherBook

__all__ = ["Rated", "rate_again", "rate_whole"]

# Days before the first change that are rated again, and as many before them that only lend their readings to the check.
_DAYS_AGAIN = timedelta(days=5)
# So many states of days are remembered; a reading that comes later rates the whole record.
_DAYS_REMEMBERED = 45
# Readings so far apart stand in no common standstill, whatever the limits of quality control (there 3 h).
_SURELY_APART = timedelta(hours=12)
# As many noons in a row make a standstill of noons.
_FEWEST = 3
_FIELDS = ("temp_c", "rh_pct", "wind_kmh")
_END = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rated:
    """A record's rated days.

    Parameters
    ----------
    ratings : tuple of DangerRating
        Of the days that were rated now, in order; the others are as they were.
    state : StationState
        After the last day.
    states : dict of date to StationState
        After each of the last days, in order.
    is_ahead : bool
        Whether there are readings of days to come; they wait.
    """

    ratings: tuple[DangerRating, ...]
    state: StationState
    states: dict[date, StationState] = field(default_factory=dict)
    is_ahead: bool = False


def rate_whole(station: Station, book: WeatherBook, rules: DangerRules, today: date) -> Rated:
    """Rate all observed days of a station to today, from the standard start.

    Parameters
    ----------
    station : Station
        Gives the latitude.
    book : WeatherBook
        Its readings.
    rules : DangerRules
        Table, method and gap policy.
    today : date
        Weather day of now. A reading of a later one comes from a wrong clock: it would end the station's series.
    """
    start = start_station(station.position.lat_deg)
    return _rate(start, {}, station, book.observations(station.station_id), (rules, None, today))


def rate_again(
    before: Rated, station: Station, book: ReadingBook, rules: DangerRules, days: tuple[datetime, date]
) -> Rated | None:
    """Rate the days that readings from an instant on can change.

    Parameters
    ----------
    before : Rated
        Of this station by these rules.
    station : Station
        Gives the latitude.
    book : ReadingBook
        Its readings.
    rules : DangerRules
        Table, method and gap policy.
    days : tuple of (datetime, date)
        UTC instant of the earliest reading that is new or replaced, and the weather day of now.

    Returns
    -------
    Rated or None
        None where only the whole record will do.
    """
    changed_from, today = days
    first, solid = changed_from - 2 * _DAYS_AGAIN, changed_from - _DAYS_AGAIN
    readings = book.readings_between(station.station_id, first, _END)
    if not (_is_broken(readings, first, solid) and _is_broken(readings, solid, changed_from)):
        return None
    last_kept = (solid + rules.series.utc_offset).date()
    states = {day: state for day, state in before.states.items() if day <= last_kept}
    if not states:
        return None
    return _rate(states[max(states)], states, station, readings, (rules, last_kept, today))


def _rate(
    state: StationState,
    states: dict[date, StationState],
    station: Station,
    readings: Iterable[Observation],
    limits: tuple[DangerRules, date | None, date],
) -> Rated:
    rules, after, today = limits
    days = by_day(readings, rules)
    coming = {day for day in days if day > today}
    kept = dict(states)
    ratings: list[DangerRating] = []
    for day in sorted(days.keys() - coming):
        if after is None or day > after:
            rated = rate_days(state, station, {day: days[day]}, rules)
            state = kept[day] = rated.state
            ratings.extend(rated.ratings)
    remembered = dict(sorted(kept.items())[-_DAYS_REMEMBERED:])
    return Rated(tuple(ratings), state, remembered, bool(coming))


def _is_broken(readings: Sequence[Observation], since: datetime, until: datetime) -> bool:
    """Return whether no standstill, step or row of noons reaches across a stretch of the record."""
    within = [one for one in readings if since <= one.observed_at < until]
    if len(within) < _FEWEST:
        return False
    by_source: dict[str, list[Observation]] = {}
    for one in within:
        by_source.setdefault(one.source, []).append(one)
    return all(_changes(own, since, until) for own in by_source.values())


def _changes(own: list[Observation], since: datetime, until: datetime) -> bool:
    instants = chain([since], (one.observed_at for one in own), [until])
    if any(later - earlier > _SURELY_APART for earlier, later in pairwise(instants)):
        return True
    return all(len({getattr(one, name) for one in own}) > 1 for name in _FIELDS)

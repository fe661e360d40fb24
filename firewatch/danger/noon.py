"""The noon reading of a day, made of hourly readings of one station: which figure counts, and what is said about it.

For each figure the sources are asked in the order given. Of a source counts, in this order: its reading at noon; the
straight line between its readings before and after, where they are near enough to each other; its reading nearest to
noon. Only if no source has a figure free of doubt does a doubtful one count, if it is possible at all: a reading that
says it is doubtful is worth more than none. Whatever is not the plain reading at noon is told as a doubt.

Rain is summed over the 24 hours to noon. An hour that is missing or doubtful adds nothing, and is told: the sum then
errs to the dry, dangerous side. With too few hours there is no sum, and without a sum no noon reading.

The day's extremes need the afternoon: until it is over there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from firewatch.danger.quality import QualityLimits, is_doubted
from firewatch.domain.weather import Doubt, DoubtKind, Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import HourlyReading

__all__ = ["NoonReadings", "NoonRules", "missing_hours", "noon_instant", "noon_readings"]

_HOUR = timedelta(hours=1)
_HOURS_A_DAY = 24
_KMH_PER_MS = 3.6
_LONGEST_WHY = 200
# A sensor in fog tells a little more.
_SATURATED_PCT = 100.0
_LONGEST_SOURCE = 40
_AT_NOON = ("temp_c", "rh_pct", "wind_kmh")
_NAMES = {"temp_c": "temperature", "rh_pct": "humidity", "wind_kmh": "wind"}
# What an `Observation` may hold.
_POSSIBLE = QualityLimits()


@dataclass(frozen=True, slots=True)
class NoonRules:
    """The named choices of a noon reading made of hours.

    Parameters
    ----------
    utc_offset : timedelta
        Standard time of noon and of the day; +8 h for China.
    as_noon : timedelta
        A reading this near to noon, or to a full hour, is of it.
    nearest : timedelta
        Without one, the nearest reading counts up to so far from noon.
    longest_bridge : timedelta
        A straight line spans at most this time.
    fewest_rain_hours : int
        So many of the 24 hours of rain must be known.
    afternoon_from_h, afternoon_to_h : int
        Full hours of the afternoon, both included; extremes of dry days fall into it.
    fewest_afternoon_hours : int
        So many of them must be known before the day's extremes are.
    """

    utc_offset: timedelta = timedelta(hours=8)
    as_noon: timedelta = timedelta(minutes=15)
    nearest: timedelta = timedelta(hours=1)
    longest_bridge: timedelta = timedelta(hours=3)
    fewest_rain_hours: int = 12
    afternoon_from_h: int = 11
    afternoon_to_h: int = 18
    fewest_afternoon_hours: int = 7


@dataclass(frozen=True, slots=True)
class NoonReadings:
    """Noon readings made of hours.

    Parameters
    ----------
    observations : tuple of Observation
        One a day where the hours give one, in order.
    problems : tuple of str
        Why the other days have none, each naming station and day.
    """

    observations: tuple[Observation, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure that counts, with what is said about it."""

    value: float
    sources: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hours:
    """One station's hours, each source's by time, the first source first."""

    by_source: tuple[tuple[HourlyReading, ...], ...]
    noon: datetime
    rules: NoonRules

    def usable(self, readings: tuple[HourlyReading, ...], field: str) -> list[HourlyReading]:
        return [one for one in readings if _is_possible(one, field) and not is_doubted(one, field)]


def noon_instant(day: date, utc_offset: timedelta) -> datetime:
    """Return the UTC instant of 12:00 on a day in a standard time `utc_offset` ahead of UTC."""
    return datetime.combine(day, time(12), UTC) - utc_offset


def missing_hours(hours: Iterable[HourlyReading], first: datetime, last: datetime) -> tuple[datetime, ...]:
    """Return the instants, every hour from `first` to `last`, near which there is no reading."""
    known = [reading.at for reading in hours]
    near = NoonRules().as_noon
    count = int((last - first) / _HOUR) + 1
    wanted = (first + number * _HOUR for number in range(count))
    return tuple(at for at in wanted if not any(abs(one - at) <= near for one in known))


def noon_readings(
    station_id: StationId,
    hours: Sequence[HourlyReading],
    days: Iterable[date],
    sources: Sequence[str] = (),
    rules: NoonRules | None = None,
) -> NoonReadings:
    """Make the noon readings of some days.

    Parameters
    ----------
    station_id : StationId
        The station; readings of others are left aside.
    hours : sequence of HourlyReading
        Its hours, checked by `firewatch.danger.quality.check_hours`, in any order; a noon reading needs those of the 24
        hours before, and its extremes those of the day.
    days : iterable of date
        Weather days.
    sources : sequence of str
        Sources in the order in which they are trusted; others follow by name.
    rules : NoonRules, optional
        By default those of China.

    Returns
    -------
    NoonReadings
        Each day gives either an observation or a problem.
    """
    chosen = rules or NoonRules()
    own = sorted((one for one in hours if one.station_id == station_id), key=lambda one: (one.at, _key(one)))
    names = [*sources, *sorted({one.source for one in own} - set(sources))]
    by_source = tuple(tuple(one for one in own if one.source == name) for name in names)
    observations: list[Observation] = []
    problems: list[str] = []
    for day in sorted(set(days)):
        made = _noon_of(station_id, _Hours(by_source, noon_instant(day, chosen.utc_offset), chosen))
        if isinstance(made, Observation):
            observations.append(made)
        else:
            problems.append(f"station {station_id}, {day}: no noon reading: {made}")
    return NoonReadings(tuple(observations), tuple(problems))


def _key(reading: HourlyReading) -> str:
    # Only among readings of one instant and source, so that their order of arrival does not matter.
    return repr((reading.temp_c, reading.rh_pct, reading.wind_kmh, reading.rain_mm))


def _noon_of(station_id: StationId, hours: _Hours) -> Observation | str:
    at_noon = {field: _at_noon(hours, field) for field in _AT_NOON}
    rain = _rain(hours)
    lacking = [f"no {_NAMES[field]} near 12:00" for field, figure in at_noon.items() if figure is None]
    if isinstance(rain, str):
        lacking.append(rain)
    figures = [figure for figure in (*at_noon.values(), rain) if isinstance(figure, _Figure)]
    if lacking:
        return "; ".join(lacking)
    temp, rh, wind, rained = figures
    highest, lowest, strongest = (_extreme(hours, field) for field in _AT_NOON)
    return Observation(
        station_id,
        hours.noon,
        temp_c=temp.value,
        rh_pct=min(rh.value, _SATURATED_PCT),
        wind_kmh=wind.value,
        rain_mm=rained.value,
        max_temp_c=highest,
        min_rh_pct=None if lowest is None else min(lowest, _SATURATED_PCT),
        max_wind_ms=None if strongest is None else strongest / _KMH_PER_MS,
        source="+".join(dict.fromkeys(chain.from_iterable(one.sources for one in figures)))[:_LONGEST_SOURCE],
        doubts=tuple(dict.fromkeys(chain.from_iterable(one.doubts for one in figures))),
    )


def _is_possible(reading: HourlyReading, field: str) -> bool:
    value = getattr(reading, field)
    return value is not None and _POSSIBLE.of(field).possible.holds(value)


def _at_noon(hours: _Hours, field: str) -> _Figure | None:
    for readings in hours.by_source:
        usable = hours.usable(readings, field)
        found = _plain(hours, usable, field) or _bridged(hours, usable, field) or _beside(hours, usable, field)
        if found is not None:
            return _with_reasons(hours, readings, field, found)
    for readings in hours.by_source:
        doubted = [one for one in readings if _is_possible(one, field)]
        found = _plain(hours, doubted, field) or _beside(hours, doubted, field)
        if found is not None:
            return found
    return None


def _with_reasons(hours: _Hours, readings: tuple[HourlyReading, ...], field: str, found: _Figure) -> _Figure:
    """Return the figure with the doubts of the reading at noon that it stands in for."""
    replaced = [
        doubt
        for one in readings
        if abs(one.at - hours.noon) <= hours.rules.as_noon and is_doubted(one, field)
        for doubt in one.doubts
        if doubt.field == field
    ]
    return _Figure(found.value, found.sources, (*replaced, *found.doubts)) if replaced else found


def _own_doubts(reading: HourlyReading, field: str) -> tuple[Doubt, ...]:
    return tuple(doubt for doubt in reading.doubts if doubt.field in {field, "source"})


def _nearest(hours: _Hours, readings: list[HourlyReading], within: timedelta) -> HourlyReading | None:
    near = [one for one in readings if abs(one.at - hours.noon) <= within]
    return min(near, key=lambda one: abs(one.at - hours.noon), default=None)


def _plain(hours: _Hours, readings: list[HourlyReading], field: str) -> _Figure | None:
    one = _nearest(hours, readings, hours.rules.as_noon)
    return None if one is None else _Figure(getattr(one, field), (one.source,), _own_doubts(one, field))


def _beside(hours: _Hours, readings: list[HourlyReading], field: str) -> _Figure | None:
    one = _nearest(hours, readings, hours.rules.nearest)
    if one is None:
        return None
    why = f"no usable reading at 12:00; that of {_clock(hours, one)} is taken"
    return _Figure(getattr(one, field), (one.source,), (*_own_doubts(one, field), _missing(field, why)))


def _bridged(hours: _Hours, readings: list[HourlyReading], field: str) -> _Figure | None:
    before = next((one for one in reversed(readings) if one.at < hours.noon), None)
    after = next((one for one in readings if one.at > hours.noon), None)
    if before is None or after is None or after.at - before.at > hours.rules.longest_bridge:
        return None
    low, high = getattr(before, field), getattr(after, field)
    value = low + (high - low) * ((hours.noon - before.at) / (after.at - before.at))
    unit = _POSSIBLE.of(field).unit
    why = (
        f"no usable reading at 12:00; on the line from {low:g} at {_clock(hours, before)}"
        f" to {high:g} {unit} at {_clock(hours, after)}"
    )
    doubts = (*_own_doubts(before, field), *_own_doubts(after, field), _missing(field, why))
    return _Figure(value, (before.source,), doubts)


def _clock(hours: _Hours, reading: HourlyReading) -> str:
    return f"{reading.at + hours.rules.utc_offset:%H:%M}"


def _missing(field: str, why: str) -> Doubt:
    return Doubt(field, DoubtKind.MISSING, why)


def _rain(hours: _Hours) -> _Figure | str:
    counted: list[HourlyReading] = []
    left_out: list[HourlyReading] = []
    for number in range(_HOURS_A_DAY):
        slot = [*_of_slot(hours, hours.noon - number * _HOUR)]
        usable = [one for one in slot if _is_possible(one, "rain_mm") and not is_doubted(one, "rain_mm")]
        counted += usable[:1]
        left_out += [] if usable else slot[:1]
    known = len(counted)
    if known < max(1, hours.rules.fewest_rain_hours):
        return f"rain of {known} of 24 hours known, at least {hours.rules.fewest_rain_hours} needed"
    total = sum(sorted(one.rain_mm or 0.0 for one in counted))
    if total > _POSSIBLE.wettest_day_mm:
        return f"rain of {total:g} mm in 24 hours; at most {_POSSIBLE.wettest_day_mm:g} is possible"
    sources = tuple(dict.fromkeys(one.source for one in counted))
    return _Figure(total, sources, tuple(dict.fromkeys(_rain_doubts(counted, left_out))))


def _of_slot(hours: _Hours, at: datetime) -> Iterator[HourlyReading]:
    for readings in hours.by_source:
        near = [one for one in readings if one.rain_mm is not None and abs(one.at - at) <= hours.rules.as_noon]
        yield from sorted(near, key=lambda one: abs(one.at - at))


def _rain_doubts(counted: list[HourlyReading], left_out: list[HourlyReading]) -> Iterator[Doubt]:
    for one in counted:
        yield from _own_doubts(one, "rain_mm")
    if left_out:
        total = sum(sorted(one.rain_mm or 0.0 for one in left_out))
        first = next((doubt for doubt in left_out[0].doubts if doubt.field == "rain_mm"), None)
        reason = "impossible figures" if first is None else first.why
        kind = DoubtKind.RANGE if first is None else first.kind
        why = f"{total:g} mm of {len(left_out)} h are doubtful and not counted: {reason}"
        yield Doubt("rain_mm", kind, why[:_LONGEST_WHY])
    absent = _HOURS_A_DAY - len(counted) - len(left_out)
    if absent:
        yield _missing("rain_mm", f"rain of {absent} of 24 hours is missing; the sum is of the others")


def _extreme(hours: _Hours, field: str) -> float | None:
    rules = hours.rules
    midnight = hours.noon - timedelta(hours=12)
    for readings in hours.by_source:
        day = [one for one in hours.usable(readings, field) if midnight <= one.at < midnight + timedelta(days=1)]
        known = {round((one.at - midnight) / _HOUR) for one in day}
        afternoon = known & set(range(rules.afternoon_from_h, rules.afternoon_to_h + 1))
        if len(afternoon) >= rules.fewest_afternoon_hours:
            figures = [getattr(one, field) for one in day]
            return float(min(figures) if field == "rh_pct" else max(figures))
    return None

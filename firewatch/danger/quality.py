"""Quality control of weather readings: what is doubtful is kept, flagged and explained; nothing is ever removed.

Five checks, each with a stated limit (`QualityLimits`):

- range: what the sensor can show, and what the climate of the place does show;
- step: further from both neighbour hours than weather goes. A jump that the next reading confirms is weather (a front);
  the newest reading, which nothing confirms yet, is doubted until the next one comes;
- stuck: the same figure for longer than weather stands still; no rain and drizzle at the gauge's resolution (0.2 mm)
  may last for ever, calm for two days, saturated air for five: a sensor stuck there hides danger;
- inconsistent: rain in air too dry for it, or several figures for one instant;
- missing hours: told by `firewatch.danger.noon`, in what is made of the hours.

A wider limit never adds a doubt, and the order in which readings came does not matter.

References
----------
.. [1] WMO-No. 488, Guide to the Global Observing System (2010), appendix VI.2: plausible values of automatic stations,
   checks of time consistency and of internal consistency. Its limits of steps are of one-minute values; the hourly ones
   here are our own, wide enough for a spring front: three times the 4 deg C an hour of [3]_, for a morning warms
   faster.
   Not at hand when this was written: the numbers said to be of this guide are to be confirmed.
.. [2] WMO-No. 8, Guide to Instruments and Methods of Observation, vol. III ch. 1 and vol. V ch. 1.
.. [3] WMO-No. 305 (1993), Guide on the Global Data-processing System, ch. VI, as told in the reference of the R package
   dataresqc (Ventura and Brugnara, wmo_time_consistency): 4 deg C in 1 h, 7 in 2 h, 9 in 3 h, 15 in 6 h, 25 in 12 h.
.. [4] WMO, CBS/OPAG-IOS (ET AWS-1)/Doc. 9(2) (2002), quality control at ZAMG: humidity below 104 %; above 100 it is set
   to 100.

Of real records these limits doubt nothing: 6597 hours of Haig Camp (British Columbia, 2023), 2623 of Petawawa (Ontario,
2007), 2192 noons of three Canadian stations, 1460 of GFWED. The largest steps of an hour there are 10.1 deg C, 54 %,
15 km/h; the largest that the next hour took back 4.3 deg C, 39 %, 13 km/h; the longest standstills, besides saturated
air (72 h) and calm (33 h), 7 h of temperature and 9 h of humidity. Squalls and typhoons bring stronger winds than
these.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.danger.quality_runs import flat_runs, lone_steps
from firewatch.domain.weather import Doubt, DoubtKind, HourlyReading
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from firewatch.domain.weather import Observation

__all__ = ["FIELDS", "FieldLimits", "QualityLimits", "Span", "check_hours", "check_noon", "is_doubted"]

FIELDS = ("temp_c", "rh_pct", "wind_kmh", "rain_mm")
# What quality control itself finds: found anew at each check. A source's own mark stays.
_OURS = frozenset(DoubtKind) - {DoubtKind.SOURCE}
_KMH_PER_MS = 3.6


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, both included, in the unit of its field."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InvalidValue("limits of a reading", f"{self.low:g} to {self.high:g}", "the lower one first")

    def holds(self, value: float) -> bool:
        """Return whether a value lies in it."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """The limits of one field.

    Parameters
    ----------
    unit : str
        As explanations print it.
    possible : Span
        What a working sensor can show anywhere.
    usual : Span, optional
        What the climate of the place shows; narrower.
    most_step : float, optional
        Largest change of an hour.
    longest_still_h : float, optional
        Longest time of one and the same figure [h].
    may_last : Span, optional
        Figures that last longer.
    longest_rest_h : float, optional
        Longest time of these [h]; None for ever.
    """

    unit: str
    possible: Span
    usual: Span | None = None
    most_step: float | None = None
    longest_still_h: float | None = None
    may_last: Span | None = None
    longest_rest_h: float | None = None


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The limits of quality control.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh, rain_mm : FieldLimits
        Of hourly readings [deg C], [%], [km/h], [mm in an hour]. Possible: WMO-No. 488 [1]_ (-80 to 60, 0 to 100, 0 to
        75 m/s; to be confirmed), but -60 deg C, for no forest is colder, and the most rain ever measured in an hour,
        305 mm (WMO archive of extremes). A sensor in fog tells up to 104 % [4]_: what counts is then 100. A figure in
        whole degrees may well stand for half a day in fog, hence 12 h.
    least_rain_mm, driest_rain_pct : float
        So much rain in an hour [mm] with air below this humidity [%] is inconsistent.
    longest_gap_h : float
        Readings further apart are no neighbours [h].
    wettest_day_mm : float
        More rain in 24 hours [mm] is doubted; the record is 1825 mm (WMO archive of extremes).
    """

    temp_c: FieldLimits = FieldLimits("deg C", Span(-60.0, 60.0), most_step=12.0, longest_still_h=12.0)
    rh_pct: FieldLimits = FieldLimits(
        "%", Span(0.0, 104.0), most_step=60.0, longest_still_h=12.0, may_last=Span(95.0, 104.0), longest_rest_h=120.0
    )
    wind_kmh: FieldLimits = FieldLimits(
        "km/h", Span(0.0, 270.0), most_step=75.0, longest_still_h=12.0, may_last=Span(-0.5, 0.5), longest_rest_h=48.0
    )
    rain_mm: FieldLimits = FieldLimits("mm", Span(0.0, 305.0), longest_still_h=6.0, may_last=Span(-0.05, 0.25))
    least_rain_mm: float = 1.0
    driest_rain_pct: float = 30.0
    longest_gap_h: float = 3.0
    wettest_day_mm: float = 1825.0

    def of(self, field: str) -> FieldLimits:
        """Return the limits of a field."""
        limits: FieldLimits = getattr(self, field)
        return limits

    @property
    def longest_undoubted_h(self) -> float:
        """The longest standstill of any figure that may be told from a longer one [h]."""
        fields = (self.of(name) for name in FIELDS)
        return max(hours or 0.0 for one in fields for hours in (one.longest_still_h, one.longest_rest_h))

    def timeless(self) -> QualityLimits:
        """Return the same without what looks at neighbour hours: for what no sensor measured."""
        return replace(
            self,
            temp_c=_timeless(self.temp_c),
            rh_pct=_timeless(self.rh_pct),
            wind_kmh=_timeless(self.wind_kmh),
            rain_mm=_timeless(self.rain_mm),
        )


def _timeless(limits: FieldLimits) -> FieldLimits:
    return replace(limits, most_step=None, longest_still_h=None, longest_rest_h=None)


def is_doubted(reading: HourlyReading, field: str) -> bool:
    """Return whether a check, not only the source's own mark, casts doubt on a field."""
    return any(doubt.field == field and doubt.kind in _OURS for doubt in reading.doubts)


def check_hours(readings: Sequence[HourlyReading], limits: QualityLimits | None = None) -> tuple[HourlyReading, ...]:
    """Return the readings in the order given, each with what is doubtful about it.

    Parameters
    ----------
    readings : sequence of HourlyReading
        Of any stations and sources, in any order; each station and source is looked at by itself. The more hours before
        and after a reading there are, the more is seen.
    limits : QualityLimits, optional
        By default those of this module.

    Returns
    -------
    tuple of HourlyReading, same length
        Figures untouched; doubts of the source kept, the others found anew.
    """
    rules = limits or QualityLimits()
    found: defaultdict[int, list[Doubt]] = defaultdict(list)
    for places in _series(readings):
        for field in FIELDS:
            for place, doubt in _doubts(field, places, readings, rules):
                found[place].append(doubt)
    return tuple(_with_doubts(reading, found[place], rules) for place, reading in enumerate(readings))


def _with_doubts(reading: HourlyReading, found: list[Doubt], limits: QualityLimits) -> HourlyReading:
    own = tuple(doubt for doubt in reading.doubts if doubt.kind not in _OURS)
    return replace(reading, doubts=(*own, *found, *_dry_rain(reading, limits)))


def _series(readings: Sequence[HourlyReading]) -> Iterator[list[int]]:
    """Return the places of each station's and source's readings, by time."""
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, reading in enumerate(readings):
        places[reading.station_id, reading.source].append(place)
    for own in places.values():
        # Several readings of one instant stand in the order of their figures, whatever order they came in.
        yield sorted(own, key=lambda place: (readings[place].at, _figures(readings[place])))


def _figures(reading: HourlyReading) -> tuple[float, ...]:
    return tuple(float("-inf") if (value := getattr(reading, field)) is None else value for field in FIELDS)


def _doubts(
    field: str, places: list[int], readings: Sequence[HourlyReading], limits: QualityLimits
) -> Iterator[tuple[int, Doubt]]:
    rules, gap_h = limits.of(field), limits.longest_gap_h
    known = [place for place in places if getattr(readings[place], field) is not None]
    values = [getattr(readings[place], field) for place in known]
    times = [readings[place].at for place in known]
    for place, value in zip(known, values, strict=True):
        if why := _out_of_range(value, rules):
            yield place, Doubt(field, DoubtKind.RANGE, why)
    for number, why in lone_steps(times, values, rules.most_step, gap_h, rules.unit):
        yield known[number], Doubt(field, DoubtKind.STEP, why)
    for run in flat_runs(times, values, gap_h):
        if why := _stood_too_long(run.value, run.hours, rules):
            yield from ((known[number], Doubt(field, DoubtKind.STUCK, why)) for number in run.numbers)
    yield from ((known[number], _SEVERAL[field]) for number in _of_several(times, values))


_SEVERAL = {
    field: Doubt(field, DoubtKind.INCONSISTENT, "several figures for one instant; one is expected") for field in FIELDS
}


def _of_several(times: list[datetime], values: list[float]) -> list[int]:
    """Return the places of figures beside which another stands for the same instant."""
    figures: defaultdict[datetime, set[float]] = defaultdict(set)
    for at, value in zip(times, values, strict=True):
        figures[at].add(value)
    return [number for number, at in enumerate(times) if len(figures[at]) > 1]


def _out_of_range(value: float, rules: FieldLimits) -> str | None:
    for span, what in ((rules.possible, "possible"), (rules.usual, "usual here")):
        if span is not None and not span.holds(value):
            return f"{value:g} {rules.unit}; {span.low:g} to {span.high:g} is {what}"
    return None


def _stood_too_long(value: float, hours: float, rules: FieldLimits) -> str | None:
    may_last = rules.may_last is not None and rules.may_last.holds(value)
    longest_h = rules.longest_rest_h if may_last else rules.longest_still_h
    if longest_h is None or hours <= longest_h:
        return None
    return f"stood at {value:g} {rules.unit} for {hours:g} h; at most {longest_h:g}"


def _dry_rain(reading: HourlyReading, limits: QualityLimits) -> tuple[Doubt, ...]:
    rain_mm, rh_pct = reading.rain_mm, reading.rh_pct
    if rain_mm is None or rh_pct is None or rain_mm < limits.least_rain_mm or rh_pct >= limits.driest_rain_pct:
        return ()
    why = (
        f"{rain_mm:g} mm of rain in an hour at {rh_pct:g} % humidity; at least {limits.driest_rain_pct:g} % is expected"
    )
    return tuple(Doubt(field, DoubtKind.INCONSISTENT, why) for field in ("rh_pct", "rain_mm"))


def check_noon(observations: Sequence[Observation], limits: QualityLimits | None = None) -> tuple[Observation, ...]:
    """Return noon readings, as a station sends them itself, with what is doubtful about each.

    Temperature, humidity and wind are looked at as those of hours are, for a station may send more than its noons; rain
    of a day beyond the record and extremes that contradict the noon are seen in one reading; a sensor is stuck, too, if
    three days in a row show the same temperature, humidity and wind.

    Parameters
    ----------
    observations : sequence of Observation
        Of any stations, in any order.
    limits : QualityLimits, optional
        By default those of this module.

    Returns
    -------
    tuple of Observation, same length and order
        Figures untouched, doubts that they had already kept.
    """
    rules = limits or QualityLimits()
    stuck = _stuck_noons(observations)
    hours = check_hours([_as_hour(observation) for observation in observations], rules)
    return tuple(
        _noon_with(observation, [*hour.doubts, *_noon_doubts(observation, rules), *stuck.get(place, ())])
        for place, (observation, hour) in enumerate(zip(observations, hours, strict=True))
    )


def _as_hour(noon: Observation) -> HourlyReading:
    # Without the rain, which is of another length.
    return HourlyReading(noon.station_id, noon.observed_at, noon.source, noon.temp_c, noon.rh_pct, noon.wind_kmh)


def _noon_with(observation: Observation, found: list[Doubt]) -> Observation:
    news = tuple(doubt for doubt in found if doubt not in observation.doubts)
    return replace(observation, doubts=observation.doubts + news) if news else observation


def _noon_doubts(observation: Observation, limits: QualityLimits) -> Iterator[Doubt]:
    if observation.rain_mm > limits.wettest_day_mm:
        why = f"{observation.rain_mm:g} mm in 24 h; at most {limits.wettest_day_mm:g} is possible"
        yield Doubt("rain_mm", DoubtKind.RANGE, why)
    contradictions = (
        ("max_temp_c", observation.max_temp_c, observation.temp_c, 1.0, "deg C"),
        ("min_rh_pct", observation.min_rh_pct, observation.rh_pct, -1.0, "%"),
        ("max_wind_ms", observation.max_wind_ms, observation.wind_kmh / _KMH_PER_MS, 1.0, "m/s"),
    )
    for field, extreme, noon, sign, unit in contradictions:
        # A tenth of a unit is rounding.
        if extreme is not None and sign * (noon - extreme) > 0.1:  # noqa: PLR2004
            why = f"{extreme:g} {unit} as the day's extreme, but {noon:.3g} {unit} at noon"
            yield Doubt(field, DoubtKind.INCONSISTENT, why)


def _stuck_noons(observations: Sequence[Observation]) -> dict[int, tuple[Doubt, ...]]:
    """Return the doubts of noons that show the same three figures as those of two other days beside them."""
    stuck: dict[int, tuple[Doubt, ...]] = {}
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place in sorted(range(len(observations)), key=lambda place: observations[place].observed_at):
        places[observations[place].station_id].append(place)
    why = "temperature, humidity and wind are those of the noons before and after, three days or more"
    doubt = Doubt("temp_c", DoubtKind.STUCK, why)
    for own in places.values():
        for three in zip(own, own[1:], own[2:], strict=False):
            if len({_noon_figures(observations[place]) for place in three}) == 1 and _is_apart(observations, three):
                stuck |= dict.fromkeys(three, (doubt,))
    return stuck


def _noon_figures(observation: Observation) -> tuple[float, float, float]:
    return observation.temp_c, observation.rh_pct, observation.wind_kmh


def _is_apart(observations: Sequence[Observation], places: tuple[int, ...]) -> bool:
    return len({observations[place].observed_at.date() for place in places}) == len(places)

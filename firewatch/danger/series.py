"""Day after day of one station: what a series remembers, how a gap is met, where it may go on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.conventions import FwiMethod
from firewatch.danger.daily import CodeArrays, DailyWeather, indices_of, step_day
from firewatch.domain.danger import FwiIndices, MoistureCodes
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.domain.weather import Observation

__all__ = ["COLD_START", "CodeDay", "GapPolicy", "SeriesRules", "day_of", "fill_gap", "in_order", "run", "step"]

# Start of a season after snow melt or soaking rain: Van Wagner (1987), the standard values.
COLD_START = MoistureCodes(ffmc=85.0, dmc=6.0, dc=15.0)

_NOON_H = 12.0
_SECONDS_PER_HOUR = 3600.0


class GapPolicy(Enum):
    """What is done about a day without a reading.

    ``REFUSE``
        The series stops with an error that names the day.
    ``LAST_READING_DRY``
        The day gets the last reading's temperature, humidity and wind and no rain: never less dangerous than it was for
        want of a rain that nobody measured. Its rating is marked as estimated.
    """

    REFUSE = "refuse"
    LAST_READING_DRY = "last-reading-dry"


@dataclass(frozen=True, slots=True)
class SeriesRules:
    """The named choices of a station's series.

    Parameters
    ----------
    method : FwiMethod
        FFMC constants and day-length bands.
    gap_policy : GapPolicy
        By default a gap is refused.
    longest_gap_days : int
        The most days in a row that a policy may fill.
    utc_offset : timedelta
        Standard time of the weather day; +8 h for China.
    noon_tolerance_h : float
        How far from 12:00 of that time a reading may lie [h].
    """

    method: FwiMethod = field(default_factory=FwiMethod)
    gap_policy: GapPolicy = GapPolicy.REFUSE
    longest_gap_days: int = 7
    utc_offset: timedelta = timedelta(hours=8)
    noon_tolerance_h: float = 2.0

    def __post_init__(self) -> None:
        if not timedelta(hours=-12) <= self.utc_offset <= timedelta(hours=14):
            raise InvalidValue("UTC offset (h)", self.utc_offset / timedelta(hours=1), "-12 to 14")


@dataclass(frozen=True, slots=True)
class CodeDay:
    """One day of a station's series: the reading, the codes and the indices."""

    day: date
    observation: Observation
    codes: MoistureCodes
    indices: FwiIndices
    is_estimated: bool


def day_of(observation: Observation, rules: SeriesRules) -> date:
    """Return the weather day of a noon reading.

    Raises
    ------
    ObservationError
        If the reading was not taken near noon of the rules' standard time.
    """
    local = observation.observed_at + rules.utc_offset
    hour = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / _SECONDS_PER_HOUR
    if abs(hour - _NOON_H) > rules.noon_tolerance_h:
        raise ObservationError(
            observation.station_id,
            observation.observed_at.isoformat(),
            f"read at {local:%H:%M} local standard time; the daily codes need the reading within "
            f"{rules.noon_tolerance_h:g} h of 12:00",
        )
    return local.date()


def in_order(observations: Sequence[Observation], rules: SeriesRules) -> tuple[Observation, ...]:
    """Return one station's readings by day, whatever order they came in.

    Raises
    ------
    ObservationError
        If there are none, two of one day, or readings of several stations.
    """
    if not observations:
        raise ObservationError("(none)", "no day", "there is no reading to rate")
    ordered = tuple(sorted(observations, key=lambda reading: reading.observed_at))
    seen: date | None = None
    for reading in ordered:
        if reading.station_id != ordered[0].station_id:
            raise ObservationError(
                reading.station_id,
                str(day_of(reading, rules)),
                f"stands in a series of station {ordered[0].station_id}; rate each station's series by itself",
            )
        day = day_of(reading, rules)
        if day == seen:
            raise ObservationError(reading.station_id, str(day), "has two readings; keep one a day")
        seen = day
    return ordered


def fill_gap(last: Observation, next_day: date, rules: SeriesRules) -> tuple[Observation, ...]:
    """Return the readings that stand in for the days between a reading and the next one's day.

    Parameters
    ----------
    last : Observation
        The last reading before the gap.
    next_day : date
        The weather day after the gap.
    rules : SeriesRules
        The gap policy and its limit.

    Returns
    -------
    tuple of Observation
        None where the days are consecutive.

    Raises
    ------
    ObservationError
        If the day is not later, or the policy does not allow the gap.
    """
    last_day = day_of(last, rules)
    missing = (next_day - last_day).days - 1
    if missing < 0:
        raise ObservationError(last.station_id, str(next_day), f"is not after {last_day}, which is already rated")
    if missing and rules.gap_policy is GapPolicy.REFUSE:
        raise ObservationError(
            last.station_id,
            str(last_day + timedelta(days=1)),
            f"no reading on {missing} day(s) before {next_day}. Supply them, or choose the gap policy "
            f"'{GapPolicy.LAST_READING_DRY.value}', which marks the ratings as estimated",
        )
    if missing > rules.longest_gap_days:
        raise ObservationError(
            last.station_id,
            str(last_day + timedelta(days=1)),
            f"no reading on {missing} days before {next_day}; at most {rules.longest_gap_days} are filled. "
            "Start a new series after the gap",
        )
    return tuple(
        replace(last, observed_at=last.observed_at + timedelta(days=ahead), rain_mm=0.0, received_at=None)
        for ahead in range(1, missing + 1)
    )


def step(
    previous: MoistureCodes,
    observation: Observation,
    lat_deg: float,
    month: int,
    method: FwiMethod | None = None,
) -> tuple[MoistureCodes, FwiIndices]:
    """Return one station's codes and indices of one day.

    Parameters
    ----------
    previous : MoistureCodes
        Of the day before.
    observation : Observation
        The day's noon reading.
    lat_deg : float
        Latitude of the station [deg].
    month : int
        Of the weather day, 1 to 12.
    method : FwiMethod, optional
        The named choices; by default those of cffdrs.

    Returns
    -------
    MoistureCodes, FwiIndices
    """
    start = CodeArrays(_one(previous.ffmc), _one(previous.dmc), _one(previous.dc))
    weather = DailyWeather(
        _one(observation.temp_c), _one(observation.rh_pct), _one(observation.wind_kmh), _one(observation.rain_mm)
    )
    codes = step_day(start, weather, lat_deg, month, method)
    indices = indices_of(codes, weather.wind_kmh, method)
    return (
        MoistureCodes(codes.ffmc.item(), codes.dmc.item(), codes.dc.item()),
        FwiIndices(indices.isi.item(), indices.bui.item(), indices.fwi.item(), indices.dsr.item()),
    )


def run(
    observations: Sequence[Observation],
    lat_deg: float,
    start: MoistureCodes = COLD_START,
    rules: SeriesRules | None = None,
) -> tuple[CodeDay, ...]:
    """Return a station's codes and indices, day by day.

    Parameters
    ----------
    observations : sequence of Observation
        Of one station, in any order, one a day.
    lat_deg : float
        Latitude of the station [deg].
    start : MoistureCodes
        Of the day before the first; by default 85, 6, 15.
    rules : SeriesRules, optional
        Method and gap policy.

    Returns
    -------
    tuple of CodeDay
        In order of days, filled days among them. A run from the codes of any of them over the readings after it gives
        the same bits.

    Raises
    ------
    ObservationError
        If a day is missing, doubled, not near noon, or of another station.
    """
    chosen = rules or SeriesRules()
    days: list[CodeDay] = []
    codes = start
    for reading in in_order(observations, chosen):
        filled = fill_gap(days[-1].observation, day_of(reading, chosen), chosen) if days else ()
        for candidate in (*filled, reading):
            day = day_of(candidate, chosen)
            codes, indices = step(codes, candidate, lat_deg, day.month, chosen.method)
            days.append(CodeDay(day, candidate, codes, indices, is_estimated=candidate is not reading))
    return tuple(days)


def _one(number: float) -> npt.NDArray[np.float64]:
    return np.asarray(number, dtype=np.float64)

"""From readings to ratings: codes, indices and grade of one station, day after day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.danger.class_tables import EmptyTable
from firewatch.danger.day_grade import grade_day
from firewatch.danger.htz import RainMemory, remember_rain
from firewatch.danger.series import COLD_START, SeriesRules, day_of, fill_gap, in_order, step
from firewatch.domain.checks import require_between
from firewatch.domain.danger import DangerRating
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from firewatch.danger.class_tables import DangerTable, RatingTable
    from firewatch.danger.day_grade import DayGrade
    from firewatch.domain.danger import MoistureCodes
    from firewatch.domain.weather import Observation

__all__ = ["DangerRules", "RatedSeries", "StationState", "rate_day", "rate_series", "rate_stations", "start_station"]

# Text keys of what a rating has to say about itself.
MARK_ESTIMATED = "danger.mark.estimated"
MARK_SETTLING = "danger.mark.settling"
MARK_RAIN_UNKNOWN = "danger.mark.rain_record_short"
MARK_UNCONFIRMED = "danger.mark.to_be_confirmed"

# Time lag of the Drought Code at 21 deg C in July, Van Wagner (1987): after as many days a wrong start has lost 63 % of
# its weight.
_SETTLING_DAYS = 52


@dataclass(frozen=True, slots=True)
class DangerRules:
    """All that a rating needs besides the readings.

    Parameters
    ----------
    table : HtzTable or SumTable
        The grade's table: of LY/T 1172-1995, or a standard that the bureau filled in.
    series : SeriesRules
        FWI method, gap policy and weather day.
    """

    table: RatingTable
    series: SeriesRules = field(default_factory=SeriesRules)

    @classmethod
    def of(cls, table: DangerTable, series: SeriesRules | None = None) -> DangerRules:
        """Return the rules by a table, if it can rate.

        Raises
        ------
        InvalidValue
            If the table is an empty slot.
        """
        if isinstance(table, EmptyTable):
            raise InvalidValue("danger table", table.scheme, f"a filled table; {table.why}")
        return cls(table, series or SeriesRules())


@dataclass(frozen=True, slots=True)
class StationState:
    """All that a station's series remembers between two days: from it the series goes on exactly.

    Parameters
    ----------
    lat_deg : float
        Latitude of the station, -90 to 90 [deg].
    codes : MoistureCodes
        After the last day.
    last : Observation or None
        The last reading rated; None before the first.
    rain : RainMemory or None
        None before the first.
    unsettled_since : date or None
        Day of the last cold start or estimated reading.
    starts_cold : bool
        Whether the codes before the first day are the standard start and not measured or carried over.
    """

    lat_deg: float
    codes: MoistureCodes
    last: Observation | None = None
    rain: RainMemory | None = None
    unsettled_since: date | None = None
    starts_cold: bool = True

    def __post_init__(self) -> None:
        require_between("latitude (deg)", self.lat_deg, -90.0, 90.0)


@dataclass(frozen=True, slots=True)
class RatedSeries:
    """Ratings of consecutive days, and the state after the last: the next day's reading continues from it."""

    ratings: tuple[DangerRating, ...]
    state: StationState


def start_station(lat_deg: float, codes: MoistureCodes | None = None) -> StationState:
    """Return the state before a station's first day.

    Parameters
    ----------
    lat_deg : float
        Latitude of the station, -90 to 90 [deg].
    codes : MoistureCodes, optional
        Known codes of the day before. Without them the series starts at 85, 6, 15, and its ratings are marked as
        settling for 52 days.

    Returns
    -------
    StationState
    """
    return StationState(lat_deg, codes or COLD_START, starts_cold=codes is None)


def rate_day(state: StationState, observation: Observation, rules: DangerRules) -> RatedSeries:
    """Rate one more day of a station, and the days missing before it where the gap policy fills them.

    Parameters
    ----------
    state : StationState
        After the last rated day.
    observation : Observation
        The next noon reading.
    rules : DangerRules
        Table, method and gap policy.

    Returns
    -------
    RatedSeries
        One rating, after those of filled days; and the state after it.

    Raises
    ------
    ObservationError
        If the day is already rated, does not follow the last one and may not be filled, or the reading is not of noon
        or not of this station.
    """
    filled: tuple[Observation, ...] = ()
    if state.last is not None:
        in_order((state.last, observation), rules.series)
        filled = fill_gap(state.last, day_of(observation, rules.series), rules.series)
    ratings: list[DangerRating] = []
    for reading in (*filled, observation):
        rating, state = _advance(state, reading, rules, is_estimated=reading is not observation)
        ratings.append(rating)
    return RatedSeries(tuple(ratings), state)


def rate_series(state: StationState, observations: Sequence[Observation], rules: DangerRules) -> RatedSeries:
    """Rate many days of one station; the readings may come in any order.

    Parameters
    ----------
    state : StationState
        After the last rated day, or of `start_station`.
    observations : sequence of Observation
        Of one station, one a day, all after the last rated day.
    rules : DangerRules
        Table, method and gap policy.

    Returns
    -------
    RatedSeries
        A series rated in two calls equals the series rated in one, bit for bit.

    Raises
    ------
    ObservationError
        As `rate_day`; also if there is no reading, or two of one day.
    """
    ratings: list[DangerRating] = []
    for reading in in_order(observations, rules.series):
        rated = rate_day(state, reading, rules)
        ratings.extend(rated.ratings)
        state = rated.state
    return RatedSeries(tuple(ratings), state)


def rate_stations(
    observations: Sequence[Observation],
    lat_deg_by_station: dict[str, float],
    rules: DangerRules,
) -> dict[str, RatedSeries]:
    """Rate each station of a mixed set of readings by itself, from cold starts.

    Parameters
    ----------
    observations : sequence of Observation
        Of any stations, in any order.
    lat_deg_by_station : dict
        Latitude of each station [deg].
    rules : DangerRules
        Table, method and gap policy.

    Returns
    -------
    dict
        Rated series by station, in order of names.

    Raises
    ------
    InvalidValue
        If a station has no latitude.
    ObservationError
        As `rate_series`.
    """
    by_station: dict[str, list[Observation]] = {}
    for reading in observations:
        by_station.setdefault(reading.station_id, []).append(reading)
    unknown = sorted(set(by_station) - set(lat_deg_by_station))
    if unknown:
        raise InvalidValue("latitude of station", ", ".join(unknown), "a latitude for every station in the readings")
    return {
        name: rate_series(start_station(lat_deg_by_station[name]), by_station[name], rules)
        for name in sorted(by_station)
    }


def _advance(
    state: StationState, reading: Observation, rules: DangerRules, *, is_estimated: bool
) -> tuple[DangerRating, StationState]:
    day = day_of(reading, rules.series)
    codes, indices = step(state.codes, reading, state.lat_deg, day.month, rules.series.method)
    rain = remember_rain(state.rain or RainMemory(day), day, reading.rain_mm, rules.table)
    is_cold_start = state.last is None and state.starts_cold
    unsettled_since = day if is_estimated or is_cold_start else state.unsettled_since
    after = StationState(state.lat_deg, codes, reading, rain, unsettled_since, state.starts_cold)
    graded = grade_day(reading, day, rain, rules.table)
    rating = DangerRating(
        station_id=reading.station_id,
        weather_day=day,
        valid_at=reading.observed_at,
        codes=codes,
        indices=indices,
        grade=graded.grade,
        scheme=rules.table.scheme,
        parts=graded.parts,
        is_estimated=is_estimated,
        marks=_marks(after, day, graded, rules.table, is_estimated=is_estimated),
        missing=graded.missing,
        method=rules.series.method.label,
    )
    return rating, after


def _marks(
    state: StationState, day: date, graded: DayGrade, table: RatingTable, *, is_estimated: bool
) -> tuple[str, ...]:
    marks = [MARK_ESTIMATED] if is_estimated else []
    if state.unsettled_since is not None and (day - state.unsettled_since).days < _SETTLING_DAYS:
        marks.append(MARK_SETTLING)
    if not graded.is_rain_certain:
        marks.append(MARK_RAIN_UNKNOWN)
    return (*marks, *(f"{MARK_UNCONFIRMED}.{part}" for part in table.to_be_confirmed))

"""Many stations' days in one table: every station is a chain of its own, in whatever order the rows stand.

A program that goes down the rows and carries the codes over from the row before gives a station the codes of another
one where two follow each other. Here the rows are sorted by station and day first; the outputs come back in the order
of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from firewatch.danger.daily import CodeArrays, DailyWeather, IndexArrays, indices_of, months_of, step_day
from firewatch.danger.series import GapPolicy, SeriesRules
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Rows: TypeAlias = npt.NDArray[np.intp]

__all__ = ["StationDays", "StationGap", "doubled_rows", "run_stations"]


@dataclass(frozen=True, slots=True)
class StationGap:
    """Days without a reading between two rows.

    Parameters
    ----------
    row_before, row_after : int
        The rows on both sides, counted from 0.
    missing_days : int
        How many days lie between them.
    """

    row_before: int
    row_after: int
    missing_days: int


@dataclass(frozen=True, slots=True, eq=False)
class StationDays:
    """Noon weather of many stations, a row for each station and day, in any order.

    Parameters
    ----------
    station : ndarray, shape (rows,), int
        Which station, counted from 0.
    day : ndarray, shape (rows,), datetime64[D]
        The weather day.
    lat_deg : ndarray, shape (rows,), float64
        Latitude of the station, -90 to 90 [deg].
    weather : DailyWeather, shape (rows,)
        The day's noon weather.

    Raises
    ------
    InvalidValue
        If the shapes differ, there is no row, a station is negative, a latitude is out of range or a station has two
        rows of one day.
    """

    station: Rows
    day: npt.NDArray[np.datetime64]
    lat_deg: npt.NDArray[np.float64]
    weather: DailyWeather

    def __post_init__(self) -> None:
        arrays: tuple[npt.NDArray[Any], ...] = (self.station, self.day, self.lat_deg, self.weather.temp_c)
        shapes = {array.shape for array in arrays}
        if len(shapes) != 1 or self.station.ndim != 1 or not self.station.size:
            raise InvalidValue("shapes of the rows' arrays", sorted(shapes), "one shape (rows,), of at least one row")
        if self.station.min() < 0:
            raise InvalidValue("station", int(self.station.min()), "a number counted from 0")
        wrong = ~(np.abs(self.lat_deg) <= 90.0)  # noqa: PLR2004 - degrees
        if wrong.any():
            raise InvalidValue(
                f"latitude (deg) of row {int(wrong.argmax())}", float(self.lat_deg[wrong][0]), "-90 to 90"
            )
        doubled = doubled_rows(self.station, self.day)
        if doubled is not None:
            row = doubled[1]
            raise InvalidValue(f"day of row {row}", str(self.day[row]), "one row for each station and day")

    def gaps(self) -> tuple[StationGap, ...]:
        """Return the gaps, by station and day."""
        order, missing = _in_order(self)
        return tuple(
            StationGap(int(order[index]), int(order[index + 1]), int(missing[index]))
            for index in np.flatnonzero(missing)
        )


def doubled_rows(station: Rows, day: npt.NDArray[np.datetime64]) -> tuple[int, int] | None:
    """Return two rows of one station and day, the earlier row first; None where every row has its own."""
    order = np.lexsort((np.arange(station.size), day, station))
    again = np.flatnonzero((np.diff(station[order]) == 0) & (np.diff(day[order]).astype(np.int64) == 0))
    return (int(order[again[0]]), int(order[again[0] + 1])) if again.size else None


def run_stations(
    given: StationDays,
    start: CodeArrays,
    rules: SeriesRules | None = None,
    on_day: Callable[[int, int], None] | None = None,
) -> tuple[CodeArrays, IndexArrays]:
    """Return codes and indices of every row.

    Parameters
    ----------
    given : StationDays, shape (rows,)
        The weather, in any order of rows.
    start : CodeArrays, shape (stations,)
        Of each station's day before its first row; a single number is for all.
    rules : SeriesRules, optional
        Method and gap policy; a filled day is computed and is no row of the result.
    on_day : callable, optional
        Called after each step of all chains with how many steps are done, and of how many.

    Returns
    -------
    CodeArrays, IndexArrays
        Of shape (rows,), in the order of the rows. A run over each station's first days, and another from their last
        codes over the rest, give the same bits.

    Raises
    ------
    ObservationError
        If a gap is refused by the rules.
    """
    chosen = rules or SeriesRules()
    _require_allowed(given, chosen)
    steps = _Steps.of(given)
    codes = tuple(np.empty(steps.row.size) for _ in range(3))
    stations = given.station[steps.row[steps.first]]
    today = CodeArrays(*(_of_stations(code, stations) for code in (start.ffmc, start.dmc, start.dc)))
    longest = int(steps.length[0])
    for done in range(longest):
        running = int(np.searchsorted(-steps.length, -done))  # chains longer than `done`; the longest stand first
        at = steps.first[:running] + done
        row = steps.row[at]
        before = CodeArrays(today.ffmc[:running], today.dmc[:running], today.dc[:running])
        today = step_day(before, steps.weather(given, at), given.lat_deg[row], steps.month[at], chosen.method)
        for column, code in zip(codes, (today.ffmc, today.dmc, today.dc), strict=True):
            column[at] = code
        if on_day is not None:
            on_day(done + 1, longest)
    read = steps.ahead == 0
    back = np.empty(given.station.size, dtype=np.intp)
    back[steps.row[read]] = np.flatnonzero(read)
    found = CodeArrays(codes[0][back], codes[1][back], codes[2][back])
    return found, indices_of(found, given.weather.wind_kmh, chosen.method)


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """The days of all chains, chain after chain, filled days among them.

    `row` is the row that gives a day's weather and `ahead` how many days before it was read; `first` is where each
    chain begins and `length` its days, the longest first.
    """

    row: Rows
    ahead: npt.NDArray[np.int64]
    month: npt.NDArray[np.int64]
    first: Rows
    length: Rows

    @classmethod
    def of(cls, given: StationDays) -> _Steps:
        order, missing = _in_order(given)
        times = 1 + missing
        row = np.repeat(order, times)
        begins = np.cumsum(times) - times
        ahead = np.arange(row.size) - np.repeat(begins, times)
        months = months_of(given.day[row] + ahead.astype("timedelta64[D]"))
        station = given.station[row]
        first = np.flatnonzero(np.r_[True, station[1:] != station[:-1]])
        length = np.diff(np.r_[first, row.size])
        by_length = np.argsort(-length, kind="stable")
        return cls(row, ahead, months, first[by_length], length[by_length])

    def weather(self, given: StationDays, at: Rows) -> DailyWeather:
        row, weather = self.row[at], given.weather
        rain = np.where(self.ahead[at] == 0, weather.rain_mm[row], 0.0)
        return DailyWeather(weather.temp_c[row], weather.rh_pct[row], weather.wind_kmh[row], rain)


def _in_order(given: StationDays) -> tuple[Rows, npt.NDArray[np.int64]]:
    """Return the rows by station and day, and how many days are missing after each of them."""
    order = np.lexsort((given.day, given.station))
    between = np.diff(given.day[order]).astype(np.int64) - 1
    same = np.diff(given.station[order]) == 0
    return order, np.r_[np.where(same, between, 0), 0]


def _require_allowed(given: StationDays, rules: SeriesRules) -> None:
    most = 0 if rules.gap_policy is GapPolicy.REFUSE else rules.longest_gap_days
    for gap in given.gaps():
        if gap.missing_days > most:
            raise ObservationError(
                str(given.station[gap.row_after]),
                f"row {gap.row_after}",
                f"no reading on {gap.missing_days} day(s) before {given.day[gap.row_after]}; allowed are {most} by the "
                f"gap policy '{rules.gap_policy.value}'",
            )


def _of_stations(code: npt.NDArray[np.float64], stations: Rows) -> npt.NDArray[np.float64]:
    return np.broadcast_to(code, (int(stations.max()) + 1,))[stations] if np.ndim(code) == 0 else code[stations]

"""The outlook goes on from the last observed day, by the same rules, and only over a forecast young enough."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from filled_standard import fictitious_table

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger.rating import DangerRules, rate_series, start_station
from firewatch.danger.series import GapPolicy, SeriesRules
from firewatch.domain.danger import SumParts
from firewatch.domain.geo import Position
from firewatch.domain.ids import StationId
from firewatch.domain.sites import Name, SiteMap, Station
from firewatch.domain.weather import Doubt, DoubtKind, Forecast
from firewatch.services.outlook import MARK_FORECAST
from firewatch.services.ports import ObservationArrived
from firewatch.services.rating import DangerBooks, RatingKeeper
from firewatch.services.station_days import MARK_DOUBTFUL
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryArrivals,
    MemoryForecastBook,
    MemoryOutlookBook,
    MemoryRatingBook,
    a_message_id,
    an_observation,
)

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.danger import Outlook
    from firewatch.domain.weather import Observation

HENGYANG = StationId("hengyang")
LAT_DEG = 26.9
SITES = SiteMap((), (Station(HENGYANG, Name("衡阳", "Hengyang"), Position(LAT_DEG, 112.6)),))
RULES = DangerRules.of(load_danger_table("ly_t_1172_1995"), SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY))
ESTIMATED, SETTLING = "danger.mark.estimated", "danger.mark.settling"
HOUR = timedelta(hours=1)


def noon(day: int, temp_c: float | None = None) -> Observation:
    """Return the reading of a day; day 0 is today."""
    at = SCENE_START + timedelta(days=day)
    return an_observation(at=at, temp_c=20.0 + day % 7 if temp_c is None else temp_c)


def a_forecast(first: int, last: int, *, issued_h: float = -3, source: str = "open-meteo") -> Forecast:
    days = tuple(replace(noon(day), source=source) for day in range(first, last + 1))
    return Forecast(HENGYANG, source, SCENE_START + issued_h * HOUR, days)


class CountingOutlooks(MemoryOutlookBook):
    def __init__(self) -> None:
        super().__init__()
        self.puts = 0

    def put(self, outlook: Outlook) -> None:
        self.puts += 1
        super().put(outlook)


@dataclass
class Desk:
    weather: MemoryArrivals = field(default_factory=MemoryArrivals)
    forecasts: MemoryForecastBook = field(default_factory=MemoryForecastBook)
    ratings: MemoryRatingBook = field(default_factory=MemoryRatingBook)
    outlooks: CountingOutlooks = field(default_factory=CountingOutlooks)
    clock: FrozenClock = field(default_factory=FrozenClock)

    def __post_init__(self) -> None:
        books = DangerBooks(self.weather, self.forecasts, self.ratings, self.outlooks)
        self.keeper = RatingKeeper(books, SITES, RULES, self.clock)
        self._reported = 0

    def report(self, *readings: Observation) -> None:
        self.weather.write(
            [
                ObservationArrived(a_message_id(n), reading, SCENE_START)
                for n, reading in enumerate(readings, self._reported + 1)
            ]
        )
        self._reported += len(readings)

    def outlook(self) -> Outlook | None:
        self.keeper.step()
        return self.outlooks.outlook(HENGYANG)


def test_an_outlook_is_what_the_days_would_be_rated_if_they_came_so() -> None:
    desk = Desk()
    desk.report(*(noon(day) for day in range(-20, 1)))
    desk.forecasts.put([a_forecast(0, 5)])
    outlook = desk.outlook()
    assert outlook is not None
    assert (outlook.source, outlook.issued_at) == ("open-meteo", SCENE_START - 3 * HOUR)
    expected = rate_series(start_station(LAT_DEG), [noon(day) for day in range(-20, 6)], RULES).ratings[-5:]
    assert [replace(one, marks=one.marks[1:]) for one in outlook.ratings] == list(expected)
    assert {one.marks[0] for one in outlook.ratings} == {MARK_FORECAST}
    assert outlook.ratings[0].weather_day == (SCENE_START + timedelta(days=1)).date()


def test_by_a_filled_standard_observed_days_and_outlook_are_rated_alike(tmp_path: Path) -> None:
    table = fictitious_table(tmp_path)
    rules = replace(RULES, table=table)
    desk = Desk()
    desk.keeper = RatingKeeper(
        DangerBooks(desk.weather, desk.forecasts, desk.ratings, desk.outlooks), SITES, rules, FrozenClock()
    )
    desk.report(*(noon(day) for day in range(-20, 1)))
    desk.forecasts.put([a_forecast(0, 5)])
    outlook = desk.outlook()
    assert outlook is not None
    expected = rate_series(start_station(LAT_DEG), [noon(day) for day in range(-20, 6)], rules).ratings
    assert [replace(one, marks=one.marks[1:]) for one in outlook.ratings] == list(expected[-5:])
    first, last = expected[0].weather_day, expected[20].weather_day
    assert desk.ratings.between(HENGYANG, first, last) == expected[:21]
    assert {one.scheme for one in (*expected, *outlook.ratings)} == {"TEST 1-2026"}
    assert all(isinstance(one.parts, SumParts) for one in (*expected, *outlook.ratings))


def test_of_several_sources_the_latest_issued_that_counts_is_taken() -> None:
    desk = Desk()
    desk.report(noon(0))
    gone = a_forecast(-3, -1, issued_h=-1, source="past")
    desk.forecasts.put([a_forecast(1, 3, source="old", issued_h=-9), a_forecast(1, 3, issued_h=-2, source="new"), gone])
    outlook = desk.outlook()
    assert outlook is not None
    assert outlook.source == "new"


@pytest.mark.parametrize(("issued_h", "days"), [(-36, 3), (-36.01, 0)])
def test_a_forecast_counts_for_36_hours(issued_h: float, days: int) -> None:
    desk = Desk()
    desk.report(noon(0))
    desk.forecasts.put([a_forecast(1, 3, issued_h=issued_h)])
    outlook = desk.outlook()
    assert (0 if outlook is None else len(outlook.ratings)) == days


def test_a_forecast_without_a_day_to_come_gives_no_outlook() -> None:
    desk = Desk()
    desk.report(noon(-4))
    desk.forecasts.put([a_forecast(-3, -1)])
    assert desk.outlook() is None
    desk.report(noon(0))
    desk.forecasts.put([a_forecast(-3, 0)])
    assert desk.outlook() is None


def test_a_gap_before_the_forecast_is_filled_as_any_gap_or_starts_the_codes_again() -> None:
    short = Desk()
    short.report(*(noon(day) for day in range(-90, -1)))
    short.forecasts.put([a_forecast(0, 2)])
    outlook = short.outlook()
    assert outlook is not None
    assert [one.is_estimated for one in outlook.ratings] == [True, False, False, False]
    assert outlook.ratings[0].marks[:2] == (MARK_FORECAST, ESTIMATED)
    long = Desk()
    long.report(*(noon(day) for day in range(-90, -20)))
    long.forecasts.put([a_forecast(0, 2)])
    outlook = long.outlook()
    assert outlook is not None
    assert [one.is_estimated for one in outlook.ratings] == [False] * 3
    assert all(SETTLING in one.marks for one in outlook.ratings)


def test_a_station_without_readings_has_an_outlook_from_a_cold_start() -> None:
    desk = Desk()
    desk.forecasts.put([a_forecast(0, 5)])
    outlook = desk.outlook()
    assert outlook is not None
    assert len(outlook.ratings) == 6
    assert all(SETTLING in one.marks for one in outlook.ratings)
    assert desk.ratings.latest(HENGYANG) is None


def test_readings_and_forecasts_alike_make_the_outlook_anew_and_sameness_does_not() -> None:
    desk = Desk()
    desk.report(noon(-1))
    desk.forecasts.put([a_forecast(0, 4)])
    assert desk.keeper.step() == 1
    first = desk.outlook()
    assert desk.keeper.step() == 0
    desk.report(an_observation(at=SCENE_START - timedelta(hours=30)))  # no noon: no news
    assert desk.keeper.step() == 1
    assert desk.outlooks.puts == 1
    desk.report(noon(0, 33.0))
    second = desk.outlook()
    assert first is not None
    assert second is not None
    assert second.ratings[0].codes.ffmc > first.ratings[1].codes.ffmc
    desk.forecasts.put([a_forecast(1, 5, issued_h=-1)])
    assert desk.keeper.step() == 1
    assert desk.outlooks.puts == 3


def test_when_the_latest_issued_forecast_has_run_out_another_source_takes_over() -> None:
    desk = Desk()
    desk.report(noon(-1))
    desk.forecasts.put([a_forecast(0, 0, issued_h=-1, source="short"), a_forecast(0, 9, issued_h=-2, source="long")])
    first = desk.outlook()
    desk.clock.advance(11.9 * 3600)
    assert desk.keeper.step() == 0
    desk.clock.advance(0.2 * 3600)  # past midnight in Hengyang
    second = desk.outlook()
    assert desk.keeper.step() == 0
    assert first is not None
    assert second is not None
    assert (first.source, second.source) == ("short", "long")


def test_a_day_whose_reading_is_doubted_says_so() -> None:
    desk = Desk()
    doubted = replace(noon(-1), doubts=(Doubt("rh_pct", DoubtKind.STUCK, "30 % for 14 hours"),))
    desk.report(noon(-2), doubted, noon(0))
    desk.keeper.step()
    ratings = desk.ratings.between(HENGYANG, noon(-2).observed_at.date(), noon(0).observed_at.date())
    assert [MARK_DOUBTFUL in one.marks for one in ratings] == [False, True, False]

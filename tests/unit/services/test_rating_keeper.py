"""Ratings follow the readings, and only news are stored and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger.noon import noon_instant
from firewatch.danger.quality import QualityLimits
from firewatch.danger.rating import DangerRules
from firewatch.danger.series import GapPolicy, SeriesRules
from firewatch.domain.geo import Position
from firewatch.domain.ids import StationId
from firewatch.domain.sites import Name, SiteMap, Station
from firewatch.domain.weather import Forecast
from firewatch.errors import StoreError
from firewatch.services.checked_weather import CheckedWeather
from firewatch.services.ports import ObservationArrived
from firewatch.services.rating import DangerBooks, RatingKeeper
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
    from collections.abc import Sequence

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.weather import Observation
    from firewatch.services.weather_ports import ForecastBook, Readings

HENGYANG = StationId("hengyang")
SITES = SiteMap((), (Station(HENGYANG, Name("衡阳", "Hengyang"), Position(26.9, 112.6)),))
RULES = DangerRules.of(load_danger_table("ly_t_1172_1995"), SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY))


class CountingBook(MemoryRatingBook):
    def __init__(self) -> None:
        super().__init__()
        self.puts: list[int] = []

    def put(self, ratings: Sequence[DangerRating]) -> None:
        self.puts.append(len(ratings))
        super().put(ratings)


def _keeper(
    weather: Readings,
    ratings: MemoryRatingBook,
    clock: FrozenClock | None = None,
    forecasts: ForecastBook | None = None,
) -> RatingKeeper:
    books = DangerBooks(weather, forecasts or MemoryForecastBook(), ratings, MemoryOutlookBook())
    return RatingKeeper(books, SITES, RULES, clock or FrozenClock())


def _report(weather: MemoryArrivals, *readings: Observation) -> None:
    first = len(weather._readings)
    weather.write(
        [ObservationArrived(a_message_id(first + n), reading, SCENE_START) for n, reading in enumerate(readings)]
    )


def test_only_new_days_are_stored_and_hourly_readings_and_holes_fill_no_log(caplog: pytest.LogCaptureFixture) -> None:
    weather, ratings = MemoryArrivals(), CountingBook()
    keeper = _keeper(weather, ratings, FrozenClock(SCENE_START + timedelta(days=61)))
    caplog.set_level("INFO")
    _report(weather, *(an_observation(at=SCENE_START + timedelta(hours=hour)) for hour in range(72)))
    _report(weather, an_observation(at=SCENE_START + timedelta(days=60)))
    assert keeper.step() == 1
    assert keeper.step() == 0
    _report(weather, an_observation(at=SCENE_START + timedelta(days=60, hours=3)))
    assert keeper.step() == 1
    _report(weather, an_observation(at=SCENE_START + timedelta(days=61)))
    assert keeper.step() == 1
    assert ratings.puts[1:] == [1]
    latest = ratings.latest(StationId("hengyang"))
    assert latest is not None
    assert latest.weather_day == (SCENE_START + timedelta(days=61)).date()
    assert [one.getMessage() for one in caplog.records] == ["rating.stored"] * 2


@pytest.mark.parametrize(
    ("readings", "counts"),
    [
        ([(-2, "mqtt"), (-1, "mqtt"), (0, "mqtt"), (1, "mqtt"), (2, "mqtt")], 0),
        ([(-1, "mqtt"), (1, "mqtt")], 1),
        ([(0, "model"), (1, "mqtt")], 1),
        ([(0, "model"), (2, "mqtt")], 0),
        ([(0, "model")], 0),
    ],
)
def test_the_reading_nearest_to_noon_is_rated(readings: list[tuple[int, str]], counts: int) -> None:
    arrivals, ratings = MemoryArrivals(), MemoryRatingBook()
    noon = noon_instant(SCENE_START.date(), timedelta(hours=8))
    _report(
        arrivals,
        *(replace(an_observation(at=noon + timedelta(hours=hour)), source=source) for hour, source in readings),
    )
    _keeper(arrivals, ratings, FrozenClock(noon + timedelta(hours=6))).step()
    latest = ratings.latest(HENGYANG)
    assert latest is not None
    assert latest.valid_at == noon + timedelta(hours=counts)


class WholeReads(CheckedWeather):
    """Counts how often the whole record is read."""

    def __init__(self, book: Readings) -> None:
        super().__init__(book, QualityLimits())
        self.count = 0

    def observations(self, station_id: StationId) -> tuple[Observation, ...]:
        self.count += 1
        return super().observations(station_id)


def an_hour(number: int, figure: float = 0.0, source: str = "mqtt") -> Observation:
    of_noon = an_observation(at=SCENE_START + timedelta(hours=number), temp_c=20.0 + figure)
    return replace(of_noon, rh_pct=40.0 + figure, wind_kmh=9.0 + figure, source=source)


def changing(number: int) -> float:
    return float(number * 7 % 5)


def test_a_new_reading_reads_and_rates_the_last_days_only() -> None:
    arrivals, ratings, clock = MemoryArrivals(), CountingBook(), FrozenClock(SCENE_START + timedelta(days=60))
    weather = WholeReads(arrivals)
    keeper = _keeper(weather, ratings, clock)
    _report(arrivals, *(an_hour(n, changing(n)) for n in range(60 * 24)))
    assert keeper.step() == 1
    for n in range(60 * 24, 61 * 24):
        clock.advance(3600.0)
        _report(arrivals, an_hour(n, changing(n)))
        assert keeper.step() == 1
    assert weather.count == 1
    assert (ratings.puts[0], set(ratings.puts[1:])) == (61, {1})
    _report(arrivals, an_hour(24, 3.0))
    keeper.step()
    assert weather.count == 2, "a reading of the first days needs the whole record"


def test_a_changed_forecast_alone_reads_no_record() -> None:
    arrivals, forecasts, clock = MemoryArrivals(), MemoryForecastBook(), FrozenClock(SCENE_START + timedelta(days=1))
    weather = WholeReads(arrivals)
    keeper = _keeper(weather, MemoryRatingBook(), clock, forecasts)
    _report(arrivals, an_hour(0), an_hour(24))
    keeper.step()
    forecasts.put([Forecast(HENGYANG, "model", clock.now(), (an_hour(48, source="model"),))])
    assert keeper.step() == 1
    assert weather.count == 1
    outlook = keeper._books.outlooks.outlook(HENGYANG)
    assert outlook is not None
    assert [one.weather_day.day for one in outlook.ratings] == [SCENE_START.day + 2]


def test_a_reading_of_a_day_to_come_waits_for_its_day() -> None:
    arrivals, ratings, clock = MemoryArrivals(), MemoryRatingBook(), FrozenClock(SCENE_START)
    keeper = _keeper(arrivals, ratings, clock)
    _report(arrivals, an_hour(0), an_hour(24), an_hour(24 * 365))
    keeper.step()
    latest = ratings.latest(HENGYANG)
    assert latest is not None
    assert latest.weather_day == SCENE_START.date()
    clock.advance(24 * 3600.0)
    assert (keeper.step(), keeper.step()) == (1, 0)
    latest = ratings.latest(HENGYANG)
    assert latest is not None
    assert latest.weather_day == SCENE_START.date() + timedelta(days=1)


def test_what_a_full_store_did_not_take_is_stored_later() -> None:
    arrivals, ratings = MemoryArrivals(), FailingBook()
    keeper = _keeper(arrivals, ratings)
    _report(arrivals, an_hour(0))
    with pytest.raises(StoreError):
        keeper.step()
    assert keeper.step() == 1
    assert ratings.latest(HENGYANG) is not None


class FailingBook(MemoryRatingBook):
    """Fails once."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = True

    def put(self, ratings: Sequence[DangerRating]) -> None:
        if self.fails:
            self.fails = False
            raise StoreError("the database could not write: disk is full")
        super().put(ratings)


a_figure = st.sampled_from([0.0, 0.0, 1.0, 30.0])
a_source = st.sampled_from(["mqtt", "mqtt", "model"])


@st.composite
def records(draw: st.DrawFn) -> tuple[list[Observation], list[list[Observation]]]:
    """Return a record by the hour or by the day, with standstills and holes; then batches, new and late."""
    step_h = draw(st.sampled_from([1, 1, 3, 24]))
    stretches = draw(st.lists(st.tuples(st.integers(1, 120), st.sampled_from(["same", "moves", "none"])), max_size=8))
    first: list[Observation] = []
    hour = 0
    for length, kind in stretches:
        first += [
            an_hour(n, changing(n) if kind == "moves" else 0.0, draw(a_source) if n % 24 == 0 else "mqtt")
            for n in range(hour, hour + length * (step_h if step_h > 3 else 1), step_h)
            if kind != "none"
        ]
        hour += length * (step_h if step_h > 3 else 1)
    last = max(hour, 24)
    an_arrival = st.builds(
        an_hour, st.one_of(st.integers(0, last), st.integers(last - 24, last + 40)), a_figure, a_source
    )
    return first, draw(st.lists(st.lists(an_arrival, min_size=1, max_size=3), min_size=1, max_size=5))


@settings(max_examples=60)
@given(records(), st.integers(0, 60))
def test_going_on_gives_what_the_whole_record_gives(
    drawn: tuple[list[Observation], list[list[Observation]]], clock_h: int
) -> None:
    first, batches = drawn
    arrivals, ratings, clock = MemoryArrivals(), MemoryRatingBook(), FrozenClock(SCENE_START + timedelta(days=400))
    keeper = _keeper(CheckedWeather(arrivals, QualityLimits()), ratings, clock)
    for batch in ([*first, an_hour(0)], *batches):
        clock.advance(clock_h * 3600.0)
        _report(arrivals, *batch)
        keeper.step()
        whole = MemoryRatingBook()
        _keeper(CheckedWeather(arrivals, QualityLimits()), whole, clock).step()
        span = HENGYANG, SCENE_START.date(), SCENE_START.date() + timedelta(days=500)
        assert ratings.between(*span) == whole.between(*span)


def test_a_station_on_no_map_is_named(caplog: pytest.LogCaptureFixture) -> None:
    weather = MemoryArrivals()
    _report(weather, an_observation("elsewhere"))
    assert _keeper(weather, MemoryRatingBook()).step() == 1
    assert "rating.unknown_station" in [one.getMessage() for one in caplog.records]

"""What the danger pages read: observed before forecast, each day with what went into it, no data where none is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from danger_example import DOUBT, FEED, ExampleDanger

from firewatch.danger.series import COLD_START
from firewatch.domain.ids import StationId
from firewatch.testing import FrozenClock

if TYPE_CHECKING:
    from firewatch.services.danger_views import RatedDay

HENGSHAN, HENGNAN, XIDU = StationId("hengshan"), StationId("hengnan"), StationId("xidu")
TODAY = date(2026, 4, 4)
DAY = timedelta(days=1)


def opened(example: ExampleDanger, station: StationId = HENGSHAN) -> dict[date, RatedDay]:
    found = example.pages.station(station, TODAY - 6 * DAY, TODAY + 5 * DAY, example.clock.now())
    assert found is not None
    return {one.rating.weather_day: one for one in found.days}


def test_what_was_observed_goes_before_what_was_forecast() -> None:
    before, after = (ExampleDanger(FrozenClock(), noon_has_come=come) for come in (False, True))
    assert opened(before)[TODAY].is_forecast
    assert not opened(after)[TODAY].is_forecast
    assert opened(after)[TODAY + DAY].is_forecast


def test_each_day_starts_from_the_codes_of_the_day_before_and_the_weather_that_went_in() -> None:
    example = ExampleDanger(FrozenClock())
    days = opened(example)
    assert sorted(days) == [TODAY + n * DAY for n in range(-6, 6)]
    for day in range(-5, 6):
        assert days[TODAY + day * DAY].before == days[TODAY + (day - 1) * DAY].rating.codes
    assert not days[TODAY - 6 * DAY].is_start
    observed = days[TODAY].weather
    assert observed is not None
    assert observed.observed_at == example.today
    ahead = days[TODAY + 2 * DAY].weather
    assert ahead is not None
    assert ahead.source == FEED
    doubted = days[TODAY - DAY].weather
    assert doubted is not None
    assert doubted.doubts == (DOUBT,)


def test_an_estimated_day_had_no_weather_of_its_own() -> None:
    day = opened(ExampleDanger(FrozenClock()))[TODAY - 4 * DAY]
    assert day.rating.is_estimated
    assert day.weather is None


def test_day_lengths_are_those_of_the_method_and_the_latitude() -> None:
    length = opened(ExampleDanger(FrozenClock()))[TODAY].day_length
    assert length is not None
    # Lawson and Armitage (2008) for 20 N in April; Van Wagner (1987), table 2.
    assert (length.dmc_h, length.dc_factor) == (9.5, 0.9)


def test_a_method_that_this_program_does_not_know_has_no_day_length() -> None:
    example = ExampleDanger(FrozenClock())
    (rating,) = example.ratings.between(HENGSHAN, TODAY, TODAY)
    example.ratings.put([replace(rating, method="home-made")])
    assert opened(example)[TODAY].day_length is None


def test_the_first_day_of_a_record_starts_from_the_standard_codes() -> None:
    example = ExampleDanger(FrozenClock())
    example.send(example.reading("xidu", 2, 0.0))
    example.keeper.step()
    day = opened(example, XIDU)[TODAY - 2 * DAY]
    assert day.is_start
    assert day.before == COLD_START


def test_days_since_rain_count_what_is_rain_by_the_table() -> None:
    example = ExampleDanger(FrozenClock())
    found = example.pages.station(HENGSHAN, TODAY - DAY, TODAY + 5 * DAY, example.clock.now())
    assert found is not None
    spells = {one.until: one for one in found.spells}
    assert spells[TODAY].rained_on == TODAY - 12 * DAY
    assert spells[TODAY + 5 * DAY].rained_on == TODAY + 3 * DAY
    # A trace is no rain by LY/T 1172: its first row begins at 0.3 mm.
    example.send(replace(example.reading("hengshan", 0, 0.0), rain_mm=0.2))
    again = example.pages.station(HENGSHAN, TODAY, TODAY, example.clock.now())
    assert again is not None
    assert again.spells[0].rained_on == TODAY - 12 * DAY


def test_an_outlook_grown_old_is_none() -> None:
    clock = FrozenClock()
    example = ExampleDanger(clock)
    clock.advance(31 * 3600)  # issued five hours before
    (danger, *_) = example.pages.dangers(TODAY, TODAY + 5 * DAY, clock.now())
    assert danger.outlook is not None
    clock.advance(1)
    (danger, *_) = example.pages.dangers(TODAY, TODAY + 5 * DAY, clock.now())
    assert danger.outlook is None
    assert danger.on(TODAY + 2 * DAY) == (None, False)


def test_an_outlook_whose_forecast_is_gone_still_has_its_ratings() -> None:
    example = ExampleDanger(FrozenClock())
    example.forecasts.put([replace(example.forecasts.latest(HENGSHAN)[0], issued_at=example.clock.now())])
    day = opened(example)[TODAY + DAY]
    assert day.is_forecast
    assert day.weather is None


def test_stations_come_in_the_order_of_the_map_and_strangers_not_at_all() -> None:
    example = ExampleDanger(FrozenClock())
    found = example.pages.dangers(TODAY, TODAY, example.clock.now())
    assert [one.station_id for one in found] == ["hengshan", "hengnan", "hengdong", "xidu"]
    assert found[-1].ratings == ()
    assert example.pages.station(StationId("nowhere"), TODAY, TODAY, example.clock.now()) is None

"""When the fire season starts and ends."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import (
    AlwaysOn,
    FirePreventionPeriod,
    GfwedSeason,
    MonthDay,
    SeasonSpan,
    SeasonWeather,
    SnowSeason,
    TemperatureSeason,
    season_days,
    season_spans,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firewatch.danger import SeasonRule

MARCH = date(2013, 3, 8)
# Station 1 of cffdrs's test_wDC, which starts its season on 15 March 2013 and ends it on 23 November.
SPRING_C = [8.4, 11.8, 11.0, 10.5, 13.9, 16.0, 14.9, 17.3, 12.0]
AUTUMN_C = [6.4, 8.9, 9.7, -1.2, -1.6, -0.2, 0.9, 3.5]
# Montreal in GFWED's sample of 2017, from 24 April: snow depth [m] and noon temperature [deg C], rounded.
MONTREAL = [
    (0.17, 3.05), (0.17, 8.51), (0.07, 14.67), (0.00, 16.75), (0.00, 17.75), (0.00, 14.60), (0.00, 6.92), (0.17, 3.09),
    (0.17, 12.20), (0.17, 8.68), (0.17, 11.58), (0.01, 9.92), (0.00, 10.54), (0.00, 15.42), (0.00, 6.43), (0.06, 9.07),
    (0.16, 6.68), (0.16, 9.06), (0.16, 15.19), (0.00, 16.67), (0.00, 11.76), (0.00, 10.02), (0.00, 16.17),
]  # fmt: skip
HUNAN = FirePreventionPeriod(MonthDay(9, 15), MonthDay(4, 30))
NAN = float("nan")


def warm(temps: Sequence[float], first: date = MARCH) -> SeasonWeather:
    """Return days of which the highest temperature is known."""
    return SeasonWeather(first, len(temps), max_temp_c=np.array(temps))


def snowy(snow: Sequence[float], temps: Sequence[float], first: date = MARCH) -> SeasonWeather:
    """Return days of which snow and both temperatures are known."""
    temp_c = np.array(temps)
    return SeasonWeather(first, len(snow), max_temp_c=temp_c, noon_temp_c=temp_c, snow_depth_m=np.array(snow))


def on(weather: SeasonWeather, rule: SeasonRule, *, was_on: bool = False) -> list[int]:
    """Return one 0 or 1 a day."""
    return season_days(weather, rule, was_on=was_on).is_on.astype(int).tolist()


def test_by_default_the_season_never_ends() -> None:
    days = season_days(SeasonWeather(date(2026, 1, 1), 4))
    assert days.is_on.tolist() == [True] * 4
    assert days.is_judged.all()
    assert season_days(warm([-20.0] * 5), AlwaysOn()).is_on.all()


class TestTemperatureSeason:
    def test_the_published_station_starts_and_ends_on_its_days(self) -> None:
        assert on(warm(SPRING_C), TemperatureSeason()) == [0] * 7 + [1, 1]
        autumn = warm(AUTUMN_C, date(2013, 11, 17))
        assert on(autumn, TemperatureSeason(), was_on=True) == [1] * 6 + [0, 0]

    def test_other_limits_give_other_days(self) -> None:
        assert on(warm(SPRING_C), TemperatureSeason(10.0, 3.0)) == [0] * 4 + [1] * 5

    def test_limits_are_not_part_of_either_side(self) -> None:
        assert on(warm([12.0] * 6), TemperatureSeason()) == [0] * 6
        assert on(warm([5.0] * 6), TemperatureSeason(), was_on=True) == [1] * 6

    def test_a_missing_reading_neither_starts_nor_ends_a_season(self) -> None:
        days = season_days(warm([20.0, 20.0, NAN, 20.0, 20.0, 20.0, 20.0]), TemperatureSeason())
        assert days.is_on.astype(int).tolist() == [0, 0, 0, 0, 0, 0, 1]
        assert days.is_judged.astype(int).tolist() == [0, 0, 0, 0, 0, 0, 1]

    def test_too_few_days_are_not_judged(self) -> None:
        days = season_days(warm([20.0, 20.0]), TemperatureSeason(), was_on=True)
        assert days.is_on.all()
        assert not days.is_judged.any()


class TestSnowSeason:
    def test_it_starts_on_the_third_day_without_snow_and_ends_with_the_next_snow(self) -> None:
        weather = snowy([0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0, 0.0], [3.0] * 9)
        assert on(weather, SnowSeason()) == [0, 0, 0, 0, 1, 1, 0, 0, 0]

    def test_in_december_three_cold_days_end_it(self) -> None:
        weather = snowy([0.0] * 6, [8.0, 4.0, 4.0, 4.0, 9.0, 9.0], date(2013, 11, 29))
        assert on(weather, SnowSeason(), was_on=True) == [1, 1, 1, 0, 1, 1]
        assert on(weather, SnowSeason(cold_months=(6,)), was_on=True) == [1] * 6

    def test_a_missing_depth_starts_nothing(self) -> None:
        days = season_days(snowy([0.0, 0.0, NAN, 0.0, 0.0, 0.0, 0.1], [3.0] * 7), SnowSeason())
        assert days.is_on.astype(int).tolist() == [0, 0, 0, 0, 0, 1, 0]
        assert days.is_judged.astype(int).tolist() == [0, 0, 0, 0, 0, 1, 1]

    def test_a_missing_temperature_matters_in_the_cold_month_only(self) -> None:
        missing = snowy([0.0] * 4, [NAN] * 4, date(2013, 11, 28))
        assert season_days(missing, SnowSeason()).is_judged.astype(int).tolist() == [0, 0, 1, 0]


class TestGfwedSeason:
    def test_the_published_place_starts_and_ends_on_its_days(self) -> None:
        snow, temps = zip(*MONTREAL, strict=True)
        flags = on(snowy(snow, temps, date(2017, 4, 24)), GfwedSeason())
        assert flags == [0] * 5 + [1, 1] + [0] * 6 + [1, 1] + [0] * 6 + [1, 1]

    def test_cold_ends_it_without_snow(self) -> None:
        weather = snowy([0.0] * 6, [9.0, 9.0, 9.0, 2.0, 2.0, 2.0])
        assert on(weather, GfwedSeason(), was_on=False) == [0, 0, 1, 1, 0, 0]

    def test_a_missing_reading_neither_starts_nor_ends_a_season(self) -> None:
        days = season_days(snowy([0.0] * 5, [9.0, NAN, 9.0, 9.0, 9.0]), GfwedSeason())
        assert days.is_on.astype(int).tolist() == [0, 0, 0, 0, 1]
        assert days.is_judged.astype(int).tolist() == [0, 0, 0, 0, 1]

    def test_too_few_days_are_not_judged(self) -> None:
        assert not season_days(snowy([0.0, 0.0], [9.0, 9.0]), GfwedSeason()).is_judged.any()


class TestFirePreventionPeriod:
    @pytest.mark.parametrize(
        ("day", "inside"),
        [
            (date(2026, 9, 14), False),
            (date(2026, 9, 15), True),
            (date(2026, 12, 31), True),
            (date(2027, 1, 1), True),
            (date(2028, 2, 29), True),
            (date(2027, 4, 30), True),
            (date(2027, 5, 1), False),
        ],
    )
    def test_it_goes_over_the_turn_of_the_year(self, day: date, *, inside: bool) -> None:
        assert HUNAN.is_over_new_year
        assert HUNAN.contains(day) is inside

    def test_one_within_a_year_does_not(self) -> None:
        spring = FirePreventionPeriod(MonthDay(3, 15), MonthDay(6, 15))
        assert not spring.is_over_new_year
        assert [spring.contains(date(2026, month, 15)) for month in (2, 3, 5, 6, 7)] == [
            False, True, True, True, False,
        ]  # fmt: skip

    def test_29_february_is_a_limit_in_every_year(self) -> None:
        winter = FirePreventionPeriod(MonthDay(12, 1), MonthDay(2, 29))
        assert winter.contains(date(2027, 2, 28))
        assert winter.contains(date(2028, 2, 29))
        assert not winter.contains(date(2027, 3, 1))

    def test_as_a_rule_it_needs_no_weather(self) -> None:
        flags = on(SeasonWeather(date(2026, 4, 29), 4), HUNAN, was_on=True)
        assert flags == [1, 1, 0, 0]

    def test_over_a_grid_every_cell_has_it(self) -> None:
        weather = SeasonWeather(date(2026, 4, 29), 4, max_temp_c=np.zeros((4, 2, 3)))
        assert season_days(weather, HUNAN).is_on.sum(axis=0).tolist() == [[2, 2, 2], [2, 2, 2]]


def test_seasons_of_one_place_have_their_first_day_and_the_day_on_which_they_were_over() -> None:
    flags = np.array([True, True, False, True, False, False, True])
    assert season_spans(date(2025, 12, 30), flags) == (
        SeasonSpan(date(2025, 12, 30), date(2026, 1, 1)),
        SeasonSpan(date(2026, 1, 2), date(2026, 1, 3)),
        SeasonSpan(date(2026, 1, 5), None),
    )
    assert season_spans(date(2025, 12, 30), np.zeros(3, dtype=bool)) == ()


RULES: list[SeasonRule] = [AlwaysOn(), HUNAN, TemperatureSeason(), SnowSeason(), GfwedSeason()]


@given(st.sampled_from(RULES), st.integers(0, 500), st.integers(4, 396))
def test_a_run_in_two_parts_equals_the_whole_run(rule: SeasonRule, seed: int, split: int) -> None:
    weather = made_up(seed, (400, 2))
    whole = season_days(weather, rule, was_on=True)
    first = season_days(part(weather, 0, split), rule, was_on=True)
    again = split - rule.lookback_days
    second = season_days(part(weather, again, 400), rule, was_on=first.is_on[-1])
    np.testing.assert_array_equal(second.is_on[rule.lookback_days :], whole.is_on[split:])
    np.testing.assert_array_equal(second.is_judged[rule.lookback_days :], whole.is_judged[split:])


@given(st.sampled_from(RULES), st.integers(0, 500))
def test_a_grids_cell_equals_the_station(rule: SeasonRule, seed: int) -> None:
    weather = made_up(seed, (400, 2, 3))
    cell = SeasonWeather(
        weather.first_day,
        400,
        weather.needed("max_temp_c")[:, 1, 2],
        weather.needed("noon_temp_c")[:, 1, 2],
        weather.needed("snow_depth_m")[:, 1, 2],
    )
    np.testing.assert_array_equal(season_days(weather, rule).is_on[:, 1, 2], season_days(cell, rule).is_on)


def made_up(seed: int, shape: tuple[int, ...]) -> SeasonWeather:
    """Return winters with snow, some readings missing."""
    rng = np.random.default_rng(seed)
    wave = np.sin(np.arange(shape[0]) / 58.0).reshape((-1,) + (1,) * (len(shape) - 1))
    temps = 8.0 - 14.0 * wave + rng.normal(0.0, 5.0, shape)
    temps[rng.random(shape) < 0.01] = NAN
    snow = np.where(rng.random(shape) < 0.5 * (wave > 0.3), 0.1, 0.0)
    return SeasonWeather(date(2020, 9, 20), shape[0], temps, temps - 2.0, snow)


def part(weather: SeasonWeather, start: int, stop: int) -> SeasonWeather:
    """Return some of the days."""
    return SeasonWeather(
        weather.days[start],
        stop - start,
        weather.needed("max_temp_c")[start:stop],
        weather.needed("noon_temp_c")[start:stop],
        weather.needed("snow_depth_m")[start:stop],
    )


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: SeasonWeather(MARCH, 0), "shapes of the season"),
        (lambda: SeasonWeather(MARCH, 3, max_temp_c=np.zeros(2)), r"one shape \(3"),
        (lambda: SeasonWeather(MARCH, 2, max_temp_c=np.zeros(2), noon_temp_c=np.zeros((2, 1))), "one shape"),
        (lambda: SeasonWeather(MARCH, 2, snow_depth_m=np.array([0.0, -0.1])), "at least 0"),
        (lambda: MonthDay(2, 30), "a day of the calendar"),
        (lambda: TemperatureSeason(5.0, 12.0), "at most its start"),
        (lambda: TemperatureSeason(spell_days=0), "at least 1"),
        (lambda: SnowSeason(cold_months=(12, 13)), "1 to 12"),
        (lambda: GfwedSeason(snow_below_m=0.0), "above 0"),
        (lambda: season_days(warm([1.0]), GfwedSeason()), "snow_depth_m"),
        (lambda: season_spans(MARCH, np.zeros((2, 2), dtype=bool)), "one place"),
    ],
)
def test_what_cannot_be_is_refused(build: Callable[[], object], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        build()

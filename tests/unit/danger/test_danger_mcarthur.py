"""McArthur's index and its drought factor: published values, and what truly holds of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import (
    DroughtLimit,
    RainAge,
    drought_factor,
    drought_factor_days,
    drought_factor_noble,
    forest_fire_danger_index,
)
from firewatch.errors import InvalidValue

AGES = st.sampled_from(RainAge)
RAIN = st.one_of(st.just(0.0), st.floats(0.0, 150.0))
WINDOW = st.lists(RAIN, min_size=20, max_size=20)
DEFICIT = st.floats(0.0, 203.2)
FACTOR, TEMP, RH, WIND = st.floats(0.0, 10.0), st.floats(-10.0, 50.0), st.floats(0.0, 100.0), st.floats(0.0, 120.0)
ROUNDING = 1e-9


@pytest.mark.parametrize(
    ("rain", "deficit", "wanted"),
    # xclim's tests (Ouranosinc/xclim @ a8cbec8, tests/test_ffdi.py, Apache-2.0), after Finkele et al. (2006).
    [
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 10, 20), 10.0, 0.40471),
        ((20, 10, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 10.0, 6.13148),
        ((0, 30, 5, 0, 0, 5, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 3, 1), 30.0, 6.82454),
        ((0, 10, 5, 0, 0, 5, 10, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0, 5, 4, 3), 30.0, 6.59186),
        ((0, 10, 5, 0, 0, 50, 100, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1, 3, 1), 10.0, 3.91578),
        ((0, 300, 5, 0, 0, 50, 100, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1, 3, 1), 30.0, 3.76635),
    ],
)
def test_the_drought_factor_of_a_window(rain: tuple[int, ...], deficit: float, wanted: float) -> None:
    assert drought_factor(rain, deficit) == pytest.approx(wanted, abs=0.5e-5)


@pytest.mark.parametrize(
    ("rain", "deficit", "wanted"),
    # The same tests, where the factor is limited in steps.
    [
        ((20, 10, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 10.0, 6.0),
        ((0, 30, 5, 0, 0, 5, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 3, 1), 30.0, 7.0),
    ],
)
def test_the_drought_factor_may_be_limited_in_steps(rain: tuple[int, ...], deficit: float, wanted: float) -> None:
    assert drought_factor(rain, deficit, limit=DroughtLimit.STEPS) == wanted


def test_the_steps_begin_where_they_should() -> None:
    found = drought_factor(np.zeros((20, 1)), [41.0, 42.0, 64.9, 65.0, 99.0, 100.0], limit=DroughtLimit.STEPS)
    assert found.tolist() == [7.0, 8.0, 8.0, 9.0, 9.0, 10.0]


def test_the_drought_factor_climbs_in_the_days_after_a_rain() -> None:
    # From the same tests: 20 mm on day 20 alone, a deficit of 20 mm, days 20 to 24.
    rain, wanted = np.array([20.0, 0.0, 0.0, 0.0, 0.0]), [1.07024, 3.14744, 4.71645, 5.64112, 6.14665]
    found = drought_factor_days(np.zeros(19), rain, np.full(5, 20.0))
    np.testing.assert_allclose(found, wanted, rtol=0.0, atol=0.5e-5)


def test_the_rain_of_today_is_a_day_old_or_four_fifths_of_one() -> None:
    # By hand: 12 mm today, none before; x = a^1.3 / (a^1.3 + 10) with a of 1 and of 0.8, below the limit at 100 mm.
    rain = [0.0] * 19 + [12.0]
    for age, a in ((RainAge.FINKELE, 1.0), (RainAge.GRIFFITHS, 0.8)):
        x = a**1.3 / (a**1.3 + 10.0)
        wanted = 10.5 * (1.0 - np.exp(-130.0 / 40.0)) * (41.0 * x * x + x) / (40.0 * x * x + x + 1.0)
        assert drought_factor(rain, 100.0, age) == pytest.approx(wanted, rel=1e-12)
    yesterday = [0.0] * 18 + [12.0, 0.0]
    assert drought_factor(yesterday, 100.0, RainAge.GRIFFITHS) == drought_factor(rain, 100.0, RainAge.FINKELE)


def test_dry_soil_without_rain_gives_all_of_it() -> None:
    assert drought_factor(np.zeros(20), 200.0) == 10.0
    assert drought_factor_noble(200.0, 30.0, 5.0) == 10.0


def test_the_first_form_of_the_drought_factor_by_hand() -> None:
    # Noble, Bary and Gill (1980): 0.191 (50 + 104) 4^1.5 / (3.52 * 4^1.5 + 10 - 1), three days after 10 mm.
    assert drought_factor_noble(50.0, 3.0, 10.0) == pytest.approx(0.191 * 154.0 * 8.0 / (28.16 + 9.0), rel=1e-12)


@pytest.mark.parametrize(
    ("factor", "temp", "rh", "wind", "wanted"),
    # The equation of Noble, Bary and Gill (1980) in double precision.
    [
        (1.0, 30.0, 10.0, 10.0, 3.1460483730),
        (2.0, 31.0, 11.0, 11.0, 6.3788220444),
        (5.0, 34.0, 14.0, 14.0, 16.8687432921),
        (10.0, 39.0, 19.0, 19.0, 37.4534439623),
    ],
)
def test_the_mark_5_index(factor: float, temp: float, rh: float, wind: float, wanted: float) -> None:
    assert forest_fire_danger_index(factor, temp, rh, wind) == pytest.approx(wanted, abs=0.5e-10)


def test_nothing_burns_where_no_fuel_is_available() -> None:
    assert forest_fire_danger_index(0.0, 45.0, 5.0, 60.0) == 0.0


@given(FACTOR, TEMP, RH, WIND)
def test_hotter_drier_windier_or_more_fuel_never_lowers_the_index(
    factor: float, temp: float, rh: float, wind: float
) -> None:
    here = forest_fire_danger_index(factor, temp, rh, wind)
    assert forest_fire_danger_index([factor, factor, factor], [temp + 5.0, temp, temp], rh, [wind, wind + 5.0, wind])[
        :2
    ].min() >= here * (1.0 - ROUNDING)
    assert forest_fire_danger_index(factor, temp, rh / 2.0, wind) >= here * (1.0 - ROUNDING)
    assert forest_fire_danger_index(factor + 1.0, temp, rh, wind) >= here


@given(WINDOW, DEFICIT, AGES)
def test_the_drought_factor_stays_between_0_and_10(rain: list[float], deficit: float, age: RainAge) -> None:
    assert 0.0 <= drought_factor(rain, deficit, age) <= 10.0


@given(WINDOW, RAIN, DEFICIT, AGES)
def test_more_rain_today_never_raises_the_drought_factor(
    rain: list[float], more: float, deficit: float, age: RainAge
) -> None:
    # Today's only: more rain on an earlier day can make that day its event's wettest, and the event older.
    wetter = [*rain[:-1], rain[-1] + more]
    assert drought_factor(wetter, deficit, age) <= drought_factor(rain, deficit, age) + ROUNDING


@given(AGES, st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_a_split_run_equals_the_whole_and_a_cell_the_station_bit_for_bit(age: RainAge, split: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    rain = np.where(dice.random((31, 2, 3)) < 0.6, 0.0, dice.uniform(0.0, 60.0, (31, 2, 3)))
    deficit = dice.uniform(0.0, 203.2, (12, 2, 3))
    whole = drought_factor_days(rain[:19], rain[19:], deficit, age)
    early = drought_factor_days(rain[:19], rain[19 : 19 + split], deficit[:split], age)
    late = drought_factor_days(rain[split : 19 + split], rain[19 + split :], deficit[split:], age)
    np.testing.assert_array_equal(np.concatenate([early, late]), whole)
    cell = drought_factor_days(rain[:19, 1, 2], rain[19:, 1, 2], deficit[:, 1, 2], age)
    np.testing.assert_array_equal(cell, whole[:, 1, 2])


def test_shapes_are_broadcast() -> None:
    rain = np.zeros((20, 3))
    rain[-1] = (5.0, 10.0, 20.0)
    found = drought_factor(rain, [[10.0], [100.0]])
    assert found.shape == (2, 3)
    assert found[1, 2] == drought_factor(rain[:, 2], 100.0)


def test_a_missing_reading_makes_nothing_up() -> None:
    rain = np.zeros((20, 3))
    rain[3, 0] = np.nan
    np.testing.assert_array_equal(np.isnan(drought_factor(rain, [10.0, np.nan, 30.0])), [True, True, False])
    assert np.isnan(forest_fire_danger_index([5.0, np.nan], [np.nan, 20.0], 20.0, 20.0)).all()
    assert np.isnan(drought_factor_noble(np.nan, 1.0, 1.0))


def test_a_window_of_another_length_is_refused() -> None:
    for rain in (np.zeros(19), 3.0):
        with pytest.raises(InvalidValue, match=r"days of recent rain .* 20, the oldest first"):
            drought_factor(rain, 10.0)
    with pytest.raises(InvalidValue, match="shapes of earlier rain, rain and deficit"):
        drought_factor_days(np.zeros(20), np.zeros(5), np.zeros(5))
    with pytest.raises(InvalidValue, match="shapes of earlier rain, rain and deficit"):
        drought_factor_days(np.zeros(19), np.zeros(5), np.zeros(4))

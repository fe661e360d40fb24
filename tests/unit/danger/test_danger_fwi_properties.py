"""What truly holds of the FWI System, derived from its equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firewatch.danger import CodeArrays, DailyWeather, DayLengthBands, FfmcFamily, fwi, indices_of, run_days, step_day

FAMILIES = st.sampled_from(FfmcFamily)
# The third family's constant gives a code of 0 a moisture of 250.000004 %, above the 250 % that rain can reach.
CONSISTENT_FAMILIES = st.sampled_from([FfmcFamily.CLASSIC, FfmcFamily.CFFDRS])
FFMC = st.floats(0.0, 101.0)
CODE = st.floats(0.0, 800.0)
TEMP = st.floats(-40.0, 45.0)
RH = st.floats(0.0, 100.0)
WIND = st.floats(0.0, 100.0)
RAIN = st.floats(0.0, 300.0)
PAIR_OF_RAINS = st.tuples(RAIN, RAIN).map(sorted)
HOURS = st.floats(6.0, 13.9)
FACTOR = st.floats(-1.6, 6.4)
ROUNDING = 1e-9


@given(CONSISTENT_FAMILIES, FFMC, TEMP, RH, WIND, PAIR_OF_RAINS)
def test_more_rain_never_raises_the_fine_fuel_code(
    family: FfmcFamily, previous: float, temp: float, rh: float, wind: float, rains: list[float]
) -> None:
    drier, wetter = fwi.fine_fuel_moisture_code(previous, temp, rh, wind, rains, family=family)
    assert wetter <= drier + ROUNDING


@given(CODE, TEMP, RH, HOURS, RAIN, RAIN)
def test_more_rain_never_raises_the_duff_code(
    previous: float, temp: float, rh: float, hours: float, rain: float, more: float
) -> None:
    drier, wetter = fwi.duff_moisture_code(previous, temp, rh, sorted((rain, more)), hours)
    assert wetter <= drier + ROUNDING


@given(CODE, TEMP, FACTOR, RAIN, RAIN)
def test_more_rain_never_raises_the_drought_code(
    previous: float, temp: float, factor: float, rain: float, more: float
) -> None:
    drier, wetter = fwi.drought_code(previous, temp, sorted((rain, more)), factor)
    assert wetter <= drier + ROUNDING


@given(FFMC, TEMP, TEMP, RH, WIND)
def test_while_litter_dries_a_hotter_day_never_lowers_the_fine_fuel_code(
    previous: float, temp: float, other: float, rh: float, wind: float
) -> None:
    # Only while it dries: litter drier than the air takes up moisture faster the warmer it is (eq. 7b).
    cooler, hotter = sorted((temp, other))
    after_cool, after_hot = fwi.fine_fuel_moisture_code(previous, [cooler, hotter], rh, wind, 0.0)
    assume(after_cool > previous)
    assert after_hot >= after_cool - ROUNDING


@given(FFMC, TEMP, RH, RH, WIND)
def test_while_litter_dries_drier_air_never_lowers_the_fine_fuel_code(
    previous: float, temp: float, rh: float, other: float, wind: float
) -> None:
    drier, damper = sorted((rh, other))
    after_dry, after_damp = fwi.fine_fuel_moisture_code(previous, temp, [drier, damper], wind, 0.0)
    assume(after_damp > previous)
    assert after_dry >= after_damp - ROUNDING


@given(CODE, st.tuples(TEMP, TEMP).map(sorted), st.tuples(RH, RH).map(sorted), RAIN, HOURS)
def test_a_hotter_and_drier_day_never_lowers_the_duff_code(
    previous: float, temps: list[float], humidities: list[float], rain: float, hours: float
) -> None:
    (cool, hot), (dry, damp) = temps, humidities
    mild, harsh = fwi.duff_moisture_code(previous, [cool, hot], [damp, dry], rain, hours)
    assert harsh >= mild


@given(CODE, TEMP, TEMP, RAIN, FACTOR)
def test_a_hotter_day_never_lowers_the_drought_code(
    previous: float, temp: float, other: float, rain: float, factor: float
) -> None:
    mild, harsh = fwi.drought_code(previous, sorted((temp, other)), rain, factor)
    assert harsh >= mild


@given(FFMC, WIND, WIND, FAMILIES)
def test_at_a_given_fine_fuel_code_more_wind_never_lowers_the_spread_index(
    ffmc: float, wind: float, other: float, family: FfmcFamily
) -> None:
    calm, windy = fwi.initial_spread_index(ffmc, sorted((wind, other)), family=family)
    assert windy >= calm


@given(FFMC, FFMC, WIND)
def test_at_a_given_wind_drier_litter_never_lowers_the_spread_index(ffmc: float, other: float, wind: float) -> None:
    damp, dry = fwi.initial_spread_index(sorted((ffmc, other)), wind)
    assert dry >= damp * (1.0 - 1e-12)


@given(FAMILIES, FFMC, TEMP, RH, WIND, RAIN)
def test_the_fine_fuel_code_stays_on_its_scale(
    family: FfmcFamily, previous: float, temp: float, rh: float, wind: float, rain: float
) -> None:
    assert 0.0 <= fwi.fine_fuel_moisture_code(previous, temp, rh, wind, rain, family=family) <= 101.0


@given(CODE, CODE)
def test_the_buildup_index_lies_between_nothing_and_its_larger_code(dmc: float, dc: float) -> None:
    assert 0.0 <= fwi.buildup_index(dmc, dc) <= max(dmc, dc)


def test_without_any_dry_fuel_there_is_no_buildup() -> None:
    assert fwi.buildup_index(0.0, 0.0) == 0.0
    assert fwi.buildup_index(0.0, 100.0) == 0.0


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("rain", [0.0, 10.0])
@pytest.mark.parametrize("ffmc", [20.0, 72.0, 85.0, 99.0])  # wet, at rest, drying, taking up moisture
def test_a_missing_reading_gives_no_code(which: int, rain: float, ffmc: float) -> None:
    known = [ffmc, 20.0, 80.0, 10.0, rain]
    known[which] = float("nan")
    assert np.isnan(fwi.fine_fuel_moisture_code(*known))
    _, temp, rh, _, rain_mm = known
    is_needed = which in {1, 2, 4}
    assert np.isnan(fwi.duff_moisture_code(6.0, temp, rh, rain_mm, 9.0)) == is_needed
    assert np.isnan(fwi.drought_code(15.0, temp, rain_mm, 1.4)) == (which in {1, 4})


def test_a_missing_code_gives_no_index() -> None:
    nan = float("nan")
    assert np.isnan(fwi.duff_moisture_code(nan, 20.0, 50.0, 0.0, 9.0))
    assert np.isnan(fwi.drought_code(nan, 20.0, 0.0, 1.4))
    assert np.isnan(fwi.initial_spread_index([nan, 85.0], [10.0, nan])).all()
    assert np.isnan(fwi.buildup_index([nan, 10.0, nan, 0.0], [10.0, nan, 0.0, nan])).all()
    assert np.isnan(fwi.fire_weather_index([nan, 5.0, nan], [10.0, nan, 100.0])).all()
    assert np.isnan(fwi.daily_severity_rating(nan))


def weather(seed: int, shape: tuple[int, ...]) -> DailyWeather:
    rng = np.random.default_rng(seed)
    rain = np.where(rng.random(shape) < 0.3, rng.gamma(1.0, 6.0, shape), 0.0)
    return DailyWeather(rng.uniform(-5, 38, shape), rng.uniform(10, 100, shape), rng.uniform(0, 60, shape), rain)


def start(shape: tuple[int, ...]) -> CodeArrays:
    return CodeArrays(np.full(shape, 85.0), np.full(shape, 6.0), np.full(shape, 15.0))


MONTHS = np.array([1 + (day // 30) % 12 for day in range(120)])


@pytest.mark.parametrize("seed", range(3))
def test_a_grids_cell_equals_the_station_bit_for_bit(seed: int) -> None:
    grid = weather(seed, (120, 7, 9))
    codes, indices = run_days(start((7, 9)), grid, 26.9, MONTHS)
    row, column = 3, 5
    cell = DailyWeather(*(getattr(grid, name)[:, row, column] for name in grid.__slots__))
    alone, its_indices = run_days(start(()), cell, 26.9, MONTHS)
    for name in ("ffmc", "dmc", "dc"):
        np.testing.assert_array_equal(getattr(codes, name)[:, row, column], getattr(alone, name))
    for name in ("isi", "bui", "fwi", "dsr"):
        np.testing.assert_array_equal(getattr(indices, name)[:, row, column], getattr(its_indices, name))


@settings(max_examples=15)
@given(st.integers(1, 119), st.integers(0, 1000))
def test_a_run_in_two_parts_equals_the_whole_run_bit_for_bit(split: int, seed: int) -> None:
    whole = weather(seed, (120, 3))
    codes, indices = run_days(start((3,)), whole, 26.9, MONTHS)
    parts = [
        DailyWeather(*(getattr(whole, n)[part] for n in whole.__slots__)) for part in (slice(split), slice(split, None))
    ]
    first, _ = run_days(start((3,)), parts[0], 26.9, MONTHS[:split])
    second, its_indices = run_days(first.day(-1), parts[1], 26.9, MONTHS[split:])
    for name in ("ffmc", "dmc", "dc"):
        np.testing.assert_array_equal(getattr(codes, name)[split:], getattr(second, name))
    np.testing.assert_array_equal(indices.dsr[split:], its_indices.dsr)


def test_a_step_of_arrays_is_a_day_of_the_run() -> None:
    days = weather(1, (2, 4))
    codes, indices = run_days(start((4,)), days, 26.9, np.array([3, 3]))
    one = step_day(start((4,)), days.day(0), 26.9, 3)
    two = step_day(one, days.day(1), np.full(4, 26.9), 3)
    np.testing.assert_array_equal(two.dc, codes.dc[1])
    np.testing.assert_array_equal(indices_of(two, days.wind_kmh[1]).fwi, indices.fwi[1])


def test_day_length_bands_change_where_their_programs_change_them() -> None:
    july = 7
    lats = [30.1, 30.0, 15.0, 10.1, 10.0, -10.0, -15.0, -29.0, -30.0, -31.0]
    assert DayLengthBands.CFFDRS.dmc_day_length_h(lats, july).tolist() == [
        12.4, 10.1, 10.1, 10.1, 9.0, 7.9, 7.9, 7.9, 6.5, 6.5,
    ]  # fmt: skip
    assert DayLengthBands.XCLIM.dmc_day_length_h(lats, july).tolist() == [
        12.4, 12.4, 10.1, 9.0, 9.0, 9.0, 9.0, 7.9, 7.9, 6.5,
    ]  # fmt: skip
    assert DayLengthBands.CFFDRS.dc_day_length_factor([20.1, 20.0, -20.0], july).tolist() == [6.4, 1.4, -1.6]
    assert DayLengthBands.XCLIM.dc_day_length_factor([15.0, 14.9, -15.0, -15.1], july).tolist() == [
        6.4,
        1.39,
        1.39,
        -1.6,
    ]
    assert DayLengthBands.NORTH.dc_day_length_factor([-35.0], july).tolist() == [6.4]

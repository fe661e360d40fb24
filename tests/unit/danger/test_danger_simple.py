"""Nesterov, Angstroem, Fosberg, Goodrick, Hot-Dry-Windy: published values, and what truly holds of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import (
    angstroem_index,
    dew_point,
    fosberg_index,
    goodrick_index,
    hot_dry_windy_index,
    nesterov_index,
    run_nesterov,
    vapour_pressure_deficit,
)
from firewatch.danger.simple import equilibrium_moisture_content
from firewatch.danger.vapour import saturation_vapour_pressure
from firewatch.errors import InvalidValue

TEMP, RH, WIND = st.floats(-30.0, 50.0), st.floats(0.0, 100.0), st.floats(0.0, 150.0)
ROUNDING = 1e-9


@pytest.mark.parametrize(
    ("temp", "rh", "rain", "previous", "wanted"),
    # The first two from steidani/FireDanger @ 3f1237c, tests/test_indices.py (MIT); the third by the same formula.
    [(20.0, 50.0, 10.0, 100.0, 0.0), (20.0, 50.0, 0.0, 0.0, 214.5982802926), (32.0, 25.0, 0.0, 0.0, 718.7518777697)],
)
def test_nesterovs_index(temp: float, rh: float, rain: float, previous: float, wanted: float) -> None:
    assert nesterov_index(previous, temp, rh, rain) == pytest.approx(wanted, abs=0.5e-10)


def test_the_dew_point() -> None:
    # The same source.
    assert dew_point(20.0, 50.0) == pytest.approx(9.270085985370075, rel=1e-14)


@pytest.mark.parametrize(("temp", "rh", "wanted"), [(17.0, 42.0, 3.1), (35.0, 20.0, 0.2), (10.0, 90.0, 6.2)])
def test_angstroems_index(temp: float, rh: float, wanted: float) -> None:
    # The first from steidani/FireDanger; the others by hand.
    assert angstroem_index(temp, rh) == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize(
    ("temp", "rh", "wind_ms", "wanted"),
    # The formula of Fosberg (1978) as published with https://github.com/Unidata/MetPy/issues/636, in double precision.
    [
        (30.0, 5.0, 10.0, 68.8497293140),
        (30.0, 9.99, 10.0, 63.6003578304),
        (30.0, 10.0, 10.0, 62.6619175027),
        (35.0, 25.0, 8.0, 42.6889356976),
        (25.0, 50.0, 5.0, 19.3616969249),
        (25.0, 50.01, 5.0, 18.7989059418),
        (20.0, 80.0, 3.0, 6.3496853502),
    ],
)
def test_fosbergs_index(temp: float, rh: float, wind_ms: float, wanted: float) -> None:
    assert fosberg_index(temp, rh, wind_ms * 3.6) == pytest.approx(wanted, abs=0.5e-10)


def test_a_fuel_without_moisture_in_a_wind_of_30_mph_is_a_hundred() -> None:
    at_30_mph = fosberg_index(40.0, 0.0, 30.0 * 1.609344)
    assert 99.0 < at_30_mph < 100.0
    assert fosberg_index(40.0, 0.0, 100.0) == 100.0


def test_goodricks_index_by_hand() -> None:
    # Goodrick (2002): 0.72 on soaked soil, 0.72 + 0.000002 * 400^2 = 1.04, and 2 at 800 hundredths of an inch.
    np.testing.assert_allclose(goodrick_index(50.0, [0.0, 101.6, 203.2]), [36.0, 52.0, 100.0], rtol=1e-14)


def test_the_hot_dry_windy_index_takes_the_strongest_wind_and_the_largest_deficit() -> None:
    # By hand, after Srock et al. (2018): the wind of one level, the deficit of another.
    assert hot_dry_windy_index([5.0, 8.0, 12.0], [30.0, 25.0, 20.0]) == 360.0
    assert hot_dry_windy_index([[5.0, 12.0]], [[30.0, 20.0]], level_axis=1).tolist() == [360.0]
    assert hot_dry_windy_index([5.0], [30.0]) == 150.0


def test_saturation_as_the_meteorological_tables_have_it() -> None:
    # Smithsonian Meteorological Tables (List 1951), table 94, over water.
    np.testing.assert_allclose(saturation_vapour_pressure([0.0, 20.0, 30.0]), [6.1078, 23.373, 42.430], rtol=1e-3)
    assert vapour_pressure_deficit(30.0, 25.0) == 0.75 * saturation_vapour_pressure(30.0)


@given(TEMP, st.floats(0.01, 100.0))
def test_air_at_its_dew_point_is_saturated(temp: float, rh: float) -> None:
    point = dew_point(temp, rh)
    assert point <= temp + ROUNDING
    assert saturation_vapour_pressure(point) == pytest.approx(saturation_vapour_pressure(temp) * rh / 100.0, rel=1e-9)


def test_air_without_vapour_has_the_end_of_the_scale_for_its_dew_point() -> None:
    assert dew_point(20.0, 0.0) == -243.5


@given(st.floats(0.0, 1e5), TEMP, RH, st.floats(0.0, 100.0))
def test_nesterovs_index_grows_until_more_than_3_mm_set_it_back(
    previous: float, temp: float, rh: float, rain: float
) -> None:
    found = nesterov_index(previous, temp, rh, rain)
    assert found == 0.0 if rain > 3.0 else found >= previous


@given(st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_a_split_run_equals_the_whole_and_a_cell_the_station_bit_for_bit(split: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    temp, rh = dice.uniform(-10.0, 40.0, (20, 2, 3)), dice.uniform(5.0, 100.0, (20, 2, 3))
    rain = np.where(dice.random(temp.shape) < 0.7, 0.0, dice.uniform(0.0, 20.0, temp.shape))
    whole = run_nesterov(np.zeros((2, 3)), temp, rh, rain)
    early = run_nesterov(0.0, temp[:split], rh[:split], rain[:split])
    late = run_nesterov(early[-1] if split else 0.0, temp[split:], rh[split:], rain[split:])
    np.testing.assert_array_equal(np.concatenate([early, late]), whole)
    np.testing.assert_array_equal(run_nesterov(0.0, temp[:, 1, 2], rh[:, 1, 2], rain[:, 1, 2]), whole[:, 1, 2])


@given(TEMP, RH, WIND, WIND)
def test_more_wind_never_lowers_fosbergs_index_and_it_stays_on_its_scale(
    temp: float, rh: float, wind: float, other: float
) -> None:
    calmer, windier = fosberg_index(temp, rh, sorted((wind, other)))
    assert 0.0 <= calmer <= windier <= 100.0


@given(st.sampled_from([(0.0, 9.99), (10.0, 50.0), (50.01, 100.0)]), st.data())
def test_within_a_curve_a_hotter_day_never_lowers_fosbergs_index(
    band: tuple[float, float], data: st.DataObject
) -> None:
    rh = data.draw(st.floats(*band))
    cooler, hotter = sorted((data.draw(TEMP), data.draw(TEMP)))
    before, after = equilibrium_moisture_content([cooler, hotter], rh)
    assert after <= before + ROUNDING


@given(TEMP, RH, RH)
def test_drier_air_never_raises_angstroems_index(temp: float, rh: float, other: float) -> None:
    drier, damper = angstroem_index(temp, sorted((rh, other)))
    assert drier <= damper


@given(st.floats(0.0, 100.0), st.floats(0.0, 203.2), st.floats(0.0, 203.2))
def test_drought_never_lowers_goodricks_index(fosberg: float, deficit: float, other: float) -> None:
    wetter, drier = goodrick_index(fosberg, sorted((deficit, other)))
    assert 0.72 * fosberg - ROUNDING <= wetter <= drier <= 2.0 * fosberg + ROUNDING


@given(st.lists(st.tuples(st.floats(0.0, 60.0), st.floats(0.0, 80.0)), min_size=1))
def test_the_order_of_the_levels_changes_nothing_and_no_level_alone_gives_more(
    levels: list[tuple[float, float]],
) -> None:
    wind, deficit = np.array(levels).T
    found = hot_dry_windy_index(wind, deficit)
    assert found == hot_dry_windy_index(wind[::-1], deficit[::-1])
    assert found >= (wind * deficit).max()


def test_a_missing_reading_makes_nothing_up() -> None:
    nan = np.nan
    assert np.isnan(
        nesterov_index([nan, 1.0, 1.0, 1.0], [20.0, nan, 20.0, 20.0], [50.0, 50.0, nan, 50.0], 0.0)[:3]
    ).all()
    assert np.isnan(nesterov_index(1.0, 20.0, nan, 10.0))
    assert np.isnan(nesterov_index(1.0, 20.0, 50.0, nan))
    assert np.isnan(dew_point([nan, nan, 20.0], [0.0, 50.0, nan])).all()
    assert np.isnan(angstroem_index(nan, 50.0))
    assert np.isnan(fosberg_index([nan, 20.0, 20.0], [5.0, nan, 5.0], [10.0, 10.0, nan])).all()
    assert np.isnan(goodrick_index([nan, 10.0], [10.0, nan])).all()
    assert np.isnan(hot_dry_windy_index([5.0, nan], [20.0, 30.0]))


def test_shapes_that_do_not_fit_are_refused() -> None:
    for wind, deficit, axis in (([1.0], [1.0, 2.0], 0), ([], [], 0), ([1.0], [1.0], 1), (1.0, 1.0, 0)):
        with pytest.raises(InvalidValue, match="one shape, of at least one level"):
            hot_dry_windy_index(wind, deficit, axis)
    with pytest.raises(InvalidValue, match="one shape for all three"):
        run_nesterov(0.0, np.zeros(2), np.zeros(2), np.zeros(3))

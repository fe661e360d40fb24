"""The spread model of Wang Zhengfei: its published factors, and what truly holds of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firewatch.danger import WangFire, wang_rate_of_spread
from firewatch.danger.wang import (
    TO_BE_CONFIRMED,
    beaufort_force,
    wang_initial_rate,
    wang_slope_factor,
    wang_wind_factor,
)
from firewatch.errors import InvalidValue

TEMP, RH, WIND = st.floats(-20.0, 50.0), st.floats(0.0, 100.0), st.floats(0.0, 40.0)
AZIMUTH, SLOPE, FUEL = st.floats(0.0, 360.0), st.floats(0.0, 89.0), st.floats(0.0, 5.0)
FIRES = st.builds(
    WangFire,
    temp_c=TEMP,
    rh_pct=RH,
    wind_ms=WIND,
    wind_from_deg=AZIMUTH,
    slope_deg=SLOPE,
    aspect_deg=AZIMUTH,
    fuel_factor=FUEL,
)
PAIR = st.tuples(WIND, WIND).map(sorted)
ROUNDING = 1.0 - 1e-12
# Wind factors for 1 to 12 m/s as a public program (after Wang 1992) tabulates them, to one decimal.
TABULATED = [1.2, 1.4, 1.7, 2.0, 2.4, 2.9, 3.3, 4.1, 5.1, 6.0, 7.3, 8.5]


def rate(towards: float | None = None, **changed: float) -> float:
    """Return the rate of a warm dry day in wind, on level ground, with changes."""
    usual = {"temp_c": 25.0, "rh_pct": 30.0, "wind_ms": 5.0, "wind_from_deg": 180.0}
    return float(wang_rate_of_spread(WangFire(**(usual | changed)), towards).rate_m_min)


def test_the_initial_rate_by_hand() -> None:
    # 0.75 for the warmth, 0.15 for the force, 0.70 for the dryness, less 0.30.
    assert wang_initial_rate(25.0, 3.0, 30.0) == pytest.approx(1.3, rel=1e-14)


def test_the_wind_factor_follows_the_tabulated_one() -> None:
    speeds = np.arange(1.0, 13.0)
    np.testing.assert_allclose(wang_wind_factor(speeds), TABULATED, rtol=0.06)
    assert wang_wind_factor(speeds[:6]).round(1).tolist() == TABULATED[:6]


def test_the_slope_factor_is_the_fbp_systems() -> None:
    # Forestry Canada (1992), eq. 39: a slope of 30 % gives 2.30040, 70 % and more 10.
    assert wang_slope_factor(np.degrees(np.arctan(0.3))) == pytest.approx(2.30040, abs=5e-6)
    assert wang_slope_factor([34.99, 35.0, 60.0, 89.0]).tolist() == [10.0, 10.0, 10.0, 10.0]


def test_forces_of_the_beaufort_scale() -> None:
    # Middles of the forces 3, 6 and 9 by the scale's own equation; the scale ends at 12.
    np.testing.assert_allclose(
        beaufort_force([0.0, 4.344, 12.286, 22.572, 60.0]), [0.0, 3.0, 6.0, 9.0, 12.0], rtol=1e-4
    )


def test_a_whole_case_by_hand() -> None:
    # South wind of 5 m/s, fire to the north, straight up a slope of 20 deg that faces south, in pine needles (0.8).
    spread = wang_rate_of_spread(WangFire(25.0, 30.0, 5.0, 180.0, 20.0, 180.0, 0.8), 0.0)
    force = (5.0 / 0.836) ** (2.0 / 3.0)
    initial = 0.75 + 0.05 * force + 0.7 - 0.3
    wind, slope = np.exp(0.1783 * 5.0), np.exp(3.533 * np.tan(np.radians(20.0)) ** 1.2)
    assert spread.initial_m_min == pytest.approx(initial, rel=1e-14)
    assert spread.rate_m_min == pytest.approx(initial * wind * slope * 0.8, rel=1e-13)
    assert not spread.is_beyond_data


@pytest.mark.parametrize(
    ("off_wind", "off_uphill", "wind", "slope"),
    # Mao's five cases: up and down the slope with the wind from anywhere, level to left and right, with the wind.
    [
        (60.0, 0.0, 0.5, 1.0),
        (120.0, 180.0, -0.5, -1.0),
        (90.0, 90.0, 0.0, 0.0),
        (180.0, 270.0, -1.0, 0.0),
        (0.0, 0.0, 1.0, 1.0),
    ],
)
def test_the_directions_of_the_paper(off_wind: float, off_uphill: float, wind: float, slope: float) -> None:
    assert np.log(wang_wind_factor(7.0, off_wind)) == pytest.approx(0.1783 * 7.0 * wind, abs=1e-12)
    full = 3.533 * np.tan(np.radians(15.0)) ** 1.2
    assert np.log(wang_slope_factor(15.0, off_uphill)) == pytest.approx(slope * full, abs=1e-12)


def test_cold_and_wet_there_is_no_spread() -> None:
    assert rate(temp_c=-10.0, rh_pct=95.0, wind_ms=20.0) == 0.0


def test_by_default_the_fire_goes_with_the_wind() -> None:
    assert rate() == rate(0.0)
    assert rate(wind_from_deg=270.0) == rate(90.0, wind_from_deg=270.0)


@given(FIRES, PAIR, AZIMUTH)
def test_more_wind_behind_a_fire_never_slows_it(fire: WangFire, winds: list[float], towards: float) -> None:
    assume(np.cos(np.radians(towards - fire.wind_from_deg - 180.0)) >= 0.0)
    slow, fast = (
        wang_rate_of_spread(
            WangFire(
                fire.temp_c, fire.rh_pct, wind, fire.wind_from_deg, fire.slope_deg, fire.aspect_deg, fire.fuel_factor
            ),
            towards,
        ).rate_m_min
        for wind in winds
    )
    assert fast >= slow * ROUNDING


@given(FIRES, AZIMUTH)
def test_no_direction_is_faster_than_with_the_wind_on_level_ground(fire: WangFire, towards: float) -> None:
    level = WangFire(fire.temp_c, fire.rh_pct, fire.wind_ms, fire.wind_from_deg, 0.0, 0.0, fire.fuel_factor)
    assert wang_rate_of_spread(level, towards).rate_m_min <= wang_rate_of_spread(level).rate_m_min / ROUNDING


@given(FIRES, st.tuples(TEMP, TEMP).map(sorted), st.tuples(RH, RH).map(sorted))
def test_hotter_and_drier_is_never_slower(fire: WangFire, temps: list[float], humidities: list[float]) -> None:
    rest = (fire.wind_ms, fire.wind_from_deg, fire.slope_deg, fire.aspect_deg, fire.fuel_factor)
    cool = wang_rate_of_spread(WangFire(temps[0], humidities[1], *rest)).rate_m_min
    assert wang_rate_of_spread(WangFire(temps[1], humidities[0], *rest)).rate_m_min >= cool * ROUNDING


@given(st.tuples(SLOPE, SLOPE).map(sorted), AZIMUTH)
def test_a_steeper_slope_is_never_slower_upwards_nor_faster_downwards(slopes: list[float], off: float) -> None:
    gentle, steep = wang_slope_factor(slopes, off)
    up = np.cos(np.radians(off)) >= 0.0
    assert steep >= gentle * ROUNDING if up else steep <= gentle / ROUNDING


@given(SLOPE, AZIMUTH)
def test_down_is_the_reciprocal_of_up_and_within_ten(slope: float, off: float) -> None:
    up, down = wang_slope_factor(slope, [off, off + 180.0])
    assert up * down == pytest.approx(1.0, rel=1e-9)
    assert 0.1 <= up <= 10.0


@given(FIRES, AZIMUTH, AZIMUTH)
def test_the_rate_turns_with_the_map(fire: WangFire, towards: float, turn: float) -> None:
    turned = WangFire(
        fire.temp_c,
        fire.rh_pct,
        fire.wind_ms,
        fire.wind_from_deg + turn,
        fire.slope_deg,
        fire.aspect_deg + turn,
        fire.fuel_factor,
    )
    whole = wang_rate_of_spread(fire, towards).rate_m_min
    assert wang_rate_of_spread(turned, towards + turn).rate_m_min == pytest.approx(whole, rel=1e-6, abs=1e-12)


def test_arrays_broadcast_and_a_cell_equals_the_place() -> None:
    winds, azimuths = np.linspace(0.0, 20.0, 5), np.arange(0.0, 360.0, 45.0)
    fire = WangFire(28.0, 25.0, winds[:, np.newaxis], 200.0, 12.0, 90.0, 1.2)
    spread = wang_rate_of_spread(fire, azimuths)
    assert spread.rate_m_min.shape == spread.is_beyond_data.shape == (5, 8)
    alone = wang_rate_of_spread(WangFire(28.0, 25.0, winds[3], 200.0, 12.0, 90.0, 1.2), azimuths[5])
    assert alone.rate_m_min == spread.rate_m_min[3, 5]


def test_it_says_where_the_factors_were_never_measured() -> None:
    fire = WangFire(25.0, 30.0, [12.0, 12.1, 5.0], 0.0, [35.0, 10.0, 36.0])
    assert wang_rate_of_spread(fire).is_beyond_data.tolist() == [False, True, True]
    assert set(TO_BE_CONFIRMED) >= {"humidity", "oblique slope", "downhill", "fuel factors"}


def test_a_missing_reading_gives_no_rate() -> None:
    for name in ("temp_c", "rh_pct", "wind_ms", "wind_from_deg"):
        assert np.isnan(rate(10.0, **{name: float("nan")})), name
    for name in ("slope_deg", "aspect_deg", "fuel_factor"):
        assert np.isnan(rate(10.0, **({"slope_deg": 10.0} | {name: float("nan")}))), name


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rh_pct": 101.0}, r"relative humidity \(%\) is 101.0; allowed is 0 to 100"),
        ({"wind_ms": -1.0}, "wind"),
        ({"wind_ms": 90.0}, r"wind \(m/s\) is 90.0; allowed is 0 to 75"),
        ({"temp_c": 300.0}, "temperature"),
        ({"slope_deg": 90.0}, "slope"),
        ({"fuel_factor": 6.0}, "fuel factor Ks"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        rate(**changed)

"""Hourly, sheltered and grass moisture codes, and the overwintered DC, against numbers that every checkout has.

`test_danger_differences` has the other vectors.
"""

from __future__ import annotations

import numpy as np
import pytest

from firewatch.danger import (
    CarryOver,
    FfmcFamily,
    StepWeather,
    WinterWetting,
    grass_fuel_moisture_code,
    grass_fuel_moisture_pct,
    grass_moisture_of_code,
    hourly_fine_fuel_moisture_code,
    overwintered_drought_code,
    run_hourly_ffmc,
    sheltered_duff_moisture_code,
    sheltered_start,
)

EXACT = 1e-9  # relative, of files with 15 digits
# Printed by cffdrs 1.10.0, as every number below is.
HOURS = [(16.5, 75.0, 5.0, 0.0), (15.5, 80.0, 3.3, 0.0), (15.0, 97.0, 5.5, 0.0)]
HOURLY_FFMC = [84.8592688653157, 84.5906327866496, 83.369960499385]


def test_the_first_hours_of_the_reference_series_are_reproduced() -> None:
    step = StepWeather(*np.array(HOURS).T)
    np.testing.assert_allclose(run_hourly_ffmc(85.0, step), HOURLY_FFMC, rtol=EXACT)


@pytest.mark.parametrize(
    ("row", "want"),
    [
        ((3.1, 34.6, 13.7, 4.2, 32.56, 1.0), 15.9363995479401),
        ((39.5, 78.6, 2.5, 4.1, 72.92, 1.0), 32.9964750928871),
        ((20.1, 23.7, 17.4, 0.0, 54.07, 3.0), 67.9511837990792),
    ],
)
def test_single_hours_of_the_reference_program_are_reproduced(row: tuple[float, ...], want: float) -> None:
    temp, rh, wind, rain, before, hours = row
    step = StepWeather(*(np.array(value) for value in (temp, rh, wind, rain)), hours=hours)
    np.testing.assert_allclose(hourly_fine_fuel_moisture_code(before, step), want, rtol=EXACT)


def test_the_first_days_of_the_sheltered_reference_series_are_reproduced() -> None:
    code = sheltered_start(12.0)
    assert code == pytest.approx(17.0)
    for temp, rh, rain, want in [(17, 42, 0.0, 20.5003364363473), (20, 21, 2.4, 24.1459986629066)]:
        code = sheltered_duff_moisture_code(code, temp, rh, rain, 12.8)
        np.testing.assert_allclose(code, want, rtol=EXACT)
    wet = sheltered_duff_moisture_code(36.9009872355901, 7.0, 93.0, 9.0, 12.8)
    np.testing.assert_allclose(wet, 25.5671217401607, rtol=EXACT)


GRASS_HOURS = [
    (15.8, 54.6, 5.0, 0.34, 12.5912203746353, 88.359038670985),
    (16.3, 52.9, 5.0, 0.38, 10.7228394044427, 90.1075000428489),
    (18.8, 45.1, 5.0, 0.626, 6.40387673831506, 94.3119805450135),
]


def test_the_first_hours_of_the_grass_reference_series_are_reproduced() -> None:
    moisture = grass_moisture_of_code(85.0)
    for temp, rh, wind, sun, want, want_code in GRASS_HOURS:
        step = StepWeather(*(np.array(value) for value in (temp, rh, wind, 0.0)))
        moisture = grass_fuel_moisture_pct(moisture, step, sun)
        np.testing.assert_allclose(moisture, want, rtol=EXACT)
        np.testing.assert_allclose(grass_fuel_moisture_code(moisture), want_code, rtol=EXACT)


@pytest.mark.parametrize(
    ("fall", "rain", "a", "b", "lowest", "want"),
    [
        # The four published cases of the data's `fire_season_and_overwinter.yaml`, to its seven digits.
        (300.0, 110.0, CarryOver.STOPPED_BEFORE, WinterWetting.MODERATELY_DRAINED, 15.0, 109.4657),
        (300.0, 110.0, CarryOver.CALCULATED_TO_FREEZE_UP, WinterWetting.POORLY_DRAINED, 15.0, 16.35315),
        (100.0, 50.0, 0.75, 0.75, 15.0, 105.176),
        (1.0, 550.0, 0.75, 0.75, 10.0, 10.0),
        # Of the single steps.
        (546.3, 17.2, 0.72, 0.75, 15.0, 558.911818617718),
        (759.8, 173.6, 0.99, 0.89, 15.0, 38.1292292309618),
        (656.8, 1.1, 0.71, 0.91, 15.0, 779.700670119469),
        (471.7, 248.4, 0.43, 1.0, 15.0, 15.0),
    ],
)
def test_published_overwintered_codes_are_reproduced(
    fall: float, rain: float, a: CarryOver | float, b: WinterWetting | float, lowest: float, want: float
) -> None:
    code = overwintered_drought_code(fall, rain, carry_over=a, wetting=b, lowest=lowest)
    np.testing.assert_allclose(code, want, rtol=6e-7)


def test_the_families_are_named_choices_of_the_hourly_code_too() -> None:
    step = StepWeather(*(np.array(value) for value in (20.0, 40.0, 10.0, 0.0)))
    codes = {
        family: round(float(hourly_fine_fuel_moisture_code(85.0, step, family=family)), 6) for family in FfmcFamily
    }
    assert len(set(codes.values())) == len(FfmcFamily)

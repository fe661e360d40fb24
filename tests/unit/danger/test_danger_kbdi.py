"""The Keetch-Byram Drought Index: published values, and what truly holds of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import KbdiForm, KbdiState, run_kbdi, step_kbdi
from firewatch.danger.kbdi import DRIEST_MM, drying_factor
from firewatch.errors import InvalidValue

FORMS = st.sampled_from(KbdiForm)
DEFICIT = st.floats(0.0, DRIEST_MM)
KEPT = st.floats(0.0, 5.0)
TEMP = st.floats(-20.0, 50.0)
RAIN = st.one_of(st.just(0.0), st.floats(0.0, 200.0))
ANNUAL = st.floats(100.0, 3000.0)
ROUNDING = 1e-9

WET, DRY = (10.0, 0.0, 0.1, 6.0, 0.0, 0.0, 0.5, 0.3, 0.0, 1.0), (0.0,) * 10
MIXED = (20.0, 30.0, 20.0, 30.0, 30.0, 25.0, 40.0, 35.0, 20.0, 20.0)


@pytest.mark.parametrize(
    ("rain", "temp", "annual", "start", "wanted"),
    # The index after ten days in the form of Finkele et al. (2006), as xclim's tests have it (Ouranosinc/xclim @
    # a8cbec8, tests/test_ffdi.py, Apache-2.0).
    [
        ((100.0,) * 10, (0.0,) * 10, 1.0, 0.0, 0.0),
        (DRY, (100.0,) * 10, 1.0, 0.0, 203.2),
        (WET, (30.0,) * 10, 1.0, 0.0, 7.25278),
        (DRY, MIXED, 1.0, 0.0, 8.46632),
        (WET, MIXED, 1.0, 0.0, 7.10174),
        (WET, MIXED, 1.0, 10.0, 12.18341),
        (WET, MIXED, 100.0, 0.0, 8.45569),
        (WET, MIXED, 1.0, 203.2, 197.33375),
    ],
)
def test_ten_days_in_the_australian_form(
    rain: tuple[float, ...], temp: tuple[float, ...], annual: float, start: float, wanted: float
) -> None:
    found = run_kbdi(KbdiState.of(start), np.array(temp), np.array(rain), annual, KbdiForm.FINKELE)
    assert found.deficit_mm[-1] == pytest.approx(wanted, abs=0.5e-5)


def test_the_original_form_is_the_american_equation_in_other_units() -> None:
    # Keetch and Byram (1968), eq. 18 as corrected by Alexander (1990), by hand in hundredths of an inch: 90 deg F, 50
    # inches a year, an index of 400; then 0.70 inch of rain, of which 0.20 stays in the canopy.
    factor = (0.968 * np.exp(0.0486 * 90.0) - 8.30) * 1e-3 / (1.0 + 10.88 * np.exp(-0.0441 * 50.0))
    dry = 400.0 + (800.0 - 400.0) * factor
    assert dry == pytest.approx(412.46, abs=0.005)
    wet = 350.0 + (800.0 - 350.0) * factor
    temp_c, annual_mm = (90.0 - 32.0) / 1.8, 50.0 * 25.4
    for rain_inch, wanted in ((0.0, dry), (0.7, wet)):
        found = step_kbdi(KbdiState.of(400.0 * 0.254), temp_c, rain_inch * 25.4, annual_mm)
        assert found.deficit_mm.item() / 0.254 == pytest.approx(wanted, rel=1e-12)


def test_the_rounded_metric_numbers_come_within_half_a_per_cent() -> None:
    temp, annual = np.meshgrid(np.linspace(10.0, 45.0, 36), np.linspace(200.0, 2500.0, 24))
    original, crane = drying_factor(temp, annual), drying_factor(temp, annual, KbdiForm.CRANE)
    np.testing.assert_allclose(crane, original, rtol=5e-3)
    assert not np.array_equal(crane, original)


def test_the_canopy_keeps_its_share_once_in_a_wet_spell() -> None:
    # By hand: 3 + 3 mm in two days, 5.08 kept; a dry day; 3 mm again, all kept.
    start = KbdiState.of(100.0)
    found = run_kbdi(start, np.zeros(4), np.array([3.0, 3.0, 0.0, 3.0]), 1000.0)
    np.testing.assert_allclose(found.kept_mm, [3.0, 5.08, 0.0, 3.0])
    np.testing.assert_allclose(found.deficit_mm, [100.0, 100.0 - 0.92, 100.0 - 0.92, 100.0 - 0.92])


def test_a_cold_day_dries_nothing_but_gives_back_water_in_the_australian_form() -> None:
    for form, moves in ((KbdiForm.KEETCH_BYRAM, False), (KbdiForm.CRANE, False), (KbdiForm.FINKELE, True)):
        assert (step_kbdi(KbdiState.of(50.0), 0.0, 0.0, 1000.0, form).deficit_mm < 50.0) == moves


@given(FORMS, DEFICIT, KEPT, TEMP, RAIN, ANNUAL)
def test_the_index_stays_between_full_and_empty(
    form: KbdiForm, deficit: float, kept: float, temp: float, rain: float, annual: float
) -> None:
    found = step_kbdi(KbdiState(np.array(deficit), np.array(kept)), temp, rain, annual, form)
    assert 0.0 <= found.deficit_mm <= DRIEST_MM
    assert 0.0 <= found.kept_mm <= 5.08


@given(FORMS, DEFICIT, KEPT, TEMP, st.tuples(RAIN, RAIN).map(sorted), ANNUAL)
def test_more_rain_never_raises_it(
    form: KbdiForm, deficit: float, kept: float, temp: float, rains: list[float], annual: float
) -> None:
    state = KbdiState(np.full(2, deficit), np.full(2, kept))
    drier, wetter = step_kbdi(state, temp, rains, annual, form).deficit_mm
    assert wetter <= drier + ROUNDING


@given(FORMS, DEFICIT, TEMP, TEMP, RAIN, ANNUAL)
def test_a_hotter_day_never_lowers_it(
    form: KbdiForm, deficit: float, temp: float, other: float, rain: float, annual: float
) -> None:
    cooler, hotter = step_kbdi(
        KbdiState.of([deficit, deficit]), np.array(sorted((temp, other))), rain, annual, form
    ).deficit_mm
    assert hotter >= cooler - ROUNDING


@given(FORMS, st.integers(1, 29), st.integers(0, 2**32 - 1))
def test_a_split_run_equals_the_whole_and_a_cell_the_station_bit_for_bit(form: KbdiForm, split: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    temp = dice.uniform(-5.0, 45.0, (30, 2, 3))
    rain = np.where(dice.random(temp.shape) < 0.6, 0.0, dice.uniform(0.0, 60.0, temp.shape))
    annual = dice.uniform(400.0, 2000.0, (2, 3))
    start = KbdiState.of(dice.uniform(0.0, 200.0, (2, 3)))
    whole = run_kbdi(start, temp, rain, annual, form)
    early = run_kbdi(start, temp[:split], rain[:split], annual, form)
    late = run_kbdi(early.day(-1), temp[split:], rain[split:], annual, form)
    np.testing.assert_array_equal(np.concatenate([early.deficit_mm, late.deficit_mm]), whole.deficit_mm)
    cell = run_kbdi(KbdiState.of(start.deficit_mm[1, 2]), temp[:, 1, 2], rain[:, 1, 2], annual[1, 2], form)
    np.testing.assert_array_equal(cell.deficit_mm, whole.deficit_mm[:, 1, 2])


@pytest.mark.parametrize("form", KbdiForm)
def test_a_missing_reading_gives_nothing_from_that_day_on(form: KbdiForm) -> None:
    for temp, rain in ((np.array([20.0, np.nan, 20.0]), np.zeros(3)), (np.full(3, 20.0), np.array([0.0, np.nan, 0.0]))):
        found = run_kbdi(KbdiState.of(10.0), temp, rain, 1000.0, form)
        np.testing.assert_array_equal(np.isnan(found.deficit_mm), [False, True, True])


def test_a_state_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"drought index \(mm\) is 800.0; allowed is 0 to 203.2"):
        KbdiState.of([10.0, 800.0])
    with pytest.raises(InvalidValue, match=r"rain kept by the canopy \(mm\) is -1.0; allowed is 0 to 5.08"):
        KbdiState(np.array(1.0), np.array(-1.0))
    with pytest.raises(InvalidValue, match="one shape for both"):
        KbdiState(np.zeros(2), np.zeros(3))
    with pytest.raises(InvalidValue, match="shapes of temperature and rain"):
        run_kbdi(KbdiState.of(0.0), np.zeros(2), np.zeros(3), 1000.0)

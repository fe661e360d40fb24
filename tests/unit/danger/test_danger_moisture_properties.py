"""What truly holds of the hourly, sheltered and grass moisture codes and of the overwintered Drought Code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

# The third family's constant gives a code of 0 a moisture of 250.000004 %, above the 250 % that rain can reach.
FAMILIES = st.sampled_from([FfmcFamily.CLASSIC, FfmcFamily.CFFDRS])
FFMC = st.floats(0.0, 101.0)
CODE = st.floats(0.0, 800.0)
TEMP = st.floats(-40.0, 45.0)
RH = st.floats(0.0, 100.0)
WIND = st.floats(0.0, 100.0)
RAIN = st.floats(0.0, 300.0)
SUN = st.floats(0.0, 1.4)
MOISTURE = st.floats(0.0, 250.0)
HOURS = st.floats(6.0, 13.9)
FRACTION = st.floats(0.0, 1.0)
AIR = st.tuples(TEMP, RH, WIND)
ROUNDING = 1e-9
NAN = float("nan")


def step(temp: float, rh: float, wind: float, rain: float = 0.0, hours: float = 1.0) -> StepWeather:
    """Return the weather of one place."""
    return StepWeather(np.array(temp), np.array(rh), np.array(wind), np.array(rain), hours)


def made_up(seed: int, shape: tuple[int, ...]) -> StepWeather:
    """Return hours with some rain."""
    rng = np.random.default_rng(seed)
    rain = np.where(rng.random(shape) < 0.1, rng.gamma(1.0, 2.0, shape), 0.0)
    return StepWeather(rng.uniform(-5, 38, shape), rng.uniform(10, 100, shape), rng.uniform(0, 60, shape), rain)


class TestHourly:
    @given(FAMILIES, FFMC, AIR, RAIN, RAIN)
    def test_more_rain_never_raises_the_code(
        self, family: FfmcFamily, previous: float, air: tuple[float, float, float], rain: float, more: float
    ) -> None:
        drier, wetter = (
            hourly_fine_fuel_moisture_code(previous, step(*air, mm), family=family) for mm in sorted((rain, more))
        )
        assert wetter <= drier + ROUNDING

    @given(FFMC, FFMC, AIR, RAIN)
    def test_what_was_drier_before_is_never_wetter_after(
        self, previous: float, other: float, air: tuple[float, float, float], rain: float
    ) -> None:
        damp, dry = hourly_fine_fuel_moisture_code(
            sorted((previous, other)), StepWeather(*(np.full(2, value) for value in (*air, rain)))
        )
        assert dry >= damp - ROUNDING

    @given(FFMC, AIR, st.floats(0.0, 8.0), st.floats(0.0, 8.0))
    def test_dry_steps_add_up(
        self, previous: float, air: tuple[float, float, float], first: float, second: float
    ) -> None:
        before = hourly_fine_fuel_moisture_code(previous, step(*air, hours=first))
        both = hourly_fine_fuel_moisture_code(before, step(*air, hours=second))
        whole = hourly_fine_fuel_moisture_code(previous, step(*air, hours=first + second))
        # Not where the first step meets an end of the scale (air hotter and drier than the litter can follow).
        if 0.0 < before < 101.0:
            assert both == pytest.approx(float(whole), abs=1e-6)

    @given(FFMC, AIR)
    def test_without_time_and_rain_nothing_changes(self, previous: float, air: tuple[float, float, float]) -> None:
        # The families whose constants are rounded do not bring a code back exactly: 147.2 turns 0 into 0.02.
        code = hourly_fine_fuel_moisture_code(previous, step(*air, hours=0.0), family=FfmcFamily.CFFDRS)
        assert code == pytest.approx(previous, abs=1e-9)

    @given(FFMC, AIR, RAIN)
    def test_the_code_stays_on_its_scale(self, previous: float, air: tuple[float, float, float], rain: float) -> None:
        assert 0.0 <= hourly_fine_fuel_moisture_code(previous, step(*air, rain)) <= 101.0

    @pytest.mark.parametrize("which", range(6))
    @pytest.mark.parametrize("rain", [0.0, 10.0])
    @pytest.mark.parametrize("ffmc", [20.0, 76.0, 85.0, 99.0])  # wet, at rest, drying, taking up moisture
    def test_a_missing_reading_gives_no_code(self, which: int, rain: float, ffmc: float) -> None:
        known = [ffmc, 20.0, 80.0, 10.0, rain, 1.0]
        known[which] = NAN
        assert np.isnan(hourly_fine_fuel_moisture_code(known[0], step(*known[1:])))

    def test_a_missing_hour_leaves_no_code_from_then_on(self) -> None:
        hours = made_up(1, (6, 2))
        hours.rain_mm[2, 1] = NAN
        codes = run_hourly_ffmc(85.0, hours)
        assert np.isnan(codes[:, 1]).tolist() == [False, False, True, True, True, True]
        assert not np.isnan(codes[:, 0]).any()

    @settings(max_examples=15)
    @given(st.integers(1, 47), st.integers(0, 1000))
    def test_a_run_in_two_parts_equals_the_whole_run_bit_for_bit(self, split: int, seed: int) -> None:
        hours = made_up(seed, (48, 3))
        whole = run_hourly_ffmc(85.0, hours)
        names = ("temp_c", "rh_pct", "wind_kmh", "rain_mm")
        first, rest = (
            StepWeather(*(getattr(hours, name)[part] for name in names)) for part in (slice(split), slice(split, None))
        )
        start = run_hourly_ffmc(85.0, first)
        np.testing.assert_array_equal(start, whole[:split])
        np.testing.assert_array_equal(run_hourly_ffmc(start[-1], rest), whole[split:])

    def test_a_grids_cell_equals_the_station_bit_for_bit(self) -> None:
        hours = made_up(7, (48, 5, 6))
        names = ("temp_c", "rh_pct", "wind_kmh", "rain_mm")
        station = StepWeather(*(getattr(hours, name)[:, 3, 4] for name in names))
        np.testing.assert_array_equal(run_hourly_ffmc(85.0, hours)[:, 3, 4], run_hourly_ffmc(85.0, station))


class TestSheltered:
    @given(CODE, TEMP, RH, HOURS, RAIN, RAIN)
    def test_more_rain_never_raises_the_code(
        self, previous: float, temp: float, rh: float, hours: float, rain: float, more: float
    ) -> None:
        drier, wetter = sheltered_duff_moisture_code(previous, temp, rh, sorted((rain, more)), hours)
        assert wetter <= drier + ROUNDING

    @given(CODE, st.tuples(TEMP, TEMP).map(sorted), st.tuples(RH, RH).map(sorted), RAIN, HOURS)
    def test_a_hotter_and_drier_day_never_lowers_the_code(
        self, previous: float, temps: list[float], humidities: list[float], rain: float, hours: float
    ) -> None:
        (cool, hot), (dry, damp) = temps, humidities
        mild, harsh = sheltered_duff_moisture_code(previous, [cool, hot], [damp, dry], rain, hours)
        assert harsh >= mild >= 0.0

    @pytest.mark.parametrize("which", range(5))
    @pytest.mark.parametrize("rain", [0.0, 5.0, 20.0])
    def test_a_missing_value_gives_no_code(self, which: int, rain: float) -> None:
        known = [30.0, 20.0, 50.0, rain, 9.0]
        known[which] = NAN
        assert np.isnan(sheltered_duff_moisture_code(*known))

    def test_a_start_is_at_least_12(self) -> None:
        assert sheltered_start([0.0, 6.0, 50.0]).tolist() == pytest.approx([12.0, 12.0, 81.6])
        assert np.isnan(sheltered_start(NAN))


class TestGrass:
    @given(MOISTURE, AIR, SUN, st.tuples(RAIN, RAIN).map(sorted))
    def test_more_rain_never_dries_grass(
        self, previous: float, air: tuple[float, float, float], sun: float, rains: list[float]
    ) -> None:
        drier, wetter = (grass_fuel_moisture_pct(previous, step(*air, rain), sun) for rain in rains)
        assert wetter >= drier - ROUNDING

    @given(MOISTURE, AIR, SUN, RAIN)
    def test_moisture_stays_between_nothing_and_250(
        self, previous: float, air: tuple[float, float, float], sun: float, rain: float
    ) -> None:
        assert 0.0 <= grass_fuel_moisture_pct(previous, step(*air, rain), sun) <= 250.0

    @given(FFMC)
    def test_moisture_of_a_code_gives_the_code(self, code: float) -> None:
        moisture = grass_moisture_of_code(code, family=FfmcFamily.CFFDRS)
        assert grass_fuel_moisture_code(moisture, family=FfmcFamily.CFFDRS) == pytest.approx(code, abs=1e-9)

    @given(FAMILIES, FFMC)
    def test_the_rounded_constants_bring_a_code_back_within_their_digits(self, family: FfmcFamily, code: float) -> None:
        moisture = grass_moisture_of_code(code, family=family)
        assert grass_fuel_moisture_code(moisture, family=family) == pytest.approx(code, abs=0.06)

    @pytest.mark.parametrize("temp", [-17.3, 0.1, 23.7])
    def test_saturated_air_over_unwarmed_grass_has_a_value(self, temp: float) -> None:
        assert grass_fuel_moisture_pct(10.0, step(temp, 100.0, 5.0), 0.0) > 10.0

    @pytest.mark.parametrize("which", range(7))
    @pytest.mark.parametrize("moisture", [3.0, 14.0, 100.0])
    def test_a_missing_value_gives_no_moisture(self, which: int, moisture: float) -> None:
        known = [moisture, 0.3, 20.0, 60.0, 10.0, 0.0, 1.0]
        known[which] = NAN
        assert np.isnan(grass_fuel_moisture_pct(known[0], step(*known[2:]), known[1]))

    def test_a_heavier_layer_takes_up_less_of_the_same_rain(self) -> None:
        light, heavy = (
            grass_fuel_moisture_pct(10.0, step(20.0, 90.0, 5.0, 0.3), 0.0, load_kg_m2=load) for load in (0.3, 0.6)
        )
        assert heavy < light


class TestOverwinter:
    @given(CODE, st.tuples(RAIN, RAIN).map(sorted), FRACTION, FRACTION)
    def test_a_wetter_winter_never_leaves_more_drought(
        self, fall: float, rains: list[float], a: float, b: float
    ) -> None:
        dry, wet = overwintered_drought_code(fall, rains, carry_over=a, wetting=b)
        assert wet <= dry

    @given(st.tuples(CODE, CODE).map(sorted), RAIN, FRACTION, FRACTION)
    def test_a_drier_autumn_never_leaves_less_drought(
        self, falls: list[float], rain: float, a: float, b: float
    ) -> None:
        damp, dry = overwintered_drought_code(falls, rain, carry_over=a, wetting=b)
        assert 15.0 <= damp <= dry

    @given(st.floats(15.0, 800.0))
    def test_a_winter_without_loss_or_rain_changes_nothing(self, fall: float) -> None:
        code = overwintered_drought_code(fall, 0.0, carry_over=CarryOver.CALCULATED_TO_FREEZE_UP)
        assert code == pytest.approx(fall)

    def test_where_nothing_is_kept_and_nothing_comes_drought_has_no_bound(self) -> None:
        assert overwintered_drought_code(300.0, 0.0, carry_over=0.0) == np.inf

    def test_a_missing_value_gives_no_code(self) -> None:
        assert np.isnan(overwintered_drought_code([NAN, 300.0], [100.0, NAN])).all()

    def test_the_published_fractions(self) -> None:
        assert [choice.fraction for choice in CarryOver] == [1.0, 0.75, 0.5]
        assert [choice.fraction for choice in WinterWetting] == [0.9, 0.75, 0.5]


TWO = np.zeros(2)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: StepWeather(TWO, TWO, TWO, np.zeros(3)), "one shape for all four"),
        (lambda: StepWeather(TWO, np.array([50.0, 101.0]), TWO, TWO), r"humidity \(%\) at \(1,\) is 101"),
        (lambda: step(20.0, 50.0, 10.0, -0.1), "rain of the step"),
        (lambda: step(293.0, 50.0, 10.0), "temperature"),
        (lambda: step(20.0, 50.0, -1.0), "wind"),
        (lambda: step(20.0, 50.0, 10.0, hours=25.0), r"length of the step \(h\) is 25.0; allowed is 0 to 24"),
        (lambda: grass_fuel_moisture_pct(10.0, step(20.0, 50.0, 10.0), 700.0), "solar radiation"),
        (lambda: grass_fuel_moisture_pct(10.0, step(20.0, 50.0, 10.0), -0.1), "0 to 2"),
        (lambda: grass_fuel_moisture_pct(10.0, step(20.0, 50.0, 10.0), 0.5, load_kg_m2=0.0), "above 0"),
        (lambda: overwintered_drought_code(300.0, -1.0), "at least 0"),
        (lambda: overwintered_drought_code(300.0, 100.0, carry_over=1.1), "carry-over fraction is 1.1"),
        (lambda: overwintered_drought_code(300.0, 100.0, wetting=-0.1), "wetting fraction"),
        (lambda: overwintered_drought_code(300.0, 100.0, lowest=-1.0), "lowest Drought Code"),
    ],
)
def test_what_cannot_be_is_refused(build: Callable[[], object], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        build()

"""Codes over several fire seasons and the winters between them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from danger_vectors.seasons import GLOBAL_METHOD, sample_of_2017
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger import (
    CarryOver,
    CodeArrays,
    DailyWeather,
    DayLengthBands,
    FfmcFamily,
    FwiMethod,
    GfwedSeason,
    SeasonStart,
    SeasonState,
    SeasonWeather,
    WinterWetting,
    indices_of,
    overwintered_drought_code,
    run_days,
    run_seasons,
    season_days,
    step_day,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]

SAMPLE = "danger/xclim/GFWED_sample_2017.csv"
DAYS = 120
MONTHS = np.array([1 + (day // 30) % 12 for day in range(DAYS)])
NAMES = ("temp_c", "rh_pct", "wind_kmh", "rain_mm")
CODES = ("ffmc", "dmc", "dc")


def weather(seed: int, shape: tuple[int, ...]) -> DailyWeather:
    """Return days with some rain."""
    rng = np.random.default_rng(seed)
    rain = np.where(rng.random(shape) < 0.3, rng.gamma(1.0, 6.0, shape), 0.0)
    return DailyWeather(rng.uniform(-5, 38, shape), rng.uniform(10, 100, shape), rng.uniform(0, 60, shape), rain)


def part(whole: DailyWeather, days: slice) -> DailyWeather:
    """Return some of the days."""
    return DailyWeather(*(getattr(whole, name)[days] for name in NAMES))


def spells(shape: tuple[int, ...]) -> Flags:
    """Return two seasons with a winter between them, of other days in each place."""
    day = np.arange(shape[0]).reshape((-1,) + (1,) * (len(shape) - 1))
    shift = np.arange(np.prod(shape[1:], dtype=int)).reshape(shape[1:])
    return np.sin((day + 2 * shift) / 9.0) > 0.2


def test_a_season_that_never_ends_is_the_plain_run_bit_for_bit() -> None:
    days = weather(1, (DAYS, 4))
    codes, indices, state = run_seasons(
        SeasonState.of_nothing((4,)), days, np.ones((DAYS, 4), dtype=bool), 26.9, MONTHS
    )
    start = CodeArrays(*(np.full(4, code) for code in (85.0, 6.0, 15.0)))
    plain, plain_indices = run_days(start, days, 26.9, MONTHS)
    for name in CODES:
        np.testing.assert_array_equal(getattr(codes, name), getattr(plain, name))
        np.testing.assert_array_equal(getattr(state.codes, name), getattr(plain, name)[-1])
    np.testing.assert_array_equal(indices.dsr, plain_indices.dsr)
    assert not state.winter_mm.any()


def test_off_season_there_are_no_codes() -> None:
    flags = spells((DAYS, 3))
    codes, indices, _ = run_seasons(SeasonState.of_nothing((3,)), weather(2, (DAYS, 3)), flags, 26.9, MONTHS)
    for values in (codes.ffmc, codes.dmc, codes.dc, indices.fwi):
        np.testing.assert_array_equal(np.isnan(values), ~flags)


@pytest.mark.parametrize("carry_over", [None, CarryOver.STOPPED_BEFORE])
def test_a_second_season_starts_from_the_standard_codes_or_from_the_winter_that_was(
    carry_over: CarryOver | None,
) -> None:
    days = weather(3, (DAYS,))
    flags = np.zeros(DAYS, dtype=bool)
    flags[5:40], flags[60:] = True, True
    rules = SeasonStart(carry_over=carry_over, wetting=WinterWetting.RUNS_OFF)
    codes, _, _ = run_seasons(SeasonState.of_nothing(), days, flags, 26.9, MONTHS, rules)
    first, _ = run_days(CodeArrays(*map(np.array, (85.0, 6.0, 15.0))), part(days, slice(5, 40)), 26.9, MONTHS[5:40])
    np.testing.assert_array_equal(codes.dc[5:40], first.dc)
    dc = 15.0
    if carry_over is not None:
        winter_mm = days.rain_mm[40:60].sum()
        dc = float(overwintered_drought_code(first.dc[-1], winter_mm, wetting=WinterWetting.RUNS_OFF))
        assert dc > 15.0
    second, _ = run_days(CodeArrays(*map(np.array, (85.0, 6.0, dc))), part(days, slice(60, None)), 26.9, MONTHS[60:])
    for name in CODES:
        np.testing.assert_allclose(getattr(codes, name)[60:], getattr(second, name), rtol=1e-12)


def test_a_winter_with_a_missing_rain_leaves_no_drought_code_to_carry_over() -> None:
    days = weather(4, (DAYS,))
    flags = np.zeros(DAYS, dtype=bool)
    flags[5:40], flags[60:] = True, True
    days.rain_mm[50] = np.nan
    rules = SeasonStart(carry_over=CarryOver.STOPPED_BEFORE)
    codes, _, _ = run_seasons(SeasonState.of_nothing(), days, flags, 26.9, MONTHS, rules)
    assert np.isnan(codes.dc[60:]).all()
    assert not np.isnan(codes.ffmc[60:]).any()


@settings(max_examples=20)
@given(st.integers(1, DAYS - 1), st.integers(0, 1000), st.sampled_from([None, *CarryOver]))
def test_a_run_in_two_parts_equals_the_whole_run_bit_for_bit(
    split: int, seed: int, carry_over: CarryOver | None
) -> None:
    whole, flags, rules = weather(seed, (DAYS, 3)), spells((DAYS, 3)), SeasonStart(carry_over=carry_over)
    nothing = SeasonState.of_nothing((3,))
    codes, indices, _ = run_seasons(nothing, whole, flags, 26.9, MONTHS, rules)
    head, tail = slice(split), slice(split, None)
    first, _, state = run_seasons(nothing, part(whole, head), flags[head], 26.9, MONTHS[head], rules)
    second, its_indices, _ = run_seasons(state, part(whole, tail), flags[tail], 26.9, MONTHS[tail], rules)
    for name in CODES:
        joined = np.concatenate([getattr(first, name), getattr(second, name)])
        np.testing.assert_array_equal(joined, getattr(codes, name))
    np.testing.assert_array_equal(its_indices.fwi, indices.fwi[tail])


def test_a_grids_cell_equals_the_station_bit_for_bit() -> None:
    grid, flags = weather(9, (DAYS, 3, 4)), spells((DAYS, 3, 4))
    rules = SeasonStart(carry_over=CarryOver.LOSES_IN_WINTER)
    cell = DailyWeather(*(getattr(grid, name)[:, 2, 1] for name in NAMES))
    codes, _, _ = run_seasons(SeasonState.of_nothing((3, 4)), grid, flags, 26.9, MONTHS, rules)
    alone, _, _ = run_seasons(SeasonState.of_nothing(), cell, flags[:, 2, 1], 26.9, MONTHS, rules)
    for name in CODES:
        np.testing.assert_array_equal(getattr(codes, name)[:, 2, 1], getattr(alone, name))


def test_flags_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidValue, match="the weather's"):
        run_seasons(SeasonState.of_nothing(), weather(1, (DAYS,)), np.ones(3, dtype=bool), 26.9, MONTHS)


@pytest.mark.shared
def test_seasons_and_codes_of_the_published_global_sample(shared_data: Path) -> None:
    given, months = sample_of_2017(shared_data / SAMPLE, "Montréal")
    readings = SeasonWeather(date(2017, 1, 1), 365, noon_temp_c=given["tas"], snow_depth_m=given["snow_depth"])
    season = season_days(readings, GfwedSeason())
    days = DailyWeather(given["tas"], np.minimum(given["rh"], 100.0), given["sfcwind"], given["prbc"])
    rules = SeasonStart(method=GLOBAL_METHOD)
    codes, indices, _ = run_seasons(SeasonState.of_nothing(), days, season.is_on, 47.0, months, rules)
    # Three seasons of 175 days in all; computed in single precision.
    assert season.is_on.sum() == 175
    np.testing.assert_allclose(codes.ffmc, given["FFMC"], rtol=2e-6)
    np.testing.assert_allclose(codes.dc, given["DC"], rtol=2e-6)
    np.testing.assert_allclose(indices.isi, given["ISI"], rtol=2e-5)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("place", "lat", "steps"),
    [("Jamésie", 53.0, 128), ("Montréal", 47.0, 172), ("Amazonie", 0.0, 364), ("Andes", -23.0, 364)],
)
def test_each_day_of_the_published_global_sample_follows_from_the_day_before(
    shared_data: Path, place: str, lat: float, steps: int
) -> None:
    given, months = sample_of_2017(shared_data / SAMPLE, place)
    is_on = ~np.isnan(given["DC"])
    day = np.flatnonzero(is_on[1:] & is_on[:-1]) + 1
    assert len(day) == steps
    before = CodeArrays(*(given[name][day - 1] for name in ("FFMC", "DMC", "DC")))
    rh = np.minimum(given["rh"][day], 100.0)
    today = DailyWeather(given["tas"][day], rh, given["sfcwind"][day], given["prbc"][day])
    codes = step_day(before, today, lat, months[day], GLOBAL_METHOD)
    np.testing.assert_allclose(codes.ffmc, given["FFMC"][day], rtol=2e-6)
    np.testing.assert_allclose(codes.dc, given["DC"][day], rtol=2e-6)
    # After rain the sample takes eqs. 12 and 15 as printed.
    wet = today.rain_mm > 1.5
    np.testing.assert_allclose(codes.dmc, given["DMC"][day], rtol=2e-6)
    by_programs = step_day(before, today, lat, months[day], FwiMethod(FfmcFamily.CLASSIC, DayLengthBands.XCLIM)).dmc
    assert np.array_equal(by_programs[~wet], codes.dmc[~wet])
    assert 0.0 < np.abs(by_programs[wet] - codes.dmc[wet]).max() < 0.1
    printed = CodeArrays(*(given[name][day] for name in ("FFMC", "DMC", "DC")))
    indices = indices_of(printed, today.wind_kmh, GLOBAL_METHOD)
    np.testing.assert_allclose(indices.isi, given["ISI"][day], rtol=2e-5)
    np.testing.assert_allclose(indices.bui, given["BUI"][day], rtol=2e-6)
    np.testing.assert_allclose(indices.fwi, given["FWI"][day], rtol=2e-5)
